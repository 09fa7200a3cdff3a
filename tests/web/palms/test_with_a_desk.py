"""Station, console and home on a real vault: what is enrolled, shown, handed out, revoked and erased."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Literal, cast

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.store.palms.stand_in import make_desk
from tests.web.conftest import PASSWORD, console_on, served, wait_until_ended
from tests.web.palms.conftest import NOTICES, RULES, GreySamples
from tests.web.palms.stand_ins import GreyRecogniser, grey_eyes, grey_jpeg
from tillfree.palm.samples import HandImage
from tillfree.simulation.options import SimulationOptions
from tillfree.storage.palm_vault.records import LinkedCard
from tillfree.store.entry.desk import EntryAnswer, EntryDesk
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.linking import with_links
from tillfree.store.palms.office import CONFIRM_DAYS
from tillfree.store.palms.recogniser import Sample
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.palms.wallets import with_card
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.palms.clerk import DeskClerk
from tillfree.web.palms.home import HomeEnrolment
from tillfree.web.palms.pictures import Frame, decode_picture
from tillfree.web.palms.room import PalmRoom
from tillfree.web.palms.seeing import Reading, Wishes
from tillfree.web.palms.session import Begin, Session

ADDRESS = "http://127.0.0.1"
WISHES = Wishes(notice_version="7", purposes=("identify",))
S = 1_000_000_000
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Clock:
    def __init__(self) -> None:
        self.now_ns = 1_800_000_000 * S

    def __call__(self) -> int:
        return self.now_ns


class Shop:
    """A console with a desk of palms, and a station before it."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self.console = console
        self.clock = clock
        settings = PalmSettings(may=("identify", "pay"), notice_version="7", liveness="off")
        self.desk: PalmDesk = make_desk(None, settings, clock, GreyRecogniser())
        eyes = grey_eyes()
        self.clerk = DeskClerk(self.desk, clock)
        self.home = HomeEnrolment(self.desk, eyes, clock)
        self.token = ""
        self.console.palm_desk, self.console.palm_notices = self.desk, NOTICES
        self.console.palm_room = PalmRoom(
            eyes=eyes,
            clerk=self.clerk,
            rules=RULES,
            home=self.home,
            display_token=lambda: self.token,
        )

    def reading(self, grey: int, *, left: bool = False) -> Reading:
        eyes = grey_eyes()
        picture = grey_jpeg(grey, 240, 320) if left else grey_jpeg(grey)
        region = eyes.look(decode_picture(picture), None, "unknown").region
        assert region is not None
        return Reading(eyes.read(region), 80.0, True)

    def enrol(self, grey: int) -> str:
        answer = self.clerk.enrol([self.reading(grey)] * 2, [self.reading(grey)] * 2, WISHES, "test")
        assert answer.kind == "enrolled"
        return answer.account

    def photos(self, grey: int = 100) -> list[HandImage]:
        return [decode_picture(grey_jpeg(grey))] * 3

    def client(self, role: str) -> TestClient:
        client = TestClient(
            make_app(self.console),
            base_url=ADDRESS,
            follow_redirects=False,
            headers={"sec-fetch-site": "same-origin"},
        )
        if role:
            assert client.post("/sign-in", data={"name": role, "password": PASSWORD}).status_code == 303
        return client


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    with console_on(SimulationOptions(shoppers=1, seed=2)) as made:
        wait_until_ended(made.store)
        yield made


@pytest.fixture
def shop(console: Console) -> Shop:
    return Shop(console, Clock())


def test_a_hover_enrols_and_recognises_and_another_hand_is_unknown(shop: Shop) -> None:
    session = Session(grey_eyes(), shop.clerk, RULES)
    number, at_ns = 0, S

    def hold(*greys: int) -> str:
        nonlocal number, at_ns
        kind = ""
        for grey in greys:
            number, at_ns = number + 1, at_ns + S // 5
            said = session.see(Frame(number, "visible", grey_jpeg(grey)), at_ns)
            kind = next((one["kind"] for one in said if one["k"] == "result"), kind)
        at_ns += 10 * S
        return kind

    session.begin(Begin("enrol", "7", ("identify",), pin="4711"))
    assert hold(*[100] * 5, 0, 0, 0, *[100] * 5) == "enrolled"
    assert hold(0, 0, 0, 100, 100, 100) == "known"
    assert hold(0, 0, 0, 180, 180, 180) == "unknown"
    assert shop.desk.counts().subjects == 1
    session.begin(Begin("enrol", "7", ("identify",)))
    assert hold(*[100] * 5, 0, 0, 0, *[100] * 5) == "already"
    session.begin(Begin("enrol", "7", ("identify",), pin="1234"))
    assert hold(*[60] * 5, 0, 0, 0, *[60] * 5) == "refused"


