"""What a simulated processor really did with money: books of its own, that nobody else writes.

A campaign compares them with the shop's ledger; they share no line of code with it.
"""

from typing import Literal

import msgspec

from tillfree.core.ids import PaymentId

__all__ = ["Books", "Hold", "Movement", "Totals"]

HoldState = Literal["open", "captured", "void", "expired"]


class Hold(msgspec.Struct, kw_only=True):
    """One hold as it is now; `captured_minor` was taken, and `refunded_minor` of that given back."""

    reference: str
    key: str
    payment: PaymentId
    token: str
    currency: str
    held_minor: int
    expires_ns: int
    captured_minor: int = 0
    refunded_minor: int = 0
    adjustable: bool = True
    state: HoldState = "open"


class Movement(msgspec.Struct, frozen=True):
    """Something that happened to money, and by which order."""

    time_ns: int
    kind: str
    key: str
    reference: str
    minor: int


class Totals(msgspec.Struct, frozen=True):
    """What became of the money of one payment, or of one card; `open_minor` is still put aside."""

    captured_minor: int = 0
    refunded_minor: int = 0
    open_minor: int = 0
    captures: int = 0

    @property
    def taken_minor(self) -> int:
        """What the shopper really paid."""
        return self.captured_minor - self.refunded_minor


class Books:
    """All holds, and every movement in order."""

    def __init__(self) -> None:
        self.holds: dict[str, Hold] = {}
        self.movements: list[Movement] = []
        self._by_card: dict[str, list[Hold]] = {}

    def add(self, hold: Hold, time_ns: int) -> None:
        """A hold was made; one that is taken at once is a hold that is captured next."""
        assert hold.reference not in self.holds
        self.holds[hold.reference] = hold
        self._by_card.setdefault(hold.token, []).append(hold)
        self._write(time_ns, "hold", hold.key, hold, hold.held_minor)

    def change(self, hold: Hold, held_minor: int, key: str, time_ns: int) -> None:
        """An open hold was made larger or smaller."""
        assert hold.state == "open"
        hold.held_minor = held_minor
        self._write(time_ns, "change", key, hold, held_minor)

    def capture(self, hold: Hold, minor: int, key: str, time_ns: int) -> None:
        """Money was taken, once from each hold; the rest of the hold is let go."""
        assert hold.state == "open"
        assert 0 <= minor <= hold.held_minor
        hold.state, hold.captured_minor = "captured", minor
        self._write(time_ns, "capture", key, hold, minor)

    def take_back_capture(self, hold: Hold, key: str, time_ns: int) -> None:
        """A capture that was approved has failed: the shop does not get the money after all."""
        assert hold.state == "captured"
        minor, hold.state, hold.captured_minor = hold.captured_minor, "void", 0
        self._write(time_ns, "capture_failed", key, hold, minor)

    def end(self, hold: Hold, state: Literal["void", "expired"], key: str, time_ns: int) -> None:
        """A hold was let go, or its time is over."""
        assert hold.state == "open"
        hold.state = state
        self._write(time_ns, state, key, hold, hold.held_minor)

    def refund(self, hold: Hold, minor: int, key: str, time_ns: int) -> None:
        """Money was given back, never more than was taken."""
        assert 0 < minor <= hold.captured_minor - hold.refunded_minor
        hold.refunded_minor += minor
        self._write(time_ns, "refund", key, hold, minor)

    def _write(self, time_ns: int, kind: str, key: str, hold: Hold, minor: int) -> None:
        self.movements.append(Movement(time_ns, kind, key, hold.reference, minor))

    def by_payment(self) -> dict[str, Totals]:
        """What became of the money of each payment."""
        return self._sums("payment")

    def by_card(self) -> dict[str, Totals]:
        """What became of the money of each card, by its token."""
        return self._sums("token")

    def in_use_minor(self, token: str) -> int:
        """What is held and taken by a card now."""
        return sum(
            hold.held_minor if hold.state == "open" else hold.captured_minor - hold.refunded_minor
            for hold in self._by_card.get(token, ())
        )

    def _sums(self, name: str) -> dict[str, Totals]:
        sums: dict[str, Totals] = {}
        for hold in self.holds.values():
            which = str(getattr(hold, name))
            before = sums.get(which, Totals())
            sums[which] = Totals(
                before.captured_minor + hold.captured_minor,
                before.refunded_minor + hold.refunded_minor,
                before.open_minor + (hold.held_minor if hold.state == "open" else 0),
                before.captures + (1 if hold.captured_minor else 0),
            )
        return sums

    def prove(self) -> None:
        """Adds up every movement again.

        Raises:
            AssertionError: the holds are not what the movements make of them; a bug of the simulator.
        """
        taken: dict[str, int] = {}
        for movement in self.movements:
            sign = {"capture": 1, "capture_failed": -1, "refund": -1}.get(movement.kind, 0)
            taken[movement.reference] = taken.get(movement.reference, 0) + sign * movement.minor
        for reference, hold in self.holds.items():
            assert taken.get(reference, 0) == hold.captured_minor - hold.refunded_minor, hold
