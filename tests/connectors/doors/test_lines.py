"""Readers on real lines: TCP to a controller that polls, and a pseudo-terminal in the place of a serial device."""

import os
import pty
import socket
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.doors.controller import FileBytes, TcpController, eventually, poll_over
from tillfree.connectors.doors.bus import ReaderBus
from tillfree.connectors.doors.errors import DoorError, DoorLineError
from tillfree.connectors.doors.lines import Line, SerialLine, TcpLine
from tillfree.connectors.doors.osdp import Block, CardRead, Code, Frame, card_read, read_frame
from tillfree.connectors.doors.reader import OsdpReader
from tillfree.connectors.doors.stream import FrameStream
from tillfree.connectors.doors.wiegand import WiegandNumber, bits_of
from tillfree.simulation.door_panel import SimulatedPanel

KEY, OTHER = bytes(range(16)), bytes(range(1, 17))
ANN, BEN = WiegandNumber(7, 4711), WiegandNumber(7, 4712)


@contextmanager
def turning(line: Line, *readers: OsdpReader) -> Iterator[list[str]]:
    """A thread that answers, as in a store; yields what went wrong."""
    bus, over, wrong = ReaderBus(line, readers), threading.Event(), []

    def run() -> None:
        while not over.is_set():
            try:
                bus.turn()
            except DoorLineError as error:
                wrong.append(str(error))
                over.wait(0.05)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield wrong
    finally:
        over.set()
        bus.stop()
        thread.join(5.0)
        bus.close()
        assert not thread.is_alive()


@contextmanager
def polled(*readers: OsdpReader, address: int = 0, key: bytes = b"") -> Iterator[tuple[TcpController, list[str]]]:
    """A controller that lets Ann in, and readers that are joined to it over TCP."""
    with (
        TcpController(address, key=key, allowed=(ANN,)) as controller,
        turning(TcpLine(controller.host, controller.port), *readers) as wrong,
    ):
        yield controller, wrong


def several_turns(bus: ReaderBus, count: int = 20) -> None:
    for _ in range(count):
        bus.turn()


# ---- frames in a stream -----------------------------------------------------------------------------------------


@given(
    texts=st.lists(st.binary(max_size=60), max_size=5),
    noise=st.lists(st.sampled_from([b"", b"\xff", b"\xff\xff\x00", b"S", b"SS", b"\x53\x00\x08"]), min_size=6),
    cuts=st.lists(st.integers(1, 9), min_size=1),
)
def test_frames_are_found_however_they_drip_in(texts: list[bytes], noise: list[bytes], cuts: list[int]) -> None:
    frames = [Frame(address=5, sequence=1, code=Code.LED, data=text).to_bytes() for text in texts]
    sent = b"".join(before + frame for before, frame in zip(noise, frames, strict=False))
    stream, found, at = FrameStream(), [], 0
    for turn in range(len(sent)):
        step = cuts[turn % len(cuts)]
        found += stream.put(sent[at : at + step])
        at += step
    assert found + stream.pause() == frames


@given(data=st.binary(max_size=400))
def test_whatever_comes_a_frame_after_a_pause_is_found(data: bytes) -> None:
    stream, frame = FrameStream(), Frame(address=5, sequence=0, code=Code.POLL).to_bytes()
    stream.put(data)
    stream.pause()
    assert stream.put(frame) == [frame]


def test_much_noise_is_not_kept() -> None:
    stream = FrameStream()
    for _ in range(100):
        stream.put(b"\x53\x00\xa0\x05" * 1000)
    assert len(stream._kept) <= 4 * 1440


# ---- TCP --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [b"", KEY])
def test_a_number_goes_over_tcp(key: bytes) -> None:
    reader = OsdpReader(5, key=key)
    with polled(reader, address=5, key=key) as (controller, _):
        assert eventually(lambda: controller.lines and len(controller.lines[0].heard) > 3)
        assert reader.tell(ANN, 5.0)
        assert reader.tell(BEN, 5.0)
        assert eventually(lambda: (controller.opened, controller.panel.refused) == ([ANN], [BEN]))
        assert eventually(lambda: reader.light == 1)
        assert reader.is_secure == bool(key)
        told = card_read(CardRead(0, bits_of(ANN)))[4:]
        assert any(told in frame for frame in controller.lines[0].heard) == (not key)


def test_after_a_broken_line_it_goes_on() -> None:
    reader = OsdpReader(0, key=KEY)
    with polled(reader, key=KEY) as (controller, wrong):
        assert eventually(lambda: reader.is_secure)
        controller.cut()
        assert eventually(lambda: len(controller.lines) > 1)
        assert eventually(lambda: reader.tell(ANN, 1.0))
        assert controller.opened == [ANN]
        assert any("closed the connection" in one or "broke" in one for one in wrong)


