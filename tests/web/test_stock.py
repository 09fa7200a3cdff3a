"""Stock pages: what they say of facings, alerts that are seen, counts, what to bring, and filling a fixture."""

import csv
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import msgspec
import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from tests.web.conftest import OwnServer, console_on
from tillfree.catalog.model import Facing, Fixture, Product, Shop, Zone
from tillfree.core.ids import FixtureId, PlateRef, ProductId
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.storage.database.audit import AuditQuery
from tillfree.storage.database.database import Database
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import RecordingSource
from tillfree.store.running.state import StockLine
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.stock.lines import facing_key, rows_of, tally
from tillfree.web.stock.page import PAGE_ROWS
from tillfree.web.stock.places import plates_words, walking_order

ClientAs = Callable[[str], TestClient]
HOSTILE = "<script>alert(1)</script>\u202e=2+2"
ODD_FIXTURE = FixtureId("a/b ?#<i>&'\"")


@contextmanager
def quiet_console(shop: Shop) -> Iterator[tuple[Console, TestClient]]:
    """A console over a store that has not begun, open to everybody."""
    recording = simulate(demo_shop(1), SimulationOptions(shoppers=1, seed=1))
    source = RecordingSource(recording)
    source.shop = shop
    with Database.open(":memory:") as database:
        console = Console(RunningStore(source), database, demo=True)
        yield console, client_of(console)


def client_of(console: Console) -> TestClient:
    return TestClient(
        make_app(console),
        base_url="http://127.0.0.1",
        follow_redirects=False,
        headers={"sec-fetch-site": "same-origin"},
    )


def hostile_shop() -> Shop:
    shop = demo_shop(2)
    old = shop.fixtures[0].id

    def moved(facing: Facing) -> Facing:
        return msgspec.structs.replace(facing, fixture=ODD_FIXTURE) if facing.fixture == old else facing

    return msgspec.structs.replace(
        shop,
        products=tuple(msgspec.structs.replace(product, name=HOSTILE) for product in shop.products),
        fixtures=tuple(
            msgspec.structs.replace(fixture, id=ODD_FIXTURE) if fixture.id == old else fixture
            for fixture in shop.fixtures
        ),
        facings=tuple(moved(facing) for facing in shop.facings),
    )


def wait_for(holds: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    ticker = threading.Event()
    for _ in range(int(seconds * 50)):
        if holds():
            return
        ticker.wait(0.02)
    pytest.fail(f"not within {seconds} s: {what}")


# ---- words ----------------------------------------------------------------------------------------------------------


def test_plates_are_told_in_runs() -> None:
    assert plates_words((4,)) == "4"
    assert plates_words((6, 4, 5, 9)) == "4–6, 9"
    assert plates_words(()) == ""


def line(**fields: object) -> StockLine:
    known = {"facing": 0, "product": "7", "fixture": "1", "shelf": 1, "plates": (1,), "count": 5, "par": 10}
    return msgspec.convert({**known, **fields}, StockLine)


@pytest.mark.parametrize(
    ("fields", "state", "missing"),
    [
        ({"count": None, "par": None}, "uncounted", 0),
        ({"count": 5, "par": 10}, "stocked", 5),
        ({"count": 0, "par": 10}, "out", 10),
        ({"count": 2, "par": 10}, "low", 8),
        ({"count": 3, "par": 10}, "stocked", 7),
        ({"count": 1, "par": 1}, "stocked", 0),
        ({"count": 0, "par": 10, "unsure": True}, "unsure", 10),
        ({"count": 12, "par": 10}, "stocked", 0),
    ],
)
def test_a_facing_has_one_state(fields: dict[str, object], state: str, missing: int) -> None:
    (row,) = rows_of(demo_shop(1), [line(**fields)])
    assert (row.state, row.missing) == (state, missing)


def test_figures_count_facings_once() -> None:
    rows = rows_of(demo_shop(1), [line(), line(facing=1, count=0), line(facing=2, count=None, par=None)])
    assert tally(rows, ()) == {"counted": 2, "facings": 3, "out": 1, "low": 0, "unsure": 0, "misplaced": 0}


def test_the_walk_begins_at_the_door_and_takes_the_next_nearest() -> None:
    shop = demo_shop(5)
    fixtures = [fixture.id for fixture in shop.fixtures]
    at_the_end = shop.fixtures[-1].box.pose.origin
    door = Zone("door", "exit", at_the_end.x + 1, at_the_end.y - 2, at_the_end.x + 2, at_the_end.y - 1)
    assert walking_order(msgspec.structs.replace(shop, zones=(door,)), fixtures) == fixtures[::-1]
    assert walking_order(shop, []) == []
    assert walking_order(msgspec.structs.replace(shop, zones=()), fixtures[:2]) == fixtures[:2]


# ---- the page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "roles"),
    [
        ("/stock", {"viewer", "associate", "manager", "engineer"}),
        ("/stock/now", {"viewer", "associate", "manager", "engineer"}),
        ("/stock/restock", {"viewer", "associate", "manager", "engineer"}),
        ("/stock/count", {"associate", "manager"}),
        ("/stock/restocking?fixture=1", {"associate", "manager"}),
    ],
)
def test_who_may_look(client_as: ClientAs, path: str, roles: set[str]) -> None:
    for role in ("viewer", "associate", "manager", "engineer"):
        assert client_as(role).get(path).status_code == (200 if role in roles else 403), role
    assert client_as("").get(path).status_code == 303