def test_what_is_shown_of_somebody_is_no_name(shop: Shop) -> None:
    palm = shop.enrol(100)
    assert shop.clerk.identify([[shop.reading(100)]], "test").shown == f"\u2022\u2022 {palm[-4:]}"
    card = LinkedCard(token="tok", brand="visa", last4="4242")
    shop.desk.change(palm, lambda one: with_card(one, card), by="test")
    assert shop.clerk.identify([[shop.reading(100)]], "test").shown == "visa \u2022\u2022 4242"


def test_who_may_do_nothing_here_may_still_be_deleted(shop: Shop) -> None:
    palm = shop.enrol(100)
    clerk = DeskClerk(shop.desk, shop.clock, purpose="pay")
    answer = clerk.identify([[shop.reading(100)]], "test")
    assert (answer.kind, answer.reason, answer.account) == ("refused", "not agreed", palm)
    assert clerk.delete(answer.account, "test").kind == "deleted"
    assert shop.desk.counts().subjects == 0
    assert clerk.delete(answer.account, "test").kind == "deleted"


def test_the_console_counts_finds_hands_out_and_erases(shop: Shop) -> None:
    palm = shop.enrol(100)
    client = shop.client("manager")
    page = client.get("/palms?consents=1&check=1").text
    assert "Recognise me here" in page
    assert "The log is whole." in page
    assert client.post("/palms/find", data={"account": palm}).headers["location"] == f"/palms?palm={palm}"
    assert palm in client.get(f"/palms?palm={palm}").text
    handed = client.post("/palms/export", data={"palm": palm})
    assert handed.json()["palm"] == palm
    assert handed.headers["content-disposition"].startswith("attachment")
    client.post("/palms/delete", data={"palm": palm})
    assert shop.desk.counts().subjects == 0
    assert "Erased: the key" in client.get("/palms").text
    client.post("/palms/delete", data={"palm": palm})
    assert "gone already" in client.get("/palms").text
    client.post("/palms/find", data={"account": palm})
    assert "no palm of that code" in client.get("/palms").text


def test_all_are_revoked_only_by_somebody_who_means_it(shop: Shop) -> None:
    shop.enrol(100)
    client = shop.client("manager")
    for data in ({"sure": "yes", "why": "theft"}, {"sure": "revoke all", "why": ""}):
        client.post("/palms/revoke", data=data)
        assert shop.desk.counts().templates > 0
    client.post("/palms/revoke", data={"sure": "Revoke all", "why": "theft"})
    assert shop.desk.counts().templates == 0
    assert shop.clerk.identify([[shop.reading(100)]], "test").kind == "unknown"


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("associate", 403), ("engineer", 403)])
def test_only_managers_erase_and_revoke(shop: Shop, role: str, status: int) -> None:
    client = shop.client(role)
    for path in ("/palms/delete", "/palms/revoke", "/palms/export", "/palms/find", "/palms/invite"):
        assert client.post(path, data={"palm": "x"}).status_code == status


# ---- what a station is for ---------------------------------------------------------------------------------------


def test_two_rounds_are_of_one_hand_of_one_person(shop: Shop) -> None:
    for other in (shop.reading(100, left=True), shop.reading(180)):
        answer = shop.clerk.enrol([shop.reading(100)] * 4, [other] * 4, WISHES, "test")
        assert (answer.kind, answer.reason) == ("unlike", "two hands")
    assert shop.desk.counts().subjects == 0


def test_two_doubtful_hands_are_enough_together(shop: Shop) -> None:
    palm = shop.enrol(100)
    shop.enrol(180)
    left = [Sample((one.features,), "left", 80.0, "", True) for one in [shop.reading(60, left=True)] * 3]
    shop.desk.add_hand(palm, left, by="test")
    first, second = [shop.reading(108)] * 3, [shop.reading(68, left=True)] * 3
    assert shop.clerk.identify([first], "test").kind == "other hand"
    assert shop.clerk.identify([second], "test").kind == "other hand"
    assert shop.clerk.may_be_one(first, second)
    assert shop.clerk.identify([first, second], "test").account == palm
    assert not shop.clerk.may_be_one(first, [shop.reading(180)])


