"""`tillfree palm demo`: its console, where it keeps things, and its simulated hands."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.palms.stand_ins import GreyRecogniser, grey_eyes
from tillfree.cli.main import make_parser
from tillfree.cli.palm.demo import demo_console
from tillfree.cli.palm.sample_hands import SampleHands
from tillfree.web.app import make_app
from tillfree.web.palms.pictures import FRAME_BYTES_MAX, decode_picture


def test_the_command_has_defaults_for_everything() -> None:
    parsed = make_parser().parse_args(["palm", "demo"])
    assert (parsed.port, parsed.data, parsed.liveness, parsed.browser) == (8430, None, False, True)


def test_the_first_page_is_the_station_and_the_menu_has_nothing_of_a_shop(tmp_path: Path) -> None:
    with demo_console(grey_eyes(), GreyRecogniser(), tmp_path / "kept") as console:
        client = TestClient(make_app(console), base_url="http://127.0.0.1", headers={"sec-fetch-site": "same-origin"})
        page = client.get("/")
        assert page.url.path == "/palm"
        assert "Attack: tablet of hand 1" in page.text
        assert str(tmp_path / "kept") in page.text
        menu = client.get("/palms").text.split("<nav")[1].split("</nav>")[0]
        assert menu.count("<li>") == 2
        assert client.post("/palms/invite", data={}).status_code == 200
        assert client.get("/palm/samples/99/0.jpg").status_code == 404
    assert {path.name for path in (tmp_path / "kept").iterdir()} >= {"vault", "keys"}


def test_without_a_folder_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with demo_console(grey_eyes(), GreyRecogniser(), None) as console:
        assert console.palm_room is not None
        assert "temporary folder" in console.palm_room.where
        assert list(tmp_path.rglob("*.db"))
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def hands() -> SampleHands:
    return SampleHands(1, ("tablet",))


def test_simulated_hands_begin_with_nothing_and_are_small_enough(hands: SampleHands) -> None:
    assert (hands.people, hands.kind(0), hands.kind(1)) == (2, "", "tablet")
    pictures = [hands.picture(0, frame) for frame in range(hands.frames)]
    assert all(len(picture) < FRAME_BYTES_MAX for picture in pictures)
    assert [hands.band(frame) for frame in range(5)] == [0, 0, 0, 1, 0]
    empty, far, held = (decode_picture(picture).pixels.astype(float) for picture in pictures[:3])
    assert empty.std() < far.std() < held.std()
    assert pictures == [hands.picture(0, frame) for frame in range(hands.frames)]
