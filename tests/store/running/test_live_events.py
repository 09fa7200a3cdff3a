"""Live events that cannot be true are left out, told of, and harm nothing; one wrong clock closes no shop."""

import io
import math
import socket
import struct
import threading
from collections.abc import Iterable, Iterator

import msgspec
import pytest

from tillfree.core.events import (
    CameraFrame,
    Event,
    GatePassage,
    ItemLook,
    Joint,
    PeopleFrame,
    SensorIssue,
    TrackedPerson,
    WeightBatch,
    encode_event,
)
from tillfree.core.ids import FixtureId, ProductId, TrackId
from tillfree.core.time import NS_PER_S
from tillfree.simulation.demo_shop import demo_shop
from tillfree.storage.recordings.model import TruePeople
from tillfree.store.running import hearing
from tillfree.store.running.intake import Intake
from tillfree.store.running.live_events import FAR_NS, Times, repaired, unsound
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import Again, LineSource

NOW_NS = 1_800_000_000 * NS_PER_S


def gate(time_ns: int, sequence: int = 0) -> GatePassage:
    return GatePassage(time_ns=time_ns, source="gate", sequence=sequence, track=TrackId("t"), direction="in")


def seen_at(x: float, y: float, time_ns: int = NOW_NS) -> PeopleFrame:
    person = TrackedPerson(TrackId("t"), (Joint("head", x, y, 1.6, 1.0),))
    return PeopleFrame(time_ns=time_ns, source="tracker", sequence=1, people=(person,))


def batch(values: tuple[float, ...], **changed: object) -> WeightBatch:
    made = WeightBatch(
        time_ns=NOW_NS,
        source="scales",
        sequence=1,
        fixture=FixtureId("f"),
        rate_hz=10.0,
        samples=1,
        shelves=1,
        plates=len(values),
        values=struct.pack(f"<{len(values)}f", *values),
    )
    return msgspec.structs.replace(made, **changed)


@pytest.mark.parametrize(
    "event",
    [
        gate(0),
        gate(-1),
        gate(2**62),
        gate(NOW_NS, 2**63 - 1),
        msgspec.structs.replace(gate(NOW_NS), source="s" * 501),
        msgspec.structs.replace(gate(NOW_NS), party="s" * 501),
        seen_at(1e308, 0.0),
        seen_at(0.0, -1e200),
        seen_at(math.inf, 0.0),
        PeopleFrame(time_ns=NOW_NS, source="t", sequence=1, people=(TrackedPerson(TrackId("x")),) * 5001),
        PeopleFrame(
            time_ns=NOW_NS,
            source="t",
            sequence=1,
            people=(TrackedPerson(TrackId("x"), (Joint("head", 0.0, 0.0, 0.0, 1.0),) * 65),),
        ),
        batch((1.0,), samples=2**31),
        ItemLook(time_ns=NOW_NS, source="c", sequence=1, track=TrackId(""), log_likelihoods={ProductId("p"): 1e300}),
        SensorIssue(time_ns=NOW_NS, source="s", sequence=1, device="d", problem="p", detail="x" * 2001),
    ],
)
def test_what_cannot_be_true_is_found(event: Event) -> None:
    assert unsound(event)


@pytest.mark.parametrize("event", [gate(NOW_NS), seen_at(3.0, 4.0), seen_at(math.nan, 1.0), batch((1.0, math.nan))])
def test_what_can_be_true_is_let_through_as_it_is(event: Event) -> None:
    assert unsound(event) == ""
    assert repaired(event) is event


def test_readings_that_no_plate_has_are_none() -> None:
    mended = repaired(batch((1.0, 3e38, -math.inf, math.nan)))
    assert isinstance(mended, WeightBatch)
    first, *others = struct.unpack("<4f", mended.values)
    assert first == 1.0
    assert all(map(math.isnan, others))


