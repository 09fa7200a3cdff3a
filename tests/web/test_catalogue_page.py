import re
import threading
from collections.abc import Callable, Iterator

import msgspec
import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from tests.web.conftest import OwnServer, console_on
from tillfree.catalog.model import Product, Shop
from tillfree.commerce.settings import CommerceSettings
from tillfree.core.ids import ProductId
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.storage.database.audit import AuditQuery
from tillfree.web.catalogue.search import ProductIndex, index_of
from tillfree.web.console import Console
from tillfree.web.review.products import find_product
from tillfree.web.shop_editing import digest

Client = Callable[[str], TestClient]
EVIL = "<script>alert('x')</script>"
PATHS = ("/catalogue", "/catalogue/rows", "/catalogue/versions", "/catalogue/export")


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    """A shop with some odd products more, that nobody visits."""
    shop = demo_shop(1)
    more = (
        Product(ProductId("a/b?c=d&e#f %"), EVIL, 50.0, None, 100),
        Product(ProductId("4006381333932"), "Wrong digit", None, None, None, "odd-class"),
        Product(ProductId("012345678905"), "Twelve digits", 100.0, 1.0, 250, barcodes=("96385074",)),
        Product(ProductId("loose"), "Loose olives", 8.0, None, 1990, sold_by="weight"),
    )
    shop = msgspec.structs.replace(shop, products=shop.products + more)
    with console_on(SimulationOptions(shoppers=1), shop=shop) as made:
        made.store.stop()
        yield made


def page_of(client: TestClient, product: str) -> str:
    answer = client.get("/catalogue/product", params={"id": product})
    assert answer.status_code == 200
    return answer.text


def form_of(text: str) -> dict[str, str]:
    """The fields of the product form as a browser would send them back."""
    form = text.partition('<form class="card"')[2].partition("</form>")[0]
    values = dict.fromkeys(re.findall(r'name="(\w+)"', form), "")
    values |= dict(re.findall(r'<input[^>]* name="(\w+)"(?: type="\w+")? value="([^"]*)"', form))
    for name in ("sold_by", "tax_class"):
        chosen = re.search(rf'<select id="{name}".*?<option value="([^"]*)" selected', form, re.DOTALL)
        assert chosen
        values[name] = chosen[1]
    values["barcodes"] = form.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    if not re.search(r'name="rfid" value="yes" checked', form):
        values["rfid"] = ""
    return values


def product_in(console: Console, product: str) -> Product:
    return console.store.shop.product_index()[ProductId(product)]


# ---- looking ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_everybody_may_look_who_is_signed_in(client_as: Client, path: str) -> None:
    assert client_as("viewer").get(path).status_code == 200
    assert client_as("").get(path).status_code == 303


@pytest.mark.parametrize("path", ["/catalogue/new", "/catalogue/import"])
def test_pages_of_changes_are_for_those_who_may_change(client_as: Client, path: str) -> None:
    assert client_as("viewer").get(path).status_code == 403
    assert client_as("engineer").get(path).status_code == 403
    assert client_as("manager").get(path).status_code == 200


@pytest.mark.parametrize("path", ["product", "new", "remove", "import", "import/apply", "versions/restore"])
def test_changes_are_refused_to_those_who_may_only_look(client_as: Client, console: Console, path: str) -> None:
    before = console.store.shop
    assert client_as("engineer").post(f"/catalogue/{path}", data={"of": "loose"}).status_code == 403
    assert console.store.shop == before


def test_a_viewer_sees_a_product_without_a_form(client_as: Client) -> None:
    text = page_of(client_as("viewer"), "loose")
    assert "Loose olives" in text
    assert "19.90" in text
    assert "/catalogue/remove" not in text
    assert 'name="price"' not in text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("wrong DIGIT", "Wrong digit"),
        ("digit wrong", "Wrong digit"),
        ("0012345678905", "Twelve digits"),
        ("12345678905", "Twelve digits"),
        ("96385074", "Twelve digits"),
        ("loose", "Loose olives"),
        ("a/b?c", "&lt;script&gt;"),
    ],
)
def test_search_finds_by_words_and_by_any_number(client_as: Client, words: str, found: str) -> None:
    text = client_as("viewer").get("/catalogue/rows", params={"text": words}).text
    assert found in text
    assert text.count('<th scope="row"') == 1


