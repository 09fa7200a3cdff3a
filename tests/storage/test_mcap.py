"""Recordings as MCAP: what is written comes back, other tools can read it, damage costs only what is damaged."""

import contextlib
import io
import json
import os
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer

from tests.core.samples import FULL
from tests.storage import folders
from tillfree.core.events import (
    EVENT_KINDS,
    Event,
    GatePassage,
    Joint,
    PeopleFrame,
    TagRead,
    TrackedPerson,
    WeightBatch,
)
from tillfree.core.ids import FixtureId, ProductId, TrackId
from tillfree.storage.importers.autocheckout import AutoCheckoutRecording
from tillfree.storage.recordings.channel_schema import channel_schema
from tillfree.storage.recordings.info import describe
from tillfree.storage.recordings.mcap_file import McapRecording
from tillfree.storage.recordings.mcap_records import MAGIC
from tillfree.storage.recordings.mcap_writer import write_events, write_mcap
from tillfree.storage.recordings.model import RecordingError, TruePeople, Truth, TruthAct

EVENTS: tuple[Event, ...] = (
    *(event for event in FULL if not isinstance(event, PeopleFrame)),
    PeopleFrame(
        time_ns=1_700_000_000_200_000_000,
        source="cameras",
        sequence=8,
        people=(TrackedPerson(TrackId("a"), (Joint("head", 0.1, -2.0, 1.7, 0.5),)), TrackedPerson(TrackId("b"))),
    ),
)


@pytest.fixture
def visit(tmp_path: Path) -> AutoCheckoutRecording:
    return AutoCheckoutRecording(folders.write_autocheckout(tmp_path / "visit"))


@pytest.fixture
def long_file(visit: AutoCheckoutRecording, tmp_path: Path) -> Path:
    """A file of several chunks."""
    path = tmp_path / "long.mcap"
    write_events(path, "long", visit.shop, random_batches(600))
    return path


def random_batches(count: int) -> Iterator[WeightBatch]:
    """Batches of 6 x 14 plates that do not compress."""
    random = np.random.default_rng(7)
    for number in range(count):
        grams = random.normal(1000.0, 300.0, (12, 6, 14)).astype("<f4")
        yield WeightBatch(
            time_ns=(1_600_000_000 + number) * 1_000_000_000,
            source="plates-1",
            sequence=number,
            fixture=FixtureId("1"),
            rate_hz=60.0,
            samples=12,
            shelves=6,
            plates=14,
            values=grams.tobytes(),
        )


def gate(time_ns: int, sequence: int = 0) -> GatePassage:
    return GatePassage(time_ns=time_ns, source="gate", sequence=sequence, track=TrackId("a"), direction="in")


def count(recording: McapRecording, text: str) -> int:
    return sum(times for what, times in recording.warnings.items() if text in what)


def chunk_places(data: bytes) -> list[tuple[int, int]]:
    """Offset and length of the body of each chunk record."""
    places, position = [], len(MAGIC)
    while position < len(data):
        opcode, length = struct.unpack_from("<BQ", data, position)
        if opcode == 0x06:
            places.append((position + 9, length))
        if opcode == 0x0F:
            return places
        position += 9 + length
    raise AssertionError("no end of data")


# ---- what is written comes back ---------------------------------------------------------------------------------


