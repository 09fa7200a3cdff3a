"""Live streams with garbage in them, recordings that are read ahead, and the pace."""

import io
import itertools
import math
import threading
from collections.abc import Iterator
from typing import IO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scenes import LEFT, WATER, MemoryRecording, Scene, ns, shop
from tests.store.running.staging import Cues, ListSource, Run, lines_of
from tillfree.core.events import AgeChecked, EntryGranted, Event, SensorIssue, VisitClosed, encode_event
from tillfree.core.ids import TripId, VisitId
from tillfree.store.running.errors import StoreError
from tillfree.store.running.intake import Intake
from tillfree.store.running.pace import Pace
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import LINE_BYTES_MAX, LineSource, RecordingSource


def scene() -> Scene:
    return Scene(shop(LEFT)).comes("ann", x=0.3, leave_s=10).takes("ann", 7, 3, 520)


def test_a_stream_of_lines_gives_the_receipts_of_its_events() -> None:
    told = scene()
    ran = Run(lines_of(told.shop, *told.sensor_events())).to_the_end()
    assert [(line.product, line.quantity) for line in ran.visit("ann").receipt.lines] == [(WATER, 1)]
    assert (ran.store.snapshot().state, ran.store.error) == ("ended", "")


def test_garbage_between_the_lines_is_counted_and_told_and_harms_nothing() -> None:
    told = scene()
    events = told.sensor_events()
    closed = VisitClosed(time_ns=ns(1), source="x", sequence=1, visit=VisitId("A"), reason="exit")
    garbage = [
        b"{",
        b"\xff\xfe",
        b'{"kind":"weight_batch"}',
        b'{"kind":"nonsense","time_ns":1}',
        b"[" * 100_000,
        b'{"kind":"people_frame","time_ns":-5,"source":"t","sequence":1}',
        b'{"kind":"people_frame","time_ns":99999999999999999999,"source":"t","sequence":1}',
        encode_event(closed),
        b'{"a":"' + b"x" * (LINE_BYTES_MAX + 10) + b'"}',
        b"   ",
        b"",
    ]
    mixed: list[bytes | Event] = [*garbage[:4], *events[:50], *garbage[4:], *events[50:]]
    source = lines_of(told.shop, *mixed)
    ran = Run(source).to_the_end()
    assert source.bad_lines == 9
    assert [(line.product, line.quantity) for line in ran.visit("ann").receipt.lines] == [(WATER, 1)]
    (issue,) = (entry for entry in ran.store.feed() if entry.kind == "issue")
    assert issue.device == "stream/wire"
    assert "1 left out" in issue.detail


def test_many_bad_lines_are_told_ever_more_rarely() -> None:
    source = lines_of(shop(LEFT), *[b"?"] * 2500)
    told = [item for item in source.items() if isinstance(item, SensorIssue)]
    assert [item.detail.split("(")[-1].split()[0] for item in told] == ["1", "10", "100", "1000"]


def test_a_last_line_without_its_end_and_one_too_long_at_the_end_are_read() -> None:
    (event, *_) = scene().sensor_events()
    cut = LineSource(shop(LEFT), io.BytesIO(encode_event(event)), "wire")
    assert list(cut.items()) == [event]
    long = LineSource(shop(LEFT), io.BytesIO(b"x" * (2 * LINE_BYTES_MAX + 5)), "wire")
    assert [type(item) for item in long.items()] == [SensorIssue]


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_no_bytes_break_a_stream(lines: list[bytes]) -> None:
    source = LineSource(shop(LEFT), io.BytesIO(b"\n".join(lines)), "wire")
    assert all(isinstance(item, SensorIssue) for item in source.items())


