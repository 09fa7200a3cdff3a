"""The evidence of a visit as data for the timeline: route, cart, acts, loads of plates, hands and pictures.

Times are seconds from the entry of the visitor, places metres in the shop's frame; what was not seen is null.
"""

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Shelf, plate_point
from tillfree.commerce.display import display_text, format_probability
from tillfree.core.events import Interaction
from tillfree.core.ids import ShelfRef
from tillfree.core.time import NS_PER_S
from tillfree.storage.database.records import Route, VisitRecord
from tillfree.web.visits.wording import ACTS, TERM_ORDER, Names, act_said, explanation_said, term_said

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["ActShown", "Evidence", "acts_of", "evidence_of"]

_HANDS_S = 4.0
"""How long before and after an act the distance of the hands is shown."""
# A trace begins so long before its change and ends so long after it, see `WeightTrace`.

Floats = npt.NDArray[np.float32]


class TermShown(msgspec.Struct, frozen=True):
    """One term of the log-likelihood in words."""

    question: str
    value: float


class OtherShown(msgspec.Struct, frozen=True):
    """Another explanation of the same change."""

    said: str
    chance: str


class HandsShown(msgspec.Struct, frozen=True):
    """How far each wrist was from the plates of an act, metres; sample k is of the time `begin_s` + k * `step_s`."""

    begin_s: float
    step_s: float
    left: list[float | None]
    right: list[float | None]


class ActShown(msgspec.Struct, frozen=True, kw_only=True):
    """One act; `traces` and `pictures` are the places of its own in the lists of the evidence."""

    at_s: float
    time_ns: int
    act: str
    kind: str
    said: str
    chance: str
    sure: bool
    place: tuple[float, float] | None = None
    plates: list[int] = []
    traces: list[int] = []
    pictures: list[int] = []
    terms: list[TermShown] = []
    others: list[OtherShown] = []
    hands: HandsShown | None = None


class TraceShown(msgspec.Struct, frozen=True):
    """Loads of some plates, grams against the first value; the change lies between `from_s` and `to_s`."""

    fixture: str
    shelf: int
    plates: tuple[int, ...]
    begin_s: float
    rate_hz: float
    from_s: float
    to_s: float
    grams: list[list[float | None]]


class PictureShown(msgspec.Struct, frozen=True):
    """A picture that was kept, and where it is to be had."""

    at_s: float
    camera: str
    address: str


class CartShown(msgspec.Struct, frozen=True):
    """What the live cart said from a moment on: names with quantities."""

    at_s: float
    items: list[tuple[str, int]]


class RouteShown(msgspec.Struct, frozen=True):
    """Where the visitor stood and where both wrists were, a row each of `ROUTE_COLUMNS`."""

    begin_s: float
    step_s: float
    rows: list[list[float | None]]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; `clock_s` is the time of day of the entry, seconds, in the store's time zone."""

    visit: str
    clock_s: float
    duration_s: float
    route: RouteShown
    moments: list[CartShown]
    acts: list[ActShown]
    traces: list[TraceShown]
    pictures: list[PictureShown]


def evidence_of(ask: "Ask", record: VisitRecord) -> Evidence:
    """What the timeline of a visit shows."""
    names = Names(ask, record)
    opened = ask.when(record.opened_ns)
    midnight = opened.replace(hour=0, minute=0, second=0, microsecond=0)
    return Evidence(
        visit=display_text(record.visit),
        clock_s=(opened - midnight).total_seconds() + record.opened_ns % NS_PER_S / NS_PER_S,
        duration_s=_seconds(record, record.closed_ns),
        route=_route_shown(record),
        moments=[
            CartShown(
                _seconds(record, moment.time_ns),
                [(names(product), count) for product, count in sorted(moment.items.items()) if count],
            )
            for moment in record.moments
        ],
        acts=acts_of(ask, record, names),
        traces=_traces_shown(record),
        pictures=[
            PictureShown(
                _seconds(record, frame.time_ns),
                display_text(frame.camera),
                f"/visits/{quote(record.visit, safe='')}/frames/{number}",
            )
            for number, frame in enumerate(record.frames)
        ],
    )


def acts_of(ask: "Ask", record: VisitRecord, names: Names) -> list[ActShown]:
    """The acts of a visit, oldest first, in words and with what they rest on."""
    shelves = ask.store.shop.shelf_index()
    acts = sorted(record.interactions, key=lambda act: (act.time_ns, act.source, act.sequence))
    return [_act_shown(ask, record, names, act, shelves) for act in acts]


