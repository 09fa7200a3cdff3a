"""How many units lie at each facing: the last count by a person, and what the scales have seen go and come since.

Counts follow weights, not carts: what somebody took is gone from the shelf whoever it was.
"""

import itertools
import math
import threading
from collections.abc import Mapping

import msgspec

from tillfree.catalog.model import Facing, Shop
from tillfree.core.events import WeightChange
from tillfree.core.ids import FixtureId, PlateRef, ProductId, ShelfRef
from tillfree.store.running.errors import StoreError
from tillfree.store.running.state import StockLine

__all__ = ["Restocked", "StockBook"]

_UNIT_SHARE = 0.35
_SIGMAS = 3.0
# So many facings of a change are looked at together; more never change at once by what lies on them.
_TOGETHER_MAX = 5
_OWN_SHARE = 0.5
_NOTHING_G = 2.0
_HANDFUL = 3
"""So many units one person may put back at once: assumed."""


class Restocked(msgspec.Struct, frozen=True):
    """Units were put on a facing whose fixture is being restocked."""

    time_ns: int
    product: ProductId
    quantity: int
    fixture: FixtureId
    shelf: int


class _Line:
    """One facing; `loose_g` is a change that fits no whole number of units, until another cancels it."""

    __slots__ = ("changed_ns", "count", "counted_ns", "facing", "loose_g", "par", "told", "unsure", "weight_g")

    def __init__(self, facing: Facing, weight_g: float | None) -> None:
        self.facing = facing
        self.weight_g = weight_g
        self.count: int | None = None
        self.par: int | None = None
        self.counted_ns = self.changed_ns = 0
        self.loose_g = 0.0
        self.unsure = False
        self.told: StockLine | None = None


class StockBook:
    """Weight changes and counts of people in, stock out; called from any thread."""

    def __init__(self, shop: Shop) -> None:
        self._lock = threading.Lock()
        self._lines: list[_Line] = []
        self._on_shelf: dict[ShelfRef, list[_Line]] = {}
        self._restocking: frozenset[FixtureId] = frozenset()
        self._told: tuple[StockLine, ...] | None = None
        self.set_shop(shop)

    def set_shop(self, shop: Shop) -> None:
        """Another planogram: what is known of a facing stays where the facing is the same."""
        weights = {product.id: product.weight_g for product in shop.products}
        with self._lock:
            known = {_key(line.facing): line for line in self._lines}
            self._lines, self._on_shelf = [], {}
            for facing in shop.facings:
                line = known.pop(_key(facing), None) or _Line(facing, None)
                line.weight_g, line.told = weights.get(facing.product), None
                self._lines.append(line)
                self._on_shelf.setdefault(ShelfRef(facing.fixture, facing.shelf), []).append(line)
            self._restocking &= frozenset(fixture.id for fixture in shop.fixtures)
            self._told = None

    def lines(self, bad: frozenset[PlateRef] = frozenset()) -> tuple[StockLine, ...]:
        """All facings, in the order of the shop; those with a bad plate are unsure."""
        with self._lock:
            if self._told is None:
                self._told = tuple(_told(number, line) for number, line in enumerate(self._lines))
            told = self._told
        if not bad:
            return told
        return tuple(
            msgspec.structs.replace(line, unsure=True)
            if any(PlateRef(line.fixture, line.shelf, plate) in bad for plate in line.plates)
            else line
            for line in told
        )

    def count(self, facing: int, units: int, now_ns: int) -> None:
        """A person counted, or refilled.

        Raises:
            StoreError: there is no such facing, or nobody can count so many.
        """
        if not 0 <= units <= 100_000:
            raise StoreError(f"{units} units at a facing cannot be: give a number from 0 to 100000")
        with self._lock:
            line = self._line(facing)
            line.count, line.par = units, max(units, line.par or 0)
            line.counted_ns, line.loose_g, line.unsure, line.told = now_ns, 0.0, False, None
            self._told = None

    def set_counts(self, counts: Mapping[int, tuple[int, int, int]]) -> None:
        """What is remembered from before the start: count, par and when it was counted, by facing.

        Raises:
            StoreError: there is no such facing.
        """
        with self._lock:
            for facing, (count, par, counted_ns) in counts.items():
                line = self._line(facing)
                line.count, line.par, line.counted_ns = max(0, count), max(0, par), counted_ns
                line.loose_g, line.unsure, line.told = 0.0, False, None
            self._told = None

    def memory(self) -> dict[int, tuple[int, int, int]]:
        """What `set_counts` takes, of the facings that were counted."""
        with self._lock:
            return {
                number: (line.count, line.par or line.count, line.counted_ns)
                for number, line in enumerate(self._lines)
                if line.count is not None
            }

    def set_restocking(self, fixture: FixtureId, on: bool) -> None:
        """Somebody fills up a fixture, or has done so."""
        with self._lock:
            self._restocking = self._restocking | {fixture} if on else self._restocking - {fixture}

    @property
    def restocking(self) -> frozenset[FixtureId]:
        """The fixtures that are being filled up."""
        return self._restocking

    def take(self, change: WeightChange) -> list[Restocked]:
        """A weight changed; says what was filled up by it."""
        with self._lock:
            self._told = None
            parts = self._parts(change)
            filling = change.fixture in self._restocking
            moved = _settle(parts, change.total_g, change.total_sigma_g, filling=filling)
            for line, delta_g in parts:
                line.told = None
                if moved.get(line) or (not moved and abs(delta_g) > _NOTHING_G):
                    line.changed_ns = change.time_ns
                if set(change.missing) & set(line.facing.plates):
                    line.unsure = True
            found = []
            for line, units in moved.items():
                _move(line, units)
                if units > 0 and filling:
                    facing = line.facing
                    if line.count is not None:
                        line.par = max(line.par or 0, line.count)
                    found.append(Restocked(change.time_ns, facing.product, units, facing.fixture, facing.shelf))
            return found

    def _parts(self, change: WeightChange) -> list[tuple[_Line, float]]:
        """The facings whose plates took part, each with its part of the change; the greatest first."""
        moved = dict(zip(change.plates, change.delta_g, strict=True))
        parts = []
        for line in self._on_shelf.get(ShelfRef(change.fixture, change.shelf), ()):
            mine = [moved[plate] for plate in line.facing.plates if plate in moved]
            if mine:
                parts.append((line, sum(mine)))
        return sorted(parts, key=lambda part: -abs(part[1]))

    def _line(self, facing: int) -> _Line:
        if not 0 <= facing < len(self._lines):
            raise StoreError(f"there is no facing {facing}: the shop has {len(self._lines)}, counted from 0")
        return self._lines[facing]


