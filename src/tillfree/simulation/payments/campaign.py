"""A campaign: many trips through the real till, ledger and database, with a processor that misbehaves.

Time is simulated and goes in steps, there are no threads, and everything follows from the seed. The program is killed
again and again, some times just after the processor has done something and before anybody wrote that down; then the
till is made anew from the file. At the end `compared` lays the processor's own books beside the shop's ledger.
"""

import functools
import heapq
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from tillfree.commerce.disputes import Claim
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.payments.processor import Answer, Order, Processor, ProcessorUnavailable
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.trips import EntryKind, Payer, Trip
from tillfree.core.events import CartLine
from tillfree.core.ids import PaymentId, ProductId, TrackId, TripId, VisitId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.payments.campaign_options import CampaignOptions
from tillfree.simulation.payments.campaign_report import CampaignResult, Course, TripFacts, compared
from tillfree.simulation.payments.cards import SimulatedCard, make_card
from tillfree.simulation.payments.faults import Dice
from tillfree.simulation.payments.killing import KilledError, MortalLine
from tillfree.simulation.payments.processor import Notice, SimulatedProcessor
from tillfree.storage.database.database import Database
from tillfree.storage.database.records import VisitRecord
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.receipts.errors import ReceiptDeskError
from tillfree.store.settings import StoreSettings
from tillfree.store.till.errors import TillError
from tillfree.store.till.till import Till

__all__ = ["Campaign", "run_campaign"]

_BEGIN_NS = 1_750_000_000 * NS_PER_S
_DRAIN_STEPS_MAX = 20_000
_QUIET_STEPS = 8 * 6
_CARTS = 400


class _Clock:
    """Simulated time."""

    def __init__(self) -> None:
        self.now_ns = _BEGIN_NS

    def __call__(self) -> int:
        return self.now_ns


