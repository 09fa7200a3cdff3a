"""The records of an MCAP file, read in order without its index, as far as they are sound.

Layout of records and fields: https://mcap.dev/spec. Reading goes on behind a chunk whose content is damaged, and ends
where the chain of records itself breaks off.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple

import zstandard
from mcap.opcode import Opcode

from tillfree.storage.recordings.model import RecordingError

__all__ = [
    "MAGIC",
    "Attachment",
    "BrokenChainError",
    "DamagedChunkError",
    "Message",
    "Summary",
    "Topic",
    "chunk_records",
    "read_attachment",
    "read_message",
    "read_metadata",
    "read_records",
    "read_summary",
    "read_topic",
]

MAGIC = b"\x89MCAP0\r\n"
RECORD_BYTES_MAX = 256 * 1024 * 1024
"""Longer records are not held: a longer chunk is refused, a longer attachment skipped."""
_HEAD = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<HIQQ")
_U16, _U32, _U64 = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<Q")
_USED = frozenset(
    (Opcode.HEADER, Opcode.SCHEMA, Opcode.CHANNEL, Opcode.MESSAGE, Opcode.CHUNK, Opcode.ATTACHMENT, Opcode.METADATA)
)


class BrokenChainError(RecordingError):
    """The chain of records breaks off; says why. `offset` is the byte behind the last sound record."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.offset = offset


class DamagedChunkError(RecordingError):
    """One chunk cannot be read; says why."""


class Topic(NamedTuple):
    """A channel: its id, topic and how its messages are encoded."""

    channel: int
    topic: str
    encoding: str


class Attachment(NamedTuple):
    """A file within the file."""

    name: str
    data: bytes


class Message(NamedTuple):
    """One message of a channel; `data` is only valid until the next chunk is read."""

    channel: int
    log_time_ns: int
    data: memoryview


class Summary(NamedTuple):
    """What the end of a complete file says: times of first and last message, offsets of attachments by name."""

    start_ns: int
    end_ns: int
    messages: int
    attachments: dict[str, int]


