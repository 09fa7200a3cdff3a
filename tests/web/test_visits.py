"""The pages of visits: the list and its filters, one visit, its evidence, its pictures and the customer's receipt."""

import csv
import html
import io
import json
import re
import threading
from collections.abc import Callable, Iterator

import msgspec
import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from tests.web.conftest import console_on, served, wait_until_ended
from tests.web.kept_visits import EVIL, NO_PRICE, PLAIN, SECOND, START_NS, hostile_shop, kept_visit, with_evidence
from tillfree.core.ids import VisitId
from tillfree.simulation.options import SimulationOptions
from tillfree.storage.database.audit import AuditQuery
from tillfree.storage.database.records import VisitRecord
from tillfree.storage.database.visits import VisitQuery
from tillfree.web.app import make_app
from tillfree.web.console import Console

ClientAs = Callable[[str], TestClient]
EMPTY = SimulationOptions(shoppers=0, duration_s=4.0)
CODES = re.compile(r'href="/visits/([^"/]+)"')


@pytest.fixture
def bare() -> Iterator[Console]:
    """A demo console that remembers nothing yet."""
    with console_on(EMPTY, shop=hostile_shop(), demo=True) as made:
        wait_until_ended(made.store)
        yield made


@pytest.fixture
def client(bare: Console) -> Iterator[TestClient]:
    """Everybody who opens that demo."""
    with TestClient(make_app(bare), base_url="http://127.0.0.1", follow_redirects=False) as made:
        yield made


def _data(client: TestClient, path: str) -> object:
    def refuse(word: str) -> None:
        raise AssertionError(word)  # NaN and Infinity are no JSON

    return json.loads(client.get(path).content, parse_constant=refuse)


def _looks(console: Console, what: str) -> list[str]:
    return [row.entry.subject for row in console.database.audit_log(AuditQuery(what=what))]


# ---- who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/visits", "/visits.csv", "/visits/X", "/visits/X/receipt", "/visits/X/evidence"])
def test_a_viewer_sees_no_visits_and_a_stranger_signs_in_first(client_as: ClientAs, path: str) -> None:
    assert client_as("viewer").get(path).status_code == 403
    assert client_as("").get(path).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("role", ["associate", "manager", "engineer"])
def test_staff_sees_visits_with_their_evidence(client_as: ClientAs, console: Console, role: str) -> None:
    row = console.database.visits(VisitQuery(limit=1))[0]
    assert row.visit in client_as(role).get("/visits").text
    assert client_as(role).get(f"/visits/{row.visit}/evidence").status_code == 200


# ---- the list ---------------------------------------------------------------------------------------------------


def test_the_list_is_newest_first_and_says_what_was_right(client_as: ClientAs, console: Console) -> None:
    page = client_as("manager").get("/visits").text
    rows = console.database.visits(VisitQuery())
    assert CODES.findall(page) == [row.visit for row in rows]
    assert page.count(">Right<") == sum(row.right is True for row in rows)
    assert page.count(">Wrong<") == sum(row.right is False for row in rows)
    for outcome in ("charged", "to review"):
        found = client_as("manager").get("/visits", params={"outcome": outcome}).text
        assert CODES.findall(found) == [row.visit for row in rows if row.outcome == outcome]


def test_filters_by_code_product_and_time(client: TestClient, bare: Console) -> None:
    for number in range(4):
        items = {SECOND: 1} if number % 2 else {PLAIN: 1}
        bare.database.add_visit(kept_visit(f"CODE{number}", [(items, 0.9)], closed_s=60 + 3600 * number))

    def found(**filters: str) -> list[str]:
        return CODES.findall(client.get("/visits", params=filters).text)

    assert found() == ["CODE3", "CODE2", "CODE1", "CODE0"]
    assert found(text="CODE2") == ["CODE2"]
    assert found(text="sECOND th") == ["CODE3", "CODE1"]
    assert found(text="%") == []
    assert found(text="' OR 1=1 --") == []
    # 2030-03-17 17:46:40 UTC is START_NS.
    assert found(since="2030-03-17T19:00") == ["CODE3", "CODE2"]
    assert found(since="2030-03-17T18:00", until="2030-03-17T19:00") == ["CODE1"]
    assert found(since="2030-03-18") == []


