"""Whatever a processor and the network do, in any order: in the end everybody has paid what the receipt says."""

import random

from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.commerce.shops import SETTINGS, SHOP
from tests.storage.database.made import choose, record
from tests.store.till.counters import CARD, Clock, trip, usd
from tests.store.till.moody import MOODS, MoodyBank
from tillfree.commerce.errors import PaymentError
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.commerce.pricing import Pricing
from tillfree.commerce.trips import Payer
from tillfree.core.ids import TripId, VisitId
from tillfree.storage.database.database import IN_MEMORY, Database
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

ITEMS = strategies.dictionaries(strategies.sampled_from(["tea", "milk", "nameless"]), strategies.integers(1, 20))
NUMBER = strategies.integers(0, 1000)


class AnyOrder(RuleBasedStateMachine):
    @initialize(hold_minor=strategies.sampled_from([0, 500, 2500]), limit=strategies.sampled_from([700, 4000, 10**9]))
    def begin(self, hold_minor: int, limit: int) -> None:
        self.clock = Clock()
        self.moods: list[str] = []
        self.bank = MoodyBank(lambda _order: self.moods.pop(0) if self.moods else "good", limit)
        self.bank.now_ns = self.clock
        self.database = Database.open(IN_MEMORY)
        self.settings = StoreSettings(
            commerce=SETTINGS, payments=PaymentSettings(hold_minor=hold_minor, longest_retry_s=30, payer_minutes=0)
        )
        self.till = self.opened()
        self.trips: list[TripId] = []
        self.inside: list[tuple[TripId, VisitId]] = []
        self.notices = 0
        self.refunds: list[tuple[TripId, str, int]] = []

    def opened(self) -> Till:
        return Till(
            self.database,
            self.settings,
            self.bank,
            self.clock,
            prices=lambda _time_ns: Pricing(SHOP, SETTINGS),
            workers=0,
            chance=random.Random(1),
        )

    # ---- what people do -------------------------------------------------------------------------------------

    @rule(people=strategies.integers(0, 2), badge=strategies.booleans())
    def come_in(self, people: int, badge: bool) -> None:
        name = f"t{len(self.trips)}"
        payer = Payer(kind="badge", account="e1") if badge else CARD
        opened = self.till.open(trip(self.clock, name, group_size=max(1, people)), payer)
        self.trips.append(opened.id)
        for number in range(people):
            visit = VisitId(f"v{number}-{name}")
            self.till.bind(opened.id, visit)
            self.inside.append((opened.id, visit))

    @rule(number=NUMBER, items=ITEMS, review=strategies.booleans())
    def leave(self, number: int, items: dict[str, int], review: bool) -> None:
        if self.inside:
            _, visit = self.inside.pop(number % len(self.inside))
            self.till.finished(record(visit, items, review=review, closed_ns=self.clock()))

    @rule(items=ITEMS)
    def decide(self, items: dict[str, int]) -> None:
        for row in self.database.open_reviews(1):
            self.database.decide(choose(row.visit, items, choice="edited" if items else "nothing"))

    @rule(number=NUMBER, minor=strategies.integers(1, 3000), again=strategies.booleans())
    def refund(self, number: int, minor: int, again: bool) -> None:
        if not self.trips:
            return
        name, key = self.trips[number % len(self.trips)], f"r{len(self.refunds)}"
        try:
            for _ in range(2 if again else 1):
                self.till.refund(name, usd(minor), key=key, reason="wrong item", by="ann")
            self.refunds.append((name, key, minor))
        except PaymentError:
            pass  # more than was taken

    # ---- what the world does --------------------------------------------------------------------------------

    @rule(moods=strategies.lists(strategies.sampled_from(MOODS), max_size=6))
    def turn_moody(self, moods: list[str]) -> None:
        self.moods += moods

    @rule(seconds=strategies.sampled_from([0, 1, 10, 70, 3600, 30 * 3600]))
    def time_goes_by(self, seconds: int) -> None:
        self.clock.go(seconds)
        self.till.tick()

    @rule(number=NUMBER, times=strategies.integers(1, 3), told=strategies.booleans())
    def decide_pending(self, number: int, times: int, told: bool) -> None:
        answer = self.bank.settle_one(number)
        if answer is not None and told:
            self.notices += 1
            for _ in range(times):
                self.till.notice(answer, notice=f"n{self.notices}")

    @rule(number=NUMBER)
    def say_again(self, number: int) -> None:
        """An old answer comes once more, as a new notice."""
        if self.bank.answers:
            keys = sorted(self.bank.answers)
            self.notices += 1
            self.till.notice(self.bank.answers[keys[number % len(keys)]], notice=f"n{self.notices}")

    @rule()
    def start_again(self) -> None:
        self.till.close()
        self.till = self.opened()

    # ---- what must hold -------------------------------------------------------------------------------------

    @invariant()
    def the_ledger_holds(self) -> None:
        if hasattr(self, "database"):
            proof = self.database.prove_ledger()
            assert proof.holds, proof.faults

    def teardown(self) -> None:
        if not hasattr(self, "database"):
            return
        self.moods.clear()
        for _, visit in self.inside:
            self.till.finished(record(visit, {"tea": 1}, closed_ns=self.clock()))
        for row in self.database.open_reviews(500):
            self.database.decide(choose(row.visit, {"milk": 1}))
        for _ in range(200):
            self.bank.settle_one(0)
            self.clock.go(1800)
            self.till.tick()
            if not self.database.orders_waiting() and not self.bank.waiting:
                break
        self.till.tick()
        self.everybody_has_paid()
        self.the_ledger_holds()
        self.till.close()
        self.database.close()

    def everybody_has_paid(self) -> None:
        assert self.database.orders_waiting() == 0
        owed = {debt.trip: debt.owed.minor for debt in self.database.debts(limit=1000)}
        for name in self.trips:
            kept, payment = self.database.trip(name), self.database.payment_of_trip(name)
            assert kept is not None
            assert payment is not None
            due = 0 if kept.receipt is None else kept.receipt.total.gross.minor
            assert kept.status in ("settled", "void", "debt", "abandoned"), kept.status
            assert (kept.status == "debt") == (name in owed)
            if payment.method == "badge":
                assert payment.debt_minor == due
                continue
            wished = sum(refund.minor - payment.failed_minor(refund) for refund in payment.refunds)
            assert self.bank.net_minor(payment.id) == due - owed.get(name, 0) - wished
            assert self.bank.held_minor(payment.id) == 0
        done = {order.key: order.reference for order in self.bank.asked if order.key in self.bank.captures}
        holds = [reference for reference in done.values() if reference]
        assert len({*holds}) == len(holds), "no hold is captured twice"


AnyOrder.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAnyOrder = AnyOrder.TestCase