def test_nothing_found_says_so(client_as: Client) -> None:
    assert "Nothing is found." in client_as("viewer").get("/catalogue", params={"text": "zzz zzz"}).text


@pytest.mark.parametrize(("lack", "names"), [("price", {"Wrong digit"}), ("weight", {"Wrong digit"})])
def test_filters_show_what_lacks_something(client_as: Client, lack: str, names: set[str]) -> None:
    text = client_as("viewer").get("/catalogue/rows", params={"lack": lack}).text
    assert set(re.findall(r'<th scope="row".*?>([^<]+)</a>', text)) == names


def test_products_without_a_place_are_the_four_new_ones(client_as: Client) -> None:
    assert client_as("viewer").get("/catalogue/rows", params={"lack": "place"}).text.count('<th scope="row"') == 4


def test_sorting_puts_what_is_unknown_last_both_ways() -> None:
    shop = Shop(
        "t", tuple(Product(ProductId(str(k)), f"n{k}", price_minor=p) for k, p in enumerate((3, None, 1))), (), ()
    )
    index = ProductIndex(shop)
    assert [product.price_minor for product in index.find(sort="price")] == [1, 3, None]
    assert [product.price_minor for product in index.find(sort="price", down=True)] == [3, 1, None]


def test_pages_hold_fifty_and_the_last_the_rest(client_as: Client, console: Console) -> None:
    client, count = client_as("viewer"), len(console.store.shop.products)
    assert count > 50
    assert client.get("/catalogue/rows").text.count('<th scope="row"') == 50
    assert client.get("/catalogue/rows?page=2").text.count('<th scope="row"') == min(50, count - 50)
    far = client.get("/catalogue/rows?page=99999")
    assert far.text.count('<th scope="row"') > 0


@pytest.mark.parametrize(
    "text", ["2812345014684", "2812345000007", "(01)02812345000007(3103)000412", "28123450"], ids=lambda text: text[:4]
)
def test_a_scanned_code_with_a_price_inside_finds_its_product(text: str) -> None:
    cheese = Product(ProductId("2812345000007"), "Cheese", sold_by="weight")
    shop = Shop("Corner shop", (Product(ProductId("tea"), "Tea"), cheese), (), ())
    settings = CommerceSettings(embedded_barcodes={"28IIIIIPPPPPC": "price/2"})
    assert index_of(shop, settings).find(text) == [cheese]
    assert find_product(shop, settings, text) == cheese
    assert index_of(shop, CommerceSettings()).scanned("2812345014684") is None


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=-1", f"text={'x' * 300}", "page=1e9"])
def test_odd_addresses_are_answered_with_what_is_wrong(client_as: Client, query: str) -> None:
    assert client_as("viewer").get(f"/catalogue?{query}").status_code == 400


@pytest.mark.parametrize("query", ["sort=__class__", "lack=../../etc", "down=<b>"])
def test_odd_choices_are_taken_for_none(client_as: Client, query: str) -> None:
    assert client_as("viewer").get(f"/catalogue?{query}").status_code == 200


def test_hostile_names_are_shown_and_not_run(client_as: Client) -> None:
    for text in (
        client_as("manager").get("/catalogue?text=script").text,
        page_of(client_as("manager"), "a/b?c=d&e#f %"),
    ):
        assert EVIL not in text
        assert "&lt;script&gt;" in text


def test_an_id_of_any_letters_has_a_page_and_can_be_saved(client_as: Client, console: Console) -> None:
    client, product = client_as("manager"), "a/b?c=d&e#f %"
    href = re.search(r'href="(/catalogue/product\?id=a[^"]+)"', client.get("/catalogue?text=a/b").text)
    assert href
    text = client.get(href[1].replace("&amp;", "&")).text
    values = form_of(text) | {"of": product, "name": EVIL, "price": "1.75"}
    answer = client.post("/catalogue/product", data=values)
    assert answer.status_code == 303
    assert client.get(answer.headers["location"]).status_code == 200
    assert product_in(console, product).price_minor == 175


@pytest.mark.parametrize("product", ["", "../../etc/passwd", "nobody", "\x00"])
def test_a_product_that_is_not_there_is_not_there(client_as: Client, product: str) -> None:
    assert client_as("viewer").get("/catalogue/product", params={"id": product}).status_code == 404


# ---- changing ---------------------------------------------------------------------------------------------------