def _act_shown(
    ask: "Ask", record: VisitRecord, names: Names, act: Interaction, shelves: dict[ShelfRef, Shelf]
) -> ActShown:
    cited = set(act.evidence)
    points = _points(act, shelves)
    return ActShown(
        at_s=_seconds(record, act.time_ns),
        time_ns=act.time_ns,
        act=act.act,
        kind=ask.say(ACTS[act.act]) if act.act in ACTS else display_text(act.act),
        said=act_said(ask, act, record, names),
        chance=format_probability(act.probability),
        sure=act.probability >= 0.95,
        place=_middle(points),
        plates=list(act.plates),
        traces=[place for place, trace in enumerate(record.traces) if trace.change in cited],
        pictures=[place for place, frame in enumerate(record.frames) if frame.change in cited],
        terms=_terms(ask, act),
        others=[
            OtherShown(explanation_said(ask, words, record, names), format_probability(chance))
            for words, chance in sorted(act.alternatives.items(), key=lambda pair: -pair[1])
        ],
        hands=_hands(record, act, points),
    )


def _terms(ask: "Ask", act: Interaction) -> list[TermShown]:
    order = {name: place for place, name in enumerate(TERM_ORDER)}
    named = sorted(act.weights.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0]))
    return [TermShown(term_said(ask, name), value) for name, value in named]


def _seconds(record: VisitRecord, time_ns: int) -> float:
    return round((time_ns - record.opened_ns) / NS_PER_S, 3)


def _points(act: Interaction, shelves: dict[ShelfRef, Shelf]) -> Floats:
    """Where things on the plates of an act are grasped, shape (n, 3); empty where the shop has no such plates now."""
    shelf = shelves.get(ShelfRef(act.fixture, act.shelf))
    known = [] if shelf is None else [plate for plate in act.plates if 1 <= plate <= len(shelf.plates)]
    points = [] if shelf is None else [plate_point(shelf, plate) for plate in known]
    return np.array([(point.x, point.y, point.z) for point in points], dtype=np.float32).reshape(-1, 3)


def _middle(points: Floats) -> tuple[float, float] | None:
    if not len(points):
        return None
    x, y = points[:, :2].mean(axis=0).tolist()
    return round(x, 2), round(y, 2)


def _rows(route: Route) -> Floats:
    return route.places_m() if route.rows else np.empty((0, 8), dtype=np.float32)


def _route_shown(record: VisitRecord) -> RouteShown:
    route = record.route
    rows = [[_or_none(value, 2) for value in row] for row in _rows(route).tolist()]
    begin_s = _seconds(record, route.begin_ns) if rows else 0.0
    return RouteShown(begin_s, route.step_ns / NS_PER_S, rows)


def _hands(record: VisitRecord, act: Interaction, points: Floats) -> HandsShown | None:
    """The distance of each wrist to the nearest plate of an act, around its time."""
    rows, step_ns = _rows(record.route), record.route.step_ns
    if not len(points) or not len(rows) or step_ns <= 0:
        return None
    middle = (act.time_ns - record.route.begin_ns) / step_ns
    around = _HANDS_S * NS_PER_S / step_ns
    first, last = max(0, round(middle - around)), min(len(rows), round(middle + around) + 1)
    if first >= last:
        return None
    wrists = rows[first:last, 2:8].reshape(-1, 2, 1, 3)
    away = np.linalg.norm(wrists - points, axis=3).min(axis=2)
    left, right = ([_or_none(value, 2) for value in away[:, side].tolist()] for side in (0, 1))
    if all(value is None for value in left + right):
        return None
    return HandsShown(_seconds(record, record.route.begin_ns + first * step_ns), step_ns / NS_PER_S, left, right)


def _traces_shown(record: VisitRecord) -> list[TraceShown]:
    return [
        TraceShown(
            display_text(trace.fixture),
            trace.shelf,
            trace.plates,
            _seconds(record, trace.begin_ns),
            trace.rate_hz,
            _seconds(record, trace.start_ns),
            _seconds(record, trace.end_ns),
            [[_or_none(value, 1) for value in row] for row in trace.grams],
        )
        for trace in record.traces
    ]


def _or_none(value: float | None, digits: int) -> float | None:
    return None if value is None or value != value else round(value, digits)  # noqa: PLR0124  NaN