def test_a_recording_comes_back_as_it_was(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    truth = Truth(receipts={TrackId("7"): {}}, acts=(TruthAct(5, TrackId("7"), "take"),), synthetic=True)
    visit.truth = truth

    count_written = write_mcap(tmp_path / "a.mcap", visit)
    recording = McapRecording(tmp_path / "a.mcap")

    assert list(recording.events()) == list(visit.events())
    assert list(recording.events()) == list(visit.events())
    assert (recording.name, recording.shop, recording.truth) == ("visit", visit.shop, truth)
    assert count_written == 40
    assert recording.duration_ns() == pytest.approx(29 / 15 * 1e9, abs=1000)
    assert recording.warnings == {}


def test_every_kind_of_event_comes_back(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    assert {event.__struct_config__.tag for event in EVENTS} == set(EVENT_KINDS)
    write_events(tmp_path / "a.mcap", "all", visit.shop, EVENTS)
    assert list(McapRecording(tmp_path / "a.mcap").events()) == list(EVENTS)


def test_the_same_recording_gives_the_same_bytes(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_mcap(tmp_path / name, visit)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_remarks_of_the_source_travel_with_the_recording(tmp_path: Path) -> None:
    lines: list[folders.Document | str] = [*folders.steady_plates(5), "{broken", *folders.steady_plates(2)]
    source = AutoCheckoutRecording(folders.write_autocheckout(tmp_path / "visit", lines))
    write_mcap(tmp_path / "a.mcap", source)
    recording = McapRecording(tmp_path / "a.mcap")
    again = tmp_path / "b.mcap"
    write_mcap(again, recording)

    for of in (recording, McapRecording(again)):
        for _ in of.events():
            pass
        assert count(of, "when it was made: plate_data.json: unreadable line left out (first: line 6") == 1
        assert not count(of, "made: when it was made")


def test_an_empty_recording_is_a_recording(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    write_events(tmp_path / "a.mcap", "empty", visit.shop, ())
    recording = McapRecording(tmp_path / "a.mcap")
    assert list(recording.events()) == []
    assert recording.warnings == {}


def test_messages_are_logged_in_the_order_of_arrival(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    late = [gate(10**18, 0), gate(10**18 - 5, 1), gate(10**18 + 5, 2)]
    write_events(tmp_path / "a.mcap", "late", visit.shop, late)

    with (tmp_path / "a.mcap").open("rb") as file:
        messages = [message for _, _, message in make_reader(file).iter_messages()]
    assert [message.log_time - 10**18 for message in messages] == [0, 0, 5]
    assert [message.publish_time - 10**18 for message in messages] == [0, -5, 5]
    assert list(McapRecording(tmp_path / "a.mcap").events()) == late


# ---- other tools ------------------------------------------------------------------------------------------------


def test_other_tools_find_channels_schemas_and_attachments(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    visit.truth = Truth(receipts={})
    write_mcap(tmp_path / "a.mcap", visit)

    with (tmp_path / "a.mcap").open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        summary = reader.get_summary()
        messages = list(reader.iter_messages())
        attachments = {attachment.name: attachment for attachment in reader.iter_attachments()}
        metadata = {record.name: record.metadata for record in reader.iter_metadata()}

    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == len(messages) == 40
    assert {channel.topic for channel in summary.channels.values()} == {
        "/tillfree/weight_batch",
        "/tillfree/people_frame",
    }
    assert set(attachments) == {"shop.json", "truth.json"}
    assert metadata["tillfree"]["format"] == "1"
    for schema, channel, message in messages:
        if schema is None:
            assert (channel.topic, channel.message_encoding) == ("/tillfree/weight_batch", "msgpack")
            fields = msgspec.msgpack.decode(message.data)
        else:
            assert (schema.encoding, channel.message_encoding) == ("jsonschema", "json")
            fields = json.loads(message.data)
        assert fields["kind"] == channel.topic.removeprefix("/tillfree/")


def test_chunks_are_found_by_their_index(long_file: Path) -> None:
    data = long_file.read_bytes()
    summary = make_reader(io.BytesIO(data), validate_crcs=True).get_summary()

    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.chunk_count == len(summary.chunk_indexes) > 2
    assert [(index.chunk_start_offset + 9, index.chunk_length - 9) for index in summary.chunk_indexes] == chunk_places(
        data
    )
    for index in summary.chunk_indexes:
        (place,) = index.message_index_offsets.values()
        opcode, length, _, entries = struct.unpack_from("<BQHI", data, place)
        assert (opcode, length, entries) == (0x07, index.message_index_length - 9, length - 6)
        first_ns, _ = struct.unpack_from("<QQ", data, place + 15)
        assert first_ns == index.message_start_time


def test_weights_as_text_are_read_as_well(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    batch = next(random_batches(1))
    message = ("/tillfree/weight_batch", msgspec.json.encode(batch))
    write_messages(tmp_path / "a.mcap", msgspec.json.encode(visit.shop), [message])

    assert list(McapRecording(tmp_path / "a.mcap").events()) == [batch]


def test_the_shop_stands_before_the_first_chunk(long_file: Path) -> None:
    data = long_file.read_bytes()
    assert data.index(b"shop.json") < chunk_places(data)[0][0]


@pytest.mark.parametrize("tag", sorted(EVENT_KINDS))
def test_schemas_are_true_and_such_as_foxglove_reads(tag: str) -> None:
    schema = channel_schema(tag)

    Draft202012Validator.check_schema(schema)
    for event in (event for event in EVENTS if event.__struct_config__.tag == tag):
        Draft202012Validator(schema).validate(json.loads(msgspec.json.encode(event)))
    assert_readable_by_foxglove(schema)


def assert_readable_by_foxglove(schema: dict[str, object]) -> None:
    """What its reader of JSON schemas demands: plain types, objects, and arrays of those, each with a type."""
    assert schema["type"] == "object"
    properties = schema["properties"]
    assert isinstance(properties, dict)
    for inner in properties.values():
        assert not {"$ref", "anyOf", "oneOf", "allOf"} & set(inner)
        item = inner["items"] if inner["type"] == "array" else inner
        assert item["type"] in {"boolean", "string", "number", "integer", "object"}
        assert item is inner or "contentEncoding" not in item
        if item["type"] == "object":
            assert_readable_by_foxglove(item)


def test_weights_and_people_are_shown_by_name() -> None:
    assert channel_schema("weight_batch")["properties"]["values"]["contentEncoding"] == "base64"
    assert "track" in channel_schema("people_frame")["properties"]["people"]["items"]["properties"]


# ---- damage -----------------------------------------------------------------------------------------------------


def test_a_cut_off_file_gives_what_comes_before(long_file: Path, tmp_path: Path) -> None:
    data = long_file.read_bytes()
    chunks = chunk_places(data)
    assert len(chunks) > 4
    (tmp_path / "cut.mcap").write_bytes(data[: chunks[3][0] + chunks[3][1] // 2])
    recording = McapRecording(tmp_path / "cut.mcap")

    events = list(recording.events())

    assert 0 < len(events) < 600
    assert events == list(random_batches(len(events)))
    (warning,) = recording.warnings
    assert "up to its last good chunk" in warning
    assert f"{len(events)} events, {len(events) - 1:.1f} s" in warning
    assert recording.duration_ns() is None


@given(share=st.floats(0, 1))
def test_a_file_cut_anywhere_gives_a_beginning_or_an_error(
    share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    visit = AutoCheckoutRecording(folders.write_autocheckout(folder / "visit"))
    write_mcap(folder / "whole.mcap", visit)
    data = (folder / "whole.mcap").read_bytes()
    (folder / "cut.mcap").write_bytes(data[: int(share * len(data))])
    try:
        recording = McapRecording(folder / "cut.mcap")
    except RecordingError:
        assert share < 0.9
        return
    events = list(recording.events())
    assert events == list(visit.events())[: len(events)]
    assert recording.warnings or len(events) == 40


def test_a_damaged_chunk_costs_only_itself(long_file: Path, tmp_path: Path) -> None:
    data = bytearray(long_file.read_bytes())
    start, length = chunk_places(bytes(data))[2]
    data[start + length // 2] ^= 0x55
    (tmp_path / "bad.mcap").write_bytes(data)
    recording = McapRecording(tmp_path / "bad.mcap")

    events = list(recording.events())

    whole = list(random_batches(600))
    assert 0 < len(events) < 600
    assert [event for event in whole if event in events] == events
    assert (events[0], events[-1]) == (whole[0], whole[-1])
    assert count(recording, "damaged chunk left out") == 1


def test_something_else_between_records_ends_the_reading(long_file: Path, tmp_path: Path) -> None:
    data = bytearray(long_file.read_bytes())
    start, _ = chunk_places(bytes(data))[2]
    data[start - 9 : start] = bytes(9)
    (tmp_path / "bad.mcap").write_bytes(data)
    recording = McapRecording(tmp_path / "bad.mcap")
    assert 0 < len(list(recording.events())) < 600
    assert count(recording, "something else than a record") == 1


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 10**9])
def test_a_record_that_claims_too_much_is_not_believed(long_file: Path, tmp_path: Path, length: int) -> None:
    data = bytearray(long_file.read_bytes())
    start, _ = chunk_places(bytes(data))[1]
    data[start - 8 : start] = struct.pack("<Q", length)
    (tmp_path / "bad.mcap").write_bytes(data)
    recording = McapRecording(tmp_path / "bad.mcap")
    assert 0 < len(list(recording.events())) < 600
    assert count(recording, "read up to its last good chunk") == 1


@pytest.mark.parametrize("claimed", [0, 5, 10**15])
def test_a_chunk_that_unpacks_to_another_size_is_left_out_without_taking_memory(
    visit: AutoCheckoutRecording, tmp_path: Path, claimed: int
) -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(50_000_000))
    body = struct.pack("<QQQI", 0, 0, claimed, 0) + struct.pack("<I", 4) + b"zstd" + struct.pack("<Q", len(bomb)) + bomb
    write_events(tmp_path / "a.mcap", "bomb", visit.shop, [gate(10**18)])
    data = (tmp_path / "a.mcap").read_bytes()
    start, _ = chunk_places(data)[0]
    chunk = struct.pack("<BQ", 0x06, len(body)) + body
    (tmp_path / "a.mcap").write_bytes(data[: start - 9] + chunk + data[start - 9 :])
    recording = McapRecording(tmp_path / "a.mcap")
    tracemalloc.start()
    events = list(recording.events())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert events == [gate(10**18)]
    assert count(recording, "damaged chunk") == 1
    assert peak < 10_000_000


def test_bytes_changed_anywhere_give_an_error_or_a_reading(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    write_mcap(tmp_path / "a.mcap", visit)
    whole = (tmp_path / "a.mcap").read_bytes()
    random = np.random.default_rng(3)
    opened = 0
    for _ in range(300):
        data = bytearray(whole)
        for place in random.integers(0, len(data), 3):
            data[place] = int(random.integers(0, 256))
        (tmp_path / "b.mcap").write_bytes(data)
        try:
            recording = McapRecording(tmp_path / "b.mcap")
        except RecordingError:
            continue
        opened += 1
        recording.duration_ns()
        with contextlib.suppress(RecordingError):  # the only chunk is damaged
            assert len(list(recording.events())) <= 40
    assert opened > 20


# ---- strange content --------------------------------------------------------------------------------------------


def write_messages(
    path: Path, shop: bytes | None, messages: list[tuple[str, bytes]], at_end: bool = False, encoding: str = "json"
) -> None:
    """An MCAP file of another program: topics and messages as given."""
    stream = io.BytesIO()
    writer = Writer(stream, compression=CompressionType.NONE)
    writer.start()
    if shop is not None and not at_end:
        writer.add_attachment(0, 0, "shop.json", "application/json", shop)
    for topic, data in messages:
        channel = writer.register_channel(topic, encoding, 0)
        writer.add_message(channel, 5, data, 5)
    if shop is not None and at_end:
        writer.add_attachment(0, 0, "shop.json", "application/json", shop)
    writer.finish()  # type: ignore[no-untyped-call]
    path.write_bytes(stream.getvalue())


def test_what_is_not_ours_is_counted_and_skipped(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    good = msgspec.json.encode(gate(10**18))
    batch = json.loads(msgspec.json.encode(next(random_batches(1))))
    frame = json.loads(msgspec.json.encode(EVENTS[-1]))
    frame["people"][1] = {"track": "a", "joints": [["head", 5.0, 0, 1.7, 0.5], ["neck", 1e12, 0, 0, 1]]}
    messages = [
        ("/camera/image", b"{}"),
        ("/tillfree/from_the_future", b"{}"),
        ("/tillfree/gate_passage", good),
        ("/tillfree/gate_passage", good[:-5]),
        ("/tillfree/gate_passage", b"[" * 100_000),
        ("/tillfree/gate_passage", good.replace(b"1000000000000000000", b"-5")),
        ("/tillfree/weight_batch", json.dumps({**batch, "samples": 2**40}).encode()),
        ("/tillfree/weight_batch", json.dumps({**batch, "samples": 11}).encode()),
        ("/tillfree/weight_batch", json.dumps({**batch, "rate_hz": 0}).encode()),
        ("/tillfree/people_frame", json.dumps(frame).encode()),
    ]
    write_messages(tmp_path / "a.mcap", msgspec.json.encode(visit.shop), messages)
    recording = McapRecording(tmp_path / "a.mcap")

    passage, people = recording.events()

    assert passage == gate(10**18)
    assert isinstance(people, PeopleFrame)
    assert [(person.track, person.joints) for person in people.people] == [("a", ())]
    for text, times in {
        "another program": 1,
        "does not know": 1,
        "unreadable event": 2,
        "without a usable time": 1,
        "impossible shape or rate": 2,
        "do not fill": 1,
        "two people with one id": 1,
        "joint at an impossible place": 1,
    }.items():
        assert count(recording, text) == times, text


def test_a_file_of_which_nothing_can_be_read_is_an_error(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    write_messages(tmp_path / "a.mcap", msgspec.json.encode(visit.shop), [("/camera/image", b"{}")] * 3)
    recording = McapRecording(tmp_path / "a.mcap")
    with pytest.raises(RecordingError, match=r"a\.mcap: no event in it can be read \(message of another program"):
        list(recording.events())


def test_a_shop_at_the_end_is_found_by_the_index(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    passage = ("/tillfree/gate_passage", msgspec.json.encode(gate(10**18)))
    write_messages(tmp_path / "a.mcap", msgspec.json.encode(visit.shop), [passage], at_end=True)
    recording = McapRecording(tmp_path / "a.mcap")
    assert recording.shop == visit.shop
    assert list(recording.events()) == [gate(10**18)]


@pytest.mark.parametrize("shop", [None, b"", b"{}", b"[" * 100_000, b'{"name": 1}'])
def test_a_file_without_a_usable_shop_is_an_error(tmp_path: Path, shop: bytes | None) -> None:
    write_messages(tmp_path / "a.mcap", shop, [])
    with pytest.raises(RecordingError, match=r"shop\.json"):
        McapRecording(tmp_path / "a.mcap")


def test_a_shop_that_contradicts_itself_is_neither_written_nor_read(
    visit: AutoCheckoutRecording, tmp_path: Path
) -> None:
    broken = msgspec.structs.replace(visit.shop, fixtures=())
    with pytest.raises(RecordingError, match="no such shelf"):
        write_events(tmp_path / "a.mcap", "a", broken, ())
    write_messages(tmp_path / "b.mcap", msgspec.json.encode(broken), [])
    with pytest.raises(RecordingError, match="no such shelf"):
        McapRecording(tmp_path / "b.mcap")
    assert not (tmp_path / "a.mcap").exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", ".hidden", "a\nb", "", "x" * 1000])
def test_a_name_that_is_no_file_name_is_not_used(visit: AutoCheckoutRecording, tmp_path: Path, name: str) -> None:
    write_events(tmp_path / "plain.mcap", name, visit.shop, ())
    assert McapRecording(tmp_path / "plain.mcap").name == "plain"


def test_a_file_of_something_else_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.mcap").write_bytes(b"GIF89a" * 100)
    with pytest.raises(RecordingError, match="not an MCAP file"):
        McapRecording(tmp_path / "a.mcap")
    with pytest.raises(RecordingError, match="cannot be read"):
        McapRecording(tmp_path / "b.mcap")


# ---- writing ----------------------------------------------------------------------------------------------------


def test_a_file_appears_only_when_it_is_complete(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    def failing() -> Iterator[Event]:
        yield gate(10**18)
        raise RecordingError("the source broke off")

    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "a.mcap"
    path.write_bytes(b"what was there before")
    with pytest.raises(RecordingError, match="broke off"):
        write_events(path, "a", visit.shop, failing())

    assert path.read_bytes() == b"what was there before"
    assert list(path.parent.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_an_error(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be written"):
        write_mcap(tmp_path / "missing" / "a.mcap", visit)
    (tmp_path / "folder.mcap").mkdir()
    with pytest.raises(RecordingError, match="cannot be written"):
        write_mcap(tmp_path / "folder.mcap", visit)


@pytest.mark.parametrize("kind", ["device", "pipe", "link to itself"])
def test_what_is_no_regular_file_is_never_replaced(visit: AutoCheckoutRecording, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.mcap"
    match kind:
        case "device":
            path.symlink_to("/dev/null")
        case "pipe":
            os.mkfifo(path)
        case _:
            path.symlink_to(path)
    before = path.lstat()

    with pytest.raises(
        RecordingError, match=r"a\.mcap: cannot be written \(what is there is no regular file; name anoth"
    ):
        write_mcap(path, visit)

    after = path.lstat()  # that it was looked at may be noted on it
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (before.st_ino, before.st_mode, before.st_mtime_ns)
    assert list(tmp_path.glob("*.part")) == list(tmp_path.glob(".a*")) == []


def test_a_link_is_followed(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link = tmp_path / "a.mcap"
    link.symlink_to(tmp_path / "far" / "b.mcap")

    for _ in range(2):
        write_mcap(link, visit)

    assert link.is_symlink()
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["b.mcap"]
    assert list(McapRecording(tmp_path / "far" / "b.mcap").events()) == list(visit.events())


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_the_umask_says_who_may_read_a_recording(visit: AutoCheckoutRecording, tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_mcap(tmp_path / "a.mcap", visit)
    finally:
        os.umask(before)
    assert (tmp_path / "a.mcap").stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize("name", ["a" * 250 + ".mcap", "\N{CJK UNIFIED IDEOGRAPH-5E97}" * 83])
def test_a_long_name_is_a_name(visit: AutoCheckoutRecording, tmp_path: Path, name: str) -> None:
    write_mcap(tmp_path / name, visit)
    assert (tmp_path / name).is_file()


def test_memory_stays_flat_while_a_recording_grows(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    peaks = []
    for events in (400, 2400):
        tracemalloc.start()
        write_events(tmp_path / "a.mcap", "a", visit.shop, random_batches(events))
        assert sum(1 for _ in McapRecording(tmp_path / "a.mcap").events()) == events
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2 + 500_000


# ---- true places ------------------------------------------------------------------------------------------------


class WithPeople:
    """A recording that knows where people were."""

    def __init__(self, visit: AutoCheckoutRecording) -> None:
        self.name, self.shop, self.warnings, self.truth = "known", visit.shop, dict[str, int](), Truth(receipts={})
        place = np.array([1.0, 2.0, 1.75], dtype="<f4").tobytes()
        self.items = (
            gate(10**18),
            TruePeople(10**18 + 10**8, (TrackId("a"),), ("head",), place),
            gate(10**18 + 2 * 10**8, 1),
            TruePeople(10**18 + 3 * 10**8, (), ("head",), b""),
        )

    def events(self) -> Iterator[Event]:
        return (item for item in self.items if not isinstance(item, TruePeople))

    def events_and_people(self) -> Iterator[Event | TruePeople]:
        return iter(self.items)

    def duration_ns(self) -> int | None:
        return None


def test_true_places_travel_beside_the_events(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    known = WithPeople(visit)

    assert write_mcap(tmp_path / "a.mcap", known) == 2
    again = McapRecording(tmp_path / "a.mcap")

    assert tuple(again.events()) == (known.items[0], known.items[2])
    assert tuple(again.events_and_people()) == known.items
    assert again.duration_ns() == 2 * 10**8
    assert again.warnings == {}
    write_mcap(tmp_path / "b.mcap", again)
    assert (tmp_path / "b.mcap").read_bytes() == (tmp_path / "a.mcap").read_bytes()


def test_true_places_that_are_impossible_are_left_out(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    good = TruePeople(10**18, (TrackId("a"),), ("head",), np.array([1.0, 2.0, 1.75], dtype="<f4").tobytes())
    far = np.array([1.0, np.inf, 1.75], dtype="<f4").tobytes()
    wrong = [
        msgspec.structs.replace(good, time_ns=-5),
        msgspec.structs.replace(good, joints=good.joints[:-1]),
        msgspec.structs.replace(good, joints=far),
        msgspec.structs.replace(good, tracks=tuple(TrackId(str(n)) for n in range(300)), joints=good.joints * 300),
        msgspec.structs.replace(good, tracks=(TrackId("a"),) * 2, joints=good.joints * 2),
        msgspec.structs.replace(good, tracks=(TrackId(""),)),
    ]
    packed = [msgspec.msgpack.encode(people) for people in (good, *wrong)]
    messages = [*(("/truth/people", data) for data in (*packed, b"\x91" * 100_000, b"")), ("/truth/people", packed[0])]
    messages.append(("/tillfree/gate_passage", msgspec.msgpack.encode(gate(10**18))))
    write_messages(tmp_path / "a.mcap", msgspec.json.encode(visit.shop), messages, encoding="msgpack")
    recording = McapRecording(tmp_path / "a.mcap")

    assert list(recording.events_and_people()) == [good, good, gate(10**18)]
    assert count(recording, "impossible true places") == len(wrong)
    assert count(recording, "unreadable true places") == 2


def test_tag_reads_that_no_reader_gives_are_left_out(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    good = TagRead(time_ns=10**18, source="rfid", sequence=0, epc="30" * 12, antenna=1, rssi_dbm=-60.0)
    wrong = [
        msgspec.structs.replace(good, **change)
        for change in ({"epc": ""}, {"epc": "xy"}, {"epc": "3" * 200}, {"antenna": -1}, {"count": 0}, {"rssi_dbm": 1e9})
    ]
    messages = [("/tillfree/tag_read", msgspec.json.encode(read)) for read in (good, *wrong)]
    write_messages(tmp_path / "a.mcap", msgspec.json.encode(visit.shop), messages)
    recording = McapRecording(tmp_path / "a.mcap")

    assert list(recording.events()) == [good]
    assert count(recording, "tag read that cannot be") == len(wrong)


def test_a_truth_of_impossible_quantities_loses_them(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    visit.truth = Truth(receipts={TrackId("7"): {ProductId("a"): 2, ProductId("b"): -5, ProductId("c"): 10**15}})
    write_mcap(tmp_path / "a.mcap", visit)
    recording = McapRecording(tmp_path / "a.mcap")

    assert recording.truth is not None
    assert recording.truth.receipts == {"7": {"a": 2}}
    assert count(recording, "impossible quantity in the truth") == 2


def test_no_more_sources_are_told_apart_than_a_shop_has(visit: AutoCheckoutRecording, tmp_path: Path) -> None:
    passages = (msgspec.structs.replace(gate(10**18 + n, n), source=str(n)) for n in range(2100))
    write_events(tmp_path / "a.mcap", "many", visit.shop, passages)
    info = describe(McapRecording(tmp_path / "a.mcap"))

    assert len(info.kinds) == 2001
    assert {kind.source: kind.events for kind in info.kinds}["all others"] == 100
