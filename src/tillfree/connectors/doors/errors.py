"""What can go wrong with doors.

* TillfreeError
    * ConnectorError
        * DoorError: bits or a frame are not what they have to be
"""

from tillfree.connectors.errors import ConnectorError

__all__ = ["DoorError"]


class DoorError(ConnectorError):
    """Bits or a frame are not what they have to be; says where."""
