"""Nothing in the store's own data links two visits of one person, and what says who was there is gone in time.

Two visits of one person and one of a stranger go through desk, till and storage, and then through the schedule of
erasing. Every value of every row of every table is looked at, also within msgpack and JSON.
"""

import contextlib
import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from sqlalchemy import select

from tests.commerce.shops import SETTINGS, SHOP
from tests.storage.database.made import full_record, priced
from tests.store.entry.staging import NOON_NS, Gate, card, code, gate_on
from tests.store.webhooks.receiver import Receiver, listening
from tillfree.commerce.disputes import Claim
from tillfree.commerce.pricing import Pricing
from tillfree.connectors.mail import Mail, MailUnavailable
from tillfree.connectors.retailer.client import RetailerClient
from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.connectors.settings import MailSettings, WebhookSettings
from tillfree.core.events import VisitBound
from tillfree.core.ids import ProductId, TrackId, TripId, VisitId
from tillfree.core.time import NS_PER_DAY, NS_PER_S
from tillfree.identity.badges import LinkUse, PalmLink
from tillfree.identity.credentials import Credential
from tillfree.storage.database.database import Database
from tillfree.storage.database.decisions import ReviewDecision
from tillfree.storage.database.tables import METADATA
from tillfree.storage.database.visits import VisitQuery
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.receipts.exits import ExitReceipt
from tillfree.store.receipts.mailing import MailWorker
from tillfree.store.receipts.settings import ReceiptSettings
from tillfree.store.retailer.event_feed import EventFeed
from tillfree.store.retailer.ordering import OrderWorker
from tillfree.store.retailer.sales_files import SalesFiles
from tillfree.store.settings import StoreSettings
from tillfree.store.webhooks.worker import WebhookWorker

Atom = str | int | float | bytes
PERSON, STRANGER = 1, 2
VISIT_S = 600


class Made:
    """One visit as the test knows it: its names, and when it was."""

    def __init__(self, trip: TripId, visit: str, track: str, begin_ns: int) -> None:
        self.trip, self.visit, self.track = trip, visit, track
        self.begin_ns, self.end_ns = begin_ns, begin_ns + NS_PER_DAY // 2

    def owns(self, atoms: set[Atom]) -> bool:
        """Whether a row is of this visit: it has one of its names, or a moment at which nobody else was there."""
        names = (self.trip, self.visit, self.track)
        return any(
            self.begin_ns <= atom < self.end_ns
            if isinstance(atom, int)
            else isinstance(atom, str) and any(name in atom for name in names)
            for atom in atoms
        )


def atoms_of(value: object) -> Iterator[Atom]:
    """Every value, however deep it lies."""
    match value:
        case None | bool():
            return
        case bytes():
            inner = unpacked(value)
            if inner is None:
                yield value
            else:
                yield from atoms_of(inner)
        case str():
            yield value
        case int() | float():
            yield value
        case dict():
            for key, one in value.items():
                yield from atoms_of(key)
                yield from atoms_of(one)
        case list() | tuple():
            for one in value:
                yield from atoms_of(one)
        case _:
            raise AssertionError(f"a value of a kind that nobody has thought of: {value!r}")


def unpacked(data: bytes) -> object | None:
    """What msgpack or JSON in a blob says; None where it is neither, or a plain number by chance."""
    for decode in (msgspec.msgpack.decode, json.loads):
        with contextlib.suppress(msgspec.DecodeError, ValueError, UnicodeDecodeError):
            found = decode(data)
            if isinstance(found, dict | list):
                return found
    return None


def rows_of(database: Database) -> list[set[Atom]]:
    """The values of each row of each table."""
    with database.reading() as connection:
        return [
            {atom for value in row for atom in atoms_of(value)}
            for table in METADATA.sorted_tables
            for row in connection.execute(select(table)).all()
        ]


def telling(atoms: set[Atom]) -> set[Atom]:
    """Values that could tell somebody: numbers of rows, counts and prices of a few coins could not."""
    return {
        atom for atom in atoms if not (isinstance(atom, int | float) and abs(atom) < 1000) and atom not in ("", b"")
    }


def linked(database: Database, made: list[Made]) -> set[Atom]:
    """What is common to the two visits of one person, and not to the stranger's."""
    return linked_in(rows_of(database), made)


def linked_in(rows: list[set[Atom]], made: list[Made]) -> set[Atom]:
    """The same of any rows."""
    mine, again, others = (set().union(*(atoms for atoms in rows if one.owns(atoms))) for one in made)
    return telling((mine & again) - others)


