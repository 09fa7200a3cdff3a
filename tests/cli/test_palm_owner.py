"""What the owner of a palm wants, at the command line; and many who are enrolled from a folder."""

import argparse
import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.cli.test_palm_office import ran
from tests.storage.palm_vault.vaults import entry, profile, template
from tests.store.palms.stand_in import StandIn
from tillfree.cli.main import main, make_parser
from tillfree.cli.palm.folders import enrol_folder
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.making import open_palm_vault
from tillfree.store.palms.settings import PalmSettings

HEAD = "person,version,purposes,language,when,account\n"


@pytest.fixture
def palm(tmp_path: Path) -> str:
    with open_palm_vault(PalmSettings(), tmp_path, {}) as vault:
        return vault.enrol(profile(), [template()], entry("palm.enrol"), 20_000)


def test_links_come_and_go(palm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path))
    said = ran(capsys, "link", palm, "--badge", "17", "--card", "tok_2", "--brand", "visa", "--last4", "4242",
               "--default", *data)  # fmt: skip
    card = said.split()[-1]
    shown = ran(capsys, "show", "badge:17", *data)
    assert palm in shown
    assert f"card {card}: visa ...4242, pays" in shown
    assert "tok_" not in shown
    assert "agreed" in shown
    assert "PIN: none" in shown
    ran(capsys, "unlink", "account:ann", "--card", card, "--badge", *data)
    shown = ran(capsys, "show", palm, *data)
    assert card not in shown
    assert "badge" not in shown
    assert "command line: palm.find" in ran(capsys, "log", *data)


def test_doors_come_and_go(palm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path))
    ran(capsys, "link", palm, "--door", "office", "--door-number", "463463", *data)
    ran(capsys, "link", palm, "--door", "yard", *data)
    assert "doors: office, yard, by number 463463" in ran(capsys, "show", palm, *data)
    ran(capsys, "unlink", palm, "--door", "office", *data)
    assert "doors: yard, by number 463463" in ran(capsys, "show", palm, *data)
    ran(capsys, "unlink", palm, "--door", "yard", *data)
    assert "door" not in ran(capsys, "show", palm, *data)


