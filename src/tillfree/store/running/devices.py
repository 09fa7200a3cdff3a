"""Which devices a store hears, and how they do."""

import math
from collections import deque
from collections.abc import Mapping
from typing import Literal

import msgspec

from tillfree.catalog.model import Shop
from tillfree.core.events import (
    CameraFrame,
    EntryGranted,
    EntryRefused,
    Event,
    GatePassage,
    PeopleFrame,
    TagRead,
    WeightBatch,
)
from tillfree.core.ids import FixtureId, PlateRef
from tillfree.core.time import NS_PER_S
from tillfree.store.running.plate_watch import PlateFigures, PlateWatch
from tillfree.store.running.state import DeviceState, PlateState

__all__ = ["SILENT_NS", "DeviceWatch"]

Kind = Literal["scales", "tracker", "gate", "camera", "reader"]
SILENT_NS = 3 * NS_PER_S
"""As long as `store.outages` waits."""
# A gate or a reader with nothing to tell says nothing: their silence means nothing. Cameras and trackers always speak,
# though some trackers do not while nobody is there.
_ALWAYS_SPEAK = ("scales", "camera")
_RATE_SECONDS = 10
# Beyond what the shop names: a stream that invents ever new sources must not fill the memory.
_HEARD_MAX = 200
_CHECK = "check its power and network; visits of this time are under review"


class _Device:
    __slots__ = ("counts", "kind", "last_ns", "now")

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self.last_ns = 0
        self.now = 0
        self.counts: deque[int] = deque(maxlen=_RATE_SECONDS)


class DeviceWatch:
    """Sensor events in, states of devices and plates out. `tick` replaces `states` and `bad`, the bad plates."""

    def __init__(self, shop: Shop) -> None:
        self._cameras = [camera.id for camera in shop.cameras]
        self.watches = {fixture.id: PlateWatch(fixture) for fixture in shop.fixtures if fixture.shelves}
        self._devices: dict[str, _Device] = {f"scales/{fixture}": _Device("scales") for fixture in self.watches}
        self.states: tuple[DeviceState, ...] = ()
        self.bad: frozenset[PlateRef] = frozenset()
        self._figures: dict[FixtureId, PlateFigures] = {}
        self._trackers: list[str] = []
        self.tick(0, anybody=False)

    def take(self, event: Event) -> None:
        """Note that a device spoke."""
        kind: Kind
        match event:
            case WeightBatch():
                watch = self.watches.get(event.fixture)
                if watch is None:
                    return
                watch.take(event)
                name, kind = f"scales/{event.fixture}", "scales"
            case PeopleFrame():
                name, kind = f"tracker/{event.source}", "tracker"
            case GatePassage() | EntryGranted() | EntryRefused():
                name, kind = f"gate/{event.source}", "gate"
            case TagRead():
                name, kind = f"reader/{event.source}", "reader"
            case CameraFrame():
                name, kind = f"camera/{event.camera}", "camera"
            case _:
                return
        device = self._devices.get(name)
        if device is None and len(self._devices) >= len(self.watches) + len(self._cameras) + _HEARD_MAX:
            return
        if device is None:
            device = self._add(name, kind)
        device.last_ns = max(device.last_ns, event.time_ns)
        device.now += 1

    def plates_of(self, fixture: FixtureId, gains: Mapping[PlateRef, float]) -> tuple[PlateState, ...]:
        """The plates of a fixture as of the last tick; none if there is no such fixture. Any thread may ask."""
        figures = self._figures.get(fixture)
        return figures.plates(gains) if figures is not None else ()

    def name_of(self, spoken: str) -> str:
        """The name of a device by what the outages and detectors of the pipeline call it."""
        if spoken.startswith("scales of fixture "):
            return f"scales/{spoken.removeprefix('scales of fixture ')}"
        return self._trackers[0] if spoken == "tracker" and self._trackers else spoken

    def tick(self, now_ns: int, *, anybody: bool) -> None:
        """A second of stream is over; `anybody`: whether visitors are in the shop."""
        figures: dict[FixtureId, PlateFigures] = {}
        for fixture, watch in self.watches.items():
            watch.look()
            figures[fixture] = watch.figures()
        bad = {fixture: found for fixture, plates in figures.items() if (found := plates.bad())}
        states = []
        for name, device in self._devices.items():
            device.counts.append(device.now)
            device.now = 0
            if device.kind == "scales":
                fixture = FixtureId(name.removeprefix("scales/"))
                states.append(_scales(name, device, figures[fixture], bad.get(fixture, []), now_ns))
            else:
                silent = now_ns - device.last_ns > SILENT_NS and (
                    device.kind in _ALWAYS_SPEAK or (device.kind == "tracker" and anybody)
                )
                states.append(_state(name, device, "silent" if silent and device.last_ns else ""))
        self._figures = figures
        self.bad = frozenset(plate for found in bad.values() for plate in found)
        self.states = tuple(states)

    def _add(self, name: str, kind: Kind) -> _Device:
        if kind == "camera" and not any(device.kind == "camera" for device in self._devices.values()):
            # Pictures are sent here at all, so a camera that sends none is missed.
            self._devices.update({f"camera/{camera}": _Device("camera") for camera in self._cameras})
        if kind == "tracker":
            self._trackers.append(name)
        return self._devices.setdefault(name, _Device(kind))


def _scales(name: str, device: _Device, figures: PlateFigures, bad: list[PlateRef], now_ns: int) -> DeviceState:
    silent = device.last_ns and now_ns - device.last_ns > SILENT_NS
    state = _state(name, device, "silent" if silent else "degraded" if bad and device.last_ns else "")
    detail, remedy = state.detail, state.remedy
    if state.state == "degraded":
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        detail = f"shelf {bad[0].shelf}, plate {bad[0].plate}{more}: {figures.state_of(bad[0])}"
        remedy = "check the plate's cable, then the load cell; until then its shelf is judged by its neighbours"
    return msgspec.structs.replace(
        state,
        plates=len(figures.places),
        plates_bad=len(bad),
        noise_g=figures.noise_median_g(),
        drift_g_per_h=figures.drift_most_g_per_h(),
        detail=detail,
        remedy=remedy,
    )


def _state(name: str, device: _Device, problem: Literal["silent", "degraded", ""]) -> DeviceState:
    state: Literal["ok", "degraded", "silent", "unheard"] = problem or ("ok" if device.last_ns else "unheard")
    rate_hz = sum(device.counts) / max(1, len(device.counts))
    return DeviceState(
        device=name,
        kind=device.kind,
        state=state,
        last_seen_ns=device.last_ns,
        rate_hz=0.0 if math.isnan(rate_hz) else round(rate_hz, 2),
        detail=f"has said nothing for {SILENT_NS // NS_PER_S} s or more" if state == "silent" else "",
        remedy=_CHECK if state == "silent" else "",
    )
