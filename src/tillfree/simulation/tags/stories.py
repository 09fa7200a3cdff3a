"""Which tags a shop's goods carry, and where each of them is when: on a shelf, with somebody, or out of the door.

Assumed: five units of each tagged facing lie in a row into the shelf, each with its own serial number; a unit that is
wanted when all five are gone lay there as well. Which unit an act moved is told by its weight.
"""

import dataclasses

from tillfree.catalog.model import Product, Shop
from tillfree.core.geometry import Point
from tillfree.core.ids import FixtureId, ProductId, ShelfRef, TrackId
from tillfree.core.time import NS_PER_S
from tillfree.rfid.errors import EpcError
from tillfree.rfid.sgtin96 import Sgtin, encode_sgtin96
from tillfree.simulation.script import Script, VisitScript
from tillfree.storage.recordings.model import TruthAct

__all__ = ["GONE", "ON_SHELF", "Move", "Place", "TagStory", "is_tagged"]

Place = tuple[float, float, float]

_UNITS = 5
_DEPTH_M, _PITCH_M, _HIGH_M = 0.05, 0.06, 0.08
ON_SHELF, GONE = -1, -2
"""Who carries a tag: nobody, nobody any more; from 0 on the number of a visit."""


@dataclasses.dataclass(frozen=True, slots=True)
class Move:
    """From `time_s` on, the tag is with `carrier`, or at `place`; `hidden` is under a coat."""

    time_s: float
    tag: int
    carrier: int
    place: Place = (0.0, 0.0, 0.0)
    hidden: bool = False


@dataclasses.dataclass(slots=True)
class _Unit:
    product: ProductId
    shelf: ShelfRef
    carrier: int = ON_SHELF
    weight_g: float = 0.0


class TagStory:
    """All tags of a recording: `epcs` by number, `places` where each lies at first, and all `moves` in order."""

    def __init__(self, shop: Shop, script: Script, start_ns: int) -> None:
        self._products = {product.id: product for product in shop.products if is_tagged(product)}
        self._shelves = shop.shelf_index()
        self._serials: dict[ProductId, int] = {}
        self._units: list[_Unit] = []
        self._tracks: dict[int, TrackId] = {}
        self._taken: dict[int, None] = {}
        self.epcs: list[str] = []
        self.places: list[Place] = []
        self.moves: list[Move] = []
        for facing in shop.facings:
            shelf = ShelfRef(facing.fixture, facing.shelf)
            for k in range(_UNITS if facing.product in self._products else 0):
                self._add(facing.product, shelf, self._spot(shelf, facing.plates, k))
        if not self._units:
            return
        visits = {visit.track: visit for visit in script.visits}
        exits_s = {visit.number: visit.exit_s for visit in script.visits}
        self._tracks.update((visit.number, visit.track) for visit in script.visits)
        for act in script.acts:
            if act.product in self._products and act.track in visits:
                self._follow(act, (act.time_ns - start_ns) / NS_PER_S, visits)
        for tag in self._taken:
            if (carrier := self._units[tag].carrier) >= 0:
                self.moves.append(Move(exits_s[carrier], tag, GONE))
        self.moves.sort(key=lambda move: (move.time_s, move.tag))

    def carried_out(self) -> dict[str, TrackId]:
        """Which tag left with whom."""
        return {
            self.epcs[tag]: self._tracks[self._units[tag].carrier]
            for tag in self._taken
            if self._units[tag].carrier >= 0
        }

    def _follow(self, act: TruthAct, time_s: float, visits: dict[TrackId, VisitScript]) -> None:
        """Moves the unit that an act moved; acts that move none are passed over."""
        number, shelf = visits[act.track].number, ShelfRef(FixtureId(act.fixture), act.shelf)
        if act.kind == "take":
            self._hand_to(number, self._find(act, ON_SHELF, shelf), act, time_s)
        elif act.kind == "give" and act.to_track in visits:
            self._hand_to(visits[act.to_track].number, self._find(act, number, shelf), act, time_s)
        elif act.kind == "hide":
            self.moves.append(Move(time_s, self._find(act, number, shelf), number, hidden=True))
        elif act.kind in ("put", "restock"):
            place = self._spot(shelf, act.plates, 0)
            tag = self._find(act, number, shelf) if act.kind == "put" else self._add(act.product, shelf, place)
            unit = self._units[tag]
            unit.carrier, unit.shelf, unit.weight_g = ON_SHELF, shelf, act.weight_g
            self.moves.append(Move(time_s, tag, ON_SHELF, place))

    def _hand_to(self, number: int, tag: int, act: TruthAct, time_s: float) -> None:
        self._units[tag].carrier, self._units[tag].weight_g = number, act.weight_g
        self._taken[tag] = None
        self.moves.append(Move(time_s, tag, number))

    def _find(self, act: TruthAct, carrier: int, shelf: ShelfRef) -> int:
        """The unit that weighs what the act says, else one never moved, else any; a new one where there is none."""
        there = [
            k
            for k, unit in enumerate(self._units)
            if unit.product == act.product and unit.carrier == carrier and (carrier != ON_SHELF or unit.shelf == shelf)
        ]
        if not there:
            return self._add(act.product, shelf, self._spot(shelf, act.plates, _UNITS - 1))
        return min(there, key=lambda k: (self._units[k].weight_g != act.weight_g, self._units[k].weight_g != 0.0, k))

    def _add(self, product: ProductId, shelf: ShelfRef, place: Place) -> int:
        serial = self._serials[product] = self._serials.get(product, 0) + 1
        self.epcs.append(encode_sgtin96(Sgtin(product, serial)))
        self.places.append(place)
        self._units.append(_Unit(product, shelf))
        return len(self._units) - 1

    def _spot(self, ref: ShelfRef, plates: tuple[int, ...], row: int) -> Place:
        """Where a unit lies: in the middle of its plates, the first row at the front; the origin where no shelf is."""
        shelf = self._shelves.get(ref)
        if shelf is None or not plates:
            return (0.0, 0.0, 0.0)
        middle_m = (shelf.plates[plates[0] - 1][0] + shelf.plates[plates[-1] - 1][1]) / 2
        spot = shelf.box.pose.to_parent(Point(middle_m, _DEPTH_M + row * _PITCH_M, _HIGH_M))
        return (spot.x, spot.y, spot.z)


def is_tagged(product: Product) -> bool:
    """Whether units of a product carry tags that can say which they are: its number must be a GTIN."""
    if not product.rfid:
        return False
    try:
        encode_sgtin96(Sgtin(product.id, 0))
    except EpcError:
        return False
    return True