def test_an_empty_list_says_why(client: TestClient) -> None:
    assert "No visit is over yet." in client.get("/visits").text
    assert "No visit fits." in client.get("/visits", params={"text": "milk"}).text


@pytest.mark.parametrize(
    "query",
    [
        {"outcome": "stolen"}, {"since": "yesterday"}, {"since": "0001-01-01"}, {"until": "9999-12-31T23:59"},
        {"text": "x" * 101}, {"before": "9" * 40 + ".X"}, {"before": "²3.X"},
    ],
)  # fmt: skip
def test_a_broken_filter_is_told_and_harms_nothing(client: TestClient, query: dict[str, str]) -> None:
    assert client.get("/visits", params=query).status_code == 400


def test_what_somebody_searched_for_is_only_text(client: TestClient) -> None:
    page = client.get("/visits", params={"text": EVIL}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_pages_of_the_list_hold_every_visit_once(client: TestClient, bare: Console) -> None:
    for number in range(123):
        bare.database.add_visit(kept_visit(f"N{number:03}", [({PLAIN: 1}, 0.9)], closed_s=60 + number // 2))
    path, seen = "/visits?text=N", []
    for _ in range(9):
        page = client.get(path).text
        assert len(CODES.findall(page)) <= 50
        seen += CODES.findall(page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        if older is None:
            break
        path = older[1].replace("&amp;", "&")
    assert len(seen) == 123
    assert sorted(seen) == sorted({f"N{number:03}" for number in range(123)})


def test_the_list_as_csv_has_all_rows_and_no_formulas(client: TestClient, bare: Console) -> None:
    for number in range(501):
        bare.database.add_visit(kept_visit(f"N{number:03}", [({PLAIN: 1}, 0.9)], closed_s=60 + number))
    bare.database.add_visit(kept_visit('=cmd|" /C calc"!A1', [({PLAIN: 2}, 0.25)], review=False, truth={PLAIN: 2}))
    answer = client.get("/visits.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="visits.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 502
    last = next(row for row in rows if "cmd" in row["visit"])
    assert last["visit"].startswith("'=")
    assert (last["items"], last["total"], last["currency"]) == ("2", "5.00", "EUR")
    assert (last["probability"], last["outcome"], last["right"]) == ("0.250000", "charged", "yes")
    assert len(list(csv.reader(io.StringIO(client.get("/visits.csv?outcome=charged").text)))) == 2
    assert len(_looks(bare, "visits.export")) == 2


def test_who_is_still_inside_stands_above_and_has_no_page_yet() -> None:
    with (
        console_on(SimulationOptions(shoppers=4, seed=3), speed=40.0, demo=True) as console,
        TestClient(make_app(console), base_url="http://127.0.0.1") as client,
    ):
        ticker = threading.Event()
        for _ in range(1500):
            if console.store.carts():
                break
            ticker.wait(0.02)
        console.store.pause()
        visit = console.store.carts()[0].visit
        assert visit in client.get("/visits").text
        answer = client.get(f"/visits/{visit}")
        assert answer.status_code == 404
        assert "still goes on" in answer.text


# ---- one visit --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["NOBODY", "..%2f..%2fstore.db", "%00", "x" * 5000, "%27%20OR%201=1", "%F0%9F%92%A3"])
@pytest.mark.parametrize("page", ["", "/receipt", "/evidence", "/frames/0"])
def test_a_visit_that_is_not_there_is_told(client_as: ClientAs, code: str, page: str) -> None:
    assert client_as("manager").get(f"/visits/{code}{page}").status_code == 404


def test_every_visit_of_a_simulation_has_its_page(client_as: ClientAs, console: Console) -> None:
    for row in console.database.visits(VisitQuery()):
        record = console.database.visit(row.visit)
        assert record is not None
        page = client_as("manager").get(f"/visits/{row.visit}").text
        assert page.count('class="sum"') == bool(record.receipt.lines)
        assert "really took" in page
        for line in record.receipt.lines:
            assert html.escape(line.name) in page
        assert row.visit in _looks(console, "visit.see")


def test_hostile_names_stay_words_everywhere(client: TestClient, bare: Console) -> None:
    record = kept_visit("EVIL0000", [({PLAIN: 1}, 0.6), ({SECOND: 1}, 0.4)], truth={PLAIN: 1})
    bare.database.add_visit(with_evidence(record, bare.store.shop))
    for path in ("/visits/EVIL0000", "/visits/EVIL0000/receipt"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "<b>somebody" not in page
        assert "&lt;script&gt;alert" in page
    evidence = client.get("/visits/EVIL0000/evidence")
    assert evidence.headers["content-type"] == "application/json"
    assert "\u202e" not in evidence.text


def test_other_carts_and_the_truth_are_told(client: TestClient, bare: Console) -> None:
    carts = [({SECOND: 2}, 0.6), ({SECOND: 1}, 0.3), ({NO_PRICE: 1}, 0.0999), ({PLAIN: 9}, 0.0001)]
    bare.database.add_visit(kept_visit("CARTS", carts, truth={SECOND: 1}))
    page = client.get("/visits/CARTS").text
    assert "1 instead of 2 × Second thing" in page
    assert "with 1 × Priceless thing; without Second thing" in page
    assert "9 ×" not in page  # next to impossible: not worth a word
    assert "really took 1 × Second thing" in page
    assert ">Wrong<" in page
    assert "Nobody is charged before a person has decided." in page


# ---- the evidence -----------------------------------------------------------------------------------------------


@pytest.fixture
def seen(bare: Console) -> VisitRecord:
    """A visit with all evidence there can be."""
    record = with_evidence(kept_visit("SEEN", [({PLAIN: 1}, 0.8), ({SECOND: 1}, 0.2)]), bare.store.shop)
    bare.database.add_visit(record)
    return record


@pytest.mark.usefixtures("seen")
def test_the_evidence_holds_what_was_seen(client: TestClient, bare: Console) -> None:
    evidence = _data(client, "/visits/SEEN/evidence")
    assert isinstance(evidence, dict)
    assert evidence["duration_s"] == 60.0
    assert evidence["clock_s"] == (START_NS // 10**9) % 86_400
    assert len(evidence["route"]["rows"]) == 300
    assert evidence["route"]["rows"][0][2] is None
    assert evidence["moments"][0]["at_s"] == 25.0
    act = evidence["acts"][0]
    assert (act["at_s"], act["kind"], act["chance"], act["sure"]) == (25.0, "Take", "80.0 %", False)
    assert act["traces"] == [0]
    assert act["pictures"] == [0, 1, 2]
    assert [(term["question"].partition(":")[0], term["value"]) for term in act["terms"]] == [
        ("Weight", -9.0),
        ("Habit", -0.1),
    ]
    assert [other["said"] for other in act["others"]] == [
        "touch by <b>somebody</b>",
        "take 1 x Second thing by this visitor",
    ]
    trace = evidence["traces"][0]
    assert trace["begin_s"] == 23.0
    assert trace["from_s"] == 25.0
    assert trace["to_s"] == 25.5
    assert trace["grams"][0][39:43] == [0.0, None, -100.0, None]
    hands = act["hands"]
    assert hands["begin_s"] == 21.0
    assert set(hands["right"]) == {None}
    assert min(distance for distance in hands["left"] if distance is not None) < 0.02
    assert _looks(bare, "evidence.see") == ["SEEN"]


def test_hands_are_near_the_plates_in_most_takes_of_a_simulation(client_as: ClientAs, console: Console) -> None:
    nearest = []
    for row in console.database.visits(VisitQuery()):
        evidence = _data(client_as("engineer"), f"/visits/{row.visit}/evidence")
        assert isinstance(evidence, dict)
        times = [act["at_s"] for act in evidence["acts"]]
        assert times == sorted(times)
        for act in evidence["acts"]:
            assert all(0 <= place < len(evidence["traces"]) for place in act["traces"])
            if act["act"] == "take" and act["hands"] and act["chance"] == "> 99.9 %":
                known = [d for d in act["hands"]["left"] + act["hands"]["right"] if d is not None]
                nearest.append(min(known))
    assert len(nearest) >= 3
    assert sorted(nearest)[len(nearest) // 2] < 0.4


def test_a_visit_whose_evidence_is_erased_still_has_a_page(client: TestClient, bare: Console) -> None:
    bare.database.add_visit(kept_visit("BARE", [({SECOND: 1}, 0.5)], reason="a new <reason>"))
    assert client.get("/visits/BARE").status_code == 200
    evidence = _data(client, "/visits/BARE/evidence")
    assert isinstance(evidence, dict)
    assert (evidence["route"]["rows"], evidence["acts"], evidence["traces"]) == ([], [], [])


def test_acts_at_a_shelf_that_is_no_more_have_no_place(client: TestClient, bare: Console, seen: VisitRecord) -> None:
    gone = msgspec.structs.replace(seen.interactions[0], shelf=99)
    bare.database.add_visit(msgspec.structs.replace(seen, visit=VisitId("ELSE"), interactions=(gone,)))
    evidence = _data(client, "/visits/ELSE/evidence")
    assert isinstance(evidence, dict)
    assert evidence["acts"][0]["hands"] is None
    assert evidence["acts"][0]["place"] is None


def test_pictures_come_as_pictures_or_not_at_all(client: TestClient, bare: Console, seen: VisitRecord) -> None:
    answer = client.get("/visits/SEEN/frames/0")
    assert (answer.headers["content-type"], answer.content) == ("image/png", seen.frames[0].data)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/visits/SEEN/frames/1").headers["content-type"] == "image/jpeg"
    # A drawing with scripts in it is no picture.
    for number in ("2", "3", "-1", "x", "9" * 30, "²"):
        assert client.get(f"/visits/SEEN/frames/{number}").status_code == 404
    assert _looks(bare, "evidence.see") == ["SEEN", "SEEN"]


@pytest.mark.usefixtures("seen")
def test_the_customers_receipt_brings_its_own_looks_and_nothing_else(client: TestClient) -> None:
    answer = client.get("/visits/SEEN/receipt")
    policy = answer.headers["content-security-policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    assert "For review: nobody is charged" in answer.text
    assert "Simulated" in answer.text


# ---- in a browser -----------------------------------------------------------------------------------------------


def test_a_browser_scrubs_through_the_evidence(browser_page: Page) -> None:
    with console_on(EMPTY, shop=hostile_shop(), demo=True) as console, served(console) as server:
        record = with_evidence(kept_visit("SEEN", [({PLAIN: 1}, 0.8), ({SECOND: 1}, 0.2)]), console.store.shop)
        console.database.add_visit(record)
        browser_page.route("**/frames/*", lambda route: route.fulfill(status=204))
        browser_page.goto(f"{server.address}/visits/SEEN")
        act = browser_page.locator("[data-act='0']")
        expect(act).to_have_attribute("aria-pressed", "true")
        expect(browser_page.locator("[data-clock]")).to_have_text("17:47:05")
        expect(browser_page.locator("[data-cart]")).to_contain_text("1 × <script>alert('x')</script>")
        expect(browser_page.locator(".plot svg")).to_have_count(2)
        expect(browser_page.locator(".pictures img")).to_have_count(3)
        browser_page.locator("#moment").focus()
        browser_page.keyboard.press("Home")
        expect(browser_page.locator("[data-clock]")).to_have_text("17:46:40")
        expect(browser_page.locator("[data-cart]")).to_have_text("Nothing in the cart.")
        act.focus()
        browser_page.keyboard.press("j")
        expect(browser_page.locator("[data-clock]")).to_have_text("17:47:05")
        browser_page.get_by_role("button", name="Play").click()
        expect(browser_page.get_by_role("button", name="Pause")).to_be_visible()
        expect(browser_page.locator("[data-clock]")).to_have_text("17:47:40", timeout=20_000)
        expect(browser_page.get_by_role("button", name="Play")).to_be_visible()
