"""Settings of doors that a palm opens: where the controller of a door is reached, and what it is told."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ["DoorSettings", "check_doors"]

Station = Annotated[str, Meta(min_length=1, max_length=64)]


class DoorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One door, as the reader beside it is known to its controller (OSDP)."""

    name: Annotated[
        str,
        Meta(
            title="Name",
            description="What the door is called: palms are linked to doors by this name.",
            min_length=1,
            max_length=64,
            pattern="^[0-9A-Za-z._:-]+$",
        ),
    ]
    line: Annotated[
        Literal["tcp", "serial"],
        Meta(
            title="Line",
            description="tcp: we connect to host and port, a controller or a converter to RS-485. serial: an adapter "
            "to RS-485 of this machine, by device and baud.",
        ),
    ]
    host: Annotated[str, Meta(title="Host", description="With line = tcp: its name or address.", max_length=253)] = ""
    port: Annotated[
        int,
        Meta(
            title="Port",
            description="With line = tcp: where it waits for us.",
            ge=0,
            le=65535,
            extra_json_schema={"x-unit": "port"},
        ),
    ] = 0
    device: Annotated[str, Meta(title="Device", description="With line = serial: as /dev/ttyUSB0.", max_length=200)] = (
        ""
    )
    baud: Annotated[
        Literal[9600, 19200, 38400, 57600, 115200, 230400],
        Meta(
            title="Speed",
            description="With line = serial: bits per second, as the controller has it.",
            extra_json_schema={"x-unit": "bit/s"},
        ),
    ] = 9600
    address: Annotated[
        int,
        Meta(
            title="Address",
            description="Of this reader on the line. Several doors may share a line, each with its own.",
            ge=0,
            le=126,
            extra_json_schema={"x-unit": "address"},
        ),
    ] = 0
    bits: Annotated[
        Literal[26, 34],
        Meta(
            title="Format",
            description="How many bits of a card the controller is told, parity included (Wiegand).",
            extra_json_schema={"x-unit": "bits"},
        ),
    ] = 26
    facility: Annotated[
        int | None,
        Meta(
            title="Facility code",
            description="The site's half of each number; the one that is linked to a palm is then the card's half "
            "alone. Left out: what is linked has both (facility times 65536, plus the number).",
        ),
    ] = None
    key_env: Annotated[
        str,
        Meta(
            title="Key of the door",
            description="Name of the environment variable that holds the key of the Secure Channel (SCBK): 32 "
            "hexadecimal digits, the same as in the controller.",
            max_length=100,
        ),
    ] = ""
    key_file: Annotated[
        str,
        Meta(title="File of the key", description="The same in a file, in the place of key_env.", max_length=1000),
    ] = ""
    in_clear: Annotated[
        bool,
        Meta(
            title="Without a key",
            description="Whether numbers go over the line unencrypted: whoever reaches it can read and repeat them.",
        ),
    ] = False
    stations: Annotated[
        tuple[Station, ...],
        Meta(
            title="Stations",
            description="Which palm stations stand at this door, and may open it; empty: the one of the door's name.",
            max_length=50,
        ),
    ] = ()
    pin: Annotated[
        bool,
        Meta(title="PIN", description="Whether a palm alone is not enough here, and its PIN is asked for as well."),
    ] = False

    def __post_init__(self) -> None:
        """What one value cannot tell alone.

        Raises:
            ValueError: nothing says where the controller is, or how the line is protected; says what is missing.
        """
        where = f"door {self.name!r}"
        if not self.name.isprintable():  # a pattern's $ lets a line break follow
            raise ValueError(f"{where}: a name is letters, digits and . _ : -")
        if self.line == "tcp" and (not self.host or not self.port):
            raise ValueError(f"{where}: line = tcp needs a host and a port")
        if self.line == "serial" and not self.device:
            raise ValueError(f"{where}: line = serial needs a device, as /dev/ttyUSB0")
        if bool(self.key_env) + bool(self.key_file) + self.in_clear != 1:
            raise ValueError(
                f"{where}: give one of key_env, key_file (the key of the Secure Channel) or in_clear = true"
            )
        most = (1 << (self.bits - 18)) - 1
        if self.facility is not None and not 0 <= self.facility <= most:
            raise ValueError(f"{where}: a facility code of {self.bits} bits is 0 to {most}, not {self.facility}")

    @property
    def at(self) -> tuple[str, ...]:
        """The names of the stations at this door."""
        return self.stations or (self.name,)

    @property
    def wire(self) -> tuple[str, str, int]:
        """The line that it is on, to be compared with others."""
        return (self.line, self.host, self.port) if self.line == "tcp" else (self.line, self.device, 0)


def check_doors(doors: Sequence[DoorSettings]) -> None:
    """What one door cannot tell alone.

    Raises:
        ValueError: two doors have one name, one station, or one address on a line; or a line has two speeds.
    """
    for what, those in (
        ("two doors are called {}; give each a name of its own", [one.name for one in doors]),
        ("station {} stands at two doors; a station opens one", [name for one in doors for name in set(one.at)]),
        ("two doors are {}; give each an address of its own", [_place(one) for one in doors]),
    ):
        twice = next((one for one, count in Counter(those).items() if count > 1), None)
        if twice is not None:
            raise ValueError(what.format(twice))
    speeds = {(one.device, one.baud) for one in doors if one.line == "serial"}
    if len(speeds) > len({device for device, _ in speeds}):
        raise ValueError("two doors on one serial device have different baud; a line has one speed")


def _place(door: DoorSettings) -> str:
    _, where, port = door.wire
    return f"address {door.address} on the line {where}{f':{port}' if port else ''}"