def test_a_purpose_says_what_was_given_and_a_pin_is_asked_for_over_an_amount(shop: Shop) -> None:
    wishes = Wishes(notice_version="7", purposes=("identify", "pay"), pin="4711")
    palm = shop.clerk.enrol([shop.reading(100)] * 2, [shop.reading(100)] * 2, wishes, "test").account
    card = LinkedCard(token="tok", brand="visa", last4="4242")
    shop.desk.change(palm, lambda one: with_card(one, card), by="test")
    over = shop.desk.settings.pin_over_minor + 1
    clerk = DeskClerk(shop.desk, shop.clock, purpose="pay", amount_minor=over)
    assert clerk.identify([[shop.reading(100)]], "test").kind == "pin"
    assert clerk.prove(palm, "1111", "test").reason == "pin wrong"
    answer = clerk.prove(palm, "4711", "test")
    assert (answer.kind, answer.granted, answer.shown) == ("known", "pay", "visa \u2022\u2022 4242")
    assert clerk.find([[shop.reading(100)]], "test").kind == "known"
    refused = DeskClerk(shop.desk, shop.clock, purpose="age", age_over=21).identify([[shop.reading(100)]], "test")
    assert (refused.kind, refused.reason) == ("refused", "not allowed")


def test_points_go_to_the_account_of_whoever_agreed_and_linked_one(shop: Shop) -> None:
    shop.desk.settings = PalmSettings(may=("identify", "loyalty"), notice_version="7", liveness="off")
    wishes = Wishes(notice_version="7", purposes=("identify", "loyalty"))
    palm = shop.clerk.enrol([shop.reading(100)] * 2, [shop.reading(100)] * 2, wishes, "test").account
    shop.enrol(180)
    clerk = DeskClerk(shop.desk, shop.clock, purpose="loyalty")
    assert clerk.identify([[shop.reading(180)]], "test").reason == "not agreed"
    assert clerk.identify([[shop.reading(100)]], "test").reason == "not linked"
    shop.desk.change(palm, lambda one: with_links(one, loyalty="club-123456"), by="test")
    answer = clerk.identify([[shop.reading(100)]], "test")
    assert (answer.kind, answer.granted) == ("known", "loyalty")
    assert answer.shown == "\u2022\u2022 3456"  # never more of it than its end
    assert clerk.identify([[shop.reading(60)]], "test").kind == "unknown"
    elsewhere = PalmSettings(
        may=("identify", "loyalty"), may_at={"wine": ("identify",)}, notice_version="7", liveness="off"
    )
    shop.desk.settings = elsewhere
    assert clerk.identify([[shop.reading(100)]], "wine").reason == "not allowed"
    assert clerk.identify([[shop.reading(100)]], "test").kind == "known"


@pytest.mark.parametrize(
    ("linked", "asked", "granted"), [(21, 21, True), (30, 21, True), (18, 21, False), (0, 18, False)]
)
def test_an_age_is_granted_as_far_as_it_was_proved_and_nobody_s_name_shown(
    shop: Shop, linked: int, asked: int, *, granted: bool
) -> None:
    shop.desk.settings = PalmSettings(may=("identify", "age"), notice_version="7", liveness="off")
    wishes = Wishes(notice_version="7", purposes=("identify", "age"))
    palm = shop.clerk.enrol([shop.reading(100)] * 2, [shop.reading(100)] * 2, wishes, "test").account
    card = LinkedCard(token="tok", brand="visa", last4="4242")
    proved = {"age_over": linked, "age_proof": "passport"}
    shop.desk.change(palm, lambda one: with_card(msgspec.structs.replace(one, **proved), card), by="test")
    answer = DeskClerk(shop.desk, shop.clock, purpose="age", age_over=asked).identify([[shop.reading(100)]], "test")
    if granted:
        assert (answer.kind, answer.granted, answer.shown) == ("known", "age", f"{asked}+")
    else:
        assert (answer.kind, answer.reason, answer.granted, answer.may) == ("refused", "too young", "", ())


