"""A palm station as an OSDP reader: a door controller polls it, and hears of a number when a palm may pass."""

import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.osdp import ADDRESS_EVERY, Block, CardRead, Code, Frame, Nak, card_read, read_frame
from tillfree.connectors.doors.secure import KEY_BYTES, RANDOM_BYTES, Session
from tillfree.connectors.doors.wiegand import WiegandNumber, bits_of

__all__ = ["GOOD_S", "OsdpReader"]

GOOD_S = 5.0
"""So long a number waits for a poll: a door that opens later opens for whoever stands there then."""
_SILENT_S = 8.0
"""After so long a silence of the controller a session is over (section 5.7 of OSDP 2.2: offline)."""
_WAITING_MAX = 4
_VENDOR = bytes((0x00, 0x00, 0x00))
_MODEL, _VERSION = 1, 1
_FIRMWARE = bytes((1, 0, 0))
# Function, compliance, number (osdp_PDCAP): card data as bits; one light; a CRC; last the secure channel.
_CAPABILITIES = bytes((3, 1, 0, 4, 1, 1, 8, 1, 0, 9))
_LIGHT_BYTES = 14
_OWN_KEY = 1
_IN_CLEAR = (Code.ID, Code.CAP)
"""What a reader with a key says to anybody: what it is."""


class _Told:
    """A number on its way to the controller."""

    __slots__ = ("done", "read", "until_s")

    def __init__(self, read: CardRead, until_s: float) -> None:
        self.read, self.until_s = read, until_s
        self.done = threading.Event()


