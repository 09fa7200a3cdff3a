"""A hand at a door, over the API, with a controller that polls over TCP."""

import base64
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.connectors.doors.controller import TcpController, eventually
from tests.store.palms.stand_in import ALL, make_desk
from tests.web.api.conftest import Paying, client_of
from tests.web.api.palm_shop import CONSENT, KEY, capture, png
from tillfree.connectors.doors.wiegand import WiegandNumber
from tillfree.core.time import NS_PER_S
from tillfree.store.palms.door_lines import make_doors
from tillfree.store.palms.door_settings import DoorSettings
from tillfree.store.palms.doors import PalmDoors
from tillfree.store.palms.settings import PalmSettings

DOOR_KEY = "000102030405060708090a0b0c0d0e0f"
NUMBER = (7 << 16) + 4711
ANN = WiegandNumber(7, 4711)
DOOR = DoorSettings(name="office", line="tcp", host="127.0.0.1", port=1, key_env="K", stations=("north", "south"))


class Doors:
    """The shop, and the controller of its door."""

    def __init__(self, paying: Paying, controller: TcpController) -> None:
        self.paying, self.controller = paying, controller

    def settings(self, **changed: Any) -> None:
        """Begins with a vault and a door of their own."""
        door = msgspec.structs.replace(DOOR, port=self.controller.port, **changed.pop("door", {}))
        settings = PalmSettings(**{"may": ALL, "doors": (door,), **changed})
        console = self.paying.console
        self.close()
        console.palm_desk = make_desk(settings=settings, clock=self.paying.clock)
        console.palm_doors = make_doors(settings, {"K": DOOR_KEY})
        console.palm_doors.start()
        public = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
        for name in ("north", "west"):
            put = client_of(console, "palms:manage").put(f"/api/v1/palms/stations/{name}", json={"public_key": public})
            assert put.status_code == 200
        assert eventually(lambda: console.palm_doors is not None and console.palm_doors.all()[0].state == "ready")

    def close(self) -> None:
        console = self.paying.console
        if console.palm_doors is not None and console.palm_desk is not None:
            console.palm_doors.stop()
            console.palm_desk.vault.close()

    def enrol(self, person: int = 1, *, links: bool = True, **consent: Any) -> str:
        client = client_of(self.paying.console)
        body = {"captures": [capture(self.paying, person) for _ in range(3)], "consent": {**CONSENT, **consent}}
        palm = str(client.post("/api/v1/palms", json=body).json()["palm"])
        if links:
            put = client.put(f"/api/v1/palms/{palm}/links", json={"doors": ["office"], "door_number": NUMBER})
            assert put.status_code == 200
        return palm

    def shows(self, person: int = 1, door: str = "office", **more: Any) -> Any:
        body = {"captures": [capture(self.paying, person)], **more}
        return client_of(self.paying.console, "palms:present").post(f"/api/v1/palms/doors/{door}", json=body)

    def reason(self, person: int = 1, **more: Any) -> str:
        answer = self.shows(person, **more)
        assert answer.status_code == 200, answer.text
        assert answer.json()["told"] == (not answer.json()["reason"])
        return str(answer.json()["reason"])


@pytest.fixture
def doors(paying: Paying) -> Iterator[Doors]:
    console = paying.console
    before = console.palm_desk, console.palm_doors
    console.palm_desk = console.palm_doors = None
    with TcpController(key=bytes.fromhex(DOOR_KEY), allowed=(ANN,)) as controller:
        made = Doors(paying, controller)
        made.settings()
        yield made
        made.close()
    console.palm_desk, console.palm_doors = before


def test_a_hand_opens_a_door(doors: Doors) -> None:
    palm = doors.enrol()
    answer = doors.shows()
    assert answer.json() == {"told": True, "reason": "", "message": "Welcome", "guidance": ""}
    assert palm not in answer.text
    assert eventually(lambda: doors.controller.opened == [ANN])
    desk = doors.paying.console.palm_desk
    assert desk is not None
    entry = desk.vault.log(limit=1)[0].entry
    assert (entry.what, entry.who, entry.subject, entry.detail) == ("palm.door", "north", "", "office")


def test_who_may_not_pass_is_refused_and_the_controller_hears_nothing(doors: Doors) -> None:
    doors.enrol(1, links=False)
    doors.enrol(2, purposes=["identify", "pay"])
    assert doors.reason(0) == "no hand"
    assert doors.reason(1) == "no door"
    assert doors.reason(2) == "no consent"
    assert doors.reason(3) == "unknown"
    assert (doors.controller.opened, doors.controller.panel.refused) == ([], [])


def test_what_the_site_does_not_allow_opens_nothing(doors: Doors) -> None:
    doors.settings(may_at={"north": ("identify",)}, door={"stations": ("south",)})
    doors.enrol()
    assert doors.reason() == "not allowed"  # by the policy of the station, which stands at no door besides
    doors.settings(door={"stations": ("south",)})
    doors.enrol()
    assert doors.reason() == "not allowed"
    assert doors.controller.opened == []


def test_a_door_with_a_pin(doors: Doors) -> None:
    doors.settings(door={"pin": True})
    palm = doors.enrol()
    assert doors.reason() == "no pin"
    client = client_of(doors.paying.console)
    assert client.put(f"/api/v1/palms/{palm}/pin", json={"pin": "4711"}).status_code == 204
    assert [doors.reason(pin=pin) for pin in ("", "4712", "4711")] == ["pin needed", "pin wrong", ""]
    assert eventually(lambda: doors.controller.opened == [ANN])


