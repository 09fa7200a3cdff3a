"""What can go wrong with doors.

* TillfreeError
    * ConnectorError
        * DoorError: bits or a frame are not what they have to be
            * DoorLineError: the line to a door controller cannot be opened, or broke
"""

from tillfree.connectors.errors import ConnectorError

__all__ = ["DoorError", "DoorLineError"]


class DoorError(ConnectorError):
    """Bits or a frame are not what they have to be; says where."""


class DoorLineError(DoorError):
    """The line to a door controller cannot be opened, or broke; says which line, and what to look at."""
