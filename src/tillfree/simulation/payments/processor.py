"""A simulated payment processor: keeps its own books, does a thing once for each key, and misbehaves by a table.

It has no clock: time is asked for, and what is due happens in `advance`.
"""

import hashlib
import heapq
import threading
from collections.abc import Callable, Mapping

import msgspec

from tillfree.commerce.payments.processor import Answer, Order, ProcessorRefusal
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_S, format_utc
from tillfree.simulation.payments.cards import SimulatedCard
from tillfree.simulation.payments.faults import QUIET, Dice, FaultTable, SimulatedFault
from tillfree.simulation.payments.holds import Books, Hold

__all__ = ["Notice", "SimulatedProcessor"]

_HOLD_NS = 7 * NS_PER_DAY
_SHORT_HOLD_NS = 600 * NS_PER_S
_FAILS_AFTER_NS = 6 * NS_PER_HOUR
_DECLINES = ("do_not_honor", "insufficient_funds", "issuer_not_available", "stolen_card", "expired_card")
# Places of the dice: one for each question, so that no two shares ever depend on each other.
_BEFORE, _AFTER, _PENDING, _DECLINED, _PARTIAL, _WHICH, _EXPIRY, _FIXED = range(8)
_LOST, _DOUBLE, _LATE, _LOOK, _FAILS, _JITTER = range(8, 14)


class Notice(msgspec.Struct, frozen=True):
    """What the processor tells by itself: a webhook. The same id is the same notice, told again."""

    id: str
    answer: Answer


class _Done(msgspec.Struct):
    """What is known under a key; of a pending order the answer is made when it is due."""

    order: Order
    asked_ns: int
    answer: Answer


