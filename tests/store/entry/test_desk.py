"""The desk: credentials in, open gates out; what is remembered, what is told, and what happens at the same time."""

import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.store.entry.staging import KEY, NOON_NS, Gate, card, code, gate_on
from tillfree.commerce.payments.payment import main_hold
from tillfree.commerce.payments.processor import Order
from tillfree.commerce.trips import Payer, Trip
from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.core.events import AgeChecked, EntryGranted, EntryRefused, VisitBound
from tillfree.core.ids import PaymentId, TripId, VisitId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.identity.badges import Badge, LinkUse, PalmLink
from tillfree.identity.credentials import BadgeTap, Credential, PalmMatch, ScannedCode, TerminalHold
from tillfree.identity.settings import EntrySettings
from tillfree.storage.database.audit import AuditQuery
from tillfree.storage.database.database import Database
from tillfree.storage.database.entry import EVERY_GATE
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.money.book import Book
from tillfree.store.entry.asking import RetailerAnswer
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.entry.errors import EntryError
from tillfree.store.retailer.identity import Loyalty
from tillfree.store.settings import StoreSettings
from tillfree.store.till.errors import TillError

ONE_AT_A_TIME = EntrySettings(one_trip_at_a_time=True)


def reason(gate: Gate, credential: Credential, name: str = "gate", **more: Any) -> str:
    answer = gate.desk.present(name, credential, **more)
    assert answer.opens == (answer.reason == "") == (answer.trip is not None)
    return answer.reason


# ---- ways in ----------------------------------------------------------------------------------------------------


def test_a_card_opens_the_gate_and_a_trip() -> None:
    with gate_on() as gate:
        hold = TerminalHold(reference="auth-7", amount=Money(5000, "USD"), expires_ns=NOON_NS + 10**15)
        answer = gate.desk.present("gate/1", card(hold=hold), group_size=2)
        assert (answer.opens, answer.reason, answer.message) == (True, "", "Welcome")
        assert answer.trip is not None
        trip = answer.trip.id
        kept, payer = gate.database.trip(trip), gate.database.payer(trip)
        assert kept is not None
        assert payer is not None
        assert (kept.gate, kept.entry, kept.group_size, kept.status) == ("gate/1", "card", 2, "inside")
        assert (payer.kind, payer.token, payer.last4) == ("card", card().token, "0001")
        assert (payer.terminal_hold, payer.terminal_hold_until_ns) == ("auth-7", NOON_NS + 10**15)
        assert payer.fingerprint
        assert payer.fingerprint != card().fingerprint
        (told,) = gate.told
        assert isinstance(told, EntryGranted)
        assert (told.source, told.trip, told.group_size, told.role, told.age_years) == ("gate/1", trip, 2, "shopper", 0)
        (entry,) = gate.database.audit_log(AuditQuery(what="entry."))
        assert (entry.entry.who, entry.entry.what, entry.entry.subject) == ("gate gate/1", "entry.grant", trip)
        assert gate.desk.expected == 2


def test_trips_are_random() -> None:
    with gate_on() as gate:
        trips = {str(gate.desk.present("g", card(n)).trip) for n in range(20)}
        assert len(trips) == 20


def test_a_code_says_who_pays_and_how_many_come() -> None:
    with gate_on() as gate:
        answer = gate.desk.present("gate", code(grp=3, age=21, loy="L9", lang="de"))
        assert answer.trip is not None
        payer = gate.database.payer(answer.trip.id)
        assert payer is not None
        assert (payer.kind, payer.account, payer.loyalty, payer.language) == ("account", "account-of-ann", "L9", "de")
        trip = answer.trip
        assert (trip.entry, trip.group_size, trip.age_years, trip.language, trip.loyalty) == ("code", 3, 0, "de", True)


