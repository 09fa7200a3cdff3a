"""The first page and its WebSocket: what is told, to whom, and that a browser shows it."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.web.conftest import OwnServer, console_on, served
from tillfree.catalog.model import Product
from tillfree.core.ids import FixtureId, ProductId, VisitId
from tillfree.core.money import Money
from tillfree.simulation.options import SimulationOptions
from tillfree.store.running.state import Alert, FeedEntry, LivePerson, Snapshot
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.live.frames import encode_frame, encode_summary
from tillfree.web.live.words import KINDS, describe

ClientAs = Callable[[str], TestClient]
STREAM = "ws://127.0.0.1/live/stream"
ORIGIN = {"origin": "http://127.0.0.1"}


@pytest.fixture
def fresh_server() -> Iterator[OwnServer]:
    """A demo console whose recording has just begun."""
    with console_on(demo=True, speed=1.0) as made, served(made) as found:
        yield found


def _say(text: str, **values: object) -> str:
    return text % values if values else text


def test_a_frame_tells_people_in_millimetres() -> None:
    person = LivePerson("t", VisitId("ABCD"), 1.2344, -0.5, (1.0, 0.25), None, 3)  # type: ignore[arg-type]
    snapshot = Snapshot(2_000_000, 3_000_000, (person,), ((1.0, 2.0),), 1, 7, "running", 2.0, 0.26)
    assert json.loads(encode_frame(snapshot)) == {
        "k": "frame", "t": 2, "a": 3.0, "n": 1, "s": "running", "v": 2.0, "l": 0.3,
        "p": [["ABCD", 1234, -500, 1000, 250, None, None, 3]], "g": [[1000, 2000]],
    }  # fmt: skip


def test_each_kind_of_event_has_a_sentence() -> None:
    products = {ProductId("7"): Product(ProductId("7"), "Milk\u202e <b>")}
    for number, kind in enumerate([*KINDS, "something new"], 1):
        entry = FeedEntry(
            sequence=number, time_ns=1, kind=kind, visit=VisitId("ABCD"), product=ProductId("7"), quantity=2,
            fixture=FixtureId("3"), shelf=2, total=Money(250, "EUR"), device="scales/3", detail="said nothing",
        )  # fmt: skip
        looks, text = describe(entry, _say, products)
        assert looks
        assert "%(" not in text
        assert "\u202e" not in text
    take = FeedEntry(sequence=1, time_ns=1, kind="take", visit=VisitId("ABCD"), product=ProductId("7"), quantity=2)
    assert describe(take, _say, products)[1] == "ABCD took 2 × Milk <b> from a shelf"


def test_what_ails_a_device_is_said_in_sentences() -> None:
    entry = FeedEntry(
        sequence=1, time_ns=1, kind="issue", device="scales/3", detail="has said nothing for 3 s", remedy="check power",
    )  # fmt: skip
    assert describe(entry, _say, {})[1] == "Scales of fixture 3: has said nothing for 3 s. Check power."
    plate = FeedEntry(sequence=1, time_ns=1, kind="recovered", device="plate 18/1/14")
    assert describe(plate, _say, {})[1] == "Fixture 18, shelf 1, plate 14 works again"
    odd = FeedEntry(sequence=1, time_ns=1, kind="issue", device="stream/shop", detail="a line is no event")
    assert describe(odd, _say, {})[1] == "stream/shop: a line is no event"


def test_an_alert_says_what_is_where() -> None:
    entry = FeedEntry(
        sequence=1, time_ns=1, kind="alert", product=ProductId("7"), fixture=FixtureId("3"), shelf=2,
        detail="misplaced", remedy="bring it back to its place",
    )  # fmt: skip
    products = {ProductId("7"): Product(ProductId("7"), "Milk")}
    said = "Milk lies in the wrong place: fixture 3, shelf 2. Bring it back to its place."
    assert describe(entry, _say, products)[1] == said


def _leads(client: TestClient) -> set[tuple[str, str]]:
    """Where its tiles lead, and its lists and shelves."""
    return set(re.findall(r'<dt><a href="([^"]+)"|data-(?:visits|to)="([^"]+)"', client.get("/").text))


def test_the_first_page_leads_only_where_its_reader_may_go(client_as: ClientAs) -> None:
    visits, review = ("/visits", ""), ("/review", "")
    stock, devices = ("/stock", ""), ("/devices", "")
    shelf, receipts = ("", "/stock?fixture="), ("", "/visits/")
    assert {stock, devices, shelf} <= _leads(client_as("viewer"))
    assert not {visits, review, receipts} & _leads(client_as("viewer"))
    assert {visits, receipts} <= _leads(client_as("engineer"))
    assert review not in _leads(client_as("engineer"))
    assert {visits, review, receipts, stock, devices} <= _leads(client_as("manager"))


def test_an_alert_that_was_seen_is_not_counted_any_more(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    alerts = tuple(Alert(id=f"a{number}", kind="misplaced", time_ns=1) for number in range(3))
    monkeypatch.setattr(console.store, "alerts", lambda: alerts)
    console.database.acknowledge("a1", "ada", 1)
    told = json.loads(encode_summary(console, _say, console.clock, None))
    assert told["alerts"] == 2
    console.database.withdraw_acknowledgement("a1")


def _messages(client: TestClient, count: int, **headers: str) -> list[dict[str, Any]]:
    with client.websocket_connect(STREAM, headers={**ORIGIN, **headers}) as socket:
        return [json.loads(socket.receive_text()) for _ in range(count)]


def test_a_browser_is_told_what_has_been_then_what_is(client_as: ClientAs) -> None:
    first, *others = _messages(client_as("viewer"), 13)
    assert first["k"] == "feed"
    assert {"enter", "leave"} <= {entry["kind"] for entry in first["entries"]}
    assert [entry["n"] for entry in first["entries"]] == sorted(entry["n"] for entry in first["entries"])
    kinds = {message["k"] for message in others}
    assert kinds == {"frame", "summary"}
    summary = next(message for message in others if message["k"] == "summary")
    assert summary["reviews"] >= 1
    assert summary["score"]["finished"] == 7


@pytest.mark.parametrize("origin", ["", "http://evil.example", "null", "http://127.0.0.1:99"])
def test_pages_of_others_hear_nothing(client_as: ClientAs, origin: str) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client_as("viewer").websocket_connect(STREAM, headers={"origin": origin} if origin else {}),
    ):
        pass
    assert refused.value.code == 4403


def test_who_is_not_signed_in_hears_nothing(client_as: ClientAs) -> None:
    with pytest.raises(WebSocketDisconnect), client_as("").websocket_connect(STREAM, headers=ORIGIN):
        pass


def test_a_name_of_somebody_else_is_refused_here_too(client_as: ClientAs) -> None:
    headers = {"host": "evil.example", "origin": "http://evil.example"}
    with pytest.raises(WebSocketDisconnect), client_as("viewer").websocket_connect(STREAM, headers=headers):
        pass


def test_the_pace_is_the_engineers(client_as: ClientAs, console: Console) -> None:
    assert client_as("manager").post("/live/pace", data={"pace": "pause"}).status_code == 403
    for wrong in ("1e9", "-1", "", "nan", "999", "<b>"):
        assert client_as("engineer").post("/live/pace", data={"pace": wrong}).status_code == 400
    assert client_as("engineer").post("/live/pace", data={"pace": "2"}).status_code == 303
    assert console.store.speed == 2.0


def test_hostile_names_stay_words() -> None:
    options = SimulationOptions(shoppers=2, seed=2, takes=2.0)
    with (
        console_on(options, demo=True) as console,
        TestClient(make_app(console), base_url="http://127.0.0.1") as client,
    ):
        page = client.get("/").text
        assert "<script>alert" not in page
        plan = client.get("/live/floor")
        assert plan.headers["content-type"] == "application/json"


def test_a_browser_shows_people_carts_and_events(server: OwnServer, browser_page: Page) -> None:
    browser_page.goto(server.address)
    expect(browser_page.locator("#state")).to_have_text("Running", timeout=20_000)
    expect(browser_page.locator("#events li").first).to_be_visible(timeout=20_000)
    for _ in range(
        200
    ):  # asked from outside: `wait_for_function` would evaluate text in the page, as its policy forbids
        if browser_page.evaluate("tillfreeLive.drawn > 5 && tillfreeLive.ages_ms.length > 3"):
            break
        browser_page.wait_for_timeout(100)
    else:
        pytest.fail("nothing was drawn")
    painted = browser_page.evaluate(
        """() => { const c = document.getElementById('floor');
                   return new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size }"""
    )
    assert painted > 10  # more than one colour was put on the map
    assert browser_page.get_by_role("heading", level=1).text_content() == "Live"


def test_pausing_halts_the_shop(server: OwnServer, browser_page: Page) -> None:
    browser_page.goto(server.address)
    browser_page.get_by_role("button", name="Pause").click()
    expect(browser_page.locator("#state")).to_have_text("Paused", timeout=10_000)
    browser_page.get_by_role("button", name="Go on").click()
    expect(browser_page.locator("#state")).not_to_have_text("Paused", timeout=10_000)


# Where the middle of a fixture is on the map, as its own script puts it.
_FIXTURE_ON_MAP = """(id) => {
  const plan = JSON.parse(document.getElementById("plan").textContent), canvas = document.getElementById("floor");
  const [x0, y0, x1, y1] = plan.bounds, { corners } = plan.fixtures.find((one) => one.id === id);
  const scale = Math.min(canvas.clientWidth / (x1 - x0), canvas.clientHeight / (y1 - y0));
  const middle = (k) => corners.reduce((sum, corner) => sum + corner[k], 0) / corners.length;
  return [(canvas.clientWidth - (x1 - x0) * scale) / 2 + (middle(0) - x0) * scale,
          (canvas.clientHeight - (y1 - y0) * scale) / 2 + (y1 - middle(1)) * scale];
}"""


def test_a_click_on_a_shelf_offers_what_can_be_done_there(server: OwnServer, browser_page: Page) -> None:
    browser_page.goto(server.address)
    expect(browser_page.locator("#chosen")).to_be_hidden()
    x, y = browser_page.evaluate(_FIXTURE_ON_MAP, "1")
    browser_page.locator("#floor").click(position={"x": x, "y": y})
    chosen = browser_page.locator("#chosen")
    expect(chosen.get_by_text("Fixture 1")).to_be_visible()
    expect(chosen.get_by_role("link", name="What lies there")).to_have_attribute("href", "/stock?fixture=1")
    expect(chosen.get_by_role("link", name="Its scales")).to_have_attribute("href", "/devices/scales/1")
    chosen.get_by_role("button", name="Close").click()
    expect(chosen).to_be_hidden()


def test_a_cart_is_found_by_key_and_the_focus_stays(fresh_server: OwnServer, browser_page: Page) -> None:
    store = fresh_server.console.store
    browser_page.goto(fresh_server.address)
    cart = browser_page.locator("#carts article button").first
    cart.wait_for(timeout=20_000)
    store.pause()
    code = cart.text_content()
    cart.focus()
    browser_page.keyboard.press("Enter")
    expect(cart).to_have_attribute("aria-pressed", "true")
    assert browser_page.evaluate("document.activeElement.textContent") == code
    store.resume()
    clock = browser_page.locator("#clock")
    expect(clock).not_to_have_text(clock.text_content() or "", timeout=10_000)
    # The cart has changed, or its shopper has left: either way somebody without a mouse is still at the carts.
    assert browser_page.evaluate("document.activeElement.closest('#carts') !== null")


def test_of_a_visit_that_was_broken_off_nobody_says_that_it_was_wrong(server: OwnServer, browser_page: Page) -> None:
    browser_page.goto(server.address)
    browser_page.evaluate(
        """() => {
          const verdict = { visit: "BROKENOFF", outcome: "review", right: null, differs: [] };
          const words = JSON.parse(document.getElementById("texts").textContent);
          globalThis.tillfreeScore({ finished: 1, f1: null, exact: null, charged: 0, charged_wrong: 0, review: 1,
                                     verdicts: [verdict] }, words);
          globalThis.tillfreeScore = () => {};  // what the store says comes no more
        }"""
    )
    expect(browser_page.locator("#verdicts")).to_contain_text("truth not known")
    expect(browser_page.locator("#verdicts")).not_to_contain_text("wrong")
