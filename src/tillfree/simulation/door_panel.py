"""A simulated door controller: polls an OSDP reader, knows which numbers pass, and says what the door did."""

from collections.abc import Callable

from tillfree.connectors.doors.osdp import Code, Frame, read_card, read_frame
from tillfree.connectors.doors.wiegand import WiegandNumber, number_of
from tillfree.simulation.errors import SimulationError

__all__ = ["SimulatedPanel"]

_RED, _GREEN = 1, 2


class SimulatedPanel:
    """One controller with one reader; `ask` brings a frame to it and its reply back, empty where none came."""

    def __init__(self, ask: Callable[[bytes], bytes], address: int = 0) -> None:
        self._ask, self._address = ask, address
        self._sequence = 0
        self.allowed: set[WiegandNumber] = set()
        self.opened: list[WiegandNumber] = []
        self.refused: list[WiegandNumber] = []

    def poll(self) -> None:
        """Asks once, and lets in whom the reader tells of, if they are on the list.

        Raises:
            SimulationError: the reader does not do what it was told.
            DoorError: its reply cannot be read.
        """
        reply = self.tell(Code.POLL)
        if reply is None or reply.code != Code.RAW:
            return
        card = number_of(read_card(reply.data).bits)
        (self.opened if card in self.allowed else self.refused).append(card)
        self.tell(Code.LED, _light(_GREEN if card in self.allowed else _RED))

    def tell(self, code: Code, data: bytes = b"") -> Frame | None:
        """Sends a command; a reply that does not come is asked for once more with the same sequence.

        Raises:
            SimulationError: the reader refuses.
        """
        sent = Frame(address=self._address, sequence=self._sequence, code=code, data=data).to_bytes()
        answer = self._ask(sent) or self._ask(sent)
        if not answer:
            self._sequence = 0  # begins anew
            return None
        reply = read_frame(answer)
        if reply.code == Code.NAK:
            raise SimulationError(f"the reader refuses 0x{code:02x}: reason {reply.data.hex()}")
        self._sequence = self._sequence % 3 + 1
        return reply


def _light(colour: int) -> bytes:
    """osdp_LED: reader 0, light 0, nothing temporary, and for good this colour."""
    return bytes((0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, colour, 0))
