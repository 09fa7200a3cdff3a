"""The page of carts on their way to the retailer."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import PASSWORD
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
