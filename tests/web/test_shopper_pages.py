"""Pages for shoppers: a receipt by its link, what is wrong with it, the exit, the kiosk; and for nobody else."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from starlette.testclient import TestClient

from tests.commerce.escpos_paper import print_on_paper
from tests.web.conftest import PASSWORD, OwnServer, served
from tests.web.shopper_store import ShopperStore, shopper_store
from tillfree.commerce.disputes import Claim
from tillfree.commerce.languages.choosing import LANGUAGES
from tillfree.commerce.languages.formats import amount_in
from tillfree.commerce.trips import Trip
from tillfree.connectors.settings import MailSettings
from tillfree.storage.database.money.trips import TripQuery
from tillfree.storage.database.visits import VisitQuery
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.receipts.settings import ReceiptSettings
from tillfree.store.settings import StoreSettings
from tillfree.web.app import make_app
from tillfree.web.shopper.guessing import Guesses

SETTINGS = StoreSettings(
    mail=MailSettings(host="mail.example", from_address="shop@tillfree.example"),
    receipts=ReceiptSettings(display_token_env="TILLFREE_TEST_DISPLAY"),
)
SECRET_OF_DISPLAYS = "a secret for displays, long enough"
_STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def shop() -> Iterator[ShopperStore]:
    with shopper_store(SETTINGS) as made:
        assert len(made.trips) >= 2
        yield made


@pytest.fixture
def fresh(shop: ShopperStore) -> Iterator[ShopperStore]:
    """The same with nothing said against any receipt, and empty screens."""
    database = shop.console.database
    with database._writing() as connection:
        for table in ("disputes", "deliveries", "receipt_links"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    shop.till.given.clear()
    shop.till.broken = False
    before = shop.console.receipts
    shop.console.receipts = ReceiptDesk(database, SETTINGS, shop.till, shop.console.now_ns)
    yield shop
    shop.console.receipts = before


@pytest.fixture
def browse(fresh: ShopperStore) -> Iterator[Callable[..., TestClient]]:
    """Clients of a fresh application."""
    with ExitStack() as stack:
        app = make_app(fresh.console)

        def client(role: str = "", address: str = "10.0.0.1", **headers: str) -> TestClient:
            made = stack.enter_context(
                TestClient(
                    app,
                    base_url="http://127.0.0.1",
                    follow_redirects=False,
                    headers={"sec-fetch-site": "same-origin", **headers},
                    client=(address, 50000),
                )
            )
            if role:
                assert made.post("/sign-in", data={"name": role, "password": PASSWORD}).status_code == 303
            return made

        yield client


def _largest(shop: ShopperStore) -> Trip:
    return max(shop.trips, key=lambda trip: 0 if trip.receipt is None else len(trip.receipt.lines))


# ---- the receipt ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_has_the_link_sees_the_receipt_in_their_language(
    fresh: ShopperStore, browse: Callable[..., TestClient], language: str
) -> None:
    trip = _largest(fresh)
    secret = fresh.desk.make_link(trip.id)
    assert trip.receipt is not None
    for answer in (
        browse().get(f"/r/{secret}?lang={language}"),
        browse(**{"accept-language": f"{language}-XX,en;q=0.1"}).get(f"/r/{secret}"),
    ):
        assert answer.status_code == 200
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in answer.text
        for line in trip.receipt.lines:
            assert line.name in answer.text
        assert amount_in(trip.receipt.total.gross, language).replace("'", "&#39;") in answer.text
        assert LANGUAGES[language].simulated in answer.text


def test_nothing_keeps_or_passes_on_the_page(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    secret = fresh.desk.make_link(fresh.trips[0].id)
    for path in (f"/r/{secret}", f"/r/{secret}/receipt.pdf", "/r/nothing", f"/r/{secret}/wrong/0"):
        headers = browse().get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]
        assert headers["referrer-policy"] == "same-origin"
        assert "script-src 'self'" in headers["content-security-policy"]


def test_the_page_has_nothing_of_the_shop_but_this_receipt(
    fresh: ShopperStore, browse: Callable[..., TestClient]
) -> None:
    trip = fresh.trips[0]
    text = browse().get(f"/r/{fresh.desk.make_link(trip.id)}").text
    assert 'class="menu"' not in text
    assert trip.id not in text
    assert "%" not in re.sub(r"Tax [\d.]+%", "", text), "how sure the model is, is not the shopper's"
    for row in fresh.console.database.visits(VisitQuery(limit=50)):
        assert row.visit not in text or row.visit in trip.visits
    for other in fresh.trips[1:]:
        assert other.receipt is not None
        assert other.receipt.id not in text


def test_every_wrong_link_is_answered_alike(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    secret = fresh.desk.make_link(fresh.trips[0].id)
    ended = fresh.console.database.add_receipt_link(fresh.trips[0].id, 1, 2)
    answers = {
        (answer.status_code, answer.text)
        for answer in (
            browse().get(f"/r/{wrong}") for wrong in ("x", secret[:-1], ended, "%00", "%ff", "x" * 3000, "..%2f..")
        )
        if answer.text.startswith("<!DOCTYPE") and "No receipt here" in answer.text
    }
    assert len(answers) == 1
    ((status, _),) = answers
    assert status == 404


def test_guessing_has_to_wait_and_others_do_not(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    secret = fresh.desk.make_link(fresh.trips[0].id)
    guesser, other = browse(address="10.0.0.66"), browse(address="10.0.0.2")
    statuses = [guesser.get(f"/r/guess{number}").status_code for number in range(25)]
    assert statuses == [404] * 20 + [429] * 5
    refused = guesser.get(f"/r/{secret}")
    assert refused.status_code == 429, "even a right guess gives nothing away then"
    assert refused.headers["retry-after"] == "60"
    assert other.get(f"/r/{secret}").status_code == 200


def test_behind_a_proxy_each_shopper_is_told_apart_by_what_the_proxy_says(
    fresh: ShopperStore, browse: Callable[..., TestClient]
) -> None:
    secret = fresh.desk.make_link(fresh.trips[0].id)
    fresh.console.secure = True
    try:
        invented = [{"x-forwarded-for": f"1.2.3.{number}, 10.9.9.9"} for number in range(21)]
        assert [browse().get("/r/guess", headers=one).status_code for one in invented] == [404] * 20 + [429]
        honest = {"x-forwarded-for": "10.8.8.8"}
        assert browse().get(f"/r/{secret}", headers=honest).status_code == 200
    finally:
        fresh.console.secure = False
    statuses = [browse().get("/r/guess", headers=one).status_code for one in invented]
    assert statuses[-1] == 429, "without a proxy nobody says who they are"


def test_guesses_are_forgotten_after_a_minute_and_fill_no_memory() -> None:
    guesses = Guesses(2)
    for _ in range(3):
        guesses.wrong("a", 0)
    assert guesses.too_many("a", 59 * 10**9)
    assert not guesses.too_many("a", 60 * 10**9)
    for number in range(10_050):
        guesses.wrong(f"10.{number}", 0)
    assert len(guesses._wrong) == 10_000


def test_a_store_without_payments_has_no_such_pages(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    fresh.console.receipts = None
    for path in ("/r/x", "/exit", "/exit/now", "/kiosk"):
        assert browse("manager").get(path).status_code == 404, path
    assert browse("manager").get("/disputes").status_code == 200


def test_the_pdf_is_the_receipt(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    secret = fresh.desk.make_link(fresh.trips[0].id)
    answer = browse().get(f"/r/{secret}/receipt.pdf?lang=de")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert browse().get(f"/r/{secret}/receipt.pdf?lang=ja").status_code == 404
    page = browse().get(f"/r/{secret}?lang=ja").text
    assert "receipt.pdf" not in page
    assert LANGUAGES["ja"].no_pdf in page


# ---- what is wrong ----------------------------------------------------------------------------------------------


def test_a_shopper_gets_money_back_and_sees_it(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    trip = _largest(fresh)
    assert trip.receipt is not None
    secret, client = fresh.desk.make_link(trip.id), browse()
    page = client.get(f"/r/{secret}?lang=de").text
    assert f'href="/r/{secret}/wrong/0?lang=de"' in page
    form = client.get(f"/r/{secret}/wrong/0?lang=de")
    assert form.status_code == 200
    assert LANGUAGES["de"].reason_not_taken in form.text
    answer = client.post(
        f"/r/{secret}/wrong/0", data={"reason": "not_taken", "really": "0", "lang": "de", "note": "<b>"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/r/{secret}?lang=de&told=refunded&line=0#told"
    told = client.get(answer.headers["location"]).text
    (trip_id, money, lines) = next(iter(fresh.till.given.values()))
    assert (trip_id, lines) == (trip.id, (0,))
    assert LANGUAGES["de"].thanks_refunded.format(amount=amount_in(money, "de")) in told
    assert amount_in(-money, "de") in told
    assert f"/r/{secret}/wrong/0" not in told
    again = client.post(f"/r/{secret}/wrong/0", data={"reason": "not_taken", "really": "0", "lang": "de"})
    assert LANGUAGES["de"].already in client.get(again.headers["location"]).text
    assert len(fresh.till.given) == 1


def test_what_a_person_must_see_waits_and_the_answer_is_on_the_page(
    fresh: ShopperStore, browse: Callable[..., TestClient]
) -> None:
    trip = _largest(fresh)
    secret, client = fresh.desk.make_link(trip.id), browse()
    answer = client.post(f"/r/{secret}/wrong/1", data={"reason": "damaged", "note": "Open & stale"})
    assert LANGUAGES["en"].thanks_open in client.get(answer.headers["location"]).text
    assert LANGUAGES["en"].status_open in client.get(f"/r/{secret}").text
    (dispute,) = fresh.console.database.disputes("open")
    assert dispute.note == "Open & stale"
    fresh.desk.decide(
        dispute.number, msgspec.structs.replace(dispute.asked, minor=0), by="Ada", answer="It <was> fine."
    )
    page = client.get(f"/r/{secret}").text
    assert LANGUAGES["en"].status_rejected in page
    assert "It &lt;was&gt; fine." in page
    assert "Ada" not in page


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"reason": "nonsense"},
        {"reason": "fewer", "really": "1"},
        {"reason": "fewer", "really": "-1"},
        {"reason": "not_taken", "really": "9999999"},
        {"reason": "put_back", "really": "٣"},
    ],
)
def test_a_form_that_asks_for_nothing_comes_back(
    fresh: ShopperStore, browse: Callable[..., TestClient], data: dict[str, str]
) -> None:
    trip = _largest(fresh)
    answer = browse().post(f"/r/{fresh.desk.make_link(trip.id)}/wrong/0", data=data)
    assert answer.status_code in (303, 400)
    assert fresh.console.database.count_disputes() == {}
    assert fresh.till.given == {}


@pytest.mark.parametrize("line", ["99", "1000000000000000000000", "0"])
def test_a_line_that_is_not_there_has_no_form(
    fresh: ShopperStore, browse: Callable[..., TestClient], line: str
) -> None:
    secret = fresh.desk.make_link(fresh.trips[0].id)
    status = browse().get(f"/r/{secret}/wrong/{line}").status_code
    assert status == (200 if line == "0" else 303)
    posted = browse().post(f"/r/{secret}/wrong/{line}", data={"reason": "other"})
    assert posted.status_code == 303
    assert browse().get(f"/r/{secret}/wrong/-1").status_code == 404


def test_a_change_from_another_page_is_refused(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    secret = fresh.desk.make_link(fresh.trips[0].id)
    client = browse(**{"sec-fetch-site": "cross-site"})
    assert client.post(f"/r/{secret}/wrong/0", data={"reason": "not_taken"}).status_code == 403
    assert fresh.console.database.count_disputes() == {}


# ---- exit and kiosk ---------------------------------------------------------------------------------------------


def test_displays_need_staff_or_their_secret(
    browse: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("/exit", "/kiosk"):
        answer = browse().get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?to={path}")
        assert browse("viewer").get(path).status_code == 403
        assert browse("associate").get(path).status_code == 200
        assert browse().get(f"{path}?display=").status_code == 303
        assert browse().get(f"{path}?display={SECRET_OF_DISPLAYS}").headers["location"].startswith("/sign-in")
    assert browse().get("/exit/now").status_code == 401
    monkeypatch.setenv("TILLFREE_TEST_DISPLAY", "short")
    assert browse().get("/exit?display=short").headers["location"].startswith("/sign-in")
    monkeypatch.setenv("TILLFREE_TEST_DISPLAY", SECRET_OF_DISPLAYS)
    display = browse()
    opened = display.get("/exit", params={"display": SECRET_OF_DISPLAYS, "gate": "g1"})
    assert (opened.status_code, opened.headers["location"]) == (303, "/exit?gate=g1")
    assert "HttpOnly" in opened.headers["set-cookie"]
    assert "SameSite=strict" in opened.headers["set-cookie"]
    assert display.get("/exit?gate=g1").status_code == 200
    assert display.get("/exit/now").status_code == 200
    assert display.get("/kiosk").status_code == 200
    assert display.get("/visits").headers["location"].startswith("/sign-in"), "a display is nobody of the staff"
    assert browse().get("/exit?display=ä").headers["location"].startswith("/sign-in")


def test_the_exit_shows_codes_that_lead_to_the_receipts(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    client, trip = browse("associate"), fresh.trips[0]
    assert client.get("/exit/now").json() == {"receipts": []}
    made = fresh.desk.exits.add(trip.id, "g1", fresh.desk.make_link(trip.id), fresh.console.now_ns())
    assert made is not None
    (shown,) = client.get("/exit/now?gate=g1&lang=pl").json()["receipts"]
    assert shown["number"] == made.number
    assert shown["said"] == f"Numer {made.number}"
    assert shown["code"].startswith("data:image/svg+xml")
    assert client.get("/exit/now?gate=g2").json() == {"receipts": []}
    assert made.secret not in client.get("/exit").text, "the secret stands in the code alone"
    fresh.console.demo = True
    try:
        assert f'href="/r/{made.secret}"' in client.get("/exit").text, "nobody has a telephone for the codes of a demo"
    finally:
        fresh.console.demo = False


def test_screens_and_links_go_by_the_clock_of_the_till(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    far_ns = fresh.console.now_ns() + 10**18
    fresh.console.receipts = ReceiptDesk(fresh.console.database, SETTINGS, fresh.till, lambda: far_ns)
    secret = fresh.desk.make_link(fresh.trips[0].id)
    fresh.desk.exits.add(fresh.trips[0].id, "g1", secret, far_ns)
    assert len(browse("associate").get("/exit/now").json()["receipts"]) == 1
    page = browse().get(f"/r/{secret}").text
    assert LANGUAGES["en"].wrong_over in page
    assert LANGUAGES["en"].this_is_wrong not in page


def _number(fresh: ShopperStore) -> str:
    trip = fresh.trips[0]
    made = fresh.desk.exits.add(trip.id, "g1", fresh.desk.make_link(trip.id), fresh.console.now_ns())
    assert made is not None
    return made.number


def test_a_kiosk_that_can_give_nothing_says_so_and_the_exit_does_not_send_anybody_there(
    fresh: ShopperStore, browse: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, words = browse("associate"), LANGUAGES["de"]
    assert words.exit_scan in client.get("/exit?lang=de").text
    bare = msgspec.structs.replace(fresh.desk.settings, mail=MailSettings())
    monkeypatch.setattr(fresh.desk, "settings", bare)
    kiosk = client.get("/kiosk?lang=de").text
    assert words.kiosk_nothing in kiosk
    assert 'name="number"' not in kiosk
    page = client.get("/exit?lang=de").text
    assert words.exit_scan_only in page
    assert words.exit_scan not in page


def test_the_kiosk_sends_a_receipt_and_shows_none(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    client, number = browse("associate"), _number(fresh)
    assert fresh.trips[0].receipt is not None
    wrong = client.post("/kiosk", data={"number": number, "email": "nobody", "lang": "de"})
    assert wrong.status_code == 400
    assert LANGUAGES["de"].kiosk_no_email in wrong.text
    assert f'value="{number}"' in wrong.text
    sent = client.post("/kiosk", data={"number": number, "email": "a@b.example", "lang": "de"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/kiosk?lang=de&done=sent")
    assert LANGUAGES["de"].kiosk_sent in client.get(sent.headers["location"]).text
    for answer in (wrong, client.get("/kiosk")):
        for line in fresh.trips[0].receipt.lines:
            assert line.name not in answer.text
        assert "a@b.example" not in answer.text
    (delivery,) = fresh.console.database.due_deliveries(fresh.console.now_ns())
    assert (delivery.address, delivery.language) == ("a@b.example", "de")
    again = client.post("/kiosk", data={"number": number, "email": "c@d.example", "lang": "de"})
    assert again.status_code == 404
    assert LANGUAGES["de"].kiosk_unknown in again.text


def test_numbers_cannot_be_tried_one_by_one(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    client, number = browse("associate"), _number(fresh)
    others = [f"{n:04d}" for n in range(40) if f"{n:04d}" != number]
    statuses = [client.post("/kiosk", data={"number": n, "email": "a@b.example"}).status_code for n in others[:32]]
    assert statuses == [404] * 30 + [429] * 2
    assert client.post("/kiosk", data={"number": number, "email": "a@b.example"}).status_code == 429
    database = fresh.console.database
    assert not any(database.deliveries_of(trip.id) for trip in database.trips(TripQuery()))


def test_the_kiosk_prints_on_the_printer_of_the_shop(fresh: ShopperStore, browse: Callable[..., TestClient]) -> None:
    printed = b""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            nonlocal printed
            line, _ = listening.accept()
            with line:
                while piece := line.recv(4096):
                    printed += piece

        thread = threading.Thread(target=take)
        thread.start()
        receipts = ReceiptSettings(
            printer_host="127.0.0.1", printer_port=listening.getsockname()[1], address="https://shop.example"
        )
        settings = msgspec.structs.replace(SETTINGS, receipts=receipts)
        fresh.console.receipts = ReceiptDesk(fresh.console.database, settings, fresh.till, fresh.console.now_ns)
        client, number = browse("associate"), _number(fresh)
        answer = client.post("/kiosk", data={"number": number, "do": "print", "lang": "ar"})
        thread.join(10.0)
    assert (answer.status_code, answer.headers["location"]) == (303, "/kiosk?lang=ar&done=printed")
    paper = print_on_paper(printed, columns=48)
    receipt = fresh.trips[0].receipt
    assert receipt is not None
    assert "Total" in paper.text(), "no printer writes Arabic: it is English then"
    assert receipt.lines[0].name in paper.text()
    (code,) = paper.codes
    assert fresh.desk.receipt_of(code.removeprefix("https://shop.example/r/")) is not None
    assert client.post("/kiosk", data={"number": number, "do": "print"}).status_code == 404
    other = _number(fresh)
    off = client.post("/kiosk", data={"number": other, "do": "print"})
    assert off.status_code == 503
    assert LANGUAGES["en"].kiosk_no_printer in off.text
    assert fresh.desk.numbered(other) is not None, "a number is used up by a receipt, not by a printer that is off"


# ---- in a browser -----------------------------------------------------------------------------------------------


@pytest.fixture
def shop_server(fresh: ShopperStore) -> Iterator[OwnServer]:
    with served(fresh.console) as made:
        yield made


def test_axe_finds_nothing_in_any_language_theme_and_width(
    fresh: ShopperStore, shop_server: OwnServer, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILLFREE_TEST_DISPLAY", SECRET_OF_DISPLAYS)
    trip = _largest(fresh)
    secret = fresh.desk.make_link(trip.id)
    shown = fresh.desk.receipt_of_trip(trip.id)
    assert shown is not None
    fresh.desk.dispute(shown, Claim(line=0, reason="not_taken", really=0))
    fresh.desk.dispute(shown, Claim(line=1, reason="other", really=0))
    found = []
    for theme, width, height in (("light", 375, 800), ("dark", 375, 800), ("light", 1920, 1080), ("dark", 1920, 1080)):
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{shop_server.address}/exit?display={SECRET_OF_DISPLAYS}")
        _number(fresh)
        paths = [f"/r/{secret}?lang={language}" for language in ("en", "ar", "pl")]
        paths += [f"/r/{secret}/wrong/2?lang={'ar' if theme == 'dark' else 'de'}", "/exit", "/kiosk?lang=fr", "/r/none"]
        for path in paths:
            page.goto(shop_server.address + path)
            results = Axe().run(page, options={"runOnly": _STANDARDS})
            found += [
                f"{path} {theme} {width}: {v['id']} {v['nodes'][0]['html'][:120]}"
                for v in results.response["violations"]
            ]
            wide = int(page.evaluate("document.documentElement.scrollWidth"))
            if wide > width:
                found.append(f"{path}: {wide} px wide of {width}")
        context.close()
    assert not found, "\n".join(found)


def test_the_exit_screen_follows_without_a_reload(
    fresh: ShopperStore, shop_server: OwnServer, browser_page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILLFREE_TEST_DISPLAY", SECRET_OF_DISPLAYS)
    browser_page.goto(f"{shop_server.address}/exit?display={SECRET_OF_DISPLAYS}")
    assert "display=" not in browser_page.url
    browser_page.evaluate("() => { window.stays = true; }")
    assert browser_page.locator("[data-waiting]").is_visible()
    number = _number(fresh)
    browser_page.locator(f"[data-number='{number}'] img").wait_for(timeout=10_000)
    assert browser_page.locator("[data-waiting]").is_hidden()
    loaded = browser_page.locator(f"[data-number='{number}'] img").evaluate("(code) => code.naturalWidth > 100")
    assert loaded
    fresh.desk.exits.used(number)
    browser_page.locator("[data-waiting]").wait_for(state="visible", timeout=10_000)
    assert browser_page.locator("[data-number]").count() == 0
    assert browser_page.evaluate("() => window.stays")


def test_a_shopper_without_scripts_and_mouse_says_what_is_wrong(
    fresh: ShopperStore, shop_server: OwnServer, chromium: Browser
) -> None:
    trip = _largest(fresh)
    context = chromium.new_context(java_script_enabled=False, locale="de-DE", viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto(f"{shop_server.address}/r/{fresh.desk.make_link(trip.id)}")
    page.locator("tbody").nth(0).locator("a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/wrong/0**")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.locator("button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**told=refunded**")
    assert page.locator("#told").inner_text().startswith("Danke.")
    assert len(fresh.till.given) == 1
    context.close()