def _settle(parts: list[tuple[_Line, float]], total_g: float, sigma_g: float, *, filling: bool) -> dict[_Line, int]:
    """Whole units by facing that explain a change; what fits none is kept at the facing that changed most.

    A hand that lay on the shelf, or what was put there by mistake, is kept so until it is gone again. Unless somebody
    fills up, so is what would be many units and more than the facing ever had: a bottle is no 16 packets of cigarettes.
    """
    if not parts:
        return {}
    loose = [line for line, _ in parts if line.loose_g * total_g < 0.0]
    if loose:
        kept_g = sum(line.loose_g for line in loose)
        together = [(line, delta_g + (line.loose_g if line in loose else 0.0)) for line, delta_g in parts]
        units = _units(together, total_g + kept_g, sigma_g)
        if units is not None and (filling or _possible(units)):
            for line in loose:
                line.loose_g, line.unsure = 0.0, False
            return units
    units = _units(parts, total_g, sigma_g)
    if units is None or not (filling or _possible(units)):
        units = None
        strongest = parts[0][0]
        strongest.loose_g += total_g
        strongest.unsure = True
    return units or {}


def _possible(units: Mapping[_Line, int]) -> bool:
    """Whether nobody would have put more back at once than hands hold, and more than the facing ever held."""
    return not any(
        n > _HANDFUL and line.count is not None and line.count + n > (line.par or 0) for line, n in units.items()
    )


def _units(parts: list[tuple[_Line, float]], total_g: float, sigma_g: float) -> dict[_Line, int] | None:
    """The whole units of each facing that come nearest to its part of a change, if their sum is near enough to it.

    Goods lean over on to neighbouring plates, so the sum counts for more than the parts. None where nothing fits.
    """
    known = [(line, delta_g, line.weight_g) for line, delta_g in parts[:_TOGETHER_MAX] if line.weight_g]
    if not parts[0][0].weight_g and abs(total_g) > max(_NOTHING_G, _SIGMAS * sigma_g):
        return None
    ways = [_ways(delta_g, weight_g) for _, delta_g, weight_g in known]
    best: tuple[int, ...] = ()
    best_g, tolerance_g = math.inf, 0.0
    for counts in itertools.product(*ways):
        sum_g = sum(n * weight_g for n, (_, _, weight_g) in zip(counts, known, strict=True))
        off_g = [abs(delta_g - n * weight_g) for n, (_, delta_g, weight_g) in zip(counts, known, strict=True)]
        badness_g = 2.0 * abs(total_g - sum_g) + sum(off_g)
        if badness_g < best_g:
            lightest_g = min([w for n, (_, _, w) in zip(counts, known, strict=True) if n] or [w for _, _, w in known])
            # Weights of units differ, so many units may be off by more; but never by so much that one more would do.
            limit_g = min(max(_SIGMAS * sigma_g, _UNIT_SHARE * lightest_g), 0.45 * lightest_g)
            best, best_g, tolerance_g = counts, badness_g, limit_g - abs(total_g - sum_g)
    if tolerance_g < 0.0:
        return None
    return {line: n for (line, _, _), n in zip(known, best, strict=True) if n}


def _ways(delta_g: float, weight_g: float) -> list[int]:
    """How many units a facing's part of a change may be; most of what is meant by it must lie on its own plates."""
    near = {0, math.floor(delta_g / weight_g), math.ceil(delta_g / weight_g)}
    return sorted(n for n in near if abs(delta_g) >= _OWN_SHARE * abs(n) * weight_g)


def _move(line: _Line, units: int) -> None:
    if line.count is not None:
        line.count += units
        if line.count < 0:
            line.count, line.unsure = 0, True


def _key(facing: Facing) -> tuple[ProductId, FixtureId, int, tuple[int, ...]]:
    return facing.product, facing.fixture, facing.shelf, facing.plates


def _told(number: int, line: _Line) -> StockLine:
    if line.told is None:
        line.told = _stock_line(number, line)
    return line.told


def _stock_line(number: int, line: _Line) -> StockLine:
    return StockLine(
        facing=number,
        product=line.facing.product,
        fixture=line.facing.fixture,
        shelf=line.facing.shelf,
        plates=line.facing.plates,
        count=line.count,
        par=line.par,
        counted_ns=line.counted_ns,
        changed_ns=line.changed_ns,
        unsure=line.unsure,
    )
