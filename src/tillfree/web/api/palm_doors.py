"""Palms at doors: a hand opens a door by its controller, and how the lines to the controllers are."""

import msgspec

from tillfree.store.palms.doors import PalmDoor, PalmDoors, pass_by_palm
from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.palm_shapes import Captures, PinDigits, palms_of, samples_of, station_of
from tillfree.web.api.problems import Problem

__all__ = ["OPERATIONS"]


class PalmDoorBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hand at a door: captures of one station, which stands at it."""

    captures: Captures
    pin: PinDigits = ""


class PalmDoorView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the controller of the door has heard that somebody may pass; whose palm it is, is not said.

    `reason` is empty where it has, else a word as of `identify`.
    """

    told: bool
    reason: str
    message: str
    guidance: str


class DoorView(msgspec.Struct, frozen=True, kw_only=True):
    """A door, and how its controller asks: `ready`, `silent`, or `no session` (not with the key of the door)."""

    door: str
    state: str
    stations: tuple[str, ...]
    pin: bool


class DoorsView(msgspec.Struct, frozen=True, kw_only=True):
    """All doors of the settings."""

    doors: tuple[DoorView, ...]


def _doors(call: Call) -> DoorsView:
    palms_of(call)
    return DoorsView(
        doors=tuple(
            DoorView(door=one.name, state=one.state, stations=one.settings.at, pin=one.settings.pin)
            for one in _all(call).all()
        )
    )


def _pass(call: Call) -> PalmDoorView:
    desk, body, door = palms_of(call), call.sent(PalmDoorBody), _door(call)
    station = station_of(body.captures)
    samples = samples_of(desk, body.captures)
    answer = pass_by_palm(desk, _all(call), door.name, samples, station=station, pin=body.pin)
    return PalmDoorView(told=answer.allowed, reason=answer.reason, message=answer.message, guidance=answer.guidance)


def _all(call: Call) -> PalmDoors:
    return call.console.palm_doors or PalmDoors([])


def _door(call: Call) -> PalmDoor:
    found = _all(call).get(call.path["door"])
    if found is None:
        raise Problem("not-found", "there is no door of this name; see [[palm.doors]] in the settings of the store")
    return found


OPERATIONS = (
    Operation(
        method="GET",
        path="/palms/doors",
        name="listPalmDoors",
        group="Palms",
        summary="Doors that a palm opens, and whether their controllers ask",
        scope="palms:read",
        run=_doors,
        answer=DoorsView,
    ),
    Operation(
        method="POST",
        path="/palms/doors/{door}",
        name="openDoorByPalm",
        group="Palms",
        summary="A hand at a door: its controller is told, if they may pass",
        about="Where stations sign (`palm.attested`), each capture needs a challenge of its own. Only a station that "
        "stands at the door opens it. The controller decides about the door: by its own list, and its hours.",
        scope="palms:present",
        run=_pass,
        body=PalmDoorBody,
        answer=PalmDoorView,
        problems=("refused", "not-found"),
    ),
)