@pytest.mark.parametrize("purpose", ["loyalty", "age"])
def test_the_screen_says_what_was_granted(shop: Shop, chromium: Browser, purpose: Literal["loyalty", "age"]) -> None:
    shop.desk.settings = PalmSettings(may=("identify", "age", "loyalty"), notice_version="7", liveness="off")
    wishes = Wishes(notice_version="7", purposes=("identify", "age", "loyalty"))
    palm = shop.clerk.enrol([shop.reading(160)] * 2, [shop.reading(160)] * 2, wishes, "test").account
    links = {"age_over": 21, "age_proof": "passport", "loyalty": "club-123456"}
    shop.desk.change(palm, lambda one: msgspec.structs.replace(one, **links), by="test")
    room = shop.console.palm_room
    assert room is not None
    clerk = DeskClerk(shop.desk, shop.clock, purpose=purpose, age_over=21)
    shop.console.palm_room = dataclasses.replace(room, clerk=clerk, samples=GreySamples())
    shop.console.demo = True
    words = {"loyalty": ("Your loyalty account", "\u2022\u2022 3456"), "age": ("Old enough", "21+")}
    try:
        with served(shop.console) as server:
            page = chromium.new_page()
            page.goto(server.address + "/palm")
            page.get_by_role("button", name="Hand 2").click()
            title = page.locator("[data-title]")
            for part in words[purpose]:
                expect(title).to_contain_text(part, timeout=15_000)
            assert "club-123456" not in page.content()
            page.close()
    finally:
        shop.console.demo = False


class Gate:
    """Opens for everybody who is brought to it."""

    def __init__(self) -> None:
        self.came = 0
        self.unknown = 0

    def present(self, gate: str, credential: object, *, group_size: int) -> EntryAnswer:
        assert gate
        assert credential
        self.came += group_size
        return EntryAnswer(opens=True)

    def turned_away(self, *_: str) -> None:
        self.unknown += 1


def test_a_gate_opens_by_the_rules_of_paying_and_deleting_opens_none(shop: Shop) -> None:
    shop.desk.settings = PalmSettings(may=("identify", "pay", "enter"), notice_version="7", liveness="off")
    wishes = Wishes(notice_version="7", purposes=("identify", "pay", "enter"), pin="4711")
    palm = shop.clerk.enrol([shop.reading(100)] * 2, [shop.reading(100)] * 2, wishes, "test").account
    gate, over = Gate(), shop.desk.settings.pin_over_minor + 1
    desk = cast("EntryDesk", gate)
    clerk = DeskClerk(shop.desk, shop.clock, purpose="enter", entry=desk, hold_minor=over)
    assert clerk.identify([[shop.reading(100)]], "test").reason == "not linked"
    card = LinkedCard(token="tok", brand="visa", last4="4242")
    shop.desk.change(palm, lambda one: with_card(one, card), by="test")
    assert clerk.identify([[shop.reading(100)]], "test").kind == "pin"
    assert clerk.prove(palm, "1111", "test").kind == "refused"
    assert clerk.find([[shop.reading(100)]], "test").kind == "known"
    assert gate.came == 0
    assert clerk.prove(palm, "4711", "test").granted == "enter"
    assert gate.came == 1
    assert clerk.identify([[shop.reading(180)]], "test").kind == "unknown"
    assert gate.unknown == 1
    shut = DeskClerk(shop.desk, shop.clock, purpose="enter", hold_minor=1)
    assert shut.identify([[shop.reading(100)]], "test").reason == "gate"


def test_staff_link_by_the_code_that_was_shown(shop: Shop) -> None:
    answer = shop.clerk.enrol([shop.reading(100)] * 2, [shop.reading(100)] * 2, WISHES, "test")
    client = shop.client("manager")
    found = client.post("/palms/find", data={"account": answer.link_code.lower().replace("-", " ")})
    assert found.headers["location"] == f"/palms?palm={answer.account}"
    client.post("/palms/link", data={"palm": answer.account, "linked": "ann", "loyalty": "club", "badge": ""})
    client.post("/palms/card", data={"palm": answer.account, "token": "pm_1", "brand": "visa", "last4": "4242"})
    profile = shop.desk.profile(answer.account)
    assert (profile.account, profile.loyalty, profile.cards[0].last4) == ("ann", "club", "4242")
    client.post("/palms/card", data={"palm": answer.account, "token": "4242 4242 4242 4242"})
    client.post("/palms/card", data={"palm": answer.account, "token": "pm_2", "last4": "42"})
    assert len(shop.desk.profile(answer.account).cards) == 1
    assert {"palm.code", "palm.link", "palm.card.add"} <= {row.entry.what for row in shop.desk.vault.log(limit=20)}
    shop.clock.now_ns += 16 * 60 * S
    assert shop.desk.link_codes.find(answer.link_code) == ""


