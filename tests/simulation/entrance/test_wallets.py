"""What simulated people show is what a real gate reads: good where it is to be, and refused for the right reason."""

import secrets
from pathlib import Path

import msgspec
import pytest

from tillfree.core.ids import TrackId, TripId
from tillfree.identity.keys import make_signing_key
from tillfree.identity.settings import EntrySettings
from tillfree.simulation.entrance.wallets import Wallets, offline_tap
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.storage.database.database import Database
from tillfree.storage.recordings.model import TruthEntry
from tillfree.store.entry.desk import EntryAnswer, EntryDesk
from tillfree.store.entry.key_files import KeyFolder
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

NOW_NS = 1_795_000_000_000_000_000


def entry(kind: str, refused: str = "", **more: object) -> TruthEntry:
    people = (TrackId(secrets.token_hex(4)),)
    return TruthEntry(time_ns=NOW_NS, trip=TripId(""), kind=kind, people=people, refused=refused, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        ("card", ""), ("wallet", ""), ("code", ""), ("badge", ""), ("palm", ""), ("staff", ""), ("card", "expired"),
        ("card", "prepaid"), ("wallet", "expired"), ("code", "expired"), ("code", "used"), ("code", "bad_signature"),
        ("badge", "inactive"), ("badge", "unknown"), ("palm", "unknown"),
    ],
)  # fmt: skip
def test_the_desk_says_what_the_script_says(tmp_path: Path, kind: str, refused: str) -> None:
    settings = StoreSettings(entry=EntrySettings(required=True))
    with Database.open(tmp_path) as database:
        wallets = Wallets(1, KeyFolder(tmp_path).make(("shopper", "associate")), settings.entry.store_code)
        database.set_badges([(badge.badge, msgspec.msgpack.encode(badge)) for badge in wallets.badges()])
        till = Till(database, settings, SimulatedProcessor(lambda: NOW_NS), lambda: NOW_NS, workers=0)
        desk = EntryDesk(database, settings, till, lambda: NOW_NS, palms=wallets, simulated=True)

        def shown(what: TruthEntry) -> EntryAnswer:
            if what.kind in ("card", "wallet"):
                return desk.present("gate", offline_tap(wallets.card_of(what)))
            return desk.present("gate", wallets.shown(what, NOW_NS))

        if refused == "used":
            assert shown(entry("code")).opens
        role = "associate" if kind == "staff" else "shopper"
        answer = shown(entry(kind, refused, role=role))
        assert (answer.opens, answer.reason) == (not refused, refused)
        if not refused:
            assert answer.trip is not None
            assert answer.trip.entry == kind
            assert answer.trip.role == role
        till.close()
        desk.close()


def test_the_same_person_shows_the_same_card_and_no_two_cards_are_one() -> None:
    wallets = Wallets(1, make_signing_key(bytes(32)), "")
    one = entry("card")
    assert wallets.card_of(one) == wallets.card_of(one)
    tokens = [card.token for card in wallets.cards() if not card.wallet]
    assert len(set(tokens)) == len(tokens)
