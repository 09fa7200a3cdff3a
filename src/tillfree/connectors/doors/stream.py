"""From bytes, as they drip from a line, to whole frames of OSDP."""

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.osdp import FRAME_BYTES_MAX, read_frame

__all__ = ["FrameStream"]

_START = b"\x53"
_FRAME_BYTES_MIN = 7
_KEPT_BYTES_MAX = 4 * FRAME_BYTES_MAX


class FrameStream:
    """Finds frames between noise, the idle bytes (0xFF) of some drivers, and frames that are cut off."""

    def __init__(self) -> None:
        self._kept = b""

    def put(self, data: bytes) -> list[bytes]:
        """The frames that are whole now, each as it was sent and with a right check; the rest is kept for later.

        A start that no frame follows is passed over, byte by byte, so that a frame behind it is found.
        """
        kept = (self._kept + data)[-_KEPT_BYTES_MAX:]
        found, at = [], 0
        while (at := kept.find(_START, at)) >= 0 and at + _FRAME_BYTES_MIN <= len(kept):
            end = at + (kept[at + 2] | kept[at + 3] << 8)
            if not _FRAME_BYTES_MIN <= end - at <= FRAME_BYTES_MAX:
                at += 1
            elif end > len(kept):
                break
            elif _is_frame(kept[at:end]):
                found.append(kept[at:end])
                at = end
            else:
                at += 1
        self._kept = kept[at:] if at >= 0 else b""
        return found

    def pause(self) -> list[bytes]:
        """Nothing came for longer than any sender waits within a frame: what is kept was cut off.

        Returns the frames behind it, if there are any.
        """
        found: list[bytes] = []
        while self._kept:
            self._kept = self._kept[1:]
            found += self.put(b"")
        return found


def _is_frame(data: bytes) -> bool:
    try:
        read_frame(data)
    except DoorError:
        return False
    return True