def test_with_the_wrong_key_nothing_is_told_and_the_line_stays() -> None:
    reader = OsdpReader(0, key=KEY)
    with polled(reader, key=OTHER) as (controller, _):
        assert eventually(lambda: controller.lines and len(controller.lines[0].heard) > 3)
        assert not reader.tell(ANN, 0.3)
        assert reader.unserved_s > reader.silent_s
        assert (controller.opened, reader.is_secure, len(controller.lines)) == ([], False, 1)


def test_a_controller_that_polls_in_clear_hears_nothing_of_a_door_with_a_key() -> None:
    reader = OsdpReader(0, key=KEY)
    clear = TcpController(0, allowed=(ANN,))
    with clear as controller, turning(TcpLine(controller.host, controller.port), reader):
        assert eventually(lambda: controller.lines and len(controller.lines[0].heard) > 3)
        assert not reader.tell(ANN, 0.3)
        assert {read_frame(one).code for one in controller.lines[0].heard} == {Code.NAK}


def test_what_was_recorded_on_the_wire_opens_no_session_later() -> None:
    reader = OsdpReader(0, key=KEY)
    with polled(reader, key=KEY) as (controller, _):
        assert reader.tell(ANN, 5.0)
        recorded = [one for one in controller.lines[0].sent if read_frame(one).block]
        assert read_frame(recorded[0]).block[0] == Block.CHALLENGE
    with socket.create_server(("127.0.0.1", 0)) as thief, turning(TcpLine(*thief.getsockname()), reader):
        line, _ = thief.accept()
        with line:
            line.settimeout(0.2)
            reader.present(ANN)
            answers = b""
            for one in recorded:
                line.sendall(one)
                try:
                    answers += line.recv(4096)
                except TimeoutError:
                    continue
            codes = [read_frame(one).code for one in FrameStream().put(answers)]
            assert set(codes) <= {Code.CCRYPT, Code.NAK}
            assert Code.NAK in codes
            assert not reader.is_secure


def test_two_readers_on_one_line_answer_for_themselves() -> None:
    front, back = OsdpReader(1), OsdpReader(2)
    with polled(front, back, address=2) as _:
        assert back.tell(ANN, 5.0)
        assert not front.tell(ANN, 0.2)


def test_a_line_that_cannot_be_opened_says_what_to_look_at() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(DoorLineError, match=rf"127.0.0.1:{port} cannot be reached .*its address"):
        ReaderBus(TcpLine("127.0.0.1", port), [OsdpReader(0)]).turn()
    with pytest.raises(DoorLineError, match="cannot be reached"):
        TcpLine("a" * 70 + ".example", 9999).open()


def test_a_silent_line_is_opened_anew() -> None:
    clock = iter(range(0, 10_000, 4))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line = TcpLine("127.0.0.1", listening.getsockname()[1])
        bus = ReaderBus(line, [OsdpReader(0)], now_s=lambda: float(next(clock)))
        with pytest.raises(DoorLineError, match="no controller asks"):
            several_turns(bus)
        bus.turn()
        bus.close()
        bus.stop()
        bus.turn()  # does nothing any more


def test_a_controller_that_takes_no_answer_does_not_hold_the_reader_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        wire = TcpLine("127.0.0.1", listening.getsockname()[1]).open()
        line, _ = listening.accept()
        with line, pytest.raises(DoorLineError, match="broke"):
            wire.write(bytes(1 << 28))
        wire.close()


# ---- serial -----------------------------------------------------------------------------------------------------


@contextmanager
def serial_device() -> Iterator[tuple[int, str]]:
    """The controller's end of a pseudo-terminal, and the name of the other one."""
    ours, theirs = pty.openpty()
    tty.setraw(ours)
    try:
        yield ours, os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("key", [b"", KEY])
def test_a_number_goes_over_a_serial_device(key: bytes) -> None:
    reader, over = OsdpReader(3, key=key), threading.Event()
    panel = SimulatedPanel(lambda _: b"", 3, key=key)
    panel.allowed.add(ANN)
    with serial_device() as (ours, device), turning(SerialLine(device, 115200), reader) as wrong:
        thread = threading.Thread(target=poll_over, args=(FileBytes(ours), panel, over.is_set), daemon=True)
        thread.start()
        assert eventually(lambda: reader.tell(ANN, 1.0))
        assert eventually(lambda: panel.opened == [ANN])
        over.set()
        thread.join(5.0)
        assert wrong == []


def test_an_adapter_that_is_pulled_out_is_told() -> None:
    with serial_device() as (_, device):
        bus = ReaderBus(SerialLine(device), [OsdpReader(0)])
        bus.turn()
    with pytest.raises(DoorLineError, match=device):
        several_turns(bus)


def test_what_is_no_serial_device_is_told() -> None:
    with pytest.raises(DoorLineError, match=r"/dev/none cannot be opened .*group dialout"):
        SerialLine("/dev/none").open()
    with pytest.raises(DoorLineError, match="no serial device"):
        SerialLine("/dev/null").open()
    with pytest.raises(DoorLineError, match="no serial device for 12345 baud"), serial_device() as (_, device):
        SerialLine(device, 12345).open()
    with pytest.raises(DoorError):
        SerialLine("a\0b").open()
