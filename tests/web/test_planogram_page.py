import re
from collections.abc import Callable, Iterator

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from tests.web.conftest import OwnServer, console_on, served
from tillfree.catalog.model import Facing, Product
from tillfree.core.ids import FixtureId, ProductId
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.storage.database.audit import AuditQuery
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.shop_editing import digest

Client = Callable[[str], TestClient]
EVIL = "<script>alert('x')</script>"
CHANGES = ("move", "swap", "width", "place", "remove")


@pytest.fixture
def own() -> Iterator[tuple[Console, TestClient]]:
    """A demo of its own, whose shop is empty: shelf 1 of fixture 1 has plates 5 to 12 free."""
    shop = demo_shop(2)
    products = (*shop.products, Product(ProductId("new/1"), EVIL, 40.0))
    kept = [f for f in shop.facings if (f.fixture, f.shelf) != ("1", 1)]
    first, second = shop.products[0].id, shop.products[1].id
    facings = (Facing(first, FixtureId("1"), 1, (1, 2)), Facing(second, FixtureId("1"), 1, (3, 4)), *kept)
    shop = msgspec.structs.replace(shop, products=products, facings=facings)
    with console_on(SimulationOptions(shoppers=1), shop=shop, demo=True) as console:
        console.store.stop()
        with TestClient(
            make_app(console),
            base_url="http://127.0.0.1",
            follow_redirects=False,
            headers={"sec-fetch-site": "same-origin"},
        ) as client:
            yield console, client


def version_in(text: str) -> str:
    found = re.search(r'name="version" value="(\w+)"', text)
    assert found
    return found[1]


def change(client: TestClient, kind: str, **values: object) -> str:
    """Do it as the page would, and give back the page that follows."""
    sent = {"version": version_in(client.get("/planogram").text), "fixture": "1"} | values
    answer = client.post(f"/planogram/{kind}", data={name: str(value) for name, value in sent.items()})
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


def planned(console: Console) -> tuple[Facing, ...]:
    return (console.store.pending_shop or console.store.shop).facings


# ---- looking ----------------------------------------------------------------------------------------------------


def test_everybody_sees_the_shelves_and_only_managers_the_forms(client_as: Client) -> None:
    for role in ("viewer", "associate", "engineer"):
        text = client_as(role).get("/planogram?facing=0").text
        assert "Fixture 1 from the front" in text
        assert "/planogram/move" not in text
    assert "/planogram/move" in client_as("manager").get("/planogram?facing=0").text
    assert client_as("").get("/planogram").status_code == 303


@pytest.mark.parametrize("kind", [*CHANGES, "import", "import/apply"])
def test_changes_are_refused_to_those_who_may_only_look(client_as: Client, kind: str) -> None:
    assert client_as("engineer").post(f"/planogram/{kind}", data={"facing": "0"}).status_code == 403


