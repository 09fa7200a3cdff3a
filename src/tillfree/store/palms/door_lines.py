"""The doors of a shop as its settings want them: a reader for each, and a thread for each line."""

from collections.abc import Mapping
from pathlib import Path

from tillfree.connectors.doors.bus import ReaderBus
from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.lines import Line, SerialLine, TcpLine
from tillfree.connectors.doors.reader import OsdpReader
from tillfree.connectors.doors.secure import key_of, read_key
from tillfree.store.palms.door_settings import DoorSettings
from tillfree.store.palms.doors import PalmDoor, PalmDoors
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.workers import Worker, Workers

__all__ = ["make_doors"]

_AGAIN_S = 10.0
"""A line that broke is tried again at least so often: people stand before a door."""


def make_doors(settings: PalmSettings, environment: Mapping[str, str]) -> PalmDoors:
    """The doors, whose lines are opened by `start`.

    Raises:
        DoorError: the key of a door is missing, or is none.
    """
    doors: list[PalmDoor] = []
    readers: dict[tuple[str, str, int], list[OsdpReader]] = {}
    lines: dict[tuple[str, str, int], Line] = {}
    for number, door in enumerate(settings.doors, 1):
        reader = OsdpReader(door.address, bits=door.bits, serial=number, key=_key(door, environment))
        doors.append(PalmDoor(door, reader))
        readers.setdefault(door.wire, []).append(reader)
        lines[door.wire] = TcpLine(door.host, door.port) if door.line == "tcp" else SerialLine(door.device, door.baud)
    table = [_worker(ReaderBus(line, readers[wire])) for wire, line in lines.items()]
    return PalmDoors(doors, Workers(table))


def _worker(bus: ReaderBus) -> Worker:
    return Worker(
        f"line to doors {bus.name}", bus.turn, 0.0, "look at the line and the controller; it is tried again by itself",
        close=bus.close, interrupt=bus.stop, wait_most_s=_AGAIN_S,
    )  # fmt: skip


def _key(door: DoorSettings, environment: Mapping[str, str]) -> bytes:
    if door.key_file:
        return read_key(Path(door.key_file))
    if not door.key_env:
        return b""
    text = environment.get(door.key_env, "").strip()
    if not text:
        raise DoorError(
            f"door {door.name!r}: the environment variable {door.key_env} holds no key; set it to the 32 hexadecimal "
            "digits that the controller has, or make new ones for both (`openssl rand -hex 16`)"
        )
    return key_of(text, f"door {door.name!r}, variable {door.key_env}")
