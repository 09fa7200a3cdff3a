"""The number by which a door controller knows the owner of a palm, in the format of each door. Pure."""

from collections.abc import Sequence

import msgspec

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.wiegand import WiegandNumber, bits_of
from tillfree.storage.palm_vault.records import Profile
from tillfree.store.palms.door_settings import DoorSettings
from tillfree.store.palms.errors import PalmDeskError

__all__ = ["DOORS_MAX", "card_of", "check_door_links", "with_doors"]

DOORS_MAX = 100
_NAME_MAX = 64
_NUMBER_MAX = 2**32 - 1


def card_of(door: DoorSettings, number: int) -> WiegandNumber:
    """What the controller of a door is told, for the number that is linked to a palm.

    Raises:
        DoorError: it does not fit into the format of the door.
    """
    card = WiegandNumber.of(number, door.bits) if door.facility is None else WiegandNumber(door.facility, number)
    bits_of(card, door.bits)
    return card


def check_door_links(profile: Profile, doors: Sequence[DoorSettings]) -> None:
    """Whether each door of these that is linked to a palm can be told of its number.

    Raises:
        PalmDeskError: there is no number, or it does not fit into the format of one of them.
    """
    for door in doors:
        if door.name not in profile.doors:
            continue
        if not profile.door_number:
            raise PalmDeskError(f"door {door.name!r} is told a number: give that by which its controller knows them")
        try:
            card_of(door, profile.door_number)
        except DoorError as error:
            raise PalmDeskError(f"the number does not fit door {door.name!r}: {error}") from error


def with_doors(profile: Profile, names: Sequence[str], number: int, doors: Sequence[DoorSettings]) -> Profile:
    """The profile with these doors and this number in the place of what was; without doors there is no number.

    `doors` are those of the settings.

    Raises:
        PalmDeskError: a name or the number is out of its bounds, or as `check_door_links`.
    """
    names = tuple(dict.fromkeys(names))
    for name in names:
        if not name or len(name) > _NAME_MAX or not name.isprintable() or name != name.strip():
            raise PalmDeskError(f"door {name[:40]!r}: a name has 1 to {_NAME_MAX} printable characters")
    if len(names) > DOORS_MAX or not 0 <= number <= _NUMBER_MAX:
        raise PalmDeskError(f"a palm opens at most {DOORS_MAX} doors, by a number from 1 to {_NUMBER_MAX}")
    changed = msgspec.structs.replace(profile, doors=names, door_number=number if names else 0)
    check_door_links(changed, doors)
    return changed
