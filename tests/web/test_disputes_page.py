"""Disputes: what staff see of a case, and what comes of their decision."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from tests.web.conftest import PASSWORD, served
from tests.web.kept_visits import EVIL
from tests.web.shopper_store import ShopperStore, shopper_store
from tillfree.commerce.disputes import Claim, Dispute
from tillfree.storage.database.records import VisitRecord
from tillfree.web.app import make_app

_STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def shop() -> Iterator[ShopperStore]:
    with shopper_store() as made:
        yield made


@pytest.fixture
def case(shop: ShopperStore) -> Dispute:
    """A case that waits, of a line with evidence; nothing else is disputed."""
    with shop.console.database._writing() as connection:
        connection.exec_driver_sql("DELETE FROM disputes")
    shop.till.given.clear()
    shop.till.broken = False
    return _said(shop, 1, EVIL)


def _said(shop: ShopperStore, line: int, note: str = "") -> Dispute:
    trip = max(shop.trips, key=lambda trip: 0 if trip.receipt is None else len(trip.receipt.lines))
    shown = shop.desk.receipt_of_trip(trip.id)
    assert shown is not None
    made, new = shop.desk.dispute(shown, Claim(line=line, reason="damaged", really=0, note=note))
    assert new
    return made


@pytest.fixture
def as_role(shop: ShopperStore) -> Iterator[Callable[[str], TestClient]]:
    with ExitStack() as stack:
        app = make_app(shop.console)

        def client(role: str) -> TestClient:
            headers = {"sec-fetch-site": "same-origin"}
            made = stack.enter_context(
                TestClient(app, base_url="http://127.0.0.1", follow_redirects=False, headers=headers)
            )
            assert made.post("/sign-in", data={"name": role, "password": PASSWORD}).status_code == 303
            return made

        yield client


def _record(shop: ShopperStore, case: Dispute) -> VisitRecord:
    trip = shop.console.database.trip(case.trip)
    assert trip is not None
    record = shop.console.database.visit(trip.visits[0])
    assert record is not None
    return record


def test_a_case_shows_what_is_said_and_what_was_seen(
    shop: ShopperStore, case: Dispute, as_role: Callable[[str], TestClient]
) -> None:
    client = as_role("associate")
    listed = client.get("/disputes").text
    assert f'href="/disputes/{case.number}"' in listed
    page = client.get(f"/disputes/{case.number}").text
    assert "Damaged or spoilt" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    record = _record(shop, case)
    assert f'data-evidence="/visits/{record.visit}/evidence"' in page
    assert f"{case.name}: took 1 from" in page
    assert "Reason, for the shopper to read" in page


@pytest.mark.parametrize(
    ("form", "minor_of", "status"),
    [
        ({"choice": "accept"}, lambda asked: asked, "refunded"),
        ({"choice": "reject"}, lambda _asked: 0, "rejected"),
        ({"choice": "partly", "amount": "0.50"}, lambda _asked: 50, "refunded"),
        ({"choice": "partly", "amount": "0,50"}, lambda _asked: 50, "refunded"),
    ],
)
def test_a_decision_moves_the_money_that_it_says(
    shop: ShopperStore,
    case: Dispute,
    as_role: Callable[[str], TestClient],
    form: dict[str, str],
    minor_of: Callable[[int], int],
    status: str,
) -> None:
    client, minor = as_role("associate"), minor_of(case.asked.minor)
    answer = client.post(f"/disputes/{case.number}", data={**form, "answer": "We  looked\nat it."})
    assert (answer.status_code, answer.headers["location"]) == (303, "/disputes")
    kept = shop.console.database.dispute(case.number)
    assert kept is not None
    assert (kept.status, kept.by, kept.given.minor, kept.answer) == (status, "associate", minor, "We looked at it.")
    assert [money.minor for _, money, _ in shop.till.given.values()] == ([minor] if minor else [])
    page = client.get(f"/disputes/{case.number}").text
    assert "Reason, for the shopper to read" not in page
    assert "We looked at it." in page


@pytest.mark.parametrize(
    "form",
    [
        {"choice": "accept", "answer": " \n "},
        {"choice": "accept"},
        {"choice": "everything", "answer": "x"},
        {"answer": "x"},
        {"choice": "partly", "answer": "x", "amount": ""},
        {"choice": "partly", "answer": "x", "amount": "0"},
        {"choice": "partly", "answer": "x", "amount": "-1"},
        {"choice": "partly", "answer": "x", "amount": "9999999"},
        {"choice": "partly", "answer": "x", "amount": "0.001"},
        {"choice": "partly", "answer": "x", "amount": "1e2"},
        {"choice": "partly", "answer": "x", "amount": "NaN"},
        {"choice": "partly", "answer": "x", "amount": "three"},
    ],
)
def test_what_is_no_decision_changes_nothing(
    shop: ShopperStore, case: Dispute, as_role: Callable[[str], TestClient], form: dict[str, str]
) -> None:
    answer = as_role("manager").post(f"/disputes/{case.number}", data=form)
    kept = shop.console.database.dispute(case.number)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert kept == case
    assert shop.till.given == {}


def test_two_people_decide_at_once_and_the_first_counts(
    shop: ShopperStore, case: Dispute, as_role: Callable[[str], TestClient]
) -> None:
    first, second = as_role("associate"), as_role("manager")
    assert first.post(f"/disputes/{case.number}", data={"choice": "reject", "answer": "No."}).status_code == 303
    late = second.post(f"/disputes/{case.number}", data={"choice": "accept", "answer": "Yes."})
    assert late.status_code == 303
    assert "Somebody decided this dispute in the meantime" in second.get(late.headers["location"]).text
    kept = shop.console.database.dispute(case.number)
    assert kept is not None
    assert (kept.status, kept.by) == ("rejected", "associate")
    assert shop.till.given == {}


def test_straight_on_to_the_next_case_and_money_that_waits_is_said(
    shop: ShopperStore, case: Dispute, as_role: Callable[[str], TestClient]
) -> None:
    following, client = _said(shop, 0), as_role("manager")
    shop.till.broken = True
    answer = client.post(f"/disputes/{case.number}", data={"choice": "accept", "answer": "Sorry."})
    assert answer.headers["location"] == f"/disputes/{following.number}"
    assert "will go back as soon as the payment can be reached" in client.get(answer.headers["location"]).text
    assert "it is tried again" in client.get(f"/disputes/{case.number}").text


def test_who_may_not_decide_sees_nothing(case: Dispute, as_role: Callable[[str], TestClient]) -> None:
    for role in ("viewer", "engineer"):
        client = as_role(role)
        assert client.get("/disputes").status_code == 403
        assert client.get(f"/disputes/{case.number}").status_code == 403
        assert client.post(f"/disputes/{case.number}", data={"choice": "accept", "answer": "x"}).status_code == 403


def test_a_decision_is_audited(case: Dispute, as_role: Callable[[str], TestClient]) -> None:
    as_role("manager").post(f"/disputes/{case.number}", data={"choice": "accept", "answer": "Sorry."})
    page = as_role("manager").get("/audit").text
    assert "Decided a dispute" in page
    assert f"line {case.line + 1}: " in page


@pytest.mark.parametrize("number", ["0", "99", "9" * 30])
def test_a_case_that_is_not_there(as_role: Callable[[str], TestClient], number: str) -> None:
    client = as_role("manager")
    assert client.get(f"/disputes/{number}").status_code == 404
    assert client.post(f"/disputes/{number}", data={"choice": "accept", "answer": "x"}).status_code == 404


def test_a_case_whose_visit_is_erased_can_still_be_decided(
    shop: ShopperStore, case: Dispute, as_role: Callable[[str], TestClient]
) -> None:
    trip = shop.console.database.trip(case.trip)
    assert trip is not None
    with shop.console.database.book() as book:
        book.put_trip(msgspec.structs.replace(trip, visits=()))
    client = as_role("manager")
    try:
        page = client.get(f"/disputes/{case.number}").text
        assert "are erased, or were never kept" in page
        assert client.post(f"/disputes/{case.number}", data={"choice": "accept", "answer": "x"}).status_code == 303
    finally:
        with shop.console.database.book() as book:
            book.put_trip(trip)


def test_axe_finds_nothing(chromium: Browser) -> None:
    found = []
    with shopper_store(demo=True) as shop, served(shop.console) as server:
        waits, decided = _said(shop, 1, "They were broken."), _said(shop, 0)
        shop.desk.decide(decided.number, decided.asked, by="Ada", answer="Sorry.")
        for theme, width in (("light", 375), ("dark", 375), ("light", 1920), ("dark", 1920)):
            context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
            page = context.new_page()
            for path in ("/disputes", f"/disputes/{waits.number}", f"/disputes/{decided.number}"):
                page.goto(server.address + path)
                results = Axe().run(page, options={"runOnly": _STANDARDS})
                found += [
                    f"{path} {theme} {width}: {one['id']} {one['nodes'][0]['html'][:120]}"
                    for one in results.response["violations"]
                ]
                wide = int(page.evaluate("document.documentElement.scrollWidth"))
                if wide > width or page.locator("h1").count() != 1:
                    found.append(f"{path}: {wide} px wide of {width}, {page.locator('h1').count()} first headings")
            context.close()
    assert not found, "\n".join(found)
