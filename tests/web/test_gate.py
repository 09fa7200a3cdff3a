"""The page of the gate: who is inside, refusals, proofs of age, blocks, and closing."""

from collections.abc import Iterator

import msgspec
import pytest
from starlette.testclient import TestClient

from tests.scenes import WATER, MemoryRecording
from tests.store.entry.staging import Gate, card, code, gate_on
from tests.store.entry.test_stream import REQUIRED, events_with, granted, shop_from_18
from tests.store.running.staging import Cues, Run
from tests.web.conftest import PASSWORD
from tillfree.core.events import EntryGranted, VisitBound
from tillfree.core.ids import TripId
from tillfree.identity.badges import Badge
from tillfree.identity.credentials import BadgeTap
from tillfree.identity.reasons import REASONS
from tillfree.storage.database.audit import AuditQuery
from tillfree.store.running.sources import RecordingSource
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.gate.words import REASON_WORDS, gate_name
from tillfree.web.roles import ROLES


class Shop:
    """A store whose gate has let Ann in and refused somebody; pages are looked at while she holds water."""

    def __init__(self, gate: Gate, *, with_desk: bool = True) -> None:
        self.gate = gate
        self.cues = Cues()
        answer = gate.desk.present("gate/1", card())
        assert answer.trip is not None
        self.trip: TripId = answer.trip.id
        events = events_with(granted(1, self.trip))
        source = RecordingSource(MemoryRecording(shop_from_18(WATER), events))
        self.run = Run(source, settings=REQUIRED, cues=self.cues, on_entry=gate.desk.note)
        console = Console(self.run.store, gate.database, desk=gate.desk if with_desk else None, now_ns=gate.clock)
        self.app = make_app(console)
        self.pages: list[str] = []

    def client(self, role: str) -> TestClient:
        """Somebody who is signed in."""
        if self.gate.database.user(role) is None:
            self.gate.database.add_user(role, PASSWORD, role)  # type: ignore[arg-type]
        client = TestClient(
            self.app, base_url="http://127.0.0.1", follow_redirects=False, headers={"sec-fetch-site": "same-origin"}
        )
        assert client.post("/sign-in", data={"name": role, "password": PASSWORD}).status_code == 303
        return client

    def look_while_inside(self, role: str, **form: str) -> str:
        """The page while Ann is there, after something was done, if anything."""
        client = self.client(role)

        def look() -> None:
            if form:
                assert client.post("/gate/age", data=form).status_code == 303
                told = self.gate.told[-1]
                # As whoever wires desk and store does it.
                self.run.store._engine.take(msgspec.structs.replace(told, time_ns=self.run.store.now_ns))
            self.pages.append(client.get("/gate").text)

        self.cues.add(11, look)
        self.run.to_the_end()
        return self.pages[-1]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with gate_on() as gate:
        yield Shop(gate)


def test_who_is_inside_and_whose_age_is_to_be_checked(shop: Shop) -> None:
    page = shop.look_while_inside("associate")
    assert "Check the age" in page
    assert "of these only for older people: Water" in page
    assert "1 of 1 came in" in page
    assert "Bank card" in page
    assert "Gate 1" in page
    assert card().token not in page
    assert "No entry" in page, "Bob came in on nothing"


def test_a_proof_of_age_is_noted_from_the_page(shop: Shop) -> None:
    page = shop.look_while_inside("associate", trip=shop.trip, age="18")
    assert "Check the age" not in page.partition("No entry")[0]
    assert "18 years or more" in page
    assert "Noted: a proof of age of 18 years or more." in page
    entry = shop.gate.database.audit_log(AuditQuery(what="age."))[0].entry
    assert (entry.who, entry.subject) == ("associate", shop.trip)


@pytest.mark.parametrize("role", ["viewer", "engineer"])
def test_only_some_may_look_and_fewer_may_do(shop: Shop, role: str) -> None:
    client = shop.client(role)
    assert client.get("/gate").status_code == (200 if "gate.see" in ROLES[role] else 403)  # type: ignore[index]
    for path in ("age", "block", "unblock", "close", "open"):
        assert client.post(f"/gate/{path}", data={}).status_code == 403
    assert '<form method="post" action="/gate' not in client.get("/gate").text


