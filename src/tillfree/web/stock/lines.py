"""Facings with what lies at them, as the stock pages show, search and count them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from tillfree.catalog.model import Shop
from tillfree.commerce.display import display_text
from tillfree.core.ids import FixtureId, ProductId
from tillfree.store.running.state import Alert, StockLine
from tillfree.web.texts import later

__all__ = ["STATES", "Row", "State", "Wanted", "facing_key", "low_limit", "rows_of", "select", "tally"]

State = Literal["out", "low", "unsure", "uncounted", "stocked"]
STATES: dict[State, tuple[str, str, str]] = {
    "out": (later("Out of stock"), "bad", "✕"),
    "low": (later("Low"), "warn", "▾"),
    "unsure": (later("Unsure: count it"), "warn", "?"),
    "uncounted": (later("Not counted yet"), "", "–"),
    "stocked": (later("In stock"), "good", "✓"),
}
"""Words for each state, the looks of its badge, and a sign that tells it without colour."""
_LOW_SHARE = 0.2


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One facing; `index` is its place in the shop's facings, `key` its name that outlives another planogram."""

    index: int
    key: str
    product: ProductId
    name: str
    fixture: FixtureId
    shelf: int
    plates: tuple[int, ...]
    count: int | None
    par: int | None
    counted_ns: int
    changed_ns: int
    unsure: bool
    state: State

    @property
    def missing(self) -> int:
        """How many units fill it up again; 0 where nobody knows."""
        return 0 if self.count is None or self.par is None else max(0, self.par - self.count)


class Wanted(msgspec.Struct, frozen=True):
    """Which facings a reader asks for: words that name or number hold, a fixture, a state; empty for all."""

    text: str = ""
    fixture: str = ""
    state: str = ""


def facing_key(fixture: str, shelf: int, plates: Iterable[int], product: str) -> str:
    """`fixture/shelf/plates/product`, plates joined by `+`: under this name counts are kept."""
    return f"{fixture}/{shelf}/{'+'.join(str(plate) for plate in plates)}/{product}"


def low_limit(par: int | None) -> int:
    """At so many units or fewer a facing is low: a fifth of a full one, and at least one."""
    return max(1, int(_LOW_SHARE * (par or 0)))


def rows_of(shop: Shop, lines: Sequence[StockLine]) -> list[Row]:
    """All facings in the order of the planogram."""
    names = {product.id: product.name for product in shop.products}
    return [
        Row(
            index=line.facing,
            key=facing_key(line.fixture, line.shelf, line.plates, line.product),
            product=line.product,
            name=display_text(names.get(line.product, "")) or line.product,
            fixture=line.fixture,
            shelf=line.shelf,
            plates=line.plates,
            count=line.count,
            par=line.par,
            counted_ns=line.counted_ns,
            changed_ns=line.changed_ns,
            unsure=line.unsure,
            state=_state(line),
        )
        for line in lines
    ]


def select(rows: Iterable[Row], wanted: Wanted) -> list[Row]:
    """The rows that a reader asks for."""
    words = wanted.text.casefold().split()
    return [
        row
        for row in rows
        if (not wanted.fixture or row.fixture == wanted.fixture)
        and (not wanted.state or row.state == wanted.state)
        and _holds(row, words)
    ]


def tally(rows: Sequence[Row], alerts: Iterable[Alert]) -> dict[str, int]:
    """The figures above the table."""
    states = Counter(row.state for row in rows)
    return {
        "counted": sum(row.count is not None for row in rows),
        "facings": len(rows),
        "out": states["out"],
        "low": states["low"],
        "unsure": states["unsure"],
        "misplaced": sum(alert.kind == "misplaced" for alert in alerts),
    }


def _holds(row: Row, words: Sequence[str]) -> bool:
    if not words:
        return True
    text = f"{row.name} {row.product}".casefold()
    return all(word in text for word in words)


def _state(line: StockLine) -> State:
    # Whoever is unsure of a number does not say "out of stock" by it.
    if line.count is None:
        return "uncounted"
    if line.unsure:
        return "unsure"
    if line.count == 0:
        return "out"
    return "low" if line.count <= low_limit(line.par) and line.count < (line.par or 0) else "stocked"
