"""The page of reports and its files."""

import csv
import html
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pytest
from starlette.testclient import TestClient

from tests.web.conftest import PASSWORD, console_on, wait_until_ended
from tillfree.commerce.receipt import Receipt
from tillfree.core.ids import VisitId
from tillfree.core.money import Money, TaxedAmount
from tillfree.core.time import NS_PER_DAY
from tillfree.simulation.demo_shop import demo_shop
from tillfree.storage.database.audit import AuditQuery
from tillfree.storage.database.decisions import ReviewDecision
from tillfree.storage.database.visits import VisitQuery
from tillfree.web.app import make_app
from tillfree.web.console import Console

Client = Callable[[str], TestClient]
NAMES = (
    "sales", "products", "conversion", "stay", "busy", "throughput", "queue", "heat", "fixtures", "shrink", "review",
    "accuracy",
)  # fmt: skip
_DAY = "from=2030-01-01&to=2030-01-01"


def table(client: TestClient, name: str, query: str = _DAY) -> list[dict[str, str]]:
    answer = client.get(f"/reports/{name}.csv?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.text)))


@contextmanager
def manager_on(console: Console) -> Iterator[TestClient]:
    headers = {"sec-fetch-site": "same-origin"}
    with TestClient(make_app(console), base_url="http://127.0.0.1", follow_redirects=False, headers=headers) as client:
        assert client.post("/sign-in", data={"name": "manager", "password": PASSWORD}).status_code == 303
        yield client


@pytest.mark.parametrize("role", ["viewer", "associate"])
def test_reports_are_not_for_everybody(client_as: Client, role: str) -> None:
    assert client_as(role).get("/reports").status_code == 403
    assert client_as(role).get("/reports/sales.csv").status_code == 403


def test_whoever_is_not_signed_in_is_sent_to_sign_in(client_as: Client) -> None:
    answer = client_as("").get("/reports")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("role", ["manager", "engineer"])
def test_the_page_shows_every_part_of_today_in_the_store(client_as: Client, role: str) -> None:
    page = client_as(role).get("/reports")
    assert page.status_code == 200
    for name in NAMES:
        assert page.text.count(f'id="{name}"') == 1
        assert f'"/reports/{name}.csv?{_DAY}"' in html.unescape(page.text)
    # The stream plays the year 2030: today is then, not the day of the test.
    assert "2030-01-01" in page.text
    assert "no figure is of a real one" in page.text
    assert "longer than 10 seconds" in page.text
    assert " style=" not in page.text
    assert "<script>" not in page.text


def test_sales_agree_with_the_visits(client_as: Client, console: Console) -> None:
    rows = console.database.visits(VisitQuery(limit=100))
    charged = [row for row in rows if row.outcome == "charged" and row.items]
    waits = [row for row in rows if row.outcome == "to review"]
    assert charged, "this simulation must have receipts of both kinds"
    assert waits, "this simulation must have receipts of both kinds"
    hours = table(client_as("manager"), "sales")
    assert sum(int(row["receipts"]) for row in hours) == len(charged)
    total = sum(round(float(row["gross"]) * 100) for row in hours)
    assert total == sum(row.total.minor for row in charged)
    products = table(client_as("manager"), "products")
    assert sum(round(float(row["gross"]) * 100) for row in products) == total
    assert sum(int(row["units"]) for row in products) == sum(row.items for row in charged)
    kinds = {row["kind"]: int(row["visits"]) for row in table(client_as("manager"), "conversion")}
    assert kinds["visits"] == len(rows)
    assert kinds["to_review"] == len(waits)
    assert kinds["with_items"] == sum(row.items > 0 for row in rows)


def test_accuracy_agrees_with_the_scoreboard(client_as: Client, console: Console) -> None:
    found = {row["kind"]: row["value"] for row in table(client_as("manager"), "accuracy")}
    assert console.scoreboard is not None
    figures = console.scoreboard.figures()
    assert int(found["units_true"]) == figures.items_true
    assert int(found["units_said"]) == figures.items_said
    assert int(found["units_right"]) == figures.right
    assert int(found["charged_wrong"]) == figures.charged_wrong
    assert figures.f1 is not None
    assert float(found["f1_percent"]) == pytest.approx(100 * figures.f1)


def test_the_floor_is_told_from_the_minutes(client_as: Client, console: Console) -> None:
    minutes = console.store.minutes()
    cells = table(client_as("manager"), "heat")
    assert sum(float(row["person_s"]) for row in cells) == pytest.approx(
        sum(sum(minute.cells.values()) for minute in minutes)
    )
    fixtures = {row["fixture"]: row for row in table(client_as("manager"), "fixtures")}
    assert set(fixtures) == {fixture.id for fixture in console.store.shop.fixtures}
    assert sum(int(row["reaches"]) for row in fixtures.values()) == sum(sum(m.reaches.values()) for m in minutes)
    (queue,) = table(client_as("manager"), "queue")
    assert int(queue["open_minutes"]) >= 1


@pytest.mark.parametrize("name", [*NAMES])
def test_a_time_without_anything_has_empty_tables(client_as: Client, name: str) -> None:
    query = "from=2029-01-01&to=2029-01-31"
    if name == "accuracy":
        assert client_as("manager").get(f"/reports/{name}.csv?{query}").status_code == 404
    else:
        assert table(client_as("manager"), name, query) == []


def test_a_time_without_anything_says_so(client_as: Client) -> None:
    page = client_as("manager").get("/reports?from=2029-01-01&to=2029-01-31")
    assert page.status_code == 200
    assert "Nothing was sold in this time." in page.text
    assert "<rect" not in page.text


@pytest.mark.parametrize(
    "query",
    [
        "from=tomorrow",
        "from=2030-02-30",
        "from=20300101",
        "from=0001-01-01",
        "from=9999-12-31",
        "from=2030-01-02&to=2030-01-01",
        "from=2029-01-01&to=2030-01-01",
        "from=2030-W01-1",
        "from='%20OR%201=1--",
        "from=" + "9" * 500,
    ],
)
def test_days_that_are_none_are_refused_with_what_to_do(client_as: Client, query: str) -> None:
    for path in ("/reports", "/reports/sales.csv"):
        answer = client_as("manager").get(f"{path}?{query}")
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text


def test_one_end_alone_is_one_day(client_as: Client) -> None:
    assert table(client_as("manager"), "sales", "to=2030-01-01") == table(client_as("manager"), "sales")
    assert table(client_as("manager"), "sales", "period=today") == table(client_as("manager"), "sales")
    assert table(client_as("manager"), "sales", "period=week") == table(client_as("manager"), "sales")
    assert table(client_as("manager"), "sales", "period=yesterday") == []


@pytest.mark.parametrize("name", ["nothing", "..%2f..%2fetc%2fpasswd", "sales.csv", "%00", "<script>"])
def test_files_that_do_not_exist_are_not_there(client_as: Client, name: str) -> None:
    assert client_as("manager").get(f"/reports/{name}.csv?{_DAY}").status_code == 404


def test_an_export_is_in_the_audit_log_and_a_look_is_not(client_as: Client, console: Console) -> None:
    client_as("engineer").get("/reports")
    table(client_as("engineer"), "stay")
    newest = console.database.audit_log(AuditQuery(limit=1))[0].entry
    assert (newest.who, newest.what, newest.subject, newest.detail) == (
        "engineer",
        "report.export",
        "stay",
        "2030-01-01",
    )


def _nothing(receipt: Receipt) -> Receipt:
    zero = Money(0, receipt.currency)
    return msgspec.structs.replace(
        receipt, lines=(), taxes=(), total=TaxedAmount(zero, zero, zero), status="charge", probability=1.0
    )


def test_decisions_and_counts_show_in_review_and_shrink() -> None:
    with console_on() as console:
        wait_until_ended(console.store)
        database = console.database
        wait = database.open_reviews()[0]
        record = database.visit(wait.visit)
        assert record is not None
        decision = ReviewDecision(
            visit=wait.visit,
            by="<b>ann</b>",
            time_ns=wait.closed_ns + 90 * 10**9,
            choice="nothing",
            items={},
            receipt=_nothing(record.receipt),
        )
        database.decide(decision)
        facing = next(f for f in console.store.shop.facings if f.product not in record.receipt.quantities())
        key = f"{facing.fixture}/{facing.shelf}/{'-'.join(map(str, facing.plates))}/{facing.product}"
        now_ns = console.store.snapshot().time_ns
        sold = next((p.units for p in database.sales(0, 2**62).products if p.product == facing.product), 0)
        database.save_count(key, 20, 20, "ann", now_ns - 3600 * 10**9)
        database.save_count(key, 17 - sold, 20, "ann", now_ns + 10**9)
        with manager_on(console) as client:
            shrink = {row["product"]: row for row in table(client, "shrink")}
            assert int(shrink[facing.product]["missing_units"]) == 3
            price = console.store.shop.product_index()[facing.product].price_minor
            assert price is not None
            assert round(float(shrink[facing.product]["missing_value"]) * 100) == 3 * price
            for product, units in record.receipt.quantities().items():
                assert int(shrink[product]["left_off_units"]) == units
            review = {row["kind"]: row["visits"] for row in table(client, "review")}
            assert (review["decided"], review["chose_nothing"], review["by <b>ann</b>"]) == ("1", "1", "1")
            page = client.get(f"/reports?{_DAY}").text
            assert "1:30\u00a0min" in page
            assert "<b>ann</b>" not in page
            assert "&lt;b&gt;ann&lt;/b&gt;" in page


def test_names_that_a_browser_or_a_spreadsheet_would_run_do_nothing() -> None:
    shop = demo_shop(2)
    evil = ["<script>alert(1)</script>", '=HYPERLINK("http://evil")', "</title></svg><img src=x onerror=alert(1)>"]
    products = tuple(
        msgspec.structs.replace(product, name=f"{evil[k % 3]} {k}") for k, product in enumerate(shop.products)
    )
    with console_on(shop=msgspec.structs.replace(shop, products=products)) as console:
        wait_until_ended(console.store)
        with manager_on(console) as client:
            page = client.get("/reports").text
            assert "<script>alert" not in page
            assert "<img" not in page
            assert "&lt;script&gt;alert" in page or "HYPERLINK" in page or "&lt;img" in page
            names = [row["name"] for row in table(client, "products")]
            assert names
            assert not [name for name in names if re.match(r"[=+\-@]", name)]


def test_a_store_in_which_nothing_happened_yet_has_a_page() -> None:
    with console_on() as console:
        wait_until_ended(console.store)
        console.database.erase_before(console.store.now_ns + 401 * NS_PER_DAY)
        with manager_on(console) as client:
            page = client.get("/reports?period=yesterday")
            assert page.status_code == 200
            # Nothing is known of accuracy here, so that section is left out; that of money is there as well.
            assert page.text.count('class="empty"') == len(NAMES) - 1 + 1
            assert console.database.visit(VisitId("none")) is None
