"""A palm at a door: the controller is told of the number that stands for its owner, and decides."""

from collections.abc import Sequence
from typing import Protocol

from tillfree.connectors.doors.wiegand import WiegandNumber
from tillfree.store.palms.answers import PalmAnswer
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.policy import Use
from tillfree.store.palms.recogniser import Sample

__all__ = ["DoorReader", "pass_by_palm"]


class DoorReader(Protocol):
    """What a door controller hears: an `OsdpReader`, or two wires."""

    def present(self, card: WiegandNumber) -> None:
        """Tells of a number. Raises DoorError where it does not fit."""
        ...


def pass_by_palm(
    palms: PalmDesk, reader: DoorReader, door: str, samples: Sequence[Sample], *, bits: int = 26, pin: str = ""
) -> PalmAnswer:
    """Recognises, and tells the controller of the number of whoever may pass.

    Raises:
        DoorError: the number that is linked does not fit into so many bits.
    """
    answer = palms.attend(samples, Use("door", station=door, door=door, pin=pin), by=door)
    if answer.allowed:
        reader.present(WiegandNumber.of(palms.profile(answer.subject).door_number, bits))
    return answer
