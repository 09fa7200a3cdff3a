"""A station at a door: the hand, the controller on a real line, the screen, and a door that takes its time."""

import threading
import time
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient

from tests.connectors.doors.controller import TcpController, eventually
from tests.store.palms.stand_in import make_desk
from tests.web.conftest import console_on, served, wait_until_ended
from tests.web.palms.conftest import NOTICES, RULES, palm_room
from tests.web.palms.stand_ins import GreyClerk, GreyRecogniser, grey_eyes, grey_jpeg
from tests.web.palms.test_session import AGREED, S, Stand
from tests.web.palms.test_session import RULES as SESSION_RULES
from tillfree.cli.palm.station import palm_room_of
from tillfree.connectors.doors.wiegand import WiegandNumber
from tillfree.core.errors import TillfreeError
from tillfree.simulation.options import SimulationOptions
from tillfree.store.palms.door_lines import make_doors
from tillfree.store.palms.door_settings import DoorSettings
from tillfree.store.palms.notice_settings import StationSettings
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.settings import StoreSettings
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.palms.clerk import DeskClerk
from tillfree.web.palms.pictures import decode_picture
from tillfree.web.palms.room import PalmRoom
from tillfree.web.palms.seeing import Answer, Reading, Wishes
from tillfree.web.palms.session import Begin, Confirm, Pin, Session

KEY = bytes(range(16))
ANN = WiegandNumber(7, 4711)
NUMBER = (7 << 16) + 4711
STATION = RULES.station
OPENED = Answer(kind="known", granted="door")


# ---- the session ------------------------------------------------------------------------------------------------


def at_a_door(stand: Stand) -> list[str]:
    told: list[str] = []

    def tell(account: str) -> Answer:
        told.append(account)
        return OPENED

    stand.enrol(100)
    stand.pause()
    stand.clerk.door = tell
    return told


def test_a_door_is_told_after_the_look_and_once() -> None:
    stand = Stand()
    told = at_a_door(stand)
    assert stand.show(100, 100, 100)[-1]["k"] == "guide"
    assert (told, stand.session.opens) == ([], True)
    assert stand.show(100, 100) == []
    result = stand.session.open(stand.at_ns)[0]
    assert (result["kind"], result["granted"], result["shown"], told) == ("known", "door", "", ["ann-0"])
    assert (stand.session.opens, stand.session.open(stand.at_ns)) == (False, [])
    stand.pause()
    assert stand.show(180, 180, 180)[-1]["kind"] == "unknown"
    assert not stand.session.opens


def test_a_door_is_told_after_the_right_pin_only() -> None:
    stand = Stand()
    told = at_a_door(stand)
    stand.clerk.pin = "1234"
    assert stand.show(100, 100, 100)[-1]["code"] == "pin"
    assert stand.session.prove(Pin("1111"), stand.at_ns)[0]["kind"] == "refused"
    assert (stand.session.opens, stand.session.open(stand.at_ns)) == (False, [])
    stand.pause()
    stand.show(100, 100, 100)
    assert stand.session.prove(Pin("1234"), stand.at_ns) == []
    assert stand.session.open(stand.at_ns)[0]["granted"] == "door"
    assert told == ["ann-0"]


@pytest.mark.parametrize("away", ["late", "anew", "closed"])
def test_whoever_has_gone_opens_no_door(away: str) -> None:
    stand = Stand()
    told = at_a_door(stand)
    stand.show(100, 100, 100)
    if away == "late":
        stand.at_ns += 6 * S
    elif away == "anew":
        stand.session.begin(Begin("identify"))
    else:
        stand.session.close()
    assert stand.session.open(stand.at_ns) == []
    assert told == []


def test_who_deletes_their_palm_opens_nothing() -> None:
    stand = Stand()
    told = at_a_door(stand)
    stand.clerk.door, door = None, stand.clerk.door
    stand.session.begin(Begin("delete"))
    assert stand.show(100, 100, 100)[-1]["k"] == "ask"
    stand.clerk.door = door
    assert stand.session.confirm(Confirm(yes=True), stand.at_ns)[0]["kind"] == "deleted"
    assert (stand.session.opens, told) == (False, [])


def test_a_door_that_fails_is_our_fault_and_the_station_goes_on() -> None:
    stand = Stand()
    at_a_door(stand)

    def broken(account: str) -> Answer:
        raise TillfreeError(f"the vault is away, {len(account)}")

    stand.clerk.door = broken
    stand.show(100, 100, 100)
    assert stand.session.open(stand.at_ns)[0]["kind"] == "trouble"
    stand.pause()
    assert stand.show(0)[0]["code"] == "no hand"


