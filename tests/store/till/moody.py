"""A processor that loses requests and answers, answers late, twice, and in any order; in truth it is honest."""

from collections.abc import Callable

from tests.store.till.counters import Bank
from tillfree.commerce.payments.processor import Answer, Order, ProcessorRefusal, ProcessorUnavailable

__all__ = ["MOODS", "MoodyBank"]

MOODS = ("good", "lost request", "lost answer", "pending", "pending, done at once", "declined")


class MoodyBank(Bank):
    """`mood` says how each new order goes. What is pending is in `waiting` until `settle_one`."""

    def __init__(self, mood: Callable[[Order], str], limit_minor: int = 10**9) -> None:
        super().__init__(limit_minor)
        self.mood = mood
        self.waiting: list[Order] = []
        self.captures: list[str] = []

    def ask(self, order: Order) -> Answer:
        self.asked.append(order)
        if order.key in self.answers:
            return self.answers[order.key]
        mood = self.mood(order)
        if mood == "lost request":
            raise ProcessorUnavailable("the request was lost")
        if mood == "pending":
            if order not in self.waiting:
                self.waiting.append(order)
            return Answer(key=order.key, outcome="pending")
        if mood == "declined" and order.kind in ("authorise", "adjust", "capture", "charge"):
            self.answers[order.key] = Answer(key=order.key, outcome="declined", code="do_not_honour")
        else:
            self.answers[order.key] = self.carried_out(order)
        if mood == "lost answer":
            raise ProcessorUnavailable("the answer was lost")
        if mood == "pending, done at once":
            return Answer(key=order.key, outcome="pending")
        return self.answers[order.key]

    def look_up(self, key: str) -> Answer | None:
        self.looked_up.append(key)
        if any(order.key == key for order in self.waiting):
            return Answer(key=key, outcome="pending")
        return self.answers.get(key)

    def settle_one(self, number: int) -> Answer | None:
        """Something that was pending is decided; the answer is that of a notice."""
        if not self.waiting:
            return None
        order = self.waiting.pop(number % len(self.waiting))
        if order.key not in self.answers:
            self.answers[order.key] = self.carried_out(order)
        return self.answers[order.key]

    def carried_out(self, order: Order) -> Answer:
        try:
            answer = self._done(order)
        except ProcessorRefusal:
            # An order of which one hears later only cannot be refused in words.
            return Answer(key=order.key, outcome="declined", code="refused")
        if order.kind in ("capture", "charge") and answer.outcome == "approved":
            self.captures.append(order.key)
        return answer

    def net_minor(self, payment: str) -> int:
        return sum(minor for reference, minor in self.taken.items() if reference.startswith(f"ref-{payment}/"))

    def held_minor(self, payment: str) -> int:
        return sum(minor for reference, minor in self.holds.items() if reference.startswith(f"ref-{payment}/"))
