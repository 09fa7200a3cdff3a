"""Which state of the shop was in force when, in the time of a stream: what was sold keeps the prices of its time."""

from tillfree.catalog.model import Shop

__all__ = ["ShopTimes"]

# Each state may be a whole catalogue; before the oldest that is kept, others have to know (`SalePrices`).
_STATES_MAX = 64


class ShopTimes:
    """The states of one shop since the stream began. One thread tells of changes; any thread may ask."""

    def __init__(self, shop: Shop) -> None:
        self._states: tuple[tuple[int, Shop], ...] = ((0, shop),)
        self._first_ns = 0
        self._sold_ns = -1

    @property
    def oldest(self) -> Shop:
        """The oldest state that is kept."""
        return self._states[0][1]

    def at(self, time_ns: int) -> Shop | None:
        """The state in force at a time of the stream; None before the stream, or before the oldest that is kept."""
        if not self._first_ns or time_ns < self._first_ns:
            return None
        return next((shop for from_ns, shop in reversed(self._states) if from_ns <= time_ns), None)

    def goes_on(self, time_ns: int) -> None:
        """The stream is at this time."""
        self._first_ns = self._first_ns or time_ns

    def sold(self, time_ns: int) -> None:
        """Somebody left at this time, with the prices in force."""
        self._sold_ns = max(self._sold_ns, time_ns)

    def change(self, shop: Shop, time_ns: int) -> None:
        """Another state is in force from now on."""
        if self._states[-1][1] is not shop:
            # Who left in this very moment left before the change.
            self._states = (*self._states, (max(time_ns, self._sold_ns + 1), shop))[-_STATES_MAX:]