def through(events: Iterable[Event]) -> tuple[list[int], int]:
    """The times of the events that get through, in seconds from `NOW_NS`, and how many are left out."""
    times, out, lost = Times(), [], 0
    for event in events:
        due, left_out = times.take(event)
        out += due
        lost += left_out
    out += times.finish()
    return [(event.time_ns - NOW_NS) // NS_PER_S for event in out], lost


def at(*seconds: int) -> list[Event]:
    return [gate(NOW_NS + s * NS_PER_S, k) for k, s in enumerate(seconds)]


YEARS = 10**9


@pytest.mark.parametrize(
    ("seconds", "expected", "lost"),
    [
        ((0, 1, 2), [0, 1, 2], 0),
        ((0, 1, 2, 3, 4, YEARS, 5, 6), [0, 1, 2, 3, 4, 5, 6], 1),
        ((0, 1, 2, 3, 4, YEARS, YEARS + 1, 5, YEARS + 2, 6), [0, 1, 2, 3, 4, 5, 6], 3),
        ((YEARS, 0, 1, 2, 3, 4, 5), [0, 1, 2, 3, 4, 5], 1),
        ((0, 1, 2, 3, 4, 600, 601, 602, 603, 604, 605), [0, 1, 2, 3, 4, 600, 601, 602, 603, 604, 605], 0),
        ((3, 1, 2, 0, 4, 2), [3, 1, 2, 0, 4, 2], 0),
    ],
)
def test_one_clock_that_is_wrong_is_not_followed(seconds: tuple[int, ...], expected: list[int], lost: int) -> None:
    assert through(at(*seconds)) == (expected, lost)


def test_a_store_goes_on_after_every_kind_of_nonsense() -> None:
    good = [seen_at(1.0, 1.0, NOW_NS + k * NS_PER_S // 10) for k in range(100)]
    nonsense: list[bytes] = [encode_event(e) for e in (seen_at(1e308, 1.0), gate(2**62 - 1), batch((3e38,) * 3))]
    nonsense += [encode_event(batch((1.0,), rate_hz=1e-320)), b'{"kind":"people_frame","time_ns":NaN}', b"{", b"\xff"]
    lines = [encode_event(event) for event in good]
    lines = [*lines[:50], *nonsense, *lines[50:], encode_event(gate(NOW_NS - 2 * FAR_NS))]
    store = RunningStore(LineSource(demo_shop(2), io.BytesIO(b"\n".join(lines)), "wire"))
    store.start()
    try:
        assert store.wait_for_end(20.0)
        assert store.error == ""
        assert store.now_ns == good[-1].time_ns
        assert any("left out" in entry.detail for entry in store.feed() if entry.device == "stream/wire")
    finally:
        store.stop()


def test_pictures_that_wait_are_bounded_in_bytes() -> None:
    picture = CameraFrame(
        time_ns=NOW_NS, source="c", sequence=1, camera="c", format="jpeg", width=1, height=1, data=bytes(2_000_000)
    )

    class Many(LineSource):
        def items(self) -> Iterator[Event | TruePeople | Again]:
            return iter([picture] * 400)

    intake = Intake(Many(demo_shop(2), io.BytesIO(), "wire"))
    intake.start()
    intake._thread.join(20.0)
    kept = intake.take(1000, 0.0)
    assert len(kept) + intake.dropped == 400
    assert sum(len(frame.data) for frame in kept if isinstance(frame, CameraFrame)) <= 256_000_000
    assert intake.ended


def test_a_stream_that_stands_still_is_told_of_and_so_is_its_return(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "_SILENT_S", 0.2)
    ours, theirs = socket.socketpair()
    with ours, theirs, theirs.makefile("rb") as stream:
        store = RunningStore(LineSource(demo_shop(2), stream, "wire"))

        def told(word: str) -> bool:
            for _ in range(400):
                if any(word in entry.detail for entry in store.feed()):
                    return True
                threading.Event().wait(0.05)
            return False

        store.start()
        try:
            assert told("no event has come")
            ours.sendall(b"".join(encode_event(seen_at(1.0, 1.0, NOW_NS + k)) + b"\n" for k in range(9)))
            assert told("events come again")
            assert store.snapshot().state == "running"
        finally:
            ours.shutdown(socket.SHUT_RDWR)
            store.stop()
