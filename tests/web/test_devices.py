"""Devices, plates, the calibration of a plate, and sensors that are broken by a click."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from tests.web.conftest import OwnServer, console_on
from tests.web.test_stock import ODD_FIXTURE, client_of, hostile_shop, key_of, quiet_console, wait_for
from tillfree.catalog.model import Shop
from tillfree.core.ids import FixtureId, PlateRef
from tillfree.core.time import NS_PER_S
from tillfree.simulation.options import SimulationOptions
from tillfree.storage.database.audit import AuditQuery
from tillfree.store.running.state import PlateState
from tillfree.web.console import Console
from tillfree.web.devices.weighing import CALM_S, Weighing
from tillfree.web.devices.words import measured

ClientAs = Callable[[str], TestClient]
PLATE = PlateRef(FixtureId("1"), 6, 11)
"""A plate of the demo shop with a facing, which the one shopper of `running` does not touch."""
OPTIONS = SimulationOptions(shoppers=3, seed=5, duration_s=400.0, arrival_spread_s=20.0)
"""Three people, and then a long quiet."""


@pytest.fixture
def running() -> Iterator[tuple[Console, TestClient]]:
    """A demo console whose recording is played ten times as fast as it was."""
    with console_on(OPTIONS, demo=True, speed=10.0) as console, client_of(console) as client:
        store = console.store
        wait_for(lambda: store.now_ns - OPTIONS.start_ns > 5 * NS_PER_S, "five seconds of stream")
        yield console, client


# ---- what is worked out ---------------------------------------------------------------------------------------------


def weighing() -> Weighing:
    return Weighing(PLATE, "engineer", 0.0)


def test_a_level_is_calm_once_it_stays_long_enough() -> None:
    case = weighing()
    assert case.calm_g() is None
    case.note(10.0, 500.0)
    case.note(10.0 + CALM_S - 0.1, 500.4)
    assert case.calm_g() is None
    case.note(10.0 + CALM_S, 500.2)
    assert case.calm_g() == 500.2
    # A store that stands still says the same for ever: that is no calm.
    halted = weighing()
    for _ in range(50):
        halted.note(10.0, 500.0)
    assert halted.calm_g() is None


def test_a_step_or_a_lost_reading_is_no_calm() -> None:
    case = weighing()
    for second in range(6):
        case.note(float(second), 500.0 if second < 4 else 900.0)
    assert case.calm_g() is None
    for second in range(6, 9):
        case.note(float(second), 900.0)
    assert case.calm_g() == 900.0
    case.note(9.0, None)
    assert case.calm_g() is None


@pytest.mark.parametrize(
    ("known", "loaded", "problem", "gain"),
    [
        (500.0, 1500.0, "", 1.0),
        (450.0, 1500.0, "", 0.9),
        (500.0, 1250.5, "", 2 / 1.002),
        (500.0, 1020.0, "nothing", None),
        (500.0, 1000.0, "nothing", None),
        (500.0, 900.0, "fell", None),
        (500.0, 1100.0, "nonsense", None),
        (500.0, 2500.0, "nonsense", None),
    ],
)
def test_the_gain_is_known_over_measured_or_refused(known: float, loaded: float, problem: str, gain: float) -> None:
    case = weighing()
    case.begin(1000.0, 1.0)
    assert case.weigh(known, loaded) == problem
    if problem:
        assert case.step == "weight"
    else:
        assert case.step == "result"
        assert case.gain == pytest.approx(gain)


def test_a_second_calibration_goes_on_from_the_first() -> None:
    case = weighing()
    case.begin(0.0, 1.25)
    assert case.weigh(500.0, 400.0) == ""
    assert case.gain == pytest.approx(1.5625)
    # A new gain leaves the level of its moment: 400 g. With it, 500 g are taken off.
    assert not case.take_off(399.0)
    assert case.take_off(-100.5)
    assert case.is_back
    case.step = "off"
    assert case.take_off(-160.0)
    assert not case.is_back


def test_numbers_are_told_or_a_dash() -> None:
    assert measured(None) == measured(float("nan")) == "–"
    assert measured(-0.04, 1, "g") == "0.0\u00a0g"
    assert measured(-1234.56, 1, "g") == "-1,234.6\u00a0g"


# ---- the list and one device ----------------------------------------------------------------------------------------


def test_who_may_look_and_who_may_calibrate(client_as: ClientAs) -> None:
    place = urlencode({"fixture": PLATE.fixture, "shelf": PLATE.shelf, "plate": PLATE.plate})
    for role in ("viewer", "associate", "manager", "engineer"):
        for path in ("/devices", "/devices/now", "/devices/scales/1", "/devices/plates?fixture=1"):
            assert client_as(role).get(path).status_code == 200, (role, path)
        allowed = 200 if role == "engineer" else 403
        assert client_as(role).get(f"/devices/calibrate?{place}").status_code == allowed
        assert client_as(role).get(f"/devices/calibrate/level?{place}").status_code == allowed
        if role != "engineer":
            values = {"fixture": "1", "shelf": "6", "plate": "11", "do": "tare"}
            assert client_as(role).post("/devices/calibrate", data=values).status_code == 403
    assert client_as("").get("/devices").status_code == 303
    assert "/devices/calibrate" not in client_as("viewer").get("/devices/scales/1?plate=6-11").text
    assert "/devices/calibrate" in client_as("engineer").get("/devices/scales/1?plate=6-11").text


def test_the_list_tells_all_devices(console: Console, client_as: ClientAs) -> None:
    client, devices = client_as("viewer"), console.store.devices()
    page = client.get("/devices").text
    now = client.get("/devices/now").json()
    assert set(now["rows"]) == {device.device for device in devices}
    assert sum(now["tiles"].values()) == len(devices)
    for device in devices:
        assert f'data-device="{device.device}"' in page
    assert "Scales of fixture 2" in page
    assert 'data-device="scales/1"' not in client.get("/devices?text=fixture+2").text
    assert list(client.get("/devices/now?text=fixture+2").json()["rows"]) == ["scales/2"]
    assert "No device fits that." in client.get("/devices?state=unheard").text
    assert client.get("/devices?page=x").status_code == 400


def test_one_device_and_its_plates(console: Console, client_as: ClientAs) -> None:
    client, store = client_as("viewer"), console.store
    plates = store.plates(FixtureId("1"))
    page = client.get("/devices/scales/1").text
    assert page.count('class="plate ') == len(plates)
    assert page.index('data-plate="6-1"') < page.index('data-plate="1-1"'), "the top shelf is not on top"
    close = client.get("/devices/scales/1?plate=6-11").text
    assert "Fixture 1, shelf 6, plate 11" in close
    assert "Never calibrated here." in close
    now = client.get("/devices/plates?fixture=1&plate=6-11").json()
    assert set(now["plates"]) == {f"{plate.shelf}-{plate.plate}" for plate in plates}
    assert now["chosen"]["id"] == "6-11"
    assert client.get("/devices/tracker/" + _tracker(console)).status_code == 200


def _tracker(console: Console) -> str:
    return next(d.device for d in console.store.devices() if d.kind == "tracker").removeprefix("tracker/")


@pytest.mark.parametrize(
    "path",
    [
        "/devices/scales/99", "/devices/scales/", "/devices/../../etc/passwd", "/devices/%2e%2e/%2e%2e/secret",
        "/devices/<script>", "/devices/plates?fixture=nowhere", "/devices/plates",
        "/devices/calibrate?fixture=1&shelf=99&plate=1", "/devices/calibrate?fixture=9&shelf=1&plate=1",
    ],
)  # fmt: skip
def test_what_is_not_there(client_as: ClientAs, path: str) -> None:
    answer = client_as("engineer").get(path)
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert "<script>" not in answer.text.split("</head>")[1]


@pytest.mark.parametrize("plate", ["", "6", "6-", "-", "x-y", "6-999", "999999999999-1", "<b>", "६-१"])
def test_a_plate_that_is_none_is_not_shown(client_as: ClientAs, plate: str) -> None:
    answer = client_as("viewer").get("/devices/scales/1", params={"plate": plate})
    assert answer.status_code == 200
    assert 'id="plate"' not in answer.text


def test_hostile_names_of_fixtures_do_nothing() -> None:
    with quiet_console(hostile_shop()) as (console, client):
        device = f"scales/{ODD_FIXTURE}"
        assert device in {known.device for known in console.store.devices()}
        page = client.get("/devices").text
        assert "<i>" not in page
        assert f'href="/devices/{quote(device)}"' in page
        one = client.get(f"/devices/{quote(device)}?plate=1-1")
        assert one.status_code == 200
        assert "<i>" not in one.text
        assert "<script>alert" not in one.text
        values = {"fixture": ODD_FIXTURE, "shelf": "1", "plate": "1"}
        assert client.get("/devices/calibrate", params=values).status_code == 200
        # Nothing was heard yet, so there is nothing to read.
        assert client.post("/devices/calibrate", data={**values, "do": "tare"}).status_code == 303
        assert "stands still" in client.get("/devices/calibrate", params=values).text
        assert console.store.restocking() == frozenset()


def test_a_shop_without_furniture_has_no_devices() -> None:
    with quiet_console(Shop("bare", (), (), ())) as (_console, client):
        assert "No device was heard yet." in client.get("/devices").text


def test_hundreds_of_scales_come_in_pages() -> None:
    one = hostile_shop().fixtures[1]
    fixtures = tuple(msgspec.structs.replace(one, id=FixtureId(f"f{k}")) for k in range(250))
    with quiet_console(Shop("large", (), fixtures, ())) as (_console, client):
        assert client.get("/devices").text.count("data-device=") == 100
        assert client.get("/devices?page=3").text.count("data-device=") == 50
        assert len(client.get("/devices/now?page=3").json()["rows"]) == 50


# ---- calibration ----------------------------------------------------------------------------------------------------


def do(client: TestClient, what: str, **more: str) -> str:
    """One step, and the page after it."""
    place = {"fixture": PLATE.fixture, "shelf": str(PLATE.shelf), "plate": str(PLATE.plate)}
    answer = client.post("/devices/calibrate", data={**place, "do": what, **more})
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


def plate_of(console: Console) -> PlateState:
    return next(p for p in console.store.plates(PLATE.fixture) if (p.shelf, p.plate) == (PLATE.shelf, PLATE.plate))


def counts_on_plate(console: Console) -> list[tuple[int | None, int | None]]:
    return [
        (line.count, line.par)
        for line in console.store.stock()
        if (line.fixture, line.shelf) == (PLATE.fixture, PLATE.shelf) and PLATE.plate in line.plates
    ]


def test_a_calibration_from_beginning_to_end(running: tuple[Console, TestClient]) -> None:
    console, client = running
    store, before = console.store, counts_on_plate(console)
    assert before
    assert "Put a known weight on" in do(client, "tare")
    assert store.restocking() == {PLATE.fixture}
    # Read without a weight on it.
    assert "The level rose by only" in do(client, "weigh", grams="500")
    do(client, "press", grams="500")
    # With the wrong number of grams: no plate is so far off.
    assert "no plate is so far off" in do(client, "weigh", grams="4000")
    assert plate_of(console).gain == 1.0
    assert console.database.gains() == {}
    # The weight was 500 g; whoever says 450 g tells the plate to say a tenth less from now on.
    page = do(client, "weigh", grams="450")
    assert "Save this gain" in page
    assert re.search(r"\(1[01]\.\d\d\s%\)", page), "by how much it was off, in per cent"
    assert "Take the weight off again" in do(client, "save")
    assert console.database.gains()[PLATE] == pytest.approx(0.9, abs=0.02)
    assert store.calibration.gains[PLATE] == pytest.approx(0.9, abs=0.02)
    assert "The weight is still on." in do(client, "check")
    do(client, "lift")
    assert "taken off changed the level by" in do(client, "check")
    assert "The plate is calibrated." in do(client, "leave")
    assert store.restocking() == frozenset()
    assert counts_on_plate(console) == before
    (entry,) = console.database.gain_history(PLATE)
    assert entry.known_g == 450.0
    assert entry.measured_g == pytest.approx(500.0, abs=8.0)
    acts = [row.entry.what for row in console.database.audit_log(AuditQuery(what="plate.calibrate"))]
    assert acts == ["plate.calibrate.end", "plate.calibrate", "plate.calibrate.begin"]
    assert "450.0" in client.get(f"/devices/scales/1?plate={PLATE.shelf}-{PLATE.plate}").text


def test_whoever_stops_leaves_everything_as_it_was(running: tuple[Console, TestClient]) -> None:
    console, client = running
    console.store.set_restocking(PLATE.fixture, True)
    before = counts_on_plate(console)
    do(client, "tare")
    do(client, "press", grams="800")
    do(client, "weigh", grams="800")
    assert "The weight is still on" in do(client, "leave")
    do(client, "lift")
    assert "The calibration was ended." in do(client, "leave")
    assert counts_on_plate(console) == before
    assert console.database.gains() == {}
    # It was being filled before, so it still is.
    assert console.store.restocking() == {PLATE.fixture}


def test_a_dead_plate_is_refused(running: tuple[Console, TestClient]) -> None:
    console, client = running
    breaker = console.store.breaker
    assert breaker is not None
    dead = next(b for b in breaker.breakables() if b.how == "dead")
    breaker.break_(dead.id)
    wait_for(lambda: console.store.level_g(PlateRef(dead.fixture, dead.shelf, dead.plate)) is None, "no reading")
    place = {"fixture": dead.fixture, "shelf": str(dead.shelf), "plate": str(dead.plate)}
    wait_for(
        lambda: "cannot be calibrated now" in client.get("/devices/calibrate", params=place).text, "the page says so"
    )
    client.post("/devices/calibrate", data={**place, "do": "tare"})
    assert "gives no reading" in client.get("/devices/calibrate", params=place).text
    assert console.store.restocking() == frozenset()


def test_grams_that_are_none(running: tuple[Console, TestClient]) -> None:
    console, client = running
    do(client, "tare")
    place = {"fixture": PLATE.fixture, "shelf": str(PLATE.shelf), "plate": str(PLATE.plate)}
    for grams in ("", "-5", "9", "20001", "1e3", "nan", "inf", "5 00", "<b>", "٥٠٠", "1.2.3"):
        answer = client.post("/devices/calibrate", data={**place, "do": "weigh", "grams": grams})
        assert answer.status_code == 400, grams
    assert console.database.gains() == {}


def test_steps_out_of_order_do_nothing(running: tuple[Console, TestClient]) -> None:
    console, client = running
    assert "This calibration is over." in do(client, "save")
    do(client, "tare")
    do(client, "save")
    do(client, "check")
    assert console.database.gains() == {}
    place = {"fixture": PLATE.fixture, "shelf": str(PLATE.shelf), "plate": str(PLATE.plate)}
    assert client.post("/devices/calibrate", data={**place, "do": "explode"}).status_code == 400


def test_weights_are_pressed_in_the_demo_only(console: Console, client_as: ClientAs) -> None:
    client = client_as("engineer")
    place = {"fixture": PLATE.fixture, "shelf": str(PLATE.shelf), "plate": str(PLATE.plate)}
    page = client.get("/devices/calibrate", params=place).text
    assert "simulated" not in page.split("<main")[1].lower()
    # The recording is over: nothing new is read.
    client.post("/devices/calibrate", data={**place, "do": "tare"})
    assert "stands still" in client.get("/devices/calibrate", params=place).text
    assert console.store.restocking() == frozenset()


# ---- breaking -------------------------------------------------------------------------------------------------------


def test_a_sensor_is_broken_and_mended(running: tuple[Console, TestClient]) -> None:
    console, client = running
    assert "Break a sensor and see what happens" in client.get("/devices").text
    as_data = {"accept": "application/json"}
    answer = client.post("/demo/break", data={"id": "scales/1"}, headers=as_data)
    assert {one["id"] for one in answer.json()["breakables"] if one["broken"]} == {"scales/1"}
    wait_for(lambda: client.get("/devices/now").json()["rows"]["scales/1"]["looks"] == "bad", "the scales are silent")
    wait_for(lambda: "has said nothing" in client.get("/stock").text, "an alert")
    wait_for(lambda: "Trouble" in client.get("/devices/scales/1").text, "it is told of the device")
    assert client.post("/demo/mend", data={"id": "scales/1", "to": "/devices"}).headers["location"] == "/devices"
    wait_for(lambda: client.get("/devices/now").json()["rows"]["scales/1"]["looks"] == "good", "they work again")
    acts = [row.entry.what for row in console.database.audit_log(AuditQuery(what="sensor"))]
    assert acts == ["sensor.mend", "sensor.break"]


def test_breaking_leads_nowhere_else(running: tuple[Console, TestClient]) -> None:
    _, client = running
    for to in ("https://example.org/", "//example.org", "/devices/../../x", "javascript:alert(1)"):
        assert client.post("/demo/break", data={"id": "tracker", "to": to}).headers["location"] == "/", to


def test_what_cannot_be_broken_is_said(running: tuple[Console, TestClient]) -> None:
    _, client = running
    answer = client.post("/demo/break", data={"id": "<script>"}, headers={"accept": "application/json"})
    assert answer.status_code == 400
    assert "choose one" in answer.json()["error"]
    client.post("/demo/break", data={"id": "<script>"})
    assert "<script>&" not in client.get("/devices").text


def test_a_real_shop_has_nothing_to_break(client_as: ClientAs) -> None:
    for role in ("viewer", "engineer"):
        assert client_as(role).get("/demo/breakables").status_code == 404
        assert client_as(role).post("/demo/break", data={"id": "tracker"}).status_code == 404
    assert "Break a sensor" not in client_as("engineer").get("/devices").text


def test_where_people_sign_in_only_an_engineer_breaks(running: tuple[Console, TestClient]) -> None:
    console, client = running
    console.demo = False
    console.database.add_user("vera", "correct horse battery", "viewer")
    client.post("/sign-in", data={"name": "vera", "password": "correct horse battery"})
    assert client.post("/demo/break", data={"id": "tracker"}).status_code == 403
    assert "Unplug" not in client.get("/devices").text


# ---- in a browser ---------------------------------------------------------------------------------------------------


def test_breaking_in_a_browser(server: OwnServer, browser_page: Page) -> None:
    browser_page.goto(f"{server.address}/devices")
    button = browser_page.get_by_role("button", name=re.compile("^(Unplug|Plug in again) Fixture 2$"))
    expect(button).to_have_text("Unplug")
    button.click()
    expect(button).to_have_text("Plug in again")
    expect(button).to_have_text("Plug in again")
    state = browser_page.locator('tr[data-device="scales/2"] [data-cell=state]')
    expect(state).to_contain_text("Silent", timeout=20_000)
    button.click()
    expect(button).to_have_text("Unplug")
    expect(state).to_contain_text("Works", timeout=20_000)


@pytest.mark.parametrize(("width", "theme"), [(375, "dark"), (1920, "light")])
def test_pages_are_for_everybody(server: OwnServer, browser_page: Page, width: int, theme: str) -> None:
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    server.console.store.count_facing(3, 0)
    key = key_of(server.console, 3)
    for path in (
        "/stock", "/stock/restock", "/stock/count?fixture=1", "/stock/count?" + urlencode({"facing": key}),
        "/stock/restocking?fixture=1", "/devices", "/devices/scales/1?plate=1-1",
        "/devices/calibrate?fixture=1&shelf=1&plate=1",
    ):  # fmt: skip
        browser_page.goto(server.address + path)
        assert browser_page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        found = Axe().run(browser_page)
        assert found.violations_count == 0, (path, found.generate_report())