class _Silent(io.RawIOBase):
    """A stream that says nothing until it is let go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go = threading.Event()

    def readline(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002
        self.asked.set()
        self.go.wait()
        return b""


def test_a_stream_that_says_nothing_does_not_keep_the_store_from_stopping() -> None:
    silent = _Silent()
    store = RunningStore(LineSource(shop(LEFT), cast(IO[bytes], silent), "wire"))
    store.start()
    assert silent.asked.wait(30)
    store.stop()
    assert store.snapshot().state == "ended"
    silent.go.set()


def test_what_comes_faster_than_it_is_taken_loses_the_oldest() -> None:
    events = scene().frames()
    many = [events[0]] * 25_000 + [events[-1]]
    intake = Intake(ListSource(shop(LEFT), many, paced=False))
    intake.start()
    intake._thread.join(60)
    assert intake.dropped == 5001
    taken = intake.take(30_000, 0.0)
    assert len(taken) == 20_000
    assert taken[-1] is events[-1]
    assert intake.ended


def test_a_recording_is_read_only_so_far_ahead() -> None:
    frames = Scene(shop(LEFT)).walks("ann", (0, 1, -4), (100, 1, -4)).frames()
    produced = []

    class Counting(ListSource):
        def items(self) -> Iterator[Event]:
            for frame in self._items:
                produced.append(frame)
                yield frame

    intake = Intake(Counting(shop(LEFT), list(frames)))
    intake.start()
    first = intake.take(1, 30.0)
    assert first == frames[:1]
    got = list(first)
    while not intake.ended:
        got += intake.take(64, 1.0)
        # Twenty seconds ahead, and what was put together for one hand-over.
        assert produced[-1].time_ns <= got[-1].time_ns + ns(20) - ns(0) + 130 * 70_000_000
    assert got == list(frames)
    intake.stop()


def test_a_live_store_cannot_be_paused_or_hurried() -> None:
    store = RunningStore(lines_of(shop(LEFT)))
    for ask in (store.pause, store.resume, lambda: store.set_speed(2.0)):
        with pytest.raises(StoreError, match="live"):
            ask()
    assert store.snapshot().speed == 1.0


def test_an_overflow_is_told() -> None:
    frames = scene().frames()
    source = ListSource(shop(LEFT), [frames[0]] * 45_000, paced=False)
    ran = Run(source)
    # Everything is read before the first item is taken.
    ran.store._intake.start()
    ran.store._intake._thread.join(60)
    ran.store._intake.start = lambda: None  # type: ignore[method-assign]
    ran.to_the_end()
    (issue,) = (entry for entry in ran.store.feed() if entry.kind == "issue")
    assert "25000 were left out" in issue.detail


def test_a_source_of_nothing_ends() -> None:
    ran = Run(ListSource(shop(LEFT), [])).to_the_end()
    assert ran.store.snapshot().state == "ended"
    assert not ran.visits
    assert not ran.minutes


def test_an_empty_recording_does_not_go_round_for_ever() -> None:
    assert list(RecordingSource(MemoryRecording(shop(LEFT), []), loop=True).items()) == []


def test_whoever_comes_in_again_with_a_further_round_comes_on_a_trip_of_their_own() -> None:
    entry = EntryGranted(time_ns=ns(1), source="gate", sequence=0, trip=TripId("t"), group_size=3)
    seen = AgeChecked(time_ns=ns(2), source="staff", sequence=0, trip=TripId("t"), age_years=18)
    source = RecordingSource(MemoryRecording(shop(LEFT), [entry, seen]), loop=True)
    items = [item for item in itertools.islice(source.items(), 8) if isinstance(item, EntryGranted | AgeChecked)]
    assert [item.trip for item in items] == ["t", "t", "t-2", "t-2", "t-3", "t-3"]
    assert items[:2] == [entry, seen]
    assert {item.group_size for item in items if isinstance(item, EntryGranted)} == {3}
    assert [item.time_ns for item in items] == sorted(item.time_ns for item in items)


# ---- the pace ---------------------------------------------------------------------------------------------------


def test_an_item_is_due_at_its_time() -> None:
    pace = Pace(2.0, 0.0)
    assert pace.wait_s(ns(0), 100.0) == 0.0
    assert pace.wait_s(ns(10), 100.0) == pytest.approx(5.0)
    assert pace.wait_s(ns(10), 106.0) == pytest.approx(-1.0)


def test_the_beginning_is_due_at_once_and_the_clock_starts_after_it() -> None:
    pace = Pace(1.0, 30.0)
    assert pace.wait_s(ns(0), 100.0) == 0.0
    assert pace.wait_s(ns(29), 100.5) == 0.0
    assert pace.wait_s(ns(30), 101.0) == 0.0
    assert pace.wait_s(ns(32), 101.0) == pytest.approx(2.0)


def test_another_pace_goes_on_from_here() -> None:
    pace = Pace(1.0, 0.0)
    pace.wait_s(ns(0), 100.0)
    pace.note(ns(10))
    pace.change(110.0, speed=5.0)
    assert pace.wait_s(ns(20), 110.0) == pytest.approx(2.0)
    pace.note(ns(20))
    pace.change(112.0, paused=True)
    assert pace.paused
    pace.change(500.0, paused=False)
    assert pace.wait_s(ns(25), 500.0) == pytest.approx(1.0)
    pace.change(500.0, speed=math.inf)
    assert pace.wait_s(ns(99), 500.0) == 0.0
    pace.change(600.0, speed=1.0)
    assert pace.wait_s(ns(100), 600.0) == 0.0
    assert pace.wait_s(ns(101), 600.0) == pytest.approx(1.0)


def test_a_stream_that_is_not_kept_up_with_says_by_how_much() -> None:
    told = scene()
    lags = []
    cues = Cues()
    ran = Run(ListSource(told.shop, told.sensor_events()), cues=cues, speed=1e9)
    cues.add(9, lambda: lags.append(ran.store.snapshot().lag_s))
    ran.to_the_end()
    assert lags[0] > 0.0
    assert ran.store.snapshot().state == "ended"