def test_a_form_that_is_sent_back_as_it_is_changes_nothing(client_as: Client, console: Console) -> None:
    client, before = client_as("manager"), console.store.shop
    for product in ("012345678905", "4006381333932", "loose", before.products[0].id):
        answer = client.post("/catalogue/product", data=form_of(page_of(client, product)))
        assert answer.status_code == 303, answer.text
    assert console.store.shop == before


def test_a_change_is_in_force_saved_and_noted(client_as: Client, console: Console) -> None:
    client = client_as("manager")
    values = form_of(page_of(client, "loose")) | {"name": "Green olives", "price": "21.50", "min_age": "18"}
    answer = client.post("/catalogue/product", data=values)
    assert "in force" in client.get(answer.headers["location"]).text
    product = product_in(console, "loose")
    assert (product.name, product.price_minor, product.min_age) == ("Green olives", 2150, 18)
    entry = console.database.audit_log(AuditQuery(what="product.change", limit=1))[0].entry
    assert (entry.who, entry.subject) == ("manager", "loose")
    assert "price_minor: 1990 -> 2150" in entry.detail
    version = console.database.latest_shop()
    assert version is not None
    assert version.shop.product_index()[ProductId("loose")] == product


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("price", "1,50"), ("price", "1.505"), ("price", "-1"), ("price", "0"), ("price", "1e3"), ("price", "NaN"),
        ("price", "1_000"), ("price", "９"), ("price", "9" * 30), ("weight_g", "-4"), ("weight_g", "0"),
        ("weight_g", "inf"), ("weight_g", "60000"), ("weight_sigma_g", "0"), ("weight_sigma_g", "abc"),
        ("min_age", "100"), ("min_age", "-1"), ("min_age", "x"), ("name", ""), ("name", "   "), ("name", "n" * 201),
        ("tax_class", "made up"), ("sold_by", "dozen"), ("barcodes", "a|b"), ("barcodes", "x" * 90),
        ("barcodes", " ".join(map(str, range(60)))),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_beside_its_field_and_kept(
    client_as: Client, console: Console, field: str, typed: str
) -> None:
    client, before = client_as("manager"), console.store.shop
    answer = client.post("/catalogue/product", data=form_of(page_of(client, "012345678905")) | {field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert answer.text.count('class="error"') == 1
    assert form_of(answer.text)[field] == typed.strip()
    assert console.store.shop == before


def test_a_wrong_check_digit_is_told_and_not_refused(client_as: Client, console: Console) -> None:
    client = client_as("manager")
    values = form_of(page_of(client, "012345678905")) | {"barcodes": "96385074\n4006381333930"}
    answer = client.post("/catalogue/product", data=values)
    text = client.get(answer.headers["location"]).text
    assert "4006381333930: the last digit" in text
    assert product_in(console, "012345678905").barcodes == ("96385074", "4006381333930")


def test_a_change_of_what_somebody_else_has_changed_is_refused(client_as: Client, console: Console) -> None:
    client = client_as("manager")
    first = form_of(page_of(client, "012345678905"))
    assert client.post("/catalogue/product", data=first | {"price": "3.00"}).status_code == 303
    answer = client.post("/catalogue/product", data=first | {"price": "4.00"})
    assert answer.status_code == 409
    assert "Somebody else" in answer.text
    assert form_of(answer.text)["price"] == "4.00"
    assert product_in(console, "012345678905").price_minor == 300
    # Shown once more, it can be saved.
    assert client.post("/catalogue/product", data=form_of(answer.text)).status_code == 303
    assert product_in(console, "012345678905").price_minor == 400


def test_two_who_save_at_once_do_not_both_win(client_as: Client, console: Console) -> None:
    client, product = client_as("manager"), console.store.shop.products[0].id
    values = form_of(page_of(client, product))
    codes: list[int] = []
    ready = threading.Barrier(4)

    def save(price: int) -> None:
        ready.wait()
        codes.append(client.post("/catalogue/product", data=values | {"price": f"{price}.11"}).status_code)

    threads = [threading.Thread(target=save, args=(price,)) for price in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [303, 409, 409, 409]


def test_a_new_product_is_added_changed_and_removed(client_as: Client, console: Console) -> None:
    client = client_as("manager")
    blank = form_of(client.get("/catalogue/new").text)
    answer = client.post("/catalogue/new", data=blank | {"id": "new/1", "name": "Bread", "price": "2.5"})
    assert answer.status_code == 303, answer.text
    assert "Bread" in client.get(answer.headers["location"]).text
    assert product_in(console, "new/1").price_minor == 250
    again = client.post("/catalogue/new", data=blank | {"id": "new/1", "name": "Bread"})
    assert again.status_code == 422
    assert "already a product" in again.text
    assert client.post("/catalogue/remove", data={"of": "new/1"}).status_code == 303
    assert ProductId("new/1") not in console.store.shop.product_index()
    assert client.post("/catalogue/remove", data={"of": "new/1"}).status_code == 404


@pytest.mark.parametrize("product", ["", "x" * 81, "a|b", "unknown-item", "a\u202eb", "\x07"])
def test_an_id_that_cannot_be_one_is_refused(client_as: Client, console: Console, product: str) -> None:
    client, before = client_as("manager"), console.store.shop
    blank = form_of(client.get("/catalogue/new").text)
    assert client.post("/catalogue/new", data=blank | {"id": product, "name": "Bread"}).status_code == 422
    assert console.store.shop == before


def test_a_product_with_a_place_is_not_removed(client_as: Client, console: Console) -> None:
    before = console.store.shop
    answer = client_as("manager").post("/catalogue/remove", data={"of": before.facings[0].product})
    assert answer.status_code == 409
    assert console.store.shop == before


# ---- import -----------------------------------------------------------------------------------------------------


def preview(
    client: TestClient, data: bytes, scope: str = "everything", name: str = "goods.csv"
) -> tuple[int, str, str]:
    """Status and text of a preview, and its token."""
    answer = client.post("/catalogue/import", files={"file": (name, data, "text/csv")}, data={"scope": scope})
    token = re.search(r'name="token" value="([^"]+)"', answer.text)
    return answer.status_code, answer.text, token[1] if token else ""


def test_an_import_is_previewed_and_then_taken_over_exactly_so(client_as: Client, console: Console) -> None:
    client, before = client_as("manager"), console.store.shop
    known = before.products[3]
    data = f"product,name,price\n{known.id},Renamed,9.99\nimported-1,{EVIL},1.20\n,lost,1\n".encode()
    status, text, token = preview(client, data)
    assert status == 200
    assert console.store.shop == before
    assert "Renamed" in text
    assert EVIL not in text
    assert "product without id" in text
    answer = client.post("/catalogue/import/apply", data={"token": token})
    assert answer.headers["location"] == "/catalogue"
    assert product_in(console, known.id) == msgspec.structs.replace(known, name="Renamed", price_minor=999)
    assert product_in(console, "imported-1").price_minor == 120
    assert len(console.store.shop.products) == len(before.products) + 1
    assert console.store.shop.facings == before.facings
    assert console.database.audit_log(AuditQuery(what="catalogue.import", limit=1))[0].entry.subject == "goods.csv"
    assert client.post("/catalogue/import/apply", data={"token": token}).status_code == 409


def test_an_import_after_another_change_is_refused_as_a_whole(client_as: Client, console: Console) -> None:
    client, first, second = client_as("manager"), *console.store.shop.products[4:6]
    _, _, token = preview(client, f"product,price\n{first.id},7.77\n{second.id},8.88\n".encode(), "prices")
    client.post("/catalogue/product", data=form_of(page_of(client, second.id)) | {"price": "5.55"})
    answer = client.post("/catalogue/import/apply", data={"token": token})
    assert answer.headers["location"] == "/catalogue/import"
    assert "changed since the preview" in client.get("/catalogue/import").text
    assert product_in(console, first.id) == first
    assert product_in(console, second.id).price_minor == 555


def test_a_preview_is_of_whoever_made_it_and_for_half_an_hour(client_as: Client, console: Console) -> None:
    client = client_as("manager")
    console.database.add_user("other", "correct horse battery", "manager")
    data = f"product,name\n{console.store.shop.products[6].id},Stolen\n".encode()
    _, _, token = preview(client, data)
    mine = client.cookies["tillfree"]
    client.cookies.clear()
    assert client.post("/sign-in", data={"name": "other", "password": "correct horse battery"}).status_code == 303
    assert client.post("/catalogue/import/apply", data={"token": token}).status_code == 409
    client.cookies.clear()
    client.cookies.set("tillfree", mine)
    clock = console.now_ns
    try:
        late_ns = clock() + 31 * 60 * 10**9
        console.now_ns = lambda: late_ns
        assert client.post("/catalogue/import/apply", data={"token": token}).status_code == 409
    finally:
        console.now_ns = clock
    assert product_in(console, console.store.shop.products[6].id).name != "Stolen"


@pytest.mark.parametrize("token", ["", "x", "../../", "A" * 90])
def test_a_token_that_was_never_given_does_nothing(client_as: Client, token: str) -> None:
    assert client_as("manager").post("/catalogue/import/apply", data={"token": token}).status_code == 409


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0\0\0", b"\xff\xfea\0", b"name,price\nx,1\n", b'product,name\na,"never closed', b"[" * 100_000,
        b'[{"product": "x"}]', b"\xe9,\xe8\n", b"product,product\na,b\n", b"product," + b"," * 500_000,
        b"product\n" + b"x\n" * 60_000, b"product,name\na," + b"x" * 100_000, b"\x89PNG\r\n\x1a\n\0\0",
        b",".join(b"c%d" % k for k in range(100_000)), b'"' + b"\n" * 100_000 + b'"',
    ],
)  # fmt: skip
def test_a_file_that_is_no_catalogue_is_refused_in_words(client_as: Client, console: Console, data: bytes) -> None:
    before = console.store.shop
    status, text, token = preview(client_as("manager"), data)
    assert status == 422
    assert 'role="alert"' in text
    assert not token
    assert console.store.shop == before


def test_a_file_that_is_too_large_or_missing_is_refused(client_as: Client) -> None:
    client = client_as("manager")
    assert preview(client, b"product\n" + b"x" * (5 * 2**20))[0] == 413
    for end in (b"\r", b"\n"):
        assert "has more than" in preview(client, b"product\n" + end * 1_000_000)[1]
    assert client.post("/catalogue/import", data={"scope": "everything"}).status_code == 400
    assert client.post("/catalogue/import", data={"file": "text", "scope": "everything"}).status_code == 400
    assert preview(client, b"product\nx\n", scope="all of it")[0] == 400


def test_the_name_of_a_file_is_only_shown(client_as: Client) -> None:
    _, text, _ = preview(client_as("manager"), b"product\nx1\n", name=f"..\\..\\/etc/{EVIL}.csv")
    assert EVIL not in text
    assert "/etc/" not in text


def test_an_export_comes_back_as_it_is(client_as: Client) -> None:
    client = client_as("manager")
    answer = client.get("/catalogue/export")
    assert "attachment" in answer.headers["content-disposition"]
    _, text, token = preview(client, answer.content)
    assert "nothing to take over" in text
    assert not token


# ---- versions ---------------------------------------------------------------------------------------------------


def test_a_version_can_be_restored(client_as: Client, console: Console) -> None:
    client, before = client_as("manager"), console.store.shop
    product = before.products[8].id
    client.post("/catalogue/product", data=form_of(page_of(client, product)) | {"price": "66.60"})
    versions = console.database.shop_versions(2)
    assert product_in(console, product).price_minor == 6660
    answer = client.post("/catalogue/versions/restore", data={"number": str(versions[1].number)})
    assert answer.status_code == 303
    assert console.store.shop == before
    assert f"Version {versions[1].number} restored" in client.get("/catalogue/versions").text
    assert client.post("/catalogue/versions/restore", data={"number": "999999"}).status_code == 404
    assert client.post("/catalogue/versions/restore", data={"number": "x"}).status_code == 400


# ---- in a browser -----------------------------------------------------------------------------------------------


def test_the_list_follows_what_is_typed(server: OwnServer, browser_page: Page) -> None:
    wanted = server.console.store.shop.products[7]
    browser_page.goto(server.address + "/catalogue")
    browser_page.get_by_label("Search").press_sequentially(wanted.id)
    expect(browser_page.locator("tbody tr")).to_have_count(1)
    expect(browser_page.locator("tbody")).to_contain_text(wanted.name)
    assert wanted.id in browser_page.url
    browser_page.get_by_label("Show").select_option("price")
    expect(browser_page.locator("#products")).to_contain_text("Nothing is found.")


def test_the_mark_of_a_value_is_the_same_for_the_same_value() -> None:
    shop = demo_shop(1)
    assert digest(shop.facings) == digest(demo_shop(1).facings)
    assert digest(shop.facings) != digest(shop.facings[1:])
