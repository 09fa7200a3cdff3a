"""Small scenes for tests: a shop with one or two fixtures, loads on its plates, and people who walk, reach and leave.

Everything here is simulated, with numbers of the size that real plates and trackers show. Seconds count from
`START_NS`.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Facing, Fixture, Product, Shelf, Shop, Zone
from tillfree.core.events import Event, Joint, PeopleFrame, TrackedPerson, WeightBatch, WeightChange
from tillfree.core.geometry import Box, Point, Pose
from tillfree.core.ids import FixtureId, ProductId, TrackId
from tillfree.storage.recordings.model import Truth

__all__ = [
    "BEANS",
    "CHIPS",
    "COLA",
    "JUICE",
    "LEFT",
    "PLATES",
    "RIGHT",
    "RISOTTO",
    "SAUCE",
    "SHELVES",
    "START_NS",
    "WATER",
    "WEIGHTS_G",
    "MemoryRecording",
    "Plates",
    "Scene",
    "fixture",
    "grasp",
    "ns",
    "shop",
]

Floats = npt.NDArray[np.float64]

START_NS = 1_700_000_000_000_000_000
_NS = 1_000_000_000

SHELVES, PLATES = 3, 12
_PLATE_M, _SHELF_Z_M, _DEPTH_M = 0.1, (0.7, 1.0, 1.3), 0.4
LEFT, RIGHT = FixtureId("left"), FixtureId("right")
_FIXTURE_X_M = {LEFT: 0.0, RIGHT: 8.0}

COLA, WATER, JUICE, SAUCE, CHIPS, BEANS, RISOTTO = (
    ProductId(name) for name in ("cola", "water", "juice", "sauce", "chips", "beans", "risotto")
)
# Water and juice weigh the same: only place tells them apart.
WEIGHTS_G = {COLA: 350.0, WATER: 520.0, JUICE: 520.0, SAUCE: 105.0, CHIPS: 180.0, BEANS: 830.0, RISOTTO: 260.0}
_ROW = (COLA, WATER, JUICE, SAUCE, CHIPS, BEANS)
_DOOR_Y_M, STAND_Y_M = -4.5, -0.5


def ns(second: float) -> int:
    """A second of a scene as event time."""
    return START_NS + round(second * _NS)


def fixture(name: FixtureId = LEFT) -> Fixture:
    """Three shelves of twelve plates, 0.1 m each; the front lies at y = 0, shoppers stand at y < 0."""
    x = _FIXTURE_X_M[name]
    width = PLATES * _PLATE_M
    plates = tuple((n * _PLATE_M, (n + 1) * _PLATE_M) for n in range(PLATES))
    shelves = tuple(
        Shelf(index, Box(Pose(Point(x, 0.0, z)), width, _DEPTH_M, 0.28), plates)
        for index, z in enumerate(_SHELF_Z_M, 1)
    )
    return Fixture(name, Box(Pose(Point(x, 0.0, 0.0)), width, _DEPTH_M, 1.8), shelves)


def shop(*names: FixtureId, door: bool = True, without_weight: Iterable[ProductId] = ()) -> Shop:
    """One fixture or more: shelf 2 holds six products on two plates each, shelf 3 one on plates 1 to 4."""
    names = names or (LEFT,)
    unknown = set(without_weight)
    facings = [
        Facing(product, name, 2, (2 * number + 1, 2 * number + 2))
        for name in names
        for number, product in enumerate(_ROW)
    ]
    facings += [Facing(RISOTTO, name, 3, (1, 2, 3, 4)) for name in names]
    products = (
        Product(product, product.title(), None if product in unknown else weight, price_minor=100 + number)
        for number, (product, weight) in enumerate(WEIGHTS_G.items())
    )
    zones = (Zone("door", "exit", -2.0, -5.5, 12.0, -4.0),) if door else ()
    return Shop("Simulated corner", tuple(products), tuple(fixture(name) for name in names), tuple(facings), zones)


def grasp(plate: float, shelf: int = 2, name: FixtureId = LEFT) -> tuple[float, float, float]:
    """Where a wrist is when its hand grasps something on a plate (2.5 lies between plates 2 and 3)."""
    return (_FIXTURE_X_M[name] + (plate - 0.5) * _PLATE_M, 0.04, _SHELF_Z_M[shelf - 1] + 0.1)


# ---- plates -----------------------------------------------------------------------------------------------------


class Plates:
    """The samples of one fixture: noise, then whatever is added; `values` has shape (samples, shelves, plates)."""

    def __init__(
        self, seconds: float, *, rate_hz: float = 60.0, noise_g: float = 0.6, seed: int = 1, name: FixtureId = LEFT
    ) -> None:
        random = np.random.default_rng(seed)
        self.name = name
        self.rate_hz = rate_hz
        count = round(seconds * rate_hz)
        self.times = (np.arange(count) + 1) / rate_hz
        tare = random.uniform(-5000.0, 9000.0, (SHELVES, PLATES))
        # The whole shelf sways a little; each plate adds noise of its own.
        sway = random.normal(0.0, 0.4 * noise_g, (count, SHELVES, 1))
        self.values: Floats = tare + sway + random.normal(0.0, noise_g, (count, SHELVES, PLATES))

    def step(self, shelf: int, loads: Mapping[int, float], at_s: float, rise_s: float = 0.05) -> "Plates":
        """Grams added to plates from `at_s` on."""
        rise = np.clip((self.times - at_s) / rise_s + 0.5, 0.0, 1.0)
        return self._add(shelf, loads, rise)

    def press(self, shelf: int, loads: Mapping[int, float], start_s: float, end_s: float) -> "Plates":
        """Grams that are there for a while only: a hand that rests on plates."""
        shape = np.clip((self.times - start_s) / 0.05, 0.0, 1.0) * np.clip((end_s - self.times) / 0.05, 0.0, 1.0)
        return self._add(shelf, loads, shape)

    def ring(
        self, shelf: int, loads: Mapping[int, float], at_s: float, hz: float = 10.0, decay_s: float = 0.2
    ) -> "Plates":
        """A damped swing of plates, as after a take."""
        since = np.maximum(self.times - at_s, 0.0)
        shape = np.sin(2 * np.pi * hz * since) * np.exp(-since / decay_s) * (self.times >= at_s)
        return self._add(shelf, loads, shape)

    def footstep(self, at_s: float, grams: float, hz: float = 11.0, decay_s: float = 0.25) -> "Plates":
        """All plates of the fixture swing together."""
        for shelf in range(1, SHELVES + 1):
            self.ring(shelf, {plate: grams * (1 + 0.05 * plate) for plate in range(1, PLATES + 1)}, at_s, hz, decay_s)
        return self

    def drift(self, grams_per_minute: float) -> "Plates":
        """All plates creep."""
        self.values += (grams_per_minute / 60.0 * self.times)[:, None, None]
        return self

    def spike(self, shelf: int, plate: int, at_s: Iterable[float], grams: float) -> "Plates":
        """Single samples that are far off."""
        for second in at_s:
            self.values[round(second * self.rate_hz), shelf - 1, plate - 1] += grams
        return self

    def silence(self, shelf: int, plate: int, start_s: float = 0.0, end_s: float = math.inf) -> "Plates":
        """A plate that gives no reading (NaN) for a while."""
        self.values[(self.times >= start_s) & (self.times < end_s), shelf - 1, plate - 1] = np.nan
        return self

    def stick(self, shelf: int, plate: int, start_s: float, end_s: float = math.inf) -> "Plates":
        """A plate that repeats the value it had at `start_s`."""
        stuck = (self.times >= start_s) & (self.times < end_s)
        self.values[stuck, shelf - 1, plate - 1] = self.values[np.flatnonzero(stuck)[0], shelf - 1, plate - 1]
        return self

    def batches(self, samples: int | Iterable[int] = 12) -> list[WeightBatch]:
        """The stream cut into batches of a size, or of these sizes in turn (the last one repeats)."""
        sizes = iter([samples] if isinstance(samples, int) else samples)
        size, start, out = 12, 0, list[WeightBatch]()
        while start < len(self.times):
            size = next(sizes, size)
            chunk = self.values[start : start + size]
            out.append(
                WeightBatch(
                    time_ns=ns(float(self.times[start + len(chunk) - 1])),
                    source=f"plates-{self.name}",
                    sequence=len(out),
                    fixture=self.name,
                    rate_hz=self.rate_hz,
                    samples=len(chunk),
                    shelves=SHELVES,
                    plates=PLATES,
                    values=chunk.astype("<f4").tobytes(),
                )
            )
            start += size
        return out

    def _add(self, shelf: int, loads: Mapping[int, float], shape: Floats) -> "Plates":
        for plate, grams in loads.items():
            self.values[:, shelf - 1, plate - 1] += grams * shape
        return self


# ---- people -----------------------------------------------------------------------------------------------------


class _Walker:
    """One person: where they walk, which way they face, and where their hands are when."""

    def __init__(self, track: TrackId, path: list[tuple[float, float, float]]) -> None:
        self.track = track
        self.path = path
        self.turns: list[tuple[float, float, float]] = []
        self.reaches: list[tuple[float, float, str, tuple[float, float, float]]] = []

    def at(self, second: float) -> TrackedPerson | None:
        if not self.path[0][0] <= second <= self.path[-1][0]:
            return None
        times = [p[0] for p in self.path]
        x = float(np.interp(second, times, [p[1] for p in self.path]))
        y = float(np.interp(second, times, [p[2] for p in self.path]))
        angle = next((a for start, end, a in self.turns if start <= second <= end), self._heading(second))
        right = (math.sin(angle), -math.cos(angle))
        ahead = (math.cos(angle), math.sin(angle))
        joints = [Joint("head", x, y, 1.72, 0.95), Joint("neck", x, y, 1.51, 0.95)]
        for side, sign in (("l", -1.0), ("r", 1.0)):
            shoulder = (x + sign * 0.18 * right[0], y + sign * 0.18 * right[1], 1.45)
            hanging = (shoulder[0] + 0.12 * ahead[0], shoulder[1] + 0.12 * ahead[1], 0.91)
            wrist = self._wrist(second, side, hanging)
            joints += [Joint(f"{side}_shoulder", *shoulder, 0.95), Joint(f"{side}_wrist", *wrist, 0.9)]
        return TrackedPerson(self.track, tuple(joints))

    def _heading(self, second: float) -> float:
        """People look where they walk, and at the shelf where they stand."""
        for (start, x, y), (end, to_x, to_y) in itertools.pairwise(self.path):
            if start <= second < end and math.hypot(to_x - x, to_y - y) > 0.05:
                return math.atan2(to_y - y, to_x - x)
        return math.pi / 2

    def _wrist(self, second: float, side: str, hanging: tuple[float, float, float]) -> tuple[float, float, float]:
        for start, end, hand, target in self.reaches:
            if hand == side and start - 0.5 < second < end + 0.5:
                share = min(1.0, (second - start + 0.5) / 0.5, (end + 0.5 - second) / 0.5)
                x, y, z = (h + share * (t - h) for h, t in zip(hanging, target, strict=True))
                return (x, y, z)
        return hanging


class Scene:
    """A story: people who come, act and go; gives events for fusion alone, or sensor events for a whole store."""

    def __init__(self, the_shop: Shop | None = None, *, seed: int = 1) -> None:
        self.shop = the_shop or shop()
        self.seed = seed
        self.walkers: dict[str, _Walker] = {}
        self.loads: list[tuple[float, FixtureId, int, dict[int, float]]] = []
        self.hidden: list[tuple[str, float, float, set[str]]] = []

    # ---- telling ------------------------------------------------------------------------------------------------

    def walks(self, name: str, *path: tuple[float, float, float]) -> "Scene":
        """A person at (second, x, y) and so on; unseen before the first and after the last."""
        self.walkers[name] = _Walker(TrackId(name), list(path))
        return self

    def comes(
        self, name: str, x: float = 0.6, arrive_s: float = 4.0, leave_s: float = 12.0, y: float = STAND_Y_M
    ) -> "Scene":
        """A person walks from the door to the shelf (the walk takes four seconds) and back."""
        return self.walks(
            name, (arrive_s - 4.0, x, _DOOR_Y_M), (arrive_s, x, y), (leave_s, x, y), (leave_s + 4.0, x, _DOOR_Y_M)
        )

    def moves(
        self,
        name: str,
        at_s: float,
        loads: Mapping[int, float],
        *,
        shelf: int = 2,
        at: FixtureId = LEFT,
        hand: str = "r",
        plate: float | None = None,
    ) -> "Scene":
        """A hand goes to the middle of `loads` (or to `plate`), and the plates change by so many grams."""
        total = sum(abs(g) for g in loads.values())
        middle = plate if plate is not None else sum(p * abs(g) for p, g in loads.items()) / total
        self.reaches(name, at_s, grasp(middle, shelf, at), hand=hand)
        return self.changes_load(at_s, loads, shelf=shelf, at=at)

    def takes(
        self, name: str, at_s: float, plate: int, grams: float, *, shelf: int = 2, at: FixtureId = LEFT
    ) -> "Scene":
        """One thing leaves one plate."""
        return self.moves(name, at_s, {plate: -grams}, shelf=shelf, at=at)

    def puts(
        self, name: str, at_s: float, plate: int, grams: float, *, shelf: int = 2, at: FixtureId = LEFT
    ) -> "Scene":
        """One thing comes to one plate."""
        return self.moves(name, at_s, {plate: grams}, shelf=shelf, at=at)

    def changes_load(self, at_s: float, loads: Mapping[int, float], *, shelf: int = 2, at: FixtureId = LEFT) -> "Scene":
        """The plates change, whosever hand it was."""
        self.loads.append((at_s, at, shelf, dict(loads)))
        return self

    def reaches(
        self,
        name: str,
        at_s: float,
        target: tuple[float, float, float],
        *,
        hand: str = "r",
        before_s: float = 0.7,
        after_s: float = 0.4,
    ) -> "Scene":
        """A wrist goes to a place, stays about `at_s`, and comes back."""
        self.walkers[name].reaches.append((at_s - before_s, at_s + after_s, hand, target))
        return self

    def turns(self, name: str, start_s: float, end_s: float, angle_rad: float) -> "Scene":
        """A person faces this way for a while (0 is along x; they face the shelf otherwise)."""
        self.walkers[name].turns.append((start_s, end_s, angle_rad))
        return self

    def hides(self, name: str, start_s: float, end_s: float, *joints: str) -> "Scene":
        """Some joints (all: the whole person) are not seen for a while."""
        self.hidden.append((name, start_s, end_s, set(joints)))
        return self

    def hands_over(self, giver: str, taker: str, at_s: float, stay_s: float = 1.6) -> "Scene":
        """Two people who stand apart along x turn to each other, and their stretched hands meet in the middle."""
        places = []
        for name in (giver, taker):
            walker = self.walkers[name]
            times = [p[0] for p in walker.path]
            places.append((float(np.interp(at_s, times, [p[1] for p in walker.path])),
                           float(np.interp(at_s, times, [p[2] for p in walker.path]))))  # fmt: skip
        (ax, ay), (bx, by) = places
        middle = ((ax + bx) / 2, (ay + by) / 2, 1.1)
        half = stay_s / 2
        for name, (x, y), (ox, oy), offset in (
            (giver, places[0], places[1], -0.02),
            (taker, places[1], places[0], 0.02),
        ):
            self.turns(name, at_s - half - 0.7, at_s + half + 0.7, math.atan2(oy - y, ox - x))
            target = (middle[0] + offset, middle[1], middle[2])
            self.reaches(name, at_s, target, before_s=half, after_s=half)
        return self

    # ---- events -------------------------------------------------------------------------------------------------

    @property
    def end_s(self) -> float:
        """When the last person is gone, or the last load is over, and a little more."""
        ends = [w.path[-1][0] for w in self.walkers.values()] + [load[0] + 1.0 for load in self.loads]
        return max(ends, default=0.0) + 3.0

    def frames(self, rate_hz: float = 15.0) -> list[PeopleFrame]:
        """What a tracker saw, every fifteenth of a second."""
        out = []
        for number in range(round(self.end_s * rate_hz)):
            second = number / rate_hz
            seen = (self._seen(name, second) for name in self.walkers)
            people = tuple(person for person in seen if person is not None)
            out.append(PeopleFrame(time_ns=ns(second), source="tracker", sequence=number, people=people))
        return out

    def _seen(self, name: str, second: float) -> TrackedPerson | None:
        person = self.walkers[name].at(second)
        for who, start, end, joints in self.hidden:
            if person is not None and who == name and start <= second <= end:
                left = tuple(j for j in person.joints if joints and j.name not in joints)
                person = TrackedPerson(person.track, left) if joints else None
        return person

    def weight_changes(self) -> list[WeightChange]:
        """What perfect sensing says of the loads, in the order of time."""
        out = []
        for number, (at_s, name, shelf, loads) in enumerate(sorted(self.loads, key=lambda load: load[0]), 1):
            out.append(weight_change(at_s, loads, shelf=shelf, at=name, number=number))
        return out

    def weights(self, noise_g: float = 0.6) -> list[WeightBatch]:
        """The samples of all fixtures with these loads."""
        out: list[WeightBatch] = []
        for number, furniture in enumerate(self.shop.fixtures):
            plates = Plates(self.end_s, noise_g=noise_g, seed=self.seed + number, name=furniture.id)
            for at_s, name, shelf, loads in self.loads:
                if name == furniture.id:
                    plates.step(shelf, loads, at_s)
            out += plates.batches()
        return out

    def sensor_events(self) -> list[Event]:
        """Everything that sensors saw, in the order of time."""
        events: list[Event] = [*self.frames(), *self.weights()]
        return sorted(events, key=lambda e: (e.time_ns, e.source, e.sequence))


def weight_change(
    at_s: float,
    loads: Mapping[int, float],
    *,
    shelf: int = 2,
    at: FixtureId = LEFT,
    number: int = 1,
    sigma_g: float = 1.0,
) -> WeightChange:
    """What sensing would say of a load that changed at `at_s`: all plates one farther than those that moved."""
    wide = range(max(1, min(loads) - 1), min(PLATES, max(loads) + 1) + 1)
    return WeightChange(
        time_ns=ns(at_s + 0.65),
        source=f"scale/{at}",
        sequence=number,
        fixture=at,
        shelf=shelf,
        start_ns=ns(at_s - 0.1),
        step_ns=ns(at_s),
        end_ns=ns(at_s + 0.1),
        plates=tuple(wide),
        delta_g=tuple(loads.get(plate, 0.0) for plate in wide),
        sigma_g=(sigma_g,) * len(wide),
        total_g=sum(loads.values()),
        total_sigma_g=sigma_g * math.sqrt(len(wide)) * 1.3,
    )


class MemoryRecording:
    """A recording that lies in memory."""

    def __init__(self, the_shop: Shop, events: Iterable[Event], name: str = "scene") -> None:
        self.name = name
        self.shop = the_shop
        self.truth: Truth | None = None
        self.warnings: dict[str, int] = {}
        self._events = list(events)

    def events(self) -> Iterator[Event]:
        """The events as they lie."""
        return iter(self._events)

    def duration_ns(self) -> int | None:
        """Not known without reading."""
        return None