def read_records(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Opcode and body of each record in use, from the current position to the end of the data section.

    Raises:
        BrokenChainError: the file is cut off or damaged.
    """
    position = file.tell()
    size = file.seek(0, 2)
    file.seek(position)
    while True:
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            raise BrokenChainError("the file is cut off", position)
        opcode, length = _HEAD.unpack(head)
        if opcode in (Opcode.DATA_END, Opcode.FOOTER):
            return
        following = position + _HEAD.size + length
        if opcode == 0:
            raise BrokenChainError("there is something else than a record", position)
        if following > size:
            raise BrokenChainError("the file is cut off within a record", position)
        if opcode not in _USED or (opcode == Opcode.ATTACHMENT and length > RECORD_BYTES_MAX):
            file.seek(following)
        elif length > RECORD_BYTES_MAX:
            raise BrokenChainError(f"a record claims {length / 1e6:.0f} MB", position)
        else:
            body = file.read(length)
            if len(body) < length:
                raise BrokenChainError("the file is cut off within a record", position)
            yield opcode, body
        position = following


def chunk_records(body: bytes) -> Iterator[Topic | Message]:
    """Channels and messages of a chunk.

    Raises:
        DamagedChunkError: its checksum, length or compression is wrong.
    """
    try:
        data = _uncompressed(body)
    except (struct.error, zstandard.ZstdError, UnicodeDecodeError, MemoryError) as error:
        raise DamagedChunkError(str(error) or "out of memory") from None
    view = memoryview(data)
    position, size = 0, len(data)
    while position < size:
        if size - position < _HEAD.size:
            raise DamagedChunkError("its last record is cut off")
        opcode, length = _HEAD.unpack_from(data, position)
        start = position + _HEAD.size
        position = start + length
        if position > size:
            raise DamagedChunkError("its last record is cut off")
        if opcode == Opcode.MESSAGE:
            yield read_message(view[start:position])
        elif opcode == Opcode.CHANNEL:
            yield read_topic(data[start:position])


def _uncompressed(body: bytes) -> bytes:
    size, checksum = struct.unpack_from("<QI", body, 16)
    compression, position = _text(body, 28)
    (length,) = _U64.unpack_from(body, position)
    compressed = memoryview(body)[position + 8 : position + 8 + length]
    if len(compressed) != length or size > RECORD_BYTES_MAX:
        raise DamagedChunkError("its length is wrong")
    if compression == "zstd":
        # The frame's own header is not trusted: it decides how much memory is taken.
        if zstandard.frame_content_size(compressed) not in (size, -1):
            raise DamagedChunkError("its length is wrong")
        data = zstandard.ZstdDecompressor().decompress(compressed, max_output_size=size) if size else b""
    elif compression == "":
        data = bytes(compressed)
    else:
        raise DamagedChunkError(f"it is compressed with {compression[:20]!r}; write it again with zstd")
    if len(data) != size:
        raise DamagedChunkError("its length is wrong")
    if checksum and zlib.crc32(data) != checksum:
        raise DamagedChunkError("its checksum is wrong")
    return data


def read_message(body: memoryview) -> Message:
    """A message record.

    Raises:
        DamagedChunkError: it is too short.
    """
    if len(body) < _MESSAGE.size:
        raise DamagedChunkError("a message is cut off")
    channel, _, log_time_ns, _ = _MESSAGE.unpack_from(body)
    return Message(channel, log_time_ns, body[_MESSAGE.size :])


def read_topic(body: bytes) -> Topic:
    """A channel record.

    Raises:
        DamagedChunkError: it is malformed.
    """
    try:
        (channel,) = _U16.unpack_from(body)
        topic, position = _text(body, 4)
        encoding, _ = _text(body, position)
    except (struct.error, UnicodeDecodeError) as error:
        raise DamagedChunkError(f"malformed channel: {error}") from None
    return Topic(channel, topic, encoding)


def read_attachment(body: bytes) -> Attachment | None:
    """An attachment, None where it is malformed or its checksum is wrong."""
    try:
        name, position = _text(body, 16)
        _, position = _text(body, position)
        (length,) = _U64.unpack_from(body, position)
        data = body[position + 8 : position + 8 + length]
        (checksum,) = _U32.unpack_from(body, position + 8 + length)
    except (struct.error, UnicodeDecodeError, OverflowError):
        return None
    if len(data) != length or (checksum and zlib.crc32(body[:-4]) != checksum):
        return None
    return Attachment(name, data)


def read_metadata(body: bytes) -> tuple[str, dict[str, str]]:
    """Name and entries of a metadata record; an empty name where it is malformed."""
    entries: dict[str, str] = {}
    try:
        name, position = _text(body, 0)
        (length,) = _U32.unpack_from(body, position)
        position += 4
        end = position + length
        while position < end:
            key, position = _text(body, position)
            entries[key], position = _text(body, position)
    except (struct.error, UnicodeDecodeError):
        return "", {}
    return name, entries


def read_summary(file: IO[bytes]) -> Summary | None:
    """What the end of the file says, None where it is cut off or says nothing."""
    size = file.seek(0, 2)
    tail = _HEAD.size + 20 + len(MAGIC)
    file.seek(max(0, size - tail))
    data = file.read(tail)
    if len(data) < tail or not data.endswith(MAGIC) or data[0] != Opcode.FOOTER:
        return None
    start, _, _ = struct.unpack_from("<QQI", data, _HEAD.size)
    length = size - tail - start
    if not start or not 0 < length <= RECORD_BYTES_MAX:
        return None
    file.seek(start)
    section = file.read(length)
    statistics: tuple[int, int, int] | None = None
    attachments: dict[str, int] = {}
    position = 0
    try:
        while position + _HEAD.size <= len(section):
            opcode, record_length = _HEAD.unpack_from(section, position)
            body = section[position + _HEAD.size : position + _HEAD.size + record_length]
            position += _HEAD.size + record_length
            if opcode == Opcode.STATISTICS:
                messages, _, _, _, _, _, start_ns, end_ns = struct.unpack_from("<QHIIIIQQ", body)
                statistics = (start_ns, end_ns, messages)
            elif opcode == Opcode.ATTACHMENT_INDEX:
                (offset,) = _U64.unpack_from(body)
                name, _ = _text(body, 40)
                attachments[name] = offset
    except (struct.error, UnicodeDecodeError):
        return None
    if statistics is None:
        return None
    return Summary(*statistics, attachments)


def _text(data: bytes, position: int) -> tuple[str, int]:
    """A length-prefixed UTF-8 text at `position`, and the position behind it."""
    (length,) = _U32.unpack_from(data, position)
    start = position + 4
    raw = data[start : start + length]
    if len(raw) != length:
        raise struct.error("a text is cut off")
    return str(raw, "utf-8"), start + length
