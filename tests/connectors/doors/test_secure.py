"""The Secure Channel between a reader and a simulated controller, and what a third one on the wire can do."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.osdp import Block, Code, Frame, Nak, check_crc, read_frame
from tillfree.connectors.doors.reader import GOOD_S, OsdpReader
from tillfree.connectors.doors.secure import Session, read_key
from tillfree.connectors.doors.wiegand import WiegandNumber
from tillfree.simulation.door_panel import SimulatedPanel
from tillfree.simulation.errors import SimulationError

KEY, OTHER = bytes(range(16)), bytes(range(1, 17))
ANN = WiegandNumber(7, 4711)


class Seconds:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Wire:
    """Between both, with a third one who writes down everything and may change it."""

    def __init__(self, reader: OsdpReader) -> None:
        self.reader = reader
        self.heard: list[bytes] = []
        self.cut = False
        self.change: Callable[[bytes], bytes] = lambda data: data

    def __call__(self, data: bytes) -> bytes:
        if self.cut:
            return b""
        self.heard.append(data)
        answer = self.reader.answer(self.change(data))
        self.heard.append(answer)
        return answer


def joined(key: bytes = KEY) -> tuple[OsdpReader, Wire, SimulatedPanel, Seconds]:
    clock = Seconds()
    reader = OsdpReader(5, key=KEY, now_s=clock)
    wire = Wire(reader)
    panel = SimulatedPanel(wire, 5, key=key)
    panel.allowed.add(ANN)
    return reader, wire, panel, clock


def secured(frame: Frame, session: Session) -> bytes:
    return session.seal(frame).to_bytes()


def test_a_number_is_told_in_a_session_and_nobody_reads_it_on_the_wire() -> None:
    reader, wire, panel, _ = joined()
    panel.poll()
    assert reader.is_secure
    reader.present(ANN)
    panel.poll()
    panel.poll()
    assert (panel.opened, reader.light) == ([ANN], 2)
    clear = OsdpReader(5)
    clear.present(ANN)
    told = read_frame(clear.answer(Frame(address=5, sequence=0, code=Code.POLL).to_bytes())).data
    assert all(told[4:] not in one for one in wire.heard)
    kinds = {read_frame(one).block[:1] for one in wire.heard}
    assert kinds == {bytes((kind,)) for kind in Block}


def test_the_same_keys_give_the_same_bytes_as_the_standard_says() -> None:
    """Session keys, cryptograms and a MAC, worked out apart from the code: one AES block after the other."""

    def aes(key: bytes, block: bytes) -> bytes:
        made = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        return made.update(block) + made.finalize()

    a, b = b"ABCDEFGH", b"abcdefgh"
    enc, mac1, mac2 = (aes(KEY, bytes((1, kind)) + a[:6] + bytes(8)) for kind in (0x82, 0x01, 0x02))
    session = Session(KEY, a, b)
    assert session.client_cryptogram == aes(enc, a + b)
    assert session.server_cryptogram == aes(enc, b + a)
    first = aes(mac2, aes(mac1, aes(enc, b + a)))
    assert session.first_mac == first
    sent = session.seal(Frame(address=5, sequence=1, code=Code.POLL)).to_bytes()
    assert sent[:8].hex(" ") == "53 05 0e 00 0d 02 15 60"
    block = (sent[:8] + b"\x80").ljust(16, b"\0")
    assert sent[8:12] == aes(mac2, bytes(x ^ y for x, y in zip(block, first, strict=True)))[:4]


@given(texts=st.lists(st.binary(max_size=80), max_size=8))
def test_frames_of_a_session_come_back_in_order_and_not_again(texts: list[bytes]) -> None:
    ours, theirs = Session(KEY, b"A" * 8, b"b" * 8), Session(KEY, b"A" * 8, b"b" * 8)
    old: list[bytes] = []
    for at, data in enumerate(texts):
        frame = Frame(address=5, sequence=1, code=0x60, data=data, reply=at % 2 == 1)
        sent = secured(frame, ours)
        assert theirs.open(read_frame(sent)) == frame
        for one in old:
            with pytest.raises(DoorError):
                theirs.open(read_frame(one))
        old.append(sent)


@pytest.mark.parametrize("reply", [False, True])
@pytest.mark.parametrize("count", [0, 1, 16, 30])
def test_each_changed_bit_of_a_frame_is_found_though_its_crc_is_right(count: int, reply: bool) -> None:
    frame = Frame(address=5, sequence=1, code=0x60, data=bytes(count), reply=reply)
    sent = secured(frame, Session(KEY, b"A" * 8, b"b" * 8))
    for bit in range(8 * (len(sent) - 2)):
        broken = bytearray(sent[:-2])
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DoorError):
            Session(KEY, b"A" * 8, b"b" * 8).open(
                read_frame(bytes(broken) + check_crc(bytes(broken)).to_bytes(2, "little"))
            )


def test_the_wrong_key_opens_nothing_on_either_side() -> None:
    reader, _, panel, _ = joined(OTHER)
    reader.present(ANN)
    with pytest.raises(SimulationError, match="not the key"):
        panel.poll()
    assert not reader.is_secure
    begun = reader.answer(
        Frame(address=5, sequence=0, code=Code.CHLNG, data=b"A" * 8, block=bytes((Block.CHALLENGE, 1))).to_bytes()
    )
    assert read_frame(begun).code == Code.CCRYPT
    guess = Frame(
        address=5, sequence=1, code=Code.SCRYPT, data=b"g" * 16, block=bytes((Block.SERVER_CRYPTOGRAM, 1))
    )  # fmt: skip
    assert read_frame(reader.answer(guess.to_bytes())).data == bytes((Nak.SECURE_NEEDED,))
    again = msg(guess, 2)  # a second guess at the same challenge
    assert read_frame(reader.answer(again)).data == bytes((Nak.SECURE_NEEDED,))
    assert not reader.is_secure


def msg(frame: Frame, sequence: int) -> bytes:
    return msgspec.structs.replace(frame, sequence=sequence).to_bytes()


def test_a_reader_with_a_key_tells_nobody_in_clear_and_knows_no_makers_key() -> None:
    reader, _, _, _ = joined()
    reader.present(ANN)
    for sequence, code in enumerate((Code.POLL, Code.LED, Code.LSTAT)):
        answer = read_frame(reader.answer(Frame(address=5, sequence=sequence, code=code).to_bytes()))
        assert (answer.code, answer.data) == (Code.NAK, bytes((Nak.SECURE_NEEDED,)))
    says = read_frame(reader.answer(Frame(address=5, sequence=0, code=Code.CAP, data=b"\0").to_bytes()))
    assert says.data[-3:] == bytes((9, 1, 0))
    default = Frame(address=5, sequence=0, code=Code.CHLNG, data=b"A" * 8, block=bytes((Block.CHALLENGE, 0)))
    assert read_frame(reader.answer(default.to_bytes())).data == bytes((Nak.SECURE_UNSUPPORTED,))
    plain = OsdpReader(5)
    asked = Frame(address=5, sequence=0, code=Code.CHLNG, data=b"A" * 8, block=bytes((Block.CHALLENGE, 1)))
    assert read_frame(plain.answer(asked.to_bytes())).data == bytes((Nak.SECURE_UNSUPPORTED,))


def test_what_was_recorded_is_of_no_use_later() -> None:
    reader, wire, panel, _ = joined()
    panel.poll()
    reader.present(ANN)
    panel.poll()
    recorded = [one for at, one in enumerate(wire.heard) if at % 2 == 0]
    reader.present(ANN)
    for one in recorded:  # within the session, and with its handshake again
        answer = reader.answer(one)
        assert not answer or read_frame(answer).code in (Code.NAK, Code.CCRYPT, Code.RAW, Code.ACK)
    assert not reader.is_secure
    panel.opened.clear()
    with pytest.raises(SimulationError, match="refuses"):
        panel.poll()  # the session is over: the controller begins anew
    panel.poll()
    assert panel.opened == [ANN]


def test_a_changed_frame_ends_the_session_and_nothing_is_lost_or_told() -> None:
    reader, wire, panel, _ = joined()
    panel.poll()
    reader.present(ANN)

    def flipped(data: bytes) -> bytes:
        frame = read_frame(data)
        return msgspec.structs.replace(frame, mac=bytes((frame.mac[0] ^ 1,)) + frame.mac[1:]).to_bytes()

    wire.change = flipped
    with pytest.raises(SimulationError, match=f"reason {Nak.SECURE_NEEDED:02x}"):
        panel.poll()
    wire.change = lambda data: data
    assert (panel.opened, reader.is_secure) == ([], False)
    panel.poll()
    assert panel.opened == [ANN]


def test_a_lost_reply_is_given_again_within_a_session() -> None:
    reader, wire, panel, _ = joined()
    panel.poll()
    reader.present(ANN)
    lost = iter([True])
    ask = wire.__call__

    def leaky(data: bytes) -> bytes:
        answer = ask(data)
        return b"" if next(lost, False) else answer

    panel._ask = leaky
    panel.poll()
    panel.poll()
    assert panel.opened == [ANN]


def test_after_a_cut_cable_a_new_session_begins_and_an_old_number_is_not_told() -> None:
    reader, wire, panel, clock = joined()
    panel.poll()
    wire.cut = True
    reader.present(ANN)
    panel.poll()
    clock.now_s += GOOD_S + 1
    wire.cut = False
    panel.poll()
    assert (panel.opened, reader.is_secure) == ([], True)
    reader.present(ANN)
    panel.poll()
    assert panel.opened == [ANN]


def test_a_session_is_over_when_the_controller_was_silent() -> None:
    reader, _, panel, clock = joined()
    panel.poll()
    clock.now_s += 9
    reader.present(ANN)
    with pytest.raises(SimulationError, match="refuses"):
        panel.poll()
    assert not reader.is_secure
    panel.poll()
    assert panel.opened == [ANN]


def test_whoever_waits_learns_whether_the_controller_heard() -> None:
    reader = OsdpReader(5, key=KEY)
    assert not reader.tell(ANN, 0.01)  # nobody polls
    panel = SimulatedPanel(reader.answer, 5, key=KEY)
    for _ in range(3):
        panel.poll()
    assert (panel.opened, panel.refused) == ([], [])


@given(data=st.binary(max_size=60))
def test_whatever_is_on_the_bus_a_reader_with_a_key_goes_on(data: bytes) -> None:
    reader, _, panel, _ = joined()
    panel.poll()
    reader.answer(data)
    reader.answer(b"\x53" + data)
    reader.present(ANN)
    panel.poll()
    assert panel.opened == [ANN]


def test_keys_come_from_files_and_known_ones_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "door.key"
    path.write_text(KEY.hex() + "\n")
    assert read_key(path) == KEY
    for text in ("", "00" * 16, bytes(range(0x30, 0x40)).hex(), KEY.hex()[:-1], KEY.hex() + " 00", "k" * 32):
        path.write_text(text)
        with pytest.raises(DoorError):
            read_key(path)
    path.write_bytes(b"\xff" * 32)
    with pytest.raises(DoorError):
        read_key(path)
    with pytest.raises(DoorError):
        read_key(tmp_path / "none")
    with pytest.raises(DoorError):
        OsdpReader(0, key=b"short")
