"""The records of an MCAP file in the order in which they are written: head, chunks of messages, summary.

Layout: https://mcap.dev/spec. The records themselves are those of the `mcap` package; only a chunk is filled here,
message by message, since a store gives thousands of them a second (`docs/decisions/0012-chunks-and-messagepack.md`).
"""

import struct
import zlib
from collections import Counter
from typing import IO

import msgspec
import zstandard
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Attachment,
    AttachmentIndex,
    Channel,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)

from tillfree.storage.recordings.mcap_records import MAGIC
from tillfree.storage.recordings.message_encoding import JSON, Encoder, encoder_of

__all__ = ["McapStream"]

_CHUNK_BYTES = 512 * 1024
"""A cut-off file loses at most the last chunk: about 4 s of 350 plates and 4 people."""
_HEAD = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<BQHIQQ")
_CHUNK = struct.Struct("<QQQII4sQ")
_FOOTER = struct.Struct("<BQQQ")


class McapStream:
    """One file while it is written. Nothing that was written is touched again, and memory holds one chunk."""

    def __init__(self, file: IO[bytes], library: str, level: int) -> None:
        """`level` is that of Zstandard's compression, from 1 (fast) to 19."""
        self._file = file
        self._offset = 0
        self._schemas: list[Schema] = []
        self._channels: list[Channel] = []
        self._encoders: list[Encoder] = []
        self._chunks: list[ChunkIndex] = []
        self._attachments: list[AttachmentIndex] = []
        self._metadata: list[MetadataIndex] = []
        self._counts: Counter[int] = Counter()
        self._buffer = bytearray()
        self._entries: dict[int, list[tuple[int, int]]] = {}
        self._compressor = zstandard.ZstdCompressor(level=level)
        self._put(MAGIC)
        self._put(_bytes(Header("", library)))

    def add_metadata(self, name: str, entries: dict[str, str]) -> None:
        """Entries under a name."""
        self._end_chunk()
        length = self._put(_bytes(Metadata(metadata=entries, name=name)))
        self._metadata.append(MetadataIndex(length=length, name=name, offset=self._offset - length))

    def add_attachment(self, name: str, media_type: str, data: bytes) -> None:
        """A file within the file."""
        self._end_chunk()
        length = self._put(_bytes(Attachment(create_time=0, data=data, log_time=0, media_type=media_type, name=name)))
        self._attachments.append(
            AttachmentIndex(
                create_time=0,
                data_size=len(data),
                length=length,
                log_time=0,
                media_type=media_type,
                name=name,
                offset=self._offset - length,
            )
        )

    def add_channel(self, topic: str, encoding: str, schema_name: str, schema: bytes) -> int:
        """A channel; returns its number. JSON messages have a JSON Schema, others describe themselves."""
        number = len(self._channels) + 1
        schema_number = 0
        if encoding == JSON:
            schema_number = len(self._schemas) + 1
            self._schemas.append(Schema(id=schema_number, name=schema_name, encoding="jsonschema", data=schema))
            self._buffer += _bytes(self._schemas[-1])
        self._channels.append(
            Channel(id=number, topic=topic, message_encoding=encoding, schema_id=schema_number, metadata={})
        )
        self._buffer += _bytes(self._channels[-1])
        self._encoders.append(encoder_of(encoding))
        return number

    def add_message(self, channel: int, log_time_ns: int, time_ns: int, sequence: int, content: msgspec.Struct) -> None:
        """A message; `log_time_ns` never runs backwards."""
        buffer = self._buffer
        start = len(buffer)
        self._encoders[channel - 1].encode_into(content, buffer, start + _MESSAGE.size)
        length = len(buffer) - start - _HEAD.size
        _MESSAGE.pack_into(buffer, start, Opcode.MESSAGE, length, channel, sequence & 0xFFFFFFFF, log_time_ns, time_ns)
        self._entries.setdefault(channel, []).append((log_time_ns, start))
        if len(buffer) > _CHUNK_BYTES:
            self._end_chunk()

    def finish(self) -> None:
        """Ends the file, which stays open."""
        self._end_chunk()
        self._put(_bytes(DataEnd(0)))
        start = self._offset
        groups: tuple[tuple[Opcode, list[McapRecord]], ...] = (
            (Opcode.SCHEMA, [*self._schemas]),
            (Opcode.CHANNEL, [*self._channels]),
            (Opcode.STATISTICS, [self._statistics()]),
            (Opcode.CHUNK_INDEX, [*self._chunks]),
            (Opcode.ATTACHMENT_INDEX, [*self._attachments]),
            (Opcode.METADATA_INDEX, [*self._metadata]),
        )
        summary, offsets = b"", b""
        for opcode, records in groups:
            group = b"".join(map(_bytes, records))
            if group:
                offsets += _bytes(
                    SummaryOffset(group_length=len(group), group_opcode=opcode, group_start=start + len(summary))
                )
            summary += group
        offsets_start = start + len(summary)
        # The checksum covers the summary and the footer up to itself.
        head = _FOOTER.pack(Opcode.FOOTER, 8 + 8 + 4, start, offsets_start)
        crc = zlib.crc32(head, zlib.crc32(summary + offsets))
        self._put(summary + offsets)
        self._put(_bytes(Footer(summary_crc=crc, summary_offset_start=offsets_start, summary_start=start)))
        self._put(MAGIC)

    def _statistics(self) -> Statistics:
        return Statistics(
            attachment_count=len(self._attachments),
            channel_count=len(self._channels),
            channel_message_counts=dict(self._counts),
            chunk_count=len(self._chunks),
            message_count=self._counts.total(),
            message_end_time=max((chunk.message_end_time for chunk in self._chunks), default=0),
            message_start_time=min((chunk.message_start_time for chunk in self._chunks), default=0),
            metadata_count=len(self._metadata),
            schema_count=len(self._schemas),
        )

    def _end_chunk(self) -> None:
        """Writes the messages so far with their index. Channels wait for their first message."""
        if not self._entries:
            return
        data, entries = self._buffer, self._entries
        self._buffer, self._entries = bytearray(), {}
        times = [rows[end][0] for rows in entries.values() for end in (0, -1)]
        packed = self._compressor.compress(data)
        start = self._offset
        head = _CHUNK.pack(min(times), max(times), len(data), zlib.crc32(data), 4, b"zstd", len(packed))
        length = self._put(_HEAD.pack(Opcode.CHUNK, len(head) + len(packed)) + head) + self._put(packed)
        offsets: dict[int, int] = {}
        for channel, rows in entries.items():
            offsets[channel] = self._offset
            flat = [number for row in rows for number in row]
            index = struct.pack(f"<HI{len(flat)}Q", channel, 8 * len(flat), *flat)
            self._put(_HEAD.pack(Opcode.MESSAGE_INDEX, len(index)) + index)
            self._counts[channel] += len(rows)
        self._chunks.append(
            ChunkIndex(
                chunk_length=length,
                chunk_start_offset=start,
                compression="zstd",
                compressed_size=len(packed),
                message_end_time=max(times),
                message_index_length=self._offset - start - length,
                message_index_offsets=offsets,
                message_start_time=min(times),
                uncompressed_size=len(data),
            )
        )

    def _put(self, data: bytes) -> int:
        self._file.write(data)
        self._offset += len(data)
        return len(data)


def _bytes(record: McapRecord) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    data: bytes = builder.end()  # type: ignore[no-untyped-call]
    return data
