"""A simulated recording as a film: at any moment, from any camera, with everybody and what they hold.

Assumed: a thing that was taken is seen in the hand for some seconds and then is in a bag.
"""

import dataclasses

import numpy as np

from tillfree.catalog.cameras import Camera
from tillfree.core.geometry import Point, Pose
from tillfree.core.ids import ProductId
from tillfree.simulation.people.bodies import Body
from tillfree.simulation.recording import SimulatedRecording
from tillfree.simulation.rendering.annotations import Annotation, annotate
from tillfree.simulation.rendering.goods import goods_mesh, room_mesh, unit_mesh, unit_size_m
from tillfree.simulation.rendering.looks import Looks, clothes_of
from tillfree.simulation.rendering.meshes import Mesh, joined
from tillfree.simulation.rendering.paints import Paints
from tillfree.simulation.rendering.people import Wardrobe, person_mesh
from tillfree.simulation.rendering.tracer import Picture, Scene, StillLayers, trace
from tillfree.simulation.rendering.views import Floats
from tillfree.simulation.script import VisitScript

__all__ = ["Film", "Shot"]

ROOM, FURNITURE, FIRST_FACING = 0, 1, 2
_IN_HAND_S = 3.0
_STRIDES_HZ = 0.9
_LIFT_M = 0.06
_AHEAD_S = 1.0
"""How far the crowd must have gone on for a body to know whether it walks."""


@dataclasses.dataclass(frozen=True, slots=True)
class Shot:
    """One picture with what it shows; `time_s` since the start of the recording."""

    time_s: float
    camera: Camera
    picture: Picture
    annotations: tuple[Annotation, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class _Held:
    """A product in a hand (0 left, 1 right) of a visit, from one second to another."""

    visit: int
    hand: int
    product: ProductId
    begin_s: float
    end_s: float


class Film:
    """Shots of a recording; the shop is built once, people for each shot."""

    def __init__(self, recording: SimulatedRecording, looks: Looks | None = None) -> None:
        self._recording = recording
        self._looks = looks or Looks()
        self._paints = Paints(self._looks.seed)
        shop = recording.shop
        room = room_mesh(shop, self._looks, self._paints, ROOM)
        goods = goods_mesh(shop, self._looks, self._paints, FURNITURE, FIRST_FACING)
        self._still = Scene(joined([room, goods]))
        self._layers = StillLayers()
        self._products = shop.product_index()
        self._people = FIRST_FACING + len(shop.facings)
        self._items = self._people + len(recording.script.visits)
        self._bodies = [Body(visit, recording.options.seed) for visit in recording.script.visits]
        self._crowd = recording.crowd(self._bodies)
        self._clothes = [
            Wardrobe.of(clothes_of(self._looks.seed, body.visit.number), self._paints) for body in self._bodies
        ]
        self._held = list(_held(recording))
        self._item_paint = {held.product: self._paints.product(held.product) for held in self._held}
        self._names = {FIRST_FACING + n: ("facing", str(f.product)) for n, f in enumerate(shop.facings)}
        self._names |= {self._people + n: ("person", str(b.visit.track)) for n, b in enumerate(self._bodies)}
        self._names |= {self._items + n: ("item", str(held.product)) for n, held in enumerate(self._held)}
        self._lamps = self._hang(room)

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return self._recording.script.duration_s

    def shot(self, camera: Camera, time_s: float) -> Shot:
        """What a camera sees at a moment."""
        meshes: list[Mesh] = []
        joints: dict[int, Floats] = {}
        self._crowd.advance(time_s + _AHEAD_S)
        for number, body in enumerate(self._bodies):
            if body.visit.entry_s <= time_s <= body.visit.exit_s:
                joints[self._people + number], mesh = self._person(number, body, time_s)
                meshes.append(mesh)
        for number, held in enumerate(self._held):
            label = self._people + held.visit
            if held.begin_s <= time_s < held.end_s and label in joints:
                meshes.append(self._item(held, joints[label], self._items + number))
        seed = round(time_s * 1000) + 7919 * sum(camera.id.encode())
        scenes = (self._still, Scene(joined(meshes)))
        picture = trace(camera, scenes, self._paints, self._looks, self._lamps, seed, self._layers)
        return Shot(time_s, camera, picture, tuple(annotate(picture, camera, self._names, joints)))

    def _person(self, number: int, body: Body, time_s: float) -> tuple[Floats, Mesh]:
        times = np.array([time_s])
        walking, floor = body.walking(times), body.floor(times)
        joints = body.joints(times, floor, walking)[0]
        stride = float(walking[0] * np.sin(2 * np.pi * _STRIDES_HZ * time_s + number))
        turns = body.visit.turns
        heading = float(np.interp(time_s, [t for t, _ in turns], [h for _, h in turns]))
        label = self._people + number
        return joints, person_mesh(joints, body.visit.height_m, heading, stride, self._clothes[number], label)

    def _item(self, held: _Held, joints: Floats, label: int) -> Mesh:
        product = self._products[held.product]
        wrist, elbow = joints[6 + held.hand], joints[4 + held.hand]
        ahead = (wrist - elbow) / max(float(np.linalg.norm(wrist - elbow)), 1e-6)
        size = unit_size_m(product, 0.25, 0.45)
        x, y, z = wrist + 0.11 * ahead
        return unit_mesh(
            product, size, Pose(Point(x, y, z - size[2] / 2 + _LIFT_M)), self._item_paint[held.product], label
        )

    def _hang(self, room: Mesh) -> Floats:
        """Where the lamps are, shape (n, 3)."""
        low = room.triangles.reshape(-1, 3).min(axis=0)
        high = room.triangles.reshape(-1, 3).max(axis=0)
        shares = np.array(self._looks.lamps)
        places = low[:2] + shares * (high[:2] - low[:2])
        return np.column_stack([places, np.full(len(places), self._looks.lamp_height_m)])


def _held(recording: SimulatedRecording) -> list[_Held]:
    """What is in whose hand when, from the acts of the script."""
    start_ns = recording.options.start_ns
    number_of = {visit.track: n for n, visit in enumerate(recording.script.visits)}
    found: list[_Held] = []
    acts = [(act, (act.time_ns - start_ns) / 1e9) for act in recording.script.acts]
    for index, (act, time_s) in enumerate(acts):
        owner = act.to_track if act.kind == "give" else act.track
        if act.kind not in ("take", "give", "lift") or owner not in number_of:
            continue
        number = number_of[owner]
        until_s = time_s + _IN_HAND_S
        for later, later_s in acts[index + 1 :]:
            if later_s > until_s:
                break
            if later.track == owner and later.product == act.product and later.kind in ("put", "give"):
                until_s = later_s
                break
        found.append(_Held(number, _hand_at(recording.script.visits[number], time_s), act.product, time_s, until_s))
    return found


def _hand_at(visit: VisitScript, time_s: float) -> int:
    """The hand that reaches at a moment; the right one where none does."""
    return next((reach.hand for reach in visit.reaches if reach.begin_s <= time_s <= reach.end_s), 1)