@pytest.mark.parametrize(
    "path", ["/stock/acknowledge", "/stock/count", "/stock/restocking", "/stock/restocking/filled"]
)
def test_who_may_not_change(console: Console, client_as: ClientAs, path: str) -> None:
    before = console.store.stock()
    for role in ("viewer", "engineer"):
        values = {"fixture": "1", "do": "start", f"count {key_of(console, 0)}": "3", "alert": "all"}
        assert client_as(role).post(path, data=values).status_code == 403
    assert client_as("").post(path, data={"fixture": "1"}).status_code == 401
    assert console.store.stock() == before
    assert console.store.restocking() == frozenset()


def key_of(console: Console, index: int) -> str:
    place = console.store.stock()[index]
    return facing_key(place.fixture, place.shelf, place.plates, place.product)


def test_every_facing_is_found_by_paging(console: Console, client_as: ClientAs) -> None:
    client, found = client_as("viewer"), 0
    pages = -(-len(console.store.stock()) // PAGE_ROWS)
    for page in range(1, pages + 1):
        text = client.get(f"/stock?page={page}").text
        assert text.count("data-key=") <= PAGE_ROWS
        found += text.count("data-key=")
    assert found == len(console.store.stock())
    # Beyond the end is the last page, not an error.
    assert "data-key=" in client.get("/stock?page=9999").text
    assert client.get("/stock?page=-1").status_code == 400
    assert client.get("/stock?page=1e9").status_code == 400


def test_search_and_filters(console: Console, client_as: ClientAs) -> None:
    client, shop = client_as("viewer"), console.store.shop
    product = shop.products[3]
    text = client.get("/stock?" + urlencode({"text": product.name.upper()})).text
    assert text.count("data-key=") == sum(facing.product == product.id for facing in shop.facings)
    assert client.get("/stock?text=" + product.id).text.count("data-key=") >= 1
    assert "No facing fits that." in client.get("/stock?text=nothing+like+it").text
    on_two = sum(facing.fixture == "2" for facing in shop.facings)
    assert client.get("/stock/stock.csv?fixture=2").text.count("\n") == on_two + 1
    # A state that nobody knows is no filter; one that no facing is in leaves nothing.
    assert client.get("/stock?state=what").text.count("data-key=") == PAGE_ROWS
    assert "No facing fits that." in client.get("/stock?state=uncounted").text


def test_counts_now_are_those_of_the_store(console: Console, client_as: ClientAs) -> None:
    lines = console.store.stock()
    answer = client_as("viewer").get("/stock/now?rows=0-2,5").json()
    assert list(answer["rows"]) == [key_of(console, index) for index in (0, 1, 2, 5)]
    for index in (0, 1, 2, 5):
        cells = answer["rows"][key_of(console, index)]
        assert cells["count"] == str(lines[index].count)
        assert cells["par"] == str(lines[index].par)
    assert answer["tiles"]["facings"] == len(lines)
    # Shoppers have taken things, so the scales must have counted some away.
    assert any(line.count is not None and line.count < 6 for line in lines)


@pytest.mark.parametrize("rows", ["", "x", "1-", "-1", "0-999999999", "5-1", "9" * 300, "0," * 150, "१"])
def test_rows_that_are_none_name_few_or_none(client_as: ClientAs, rows: str) -> None:
    answer = client_as("viewer").get("/stock/now", params={"rows": rows})
    assert answer.status_code == 200
    assert len(answer.json()["rows"]) <= PAGE_ROWS


def test_the_table_as_a_file(console: Console, client_as: ClientAs) -> None:
    answer = client_as("viewer").get("/stock/stock.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == len(console.store.stock())
    assert [int(row["count"]) for row in rows] == [line.count for line in console.store.stock()]
    assert answer.headers["content-disposition"] == 'attachment; filename="stock.csv"'


# ---- counting -------------------------------------------------------------------------------------------------------


def test_a_count_is_kept_and_in_force(console: Console, client_as: ClientAs) -> None:
    client, key = client_as("associate"), key_of(console, 4)
    answer = client.post("/stock/count", data={"fixture": "1", f"count {key}": " 11 "})
    assert answer.status_code == 303
    line = console.store.stock()[4]
    assert (line.count, line.par) == (11, 11)
    kept = console.database.counts()[key]
    assert (kept.count, kept.par, kept.by) == (11, 11, "associate")
    (entry,) = console.database.audit_log(AuditQuery(what="stock.count", subject=key))
    assert entry.entry.who == "associate"
    client.post("/stock/count", data={"fixture": "1", f"count {key}": "0"})
    assert (console.store.stock()[4].count, console.store.stock()[4].par) == (0, 11)
    assert console.database.count_history(key)[0].count == 0


def test_one_facing_alone_can_be_counted(console: Console, client_as: ClientAs) -> None:
    client, key = client_as("manager"), key_of(console, 6)
    page = client.get("/stock/count", params={"facing": key}).text
    assert page.count('type="number"') == 1
    answer = client.post("/stock/count", data={"facing": key, f"count {key}": "3"})
    assert answer.headers["location"].startswith("/stock?text=")
    assert console.store.stock()[6].count == 3
    assert client.get("/stock/count", params={"facing": "1/2/3/none"}).status_code == 404


@pytest.mark.parametrize("entered", ["-1", "1.5", "12345", "1e3", "abc", "<b>", "٣", "0x10", "=1+1"])
def test_what_is_no_count_saves_nothing(console: Console, client_as: ClientAs, entered: str) -> None:
    before = console.store.stock()
    values = {"fixture": "1", f"count {key_of(console, 0)}": "2", f"count {key_of(console, 1)}": entered}
    answer = client_as("associate").post("/stock/count", data=values)
    assert answer.status_code == 400
    assert "<b>" not in answer.text
    assert console.store.stock() == before


def test_a_facing_of_another_planogram_saves_nothing(console: Console, client_as: ClientAs) -> None:
    before = console.store.stock()
    values = {"fixture": "1", f"count {key_of(console, 0)}": "2", "count 1/1/1/gone": "2"}
    assert client_as("associate").post("/stock/count", data=values).status_code == 409
    assert console.store.stock() == before


def test_nothing_entered_is_said(client_as: ClientAs) -> None:
    client = client_as("associate")
    client.get("/stock")
    assert client.post("/stock/count", data={"fixture": "1"}).status_code == 303
    assert "Nothing was entered" in client.get("/stock/count").text
    assert client.get("/stock/count?fixture=nowhere").status_code == 404


# ---- alerts ---------------------------------------------------------------------------------------------------------


def test_an_alert_is_seen_once_and_comes_again_with_its_cause(console: Console, client_as: ClientAs) -> None:
    client, store, key = client_as("associate"), console.store, key_of(console, 8)
    name = rows_of(store.shop, store.stock())[8].name
    client.post("/stock/count", data={f"count {key}": "9"})
    client.post("/stock/count", data={f"count {key}": "0"})
    (alert,) = [
        alert for alert in store.alerts() if alert.kind == "out_of_stock" and alert.product == key.split("/")[3]
    ]
    page = client.get("/stock?alerts=all").text
    assert f"{name} is out" in page
    before = client.get("/stock/now").json()["alerts"]
    assert f'value="{alert.id}"' in page

    client.post("/stock/acknowledge", data={"alert": alert.id})
    page = client.get("/stock?alerts=all").text
    assert "seen by associate" in page
    assert f'value="{alert.id}"' not in page
    assert client.get("/stock/now").json()["alerts"] != before
    client.post("/stock/acknowledge", data={"alert": alert.id})
    assert "somebody has seen it already" in client.get("/stock").text
    assert len(console.database.audit_log(AuditQuery(what="alert.acknowledge", subject=alert.id))) == 1

    client.post("/stock/count", data={f"count {key}": "9"})
    client.get("/stock")
    client.post("/stock/count", data={f"count {key}": "0"})
    assert f'value="{alert.id}"' in client.get("/stock?alerts=all").text


def test_misplaced_goods_are_told_with_both_places(console: Console, client_as: ClientAs) -> None:
    store = console.store
    here, there = store.shop.facings[0], store.shop.facings[-1]
    alerts = store._engine._alerts
    alerts.put_back(there.product, PlateRef(here.fixture, here.shelf, here.plates[0]).shelf_ref, here.plates, 10**9)
    try:
        page = client_as("viewer").get("/stock?alerts=all").text
        assert f"lies at: Fixture {here.fixture}, shelf {here.shelf}" in page
        assert f"It belongs at: Fixture {there.fixture}, shelf {there.shelf}" in page
        assert client_as("viewer").get("/stock/now").json()["tiles"]["misplaced"] == 1
        # Who may only look has no button.
        assert "/stock/acknowledge" not in page
    finally:
        alerts.set_shop(store.shop)


def test_all_alerts_at_once(console: Console, client_as: ClientAs) -> None:
    client = client_as("associate")
    for index in range(10, 20):
        client.post("/stock/count", data={f"count {key_of(console, index)}": "8"})
        client.post("/stock/count", data={f"count {key_of(console, index)}": "0"})
    assert "Show all" in client.get("/stock").text
    client.post("/stock/acknowledge", data={"alert": "all"})
    assert {alert.id for alert in console.store.alerts()} == console.database.acknowledged()
    assert "Somebody has seen all of them." in client.get("/stock").text


# ---- what to bring, and filling -------------------------------------------------------------------------------------


def test_the_list_says_what_fills_up(console: Console, client_as: ClientAs) -> None:
    client = client_as("associate")
    client.post("/stock/count", data={f"count {key_of(console, 30)}": "20"})
    client.post("/stock/count", data={f"count {key_of(console, 30)}": "1"})
    rows = list(csv.DictReader(io.StringIO(client.get("/stock/restock.csv").text)))
    expected = [line for line in console.store.stock() if line.count is not None and line.count < (line.par or 0)]
    assert sorted(int(row["bring"]) for row in rows) == sorted((line.par or 0) - (line.count or 0) for line in expected)
    stops = [row["fixture"] for row in rows]
    assert stops == sorted(stops, key=stops.index), "a fixture is walked to twice"
    low = list(csv.DictReader(io.StringIO(client.get("/stock/restock.csv?how_empty=low").text)))
    assert "19" in [row["bring"] for row in low]
    assert 0 < len(low) < len(rows)
    assert "Bring" in client.get("/stock/restock?how_empty=half").text
    assert client.get("/stock/restock?how_empty=%3Cscript%3E").status_code == 200


def test_filled_up_says_how_many_fit(console: Console, client_as: ClientAs) -> None:
    client, key = client_as("associate"), key_of(console, 31)
    fixture = console.store.stock()[31].fixture
    assert client.post("/stock/restocking", data={"fixture": fixture, "do": "start"}).status_code == 303
    assert console.store.restocking() == {fixture}
    # Fewer than the par of before: so many fit, as a person says.
    client.post("/stock/restocking/filled", data={"fixture": fixture, f"count {key}": "5"})
    line = console.store.stock()[31]
    assert (line.count, line.par, line.unsure) == (5, 5, False)
    assert console.database.counts()[key].par == 5
    assert client.post("/stock/restocking", data={"fixture": fixture, "do": "end"}).status_code == 303
    assert console.store.restocking() == frozenset()
    acts = [row.entry.what for row in console.database.audit_log(AuditQuery(what="restocking"))]
    assert acts == ["restocking.end", "restocking.start"]
    assert client.post("/stock/restocking", data={"fixture": fixture, "do": "dance"}).status_code == 400
    assert client.post("/stock/restocking", data={"fixture": "../../etc", "do": "start"}).status_code == 404


def test_counts_rise_while_goods_are_put_in() -> None:
    options = SimulationOptions(shoppers=1, seed=3)
    with console_on(options, demo=True, speed=10.0) as console, client_of(console) as client:
        store = console.store
        # A facing that is as heavy as few others, on a shelf that the one shopper may not even see.
        weights = {product.id: product.weight_g or 0.0 for product in store.shop.products}
        facing = max(store.stock(), key=lambda line: weights[line.product])
        wait_for(lambda: store.level_g(PlateRef(facing.fixture, facing.shelf, facing.plates[0])) is not None, "a level")
        client.post("/stock/restocking", data={"fixture": facing.fixture, "do": "start"})
        before = client.get("/stock/restocking/now", params={"fixture": facing.fixture}).json()["rows"]
        key = facing_key(facing.fixture, facing.shelf, facing.plates, facing.product)
        assert store.breaker is not None
        store.breaker.press(PlateRef(facing.fixture, facing.shelf, facing.plates[0]), 2 * weights[facing.product])

        def count() -> int:
            rows = client.get("/stock/restocking/now", params={"fixture": facing.fixture}).json()["rows"]
            return int(rows[key]["count"])

        wait_for(lambda: count() == before[key]["count"] + 2, "two units more")
        assert not [alert for alert in store.alerts() if alert.kind == "unexplained"]


# ---- odd shops and hostile names ------------------------------------------------------------------------------------


def test_hostile_names_do_nothing() -> None:
    with quiet_console(hostile_shop()) as (console, client):
        console.store.set_counts({0: (0, 4, 1), 1: (1, 9, 1)})
        for path in (
            "/stock", "/stock?alerts=all", "/stock/alerts", "/stock/restock",
            "/stock/count?" + urlencode({"fixture": ODD_FIXTURE}),
            "/stock/restocking?" + urlencode({"fixture": ODD_FIXTURE}),
            "/stock?" + urlencode({"text": HOSTILE, "fixture": ODD_FIXTURE}),
        ):  # fmt: skip
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert "<script>alert" not in answer.text
            assert "\u202e" not in answer.text.replace(HOSTILE, "") or "value=" in answer.text
            assert "<i>" not in answer.text
        client.post("/stock/restocking", data={"fixture": ODD_FIXTURE, "do": "start"})
        assert console.store.restocking() == {ODD_FIXTURE}
        key = key_of(console, 0)
        client.post("/stock/restocking/filled", data={"fixture": ODD_FIXTURE, f"count {key}": "6"})
        assert console.store.stock()[0].count == 6
        for row in csv.reader(io.StringIO(client.get("/stock/stock.csv").text)):
            assert not any(cell.startswith(("=", "+", "@")) for cell in row)


def test_a_product_that_begins_like_a_formula_is_text_in_the_file() -> None:
    shop = demo_shop(1)
    products = (msgspec.structs.replace(shop.products[0], name="=cmd|' /C calc'!A0"), *shop.products[1:])
    with quiet_console(msgspec.structs.replace(shop, products=products)) as (_console, client):
        assert "'=cmd|" in client.get("/stock/stock.csv").text


def test_a_shop_without_facings_and_without_furniture() -> None:
    bare = Shop("bare", (Product(ProductId("7"), "Milk"),), (), ())
    empty = msgspec.structs.replace(demo_shop(1), facings=())
    for shop in (bare, empty):
        with quiet_console(shop) as (_console, client):
            assert "No facing fits that." in client.get("/stock").text
            assert "Nothing to bring." in client.get("/stock/restock").text
            assert client.get("/stock/count").status_code == 200
            assert client.get("/stock/now").json()["rows"] == {}
    with quiet_console(empty) as (_console, client):
        assert "No product has a place here." in client.get("/stock/count?fixture=1").text


def test_thousands_of_facings_come_in_pages() -> None:
    shop = demo_shop(70, plates=(12,))
    with quiet_console(shop) as (console, client):
        console.store.set_counts(dict.fromkeys(range(len(shop.facings)), (3, 8, 1)))
        assert len(shop.facings) > 2000
        assert client.get("/stock?page=3").text.count("data-key=") == PAGE_ROWS
        page = client.get("/stock/restock").text
        assert page.count('class="num need"') == 500
        assert "more facings are not shown" in page
        fixtures: tuple[Fixture, ...] = shop.fixtures
        counted = client.get(f"/stock/count?fixture={fixtures[40].id}").text
        assert 0 < counted.count('type="number"') <= 300


# ---- in a browser ---------------------------------------------------------------------------------------------------


def test_a_browser_shows_what_changes(server: OwnServer, browser_page: Page) -> None:
    store = server.console.store
    browser_page.goto(f"{server.address}/stock")
    cell = browser_page.locator("#facings tr[data-key] [data-cell=count]").first
    store.count_facing(0, 77)
    expect(cell).to_have_text("77", timeout=15_000)
    store.count_facing(0, 0)
    alert = browser_page.locator("#alerts").get_by_text(rows_of(store.shop, store.stock())[0].name + " is out")
    expect(alert.first).to_be_visible(timeout=15_000)


def test_filling_in_a_browser_on_a_phone(server: OwnServer, browser_page: Page) -> None:
    store = server.console.store
    browser_page.set_viewport_size({"width": 375, "height": 800})
    browser_page.goto(f"{server.address}/stock/restocking?fixture=1")
    browser_page.get_by_role("button", name="Start filling").click()
    index = next(k for k, facing in enumerate(store.shop.facings) if facing.fixture == "1")
    key = key_of(server.console, index)
    place = browser_page.locator("li[data-key]").filter(has=browser_page.locator(f'input[name="count {key}"]'))
    store.count_facing(index, 41)
    expect(place.locator("[data-cell=count]")).to_have_text("41", timeout=15_000)
    field = place.locator("input[type=number]")
    expect(field).to_have_value("41")
    field.fill("43")
    store.count_facing(index, 40)
    expect(place.locator("[data-cell=count]")).to_have_text("40", timeout=15_000)
    # What somebody has typed stays.
    expect(field).to_have_value("43")
    place.get_by_role("button").click()
    expect(browser_page.get_by_role("status").first).to_contain_text("is filled up: 43")
    assert (store.stock()[index].count, store.stock()[index].par) == (43, 43)
    button = browser_page.get_by_role("button", name="I am done here")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    width = browser_page.evaluate("document.documentElement.scrollWidth")
    assert width <= 375
    button.click()
    expect(browser_page.get_by_role("heading", level=1)).to_have_text("Restocking list")
    assert store.restocking() == frozenset()