# ---- enrolment at home ------------------------------------------------------------------------------------------


def test_a_palm_of_home_does_nothing_before_its_first_hover(shop: Shop) -> None:
    invitation = shop.home.read(shop.home.invite("ann", by="test"))
    assert invitation is not None
    made = shop.home.enrol(invitation, shop.photos(), WISHES)
    assert made.kind == "enrolled"
    assert not shop.desk.profile(made.account).confirmed
    assert shop.clerk.identify([[shop.reading(100)] * 3], "test").kind == "known"
    profile = shop.desk.profile(made.account)
    assert (profile.confirmed, profile.account) == (True, "ann")


def test_a_link_is_good_once_and_for_a_day_and_cannot_be_made(shop: Shop) -> None:
    secret = shop.home.invite("ann", by="test")
    invitation = shop.home.read(secret)
    assert invitation is not None
    shop.home.enrol(invitation, shop.photos(), WISHES)
    assert shop.home.read(secret) is None
    late = shop.home.invite("", by="test")
    for forged in ("", "x", late[:-4], "A" + late[1:], late + "A" * 4, "\u00e9" * 40, "A" * 500):
        assert forged == late or shop.home.read(forged) is None
    shop.clock.now_ns += 90_000 * S
    assert shop.home.read(late) is None


def test_who_never_comes_is_forgotten(shop: Shop) -> None:
    invitation = shop.home.read(shop.home.invite("ann", by="test"))
    assert invitation is not None
    shop.home.enrol(invitation, shop.photos(), WISHES)
    shop.enrol(180)
    assert shop.desk.erase_unconfirmed() == 0
    shop.clock.now_ns += (CONFIRM_DAYS + 1) * 86_400 * S
    assert shop.desk.erase_unconfirmed() == 1
    assert shop.desk.counts().subjects == 1


def test_the_pages_of_home(shop: Shop) -> None:
    made = shop.client("manager").post("/palms/invite", data={"invited": "ann"})
    found = re.search(r"/palm/home/[\w-]+", made.text)
    assert found is not None
    client = shop.client("")
    assert "Three photos" in client.get(found.group()).text
    good = {"notice": "7", "language": "de", "purpose": ["identify"], "agree": "yes"}
    files = {f"photo{k}": ("p.jpg", grey_jpeg(100), "image/jpeg") for k in (1, 2, 3)}
    for wrong in (
        {**good, "notice": "6"},
        {**good, "language": "xx"},
        {**good, "purpose": []},
        {**good, "purpose": ["identify", "age"]},
    ):
        assert client.post(found.group(), data=wrong, files=files).status_code == 400
    dark = {**files, "photo2": ("p.jpg", grey_jpeg(5), "image/jpeg")}
    assert "Hold your hand over the reader" in client.post(found.group(), data=good, files=dark).text
    text = {**files, "photo2": ("p.jpg", b"text", "image/jpeg")}
    assert "no JPEG" in client.post(found.group(), data=good, files=text).text
    assert shop.desk.counts().subjects == 0
    assert "thrown away" in client.post(found.group(), data=good, files=files).text
    assert client.get(found.group()).status_code == 404
    assert [shop.desk.profile(one).consents[0].language for one in shop.desk.vault.subjects()] == ["de"]


# ---- who may open the station -----------------------------------------------------------------------------------