def goes_shopping(gate: Gate, credential: Credential, name: str, also: Callable[[], None] = lambda: None) -> Made:
    """In by the gate, a cart that a person decides, out, and paid."""
    begin_ns = gate.clock()
    answer = gate.desk.present("gate", credential)
    assert answer.trip is not None, answer.reason
    trip, visit, track = answer.trip.id, VisitId(f"CODE{name}"), TrackId(f"track-of-{name}")
    gate.clock.on(3)
    bound = VisitBound(time_ns=gate.clock(), source="arrivals", sequence=1, visit=visit, trip=trip)
    gate.desk.note(bound)
    gate.tick()
    gate.clock.on(VISIT_S)
    closed_ns = gate.clock()
    record = msgspec.structs.replace(
        full_record(visit, closed_ns), track=track, tracks=(track,), trip=trip, anonymous=False, party="",
        person=TrackId(f"person-{name}"), receipt=msgspec.structs.replace(
            priced(visit, {"tea": 2}, review=True), time_ns=closed_ns
        ),
    )  # fmt: skip
    gate.database.add_visit(record)
    gate.till.finished(record)
    gate.tick()
    gate.clock.on(5)
    receipt = msgspec.structs.replace(priced(visit, {"tea": 2}), time_ns=closed_ns)
    gate.database.decide(
        ReviewDecision(
            visit=visit, by="ann", time_ns=gate.clock(), choice="alternative", items={ProductId("tea"): 2},
            receipt=receipt,
        )
    )  # fmt: skip
    for _ in range(20):
        gate.clock.on(60)
        gate.tick()
        also()
    kept = gate.database.trip(trip)
    assert kept is not None
    assert kept.status == "settled", (kept.status, kept.why)
    return Made(trip, visit, track, begin_ns)


def three_visits(gate: Gate, first: list[Credential]) -> list[Made]:
    """Of one person, of the same person a day later, and of a stranger: all of them buy the same."""
    made = []
    for name, credential in zip("ABC", first, strict=True):
        made.append(goes_shopping(gate, credential, name * 4))
        gate.clock.now_ns = NOON_NS + len(made) * NS_PER_DAY
    return made


class Wallets:
    """The cards that people put into their accounts."""

    def link(self, account: str, use: LinkUse = "enter", chosen: str = "") -> PalmLink | None:  # noqa: ARG002
        number = STRANGER if account == "account-of-zoe" else PERSON
        return PalmLink(token=card(number).token, last4=card(number).last4)


SOLD: dict[str, Any] = {
    "currency": SHOP.currency, "prices": lambda _time_ns: Pricing(SHOP, SETTINGS), "accounts": Wallets()
}  # fmt: skip


def cards() -> list[Credential]:
    return [card(PERSON), card(PERSON), card(STRANGER)]


def codes() -> list[Credential]:
    return [
        code(NOON_NS + k * NS_PER_DAY, jti=f"code-number-{k}", sub=account, loy=f"loyal-{account}")
        for k, account in enumerate(("account-of-ann", "account-of-ann", "account-of-zoe"))
    ]


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()) if file.name.startswith("store.db"))


def test_the_test_finds_a_link() -> None:
    """While the trips go on, what they came in with is known; and so the comparison must say."""
    with gate_on() as gate:
        made = []
        for name, credential in zip("ABC", cards(), strict=True):
            begin_ns = gate.clock()
            answer = gate.desk.present("gate", credential)
            assert answer.trip is not None
            made.append(Made(answer.trip.id, f"CODE{name}", f"track-of-{name}", begin_ns))
            gate.clock.now_ns = NOON_NS + len(made) * NS_PER_DAY
        found = linked(gate.database, made)
        assert card(PERSON).token in found
        assert gate.desk.known_as("card", card(PERSON).fingerprint) in found


@pytest.mark.parametrize("kind", ["cards", "codes"])
def test_no_row_links_two_visits_of_one_person(tmp_path: Path, kind: str) -> None:
    shown = cards() if kind == "cards" else codes()
    with gate_on(tmp_path / "data", **SOLD) as gate:
        made = three_visits(gate, shown)
        # Already before the schedule, as soon as the trips are settled, only what visits were made of is left.
        gate.database.erase_before(gate.clock())
        assert linked(gate.database, made) == set()