def test_a_viewer_may_not_apply_at_once_an_engineer_may(client_as: Client) -> None:
    assert client_as("viewer").post("/planogram/apply").status_code == 403
    assert client_as("engineer").post("/planogram/apply").status_code == 303
    answer = client_as("manager").post("/planogram/apply", data={"fixture": "2"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/planogram?fixture=2")  # one stays where one was


def test_boxes_show_products_and_counts(own: tuple[Console, TestClient]) -> None:
    console, client = own
    console.store.count_facing(0, 0)
    text = client.get("/planogram?fixture=1").text
    assert "sold out" in text
    console.store.count_facing(0, 11)
    assert ">11<" in client.get("/planogram?fixture=1").text
    assert text.count('class="free"') == 8


@pytest.mark.parametrize(
    "query", ["fixture=nobody", "fixture=../../etc", "facing=999999", "product=nobody", "text=zzz"]
)
def test_what_is_not_there_is_passed_over(client_as: Client, query: str) -> None:
    assert client_as("manager").get(f"/planogram?{query}").status_code == 200


@pytest.mark.parametrize("query", ["facing=x", "facing=1e3", "facing=-2"])
def test_numbers_that_are_none_are_told(client_as: Client, query: str) -> None:
    assert client_as("manager").get(f"/planogram?{query}").status_code == 400


def test_hostile_names_are_shown_and_not_run(own: tuple[Console, TestClient]) -> None:
    _, client = own
    for path in ("/planogram", "/planogram?product=new/1", "/planogram/products?text=script"):
        text = client.get(path).text
        assert EVIL not in text
        assert "&lt;script&gt;" in text


def test_products_without_a_place_are_offered_first(own: tuple[Console, TestClient]) -> None:
    _, client = own
    assert 'data-product="new/1"' in client.get("/planogram/products").text
    assert "Nothing is found." in client.get("/planogram/products?text=zzz").text


# ---- changing ---------------------------------------------------------------------------------------------------


def test_a_product_is_placed_moved_widened_narrowed_swapped_and_removed(own: tuple[Console, TestClient]) -> None:
    console, client = own
    old = planned(console)
    new, last = ProductId("new/1"), len(old)
    change(client, "place", product="new/1", shelf="1/1", first=5, plates=2)
    assert planned(console) == (*old, Facing(new, FixtureId("1"), 1, (5, 6)))
    change(client, "move", facing=last, shelf="1/1", first=9, plates=2)
    assert planned(console)[last].plates == (9, 10)
    change(client, "width", facing=last, width="wider")
    assert planned(console)[last].plates == (9, 10, 11)
    change(client, "width", facing=last, width="narrower")
    assert planned(console)[last].plates == (9, 10)
    change(client, "swap", facing=last, other=0)
    assert planned(console)[0] == Facing(new, FixtureId("1"), 1, (1, 2))
    change(client, "swap", facing=0, other=last)
    change(client, "remove", facing=last)
    assert planned(console) == old
    done = [row.entry.subject for row in console.database.audit_log(AuditQuery(what="planogram.change", limit=20))]
    assert len(done) == 7
    assert "new/1" in done


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("move", {"facing": 0, "shelf": "1/1", "first": 4, "plates": 2}, "is taken by"),
        ("move", {"facing": 0, "shelf": "1/1", "first": 12, "plates": 2}, "does not fit"),
        ("move", {"facing": 0, "shelf": "9/1", "first": 1, "plates": 1}, "no shelf 9/1"),
        ("move", {"facing": 9999, "shelf": "1/1", "first": 9, "plates": 1}, "no such place"),
        ("place", {"product": "nobody", "shelf": "1/1", "first": 9, "plates": 1}, "no such product"),
        ("place", {"product": "new/1", "shelf": "1/1", "first": 1, "plates": 1}, "is taken by"),
        ("swap", {"facing": 0, "other": 0}, "same product"),
        ("width", {"facing": 2, "width": "wider"}, "no free plate"),
        ("remove", {"facing": 9999}, "no such place"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(
    own: tuple[Console, TestClient], kind: str, values: dict[str, object], why: str
) -> None:
    console, client = own
    old = planned(console)
    text = change(client, kind, **values)
    assert 'class="notice wrong"' in text
    assert why in text
    assert planned(console) == old
    assert console.database.shop_versions() == []


@pytest.mark.parametrize(
    "values",
    [
        {"facing": "x"}, {"facing": "-1"}, {"facing": "0", "shelf": "1"}, {"facing": "0", "shelf": "1/x"},
        {"facing": "0", "shelf": "1/1", "first": "0"}, {"facing": "0", "shelf": "1/1", "first": "65"},
        {"facing": "0", "shelf": "1/1", "first": "1", "plates": "1000000"}, {},
    ],
)  # fmt: skip
def test_forms_that_no_page_of_ours_sends_are_refused(own: tuple[Console, TestClient], values: dict[str, str]) -> None:
    console, client = own
    old = planned(console)
    assert client.post("/planogram/move", data=values).status_code == 400
    assert planned(console) == old


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_of_another_version_than_the_page_showed_is_refused(
    own: tuple[Console, TestClient], kind: str
) -> None:
    console, client = own
    seen = version_in(client.get("/planogram").text)
    change(client, "place", product="new/1", shelf="1/1", first=5, plates=1)
    old = planned(console)
    text = change(
        client, kind, version=seen, facing=0, other=1, shelf="1/1", first=7, plates=1, product="new/1", width="narrower"
    )
    assert "Somebody else has changed the planogram" in text
    assert planned(console) == old
    assert "Somebody else" in change(client, kind, version="", facing=0, other=1, shelf="1/1", first=7, product="new/1")


def test_a_price_that_was_changed_meanwhile_does_not_stand_in_the_way(own: tuple[Console, TestClient]) -> None:
    console, client = own
    seen = version_in(client.get("/planogram").text)
    shop = console.store.shop
    cheaper = msgspec.structs.replace(shop.products[0], price_minor=1)
    console.store.apply_shop(msgspec.structs.replace(shop, products=(cheaper, *shop.products[1:])))
    change(client, "remove", version=seen, facing=0)
    assert len(planned(console)) == len(shop.facings) - 1
    assert console.store.shop.products[0].price_minor == 1


def test_a_fixture_of_any_name_can_be_shown_and_used(own: tuple[Console, TestClient]) -> None:
    console, client = own
    shop = console.store.shop
    odd = msgspec.structs.replace(shop.fixtures[0], id=FixtureId('a/b "c" <d>&e'))
    facings = tuple(msgspec.structs.replace(f, fixture=odd.id) for f in shop.facings if f.fixture == "1")
    console.store.apply_shop(msgspec.structs.replace(shop, fixtures=(odd,), facings=facings))
    text = client.get("/planogram").text
    assert "<d>" not in text
    change(client, "move", fixture=odd.id, facing=0, shelf=f"{odd.id}/1", first=8, plates=2)
    assert planned(console)[0].plates == (8, 9)


# ---- import -----------------------------------------------------------------------------------------------------


def preview(client: TestClient, data: bytes, scope: str = "fixtures") -> tuple[str, str]:
    answer = client.post("/planogram/import", files={"file": ("plan.csv", data, "text/csv")}, data={"scope": scope})
    token = re.search(r'name="token" value="([^"]+)"', answer.text)
    return answer.text, token[1] if token else ""


def test_an_import_is_previewed_and_then_taken_over(own: tuple[Console, TestClient]) -> None:
    console, client = own
    old = planned(console)
    text, token = preview(client, b"product,fixture,shelf,plates\nnew/1,1,1,7-9\nnobody,1,1,2\nnew/1,1,99,1\n")
    assert planned(console) == old
    assert "unknown product" in text
    assert "unknown shelf" in text
    assert EVIL not in text
    answer = client.post("/planogram/import/apply", data={"token": token})
    assert answer.headers["location"] == "/planogram"
    new = Facing(ProductId("new/1"), FixtureId("1"), 1, (7, 8, 9))
    assert planned(console) == (*(f for f in old if f.fixture == "2"), new)
    assert console.store.shop.products == (*demo_shop(2).products, console.store.shop.products[-1])
    assert client.post("/planogram/import/apply", data={"token": token}).status_code == 409


def test_an_import_after_another_change_is_refused(own: tuple[Console, TestClient]) -> None:
    console, client = own
    _, token = preview(client, b"product,fixture,shelf,plates\nnew/1,1,1,7-9\n")
    change(client, "remove", facing=0)
    old = planned(console)
    assert client.post("/planogram/import/apply", data={"token": token}).headers["location"] == "/planogram/import"
    assert planned(console) == old


@pytest.mark.parametrize("data", [b"", b"product\nx\n", b"\0", b'product,fixture,shelf,plates\n"', b"[1]"])
def test_a_file_that_is_no_planogram_is_refused_in_words(own: tuple[Console, TestClient], data: bytes) -> None:
    text, token = preview(own[1], data)
    assert 'role="alert"' in text
    assert not token


def test_an_export_comes_back_as_it_is(client_as: Client) -> None:
    client = client_as("manager")
    text, token = preview(client, client.get("/planogram/export").content, "everything")
    assert "nothing to take over" in text
    assert not token


# ---- waiting, and applying at once ------------------------------------------------------------------------------


def test_a_change_waits_while_somebody_is_inside_and_can_be_applied_at_once() -> None:
    options = SimulationOptions(shoppers=3, seed=3)
    with console_on(options, demo=True, speed=1.0) as console:
        console.store.set_speed(20.0)
        while not console.store.carts():
            assert console.store.snapshot().state in ("starting", "running")
        console.store.pause()
        with TestClient(
            make_app(console), base_url="http://127.0.0.1", follow_redirects=False,
            headers={"sec-fetch-site": "same-origin"},
        ) as client:  # fmt: skip
            old = console.store.shop.facings
            text = change(client, "remove", facing=0, fixture=old[0].fixture)
            assert "/planogram/apply" in text
            assert console.store.shop.facings == old
            assert console.store.pending_shop is not None
            assert client.post("/planogram/apply").status_code == 303
            assert console.store.shop.facings == old[1:]
            assert console.store.pending_shop is None
            assert "/planogram/apply" not in client.get("/planogram").text
            assert len(console.database.audit_log(AuditQuery(what="planogram.apply"))) == 1


# ---- in a browser -----------------------------------------------------------------------------------------------


@pytest.fixture
def at(own: tuple[Console, TestClient]) -> Iterator[OwnServer]:
    with served(own[0]) as found:
        yield found


def drag(page: Page, what: str, shelf: int, plate: float) -> None:
    """Take something by its left plate, and let it go over a plate of a shelf of twelve."""
    page.set_viewport_size({"width": 1600, "height": 1300})
    box = page.locator(what).bounding_box()
    goal = page.locator(f'table[data-shelf="1/{shelf}"] tbody').bounding_box()
    assert box
    assert goal
    page.mouse.move(box["x"] + 10, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 25, box["y"] + 20, steps=3)
    page.mouse.move(goal["x"] + (plate - 0.5) * goal["width"] / 12, goal["y"] + 20, steps=5)


def test_a_product_is_dragged_to_free_plates(at: OwnServer, browser_page: Page) -> None:
    browser_page.goto(at.address + "/planogram")
    drag(browser_page, '[data-facing="0"]', 1, 7)
    expect(browser_page.locator(".target")).to_have_text("Move here")
    browser_page.mouse.up()
    expect(browser_page.locator(".notice.done")).to_contain_text("moved to shelf 1/1, plate 7")
    assert planned(at.console)[0].plates == (7, 8)


def test_a_drop_on_another_product_swaps_them(at: OwnServer, browser_page: Page) -> None:
    first, second = (facing.product for facing in planned(at.console)[:2])
    browser_page.goto(at.address + "/planogram")
    drag(browser_page, '[data-facing="0"]', 1, 3)
    expect(browser_page.locator(".target")).to_contain_text("Swap with")
    browser_page.mouse.up()
    expect(browser_page.locator(".notice.done")).to_contain_text("places swapped")
    assert [facing.product for facing in planned(at.console)[:2]] == [second, first]


def test_a_drop_that_does_not_fit_is_shown_and_does_nothing(at: OwnServer, browser_page: Page) -> None:
    old = planned(at.console)
    browser_page.goto(at.address + "/planogram")
    drag(browser_page, '[data-facing="0"]', 1, 12)
    expect(browser_page.locator(".target.bad")).to_have_text("Does not fit")
    browser_page.mouse.up()
    drag(browser_page, '[data-facing="0"]', 1, 7)
    browser_page.keyboard.press("Escape")
    browser_page.mouse.up()
    expect(browser_page.locator(".target")).to_have_count(0)
    assert browser_page.url == at.address + "/planogram"
    assert planned(at.console) == old


def test_a_product_is_dragged_from_the_search_onto_a_free_plate(at: OwnServer, browser_page: Page) -> None:
    browser_page.goto(at.address + "/planogram")
    browser_page.get_by_label("Search").fill("new/1")
    expect(browser_page.locator(".found .item")).to_have_count(1)
    drag(browser_page, ".found .item", 1, 2)
    expect(browser_page.locator(".target.bad")).to_have_text("Not free")
    browser_page.mouse.up()
    drag(browser_page, ".found .item", 1, 9)
    browser_page.mouse.up()
    expect(browser_page.locator(".notice.done")).to_contain_text("put on shelf 1/1, plate 9")
    assert planned(at.console)[-1] == Facing(ProductId("new/1"), FixtureId("1"), 1, (9,))


def test_a_product_is_moved_with_the_keyboard_alone(at: OwnServer, browser_page: Page) -> None:
    browser_page.goto(at.address + "/planogram")
    browser_page.locator('[data-facing="0"]').focus()
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("#chosen")).to_be_visible()
    # Until it is loaded, the page moves the focus to the form that its address names.
    browser_page.wait_for_load_state("load")
    browser_page.get_by_label("First plate").focus()
    browser_page.keyboard.press("Control+A")
    browser_page.keyboard.type("8")
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator(".notice.done")).to_contain_text("plate 8")
    assert planned(at.console)[0].plates == (8, 9)


def test_another_fixture_is_chosen_on_the_floor_plan(at: OwnServer, browser_page: Page) -> None:
    browser_page.goto(at.address + "/planogram")
    browser_page.locator("#floor .fixture").nth(1).click()
    expect(browser_page.locator("#h-shelves")).to_have_text("Fixture 2 from the front")


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1920, "light")])
def test_pages_are_accessible_and_fit(at: OwnServer, browser_page: Page, width: int, scheme: str) -> None:
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    first = planned(at.console)[0].product
    for path in (
        "/planogram?facing=0&product=new/1", "/planogram/import", "/catalogue", "/catalogue/new",
        f"/catalogue/product?id={first}", "/catalogue/import", "/catalogue/versions",
    ):  # fmt: skip
        browser_page.goto(at.address + path)
        assert Axe().run(browser_page).violations_count == 0, path
        assert browser_page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_version_of_a_page_is_that_of_the_planogram(own: tuple[Console, TestClient]) -> None:
    console, client = own
    assert version_in(client.get("/planogram").text) == digest(console.store.shop.facings)
