"""A simulated door controller: polls an OSDP reader, knows which numbers pass, and says what the door did."""

import hmac
import secrets
from collections.abc import Callable

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.osdp import Block, Code, Frame, read_card, read_frame
from tillfree.connectors.doors.secure import RANDOM_BYTES, Session
from tillfree.connectors.doors.wiegand import WiegandNumber, number_of
from tillfree.simulation.errors import SimulationError

__all__ = ["SimulatedPanel"]

_RED, _GREEN = 1, 2
_OWN_KEY = 1
_NAME_BYTES = 8


class SimulatedPanel:
    """One controller with one reader; `ask` brings a frame to it and its reply back, empty where none came.

    With a `key` it begins a secure session before anything else, and a new one whenever one is over.
    """

    def __init__(self, ask: Callable[[bytes], bytes], address: int = 0, *, key: bytes = b"") -> None:
        self._ask, self._address, self._key = ask, address, key
        self._sequence = 0
        self._session: Session | None = None
        self.allowed: set[WiegandNumber] = set()
        self.opened: list[WiegandNumber] = []
        self.refused: list[WiegandNumber] = []

    def poll(self) -> None:
        """Asks once, and lets in whom the reader tells of, if they are on the list.

        Raises:
            SimulationError: the reader does not do what it was told.
            DoorError: its reply cannot be read.
        """
        if self._key and self._session is None and not self.begin():
            return
        reply = self.tell(Code.POLL)
        if reply is None or reply.code != Code.RAW:
            return
        card = number_of(read_card(reply.data).bits)
        (self.opened if card in self.allowed else self.refused).append(card)
        self.tell(Code.LED, _light(_GREEN if card in self.allowed else _RED))

    def begin(self) -> bool:
        """Begins a secure session; False where no reply comes.

        Raises:
            SimulationError: the reader refuses, or has not the key.
        """
        self._session, self._sequence = None, 0
        random_a = secrets.token_bytes(RANDOM_BYTES)
        reply = self._exchange(self._frame(Code.CHLNG, random_a, bytes((Block.CHALLENGE, _OWN_KEY))))
        if reply is None:
            return False
        random_b = reply.data[_NAME_BYTES : _NAME_BYTES + RANDOM_BYTES]
        try:
            session = Session(self._key, random_a, random_b)
        except DoorError as error:
            raise SimulationError(f"the reader's answer to the challenge is cut off: {error}") from error
        if not hmac.compare_digest(reply.data[_NAME_BYTES + RANDOM_BYTES :], session.client_cryptogram):
            raise SimulationError("the reader has not the key of this door")
        proof = self._frame(Code.SCRYPT, session.server_cryptogram, bytes((Block.SERVER_CRYPTOGRAM, _OWN_KEY)))
        reply = self._exchange(proof)
        if reply is None:
            return False
        if reply.data != session.first_mac:
            raise SimulationError("the reader did not end the handshake as it has to")
        self._session = session
        return True

    def tell(self, code: Code, data: bytes = b"") -> Frame | None:
        """Sends a command; a reply that does not come is asked for once more with the same sequence.

        Raises:
            SimulationError: the reader refuses.
            DoorError: the reply is not of this session.
        """
        frame = self._frame(code, data)
        reply = self._exchange(frame if self._session is None else self._session.seal(frame))
        if reply is None or self._session is None:
            return reply
        try:
            return self._session.open(reply)
        except DoorError:
            self._session = None
            raise

    # ---- inside -------------------------------------------------------------------------------------------------

    def _frame(self, code: Code, data: bytes, block: bytes = b"") -> Frame:
        return Frame(address=self._address, sequence=self._sequence, code=code, data=data, block=block)

    def _exchange(self, frame: Frame) -> Frame | None:
        sent = frame.to_bytes()
        answer = self._ask(sent) or self._ask(sent)
        if not answer:
            self._session, self._sequence = None, 0  # begins anew
            return None
        reply = read_frame(answer)
        if reply.code == Code.NAK and not reply.block:
            self._session = None
            raise SimulationError(f"the reader refuses 0x{frame.code:02x}: reason {reply.data.hex()}")
        self._sequence = self._sequence % 3 + 1
        return reply


def _light(colour: int) -> bytes:
    """osdp_LED: reader 0, light 0, nothing temporary, and for good this colour."""
    return bytes((0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, colour, 0))