@pytest.mark.parametrize("kind", ["cards", "codes"])
def test_codes_tracks_and_tokens_are_gone_on_schedule(tmp_path: Path, kind: str) -> None:
    shown = cards() if kind == "cards" else codes()
    folder = tmp_path / "data"
    with gate_on(folder, **SOLD) as gate:
        made = three_visits(gate, shown)
        secrets = {
            *(card(n).token for n in (PERSON, STRANGER)),
            *(card(n).fingerprint for n in (PERSON, STRANGER)),
            *(gate.desk.known_as("card", card(n).fingerprint) for n in (PERSON, STRANGER)),
            *(f"account-of-{who}" for who in ("ann", "zoe")),
            *(gate.desk.known_as("account", f"account-of-{who}") for who in ("ann", "zoe")),
            "code-number-",
        }
        names = {name for one in made for name in (one.visit, one.track)} | {"person-AAAA", "secret picture"}
        assert all(one.visit.encode() in on_disk(folder) for one in made)

        gate.clock.on(31 * 86_400)
        erased = gate.database.erase_before(gate.clock())
        assert erased.codes == 3
        assert linked(gate.database, made) == set()

        texts = [atom for atoms in rows_of(gate.database) for atom in atoms if isinstance(atom, str)]
        assert not [text for text in texts for secret in secrets | names if secret in text]
        for secret in secrets | names:
            assert secret.encode() not in on_disk(folder), secret

        # What accounts need is still there, and adds up.
        receipts = [gate.database.visit(row.visit) for row in gate.database.visits(VisitQuery())]
        assert [record.receipt.total for record in receipts if record is not None] == [priced().total] * 3
        trips = [gate.database.trip(one.trip) for one in made]
        assert [trip.receipt.total for trip in trips if trip is not None and trip.receipt is not None] == [
            priced().total
        ] * 3
        assert [trip.visits for trip in trips if trip is not None] == [()] * 3
        assert len(gate.database.decisions()) == 3
        assert gate.database.erase_before(gate.clock()).codes == 0


def test_a_visit_that_waits_is_not_forgotten() -> None:
    with gate_on(**SOLD) as gate:
        gate.database.add_visit(full_record("waits", NOON_NS))
        assert gate.database.erase_before(NOON_NS + 100 * NS_PER_DAY).codes == 0
        assert gate.database.visit(VisitId("waits")) is not None


def test_what_the_gate_remembers_ends_on_its_day() -> None:
    with gate_on() as gate:
        gate.desk.present("gate", code())
        gate.desk.present("gate", card(expires="2020-01"))
        gate.database.add_block("f" * 32, why="x", by="ann", time_ns=NOON_NS, until_ns=NOON_NS + NS_PER_DAY)
        gate.database.add_block("e" * 32, why="y", by="ann", time_ns=NOON_NS)
        (trip,) = [row.trip for row in gate.database.entries() if row.known]
        assert gate.database.erase_before(NOON_NS + NS_PER_S).gate == 0
        gate.database.erase_before(NOON_NS + 3 * NS_PER_DAY)
        assert not any(row.known for row in gate.database.entries())
        assert gate.database.entry(trip) is not None
        assert [block.why for block in gate.database.blocks()] == ["y"]
        assert len(gate.database.refusals()) == 1
        gate.database.erase_before(NOON_NS + 8 * NS_PER_DAY)
        assert gate.database.refusals() == []
        gate.database.erase_before(NOON_NS + 31 * NS_PER_DAY)
        assert gate.database.entries() == []
        assert gate.database.announcements(0) == []


# ---- those who tell others ----------------------------------------------------------------------------------------


