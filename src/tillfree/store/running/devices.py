"""Which devices a store hears, and how they do."""

import math
from collections import deque
from typing import Literal

from tillfree.catalog.model import Shop
from tillfree.core.events import CameraFrame, Event, GatePassage, PeopleFrame, TagRead, WeightBatch
from tillfree.core.ids import FixtureId
from tillfree.core.time import NS_PER_S
from tillfree.store.running.plate_watch import PlateWatch
from tillfree.store.running.state import DeviceState, PlateState

__all__ = ["SILENT_NS", "DeviceWatch"]

Kind = Literal["scales", "tracker", "gate", "camera", "reader"]
SILENT_NS = 3 * NS_PER_S
"""As long as `store.outages` waits."""
# A gate or a reader with nothing to tell says nothing: their silence means nothing. Cameras and trackers always speak,
# though some trackers do not while nobody is there.
_ALWAYS_SPEAK = ("scales", "camera")
_RATE_SECONDS = 10
_CHECK = "check its power and network; visits of this time are under review"


class _Device:
    __slots__ = ("counts", "kind", "last_ns", "now")

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self.last_ns = 0
        self.now = 0
        self.counts: deque[int] = deque(maxlen=_RATE_SECONDS)


class DeviceWatch:
    """Sensor events in, states of devices and plates out. `states` and `plates` are values that `tick` replaces."""

    def __init__(self, shop: Shop) -> None:
        self._cameras = [camera.id for camera in shop.cameras]
        self.watches = {fixture.id: PlateWatch(fixture) for fixture in shop.fixtures if fixture.shelves}
        self._devices: dict[str, _Device] = {f"scales/{fixture}": _Device("scales") for fixture in self.watches}
        self.states: tuple[DeviceState, ...] = ()
        self.plates: dict[FixtureId, tuple[PlateState, ...]] = {}
        self._trackers: list[str] = []
        self.tick(0, {}, anybody=False)

    def take(self, event: Event) -> None:
        """Note that a device spoke."""
        match event:
            case WeightBatch():
                watch = self.watches.get(event.fixture)
                if watch is None:
                    return
                watch.take(event)
                name, kind = f"scales/{event.fixture}", "scales"
            case PeopleFrame():
                name, kind = f"tracker/{event.source}", "tracker"
            case GatePassage():
                name, kind = f"gate/{event.source}", "gate"
            case TagRead():
                name, kind = f"reader/{event.source}", "reader"
            case CameraFrame():
                name, kind = f"camera/{event.camera}", "camera"
            case _:
                return
        device = self._devices.get(name)
        if device is None:
            device = self._add(name, kind)  # type: ignore[arg-type]
        device.last_ns = max(device.last_ns, event.time_ns)
        device.now += 1

    def plates_of(self, fixture: FixtureId) -> tuple[PlateState, ...]:
        """The plates of a fixture as of the last tick; none if there is no such fixture."""
        return self.plates.get(fixture, ())

    def name_of(self, spoken: str) -> str:
        """The name of a device by what the outages and detectors of the pipeline call it."""
        if spoken.startswith("scales of fixture "):
            return f"scales/{spoken.removeprefix('scales of fixture ')}"
        return self._trackers[0] if spoken == "tracker" and self._trackers else spoken

    def tick(self, now_ns: int, gains: dict[FixtureId, dict[tuple[int, int], float]], *, anybody: bool) -> None:
        """A second of stream is over; `anybody`: whether visitors are in the shop."""
        plates: dict[FixtureId, tuple[PlateState, ...]] = {}
        for fixture, watch in self.watches.items():
            watch.look()
            plates[fixture] = watch.states(gains.get(fixture, {}))
        states = []
        for name, device in self._devices.items():
            device.counts.append(device.now)
            device.now = 0
            if device.kind == "scales":
                states.append(self._scales(name, device, plates[FixtureId(name.removeprefix("scales/"))], now_ns))
            else:
                silent = now_ns - device.last_ns > SILENT_NS and (
                    device.kind in _ALWAYS_SPEAK or (device.kind == "tracker" and anybody)
                )
                states.append(_state(name, device, "silent" if silent and device.last_ns else ""))
        self.plates = plates
        self.states = tuple(states)

    def _add(self, name: str, kind: Kind) -> _Device:
        if kind == "camera" and not any(device.kind == "camera" for device in self._devices.values()):
            # Pictures are sent here at all, so a camera that sends none is missed.
            self._devices.update({f"camera/{camera}": _Device("camera") for camera in self._cameras})
        if kind == "tracker":
            self._trackers.append(name)
        return self._devices.setdefault(name, _Device(kind))

    def _scales(self, name: str, device: _Device, plates: tuple[PlateState, ...], now_ns: int) -> DeviceState:
        bad = [plate for plate in plates if plate.state not in ("ok", "unheard")]
        noises = sorted(plate.noise_g for plate in plates if plate.noise_g is not None)
        drifts = [plate.drift_g_per_h for plate in plates if plate.drift_g_per_h is not None]
        silent = device.last_ns and now_ns - device.last_ns > SILENT_NS
        state = _state(name, device, "silent" if silent else "degraded" if bad and device.last_ns else "")
        detail, remedy = state.detail, state.remedy
        if state.state == "degraded":
            first = bad[0]
            where = f"shelf {first.shelf}, plate {first.plate}"
            more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
            detail = f"{where}{more}: {first.state}"
            remedy = "check the plate's cable, then the load cell; until then its shelf is judged by its neighbours"
        return DeviceState(
            device=name,
            kind="scales",
            state=state.state,
            last_seen_ns=state.last_seen_ns,
            rate_hz=state.rate_hz,
            plates=len(plates),
            plates_bad=len(bad),
            noise_g=noises[len(noises) // 2] if noises else None,
            drift_g_per_h=max(drifts, key=abs) if drifts else None,
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