class SimulatedProcessor:
    """Behind the protocol `Processor`. Any thread may call it; nothing in it ever waits.

    `forget_after_ns`: after so long a key is new again, as real processors forget them after a day; 0 means never.
    What happened can still be looked up afterwards. `cards` gives limits and expiry of known tokens; other tokens are
    good and without a limit. References begin with `prefix`.
    """

    def __init__(
        self,
        now_ns: Callable[[], int],
        *,
        seed: int = 0,
        faults: FaultTable = QUIET,
        cards: Mapping[str, SimulatedCard] | None = None,
        forget_after_ns: int = 0,
        prefix: str = "sim_",
    ) -> None:
        self.books = Books()
        self.faults = faults
        self.counts: dict[str, int] = {}
        """How often each fault fell."""
        self.now_ns = now_ns
        self._seed = seed
        self._cards = dict(cards or {})
        self._forget_after_ns = forget_after_ns
        self._prefix = prefix
        self._attempts: dict[str, int] = {}
        self._done: dict[str, _Done] = {}
        self._due: list[tuple[int, int, Callable[[int], None]]] = []
        self._notices: list[tuple[int, int, Notice]] = []
        self._sequence = 0
        self._lock = threading.RLock()

    def _card(self, token: str) -> SimulatedCard | None:
        """A token of an adapter may have the shopper before it: `shopper/token`."""
        return self._cards.get(token.rpartition("/")[2])

    def add_card(self, card: SimulatedCard) -> None:
        """A card that its issuer has given out."""
        with self._lock:
            self._cards[card.token] = card

    # ---- what is asked ------------------------------------------------------------------------------------------

    def ask(self, order: Order) -> Answer:
        """Carries out an order, or does not. Raises as `Processor.ask`."""
        with self._lock:
            now_ns = self.now_ns()
            self.advance(now_ns)
            if order.kind not in ("authorise", "charge"):  # what is done to a hold needs no card
                order = msgspec.structs.replace(order, token="")
            dice = self._dice("ask", order.key)
            self._fail_before(dice, order.key)
            answer = self._once(order, dice, now_ns)
            self._fail_after(dice, order.key)
            return answer

    def look_up(self, key: str) -> Answer | None:
        """What became of an order. Raises as `Processor.look_up`."""
        with self._lock:
            self.advance(self.now_ns())
            if self._dice("look", key).falls(_LOOK, self.faults.silent_look_up_ppm):
                raise self._fault("silent_look_up_ppm", "timeout", key)
            done = self._done.get(key)
            return None if done is None else done.answer

    def peek(self, key: str) -> Answer | None:
        """What became of an order, for who stands behind the counter: this never misbehaves."""
        with self._lock:
            self.advance(self.now_ns())
            done = self._done.get(key)
            return None if done is None else done.answer

    def _dice(self, purpose: str, key: str) -> Dice:
        name = f"{purpose}/{key}"
        attempt = self._attempts[name] = self._attempts.get(name, 0) + 1
        return Dice(self._seed, name, attempt)

    def _fault(self, name: str, kind: str, key: str) -> SimulatedFault:
        self._count(name)
        if kind == "throttled":
            return SimulatedFault("throttled", f"simulated processor: too many requests, order {key} again later")
        if kind == "error":
            return SimulatedFault("error", f"simulated processor: an error of its own (503) on order {key}")
        return SimulatedFault("timeout", f"simulated processor: no answer in time to order {key}")

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def _fail_before(self, dice: Dice, key: str) -> None:
        thrown = dice.number(_BEFORE, 1_000_000)
        for name, kind in (
            ("timeout_before_ppm", "timeout"),
            ("error_before_ppm", "error"),
            ("throttled_ppm", "throttled"),
        ):
            share = getattr(self.faults, name)
            if thrown < share:
                raise self._fault(name, kind, key)
            thrown -= share

    def _fail_after(self, dice: Dice, key: str) -> None:
        thrown = dice.number(_AFTER, 1_000_000)
        for name, kind in (("timeout_after_ppm", "timeout"), ("error_after_ppm", "error")):
            share = getattr(self.faults, name)
            if thrown < share:
                raise self._fault(name, kind, key)
            thrown -= share

    def _once(self, order: Order, dice: Dice, now_ns: int) -> Answer:
        known = self._done.get(order.key)
        if known is not None and not (self._forget_after_ns and now_ns - known.asked_ns >= self._forget_after_ns):
            if known.order != order:
                raise ProcessorRefusal(f"order {order.key}: this key was used for another order; make a new key")
            return known.answer
        self._check(order)
        if dice.falls(_PENDING, self.faults.pending_ppm):
            self._count("pending_ppm")
            starts = order.kind in ("authorise", "charge")
            reference = self._reference(order, now_ns) if starts else order.reference
            answer = Answer(key=order.key, outcome="pending", reference=reference, amount=order.amount)
            done = self._done[order.key] = _Done(order, now_ns, answer)
            self._later(now_ns + self._delay_ns(dice), lambda then_ns: self._finish(done, dice, then_ns))
            return answer
        answer = self._carry_out(order, dice, now_ns)
        self._done[order.key] = _Done(order, now_ns, answer)
        self._tell(answer, dice, now_ns)
        return answer

    def _finish(self, done: _Done, dice: Dice, now_ns: int) -> None:
        """What was pending is done; the hold may have ended in the meantime, which is a decline."""
        try:
            done.answer = self._carry_out(done.order, dice, now_ns, done.answer.reference)
        except ProcessorRefusal as error:
            done.answer = _declined(done.order, "refused", str(error))
        self._tell(done.answer, dice, now_ns)

    # ---- what is done -------------------------------------------------------------------------------------------

    def _check(self, order: Order) -> None:
        """Refuses what is wrong in itself, whatever the issuer may think of it."""
        if order.kind == "void":
            self._hold(order)
            return
        if order.amount is None or order.amount.minor <= 0:
            raise ProcessorRefusal(f"order {order.key}: {order.kind} needs an amount above zero, not {order.amount}")
        if order.kind in ("authorise", "charge"):
            if not order.token:
                raise ProcessorRefusal(f"order {order.key}: {order.kind} needs the token of a card")
            return
        hold = self._hold(order)
        if hold.currency != order.amount.currency:
            raise ProcessorRefusal(f"order {order.key}: the hold is in {hold.currency}, not {order.amount.currency}")

    def _hold(self, order: Order) -> Hold:
        hold = self.books.holds.get(order.reference)
        if hold is None:
            raise ProcessorRefusal(f"order {order.key}: there is no hold {order.reference!r}")
        return hold

    def _carry_out(self, order: Order, dice: Dice, now_ns: int, reference: str = "") -> Answer:
        match order.kind:
            case "authorise":
                return self._authorise(order, dice, now_ns, reference)
            case "charge":
                return self._charge(order, dice, now_ns, reference)
            case "adjust":
                return self._adjust(order, dice, now_ns)
            case "capture":
                return self._capture(order, dice, now_ns)
            case "void":
                return self._void(order, now_ns)
            case "refund":
                return self._refund(order, dice, now_ns)

    def _issuer(self, order: Order, token: str, more_minor: int, dice: Dice, now_ns: int) -> tuple[int, str]:
        """How much more the issuer lets go, and the code of a decline."""
        if dice.falls(_DECLINED, self.faults.declined_ppm):
            self._count("declined_ppm")
            return 0, _DECLINES[dice.number(_WHICH, len(_DECLINES))]
        card = self._card(token)
        if card is not None:
            if f"{card.expires}-99" < _day(now_ns):
                return 0, "expired_card"
            if card.limit_minor is not None and self.books.in_use_minor(card.token) + more_minor > card.limit_minor:
                return 0, "insufficient_funds"
        if order.kind != "charge" and more_minor > 1 and dice.falls(_PARTIAL, self.faults.partial_ppm):
            self._count("partial_ppm")
            return 1 + dice.number(_WHICH, more_minor - 1), ""
        return more_minor, ""

    def _authorise(self, order: Order, dice: Dice, now_ns: int, reference: str) -> Answer:
        assert order.amount is not None
        minor, code = self._issuer(order, order.token, order.amount.minor, dice, now_ns)
        if code:
            return _declined(order, code)
        hold = self._new_hold(order, minor, dice, now_ns, reference)
        return _approved(order, hold, minor)

    def _charge(self, order: Order, dice: Dice, now_ns: int, reference: str) -> Answer:
        assert order.amount is not None
        minor, code = self._issuer(order, order.token, order.amount.minor, dice, now_ns)
        if code:
            return _declined(order, code)
        hold = self._new_hold(order, minor, dice, now_ns, reference)
        self.books.capture(hold, minor, order.key, now_ns)
        return _approved(order, hold, minor)

    def _new_hold(self, order: Order, minor: int, dice: Dice, now_ns: int, reference: str) -> Hold:
        assert order.amount is not None
        expires_ns = now_ns + _HOLD_NS
        # The issuer does not say that it ends early: what was promised is not what happens.
        ends_ns = expires_ns
        if order.kind == "authorise" and dice.falls(_EXPIRY, self.faults.early_expiry_ppm):
            ends_ns = now_ns + _SHORT_HOLD_NS
        hold = Hold(
            reference=reference or self._reference(order, now_ns),
            key=order.key,
            payment=order.payment,
            token=order.token.rpartition("/")[2],
            currency=order.amount.currency,
            held_minor=minor,
            expires_ns=expires_ns,
            adjustable=not dice.falls(_FIXED, self.faults.no_adjustment_ppm),
        )
        self.books.add(hold, now_ns)
        if order.kind == "authorise":
            early = ends_ns < expires_ns
            self._later(ends_ns, lambda then_ns: self._expire(hold, order, then_ns, early=early))
        return hold

    def _reference(self, order: Order, now_ns: int) -> str:
        """Made from the order; a key that was forgotten makes another hold, so the time is in it."""
        text = f"{self._seed}/{order.key}/{now_ns}"
        return self._prefix + hashlib.blake2b(text.encode(), digest_size=10).hexdigest()

    def _expire(self, hold: Hold, order: Order, now_ns: int, *, early: bool) -> None:
        if hold.state != "open":
            return
        if early:
            self._count("early_expiry_ppm")
        self.books.end(hold, "expired", order.key, now_ns)

    def _adjust(self, order: Order, dice: Dice, now_ns: int) -> Answer:
        assert order.amount is not None
        hold = self._hold(order)
        if hold.state != "open":
            return _declined(order, f"hold_{hold.state}")
        more_minor = order.amount.minor - hold.held_minor
        if more_minor > 0 and not hold.adjustable:
            self._count("no_adjustment_ppm")
            return _declined(order, "adjustment_not_supported")
        minor = order.amount.minor
        if more_minor > 0:
            allowed_minor, code = self._issuer(order, hold.token, more_minor, dice, now_ns)
            if code:
                return _declined(order, code)
            minor = hold.held_minor + allowed_minor
        self.books.change(hold, minor, order.key, now_ns)
        return _approved(order, hold, minor)

    def _capture(self, order: Order, dice: Dice, now_ns: int) -> Answer:
        assert order.amount is not None
        hold = self._hold(order)
        if hold.state == "expired":
            return _declined(order, "hold_expired")
        if hold.state != "open":
            raise ProcessorRefusal(f"order {order.key}: hold {hold.reference} is {hold.state}, nothing can be taken")
        if order.amount.minor > hold.held_minor:
            raise ProcessorRefusal(
                f"order {order.key}: {order.amount} is more than the hold of {Money(hold.held_minor, hold.currency)}"
            )
        self.books.capture(hold, order.amount.minor, order.key, now_ns)
        if dice.falls(_FAILS, self.faults.capture_failed_ppm):
            self._later(now_ns + _FAILS_AFTER_NS, lambda then_ns: self._fail_capture(hold, order, then_ns))
        return _approved(order, hold, order.amount.minor)

    def _fail_capture(self, hold: Hold, order: Order, now_ns: int) -> None:
        if hold.refunded_minor:  # then it has been settled, and cannot fail any more
            return
        self._count("capture_failed_ppm")
        self.books.take_back_capture(hold, order.key, now_ns)
        answer = _declined(order, "capture_failed")
        self._done[order.key].answer = answer
        # Nothing else tells of this, so this webhook is sent until somebody takes it: it may be late, but is not lost.
        self._tell(answer, Dice(self._seed, f"failed/{order.key}", 1), now_ns, may_be_lost=False)

    def _void(self, order: Order, now_ns: int) -> Answer:
        hold = self._hold(order)
        if hold.state == "captured":
            raise ProcessorRefusal(f"order {order.key}: hold {hold.reference} was taken; give it back by a refund")
        if hold.state == "open":
            self.books.end(hold, "void", order.key, now_ns)
        return Answer(key=order.key, outcome="approved", reference=hold.reference)

    def _refund(self, order: Order, dice: Dice, now_ns: int) -> Answer:
        assert order.amount is not None
        hold = self._hold(order)
        left_minor = hold.captured_minor - hold.refunded_minor
        if order.amount.minor > left_minor:
            left = Money(left_minor, hold.currency)
            raise ProcessorRefusal(f"order {order.key}: {order.amount} is more than the {left} that can be given back")
        if dice.falls(_DECLINED, self.faults.refund_declined_ppm):
            self._count("refund_declined_ppm")
            return _declined(order, "account_closed")
        self.books.refund(hold, order.amount.minor, order.key, now_ns)
        return _approved(order, hold, order.amount.minor)

    # ---- what it tells by itself --------------------------------------------------------------------------------

    def advance(self, now_ns: int) -> None:
        """What is due by then happens: pending orders are done, holds expire, captures fail."""
        with self._lock:
            while self._due and self._due[0][0] <= now_ns:
                due_ns, _, act = heapq.heappop(self._due)
                act(due_ns)

    def take_notices(self, now_ns: int) -> list[Notice]:
        """The notices that are on their way until then, in the order in which they come; each is handed out once."""
        with self._lock:
            self.advance(now_ns)
            taken = []
            while self._notices and self._notices[0][0] <= now_ns:
                taken.append(heapq.heappop(self._notices)[2])
            return taken

    def next_due_ns(self) -> int | None:
        """When the next thing happens by itself, or the next notice comes; None if nothing does."""
        with self._lock:
            times = [queue[0][0] for queue in (self._due, self._notices) if queue]
            return min(times, default=None)

    def _later(self, time_ns: int, act: Callable[[int], None]) -> None:
        self._sequence += 1
        heapq.heappush(self._due, (time_ns, self._sequence, act))

    def _delay_ns(self, dice: Dice) -> int:
        return self.faults.delay_ns + dice.number(_JITTER, max(1, self.faults.delay_ns))

    def _tell(self, answer: Answer, dice: Dice, now_ns: int, *, may_be_lost: bool = True) -> None:
        if may_be_lost and dice.falls(_LOST, self.faults.lost_notice_ppm):
            self._count("lost_notice_ppm")
            return
        self._sequence += 1
        notice = Notice(f"evt_{self._seed}_{self._sequence}", answer)
        time_ns = now_ns + self._delay_ns(dice)
        if dice.falls(_LATE, self.faults.late_notice_ppm):
            self._count("late_notice_ppm")
            time_ns += self.faults.late_ns
        heapq.heappush(self._notices, (time_ns, self._sequence, notice))
        if dice.falls(_DOUBLE, self.faults.double_notice_ppm):
            self._count("double_notice_ppm")
            self._sequence += 1
            heapq.heappush(self._notices, (time_ns + self._delay_ns(dice), self._sequence, notice))


def _day(now_ns: int) -> str:
    return format_utc(now_ns)[:10]


def _approved(order: Order, hold: Hold, minor: int) -> Answer:
    return Answer(
        key=order.key,
        outcome="approved",
        reference=hold.reference,
        amount=Money(minor, hold.currency),
        expires_ns=hold.expires_ns if order.kind in ("authorise", "adjust") else 0,
    )


def _declined(order: Order, code: str, message: str = "") -> Answer:
    return Answer(
        key=order.key,
        outcome="declined",
        reference=order.reference,
        code=code,
        message=message or code.replace("_", " "),
    )