class Post:
    """A mail server that is away at the first try of each e-mail."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def send(self, mail: Mail) -> None:
        self.tried.append(mail.id)
        if self.tried.count(mail.id) == 1:
            raise MailUnavailable("the mail server is not there")


class Around:
    """Everything that tells others of a trip: e-mail, kiosk, disputes, webhooks, ordering, feed, files, the API."""

    def __init__(self, gate: Gate, folder: Path, receiver: Receiver, *, takes_carts: bool) -> None:
        self.gate, self.post = gate, Post()
        self.address, self.seen = "", 0
        database, settings, clock = gate.database, gate.settings, gate.clock
        self.receipts = ReceiptDesk(database, settings, gate.till, clock)
        self.mail = MailWorker(database, self.receipts, self.post, clock)
        self.hooks = WebhookWorker(database, settings.webhooks, clock)
        database.add_hook(receiver.address, (), "", clock())
        self.receiver = receiver
        self._taken = takes_carts
        self.client = RetailerClient(
            settings.retailer, "", now_ns=clock, transport=httpx2.MockTransport(self._order)
        )  # fmt: skip
        self.orders = OrderWorker(database, database, gate.till, self.client, settings.retailer, lambda: SHOP, clock)
        self.feed = EventFeed(database, settings.retailer, clock)
        self.sales = SalesFiles(database, database, settings.retailer, clock)
        self.folder = folder

    def _order(self, request: httpx2.Request) -> httpx2.Response:
        """The retailer takes the cart, or repeats all of it in its complaint."""
        cart = json.loads(request.content)
        if self._taken:
            return httpx2.Response(200, json={"purchaseId": f"purchase of {cart['idempotentShoppingTripId']}"})
        return httpx2.Response(400, json={"errorMsg": f"unknown: {cart['shopperIdentity']['id']}"})

    def tick(self) -> None:
        self.receipts.tick()
        self.mail.tick()
        self.hooks.tick()
        self.orders.tick()
        self.feed.tick()
        for shown in self.receipts.exits.showing("", self.gate.clock()):
            self._at_exit(shown)

    def _at_exit(self, shown: ExitReceipt) -> None:
        """The receipt goes to an address by the kiosk, a line of it is disputed, and an answer of the API is kept."""
        assert self.receipts.send_to(shown.number, self.address, "de")
        found = self.receipts.receipt_of(shown.secret)
        assert found is not None
        self.receipts.dispute(found, Claim(line=0, reason="damaged", really=1))
        begun = self.gate.database.begin_answer("key", f"request for {shown.trip}", b"print", self.gate.clock())
        assert begun == "begun"
        self.seen += 1

    def written(self) -> list[set[Atom]]:
        """The values of each line of each file, and of each message to a webhook."""
        found = [set(atoms_of(json.loads(body))) for _, body in self.receiver.came]
        assert len(found) > 20
        for path in sorted(self.folder.iterdir()):
            with path.open(encoding="utf-8", newline="") as file:
                rows = csv.DictReader(file) if path.suffix == ".csv" else map(json.loads, file)
                found += [set(atoms_of(row)) for row in rows]
        return found

    def close(self) -> None:
        self.hooks.close()
        self.client.close()
        self.feed.close()


@pytest.mark.parametrize("takes_carts", [True, False])
@pytest.mark.parametrize("kind", ["cards", "codes"])
def test_who_tells_others_links_nobody_and_forgets_in_time(
    tmp_path: Path, kind: str, takes_carts: bool, caplog: pytest.LogCaptureFixture
) -> None:
    folder, files = tmp_path / "data", tmp_path / "files"
    files.mkdir()
    settings = StoreSettings(
        currency=SHOP.currency,
        mail=MailSettings(host="mail.example", from_address="shop@tillfree.example", first_wait_s=10),
        receipts=ReceiptSettings(address="https://shop.example"),
        webhooks=WebhookSettings(allow_http=True, allow_private=True, timeout_s=1),
        retailer=RetailerSettings(
            endpoint="http://retailer.example", connector_auth="none", risk="recommendation",
            feed_folder=str(files), sales_folder=str(files),
        ),
    )  # fmt: skip
    addresses = ("ann@example.org", "ann@example.org", "zoe@example.org")
    made = []
    with listening() as receiver, gate_on(folder, **SOLD | {"settings": settings}) as gate:
        around = Around(gate, files, receiver, takes_carts=takes_carts)
        for name, credential, address in zip("ABC", cards() if kind == "cards" else codes(), addresses, strict=True):
            around.address = address
            made.append(goes_shopping(gate, credential, name * 4, around.tick))
            gate.clock.now_ns = NOON_NS + len(made) * NS_PER_DAY
        around.sales.write()
        assert around.seen == 3
        assert len(around.post.tried) == 2 * len(set(around.post.tried)) == 6
        assert len(around.written()) > 20
        assert linked_in(around.written(), made) == set()

        gate.database.erase_before(gate.clock())
        if takes_carts:
            assert linked(gate.database, made) == set()
        names = {
            *addresses,
            *(card(n).token for n in (PERSON, STRANGER)),
            *(card(n).fingerprint for n in (PERSON, STRANGER)),
            *(gate.desk.known_as("card", card(n).fingerprint) for n in (PERSON, STRANGER)),
            *(f"account-of-{who}" for who in ("ann", "zoe")),
            *(gate.desk.known_as("account", f"account-of-{who}") for who in ("ann", "zoe")),
        }
        told = caplog.text + "".join(path.read_text() for path in files.iterdir()) + str(receiver.came)
        assert not [name for name in names if name in told]

        gate.clock.on(31 * 86_400)
        around.tick()
        around.close()
        gate.database.erase_before(gate.clock())
        assert linked(gate.database, made) == set()
        for name in names:
            assert name.encode() not in on_disk(folder), name