class Campaign:
    """One campaign; `folder` is where its database lies. `line` may stand between the till and the processor.

    `hear` makes of a notice what comes through a line: a webhook of another shape, say.
    """

    def __init__(
        self,
        options: CampaignOptions,
        folder: Path,
        *,
        line: Callable[[SimulatedProcessor], Processor] = lambda core: core,
        hear: Callable[[Notice], Sequence[Notice]] = lambda notice: (notice,),
    ) -> None:
        self._options = options
        self._folder = folder
        self._random = random.Random(options.seed)  # noqa: S311  a simulation
        self._hear = hear
        self._clock = _Clock()
        self.core = SimulatedProcessor(
            self._clock,
            seed=options.seed,
            faults=options.faults,
            forget_after_ns=options.forget_after_s * NS_PER_S,
        )
        self._line = MortalLine(line(self.core), options)
        self._deck = self._make_deck()
        self._make_shop()
        self._acts: list[tuple[int, int, Callable[[], None]]] = []
        self._claims: list[tuple[int, TripId]] = []
        self._sequence = 0
        self._come_next, self._comes_ns = 0, self._clock.now_ns
        self._facts: dict[TripId, TripFacts] = {}
        self._kills = self._restarts = self._outages = self._notices = self._refused_refunds = 0
        self._open_till()

    # ---- what there is ------------------------------------------------------------------------------------------

    def _make_deck(self) -> list[SimulatedCard]:
        deck = []
        for index in range(max(20, self._options.trips // 5)):
            poor = Dice(self._options.seed, f"card/{index}", 1).falls(0, self._options.poor_card_ppm)
            card = make_card(self._options.seed, index, limit_minor=3000 if poor else None)
            self.core.add_card(card)
            deck.append(card)
        return deck

    def _make_shop(self) -> None:
        shop = demo_shop(2)
        rates = {product.tax_class: 190_000 if index % 2 else 70_000 for index, product in enumerate(shop.products)}
        commerce = CommerceSettings(prices_include_tax=True, tax_rates_ppm=rates)
        self._settings = StoreSettings(
            currency=shop.currency,
            commerce=commerce,
            # Who is inside while the program is away leaves when it is back: nobody is to be forgotten for that.
            payments=PaymentSettings(after_review="charge", review_h=1, inside_h=72),
        )
        self._pricing = Pricing(shop, commerce, "Campaign")
        sold = [product.id for product in shop.products if product.sold_by == "unit" and product.price_minor]
        self._carts = [self._make_cart(sold) for _ in range(_CARTS)]
        self._currency = shop.currency

    def _make_cart(self, sold: list[ProductId]) -> tuple[CartLine, ...]:
        chosen = self._random.sample(sold, self._random.randint(1, min(8, len(sold))))
        return tuple(CartLine(product, self._random.randint(1, 3), 0.999) for product in sorted(chosen))

    def _open_till(self) -> None:
        self._database = Database.open(self._folder)
        self._till = Till(
            self._database,
            self._settings,
            self._line,
            self._clock,
            prices=lambda _time_ns: self._pricing,
            workers=0,
            chance=random.Random(self._options.seed + self._restarts),  # noqa: S311  a simulation
        )
        self._desk = ReceiptDesk(self._database, self._settings, self._till, self._clock)

    # ---- the way of time ----------------------------------------------------------------------------------------

    def run(self) -> CampaignResult:
        """All trips, to the last answer; then people deal with debts, and all is compared."""
        while self._acts or self._claims or self._come_next < self._options.trips:
            self._step((10 if self._come_next < self._options.trips else 60) * NS_PER_S)
        self._drain()
        self._collect_debts()
        self._drain()
        self._desk.tick()
        self._drain()
        self._note_disputes()
        ended_ns = self._clock.now_ns
        self._till.close()
        course = Course(
            seed=self._options.seed,
            hours=round((ended_ns - _BEGIN_NS) / NS_PER_HOUR, 2),
            requests=self._line.asked,
            notices=self._notices,
            kills=self._kills,
            restarts=self._restarts,
            outages=self._outages,
            refused_refunds=self._refused_refunds,
        )
        result = compared(self._database, self.core, self._facts, course)
        self._database.close()
        return result

    def _at(self, after_ns: int, act: Callable[[], None]) -> None:
        self._sequence += 1
        heapq.heappush(self._acts, (self._clock.now_ns + after_ns, self._sequence, act))

    def _step(self, step_ns: int) -> None:
        self._clock.now_ns += step_ns
        try:
            self._do_acts()
            while self._claims and self._claims[0][0] <= self._clock.now_ns:
                self._claim(heapq.heappop(self._claims)[1])
            self._tell()
            self._till.tick()
        except KilledError:
            self._die()
        if self._random.random() < 0.001:
            self._till.close()
            self._database.close()
            self._start_again()

    def _do_acts(self) -> None:
        if self._come_next < self._options.trips and self._comes_ns <= self._clock.now_ns:
            self._open_gate()
        while self._acts and self._acts[0][0] <= self._clock.now_ns:
            with self._till.together():
                for _ in range(200):
                    if not self._acts or self._acts[0][0] > self._clock.now_ns:
                        break
                    heapq.heappop(self._acts)[2]()

    def _open_gate(self) -> None:
        with self._till.together():
            while self._come_next < self._options.trips and self._comes_ns <= self._clock.now_ns:
                self._come(self._come_next)
                self._come_next += 1
                self._comes_ns += NS_PER_MINUTE // self._options.trips_per_minute

    def _tell(self) -> None:
        heard = [notice for told in self.core.take_notices(self._clock.now_ns) for notice in self._hear(told)]
        if heard:
            with self._till.together():
                for notice in heard:
                    self._notices += 1
                    self._till.notice(notice.answer, notice=notice.id)

    def _die(self) -> None:
        """Killed: what was not on the disk is forgotten, and everybody waits for somebody to start it again."""
        self._kills += 1
        self._database.close()
        away_ns = 30 * NS_PER_S
        if self._kills % 10 == 0:
            self._outages += 1
            away_ns = self._options.outage_s * NS_PER_S
            self._comes_ns += away_ns  # the gate is shut meanwhile
        self._clock.now_ns += away_ns
        self._start_again()

    def _start_again(self) -> None:
        self._restarts += 1
        self._open_till()

    def _drain(self) -> None:
        """Until nothing waits any more, and long enough for late notices and captures that fail."""
        quiet = 0
        for _ in range(_DRAIN_STEPS_MAX):
            self._step(NS_PER_MINUTE if not quiet else 10 * NS_PER_MINUTE)
            waits = self._acts or self._database.orders_waiting() or self._database.open_trips()
            quiet = 0 if waits else quiet + 1
            if quiet > _QUIET_STEPS:
                return

    # ---- what people do -----------------------------------------------------------------------------------------

    def _share(self, name: str, number: int, share_ppm: int) -> bool:
        return Dice(self._options.seed, f"{name}/{number}", 1).falls(0, share_ppm)

    def _come(self, number: int) -> None:
        trip_id = TripId(f"trip-{self._options.seed}-{number}")
        card = self._deck[self._random.randrange(len(self._deck))]
        payment = PaymentId(f"pay-{trip_id}")
        hold = reference = None
        until_ns = 0
        if self._share("terminal", number, self._options.terminal_hold_ppm):
            held = self._tap(payment, card)
            if held is None:
                return  # the terminal said no, and the gate stays shut
            hold, reference, until_ns = held.amount, held.reference, held.expires_ns
        entry: EntryKind = "wallet" if card.wallet else "card"
        party = self._share("party", number, self._options.party_ppm)
        trip = Trip(
            id=trip_id,
            gate="gate",
            entry=entry,
            opened_ns=self._clock.now_ns,
            group_size=2 if party else 1,
            hold=hold,
            simulated=True,
        )
        payer = Payer(
            kind="card",
            token=card.token,
            fingerprint=card.fingerprint,
            last4=card.last4,
            terminal_hold=reference or "",
            terminal_hold_until_ns=until_ns,
        )
        self._facts[trip_id] = TripFacts(payment=payment, token=card.token)
        self._till.open(trip, payer)
        if not self._share("nobody", number, self._options.nobody_ppm):
            for person in range(trip.group_size):
                self._at(5 * NS_PER_S, functools.partial(self._bind, trip_id, number, person))

    def _tap(self, payment: PaymentId, card: SimulatedCard) -> Answer | None:
        """A terminal that asks again and again, and lets go what it got too late."""
        order = Order(
            key=f"{payment}/terminal/1",
            kind="authorise",
            payment=payment,
            amount=Money(self._settings.payments.hold_minor, self._currency),
            token=card.token,
        )
        for _ in range(50):
            try:
                answer = self.core.ask(order)
            except ProcessorUnavailable:
                continue
            if answer.outcome == "pending":
                # It stands there and waits; time does not pass for a gate of the campaign, so it looks behind.
                self.core.advance(self._clock.now_ns + 2 * self.core.faults.delay_ns)
                continue
            return answer if answer.outcome == "approved" else None
        raise AssertionError("fifty requests without an answer")

    def _bind(self, trip: TripId, number: int, person: int) -> None:
        visit = VisitId(f"visit-{self._options.seed}-{number}-{person}")
        opened_ns = self._clock.now_ns
        self._till.bind(trip, visit)
        stay_ns = int(self._random.uniform(1.0, 20.0) * NS_PER_MINUTE)
        self._at(stay_ns, lambda: self._leave(trip, number, visit, opened_ns))

    def _leave(self, trip: TripId, number: int, visit: VisitId, opened_ns: int) -> None:
        empty = self._share("empty", number, self._options.empty_ppm)
        review = self._share("review", number, self._options.review_ppm)
        receipt = self._pricing.receipt(
            Sale(
                visit=visit,
                time_ns=self._clock.now_ns,
                lines=() if empty else self._carts[self._random.randrange(len(self._carts))],
                probability=0.6 if review else 0.999,
                review=review,
            )
        )
        track = TrackId(f"track-{visit}")
        self._till.finished(
            VisitRecord(
                visit=visit,
                track=track,
                tracks=(track,),
                opened_ns=opened_ns,
                closed_ns=self._clock.now_ns,
                reason="exit",
                receipt=receipt,
                simulated=True,
            )
        )
        facts = self._facts[trip]
        facts.due_minor += receipt.total.gross.minor
        if self._share("dispute", number, self._options.dispute_ppm):
            when_ns = self._clock.now_ns + int(self._random.uniform(0.1, 3.0) * NS_PER_HOUR)
            heapq.heappush(self._claims, (when_ns, trip))
        elif self._share("refund", number, self._options.refund_ppm):
            wait_ns = int(self._random.uniform(0.1, 6.0) * NS_PER_HOUR)
            self._at(wait_ns, lambda: self._refund(trip, receipt.total.gross.minor, number, tries=3))

    def _refund(self, trip: TripId, whole_minor: int, number: int, *, tries: int) -> None:
        """A shopper says that something is wrong: all of it goes back, a part, or a line; often asked twice."""
        kind = number % 3
        minor = whole_minor if kind == 0 else self._random.randint(1, max(1, whole_minor))
        key = f"refund-{trip}"
        for _ in range(1 + number % 2):
            try:
                self._till.refund(
                    trip,
                    Money(minor, self._currency),
                    key=key,
                    reason="wrong item",
                    by="campaign",
                    lines=(0,) if kind == 2 else (),
                )
            except (CommerceError, TillError):
                # More than was taken: the card had no money, or it is not paid yet, and one comes back later.
                if tries > 1:
                    self._at(NS_PER_HOUR, lambda: self._refund(trip, whole_minor, number, tries=tries - 1))
                else:
                    self._refused_refunds += 1
                return
            self._facts[trip].refunds[key] = minor

    def _claim(self, trip: TripId) -> None:
        """A shopper disputes a line; some is given back by the rules, the rest is for a person to decide."""
        shown = self._desk.receipt_of_trip(trip)
        if shown is None or not shown.receipt.lines:
            return
        really = shown.receipt.lines[0].quantity - 1
        try:
            dispute, _ = self._desk.dispute(
                shown, Claim(line=0, reason="fewer" if really else "not_taken", really=really)
            )
            if dispute.status == "open":
                given = dispute.asked if dispute.number % 3 else Money(0, self._currency)
                self._desk.decide(dispute.number, given, by="campaign", answer="we looked at it")
        except ReceiptDeskError:
            self._refused_refunds += 1

    def _note_disputes(self) -> None:
        """What was granted is to have gone back."""
        for trip, facts in self._facts.items():
            for dispute in self._database.disputes_of(trip):
                if dispute.status == "refunded":
                    facts.refunds[dispute.key] = dispute.given.minor

    def _collect_debts(self) -> None:
        """What is owed is tried again, paid in another way, given up, or left as it is."""
        for number, debt in enumerate(self._database.debts(limit=self._options.trips)):
            trip, owed = debt.trip, debt.owed
            match number % 4:
                case 0:
                    self._till.retry(trip, by="campaign")
                case 1:
                    self._till.debt_paid(trip, owed, by="campaign")
                    self._facts[trip].paid_otherwise_minor += owed.minor
                case 2:
                    self._till.write_off(trip, owed, by="campaign")
                case _:
                    pass


def run_campaign(options: CampaignOptions, folder: Path) -> CampaignResult:
    """Runs a campaign with its database in that folder, which must be empty."""
    return Campaign(options, folder).run()