def test_the_station_is_for_staff_and_for_displays_with_the_secret(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    client = shop.client("")
    assert client.get("/palm").headers["location"] == "/sign-in?to=/palm"
    assert shop.client("viewer").get("/palm").status_code == 403
    page = shop.client("associate").get("/palm")
    assert page.status_code == 200
    assert page.headers["permissions-policy"].startswith("camera=(self)")
    assert "'unsafe" not in page.headers["content-security-policy"]
    assert shop.client("associate").get("/palms").headers["permissions-policy"].startswith("camera=()")
    shop.token = "a secret of displays"
    assert client.get("/palm?display=another+secret").status_code == 303
    answer = client.get("/palm?display=a+secret+of+displays")
    assert answer.headers["location"] == "/palm"
    assert client.get("/palm").status_code == 200
    monkeypatch.setattr(shop, "token", "short")
    client.cookies.set("display", "short")
    assert client.get("/palm").status_code == 303


@pytest.mark.parametrize(("role", "origin", "opens"), [
    ("associate", ADDRESS, True), ("associate", "http://evil.example", False), ("viewer", ADDRESS, False),
    ("", ADDRESS, False),
])  # fmt: skip
def test_only_they_open_its_stream(shop: Shop, role: str, origin: str, *, opens: bool) -> None:
    with shop.client(role) as client:
        try:
            with client.websocket_connect("ws://127.0.0.1/palm/stream", headers={"origin": origin}) as socket:
                socket.send_text('{"k": "begin", "want": "identify"}')
                assert socket.receive_json()["k"] == "begun"
                socket.send_text("[1, 2]")
                assert socket.receive_json() == {"k": "wrong", "code": "not understood"}
                socket.send_bytes(b"\x01\x00\x00\x00\x00\x00\x00\x01" + grey_jpeg(0))
                assert socket.receive_json()["code"] == "no hand"
                socket.send_bytes(b"\x09")
                assert socket.receive_json()["code"] == "picture"
                seen = True
        except WebSocketDisconnect:
            seen = False
    assert seen == opens


def test_a_store_without_palms_says_so(console: Console, client_for: Callable[[Console], TestClient]) -> None:
    console.palm_room = console.palm_desk = console.palm_notices = None
    client = client_for(console)
    assert client.get("/palm").status_code == 404
    assert client.get("/palm/policy").status_code == 404
    assert "knows no palms" in client.get("/palms").text


@pytest.fixture
def client_for() -> Callable[[Console], TestClient]:
    def made(console: Console) -> TestClient:
        client = TestClient(make_app(console), base_url=ADDRESS, headers={"sec-fetch-site": "same-origin"})
        client.post("/sign-in", data={"name": "manager", "password": PASSWORD})
        return client

    return made


def test_the_policy_is_public(shop: Shop) -> None:
    page = shop.client("").get("/palm/policy").text
    assert "365 days" in page
    assert "In Illinois (BIPA)" in page
    shop.console.palm_room = None  # it is there where no browser is a station, too
    for asked, words in (("?language=fr", "Combien de temps"), ("?language=xx", "How long"), ("", "How long")):
        assert words in shop.client("").get(f"/palm/policy{asked}").text
    wanting = {"accept-language": "pl, es-AR;q=0.9, de;q=0.2"}
    page = shop.client("").get("/palm/policy", headers=wanting).text
    assert '<div lang="es">' in page
    assert '<html lang="en"' in page


def test_a_consent_names_the_language_of_the_notice_and_not_that_of_the_screen(shop: Shop) -> None:
    page = shop.client("associate").get("/palm", headers={"accept-language": "de-AT, en;q=0.5"}).text
    assert re.search(r'data-notice="de">', page)
    assert re.search(r'data-notice="en" hidden>', page)
    session = Session(grey_eyes(), shop.clerk, RULES, NOTICES.languages)
    told = session.begin(Begin("enrol", "7", ("identify",), language="pl"))
    assert told == [{"k": "wrong", "code": "old notice"}]
    for number, (language, kept) in enumerate((("fr", "fr"), ("", "en"))):
        assert session.begin(Begin("enrol", "7", ("identify",), language=language))[0]["k"] == "begun"
        grey, at_ns, first = 100 + 60 * number, (100 * number + 1) * S, 1000 * number + 1
        said = [
            one
            for k, picture in enumerate([0, 0, *[grey] * 5, 0, 0, 0, *[grey] * 5])
            for one in session.see(Frame(first + k, "visible", grey_jpeg(picture)), at_ns + k * S // 5)
        ]
        assert [one["kind"] for one in said if one["k"] == "result"] == ["enrolled"]
        session.expire(at_ns + 90 * S)
        kinds = {shop.desk.profile(palm).consents[0].language for palm in shop.desk.vault.subjects()}
        assert kept in kinds


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_palms(shop: Shop, chromium: Browser, theme: str) -> None:
    palm = shop.enrol(100)
    link = shop.home.invite("", by="test")
    shop.console.demo = True
    try:
        with served(shop.console) as server:
            page = chromium.new_page(color_scheme="dark" if theme == "dark" else "light")
            found = []
            for path in (f"/palms?palm={palm}&consents=1&check=1", "/palm/policy", f"/palm/home/{link}"):
                page.goto(server.address + path)
                found += Axe().run(page, options={"runOnly": STANDARDS}).response["violations"]
            page.close()
    finally:
        shop.console.demo = False
    assert not [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]


# ---- enrolment anew after a revocation --------------------------------------------------------------------------


class Revoked:
    """Ann had linked a card, an account and a badge, with a PIN; then all palms were revoked."""

    def __init__(self, shop: Shop) -> None:
        wishes = Wishes(notice_version="7", purposes=("identify", "pay"), pin="4711")
        self.shop = shop
        self.palm = shop.clerk.enrol([shop.reading(160)] * 2, [shop.reading(160)] * 2, wishes, "test").account
        card = LinkedCard(token="tok", brand="visa", last4="4242")
        shop.desk.change(self.palm, lambda one: with_card(with_links(one, account="ann", badge="b-7"), card), by="test")
        shop.desk.revoke_all(by="test", why="a drill")

    def begin(self, again: str, *, pin: str = "", staff: bool = False) -> tuple[Session, list[dict[str, object]]]:
        session = Session(grey_eyes(), self.shop.clerk, RULES, staff=staff)
        return session, session.begin(Begin("enrol", "7", ("identify", "pay"), pin=pin, again=again))

    def enrols(self, session: Session, grey: int = 160) -> dict[str, object]:
        said = [
            one
            for k, picture in enumerate([0, 0, *[grey] * 5, 0, 0, 0, *[grey] * 5])
            for one in session.see(Frame(k + 1, "visible", grey_jpeg(picture)), S + k * S // 5)
        ]
        return next(one for one in said if one["k"] == "result")

    def code(self) -> str:
        client = self.shop.client("manager")
        client.post("/palms/code", data={"palm": self.palm})
        found = re.search(r"([2-9A-Z]{4}-[2-9A-Z]{4}) is good for 15 minutes", client.get("/palms").text)
        assert found is not None
        return found[1]


@pytest.mark.parametrize("way", ["code", "account and PIN", "badge and PIN", "account, staff stand by"])
def test_who_was_revoked_enrols_anew_at_a_station_and_keeps_what_was_linked(shop: Shop, way: str) -> None:
    ann = Revoked(shop)
    assert shop.clerk.identify([[shop.reading(160)] * 3], "test").kind == "unknown"
    match way:
        case "code":
            session, said = ann.begin(f" {ann.code().lower()} ")
        case "account and PIN":
            session, said = ann.begin("ann", pin="4711")
        case "badge and PIN":
            session, said = ann.begin("b-7", pin="4711")
        case _:
            session, said = ann.begin("ann", staff=True)
    assert said == [{"k": "begun", "want": "enrol", "rounds": 2}]
    result = ann.enrols(session)
    assert (result["kind"], result["reason"], result["shown"]) == ("enrolled", "links kept", "visa \u2022\u2022 4242")
    assert result["link_code"] == ""
    assert shop.desk.counts().subjects == 1
    profile = shop.desk.profile(ann.palm)
    assert (profile.account, profile.badge, profile.cards[0].last4) == ("ann", "b-7", "4242")
    assert profile.pin is not None
    assert len(profile.consents) == 2
    clerk = DeskClerk(shop.desk, shop.clock, purpose="pay")
    assert clerk.identify([[shop.reading(160)]], "test").account == ann.palm


@pytest.mark.parametrize(("again", "pin"), [
    ("ann", ""), ("ann", "1234"), ("b-7", ""), ("ben", "4711"), ("2222-2222", ""), ("4242", "4711"), (" ", "4711"),
])  # fmt: skip
def test_nobody_takes_over_links_by_a_name_alone(shop: Shop, again: str, pin: str) -> None:
    ann = Revoked(shop)
    session, said = ann.begin(again, pin=pin)
    assert said == [{"k": "wrong", "code": "not waiting"}]
    assert "link_code" not in session.see(Frame(1, "visible", grey_jpeg(160)), S)[0]
    assert shop.desk.counts().templates == 0


def test_pins_that_are_tried_at_enrolment_are_counted(shop: Shop) -> None:
    ann = Revoked(shop)
    for _ in range(shop.desk.settings.wrong_pins_max):
        assert ann.begin("ann", pin="1234")[1][0]["code"] == "not waiting"
    assert ann.begin("ann", pin="4711")[1][0]["code"] == "not waiting"  # locked by now
    shop.clock.now_ns += (shop.desk.settings.lock_min + 1) * 60 * S
    assert ann.begin("ann", pin="4711")[1][0]["k"] == "begun"


def test_the_code_of_somebody_who_is_enrolled_takes_nothing_over(shop: Shop) -> None:
    answer = shop.clerk.enrol([shop.reading(100)] * 2, [shop.reading(100)] * 2, WISHES, "test")
    assert shop.clerk.waiting(answer.link_code, "", "test", staff=True) == ""
    client = shop.client("manager")
    client.post("/palms/code", data={"palm": answer.account})
    assert "nobody enrols it anew" in client.get("/palms").text
    client.post("/palms/code", data={"palm": "x" * 24})
    assert "gone already" in client.get("/palms").text


def test_a_code_is_good_for_one_enrolment_anew(shop: Shop) -> None:
    ann = Revoked(shop)
    code = ann.code()
    (first, _), (second, said) = ann.begin(code), ann.begin(code)
    assert said[0]["k"] == "begun"
    assert ann.enrols(first)["kind"] == "enrolled"
    assert ann.enrols(second, 60)["kind"] == "already"
    assert ann.begin(code)[1] == [{"k": "wrong", "code": "not waiting"}]
    assert shop.clerk.identify([[shop.reading(60)]], "test").kind == "unknown"


def test_a_hand_of_somebody_else_is_not_put_under_the_old_name(shop: Shop) -> None:
    ann = Revoked(shop)
    shop.enrol(100)
    assert ann.enrols(ann.begin(ann.code())[0], 100)["kind"] == "already"
    assert not shop.desk.vault.template_count(ann.palm)


def test_only_staff_who_may_change_palms_vouch_for_somebody(shop: Shop) -> None:
    Revoked(shop)
    shop.token = "a secret of displays"
    begin = '{"k": "begin", "want": "enrol", "notice_version": "7", "purposes": ["identify"], "again": "ann"}'
    for role, kind in (("manager", "begun"), ("associate", "wrong"), ("", "wrong")):
        with shop.client(role) as client:
            if not role:
                client.cookies.set("display", shop.token)
            with client.websocket_connect("ws://127.0.0.1/palm/stream", headers={"origin": ADDRESS}) as socket:
                socket.send_text(begin)
                assert socket.receive_json()["k"] == kind, role
    assert shop.client("associate").post("/palms/code", data={"palm": "x"}).status_code == 403


def test_enrolling_anew_on_the_screen(shop: Shop, chromium: Browser) -> None:
    assert "I was enrolled here before" not in shop.client("manager").get("/palm").text
    ann = Revoked(shop)
    code = ann.code()
    room = shop.console.palm_room
    assert room is not None
    shop.console.palm_room = dataclasses.replace(room, samples=GreySamples())
    shop.console.demo = True
    try:
        with served(shop.console) as server:
            page = chromium.new_page()
            page.goto(server.address + "/palm")
            dialog = page.locator("#consent")
            for typed in ("2222-2222", code):
                page.get_by_role("button", name="Enrol my palm").click()
                dialog.get_by_label("Recognise me here").check()
                dialog.get_by_text("I was enrolled here before").click()
                dialog.get_by_label("Code from the staff").fill(typed)
                dialog.get_by_label("I have read the notice").check()
                dialog.get_by_role("button", name="I agree").click()
                if typed != code:
                    expect(page.locator("[data-title]")).to_contain_text("Nobody waits to enrol anew by that")
            page.get_by_role("button", name="Hand 2").click()
            expect(page.locator("[data-title]")).to_contain_text("Your palm is enrolled", timeout=20_000)
            expect(page.locator("[data-more]")).to_contain_text("What you had linked is kept")
            page.close()
    finally:
        shop.console.demo = False
    assert shop.desk.profile(ann.palm).account == "ann"
    assert shop.desk.vault.template_count(ann.palm)