class OsdpReader:
    """One reader at one address. One thread hands over frames, others may `present` and `tell`."""

    def __init__(
        self,
        address: int,
        *,
        bits: int = 26,
        serial: int = 1,
        key: bytes = b"",
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`bits` is the format of the numbers. With a `key` of 16 bytes nothing is told but in a secure session.

        Raises:
            DoorError: there is no such address or format, or the key has another length.
        """
        if not 0 <= address < ADDRESS_EVERY:
            raise DoorError(f"a reader has an address from 0 to {ADDRESS_EVERY - 1}, not {address}")
        if len(key) not in (0, KEY_BYTES):
            raise DoorError(f"the key of a door has {KEY_BYTES} bytes, not {len(key)}")
        bits_of(WiegandNumber(0, 0), bits)
        self._address, self._bits, self._serial, self._key, self._now_s = address, bits, serial, key, now_s
        self._lock = threading.Lock()
        self._waiting: deque[_Told] = deque(maxlen=_WAITING_MAX)
        self._given: _Told | None = None
        self._sequence = 0
        self._heard: bytes = b""
        self._heard_s = self._served_s = now_s()
        self._last: bytes = b""
        self._begun: Session | None = None
        self._session: Session | None = None
        self.light: int | None = None
        """The colour that the controller wants to be shown (osdp_LED): 0 off, 1 red, 2 green, 3 amber, 4 blue."""

    @property
    def is_secure(self) -> bool:
        """Whether a secure session goes on."""
        return self._session is not None

    @property
    def silent_s(self) -> float:
        """Seconds since a controller asked this reader anything; at first since it was made."""
        with self._lock:
            return self._now_s() - self._heard_s

    @property
    def unserved_s(self) -> float:
        """Seconds since a controller asked as it has to: in a session, where there is a key. At first as `silent_s`."""
        with self._lock:
            return self._now_s() - self._served_s

    def present(self, card: WiegandNumber) -> None:
        """A palm may pass: the controller is told at its next poll, and decides about the door.

        Raises:
            DoorError: the number does not fit into the format.
        """
        self._put(card)

    def tell(self, card: WiegandNumber, wait_s: float) -> bool:
        """The same, and waits until the controller has heard of it; where it has not, it never will.

        Raises:
            DoorError: the number does not fit into the format.
        """
        told = self._put(card)
        told.done.wait(wait_s)
        with self._lock:
            if told in self._waiting:
                self._waiting.remove(told)
            elif self._given is told and not told.done.is_set():
                # It was sent, and whether it arrived is not known. Asked again, the same reply would open the door for
                # whoever stands there by then: the controller has to begin anew.
                self._begin_anew()
            return told.done.is_set()

    def answer(self, data: bytes) -> bytes:
        """The reply to a frame; empty where there is none: it is for another reader, or cannot be read.

        A frame that is said again, with its sequence, gets the same reply: no number is told twice, and none is lost.
        """
        try:
            frame = read_frame(data)
        except DoorError:
            return b""
        if frame.reply or frame.address not in (self._address, ADDRESS_EVERY):
            return b""
        with self._lock:
            silent_s, self._heard_s = self._now_s() - self._heard_s, self._now_s()
            if frame.sequence == 0 or silent_s > _SILENT_S:
                self._begin_anew()
            if self._last and frame.sequence == self._sequence:
                # In a session only the very same: another frame is somebody else's.
                if self._session is None or data == self._heard:
                    return self._last
                return self._refused(frame, Nak.SECURE_NEEDED)
            if frame.sequence not in (0, self._sequence % 3 + 1):
                return self._refused(frame, Nak.SEQUENCE)
            reply = self._done(frame)
            self._sequence, self._heard, self._last = frame.sequence, data, reply
            return reply

    # ---- inside -------------------------------------------------------------------------------------------------

    def _put(self, card: WiegandNumber) -> _Told:
        told = _Told(CardRead(0, bits_of(card, self._bits)), self._now_s() + GOOD_S)
        with self._lock:
            self._waiting.append(told)
        return told

    def _begin_anew(self) -> None:
        """The controller has lost the thread; a number that was given and not confirmed is lost with it."""
        self._last, self._heard, self._given = b"", b"", None
        self._begun, self._session = None, None

    def _done(self, frame: Frame) -> bytes:
        if self._key and frame.block[:1] in (bytes((Block.CHALLENGE,)), bytes((Block.SERVER_CRYPTOGRAM,))):
            return self._handshake(frame)
        if self._session is not None:
            try:
                clear = self._session.open(frame)
            except DoorError:  # nothing more is said in a session that somebody else takes part in
                self._begun, self._session, self._given = None, None, None
                return self._refused(frame, Nak.SECURE_NEEDED)
            return self._session.seal(self._made(clear, *self._said(clear))).to_bytes()
        if frame.block:
            return self._refused(frame, Nak.SECURE_NEEDED if self._key else Nak.SECURE_UNSUPPORTED)
        if self._key and frame.code not in _IN_CLEAR:
            return self._refused(frame, Nak.SECURE_NEEDED)
        return self._made(frame, *self._said(frame)).to_bytes()

    def _handshake(self, frame: Frame) -> bytes:
        own_key = frame.block[1:] == bytes((_OWN_KEY,))
        self._session = None
        if frame.code == Code.CHLNG and frame.block[0] == Block.CHALLENGE:
            if not own_key or len(frame.data) != RANDOM_BYTES:
                return self._refused(frame, Nak.SECURE_UNSUPPORTED)
            random_b = secrets.token_bytes(RANDOM_BYTES)
            self._begun = Session(self._key, frame.data, random_b)
            name = _VENDOR + bytes((_MODEL, _VERSION)) + self._serial.to_bytes(4, "little")[:3]
            data = name + random_b + self._begun.client_cryptogram
            return self._made(frame, Code.CCRYPT, data, bytes((Block.CRYPTOGRAM, _OWN_KEY))).to_bytes()
        begun, self._begun = self._begun, None
        right = begun is not None and hmac.compare_digest(begun.server_cryptogram, frame.data)
        if frame.code != Code.SCRYPT or begun is None or not own_key or not right:
            return self._refused(frame, Nak.SECURE_NEEDED)
        self._session = begun
        return self._made(frame, Code.RMAC_I, begun.first_mac, bytes((Block.FIRST_MAC, 1))).to_bytes()

    def _said(self, frame: Frame) -> tuple[Code, bytes]:
        if self._session is not None or not self._key:
            self._served_s = self._now_s()
        if self._given is not None:  # the next command says that the reply before was heard
            self._given.done.set()
            self._given = None
        if frame.code == Code.POLL:
            return self._polled()
        if frame.code == Code.LED:
            return self._shown(frame.data)
        serial = self._serial.to_bytes(4, "little")
        table: dict[int, tuple[Code, bytes]] = {
            Code.ID: (Code.PDID, _VENDOR + bytes((_MODEL, _VERSION)) + serial + _FIRMWARE),
            Code.CAP: (Code.PDCAP, _CAPABILITIES + bytes((int(bool(self._key)), 0))),
            Code.LSTAT: (Code.LSTATR, bytes((0, 0))),
            Code.BUZ: (Code.ACK, b""),
        }
        return table.get(frame.code, (Code.NAK, bytes((Nak.COMMAND,))))

    def _polled(self) -> tuple[Code, bytes]:
        now_s = self._now_s()
        while self._waiting:
            told = self._waiting.popleft()
            if now_s < told.until_s:
                self._given = told
                return Code.RAW, card_read(told.read)
        return Code.ACK, b""

    def _shown(self, data: bytes) -> tuple[Code, bytes]:
        """The permanent settings of the first light: control code, on time, off time, on colour, off colour."""
        if len(data) % _LIGHT_BYTES or not data:
            return Code.NAK, bytes((Nak.LENGTH,))
        self.light = data[12] if data[9] == 1 else self.light
        return Code.ACK, b""

    def _made(self, frame: Frame, code: Code, data: bytes = b"", block: bytes = b"") -> Frame:
        return Frame(
            address=self._address, sequence=frame.sequence, code=code, data=data, reply=True, crc=frame.crc, block=block
        )

    def _refused(self, frame: Frame, why: Nak) -> bytes:
        return self._made(frame, Code.NAK, bytes((why,))).to_bytes()
