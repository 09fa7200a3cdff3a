"""Writing recordings as MCAP: one channel per kind of event, the shop (and the truth, if known) as attachments.

The file opens in Foxglove and every other MCAP tool. The shop stands at the start, so that a reader needs no index.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

import tillfree
from tillfree.catalog.errors import CatalogError
from tillfree.catalog.model import Shop
from tillfree.catalog.shop_file import encode_shop
from tillfree.core.events import Event
from tillfree.storage.recordings.channel_schema import channel_schema
from tillfree.storage.recordings.info import is_simulated
from tillfree.storage.recordings.mcap_names import METADATA, SHOP, TOPIC_PREFIX, TRUE_PEOPLE, TRUTH, WARNINGS
from tillfree.storage.recordings.mcap_stream import McapStream
from tillfree.storage.recordings.message_encoding import MSGPACK, encoding_of
from tillfree.storage.recordings.model import KnowsPeople, Recording, RecordingError, TruePeople, Truth
from tillfree.storage.whole_files import whole_file

__all__ = ["FORMAT_VERSION", "write_events", "write_mcap"]

FORMAT_VERSION = "1"
_USUAL, _FAST = 3, 1
"""Levels of Zstandard; the fast one takes half the time, and a tenth to a fifth more room."""
_MANY_PLATES = 5000


def write_mcap(path: Path, recording: Recording) -> int:
    """Writes a recording to `path`, streaming; returns the number of events.

    The file appears under its name only when it is complete; an older one of that name is replaced, and a link is
    followed.

    Raises:
        RecordingError: the recording cannot be read, or the file not be written; nothing but a regular file is
            replaced.
    """
    return write_events(
        path,
        recording.name,
        recording.shop,
        recording.events_and_people() if isinstance(recording, KnowsPeople) else recording.events(),
        recording.truth,
        recording.warnings,
        synthetic=is_simulated(recording),
    )


def write_events(
    path: Path,
    name: str,
    shop: Shop,
    events: Iterable[Event | TruePeople],
    truth: Truth | None = None,
    warnings: Mapping[str, int] | None = None,
    *,
    synthetic: bool = False,
) -> int:
    """Writes events in the given order, with their shop and what really happened; returns how many there were.

    `warnings` are what the source of the events had to remark; they are taken when the last event is written, and a
    reader of the file shows them as its own. `synthetic` marks a simulated recording whose truth is not told.

    `log_time` of a message is the time of arrival as far as it is known: the latest `time_ns` of an event so far.
    True places among the events stand on a topic of their own and are not counted.

    Raises:
        RecordingError: the file cannot be written; nothing but a regular file is replaced.
    """
    try:
        shop_json = encode_shop(shop)
    except CatalogError as error:
        raise RecordingError(f"{path}: not written: {error}") from None
    about = _about(name, truth, synthetic)
    try:
        with whole_file(path) as file:
            stream = McapStream(file, f"tillfree {tillfree.__version__}", _level_of(shop))
            return _write(stream, about, shop_json, events, truth, {} if warnings is None else warnings)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be written ({error.strerror or error})") from None


def _level_of(shop: Shop) -> int:
    """How hard a recording is compressed: where thousands of plates speak, time counts more than the last tenth."""
    plates = sum(len(shelf.plates) for fixture in shop.fixtures for shelf in fixture.shelves)
    return _FAST if plates >= _MANY_PLATES else _USUAL


def _truth_json(truth: Truth) -> bytes:
    """Without a gate nothing is said of entries, as in files of earlier versions."""
    if truth.entries:
        return msgspec.json.encode(truth)
    return msgspec.json.encode({name: getattr(truth, name) for name in Truth.__struct_fields__ if name != "entries"})


def _about(name: str, truth: Truth | None, synthetic: bool) -> dict[str, str]:
    about = {"format": FORMAT_VERSION, "name": name}
    if truth is not None:
        about["truth"] = f"{TRUTH} says what really happened; a replay never reads it"
        synthetic = synthetic or truth.synthetic
    if synthetic or truth is not None:
        about["synthetic"] = "yes" if synthetic else "no"
    return about


def _write(
    stream: McapStream,
    about: Mapping[str, str],
    shop_json: bytes,
    events: Iterable[Event | TruePeople],
    truth: Truth | None,
    warnings: Mapping[str, int],
) -> int:
    stream.add_metadata(METADATA, dict(about))
    stream.add_attachment(SHOP, "application/json", shop_json)
    if truth is not None:
        stream.add_attachment(TRUTH, "application/json", _truth_json(truth))
    channels: dict[type[Event | TruePeople], int] = {}
    count = log_time_ns = 0
    for event in events:
        channel = channels.get(type(event))
        if channel is None:
            channel = channels[type(event)] = _add_channel(stream, type(event))
        if isinstance(event, TruePeople):
            # The length of a recording is that of its events.
            stream.add_message(channel, log_time_ns or event.time_ns, event.time_ns, 0, event)
            continue
        count += 1
        log_time_ns = max(log_time_ns, event.time_ns)
        stream.add_message(channel, log_time_ns, event.time_ns, event.sequence, event)
    if warnings:
        stream.add_metadata(WARNINGS, {what: str(times) for what, times in warnings.items()})
    stream.finish()
    return count


def _add_channel(stream: McapStream, kind: type[Event | TruePeople]) -> int:
    if issubclass(kind, TruePeople):
        return stream.add_channel(TRUE_PEOPLE, MSGPACK, "", b"")
    tag = str(kind.__struct_config__.tag)
    schema = msgspec.json.encode(channel_schema(tag))
    return stream.add_channel(TOPIC_PREFIX + tag, encoding_of(kind), f"tillfree.{kind.__name__}", schema)
