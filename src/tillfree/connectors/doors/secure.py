"""The Secure Channel of OSDP: who has the key of a door, and that nobody else says anything (annex D of OSDP 2.2).

AES-128 with a base key for each door (SCBK). Both sides show that they have it by cryptograms of two random numbers;
three session keys follow. Each frame has a MAC that goes on from that of the frame before, so that one which is
changed, left out, said again or put elsewhere is found. The key that every device has from its maker (SCBK-D), and new
keys over the wire (osdp_KEYSET), are not spoken: who listens at that moment would have them.
"""

import hmac
import re
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.osdp import MAC_BYTES, Block, Frame

__all__ = ["KEY_BYTES", "RANDOM_BYTES", "Session", "key_of", "read_key"]

KEY_BYTES = 16
RANDOM_BYTES = 8
_ENC, _MAC1, _MAC2 = b"\x01\x82", b"\x01\x01", b"\x01\x02"
_PAD = 0x80
_DEFAULT_KEY = bytes(range(0x30, 0x40))
_FILE_BYTES_MAX = 1000


class Session:
    """One session, as either side keeps it. Not for two threads at once."""

    def __init__(self, key: bytes, random_a: bytes, random_b: bytes) -> None:
        """`random_a` is the controller's, `random_b` the reader's: 8 random bytes each.

        Raises:
            DoorError: the key or a random number has another length.
        """
        if (len(key), len(random_a), len(random_b)) != (KEY_BYTES, RANDOM_BYTES, RANDOM_BYTES):
            raise DoorError(f"a session has a key of {KEY_BYTES} bytes and two random numbers of {RANDOM_BYTES}")
        self._enc, self._mac1, self._mac2 = (
            _one(key, (kind + random_a[:6]).ljust(KEY_BYTES, b"\0")) for kind in (_ENC, _MAC1, _MAC2)
        )
        self.client_cryptogram = _one(self._enc, random_a + random_b)
        """With this a reader shows that it has the key."""
        self.server_cryptogram = _one(self._enc, random_b + random_a)
        """With this the controller does."""
        # The MAC of the last command, and of the last reply: the first reply is taken to be the handshake's.
        self._command = bytes(KEY_BYTES)
        self._reply = _one(self._mac2, _one(self._mac1, self.server_cryptogram))

    @property
    def first_mac(self) -> bytes:
        """What the reader says to end the handshake: the MAC that the first command goes on from."""
        return self._reply

    def seal(self, frame: Frame) -> Frame:
        """A clear frame as it goes over the wire in this session; its MAC is remembered."""
        kind = (Block.SEALED_REPLY if frame.reply else Block.SEALED_COMMAND) if frame.data else _bare(frame)
        data = self._crypt(frame.data, reply=frame.reply) if frame.data else b""
        sealed = msgspec.structs.replace(frame, data=data, block=bytes((kind,)), mac=bytes(MAC_BYTES))
        whole = self._mac(sealed)
        self._note(whole, reply=frame.reply)
        return msgspec.structs.replace(sealed, mac=whole[:MAC_BYTES])

    def open(self, frame: Frame) -> Frame:
        """The clear frame in one that came over the wire; its MAC is remembered.

        Raises:
            DoorError: it is not the next one of this session, or not of this session at all; nothing is remembered.
        """
        sealed = Block.SEALED_REPLY if frame.reply else Block.SEALED_COMMAND
        if frame.block not in (bytes((sealed,)), bytes((_bare(frame),))):
            raise DoorError("a frame is not of a secure session, or goes the other way")
        whole = self._mac(frame)
        if not hmac.compare_digest(whole[:MAC_BYTES], frame.mac):
            raise DoorError("a frame has a wrong MAC: it was changed, said again, left out, or made with another key")
        data = self._plain(frame.data, reply=frame.reply) if frame.block[0] == sealed else frame.data
        self._note(whole, reply=frame.reply)
        return msgspec.structs.replace(frame, data=data, block=b"", mac=b"")

    # ---- inside -------------------------------------------------------------------------------------------------

    def _note(self, whole: bytes, *, reply: bool) -> None:
        if reply:
            self._reply = whole
        else:
            self._command = whole

    def _mac(self, frame: Frame) -> bytes:
        """CBC of all blocks with one key, of the last block with another; begun with the MAC of the other side."""
        signed = frame.signed()
        if len(signed) % KEY_BYTES:
            signed = _padded(signed)
        before = self._command if frame.reply else self._reply
        if len(signed) > KEY_BYTES:
            before = _chain(self._mac1, before, signed[:-KEY_BYTES])[-KEY_BYTES:]
        return _chain(self._mac2, before, signed[-KEY_BYTES:])

    def _crypt(self, data: bytes, *, reply: bool) -> bytes:
        return _chain(self._enc, self._vector(reply=reply), _padded(data))

    def _plain(self, data: bytes, *, reply: bool) -> bytes:
        if not data or len(data) % KEY_BYTES:
            raise DoorError(f"sealed data has whole blocks of {KEY_BYTES} bytes, not {len(data)}")
        decryptor = Cipher(algorithms.AES(self._enc), modes.CBC(self._vector(reply=reply))).decryptor()
        plain = (decryptor.update(data) + decryptor.finalize()).rstrip(b"\0")
        if not plain or plain[-1] != _PAD:
            raise DoorError("sealed data does not end as it has to")
        return plain[:-1]

    def _vector(self, *, reply: bool) -> bytes:
        return bytes(byte ^ 0xFF for byte in (self._command if reply else self._reply))


def read_key(path: Path) -> bytes:
    """The base key of a door from a file: 32 hexadecimal digits.

    Raises:
        DoorError: there is no such file, something else stands in it, or it is the key that every device comes with.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_FILE_BYTES_MAX).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DoorError(f"{path}: the key of a door cannot be read ({error})") from error
    return key_of(text, str(path))


def key_of(text: str, source: str) -> bytes:
    """The base key of a door from a text of 32 hexadecimal digits; `source` says where it stands, in messages.

    Raises:
        DoorError: it is something else, or the key that every device comes with.
    """
    if not re.fullmatch(r"[0-9A-Fa-f]{32}", text):
        raise DoorError(f"{source}: the key of a door is 32 hexadecimal digits (16 random bytes), and nothing else")
    key = bytes.fromhex(text)
    if key == _DEFAULT_KEY or len(set(key)) == 1:
        raise DoorError(f"{source}: this key is known to everybody; make one (`openssl rand -hex 16`) for each door")
    return key


def _bare(frame: Frame) -> Block:
    return Block.REPLY if frame.reply else Block.COMMAND


def _padded(data: bytes) -> bytes:
    data += bytes((_PAD,))
    return data.ljust(-(-len(data) // KEY_BYTES) * KEY_BYTES, b"\0")


def _one(key: bytes, block: bytes) -> bytes:
    return _chain(key, bytes(KEY_BYTES), block)


def _chain(key: bytes, vector: bytes, blocks: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return encryptor.update(blocks) + encryptor.finalize()