def test_staff_and_deliveries_pay_nothing() -> None:
    with gate_on() as gate:
        for role, way in (("associate", "staff"), ("delivery", "delivery")):
            answer = gate.desk.present("gate", code(role=role, jti=f"pass-of-{role}", exp=NOON_NS // NS_PER_S + 3600))
            assert answer.trip is not None
            payer = gate.database.payer(answer.trip.id)
            assert (answer.trip.entry, answer.trip.role) == (way, role)
            assert payer is None or payer.kind == "none"


def test_a_wallet_is_a_card_that_says_so() -> None:
    with gate_on() as gate:
        answer = gate.desk.present("gate", card(wallet=True))
        assert answer.trip is not None
        assert answer.trip.entry == "wallet"


def test_badges() -> None:
    with gate_on(entry=EntrySettings(opening_hours={"tue": "08:00-20:00"})) as gate:
        badges = [
            Badge(badge="B1", account="E1"),
            Badge(badge="B2", account="E2", any_time=True, paid_by="badge account"),
            Badge(badge="B3", account="E3", active=False),
            Badge(badge="B4", account="E4", role="associate"),
        ]
        gate.database.set_badges([(badge.badge, msgspec.msgpack.encode(badge)) for badge in badges])
        found = {name: reason(gate, BadgeTap(badge=name)) for name in ("B1", "B2", "B3", "B4", "B5", "x" * 999)}
        assert found == {"B1": "closed", "B2": "", "B3": "inactive", "B4": "", "B5": "unknown", "x" * 999: "unknown"}
        (paying,) = (trip for trip in gate.database.open_trips() if trip.role == "shopper")
        payer = gate.database.payer(paying.id)
        assert payer is not None
        assert (payer.kind, payer.account, payer.brand) == ("badge", "E2", "badge account")


class Palms:
    def link(self, account: str, use: LinkUse = "enter", chosen: str = "") -> PalmLink | None:  # noqa: ARG002
        if account == "palm-1":
            return PalmLink(token=card().token, fingerprint=card().fingerprint, last4="0001", age_years=30)
        return PalmLink(account="acc-2", role="associate") if account == "palm-2" else None


def test_palms_pay_by_what_they_are_linked_to() -> None:
    with gate_on(palms=Palms()) as gate:
        assert reason(gate, PalmMatch(account="palm-9")) == "unknown"
        answer = gate.desk.present("gate", PalmMatch(account="palm-1"))
        assert answer.trip is not None
        payer = gate.database.payer(answer.trip.id)
        assert payer is not None
        assert (answer.trip.entry, answer.trip.age_years, payer.kind, payer.token) == ("palm", 30, "card", card().token)
        # The card in it is the same card.
        gate.database.block_trip(answer.trip.id, why="test", by="ann", time_ns=NOON_NS)
        assert reason(gate, card()) == "blocked"
    with gate_on() as gate:
        assert reason(gate, PalmMatch(account="palm-1")) == "unknown"


# ---- refusals ---------------------------------------------------------------------------------------------------


def test_a_refusal_says_nothing_of_who_it_was() -> None:
    with gate_on() as gate:
        assert reason(gate, card(expires="2026-02"), "gate/2") == "expired"
        (kept,) = gate.database.refusals()
        assert (kept.gate, kept.way, kept.reason) == ("gate/2", "card", "expired")
        (told,) = gate.told
        assert isinstance(told, EntryRefused)
        assert (told.source, told.reason) == ("gate/2", "expired")
        (announced,) = gate.database.announcements(0, kinds=("entry.refused",))
        assert announced.body == {"gate": "gate/2", "way": "card", "reason": "expired"}
        assert gate.database.open_trips() == []
        assert gate.database.count_refusals(NOON_NS) == {"expired": 1}
        assert gate.desk.expected == 0


def test_blocks_hold_until_they_end_or_are_taken_back() -> None:
    with gate_on() as gate:
        answer = gate.desk.present("gate", card())
        assert answer.trip is not None
        number = gate.database.block_trip(
            answer.trip.id, why="broke a shelf", by="ann", time_ns=NOON_NS, until_ns=NOON_NS + NS_PER_S
        )
        assert reason(gate, card()) == "blocked"
        assert reason(gate, card(2)) == ""
        gate.clock.on(1)
        assert reason(gate, card()) == ""
        number = gate.database.add_block(gate.desk.known_as("badge", "B1"), why="lost", by="ann", time_ns=NOON_NS)
        gate.database.set_badges([("B1", msgspec.msgpack.encode(Badge(badge="B1", account="E1")))])
        assert reason(gate, BadgeTap(badge="B1")) == "blocked"
        assert gate.database.remove_block(number)
        assert not gate.database.remove_block(number)
        assert reason(gate, BadgeTap(badge="B1")) == ""


def test_an_open_debt_keeps_its_card_out() -> None:
    owed = set[str]()
    with gate_on(debts=lambda names: bool(owed & set(names))) as gate:
        owed.add(gate.desk.known_as("card", card().fingerprint))
        assert reason(gate, card()) == "debt"
        assert reason(gate, card(2)) == ""
        assert reason(gate, code()) == ""


def test_a_closed_gate_lets_in_staff_only() -> None:
    with gate_on() as gate:
        gate.database.close_gate("gate/1", "ann", NOON_NS)
        gate.database.close_gate("gate/1", "ann", NOON_NS)
        assert reason(gate, card(), "gate/1") == "gate_closed"
        assert reason(gate, card(), "gate/2") == ""
        gate.database.close_gate(EVERY_GATE, "ann", NOON_NS)
        assert reason(gate, card(), "gate/2") == "gate_closed"
        assert reason(gate, code(role="associate"), "gate/1") == ""
        gate.database.open_gate(EVERY_GATE)
        gate.database.open_gate("gate/1")
        assert reason(gate, card(), "gate/1") == ""


def test_hours_are_those_of_the_store() -> None:
    hours = EntrySettings(opening_hours={"mon": "07:00-08:00"}, time_zone="America/New_York", last_entry_min=0)
    with gate_on(entry=hours) as gate:
        assert reason(gate, card()) == ""  # 12:00 UTC is 7:00 there
        gate.clock.on(3600)
        assert reason(gate, card()) == "closed"


def test_an_unknown_time_zone_is_said_at_once() -> None:
    with (
        pytest.raises(EntryError, match="there is no such time zone"),
        gate_on(entry=EntrySettings(time_zone="Mars/One")),
    ):
        pass


def test_the_full_store_counts_those_who_are_on_their_way_in() -> None:
    inside = 3
    with gate_on(entry=EntrySettings(capacity=6), inside=lambda: inside) as gate:
        answer = gate.desk.present("gate", card(1), group_size=2)
        assert answer.trip is not None
        assert reason(gate, card(2), group_size=2) == "full"
        assert reason(gate, card(3)) == ""
        assert reason(gate, card(4)) == "full"
        # One of them was seen: the running store counts them now.
        inside = 4
        gate.desk.note(
            VisitBound(time_ns=NOON_NS, source="arrivals", sequence=1, visit=VisitId("V1"), trip=answer.trip.id)
        )
        assert gate.desk.expected == 2
        assert reason(gate, card(4)) == "full"
        # Nobody else came in time.
        gate.clock.on(21)
        assert gate.desk.expected == 0
        assert reason(gate, card(5)) == ""


def test_whoever_is_bound_is_told_to_the_till() -> None:
    with gate_on() as gate:
        answer = gate.desk.present("gate", card(), group_size=2)
        assert answer.trip is not None
        for name in ("V1", "V2"):
            bound = VisitBound(time_ns=NOON_NS, source="arrivals", sequence=1, visit=VisitId(name), trip=answer.trip.id)
            gate.desk.note(bound)
        kept = gate.database.trip(answer.trip.id)
        assert kept is not None
        assert kept.visits == ("V1", "V2")
        assert gate.desk.expected == 0


# ---- once and only once -----------------------------------------------------------------------------------------


def test_a_code_is_good_once() -> None:
    with gate_on() as gate:
        assert reason(gate, code()) == ""
        assert reason(gate, code(), "gate/2") == "used"
        assert reason(gate, code(jti="another-code")) == ""
        assert reason(gate, code(iss="other-app")) == ""


def test_of_many_gates_at_once_exactly_one_opens(tmp_path: Path) -> None:
    with gate_on(tmp_path / "data") as gate:
        shown, barrier, answers = code(), threading.Barrier(8), Counter[str]()

        def show(number: int) -> None:
            barrier.wait()
            answers[reason(gate, shown, f"gate/{number}")] += 1

        threads = [threading.Thread(target=show, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == {"": 1, "used": 7}
        assert len(gate.database.open_trips()) == 1
        assert sum(isinstance(event, EntryGranted) for event in gate.told) == 1


def test_two_desks_of_two_processes_open_once(tmp_path: Path) -> None:
    """What one has let in the other one knows, as it stands in the file."""
    with gate_on(tmp_path / "data") as first, gate_on(tmp_path / "data") as second:
        assert reason(first, code()) == ""
        assert reason(second, code()) == "used"


def test_the_last_place_is_given_once() -> None:
    with gate_on(entry=EntrySettings(capacity=1)) as gate:
        barrier, answers = threading.Barrier(6), Counter[str]()

        def show(number: int) -> None:
            barrier.wait()
            answers[reason(gate, card(number), f"gate/{number}")] += 1

        threads = [threading.Thread(target=show, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == {"": 1, "full": 5}


_KILLED = """
import os, signal, sys
from pathlib import Path
from tests.store.entry.staging import code, gate_on
with gate_on(Path(sys.argv[1])) as gate:
    assert gate.desk.present("gate", code()).opens
    print("open", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_spent_code_survives_a_kill(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path / "data")], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert done.stdout == "open\n", done.stderr
    assert done.returncode == -9
    with gate_on(tmp_path / "data") as gate:
        assert reason(gate, code()) == "used"
        (trip,) = gate.database.open_trips()
        assert trip.entry == "code"


def test_one_trip_at_a_time() -> None:
    with gate_on(entry=ONE_AT_A_TIME) as gate:
        answer = gate.desk.present("gate", card())
        assert answer.trip is not None
        assert reason(gate, card()) == "already_inside"
        assert reason(gate, card(2)) == ""
        gate.till.cancel(answer.trip.id)
        for _ in range(5):
            gate.tick()
        gate.clock.on(3600)
        for _ in range(5):
            gate.tick()
        assert [row.trip for row in gate.database.entries() if row.known] != [answer.trip.id]
        assert reason(gate, card()) == ""


def test_a_family_may_come_in_one_by_one() -> None:
    with gate_on() as gate:
        assert [reason(gate, card()) for _ in range(3)] == ["", "", ""]
        assert len(gate.database.open_trips()) == 3


# ---- the retailer's system --------------------------------------------------------------------------------------


class Retailer:
    """Says what it is told to; or nothing, until it is let go."""

    def __init__(self, answer: RetailerAnswer | None = None, error: Exception | None = None) -> None:
        self.answer, self.error = answer, error
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def verify(self, code: ScannedCode, gate: str, now_ns: int) -> RetailerAnswer | None:
        assert (gate, now_ns > 0) == ("gate", True)
        self.asked.append(code.text)
        self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.answer


def test_a_code_that_only_the_retailer_reads() -> None:
    retailer = Retailer(RetailerAnswer(known=True, id="shopper-7", loyalty="L7", age_years=20))
    with gate_on(retailer=retailer) as gate:
        answer = gate.desk.present("gate", ScannedCode(text="RETAILER-0001"))
        assert answer.trip is not None
        payer = gate.database.payer(answer.trip.id)
        assert payer is not None
        assert (payer.kind, payer.account, payer.loyalty) == ("account", "shopper-7", "L7")
        assert (answer.trip.entry, answer.trip.age_years) == ("code", 20)
        retailer.answer = RetailerAnswer(known=False)
        assert reason(gate, ScannedCode(text="RETAILER-0002")) == "unknown"
        retailer.answer = RetailerAnswer(known=True, id="clerk-1", role="associate")
        staff = gate.desk.present("gate", ScannedCode(text="RETAILER-0003"))
        assert staff.trip is not None
        assert (staff.trip.entry, staff.trip.role) == ("staff", "associate")
    with gate_on() as gate:
        assert reason(gate, ScannedCode(text="RETAILER-0001")) == "unknown"


def test_the_retailer_may_refuse_a_code_that_is_signed() -> None:
    retailer = Retailer(RetailerAnswer(known=False))
    with gate_on(retailer=retailer) as gate:
        assert reason(gate, code()) == "retailer_refused"
        retailer.answer = RetailerAnswer(known=True)
        assert reason(gate, code()) == "", "a code that was refused is not spent"
        assert reason(gate, code(aud="elsewhere")) == "wrong_store"
        assert len(retailer.asked) == 2, "what is wrong in itself is not asked about"


@pytest.mark.parametrize("error", [None, DatabaseError("down"), ConnectionError("down")])
def test_without_an_answer_the_rule_for_a_network_that_is_down_holds(error: Exception | None) -> None:
    with gate_on(retailer=Retailer(None, error)) as gate:
        assert reason(gate, code()) == ""
        assert reason(gate, ScannedCode(text="RETAILER-0001")) == "offline"
        assert reason(gate, card()) == ""


def test_a_retailer_who_never_answers_is_not_waited_for() -> None:
    retailer = Retailer(RetailerAnswer(known=True))
    retailer.gate.clear()
    with gate_on(entry=EntrySettings(retailer_budget_ms=10), retailer=retailer) as gate:
        try:
            for number in range(30):
                assert reason(gate, code(jti=f"code-number-{number}")) == ""
            assert 3 <= len(retailer.asked) <= 8, "after three silences it is given a pause"
            retailer.gate.set()
            gate.clock.on(6)
            asked = len(retailer.asked)
            for number in range(30, 200):
                # It answers again; how fast is the machine's matter.
                assert reason(gate, code(gate.clock(), jti=f"code-number-{number}")) == ""
                gate.clock.on(6)
            assert len(retailer.asked) > asked
        finally:
            retailer.gate.set()


class Word(msgspec.Struct):
    admitted: bool
    answered: bool = True
    hold: Money | None = None


class Risky(Retailer):
    """A retailer who looks at cards as well."""

    word = Word(admitted=True)

    def may_enter(self, trip: Trip, payer: Payer, hold: Money) -> Word:
        self.asked.append(f"{trip.entry} {payer.last4} {hold}")
        self.gate.wait()
        return self.word


@pytest.mark.parametrize(
    ("risk", "word", "expected"),
    [
        ("none", Word(admitted=False), ""),
        ("retailer", Word(admitted=True), ""),
        ("retailer", Word(admitted=False), "retailer_refused"),
        ("recommendation", Word(admitted=False), "retailer_refused"),
        ("recommendation", Word(admitted=True, answered=False), ""),
    ],
)
def test_the_retailer_looks_at_cards(risk: Any, word: Word, expected: str) -> None:
    retailer = Risky(RetailerAnswer(known=True))
    retailer.word = word
    with gate_on(retailer=retailer, settings=StoreSettings(retailer=RetailerSettings(risk=risk))) as gate:
        assert reason(gate, card()) == expected
        assert retailer.asked == ([] if risk == "none" else ["card 0001 " + str(gate.desk._hold)])
        assert reason(gate, code()) == "", "codes are another question"
        assert len(gate.database.open_trips()) == (1 if expected else 2)


@pytest.mark.parametrize("by_terminal", [False, True])
def test_the_retailer_says_how_much_is_put_aside(by_terminal: bool) -> None:
    retailer = Risky(RetailerAnswer(known=True))
    retailer.word = Word(admitted=True, hold=Money(1250, "USD"))
    with gate_on(retailer=retailer, settings=StoreSettings(retailer=RetailerSettings(risk="retailer"))) as gate:
        order = Order(key="t", kind="authorise", payment=PaymentId("t"), amount=Money(2000, "USD"), token=card().token)
        held = TerminalHold(reference=gate.processor.ask(order).reference, amount=Money(2000, "USD"))
        answer = gate.desk.present("gate", card(hold=held if by_terminal else None))
        assert answer.trip is not None
        gate.tick()
        payment = gate.database.payment_of_trip(answer.trip.id)
        assert payment is not None
        hold = main_hold(payment)
        assert hold is not None
        assert (hold.minor, hold.state) == (1250, "held")


class Loyal(Retailer):
    """A retailer who knows loyalty codes."""

    def loyalty(self, code: str) -> Loyalty | None:
        return Loyalty(id="member-7", promotions=("SUMMER",)) if code == "LOYAL" else None


def test_loyalty_and_coupons_are_scanned_in_the_store() -> None:
    def payer_of(gate: Gate, trip: TripId) -> Payer:
        found = gate.database.payer(trip)
        assert found is not None
        return found

    settings = StoreSettings(retailer=RetailerSettings(loyalty="retailer"))
    with gate_on(retailer=Loyal(), settings=settings) as gate:
        answer = gate.desk.present("gate", card())
        assert answer.trip is not None
        trip = answer.trip.id
        assert gate.desk.show_offers(trip, loyalty="LOYAL", coupons=["TEA50"]).loyalty
        assert (payer_of(gate, trip).loyalty, payer_of(gate, trip).coupons) == ("member-7", ("TEA50", "SUMMER"))
        with pytest.raises(EntryError, match="no such loyalty code"):
            gate.desk.show_offers(trip, loyalty="NOBODY")
        with pytest.raises(TillError, match="at most 20"):
            gate.desk.show_offers(trip, coupons=[f"C{number}" for number in range(20)])
        assert payer_of(gate, trip).token == card().token, "what pays stays"
    with gate_on() as gate:
        answer = gate.desk.present("gate", card())
        assert answer.trip is not None
        gate.desk.show_offers(answer.trip.id, loyalty="member-8")
        assert payer_of(gate, answer.trip.id).loyalty == "member-8"
        with pytest.raises(TillError, match="no trip"):
            gate.desk.show_offers(TripId("nothing"), coupons=["A"])


def test_a_cash_shopper_pays_outside() -> None:
    with gate_on(retailer=Retailer(RetailerAnswer(known=True, id="guest", cash=True))) as gate:
        answer = gate.desk.present("gate", ScannedCode(text="RETAILER-1"))
        assert answer.trip is not None
        payment = gate.database.payment_of_trip(answer.trip.id)
        assert payment is not None
        assert payment.method == "cash"


@pytest.mark.parametrize(("risk", "expected"), [("retailer", "offline"), ("recommendation", "")])
def test_a_retailer_who_does_not_look_in_time(risk: Any, expected: str) -> None:
    retailer = Risky()
    retailer.gate.clear()
    settings = StoreSettings(retailer=RetailerSettings(risk=risk), entry=EntrySettings(retailer_budget_ms=10))
    with gate_on(retailer=retailer, settings=settings) as gate:
        try:
            assert {reason(gate, card(number)) for number in range(6)} == {expected}
            assert len(retailer.asked) == 3, "then it is given a pause"
        finally:
            retailer.gate.set()


# ---- trouble ----------------------------------------------------------------------------------------------------


def test_a_database_that_fails_keeps_the_gate_shut() -> None:
    with gate_on() as gate:
        gate.database.close()
        answer = gate.desk.present("gate", card())
        assert (answer.opens, answer.reason) == (False, "trouble")
        assert gate.desk.expected == 0
        assert isinstance(gate.told[-1], EntryRefused)


def test_a_till_that_fails_keeps_the_gate_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **_more: object) -> None:
        raise DatabaseError("the disk is full")

    with gate_on() as gate:
        monkeypatch.setattr(gate.till, "open", full)
        assert reason(gate, card()) == "trouble"
        assert gate.desk.expected == 0
        assert not any(isinstance(event, EntryGranted) for event in gate.told)


# ---- ages -------------------------------------------------------------------------------------------------------


class Linked:
    """Everybody's palm is linked to the card of somebody of age."""

    def link(self, account: str, use: LinkUse = "enter", chosen: str = "") -> PalmLink | None:  # noqa: ARG002
        return PalmLink(token=card().token, account=account, age_years=40)


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("way", ["code", "group in the code", "palm", "retailer"])
def test_an_age_is_proved_of_the_holder_and_of_nobody_who_comes_along(way: str, size: int) -> None:
    """An adult with a child: else the child could take the bottle, and nobody would look."""
    shown: Credential = code(age=40)
    options: dict[str, Any] = {}
    if way == "group in the code":
        shown = code(age=40, grp=size)
    elif way == "palm":
        shown, options = PalmMatch(account="p1"), {"palms": Linked()}
    elif way == "retailer":
        shown = ScannedCode(text="RETAILER-0001")
        options = {"retailer": Retailer(RetailerAnswer(known=True, id="shopper-7", age_years=40))}
    with gate_on(**options) as gate:
        answer = gate.desk.present("gate", shown, group_size=1 if way == "group in the code" else size)
        assert answer.trip is not None, answer.reason
        assert answer.trip.age_years == (40 if size == 1 else 0)
    with gate_on(entry=EntrySettings(age_at_door_years=18), **options) as gate:
        answer = gate.desk.present("gate", shown, group_size=1 if way == "group in the code" else size)
        assert answer.reason == ("" if size == 1 else "too_young")


def test_a_proof_of_age_is_noted_and_told() -> None:
    with gate_on() as gate:
        answer = gate.desk.present("gate", card())
        assert answer.trip is not None
        gate.desk.check_age(answer.trip.id, 18, by="ann")
        entry = gate.database.entry(answer.trip.id)
        assert entry is not None
        assert entry.age_years == 18
        told = gate.told[-1]
        assert isinstance(told, AgeChecked)
        assert (told.trip, told.age_years) == (answer.trip.id, 18)
        logged = gate.database.audit_log(AuditQuery(what="age."))[0].entry
        assert (logged.who, logged.subject, logged.detail) == ("ann", answer.trip.id, "at least 18")
        with pytest.raises(EntryError, match="there is no entry"):
            gate.desk.check_age(TripId("nobody"), 18, by="ann")
        with pytest.raises(EntryError, match="give 0 to 120"):
            gate.desk.check_age(answer.trip.id, -1, by="ann")


# ---- the secret of fingerprints ---------------------------------------------------------------------------------


def test_the_secret_stays_beside_the_database_and_is_renewed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with gate_on(folder) as gate:
        first = gate.desk.known_as("card", "fp")
        assert (folder / "entry-keys.json").stat().st_mode & 0o777 == 0o600
        assert first not in (folder / "entry-keys.json").read_text()
        gate.database.add_block(gate.desk.known_as("card", card().fingerprint), why="x", by="ann", time_ns=NOON_NS)
    with gate_on(folder) as gate:
        assert gate.desk.known_as("card", "fp") == first
        gate.clock.on(91 * 86_400)
        gate.tick()
        assert gate.desk.known_as("card", "fp") != first
        assert reason(gate, card()) == "blocked", "what was written under the old secret still counts"
        gate.clock.on(600 * 86_400)
        gate.tick()
        assert reason(gate, card(expires="")) == "", "and is forgotten with it"
    (folder / "entry-keys.json").write_text("{}")
    with pytest.raises(EntryError, match="restore it from a copy"), gate_on(folder):
        pass


def test_every_store_has_a_secret_of_its_own(tmp_path: Path) -> None:
    with gate_on(tmp_path / "a") as one, gate_on(tmp_path / "b") as other:
        assert one.desk.known_as("card", "fp") != other.desk.known_as("card", "fp")


def test_keys_in_the_folder_are_read_again_when_they_change(tmp_path: Path) -> None:
    settings = StoreSettings()
    with Database.open(tmp_path / "data") as database, gate_on(tmp_path / "data") as gate:
        from tillfree.identity.keys import KeySet
        from tillfree.store.entry.key_files import KeyFolder

        desk = EntryDesk(database, settings, gate.till, gate.clock)
        assert desk.present("gate", code()).reason == "bad_signature"
        folder = KeyFolder(tmp_path / "data")
        assert folder.trust(KeySet((KEY.public,))) == (KEY.public,)
        assert desk.present("gate", code()).reason == ""
        folder.distrust(KEY.public.id)
        assert desk.present("gate", code(jti="another-code")).reason == "bad_signature"
        with pytest.raises(EntryError, match="there is no key"):
            folder.distrust(KEY.public.id)
        (folder.folder / "public.json").write_text("nonsense")
        assert desk.present("gate", code(jti="a-third-code")).reason == "trouble"


def test_a_code_is_not_used_up_by_a_trip_that_could_not_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entry, code, trip and payment are written together, or none of them."""

    def full(*_: object) -> None:
        raise DatabaseError("the disk is full")

    with gate_on() as gate:
        shown = code()
        with monkeypatch.context() as broken:
            broken.setattr(Book, "put_payer", full)
            assert reason(gate, shown) == "trouble"
        assert not gate.database.entries()
        assert gate.desk.present("gate", shown).opens
        assert [entry.trip for entry in gate.database.entries()] == [trip.id for trip in gate.database.open_trips()]
