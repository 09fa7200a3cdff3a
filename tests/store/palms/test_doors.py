"""A palm at a door, up to the controller behind it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.doors.controller import TcpController, eventually
from tests.store.palms.stand_in import ALL, agreed, make_desk, samples
from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.wiegand import WiegandNumber, bits_of, number_of
from tillfree.storage.palm_vault.records import Profile
from tillfree.store.palms.answers import PalmAnswer
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.door_lines import make_doors
from tillfree.store.palms.door_numbers import card_of
from tillfree.store.palms.door_settings import DoorSettings
from tillfree.store.palms.doors import WAIT_S, PalmDoor, PalmDoors, let_through, pass_by_palm
from tillfree.store.palms.pins import made_pin
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.settings import SettingsError, parse_settings

KEY = "000102030405060708090a0b0c0d0e0f"
ANN = WiegandNumber(7, 4711)
NUMBER = (7 << 16) + 4711
OFFICE = DoorSettings(name="office", line="tcp", host="127.0.0.1", port=1, in_clear=True)


def linked(profile: Profile) -> Profile:
    return msgspec.structs.replace(profile, doors=("office",), door_number=NUMBER)


class Reader:
    """Hears of numbers, or does not."""

    def __init__(self, *, hears: bool = True, takes_s: float = 0.0) -> None:
        self.told: list[WiegandNumber] = []
        self.hears, self.takes_s = hears, takes_s
        self.silent_s = self.unserved_s = 0.0

    def tell(self, card: WiegandNumber, wait_s: float) -> bool:
        time.sleep(min(self.takes_s, wait_s))
        if self.hears:
            self.told.append(card)
        return self.hears


def shop(reader: Reader, door: DoorSettings = OFFICE, *, attested: bool = True) -> tuple[PalmDesk, PalmDoors, str]:
    """A desk where Ann is enrolled and may pass."""
    desk = make_desk(settings=PalmSettings(may=ALL, doors=(door,), attested=attested))
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    desk.change(ann, linked, by="test")
    return desk, PalmDoors([PalmDoor(door, reader)]), ann


def passes(desk: PalmDesk, doors: PalmDoors, person: int = 1, station: str = "office", pin: str = "") -> str:
    return pass_by_palm(desk, doors, "office", samples(person, count=1), station=station, pin=pin).reason


# ---- who may pass -----------------------------------------------------------------------------------------------


def test_a_palm_opens_the_door_that_is_linked_to_it_and_nobody_elses() -> None:
    reader = Reader()
    desk, doors, ann = shop(reader)
    assert passes(desk, doors, 2) == "unknown"
    desk.enrol(samples(2), agreed(), by="test")
    assert passes(desk, doors, 2) == "no door"
    assert reader.told == []
    assert passes(desk, doors) == ""
    assert reader.told == [ANN]
    desk.withdraw(ann, ["door"], by="test")
    assert passes(desk, doors) == "no consent"
    desk.delete(ann, by="test")
    assert passes(desk, doors) == "unknown"
    assert let_through(desk, doors, "office", PalmAnswer("", ann), station="office").reason == "unknown"
    assert reader.told == [ANN]


def test_a_door_opens_from_the_stations_that_stand_at_it_only() -> None:
    reader = Reader()
    desk, doors, _ = shop(reader, msgspec.structs.replace(OFFICE, stations=("inside", "outside")))
    assert [passes(desk, doors, station=one) for one in ("office", "north", "", "inside")] == ["not allowed"] * 3 + [""]
    assert (doors.at("inside"), doors.at("outside"), doors.at("office"), doors.at("")) == ("office", "office", "", "")
    assert len(reader.told) == 1


@pytest.mark.parametrize("attested", [False, True])
def test_who_enrolled_at_home_passes_by_a_hover_at_a_station_that_signs(attested: bool) -> None:
    reader = Reader()
    desk, doors, _ = shop(reader, attested=attested)
    ben = desk.enrol(samples(2), agreed(), by="test", confirmed=False).subject
    desk.change(ben, linked, by="test")
    assert passes(desk, doors, 2) == ("" if attested else "unconfirmed")
    assert len(reader.told) == attested


def test_a_door_may_ask_for_a_pin_and_counts_tries() -> None:
    reader = Reader()
    desk, doors, ann = shop(reader, msgspec.structs.replace(OFFICE, pin=True))
    assert passes(desk, doors) == "no pin"
    desk.change(ann, lambda one: msgspec.structs.replace(one, pin=made_pin("4711", 2)), by="test")
    assert [passes(desk, doors, pin=pin) for pin in ("", "1", "4711", "1", "2", "3", "4711")] == [
        "pin needed", "pin wrong", "", "pin wrong", "pin wrong", "locked", "locked",
    ]  # fmt: skip
    assert len(reader.told) == 1


def test_numbers_are_told_as_the_door_wants_them_or_not_at_all(caplog: pytest.LogCaptureFixture) -> None:
    reader = Reader()
    desk, doors, ann = shop(reader)

    def with_number(number: int, **changed: object) -> str:
        desk.change(ann, lambda one: msgspec.structs.replace(one, door_number=number), by="test")
        door = PalmDoor(msgspec.structs.replace(OFFICE, **changed), reader)
        return passes(desk, PalmDoors([door]))

    assert with_number(0) == "not linked"
    assert with_number(2**30) == "not linked"
    assert with_number(70_000, facility=9) == "not linked"
    assert reader.told == []
    assert with_number(2**30, bits=34) == ""
    assert with_number(4711, facility=9) == ""
    assert reader.told == [WiegandNumber(2**14, 0), WiegandNumber(9, 4711)]
    assert str(2**30) not in caplog.text
    assert "70000" not in caplog.text
    assert "door office" in caplog.text
    assert doors.get("office") is not None


@given(number=st.integers(-5, 2**33), bits=st.sampled_from([26, 34]), facility=st.none() | st.integers(0, 255))
def test_each_number_is_told_whole_or_refused(number: int, bits: Literal[26, 34], facility: int | None) -> None:
    door = msgspec.structs.replace(OFFICE, bits=bits, facility=facility)
    fits = 0 <= number < (1 << bits - 2 if facility is None else 1 << 16)
    try:
        card = card_of(door, number)
    except DoorError:
        assert not fits
    else:
        assert fits
        assert number_of(bits_of(card, bits)) == card
        assert ((card.facility << 16) + card.number if facility is None else card.number) == number


# ---- what is written down ---------------------------------------------------------------------------------------


def test_it_is_written_down_that_a_door_was_told_and_not_of_whom() -> None:
    reader = Reader()
    desk, doors, ann = shop(reader)
    before = len(desk.vault.log())
    passes(desk, doors, 2)
    assert len(desk.vault.log()) == before
    passes(desk, doors)
    reader.hears = False
    assert passes(desk, doors) == "door silent"
    rows = [row.entry for row in desk.vault.log(limit=3)]
    assert [(row.what, row.who, row.subject, row.detail) for row in rows] == [
        ("palm.door.silent", "office", "", "office"),
        ("palm.door", "office", "", "office"),
        ("palm.door", "office", "", "office"),
    ]
    assert not any(ann in repr(row) or "4711" in repr(row) for row in rows)
    assert desk.vault.verify_log().broken_at is None


def test_what_cannot_be_written_down_opens_nothing() -> None:
    reader = Reader()
    desk, doors, _ = shop(reader)
    desk.vault.close()
    with pytest.raises(Exception, match="vault"):
        let_through(desk, doors, "office", PalmAnswer("", "A" * 24), station="office")
    assert reader.told == []


# ---- a slow door, or none ---------------------------------------------------------------------------------------


def test_a_door_that_nobody_asks_is_not_waited_for() -> None:
    reader = Reader(takes_s=WAIT_S)
    desk, doors, _ = shop(reader)
    door = doors.all()[0]
    assert (door.state, doors.trouble) == ("ready", "")
    for silent_s, unserved_s, state, trouble in (
        (5.0, 5.0, "silent", ""), (1.0, 5.0, "no session", ""), (20.0, 20.0, "silent", "no controller asks"),
        (1.0, 20.0, "no session", "not with the key"),
    ):  # fmt: skip
        reader.silent_s, reader.unserved_s = silent_s, unserved_s
        begun_s = time.monotonic()
        assert passes(desk, doors) == "door silent"
        assert time.monotonic() - begun_s < WAIT_S
        assert door.state == state
        assert trouble in doors.trouble
        assert bool(trouble) == bool(doors.trouble)


def test_of_many_at_once_the_others_do_not_wait() -> None:
    door = PalmDoor(OFFICE, Reader(takes_s=WAIT_S))
    heard: list[bool] = []
    threads = [threading.Thread(target=lambda: heard.append(door.tell(ANN))) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    begun_s = time.monotonic()
    assert not door.tell(ANN)
    assert time.monotonic() - begun_s < WAIT_S / 2
    for thread in threads:
        thread.join()
    assert heard == [True] * 4


# ---- over a real line -------------------------------------------------------------------------------------------


@contextmanager
def lines_of(settings: PalmSettings, environment: dict[str, str]) -> Iterator[PalmDoors]:
    doors = make_doors(settings, environment)
    doors.start()
    try:
        yield doors
    finally:
        doors.stop()


@pytest.mark.parametrize("key", ["", KEY])
def test_from_the_settings_to_the_controller_and_back_after_a_break(key: str) -> None:
    with TcpController(3, key=bytes.fromhex(key), allowed=(ANN,)) as controller:
        door = msgspec.structs.replace(
            OFFICE, port=controller.port, address=3, key_env="OFFICE_KEY" if key else "", in_clear=not key
        )
        desk, _, _ = shop(Reader(), door)
        with lines_of(desk.settings, {"OFFICE_KEY": key}) as doors:
            assert eventually(lambda: controller.lines and len(controller.lines[0].heard) > 3)
            assert passes(desk, doors) == ""
            assert eventually(lambda: controller.opened == [ANN])
            controller.cut()
            assert eventually(lambda: len(controller.lines) > 1 and len(controller.lines[1].heard) > 3)
            assert passes(desk, doors) == ""
            assert eventually(lambda: controller.opened == [ANN, ANN])
            assert eventually(lambda: doors.trouble == "")


def test_a_line_that_cannot_be_opened_is_told_on_every_page_and_stops_in_time() -> None:
    with lines_of(PalmSettings(may=ALL, doors=(OFFICE,)), {}) as doors:
        assert eventually(lambda: "127.0.0.1:1 cannot be reached" in doors.trouble)
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 5.0


# ---- settings ---------------------------------------------------------------------------------------------------

GOOD = 'name = "office"\nline = "tcp"\nhost = "10.0.0.9"\nport = 4001\nkey_env = "OFFICE_KEY"\n'
SERIAL = 'name = "yard"\nline = "serial"\ndevice = "/dev/ttyUSB0"\nbaud = 115200\nin_clear = true\n'


def parsed(*doors: str, more: str = "", may: str = '["identify", "door"]') -> PalmSettings:
    text = f"version = 1\n[palm]\nenabled = true\nmay = {may}\n{more}" + "".join(f"[[palm.doors]]\n{x}" for x in doors)
    return parse_settings(text.encode()).palm


def test_good_settings() -> None:
    made = parsed(GOOD, SERIAL + "address = 4\nbits = 34\nfacility = 40000\n", SERIAL.replace("yard", "gate"))
    assert [door.name for door in made.doors] == ["office", "yard", "gate"]
    assert made.door_at("yard") is made.door("yard")
    assert made.door("cellar") is None
    assert len(make_doors(made, {"OFFICE_KEY": KEY + "\n"}).all()) == 3


@pytest.mark.parametrize(
    ("doors", "said"),
    [
        ([GOOD.replace("port = 4001", "")], "table 1: door 'office': line = tcp needs a host and a port"),
        ([GOOD.replace("4001", "70000")], "table 1, port: Expected int <= 65535"),
        ([GOOD.replace('"tcp"', '"usb"')], "table 1, line: Invalid enum value 'usb'"),
        ([GOOD.replace("host", "hots")], "table 1: Object contains unknown field hots"),
        ([GOOD.replace('"office"', '"a b"')], "table 1, name"),
        ([GOOD.replace('"office"', '"a\\n"')], "a name is letters"),
        ([GOOD, SERIAL.replace('device = "/dev/ttyUSB0"', "")], "table 2: door 'yard': line = serial needs a device"),
        ([SERIAL.replace("115200", "300")], "table 1, baud"),
        ([GOOD + "in_clear = true\n"], "give one of key_env, key_file"),
        ([GOOD.replace('key_env = "OFFICE_KEY"', "")], "give one of key_env, key_file"),
        ([GOOD + 'key_file = "key"\n'], "give one of key_env, key_file"),
        ([GOOD + "facility = 256\n"], "a facility code of 26 bits is 0 to 255, not 256"),
        ([GOOD, GOOD], "two doors are called office"),
        ([GOOD, GOOD.replace('"office"', '"yard"')], "two doors are address 0 on the line 10.0.0.9:4001"),
        ([GOOD + 'stations = ["yard"]\n', SERIAL], "station yard stands at two doors"),
        ([SERIAL, SERIAL.replace("115200", "9600").replace("yard", "b") + "address = 1\n"], "a line has one speed"),
    ],
)
def test_wrong_settings_say_what_is_wrong(doors: list[str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parsed(*doors)
    assert said in str(caught.value)
    assert "palm" in str(caught.value)


def test_a_station_at_a_door_has_to_be_allowed_to_open_it() -> None:
    with pytest.raises(SettingsError, match="palms may open no door at station 'office'"):
        parsed(GOOD, may='["identify"]')
    parsed(GOOD, may='["identify"]', more='may_at = { office = ["identify", "door"] }\n')
    browser = '[palm.station]\nenabled = true\npurpose = "door"\nname = "{}"\n'
    with pytest.raises(SettingsError, match=r"no door of palm\.doors has station 'hall'"):
        parsed(GOOD, more=browser.format("hall"))
    parsed(GOOD, more=browser.format("office"))


def test_a_key_is_missing_or_is_none(tmp_path: Path) -> None:
    for environment, said in (
        ({}, "door 'office': the environment variable OFFICE_KEY holds no key"),
        ({"OFFICE_KEY": "secret words"}, "door 'office', variable OFFICE_KEY: the key of a door is 32 hexadecimal"),
        ({"OFFICE_KEY": "303132333435363738393a3b3c3d3e3f"}, "known to everybody"),
    ):
        with pytest.raises(DoorError) as caught:
            make_doors(parsed(GOOD), environment)
        assert said in str(caught.value)
        assert "secret words" not in str(caught.value)
    path = tmp_path / "office.key"
    text = GOOD.replace('key_env = "OFFICE_KEY"', f"key_file = {str(path)!r}")
    with pytest.raises(DoorError, match="cannot be read"):
        make_doors(parsed(text), {})
    path.write_text(KEY)
    assert make_doors(parsed(text), {}).all()[0].name == "office"