def test_captures_are_signed_fresh_and_of_one_station(doors: Doors) -> None:
    doors.enrol()
    shop = doors.paying
    client = client_of(shop.console, "palms:present")
    shown = capture(shop, 1)

    def sent(*captures: dict[str, Any]) -> int:
        answer = client.post("/api/v1/palms/doors/office", json={"captures": list(captures)})
        return int(answer.status_code)

    assert sent(shown) == 200
    assert sent(shown) == 422  # again
    assert sent(capture(shop, 1, signature="")) == 422
    assert sent(capture(shop, 1, station="west")) == 422
    assert sent(capture(shop, 1), capture(shop, 1, station="west")) == 422
    assert sent(capture(shop, 1) | {"frames": [{"band": "nir", "picture": base64.b64encode(png(2)).decode()}]}) == 422
    late = capture(shop, 1)
    shop.clock.now_ns += 21 * NS_PER_S
    assert sent(late) == 422
    assert eventually(lambda: doors.controller.opened == [ANN])


def test_only_a_station_s_key_may_ask(doors: Doors) -> None:
    doors.enrol()
    body = {"captures": [capture(doors.paying, 1)]}
    for scopes in (("palms:read",), ("palms:manage",), ("entries:present",), ("palms:write", "palms:enrol")):
        answer = client_of(doors.paying.console, *scopes).post("/api/v1/palms/doors/office", json=body)
        assert answer.status_code == 403
    nobody = client_of(doors.paying.console, "palms:present")
    nobody.headers["authorization"] = "Bearer tf_made_up"
    assert nobody.post("/api/v1/palms/doors/office", json=body).status_code == 401
    assert client_of(doors.paying.console, "palms:present").get("/api/v1/palms/doors").status_code == 403
    assert doors.controller.opened == []


def test_a_door_that_is_not_there(doors: Doors) -> None:
    doors.enrol()
    for name in ("cellar", "OFFICE", "office%0A", "%2e%2e"):
        assert doors.shows(door=name).status_code == 404
    doors.paying.console.palm_doors, kept = None, doors.paying.console.palm_doors
    assert doors.shows().status_code == 404
    doors.paying.console.palm_doors = kept


def test_a_line_that_breaks_is_told_and_comes_back(doors: Doors) -> None:
    doors.enrol()
    found = doors.paying.console.palm_doors
    assert found is not None
    door = found.all()[0]
    doors.controller.polls.clear()
    doors.controller.cut()
    assert eventually(lambda: door.state != "ready")
    assert doors.reason() == "door silent"
    listed = client_of(doors.paying.console, "palms:read").get("/api/v1/palms/doors").json()["doors"]
    assert listed == [{"door": "office", "state": "silent", "stations": ["north", "south"], "pin": False}]
    doors.controller.polls.set()
    assert eventually(lambda: door.state == "ready", 20.0)
    assert doors.reason() == ""
    assert eventually(lambda: doors.controller.opened == [ANN])


def test_the_same_request_opens_once(doors: Doors) -> None:
    palm = doors.enrol()
    client = client_of(doors.paying.console, "palms:present")
    body, headers = {"captures": [capture(doors.paying, 1)]}, {"idempotency-key": "once"}
    for _ in range(2):
        answer = client.post("/api/v1/palms/doors/office", json=body, headers=headers)
        assert (answer.status_code, answer.json()["told"]) == (200, True)
        assert palm not in answer.text
    assert eventually(lambda: doors.controller.opened == [ANN])


def test_a_number_that_does_not_fit_is_not_linked(doors: Doors) -> None:
    palm, client = doors.enrol(), client_of(doors.paying.console)
    for number in (0, 2**30):
        put = client.put(f"/api/v1/palms/{palm}/links", json={"doors": ["office"], "door_number": number})
        assert (put.status_code, "office" in put.json()["detail"]) == (422, True)
    assert client.get(f"/api/v1/palms/{palm}").json()["door_number"] == NUMBER
    assert client.put(f"/api/v1/palms/{palm}/links", json={"doors": ["elsewhere"]}).status_code == 200
    assert doors.reason() == "no door"


def test_the_number_is_told_to_the_controller_alone(doors: Doors) -> None:
    palm, client = doors.enrol(), client_of(doors.paying.console)

    def identified(door: str) -> dict[str, Any]:
        body = {"captures": [capture(doors.paying, 1)], "purpose": "door", "door": door}
        answer: dict[str, Any] = client.post("/api/v1/palms/identify", json=body).json()
        return answer

    assert (identified("office")["allowed"], identified("office")["door_number"]) == (True, None)
    links = {"doors": ["elsewhere"], "door_number": 5}
    assert client.put(f"/api/v1/palms/{palm}/links", json=links).status_code == 200
    assert identified("elsewhere")["door_number"] == 5  # a door whose controller the station tells
    assert identified("office")["reason"] == "no door"
    doors.settings(door={"stations": ("south",)})
    doors.enrol()
    assert identified("office")["reason"] == "not allowed"
    assert doors.controller.opened == []


def test_a_store_without_doors(doors: Doors) -> None:
    console = doors.paying.console
    console.palm_doors, kept = PalmDoors([]), console.palm_doors
    assert client_of(console, "palms:read").get("/api/v1/palms/doors").json() == {"doors": []}
    console.palm_doors = kept
    console.palm_desk, desk = None, console.palm_desk
    assert client_of(console).get("/api/v1/palms/doors").status_code == 503
    assert client_of(console).post("/api/v1/palms/doors/office", json={"captures": []}).status_code == 422
    console.palm_desk = desk
