"""Palms at doors: the controller of a door is told of the number that stands for a palm's owner, and decides."""

import dataclasses
import logging
import threading
import time
from collections.abc import Sequence
from typing import Literal, Protocol

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.wiegand import WiegandNumber
from tillfree.store.palms.answers import PalmAnswer
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.door_numbers import card_of
from tillfree.store.palms.door_settings import DoorSettings
from tillfree.store.palms.errors import NoPalmError
from tillfree.store.palms.policy import Use
from tillfree.store.palms.recogniser import Sample
from tillfree.store.workers import Workers

__all__ = ["WAIT_S", "DoorReader", "DoorState", "PalmDoor", "PalmDoors", "let_through", "pass_by_palm"]

WAIT_S = 1.0
"""So long somebody waits until the controller has heard: it asks several times a second, or something is wrong."""
_LATE_S = 5.0
"""After so long whoever stood there may have gone, and the door is not told."""
_UNSERVED_S = 3.0
"""A door whose controller has not asked for so long is not waited for."""
_TROUBLE_S = 10.0
_AT_ONCE = 4
_log = logging.getLogger(__name__)
DoorState = Literal["ready", "silent", "no session"]
"""Whether the controller asks; "no session": it does, but not with the key of the door."""


class DoorReader(Protocol):
    """What a door controller asks; as `OsdpReader`."""

    @property
    def silent_s(self) -> float:
        """Seconds since it was asked anything."""
        ...

    @property
    def unserved_s(self) -> float:
        """Seconds since it was asked as it has to be."""
        ...

    def tell(self, card: WiegandNumber, wait_s: float) -> bool:
        """Tells of a number; whether the controller heard within that time. Where not, it never will."""
        ...


class PalmDoor:
    """One door. Methods may be called by any thread."""

    def __init__(self, settings: DoorSettings, reader: DoorReader) -> None:
        self.settings, self._reader = settings, reader
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.settings.name

    @property
    def state(self) -> DoorState:
        """How it is now."""
        if self._reader.unserved_s < _UNSERVED_S:
            return "ready"
        return "silent" if self._reader.silent_s >= _UNSERVED_S else "no session"

    @property
    def trouble(self) -> str:
        """What has been wrong for a while, and what to do; empty while all is well."""
        if self._reader.unserved_s < _TROUBLE_S:
            return ""
        if self._reader.silent_s < _TROUBLE_S:
            return f"door {self.name}: the controller asks, but not with the key of this door; give both the same"
        return f"door {self.name}: no controller asks; check the line, and address {self.settings.address} there"

    def tell(self, card: WiegandNumber) -> bool:
        """Whether the controller heard of it; after `WAIT_S` seconds at most, at once where it does not ask."""
        if self.state != "ready" or not self._turns.acquire(blocking=False):
            return False
        try:
            return self._reader.tell(card, WAIT_S)
        finally:
            self._turns.release()


class PalmDoors:
    """All doors of a shop, and the threads of their lines."""

    def __init__(self, doors: Sequence[PalmDoor], lines: Workers | None = None) -> None:
        self._doors = {door.name: door for door in doors}
        self._lines = lines or Workers([])

    def all(self) -> list[PalmDoor]:
        """Each of them, as in the settings."""
        return list(self._doors.values())

    def get(self, name: str) -> PalmDoor | None:
        """The door of a name; None where there is none."""
        return self._doors.get(name)

    def at(self, station: str) -> str:
        """The name of the door that a station stands at; empty where there is none."""
        return next((door.name for door in self._doors.values() if station in door.settings.at), "")

    @property
    def trouble(self) -> str:
        """What does not work, for every page of the console; empty while all is well."""
        said = (self._lines.trouble, *(door.trouble for door in self._doors.values()))
        return "; ".join(one for one in said if one)

    def start(self) -> None:
        """Opens the lines, now and whenever one breaks."""
        self._lines.start()

    def stop(self) -> None:
        """Closes them."""
        self._lines.stop()


def pass_by_palm(
    palms: PalmDesk, doors: PalmDoors, door: str, samples: Sequence[Sample], *, station: str, pin: str = ""
) -> PalmAnswer:
    """Recognises whoever stands at a door, and tells its controller if they may pass. `door` is one of `doors`.

    Raises:
        VaultError: it cannot be written down; the door is not told then.
    """
    began_s = time.monotonic()
    answer = palms.attend(samples, Use("door", station=station, door=door, pin=pin), by=station)
    if answer.allowed and time.monotonic() - began_s > _LATE_S:
        return dataclasses.replace(answer, reason="door silent")
    return let_through(palms, doors, door, answer, station=station)


def let_through(palms: PalmDesk, doors: PalmDoors, door: str, answer: PalmAnswer, *, station: str) -> PalmAnswer:
    """The same after the desk has answered whether somebody may pass. It is written down first, without a name.

    Raises:
        VaultError: it cannot be written down; the door is not told then.
    """
    found = doors.get(door)
    if not answer.allowed or found is None:
        return dataclasses.replace(answer, reason=answer.reason or "no door")
    try:
        number = palms.profile(answer.subject).door_number
    except NoPalmError:  # erased a moment ago
        return PalmAnswer("unknown")
    try:
        card = card_of(found.settings, number) if number else None
    except DoorError:  # its words hold the number, which is as good as a card
        _log.error("door %s: a number that is linked to a palm does not fit into %d bits", door, found.settings.bits)
        card = None
    if card is None:
        return dataclasses.replace(answer, reason="not linked")
    palms.note_door(door, by=station)
    if found.tell(card):
        return answer
    palms.note_door(door, by=station, silent=True)
    return dataclasses.replace(answer, reason="door silent")
