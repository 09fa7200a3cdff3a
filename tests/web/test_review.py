"""Review: the queue, the cards of a case, deciding once and only once, undoing, and decisions as labelled data."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from tests.web.conftest import console_on, served, wait_until_ended
from tests.web.kept_visits import NO_PRICE, PLAIN, SECOND, hostile_shop, kept_visit, with_evidence
from tillfree.catalog.model import Shop
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId, VisitId
from tillfree.simulation.options import SimulationOptions
from tillfree.storage.database.audit import AuditQuery
from tillfree.storage.database.decisions import ReviewDecision
from tillfree.storage.database.visits import VisitQuery
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.shop_editing import ShopEditor

ClientAs = Callable[[str], TestClient]
EMPTY = SimulationOptions(shoppers=0, duration_s=4.0)
CARTS: tuple[tuple[dict[ProductId, int], float], ...] = (
    ({SECOND: 2}, 0.6),
    ({SECOND: 1, PLAIN: 1}, 0.25),
    ({}, 0.1),
    ({NO_PRICE: 1, SECOND: 1}, 0.04),
)


@pytest.fixture
def bare() -> Iterator[Console]:
    """A demo console with three cases that wait: ONE is the oldest, and TWO and THREE follow."""
    with console_on(EMPTY, shop=hostile_shop(), demo=True) as made:
        wait_until_ended(made.store)
        for place, code in enumerate(("ONE", "TWO", "THREE")):
            made.database.add_visit(kept_visit(code, CARTS, closed_s=60 + 10 * place))
        yield made


@pytest.fixture
def client(bare: Console) -> Iterator[TestClient]:
    """Everybody who opens that demo."""
    with TestClient(
        make_app(bare),
        base_url="http://127.0.0.1",
        follow_redirects=False,
        headers={"sec-fetch-site": "same-origin"},
    ) as made:
        yield made


def _decide(client: TestClient, code: str, choice: str, *, seen: int = 0, **more: str | list[str]) -> str:
    answer = client.post(f"/review/{code}", data={"choice": choice, "seen": str(seen), **more})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def _made(console: Console, code: str) -> list[ReviewDecision]:
    return console.database.decisions_of(VisitId(code))


def _decision(console: Console, code: str) -> ReviewDecision:
    made = _made(console, code)
    assert len(made) == 1
    return made[0]


# ---- who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/review", "/review/X", "/review/labels.jsonl", "/review/products?text=a"])
def test_only_who_decides_sees_what_is_to_be_decided(client_as: ClientAs, path: str) -> None:
    for role in ("viewer", "engineer"):
        assert client_as(role).get(path).status_code == 403
    assert client_as("").get(path).status_code == 303


def test_others_cannot_decide(client_as: ClientAs, console: Console) -> None:
    waiting = console.database.open_reviews()[0].visit
    data = {"choice": "1", "seen": "0"}
    for role in ("viewer", "engineer"):
        assert client_as(role).post(f"/review/{waiting}", data=data).status_code == 403
    assert client_as("").post(f"/review/{waiting}", data=data).status_code == 401
    foreign = client_as("manager").post(f"/review/{waiting}", data=data, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert console.database.decisions_of(waiting) == []


def test_cases_of_a_simulation_can_all_be_decided(client_as: ClientAs, console: Console) -> None:
    waiting = console.database.open_reviews()
    assert waiting
    for row in waiting:
        record = console.database.visit(row.visit)
        assert record is not None
        page = client_as("associate").get(f"/review/{row.visit}").text
        assert 1 <= page.count('<li class="card choice') <= 9
        _decide(client_as("associate"), row.visit, "1")
        decision = _decision(console, row.visit)
        assert decision.by == "associate"
        assert decision.odds == pytest.approx(record.alternatives[0].probability)
    assert console.database.count_open_reviews() == 0
    assert "Nothing waits." in client_as("manager").get("/review").text


# ---- the queue and a case ---------------------------------------------------------------------------------------


def test_the_queue_is_oldest_first(client: TestClient) -> None:
    page = client.get("/review").text
    assert re.findall(r'<a href="/review/(\w+)"', page) == ["ONE", "TWO", "THREE"]
    assert 'class="button" href="/review/ONE"' in page


def test_a_case_says_what_is_in_doubt_and_how_carts_differ(client: TestClient) -> None:
    page = client.get("/review/ONE").text
    assert "How many Second thing: 2 (60.0 %), 1 (29.0 %), 0 (10.0 %)?" in page
    cards = page.split('<li class="card choice')[1:]
    assert len(cards) == 4
    assert "differs" not in cards[0]
    assert "Charge 2.00" in cards[0]
    assert "1 instead of 2 × Second thing" in cards[1]
    assert "with 1 × &lt;script&gt;" in cards[1]
    assert "Nothing was taken" in cards[2]
    assert "Cannot be charged:" in cards[3]
    assert "1 × Priceless thing: no price" in cards[3]
    assert "Charge 1.00" in cards[3]
    assert "<script>alert" not in page
    # Skipping goes on to the next one, and after the last one to the first.
    assert 'data-key="s" href="/review/TWO"' in page
    assert 'data-key="s" href="/review/ONE"' in client.get("/review/THREE").text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("lost", "lost from sight before an exit"),
        ("end of recording", "still inside when watching ended"),
        ("restart", "still inside when watching ended"),
    ],
)
def test_a_visitor_who_was_not_seen_leaving_is_a_reason(
    client: TestClient, bare: Console, reason: str, said: str
) -> None:
    bare.database.add_visit(kept_visit("GONE", [({}, 1.0)], reason=reason))
    page = client.get("/review/GONE").text
    assert said in page
    assert "Nothing was taken" in page


def test_a_case_that_is_not_there_or_was_charged_is_told(client: TestClient, bare: Console) -> None:
    bare.database.add_visit(kept_visit("SURE", [({SECOND: 1}, 0.99)], review=False))
    for code in ("NOBODY", "..%2f..", "%00"):
        assert client.get(f"/review/{code}").status_code == 404
        assert client.post(f"/review/{code}", data={"choice": "1"}).status_code == 404
    assert "nothing to decide" in client.get("/review/SURE").text
    assert client.post("/review/SURE", data={"choice": "nothing"}).status_code == 400
    assert _made(bare, "SURE") == []


# ---- deciding ---------------------------------------------------------------------------------------------------


def test_a_chosen_cart_is_priced_anew_and_kept(client: TestClient, bare: Console) -> None:
    assert _decide(client, "ONE", "2") == "/review/TWO?undo=ONE"
    decision = _decision(bare, "ONE")
    assert (decision.choice, decision.items, decision.odds) == ("alternative", {SECOND: 1, PLAIN: 1}, 0.25)
    assert decision.receipt.status == "charge"
    assert decision.receipt.total.gross.minor == 350
    assert decision.receipt.notes == ("Decided by a person",)
    assert {line.probability for line in decision.receipt.lines} == {0.25}
    entry = bare.database.audit_log(AuditQuery(what="review.decide"))[0].entry
    assert (entry.who, entry.subject) == ("demo", "ONE")
    page = client.get("/review/TWO?undo=ONE").text
    assert "Decided ONE: 2 items, 3.50 EUR." in page
    assert 'href="/review/ONE?again=1"' in page
    assert "Decided by a person" in client.get("/visits/ONE/receipt").text


def test_nothing_is_charged_before_somebody_decides(client: TestClient, bare: Console) -> None:
    for path in ("/review", "/review/ONE", "/review/ONE?again=1", "/review/TWO?undo=ONE", "/visits/ONE"):
        assert client.get(path).status_code == 200
    assert bare.database.count_decisions() == 0
    assert {row.outcome for row in bare.database.visits(VisitQuery())} == {"to review"}


def test_charging_nothing(client: TestClient, bare: Console) -> None:
    _decide(client, "TWO", "nothing")
    decision = _decision(bare, "TWO")
    assert (decision.choice, decision.items, decision.odds) == ("nothing", {}, 0.1)
    assert decision.receipt.total.gross.minor == 0


def test_after_the_last_case_comes_the_queue(client: TestClient) -> None:
    assert _decide(client, "THREE", "1") == "/review/ONE?undo=THREE"
    assert _decide(client, "ONE", "1") == "/review/TWO?undo=ONE"
    assert _decide(client, "TWO", "1") == "/review?undo=TWO"
    assert "Undo: decide TWO anew" in client.get("/review?undo=TWO").text


def test_goods_without_a_price_are_told_and_not_charged(client: TestClient, bare: Console) -> None:
    location = _decide(client, "ONE", "4")
    decision = _decision(bare, "ONE")
    assert decision.receipt.quantities() == {SECOND: 1}
    assert decision.note == "Not charged: 1 × Priceless thing (no price)"
    assert decision.odds == 0.04
    assert "Not charged: 1 × Priceless thing (no price)" in client.get(location).text


def test_an_unknown_item_is_kept_and_not_charged(client: TestClient, bare: Console) -> None:
    bare.database.add_visit(kept_visit("ODD", [({UNKNOWN_PRODUCT: 1}, 0.9)]))
    page = client.get("/review/ODD").text
    assert "Something was taken that no product explains." in page
    assert "Right, but nothing can be charged" in page
    _decide(client, "ODD", "1")
    decision = _decision(bare, "ODD")
    assert decision.items == {UNKNOWN_PRODUCT: 1}
    assert decision.receipt.lines == ()


@pytest.mark.parametrize(
    ("fields", "items"),
    [
        ({"product": [SECOND, PLAIN], "quantity": ["3", "0"]}, {SECOND: 3}),
        ({"product": [SECOND], "quantity": ["1"], "add": "4001234567890", "add_quantity": "2"}, {SECOND: 3}),
        ({"product": [SECOND], "quantity": ["0"], "add": "second THING", "add_quantity": ""}, {SECOND: 1}),
        ({"add": PLAIN, "add_quantity": "99"}, {PLAIN: 99}),
        ({"product": [SECOND], "quantity": ["0"]}, {}),
    ],
)
def test_an_edited_cart(
    client: TestClient, bare: Console, fields: dict[str, Any], items: Mapping[ProductId, int]
) -> None:
    _decide(client, "ONE", "edit", **fields)
    decision = _decision(bare, "ONE")
    assert (decision.choice, decision.items) == ("edited", items)
    assert decision.odds == (0.1 if not items else None)
    unnamed = pytest.approx(0.01)
    assert all(line.probability == unnamed for line in decision.receipt.lines)


@pytest.mark.parametrize(
    "fields",
    [
        {"choice": ""}, {"choice": "0"}, {"choice": "5"}, {"choice": "-1"}, {"choice": "²"}, {"choice": "9" * 20},
        {"choice": "edit", "product": [SECOND], "quantity": ["-1"]},
        {"choice": "edit", "product": [SECOND], "quantity": ["100"]},
        {"choice": "edit", "product": [SECOND], "quantity": ["1.5"]},
        {"choice": "edit", "product": [SECOND], "quantity": []},
        {"choice": "edit", "product": [SECOND, SECOND], "quantity": ["99", "1"]},
        {"choice": "edit", "product": ["<script>"], "quantity": ["1"]},
        {"choice": "edit", "add": "no such thing"},
        {"choice": "edit", "add": "thing"},
    ],
)  # fmt: skip
def test_a_choice_that_is_none_changes_nothing(client: TestClient, bare: Console, fields: dict[str, object]) -> None:
    answer = client.post("/review/ONE", data={"seen": "0", **fields})
    assert answer.headers["location"] == "/review/ONE"
    assert _made(bare, "ONE") == []
    page = client.get("/review/ONE").text
    assert 'class="notice wrong"' in page
    assert "<script>" not in page.replace("<script type", "")


def test_a_page_that_knows_of_more_decisions_than_there_are_changes_nothing(client: TestClient, bare: Console) -> None:
    answer = client.post("/review/ONE", data={"choice": "1", "seen": "7"})
    assert answer.status_code == 400
    assert "open it again" in answer.text
    assert _made(bare, "ONE") == []


# ---- twice ------------------------------------------------------------------------------------------------------


def test_the_second_of_two_people_is_told_who_decided(client: TestClient, bare: Console) -> None:
    _decide(client, "ONE", "1")
    client.get("/review/TWO")  # the first one sees what was decided
    client.cookies.set("look_as", "associate")
    location = _decide(client, "ONE", "nothing")
    assert location == "/review/TWO"
    page = client.get(location).text
    assert "demo decided ONE already" in page
    assert "2 items, 2.00 EUR. Nothing was changed." in page
    assert _decision(bare, "ONE").choice == "alternative"


def test_of_many_who_decide_at_once_one_does(client: TestClient, bare: Console) -> None:
    gate = threading.Barrier(6)

    def decide(choice: str) -> None:
        gate.wait(10.0)
        _decide(client, "ONE", choice)

    threads = [threading.Thread(target=decide, args=(choice,)) for choice in ("1", "2", "3", "nothing", "1", "2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30.0)
    assert len(_made(bare, "ONE")) == 1


def test_undo_takes_the_case_up_again(client: TestClient, bare: Console) -> None:
    _decide(client, "ONE", "2")
    plain = client.get("/review/ONE").text
    assert "demo decided this case:" in plain
    assert "data-decide" not in plain  # a reload decides nothing by a slip
    again = client.get("/review/ONE?again=1").text
    assert 'name="seen" value="1"' in again
    _decide(client, "ONE", "nothing", seen=1)
    assert [decision.choice for decision in _made(bare, "ONE")] == ["alternative", "nothing"]
    visit = client.get("/visits/ONE").text
    assert "nothing is charged" in visit
    assert "Earlier decision" in visit


# ---- search and labels ------------------------------------------------------------------------------------------


def test_products_are_found_by_name_number_and_barcode(client: TestClient) -> None:
    def found(text: str) -> list[str]:
        return [product["id"] for product in client.get("/review/products", params={"text": text}).json()]

    assert found("SECOND") == [SECOND]
    assert found("400123") == [SECOND]
    assert set(found("thing")) == {SECOND, NO_PRICE}
    assert found("") == found("   ") == found("<>%") == []
    assert len(found("a")) <= 20
    assert "\u202e" not in client.get("/review/products", params={"text": "alert"}).text


def test_labels_are_one_line_per_decided_case(client: TestClient, bare: Console) -> None:
    assert client.get("/review/labels.jsonl").content == b""
    _decide(client, "ONE", "2")
    _decide(client, "TWO", "1")
    _decide(client, "ONE", "nothing", seen=1)
    answer = client.get("/review/labels.jsonl")
    assert answer.headers["content-disposition"] == 'attachment; filename="labels.jsonl"'
    labels = {label["visit"]: label for label in map(json.loads, answer.text.splitlines())}
    assert set(labels) == {"ONE", "TWO"}
    assert (labels["ONE"]["choice"], labels["ONE"]["chosen"], labels["ONE"]["odds"]) == ("nothing", {}, 0.1)
    two = labels["TWO"]
    assert (two["choice"], two["chosen"], two["model"], two["odds"]) == ("alternative", {SECOND: 2}, {SECOND: 2}, 0.6)
    assert two["alternatives"][1] == {"items": {SECOND: 1, PLAIN: 1}, "probability": 0.25}
    assert two["simulated"] is True
    assert "demo" not in answer.text
    assert bare.database.audit_log(AuditQuery(what="labels.download"))


# ---- in a browser -----------------------------------------------------------------------------------------------


def test_a_browser_decides_by_keys(browser_page: Page) -> None:
    with console_on(EMPTY, shop=hostile_shop(), demo=True) as console, served(console) as server:
        browser_page.route("**/frames/*", lambda route: route.fulfill(status=204))
        for place, code in enumerate(("ONE", "TWO", "THREE")):
            record = kept_visit(code, CARTS, closed_s=60 + 10 * place)
            console.database.add_visit(with_evidence(record, console.store.shop))
        heading = browser_page.get_by_role("heading", level=1)
        chosen = browser_page.locator("[data-act='0'][aria-pressed='true']")
        browser_page.goto(f"{server.address}/review/ONE")
        expect(chosen).to_be_visible()
        browser_page.keyboard.press("?")
        expect(browser_page.locator("dialog")).to_be_visible()
        browser_page.keyboard.press("1")  # whoever reads the help decides nothing
        browser_page.get_by_role("button", name="Close").click()
        browser_page.keyboard.press("ArrowDown")
        browser_page.keyboard.press("ArrowDown")
        expect(browser_page.locator("button[value='2']")).to_be_focused()
        browser_page.keyboard.press("s")
        expect(heading).to_have_text("Review TWO")
        expect(chosen).to_be_visible()
        browser_page.keyboard.press("2")
        expect(heading).to_have_text("Review THREE")
        expect(chosen).to_be_visible()
        browser_page.keyboard.press("u")
        expect(heading).to_have_text("Review TWO")
        expect(chosen).to_be_visible()
        browser_page.keyboard.press("0")
        expect(heading).to_have_text("Review THREE")
        expect(chosen).to_be_visible()
        browser_page.keyboard.press("e")
        expect(browser_page.get_by_label("Second thing")).to_be_focused()
        browser_page.keyboard.press("Control+a")
        browser_page.keyboard.type("1")  # a digit in a field is a digit
        browser_page.keyboard.press("Enter")
        expect(heading).to_have_text("Review ONE")
        expect(chosen).to_be_visible()
        assert [decision.choice for decision in _made(console, "TWO")] == ["alternative", "nothing"]
        assert _decision(console, "THREE").items == {SECOND: 1}
        assert _made(console, "ONE") == []


def test_single_keys_can_be_switched_off(browser_page: Page) -> None:
    with console_on(EMPTY, shop=hostile_shop(), demo=True) as console, served(console) as server:
        console.database.add_visit(kept_visit("ONE", CARTS))
        browser_page.goto(f"{server.address}/review/ONE")
        browser_page.get_by_role("button", name="Keys").click()
        browser_page.get_by_label("Single keys decide on this computer").uncheck()
        browser_page.get_by_role("button", name="Close").click()
        browser_page.keyboard.press("1")
        browser_page.reload()
        expect(browser_page.get_by_role("button", name="Keys")).to_be_visible()
        browser_page.keyboard.press("1")
        expect(browser_page.get_by_role("heading", level=1)).to_have_text("Review ONE")
        browser_page.get_by_role("button", name="Charge nothing").click()
        expect(browser_page.get_by_role("heading", level=1)).to_have_text("Review")
        assert _decision(console, "ONE").choice == "nothing"


def test_a_price_that_is_changed_after_a_visitor_left_does_not_touch_their_case() -> None:
    with console_on(demo=True) as console:
        wait_until_ended(console.store)
        kept = next(
            record
            for waiting in console.database.open_reviews()
            if (record := console.database.visit(waiting.visit)) is not None and len(record.receipt.quantities()) == 1
        )
        (product,) = kept.receipt.quantities()

        def dearer(shop: Shop) -> Shop:
            changed = (
                msgspec.structs.replace(one, price_minor=98_765) if one.id == product else one for one in shop.products
            )
            return msgspec.structs.replace(shop, products=tuple(changed))

        assert ShopEditor(console).change("mia", "dearer", dearer).in_force
        with TestClient(
            make_app(console),
            base_url="http://127.0.0.1",
            follow_redirects=False,
            headers={"sec-fetch-site": "same-origin"},
        ) as client:
            assert "987.65" not in client.get(f"/review/{kept.visit}").text
            _decide(client, kept.visit, "1")
        decided = _decision(console, kept.visit).receipt
        assert [line.unit_price for line in decided.lines] == [line.unit_price for line in kept.receipt.lines]
