"""Bits and frames of doors, and a reader that a simulated controller polls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.osdp import CardRead, Code, Frame, Nak, card_read, check_crc, read_card, read_frame
from tillfree.connectors.doors.reader import OsdpReader
from tillfree.connectors.doors.wiegand import FORMATS, WiegandNumber, bits_of, number_of, packed, unpacked
from tillfree.simulation.door_panel import SimulatedPanel
from tillfree.simulation.errors import SimulationError

ANN, BEN = WiegandNumber(7, 4711), WiegandNumber(7, 4712)


def test_bits_of_a_card_with_both_parities() -> None:
    # Facility 1 and number 1: one bit in each half, so the first half gets a 1 to be even, the second a 0 to be odd.
    assert bits_of(WiegandNumber(1, 1)) == "1" + "00000001" + "0000000000000001" + "0"
    assert bits_of(WiegandNumber(0, 0)) == "0" + "0" * 24 + "1"
    assert bits_of(WiegandNumber(255, 65535)) == "0" + "1" * 24 + "1"
    assert WiegandNumber.of((7 << 16) + 4711) == ANN
    assert WiegandNumber.of((300 << 16) + 1, 34) == WiegandNumber(300, 1)


@given(bits=st.sampled_from(sorted(FORMATS)), data=st.data())
def test_a_number_comes_back_and_one_wrong_bit_is_found(bits: int, data: st.DataObject) -> None:
    facility_bits, number_bits = FORMATS[bits]
    card = WiegandNumber(data.draw(st.integers(0, 2**facility_bits - 1)), data.draw(st.integers(0, 2**number_bits - 1)))
    sent = bits_of(card, bits)
    assert (len(sent), number_of(sent)) == (bits, card)
    assert unpacked(packed(sent), bits) == sent
    at = data.draw(st.integers(0, bits - 1))
    with pytest.raises(DoorError, match="parity"):
        number_of(sent[:at] + ("1" if sent[at] == "0" else "0") + sent[at + 1 :])


def test_what_does_not_fit_is_refused() -> None:
    wrong = ((WiegandNumber(256, 0), 26), (WiegandNumber(0, 65536), 34), (WiegandNumber(0, -1), 26), (ANN, 37))
    for card, count in wrong:
        with pytest.raises(DoorError):
            bits_of(card, count)
    for bits in ("", "01", "0" * 25 + "x", "2" * 34):
        with pytest.raises(DoorError):
            number_of(bits)
    with pytest.raises(DoorError):
        unpacked(b"\0", 26)
    with pytest.raises(DoorError):
        WiegandNumber.of(2**24)


def test_the_crc_and_frames_are_those_of_other_programs() -> None:
    assert check_crc(b"123456789") == 0xE5CC  # the check value of this CRC in the catalogue of Greg Cook
    assert Frame(address=0x65, sequence=0, code=Code.POLL).to_bytes().hex(" ") == "53 65 08 00 04 60 60 90"
    asks = Frame(address=0x65, sequence=1, code=Code.ID, data=b"\0")
    assert asks.to_bytes().hex(" ") == "53 65 09 00 05 61 00 e9 4d"


@given(
    address=st.integers(0, 127),
    sequence=st.integers(0, 3),
    code=st.integers(0, 255),
    data=st.binary(max_size=200),
    reply=st.booleans(),
    crc=st.booleans(),
    flip=st.integers(0, 10_000),
)
def test_a_frame_comes_back_and_one_wrong_bit_is_found(
    address: int, sequence: int, code: int, data: bytes, reply: bool, crc: bool, flip: int
) -> None:
    frame = Frame(address=address, sequence=sequence, code=code, data=data, reply=reply, crc=crc)
    sent = frame.to_bytes()
    assert read_frame(sent) == frame
    broken = bytearray(sent)
    at, bit = flip // 8 % len(sent), flip % 8
    if (at, bit) == (4, 2):
        bit = 0  # the bit that says which check there is: the other check may be right by chance
    broken[at] ^= 1 << bit
    with pytest.raises(DoorError):
        read_frame(bytes(broken))


@given(data=st.binary(max_size=40))
def test_whatever_is_on_the_bus_the_reader_goes_on(data: bytes) -> None:
    reader = OsdpReader(3)
    answer = reader.answer(data)
    assert answer == b"" or read_frame(answer).reply
    reader.answer(b"\x53" + data)


def test_frames_out_of_bounds_are_refused() -> None:
    with pytest.raises(DoorError):
        Frame(address=128, sequence=0, code=Code.POLL).to_bytes()
    with pytest.raises(DoorError):
        Frame(address=0, sequence=0, code=Code.POLL, data=bytes(1500)).to_bytes()
    with pytest.raises(DoorError):
        OsdpReader(127)
    with pytest.raises(DoorError, match="MAC"):
        Frame(address=0, sequence=0, code=Code.POLL, mac=b"1234").to_bytes()
    secure = bytearray(Frame(address=0, sequence=0, code=Code.POLL, data=b"\x02\x15").to_bytes()[:-2])
    secure[4] |= 0x08
    with pytest.raises(DoorError, match="security block"):
        read_frame(bytes(secure) + check_crc(bytes(secure)).to_bytes(2, "little"))


def test_a_card_read_comes_back() -> None:
    read = CardRead(0, bits_of(ANN))
    assert read_card(card_read(read)) == read
    with pytest.raises(DoorError):
        read_card(b"\0\1\x1a")


def test_a_panel_opens_for_whom_it_knows_and_for_nobody_else() -> None:
    reader = OsdpReader(5)
    panel = SimulatedPanel(reader.answer, 5)
    panel.allowed.add(ANN)
    panel.poll()
    assert _light(reader) is None
    reader.present(ANN)
    for _ in range(3):
        panel.poll()
    assert (panel.opened, panel.refused, _light(reader)) == ([ANN], [], 2)
    reader.present(BEN)
    panel.poll()
    assert (panel.opened, panel.refused, _light(reader)) == ([ANN], [BEN], 1)


def _light(reader: OsdpReader) -> int | None:
    return reader.light


def test_a_reply_that_was_lost_is_given_again_and_no_number_is_told_twice() -> None:
    reader = OsdpReader(0)
    lost = iter([True])

    def bus(frame: bytes) -> bytes:
        answer = reader.answer(frame)
        return b"" if answer and read_frame(answer).code == Code.RAW and next(lost, False) else answer

    panel = SimulatedPanel(bus)
    panel.allowed.add(ANN)
    panel.poll()
    reader.present(ANN)
    for _ in range(4):
        panel.poll()
    assert panel.opened == [ANN]


def test_a_reader_says_what_it_is_and_refuses_what_it_does_not_know() -> None:
    reader = OsdpReader(0, serial=77)
    panel = SimulatedPanel(reader.answer)
    told = panel.tell(Code.ID, b"\0")
    assert told is not None
    assert (told.code, int.from_bytes(told.data[5:9], "little")) == (Code.PDID, 77)
    can = panel.tell(Code.CAP, b"\0")
    assert can is not None
    assert (can.code, len(can.data) % 3) == (Code.PDCAP, 0)
    assert panel.tell(Code.LSTAT) is not None
    assert panel.tell(Code.BUZ, bytes(5)) is not None
    with pytest.raises(SimulationError, match="0x69"):
        panel.tell(Code.LED, b"\0")
    wrong = reader.answer(Frame(address=0, sequence=3, code=Code.POLL).to_bytes())
    assert read_frame(wrong).data == bytes((Nak.SEQUENCE,))
    assert reader.answer(Frame(address=1, sequence=0, code=Code.POLL).to_bytes()) == b""
    unknown = reader.answer(Frame(address=0, sequence=0, code=0x6E).to_bytes())
    assert read_frame(unknown).data == bytes((Nak.COMMAND,))
