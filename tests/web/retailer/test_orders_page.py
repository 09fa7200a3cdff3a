"""The page of carts on their way to the retailer."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from tests.web.conftest import PASSWORD, served
from tests.web.retailer.staging import Caller
from tillfree.core.ids import TripId
from tillfree.storage.database.integration.orders import RetailerOrder
from tillfree.web.app import make_app

PATH = "/integrations/retailer"


@pytest.fixture
def engineer(shared: Caller) -> Iterator[TestClient]:
    if not any(user.name == "engineer" for user in shared.world.database.users()):
        for role in ("engineer", "manager"):
            shared.world.database.add_user(role, PASSWORD, role)
    headers = {"sec-fetch-site": "same-origin"}
    with TestClient(make_app(shared.console), base_url="http://127.0.0.1", headers=headers) as client:
        client.post("/sign-in", data={"name": "engineer", "password": PASSWORD})
        yield client


def add_bad(caller: Caller, trip: str, why: str) -> None:
    database = caller.world.database
    database.add_order(
        RetailerOrder(trip=TripId(trip), wire=f"wire-{trip}", time_ns=caller.world.now_ns, items=2, cart=b"{}")
    )
    database.order_bad(TripId(trip), why, caller.world.now_ns)


def test_bad_carts_are_shown_and_can_be_sent_again(caller: Caller, engineer: TestClient) -> None:
    add_bad(caller, "bad-1", "<script>alert(1)</script>")
    page = engineer.get(PATH).text
    assert "wire-bad-1" in page
    assert "<script>alert" not in page
    assert "bad-1" in engineer.get(f"{PATH}/bad.csv").text
    again = engineer.post(f"{PATH}/again", data={"trip": "bad-1"}, follow_redirects=True)
    assert "on its way once more" in again.text
    order = caller.world.database.order(TripId("bad-1"))
    assert order is not None
    assert (order.state, order.tries) == ("waiting", 0)
    again = engineer.post(f"{PATH}/again", data={"trip": "bad-1"}, follow_redirects=True)
    assert "not a bad one any more" in again.text


def test_a_manager_has_no_business_there(caller: Caller) -> None:
    headers = {"sec-fetch-site": "same-origin"}
    with TestClient(make_app(caller.console), base_url="http://127.0.0.1", headers=headers) as client:
        client.post("/sign-in", data={"name": "manager", "password": PASSWORD})
        assert client.get(PATH).status_code == 403


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1920])
def test_the_page_works_in_a_browser(caller: Caller, chromium: Browser, theme: str, width: int, tmp_path: Path) -> None:
    add_bad(caller, f"bad-{theme}-{width}", "POST /v1/order/purchases: answered 400: there is no product 1002")
    database, now_ns = caller.world.database, caller.world.now_ns
    for state in ("waiting", "accepted"):
        trip = TripId(f"{state}-{theme}-{width}")
        database.add_order(RetailerOrder(trip=trip, wire=f"wire-{trip}", time_ns=now_ns, items=1, cart=b"{}"))
    database.order_accepted(TripId(f"accepted-{theme}-{width}"), "purchase-7", now_ns)
    demo = dataclasses.replace(caller.console, demo=True)
    with served(demo) as server:
        context = chromium.new_context(
            viewport={"width": width, "height": 812}, color_scheme="dark" if theme == "dark" else "light"
        )
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(server.address + PATH)
        page.screenshot(path=tmp_path / f"{theme}-{width}.png", full_page=True)
        assert page.locator("h1").count() == 1
        assert page.get_by_text("answered 400").count() >= 1
        assert int(page.evaluate("document.documentElement.scrollWidth")) <= width
        violations = Axe().run(page).response["violations"]
        assert not violations, [(one["id"], one["nodes"][0]["html"]) for one in violations]
        button = page.get_by_role("button", name=f"Send again wire-bad-{theme}-{width}")
        button.focus()
        page.keyboard.press("Enter")
        page.get_by_text("on its way once more").wait_for()
        context.close()
    assert not wrong