def test_while_a_door_is_told_the_station_may_begin_anew_and_nobody_hears_of_the_one_before() -> None:
    clerk, told, go = GreyClerk(), threading.Event(), threading.Event()
    stand = Stand()
    stand.clerk, stand.session = clerk, Session(grey_eyes(), clerk, SESSION_RULES)
    stand.enrol(100, wanted=AGREED)
    stand.pause()

    def slow(_account: str) -> Answer:
        told.set()
        go.wait(10.0)
        return OPENED

    clerk.door = slow
    stand.show(100, 100, 100)
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(stand.session.open(stand.at_ns)))
    thread.start()
    assert told.wait(10.0)
    assert stand.session.begin(Begin("identify"))[0]["k"] == "begun"
    assert stand.show(0)[0]["code"] == "no hand"
    go.set()
    thread.join(10.0)
    assert answers == [[]]


# ---- several stations -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    with console_on(SimulationOptions(shoppers=1, seed=2), demo=True) as made:
        wait_until_ended(made.store)
        yield made


def test_a_slow_door_holds_up_no_other_station(console: Console) -> None:
    clerk = GreyClerk()
    clerk.known["ann"] = 100 / 255
    going = threading.Semaphore(0)
    done = threading.Event()

    def slow(_account: str) -> Answer:
        going.release()
        done.wait(30.0)
        return OPENED

    clerk.door = slow
    console.palm_room = palm_room(clerk)
    address = "ws://127.0.0.1/palm/stream"
    head = b"\x01\x00\x00\x00"
    with TestClient(make_app(console), base_url="http://127.0.0.1") as client:
        headers = {"origin": "http://127.0.0.1"}
        with (
            client.websocket_connect(address, headers=headers) as first,
            client.websocket_connect(address, headers=headers) as second,
            client.websocket_connect(address, headers=headers) as third,
        ):
            for socket in (first, second):
                for number in range(1, 4):
                    socket.send_bytes(head + number.to_bytes(4, "big") + grey_jpeg(100))
                    assert socket.receive_json()["n"] == number
            assert all(going.acquire(timeout=20.0) for _ in range(2))
            third.send_bytes(head + (1).to_bytes(4, "big") + grey_jpeg(100))
            assert third.receive_json()["code"] == ""  # as many doors are waited for as pictures are looked at
            done.set()
            for socket in (first, second):
                assert socket.receive_json()["granted"] == "door"


# ---- up to the controller ---------------------------------------------------------------------------------------


class DoorShop:
    """A console with a station at a door, and the controller of that."""

    def __init__(self, console: Console, controller: TcpController, *, pin: bool = False) -> None:
        self.console = console
        door = DoorSettings(
            name="office", line="tcp", host="127.0.0.1", port=controller.port, key_env="K", stations=(STATION,), pin=pin
        )
        settings = PalmSettings(may=("identify", "door"), notice_version="7", liveness="off", doors=(door,))
        self.desk = make_desk(None, settings, time.time_ns, GreyRecogniser())
        self.doors = make_doors(settings, {"K": KEY.hex()})
        self.clerk = DeskClerk(self.desk, time.time_ns, purpose="door", doors=self.doors)
        console.palm_desk, console.palm_doors, console.palm_notices = self.desk, self.doors, NOTICES
        console.palm_room = PalmRoom(eyes=grey_eyes(), clerk=self.clerk, rules=RULES)
        self.doors.start()
        assert eventually(lambda: self.doors.all()[0].state == "ready")

    def enrol(self, grey: int, *, linked: bool = True, agreed: bool = True, pin: str = "") -> str:
        wishes = Wishes(notice_version="7", purposes=("identify", *(("door",) if agreed else ())), pin=pin)
        palm = self.clerk.enrol([self.reading(grey)] * 2, [self.reading(grey)] * 2, wishes, STATION).account
        if linked:
            self.desk.change(
                palm, lambda one: msgspec.structs.replace(one, doors=("office",), door_number=NUMBER), by="test"
            )
        return palm

    def reading(self, grey: int) -> Reading:
        eyes = grey_eyes()
        region = eyes.look(decode_picture(grey_jpeg(grey)), None, "unknown").region
        assert region is not None
        return Reading(eyes.read(region), 80.0, True)

    def comes(self, grey: int, pin: str = "") -> Answer:
        answer = self.clerk.identify([[self.reading(grey)]], STATION)
        if answer.kind == "pin" and pin:
            answer = self.clerk.prove(answer.account, pin, STATION)
        return self.clerk.open(answer.account, STATION) if answer.kind == "opening" else answer

    def close(self) -> None:
        self.doors.stop()
        self.console.palm_doors = None
        self.desk.vault.close()


@pytest.fixture
def controller() -> Iterator[TcpController]:
    with TcpController(key=KEY, allowed=(ANN,)) as made:
        yield made


@pytest.fixture
def shop(console: Console, controller: TcpController) -> Iterator[DoorShop]:
    made = DoorShop(console, controller)
    yield made
    made.close()


