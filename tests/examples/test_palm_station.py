"""The example of a station that signs, against a real server of ours: trusted, refused, and paid once."""

import getpass
import importlib.util
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from tests.store.palms.stand_in import agreed, samples
from tests.web.api.conftest import SHORT, Paying, client_of, paying_console
from tests.web.api.palm_shop import png, till_in
from tests.web.conftest import OwnServer, served
from tillfree.core.time import NS_PER_S
from tillfree.storage.palm_vault.records import LinkedCard
from tillfree.store.palms.pins import made_pin
from tillfree.store.palms.stations import SentFrame, signed_bytes
from tillfree.store.palms.wallets import with_card

PROGRAM = Path(__file__).parents[2] / "examples" / "palm_station" / "palm_station.py"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("palm_station", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["palm_station"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[Paying, OwnServer]]:
    """Ann's palm pays, and over an amount she types a PIN."""
    with paying_console(SHORT) as paying, till_in(paying) as made:
        made.clock.now_ns = time.time_ns()  # stations have a clock of their own
        desk = made.console.palm_desk
        assert desk is not None
        ann = desk.enrol(samples(1), agreed(), by="test").subject
        desk.change(ann, lambda one: with_card(one, LinkedCard(token="tok", fingerprint="fp")), by="test")
        desk.change(ann, lambda one: msgspec.structs.replace(one, pin=made_pin("4711")), by="test")
        with served(made.console) as server:
            yield made, server


@pytest.fixture
def station(shop: tuple[Paying, OwnServer], program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A station that is trusted: its name, its key and a picture of a hand."""
    paying, server = shop
    paying.clock.now_ns = max(paying.clock.now_ns, time.time_ns())
    key, picture = tmp_path / "station.pem", tmp_path / "hand.png"
    picture.write_bytes(png(1))
    monkeypatch.setenv("TILLFREE_URL", server.address)
    assert program.main(["key", str(key)]) == 0
    for scopes in (("palms:manage",), ("palms:present", "palms:pay")):
        secret = client_of(paying.console, *scopes).headers["authorization"].partition(" ")[2]
        monkeypatch.setenv("TILLFREE_KEY", secret)
        if "palms:manage" in scopes:
            assert program.main(["trust", "till-1", str(key), "--place", "till 1"]) == 0
    return ["till-1", str(key), "--currency", "EUR", "--band", "nir", str(picture)]


def balance(paying: Paying) -> int:
    assert paying.console.till is not None
    paying.console.till.tick()
    assert paying.console.database.prove_ledger().holds
    return paying.bank.balance_minor


def test_it_signs_what_the_store_checks(program: Any) -> None:
    frames = [("visible", b"one"), ("nir", b"two")]
    ours = tuple(SentFrame(band, picture) for band, picture in frames)  # type: ignore[arg-type]
    assert program.signed_bytes("north", "nonce", 17, frames) == signed_bytes("north", "nonce", 17, ours)


def test_somebody_pays(
    shop: tuple[Paying, OwnServer], program: Any, station: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = balance(shop[0])
    capsys.readouterr()
    assert program.main(["pay", *station, "--minor", "420", "--reference", "4711"]) == 0
    assert capsys.readouterr().out == "Thank you\n"
    assert balance(shop[0]) == before + 420
    newest = client_of(shop[0].console).get("/api/v1/trips").json()["items"][0]
    assert (newest["gate"], newest["reference"]) == ("till-1", "4711")


def test_over_an_amount_it_asks_for_the_pin(
    shop: tuple[Paying, OwnServer], program: Any, station: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, typed = balance(shop[0]), ["4712", "4711"]
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: typed.pop(0))
    assert program.main(["pay", *station, "--minor", "6000"]) == 1
    assert balance(shop[0]) == before
    assert program.main(["pay", *station, "--minor", "6000"]) == 0
    assert balance(shop[0]) == before + 6000


def test_a_stranger_pays_nothing(
    shop: tuple[Paying, OwnServer], program: Any, station: list[str], tmp_path: Path
) -> None:
    before = balance(shop[0])
    (tmp_path / "hand.png").write_bytes(png(2))
    assert program.main(["pay", *station, "--minor", "420"]) == 1
    assert balance(shop[0]) == before


def test_another_key_than_the_one_that_is_trusted_pays_nothing(
    shop: tuple[Paying, OwnServer],
    program: Any,
    station: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, other = balance(shop[0]), tmp_path / "other.pem"
    program.main(["key", str(other)])
    assert program.main(["pay", station[0], str(other), *station[2:], "--minor", "420"]) == 2
    assert "signature" in capsys.readouterr().err
    assert balance(shop[0]) == before


def test_where_the_answer_is_lost_it_asks_again_and_pays_once(
    shop: tuple[Paying, OwnServer], program: Any, station: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, open_, sent = balance(shop[0]), program.urllib.request.urlopen, []

    def lossy(request: Any, **more: Any) -> Any:
        answer = open_(request, **more)
        if request.full_url.endswith("/payments"):
            sent.append((request.data, request.get_header("Idempotency-key")))
            if len(sent) < 3:
                answer.close()
                raise TimeoutError("lost")
        return answer

    monkeypatch.setattr(program, "PAUSE_S", 0)
    monkeypatch.setattr(program.urllib.request, "urlopen", lossy)
    assert program.main(["pay", *station, "--minor", "420"]) == 0
    assert len(sent) == 3
    assert len(set(sent)) == 1
    assert balance(shop[0]) == before + 420


def test_a_key_is_its_owner_s_and_never_written_over(program: Any, tmp_path: Path) -> None:
    path = tmp_path / "k.pem"
    assert program.main(["key", str(path)]) == 0
    kept = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert program.main(["key", str(path)]) == 2
    assert path.read_bytes() == kept


def test_what_is_missing_is_said(
    program: Any, station: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    (tmp_path / "no.pem").write_text("no key")
    assert program.main(["pay", station[0], str(tmp_path / "no.pem"), *station[2:], "--minor", "1"]) == 2
    monkeypatch.delenv("TILLFREE_KEY")
    capsys.readouterr()
    assert program.main(["pay", *station, "--minor", "1"]) == 2
    assert "TILLFREE_KEY" in capsys.readouterr().err


def test_an_old_capture_is_refused(shop: tuple[Paying, OwnServer], program: Any, station: list[str]) -> None:
    store = program.Store(shop[1].address, client_of(shop[0].console).headers["authorization"].partition(" ")[2])
    one = program.Station(store, station[0], program.read_key(Path(station[1])))
    shown = one.capture([("nir", png(1))])
    shop[0].clock.now_ns += 60 * NS_PER_S
    with pytest.raises(program.StationError, match="too late"):
        store.ask("POST", "/palms/identify", {"captures": [shown]})