def test_blocks_are_made_and_taken_back(shop: Shop) -> None:
    client, database = shop.client("associate"), shop.gate.database
    assert client.post("/gate/block", data={"trip": shop.trip, "why": "broke a shelf", "days": "3"}).status_code == 303
    assert shop.gate.desk.present("gate", card()).reason == "blocked"
    (block,) = database.blocks()
    assert (block.why, block.by, block.until_ns > block.time_ns) == ("broke a shelf", "associate", True)
    page = client.get("/gate").text
    assert "broke a shelf" in page
    assert "it is blocked" in page
    client.post("/gate/unblock", data={"number": str(block.number)})
    assert database.blocks() == []
    assert "This block is gone already." in _after(client, "/gate/unblock", number=str(block.number))
    what = [row.entry.what for row in database.audit_log(AuditQuery(what="gate."))]
    assert what == ["gate.unblock", "gate.block"]


def test_a_badge_is_blocked_by_its_number(shop: Shop) -> None:
    client, gate = shop.client("associate"), shop.gate
    gate.database.set_badges([("B7", msgspec.msgpack.encode(Badge(badge="B7", account="E1")))])
    client.post("/gate/block", data={"kind": "badge", "value": " B7 ", "why": "lost", "days": "0"})
    assert gate.desk.present("gate", BadgeTap(badge="B7")).reason == "blocked"
    assert "B7" not in client.get("/gate").text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"kind": "badge", "value": "B7"}, "Say why"),
        ({"kind": "card", "value": "B7", "why": "x"}, "Give the number of a badge, or an account."),
        ({"kind": "badge", "value": "", "why": "x"}, "Give the number of a badge, or an account."),
        ({"trip": "nobody", "why": "x"}, "is not known any more"),
    ],
)
def test_a_block_that_cannot_be_says_so(shop: Shop, form: dict[str, str], said: str) -> None:
    assert said in _after(shop.client("associate"), "/gate/block", **form)
    assert shop.gate.database.blocks() == []


def test_gates_are_closed_and_opened(shop: Shop) -> None:
    client, desk = shop.client("associate"), shop.gate.desk
    assert "Gate 1 lets in nobody but staff." in _after(client, "/gate/close", gate="gate/1")
    assert desk.present("gate/1", card(2)).reason == "gate_closed"
    assert "the gate is closed" in client.get("/gate").text
    assert "Every gate lets in nobody but staff." in _after(client, "/gate/close", gate="")
    assert desk.present("gate/2", card(2)).reason == "gate_closed"
    assert "Every gate is open again." in _after(client, "/gate/open", gate="")
    assert "Gate 1 is open again." in _after(client, "/gate/open", gate="gate/1")
    assert desk.present("gate/1", card(2)).opens


def test_refusals_are_counted_and_named(shop: Shop) -> None:
    desk = shop.gate.desk
    for _ in range(2):
        desk.present("gate/2", card(expires="2020-01"))
    desk.present("gate/2", code(aud="elsewhere"))
    page = shop.client("associate").get("/gate").text
    assert "it is out of date 2" in page
    assert "it is for another store 1" in page
    assert page.count("<td>Gate 2</td>") == 3


def test_an_age_for_nobody_is_refused(shop: Shop) -> None:
    client = shop.client("associate")
    assert "there is no entry" in _after(client, "/gate/age", trip="nobody", age="18")
    assert client.post("/gate/age", data={"trip": shop.trip, "age": "old"}).status_code == 400


def test_without_a_desk_the_door_is_open() -> None:
    with gate_on() as gate:
        shop = Shop(gate, with_desk=False)
        client = shop.client("associate")
        assert "The door of this store is open" in client.get("/gate").text
        assert client.post("/gate/age", data={"trip": shop.trip, "age": "18"}).status_code == 400


def test_hostile_names_are_shown_as_text(shop: Shop) -> None:
    shop.gate.desk.present("<script>alert(1)</script>", card(expires="2020-01"))
    page = shop.client("associate").get("/gate").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_every_reason_has_words_for_staff() -> None:
    assert REASON_WORDS.keys() == REASONS.keys()


def test_names_of_gates() -> None:
    def say(text: str, **values: object) -> str:
        return text % values if values else text

    assert [gate_name(name, say) for name in ("gate/2", "gate", "north door", "")] == [
        "Gate 2", "The gate", "north door", "The gate",
    ]  # fmt: skip


def test_the_feed_tells_of_the_gate(shop: Shop) -> None:
    shop.look_while_inside("associate")
    kinds = shop.run.kinds()
    assert {"entry", "age", "tailgating"} <= set(kinds)
    bound = [event for event in shop.gate.told if isinstance(event, VisitBound | EntryGranted)]
    assert bound
    trip = shop.gate.database.trip(shop.trip)
    assert trip is not None
    assert trip.visits == (shop.run.visit("ann").visit,), "the till knows who came in"


def _after(client: TestClient, path: str, **form: str) -> str:
    """What the page says after something was done."""
    assert client.post(path, data=form).status_code == 303
    return client.get("/gate").text