def test_a_hand_at_the_station_opens_the_door_and_others_do_not(shop: DoorShop, controller: TcpController) -> None:
    palm = shop.enrol(100)
    shop.enrol(140, linked=False)
    shop.enrol(180, agreed=False)
    assert [(shop.comes(grey).kind, shop.comes(grey).reason) for grey in (140, 180, 60)] == [
        ("refused", "no door"), ("refused", "not agreed"), ("unknown", ""),
    ]  # fmt: skip
    assert (controller.opened, controller.panel.refused) == ([], [])
    answer = shop.comes(100)
    assert (answer.kind, answer.granted, answer.shown, answer.may) == ("known", "door", "", ("identify", "door"))
    assert eventually(lambda: controller.opened == [ANN])
    assert shop.clerk.find([[shop.reading(100)]], STATION).kind == "known"  # to delete it opens nothing
    elsewhere = shop.clerk.identify([[shop.reading(100)]], "other")
    assert (elsewhere.kind, elsewhere.reason) == ("refused", "no door")
    assert shop.clerk.open(palm, "other").reason == "no door"
    shop.desk.delete(palm, by="test")
    assert shop.clerk.open(palm, STATION).kind == "unknown"
    assert controller.opened == [ANN]


def test_a_door_with_a_pin_at_the_station(console: Console, controller: TcpController) -> None:
    shop = DoorShop(console, controller, pin=True)
    shop.enrol(100, pin="4711")
    shop.enrol(180)
    assert (shop.comes(100).kind, shop.comes(100, "1111").reason) == ("pin", "pin wrong")
    assert shop.comes(180).reason == "no pin"
    assert controller.opened == []
    assert shop.comes(100, "4711").granted == "door"
    assert eventually(lambda: controller.opened == [ANN])
    shop.close()


def test_the_screen_says_that_the_door_was_told_or_does_not_answer(
    shop: DoorShop, controller: TcpController, grey_camera: Browser
) -> None:
    shop.enrol(100)
    with served(shop.console) as server:
        context = grey_camera.new_context(viewport={"width": 1080, "height": 1920})
        page = context.new_page()
        page.goto(server.address + "/palm")
        title = page.locator("[data-title]")
        expect(title).to_have_text("You may pass", timeout=20_000)
        expect(page.locator("main")).to_have_attribute("data-tone", "good")
        expect(page.locator("[data-more]")).to_contain_text("The door has been told.")
        assert eventually(lambda: controller.opened[:1] == [ANN])
        controller.polls.clear()
        controller.cut()
        expect(title).to_have_text("Not possible here", timeout=30_000)
        expect(page.locator("[data-more]")).to_have_text("The door does not answer. Please use another way.")
        page.goto(server.address + "/palms")
        expect(page.locator("section[aria-labelledby=doors]")).to_contain_text("its controller does not ask")
        expect(page.locator("section[aria-labelledby=log]")).to_contain_text("Door asked to open")
        context.close()


def test_staff_link_doors(shop: DoorShop) -> None:
    palm = shop.enrol(100, linked=False)
    shop.desk.change(palm, lambda one: msgspec.structs.replace(one, doors=("elsewhere",), door_number=5), by="test")
    with TestClient(make_app(shop.console), base_url="http://127.0.0.1") as client:
        client.headers["sec-fetch-site"] = "same-origin"

        def sends(number: str, *names: str) -> str:
            return client.post("/palms/doors", data={"palm": palm, "number": number, "door": list(names)}).text

        assert "in digits" in sends("12a", "office")
        assert "does not fit door" in sends(str(2**30), "office")
        assert "told a number" in sends("", "office")
        assert shop.desk.profile(palm).doors == ("elsewhere",)
        page = sends(str(NUMBER), "office", "made up")
        assert 'value="office" checked' in page
        assert str(NUMBER) in page
        assert (shop.desk.profile(palm).doors, shop.desk.profile(palm).door_number) == (("elsewhere", "office"), NUMBER)
        assert shop.comes(100).granted == "door"
        assert 'value="office" checked' not in sends(str(NUMBER))
        assert shop.desk.profile(palm).doors == ("elsewhere",)
    assert shop.comes(100).reason == "no door"


def test_the_settings_make_such_a_station(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillfree.cli.palm.station.shipped_eyes", lambda: (grey_eyes(), None))
    door = DoorSettings(name="office", line="tcp", host="127.0.0.1", port=1, in_clear=True)
    station = StationSettings(enabled=True, purpose="door", name="office")
    palm = PalmSettings(enabled=True, may=("identify", "door"), doors=(door,), station=station, liveness="off")
    desk = make_desk(None, palm, time.time_ns, GreyRecogniser())
    room = palm_room_of(StoreSettings(palm=palm), desk, None, make_doors(palm, {}))
    assert room is not None
    assert isinstance(room.clerk, DeskClerk)
    assert "door" in room.rules.purposes
    wishes = Wishes(notice_version="1", purposes=("identify", "door"))
    reading = DoorShop.reading(DoorShop.__new__(DoorShop), 100)
    made = room.clerk.enrol([reading] * 3, [reading] * 3, wishes, "office")
    desk.change(made.account, lambda one: msgspec.structs.replace(one, doors=("office",), door_number=1), by="test")
    assert room.clerk.identify([[reading]], "office").kind == "opening"
    assert room.clerk.open(made.account, "office").reason == "door silent"
    desk.vault.close()