def test_a_number_has_to_fit_the_doors_of_the_settings(
    palm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "store.toml"
    settings.write_text(
        'version = 1\n[palm]\nmay = ["identify", "door"]\n[[palm.doors]]\nname = "office"\nline = "tcp"\n'
        'host = "h"\nport = 1\nin_clear = true\n'
    )
    data = ("--data", str(tmp_path), "--settings", str(settings))
    assert main(["palm", "link", palm, "--door", "office", "--door-number", str(2**30), *data]) != 0
    assert "does not fit door 'office'" in capsys.readouterr().err
    assert main(["palm", "link", palm, "--door", "office", *data]) != 0
    assert "door 'office' is told a number" in capsys.readouterr().err
    assert "doors" not in ran(capsys, "show", palm, *data)


def test_another_card_of_the_wallet_pays(palm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path))
    card = ran(capsys, "link", palm, "--card", "tok_2", *data).split()[-1]
    assert f"card {card}: no words\n" in ran(capsys, "show", palm, *data)
    ran(capsys, "link", palm, "--default", card, *data)
    assert f"card {card}: no words, pays\n" in ran(capsys, "show", palm, *data)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("link",), "say what to link"),
        (("link", "--default"), "say what to link"),
        (("link", "--card", "4242 4242 4242 4242"), "number of a card"),
        (("link", "--card", "t", "--last4", "12345"), "last four digits"),
        (("link", "--card", "t", "--expires", "5/29"), "2029-05"),
        (("link", "--card", "t", "--default", "abc"), "give it alone"),
        (("link", "--default", "abc"), "no card 'abc'"),
        (("link", "--account", "a\x1b[1m"), "printable characters"),
        (("link", "--door", "office", "--door-number", "-1"), "by a number from 1 to 4294967295"),
        (("link", "--door", "a\x1b[1m", "--door-number", "1"), "printable characters"),
        (("unlink", "--door", "office"), "is not linked to this palm"),
        (("unlink",), "say what to take away"),
        (("unlink", "--card", "abc"), "no card 'abc'"),
        (("consent",), "either --notice"),
        (("consent", "--notice", "1"), "give all of them"),
        (("consent", "--notice", "0", "--language", "en", "--purpose", "identify"), "in force"),
        (("consent", "--notice", "1", "--withdraw", "pay"), "either --notice"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(
    arguments: tuple[str, ...], said: str, palm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, *rest = arguments
    assert said in ran(capsys, command, palm, *rest, "--data", str(tmp_path), code=2)
    with open_palm_vault(PalmSettings(), tmp_path, {}) as vault:
        assert vault.profile(palm) == profile()


def test_a_pin_comes_from_a_pipe(
    palm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ("--data", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO("4711\n"))
    assert "has a new PIN" in ran(capsys, "pin", palm, *data)
    assert "PIN: yes" in ran(capsys, "show", palm, *data)
    monkeypatch.setattr("sys.stdin", io.StringIO("1234\n"))
    assert "guessed first" in ran(capsys, "pin", palm, *data, code=2)
    assert "no PIN any more" in ran(capsys, "pin", palm, "--remove", *data)
    assert "PIN: none" in ran(capsys, "show", palm, *data)


def test_consent_is_given_and_taken_back(palm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path))
    agreed = ("--notice", "1", "--language", "de", "--purpose", "identify", "--purpose", "enter")
    assert "agreed to identify, enter" in ran(capsys, "consent", palm, *agreed, *data)
    assert "has taken that back" in ran(capsys, "consent", palm, "--withdraw", "enter", *data)
    assert "taken back" in ran(capsys, "show", palm, *data)
    assert "is erased" in ran(capsys, "consent", palm, "--withdraw", "identify", *data)
    assert "there is no palm" in ran(capsys, "show", palm, *data, code=2)


# ---- a folder of many -------------------------------------------------------------------------------------------


def picture(path: Path, person: int, hand: int = 1) -> None:
    pixels = np.full((64, 64), person, np.uint8)
    pixels[0, 0] = hand
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def folder_of(where: Path, **people: int) -> Path:
    for name, person in people.items():
        for number in range(3):
            picture(where / "pictures" / name / f"{number}.png", person)
    return where / "pictures"


def enrolled(where: Path, *more: str, consents: str, code: int = 0) -> dict[str, str]:
    (where / "list.csv").write_text(consents)
    (where / "store").mkdir(exist_ok=True)
    arguments: argparse.Namespace = make_parser().parse_args(
        ["palm", "enrol-folder", str(where / "pictures"), "--consents", str(where / "list.csv"),
         "--data", str(where / "store"), "-o", str(where / "report.json"), *more]
    )  # fmt: skip
    assert enrol_folder(arguments, StandIn()) == code
    report = json.loads((where / "report.json").read_bytes())
    return {one["name"]: one["became"] for one in report["persons"]}


def rows(*names: str) -> str:
    return HEAD + "".join(f"{name},1,identify enter,en,2026-01-01,{name}\n" for name in names)


def persons(where: Path) -> int:
    with open_palm_vault(PalmSettings(), where / "store", {}) as vault:
        return vault.counts().with_templates


def test_a_folder_is_enrolled_once_and_again_does_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder_of(tmp_path, ann=1, bob=2, anna=1, carl=3)
    listed = rows("ann", "bob", "anna", "zoe")
    expected = {"ann": "double", "anna": "double", "bob": "enrolled", "carl": "refused", "zoe": "refused"}
    assert enrolled(tmp_path, "--dry-run", consents=listed, code=1) == expected
    assert persons(tmp_path) == 0
    assert enrolled(tmp_path, consents=listed, code=1) == expected
    assert persons(tmp_path) == 1
    said = capsys.readouterr().out
    assert "1 would be enrolled" in said
    assert "! ann: by their palms one person with anna" in said
    assert "! carl: no consent" in said
    assert "! zoe: no picture" in said
    assert enrolled(tmp_path, consents=listed, code=1) == expected | {"bob": "there"}
    shown = ran(capsys, "show", "listed:bob", "--data", str(tmp_path / "store"))
    assert "account: bob" in shown


def test_a_run_that_was_killed_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(tmp_path, **{f"p{n}": n for n in range(1, 6)})
    listed = rows(*(f"p{n}" for n in range(1, 6)))

    class Killed(BaseException):
        pass

    whole = PalmDesk.enrol_all

    def dies(desk: PalmDesk, newcomers: Any, **more: Any) -> None:
        whole(desk, newcomers[:2], **more)
        raise Killed

    monkeypatch.setattr(PalmDesk, "enrol_all", dies)
    with pytest.raises(Killed):
        enrolled(tmp_path, consents=listed)
    assert persons(tmp_path) == 2
    monkeypatch.setattr(PalmDesk, "enrol_all", whole)
    found = enrolled(tmp_path, consents=listed)
    assert found == {"p1": "there", "p2": "there", "p3": "enrolled", "p4": "enrolled", "p5": "enrolled"}
    assert persons(tmp_path) == 5


def test_after_a_revocation_the_same_folder_enrols_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder_of(tmp_path, ann=1, bob=2)
    enrolled(tmp_path, consents=rows("ann", "bob"))
    ran(capsys, "revoke-all", "--why", "a drill", "--data", str(tmp_path / "store"))
    assert enrolled(tmp_path, consents=rows("ann", "bob")) == {"ann": "enrolled anew", "bob": "enrolled anew"}
    assert persons(tmp_path) == 2


def test_a_picture_of_another_hand_than_its_name_says_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, hand in enumerate((1, 1, 1, 2)):
        picture(tmp_path / "pictures" / f"ann_left_{number}.png", 1, hand)
    picture(tmp_path / "pictures" / "ann_left_9.png", 0)
    assert enrolled(tmp_path, consents=rows("ann")) == {"ann": "enrolled"}
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert report["unread"] == [
        "ann_left_3.png: the name says left, and it looks like the other hand",
        "ann_left_9.png: no hand",
    ]
    assert "no palm: ann_left_9.png" in capsys.readouterr().out


def test_what_is_wrong_is_told_before_anything_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path, ann=1)
    (tmp_path / "list.csv").write_text(HEAD + "ann,1,sell,en,2026-01-01,\n")
    start = ["palm", "enrol-folder", str(folder), "--data", str(tmp_path), "--consents"]
    assert main([*start, str(tmp_path / "list.csv")]) == 2
    assert main([*start, str(tmp_path / "nothing.csv")]) == 2
    said = capsys.readouterr().err
    assert "'sell' is no purpose" in said
    assert "nothing.csv: cannot be read" in said
    assert not (tmp_path / "palm.db").exists()
