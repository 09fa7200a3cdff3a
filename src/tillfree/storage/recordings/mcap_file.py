"""Recordings as MCAP files, Tillfree's own format: read in order, with bounded memory, as far as the file is sound."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec
from mcap.opcode import Opcode

from tillfree.catalog.errors import CatalogError
from tillfree.catalog.model import Shop
from tillfree.catalog.shop_file import decode_shop
from tillfree.core.events import EVENT_KINDS, Event
from tillfree.storage.recordings.mcap_names import METADATA, SHOP, TOPIC_PREFIX, TRUE_PEOPLE, TRUTH, WARNINGS
from tillfree.storage.recordings.mcap_records import (
    MAGIC,
    Attachment,
    BrokenChainError,
    DamagedChunkError,
    Message,
    Topic,
    chunk_records,
    read_attachment,
    read_message,
    read_metadata,
    read_records,
    read_summary,
    read_topic,
)
from tillfree.storage.recordings.message_encoding import ENCODINGS, MSGPACK, decoder_of
from tillfree.storage.recordings.model import RecordingError, TruePeople, Truth
from tillfree.storage.recordings.soundness import sound, sound_people, sound_truth
from tillfree.storage.recordings.tally import Tally

__all__ = ["McapRecording"]

_MADE = "when it was made: "
_people_decoder = msgspec.msgpack.Decoder(TruePeople)


class McapRecording:
    """An MCAP file as `write_mcap` makes it; channels of others in it are counted and skipped."""

    format = "MCAP"

    def __init__(self, path: Path) -> None:
        """Reads shop and truth; events are read when they are asked for.

        Raises:
            RecordingError: the file cannot be read, is no MCAP file, or has no shop in it.
        """
        self._path = path
        self._tally = Tally()
        self.warnings: dict[str, int] = self._tally.counts
        self.name = path.stem
        self.synthetic = False
        attachments = self._read_head()
        self.shop = self._shop(attachments.get(SHOP))
        self.truth = self._truth(attachments.get(TRUTH))
        self._of_head = self._tally.snapshot()

    def events(self) -> Iterator[Event]:
        """All events in the order of the file, streaming; warnings of an earlier reading are forgotten first.

        A file that is cut off or damaged gives what comes before, and a warning that names how far it got.

        Raises:
            RecordingError: the file cannot be read, or none of what is in it.
        """
        return (item for item in self.events_and_people() if not isinstance(item, TruePeople))

    def events_and_people(self) -> Iterator[Event | TruePeople]:
        """The same with the true places of people between them, where they were recorded.

        Raises:
            RecordingError: as `events`.
        """
        self._tally.restore(self._of_head)
        try:
            with self._path.open("rb") as file:
                yield from self._events(file)
        except OSError as error:
            raise _unreadable(self._path, error) from None

    def duration_ns(self) -> int | None:
        """Time from the first to the last event, None where the file's end is missing."""
        try:
            with self._path.open("rb") as file:
                summary = read_summary(file)
        except OSError:
            return None
        return summary.end_ns - summary.start_ns if summary and summary.end_ns >= summary.start_ns else None

    def _events(self, file: IO[bytes]) -> Iterator[Event | TruePeople]:
        topics: dict[int, Topic] = {}
        count = 0
        first_ns = last_ns = 0
        file.seek(len(MAGIC))
        try:
            for item in self._items(file):
                if isinstance(item, Topic):
                    topics[item.channel] = item
                    continue
                event = self._event(item, topics)
                if isinstance(event, TruePeople):
                    yield event
                elif event is not None:
                    count += 1
                    first_ns = first_ns or event.time_ns
                    last_ns = event.time_ns
                    yield event
            self._refuse_unreadable(count)
        except BrokenChainError as broken:
            got = f"{count} events, {(last_ns - first_ns) / 1e9:.1f} s" if count else "no events"
            self._tally.add(
                f"file is damaged or cut off: read up to its last good chunk ({got}; {broken} at byte {broken.offset})"
            )

    def _refuse_unreadable(self, count: int) -> None:
        """A whole file with nothing in it that can be read is no recording; one without any event may be."""
        lost = [what for what in self.warnings if what not in self._of_head[0] and not what.startswith(_MADE)]
        if lost and not count:
            raise RecordingError(f"{self._path}: no event in it can be read ({'; '.join(lost[:3])})")

    def _items(self, file: IO[bytes]) -> Iterator[Topic | Message]:
        """Channels and messages, from inside and outside chunks; a damaged chunk is counted and skipped.

        Raises:
            BrokenChainError: the file is cut off or damaged.
        """
        for opcode, body in read_records(file):
            try:
                if opcode == Opcode.CHUNK:
                    yield from chunk_records(body)
                elif opcode == Opcode.CHANNEL:
                    yield read_topic(body)
                elif opcode == Opcode.MESSAGE:
                    yield read_message(memoryview(body))
                elif opcode == Opcode.METADATA:
                    self._take_over_warnings(body)
            except DamagedChunkError as damaged:
                self._tally.add(
                    "damaged chunk left out: some seconds are missing", f"before byte {file.tell()}, {damaged}"
                )

    def _take_over_warnings(self, body: bytes) -> None:
        """What the source of the recording had to remark when it was written."""
        name, entries = read_metadata(body)
        if name == WARNINGS:
            counts = {what: int(times) for what, times in entries.items() if times.isdecimal() and len(times) < 16}
            self._tally.take_over(counts, _MADE)

    def _event(self, message: Message, topics: dict[int, Topic]) -> Event | TruePeople | None:
        topic = topics.get(message.channel)
        if topic is None:
            self._tally.add("message of an unknown channel skipped")
            return None
        if topic.topic == TRUE_PEOPLE and topic.encoding == MSGPACK:
            return self._people(message)
        if not topic.topic.startswith(TOPIC_PREFIX) or topic.encoding not in ENCODINGS:
            self._tally.add("message of another program skipped", topic.topic)
            return None
        where = f"{topic.topic} at {message.log_time_ns}"
        if topic.topic[len(TOPIC_PREFIX) :] not in EVENT_KINDS:
            self._tally.add("event of a kind that this version does not know skipped", where)
            return None
        try:
            event = decoder_of(topic.encoding).decode(message.data)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            self._tally.add("unreadable event left out", f"{where}: {error}")
            return None
        return sound(event, self._tally, where)

    def _people(self, message: Message) -> TruePeople | None:
        where = f"{TRUE_PEOPLE} at {message.log_time_ns}"
        try:
            told = _people_decoder.decode(message.data)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            self._tally.add("unreadable true places left out", f"{where}: {error}")
            return None
        return sound_people(told, self._tally, where)

    def _read_head(self) -> dict[str, bytes]:
        """Attachments before the first chunk, else those that the index at the end names."""
        attachments: dict[str, bytes] = {}
        try:
            with self._path.open("rb") as file:
                if file.read(len(MAGIC)) != MAGIC:
                    raise RecordingError(f"{self._path}: not an MCAP file")
                try:
                    for opcode, body in read_records(file):
                        if opcode in (Opcode.CHUNK, Opcode.MESSAGE):
                            break
                        self._note(opcode, body, attachments)
                except BrokenChainError:
                    pass  # said again, with how far it got, when events are read
                if SHOP not in attachments and (summary := read_summary(file)):
                    for offset in summary.attachments.values():
                        file.seek(offset)
                        self._note(*self._one_record(file), attachments)
        except OSError as error:
            raise _unreadable(self._path, error) from None
        return attachments

    def _one_record(self, file: IO[bytes]) -> tuple[int, bytes]:
        try:
            return next(read_records(file), (0, b""))
        except BrokenChainError:
            return 0, b""

    def _note(self, opcode: int, body: bytes, attachments: dict[str, bytes]) -> None:
        if opcode == Opcode.ATTACHMENT:
            attachment: Attachment | None = read_attachment(body)
            if attachment is None:
                self._tally.add("damaged attachment left out")
            else:
                attachments[attachment.name] = attachment.data
        elif opcode == Opcode.METADATA:
            name, entries = read_metadata(body)
            if name == METADATA:
                self.synthetic = entries.get("synthetic") == "yes"
                self.name = _file_name(entries.get("name", "")) or self.name

    def _shop(self, data: bytes | None) -> Shop:
        if data is None:
            raise RecordingError(
                f"{self._path}: no {SHOP} in it; it is damaged, or not a recording of Tillfree (import it first)"
            )
        try:
            return decode_shop(data, f"{self._path}: {SHOP}")
        except CatalogError as error:
            raise RecordingError(str(error)) from None

    def _truth(self, data: bytes | None) -> Truth | None:
        if data is None:
            return None
        try:
            truth = msgspec.json.decode(data, type=Truth)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            self._tally.add(f"unreadable {TRUTH} left out", str(error))
            return None
        return sound_truth(truth, self._tally)


def _unreadable(path: Path, error: OSError) -> RecordingError:
    return RecordingError(f"{path}: cannot be read ({error.strerror or error}); check the file and its rights")


def _file_name(name: str) -> str:
    """The name if it may be used for a file or folder of its own, else nothing."""
    safe = name.isprintable() and len(name) <= 200 and not set(name) & set("/\\:") and not name.startswith(".")
    return name if safe else ""
