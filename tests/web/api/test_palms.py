"""Palm stations and the owners of palms: over the API, as a station signs and an app asks."""

import base64
import dataclasses
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from tests.store.palms.stand_in import ALL, StandIn, hand_picture, make_desk
from tests.web.api.conftest import SHORT, Paying, client_of, paying_console
from tests.web.api.palm_shop import CARD, CONSENT, capture, enrolled, palms_in, png
from tillfree.core.time import NS_PER_S
from tillfree.identity.badges import Badge
from tillfree.identity.keys import decode_key_set
from tillfree.palm.samples import HandImage
from tillfree.storage.palm_vault.records import Consent
from tillfree.store.entry.accounts import KeptAccounts
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.palms.ages import read_age_proof
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.errors import PalmDeskError
from tillfree.store.palms.notice_settings import StationSettings
from tillfree.store.palms.office import CONFIRM_DAYS
from tillfree.store.palms.recogniser import Sample
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.settings import StoreSettings
from tillfree.web.api.scopes import SCOPES
from tillfree.web.api.shapes import moment


@pytest.fixture
def shop(paying: Paying) -> Iterator[Paying]:
    """The shop of the module, with a vault and a gate of each test's own."""
    with palms_in(paying) as made:
        yield made


def identified(shop: Paying, person: int, **more: Any) -> dict[str, Any]:
    body = {"captures": [capture(shop, person)], **more}
    answer = client_of(shop.console, "palms:present").post("/api/v1/palms/identify", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_palm_is_enrolled_identified_and_deleted(shop: Paying) -> None:
    palm = enrolled(shop, 1)
    found = identified(shop, 1)
    assert (found["recognised"], found["allowed"], found["palm"], found["reason"]) == (True, True, palm, "")
    assert identified(shop, 2)["reason"] == "unknown"
    assert identified(shop, 0) == found | {
        "recognised": False, "allowed": False, "palm": None, "reason": "no hand", "guidance": "no hand",
        "message": "Hold your palm over the reader.",
    }  # fmt: skip
    assert identified(shop, 1, palm=palm)["recognised"]
    assert not identified(shop, 2, palm=palm)["recognised"]
    client = client_of(shop.console)
    proof = client.delete(f"/api/v1/palms/{palm}").json()
    assert (proof["palm"], proof["templates"]) == (palm, 3)
    assert identified(shop, 1)["reason"] == "unknown"
    assert client.delete(f"/api/v1/palms/{palm}").status_code == 404
    assert client.get(f"/api/v1/palms/{palm}").status_code == 404


def test_an_answer_holds_no_score_and_no_template(shop: Paying) -> None:
    enrolled(shop, 1)
    answer = client_of(shop.console).post("/api/v1/palms/identify", json={"captures": [capture(shop, 1)]})
    assert set(answer.json()) == {
        "recognised", "allowed", "palm", "reason", "message", "guidance", "card", "cards", "loyalty",
        "age_proof", "door_number",
    }  # fmt: skip


def test_the_same_palm_is_not_enrolled_twice(shop: Paying) -> None:
    palm = enrolled(shop, 1)
    body = {"captures": [capture(shop, 1) for _ in range(3)], "consent": CONSENT}
    answer = client_of(shop.console).post("/api/v1/palms", json=body)
    assert answer.status_code == 409
    assert palm not in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "made up"},
        {"signature": base64.b64encode(b"s" * 64).decode()},
        {"signature": ""},
        {"time_ms": 5},
        {"station": "south"},
        {"frames": [{"band": "visible", "picture": base64.b64encode(png(1)).decode()}]},
        {"frames": [{"band": "nir", "picture": base64.b64encode(png(2)).decode()}]},
    ],
)
def test_a_capture_that_is_not_signed_as_it_has_to_be_is_refused(shop: Paying, wrong: dict[str, Any]) -> None:
    enrolled(shop, 1)
    body = {"captures": [capture(shop, 1, **wrong)]}
    answer = client_of(shop.console).post("/api/v1/palms/identify", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/api#problem-refused")


def test_a_capture_is_taken_once_and_in_time(shop: Paying) -> None:
    enrolled(shop, 1)
    client = client_of(shop.console)
    shown = capture(shop, 1)
    assert client.post("/api/v1/palms/identify", json={"captures": [shown]}).status_code == 200
    again = client.post("/api/v1/palms/identify", json={"captures": [shown]})
    assert (again.status_code, "was used" in again.json()["detail"]) == (422, True)
    late = capture(shop, 1)
    shop.clock.now_ns += 21 * NS_PER_S
    answer = client.post("/api/v1/palms/identify", json={"captures": [late]})
    assert (answer.status_code, "too late" in answer.json()["detail"]) == (422, True)


def test_a_wrong_answer_uses_the_challenge_up(shop: Paying) -> None:
    enrolled(shop, 1)
    client, shown = client_of(shop.console), capture(shop, 1)
    assert client.post("/api/v1/palms/identify", json={"captures": [shown | {"signature": ""}]}).status_code == 422
    assert client.post("/api/v1/palms/identify", json={"captures": [shown]}).status_code == 422


def test_what_is_no_picture_is_refused(shop: Paying) -> None:
    shop.console.palm_desk = make_desk(settings=PalmSettings(attested=False), clock=shop.clock)
    client = client_of(shop.console)
    for data in (b"", b"no picture", png(1)[:60], b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"GIF89a" + b"\0" * 40):
        body = {"captures": [{"station": "x", "frames": [{"picture": base64.b64encode(data).decode()}]}]}
        assert client.post("/api/v1/palms/identify", json=body).status_code == 422
    huge = io.BytesIO()
    Image.new("L", (5000, 10)).save(huge, "PNG")
    body = {"captures": [{"station": "x", "frames": [{"picture": base64.b64encode(huge.getvalue()).decode()}]}]}
    answer = client.post("/api/v1/palms/identify", json=body)
    assert (answer.status_code, "too large" in answer.text) == (422, True)
    shop.console.palm_desk.vault.close()


def test_a_palm_opens_a_gate_and_its_card_pays(shop: Paying) -> None:
    palm = enrolled(shop, 1)
    client = client_of(shop.console)

    def enters(person: int, **more: Any) -> dict[str, Any]:
        body = {"captures": [capture(shop, person)], "gate": "gate", **more}
        answer = client.post("/api/v1/palms/entries", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    assert enters(1)["reason"] == "not linked"
    made = client.post(f"/api/v1/palms/{palm}/cards", json=CARD)
    assert made.status_code == 201
    assert "tok_of_ann" not in made.text
    assert client.put(f"/api/v1/palms/{palm}/links", json={"loyalty": "club-1"}).status_code == 200
    said = enters(1, group_size=2)
    assert (said["opens"], said["message"]) == (True, "Welcome")
    trip = shop.console.database.trip(said["trip"])
    assert trip is not None
    assert (trip.entry, trip.group_size, trip.loyalty) == ("palm", 2, True)
    payer = shop.console.database.payer(trip.id)
    assert payer is not None
    assert (payer.token, payer.last4) == ("tok_of_ann", "4242")
    assert (enters(2)["opens"], enters(2)["reason"]) == (False, "unknown")
    assert client.delete(f"/api/v1/palms/{palm}").status_code == 200
    assert enters(1)["reason"] == "unknown"


def test_the_name_of_a_palm_opens_no_gate_without_the_hand(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    client.post(f"/api/v1/palms/{palm}/cards", json=CARD)
    shown = {"gate": "gate", "kind": "palm", "value": palm}
    for scopes in (("entries:present",), ()):
        answer = client_of(shop.console, *scopes).post("/api/v1/entries", json=shown)
        assert (answer.status_code, "/palms/entries" in answer.json()["detail"]) == (422, True)
    for name in (palm.upper(), f" {palm}", f"{palm} ", palm + "\0", "ab" * 12):
        answer = client.post("/api/v1/entries", json=shown | {"value": name})
        assert answer.status_code != 200 or not answer.json()["opens"]
    assert client.delete(f"/api/v1/palms/{palm}").status_code == 200
    assert not client.post("/api/v1/entries", json=shown).json()["opens"]


def test_a_palm_stands_for_the_badge_of_an_employee(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    badge = Badge(badge="B7", account="payroll-7")
    shop.console.database.set_badges([("B7", msgspec.msgpack.encode(badge))])
    assert client.put(f"/api/v1/palms/{palm}/links", json={"badge": "B7"}).status_code == 200
    body = {"captures": [capture(shop, 1)], "gate": "gate"}
    said = client.post("/api/v1/palms/entries", json=body).json()
    assert said["opens"]
    payer = shop.console.database.payer(said["trip"])
    assert payer is not None
    assert (payer.kind, payer.account) == ("badge", "payroll-7")
    shop.console.database.set_badges([("B7", msgspec.msgpack.encode(msgspec.structs.replace(badge, active=False)))])
    said = client.post("/api/v1/palms/entries", json={"captures": [capture(shop, 1)], "gate": "gate"}).json()
    assert (said["opens"], said["reason"]) == (False, "inactive")


def test_a_wallet_holds_several_cards_of_which_one_pays(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    client.post(f"/api/v1/palms/{palm}/cards", json=CARD)
    view = client.post(f"/api/v1/palms/{palm}/cards", json={"token": "two", "last4": "1111", "default": True}).json()
    assert [(card["last4"], card["default"]) for card in view["cards"]] == [("4242", False), ("1111", True)]
    assert identified(shop, 1, purpose="pay")["card"] == {"brand": "", "last4": "1111"}
    first, second = (card["card"] for card in view["cards"])
    view = client.put(f"/api/v1/palms/{palm}/cards/{first}/default").json()
    assert [card["default"] for card in view["cards"]] == [True, False]
    view = client.delete(f"/api/v1/palms/{palm}/cards/{first}").json()
    assert [(card["card"], card["default"]) for card in view["cards"]] == [(second, True)]
    assert client.delete(f"/api/v1/palms/{palm}/cards/{first}").status_code == 422
    number = client.post(f"/api/v1/palms/{palm}/cards", json={"token": "4111 1111 1111 1111"})
    assert (number.status_code, "number of a card" in number.text) == (422, True)


def test_a_pin_is_asked_for_and_counted(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    client.post(f"/api/v1/palms/{palm}/cards", json=CARD)
    assert client.put(f"/api/v1/palms/{palm}/pin", json={"pin": "1111"}).status_code == 422
    assert client.put(f"/api/v1/palms/{palm}/pin", json={"pin": "4711"}).status_code == 204
    asked = {"purpose": "pay", "amount_minor": 6000}
    reasons = [identified(shop, 1, **asked, pin=pin)["reason"] for pin in ("", "1", "4711", "1", "2", "3", "4711")]
    assert reasons == ["pin needed", "pin wrong", "", "pin wrong", "pin wrong", "locked", "locked"]
    assert identified(shop, 1, purpose="pay", amount_minor=30_000, card="fp_of_ann")["allowed"]


def test_an_age_is_proved_without_a_date_and_under_another_name_for_each_reader(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    asked = {"purpose": "age", "age_over": 21, "audience": "wine shelf"}
    assert identified(shop, 1, **asked)["reason"] == "too young"
    client.put(f"/api/v1/palms/{palm}/links", json={"age_over": 21, "age_proof": "passport"})
    found = identified(shop, 1, **asked)
    assert (found["palm"], found["allowed"]) == (None, True)
    keys = decode_key_set(client.get("/api/v1/palms/age-keys").content)
    now_s = shop.clock() // NS_PER_S
    claims = read_age_proof(found["age_proof"], keys, "wine shelf", now_s)
    assert (claims.age_over, claims.iss, palm in claims.sub) == (21, "store-1", False)
    other = read_age_proof(identified(shop, 1, **asked | {"audience": "bar"})["age_proof"], keys, "bar", now_s)
    assert other.sub != claims.sub
    assert (
        client.post("/api/v1/palms/identify", json={"captures": [capture(shop, 1)], "purpose": "age"}).status_code
        == 422
    )


def test_points_are_for_whoever_agreed_and_linked_an_account(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    assert (identified(shop, 1, purpose="loyalty")["reason"], identified(shop, 2, purpose="loyalty")["reason"]) == (
        "not linked",
        "unknown",
    )
    client.put(f"/api/v1/palms/{palm}/links", json={"loyalty": "club-17", "age_over": 30, "age_proof": "passport"})
    found = identified(shop, 1, purpose="loyalty")
    given = (found["loyalty"], found["card"], found["age_proof"], found["door_number"])
    assert (found["allowed"], found["palm"], given) == (True, palm, ("club-17", None, None, None))
    assert identified(shop, 1)["loyalty"] is None  # only what was asked for
    client.post(f"/api/v1/palms/{palm}/withdrawals", json={"purposes": ["loyalty"]})
    found = identified(shop, 1, purpose="loyalty")
    assert (found["allowed"], found["reason"], found["loyalty"]) == (False, "no consent", None)


def test_neither_points_nor_ages_where_the_site_does_not_want_them(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    client.put(f"/api/v1/palms/{palm}/links", json={"loyalty": "club-17", "age_over": 30, "age_proof": "passport"})
    assert shop.console.palm_desk is not None
    shop.console.palm_desk.settings = PalmSettings(may=ALL, may_at={"north": ("identify",)})
    for more in ({"purpose": "loyalty"}, {"purpose": "age", "age_over": 21, "audience": "bar"}):
        found = identified(shop, 1, **more)
        assert (found["reason"], found["loyalty"], found["age_proof"]) == ("not allowed", None, None)


@pytest.mark.parametrize(("asked", "granted"), [(18, True), (21, True), (22, False), (120, False), (0, False)])
def test_an_age_is_granted_up_to_the_one_that_was_proved(shop: Paying, asked: int, *, granted: bool) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    client.put(f"/api/v1/palms/{palm}/links", json={"age_over": 21, "age_proof": "passport"})
    found = identified(shop, 1, purpose="age", age_over=asked, audience="bar")
    assert (found["allowed"], found["age_proof"] is not None) == (granted, granted)
    assert granted or found["reason"] == "too young"


def test_a_consent_is_withdrawn_in_part_or_as_a_whole(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    left = client.post(f"/api/v1/palms/{palm}/withdrawals", json={"purposes": ["pay", "age"]}).json()
    assert (left["purposes"], left["erasure"]) == (["door", "enter", "identify", "loyalty"], None)
    again = client.post(f"/api/v1/palms/{palm}/consents", json=CONSENT | {"purposes": ["identify", "pay"]})
    assert again.status_code == 201
    old = client.post(f"/api/v1/palms/{palm}/consents", json=CONSENT | {"notice": "0"})
    assert (old.status_code, "in force" in old.text) == (422, True)
    gone = client.post(f"/api/v1/palms/{palm}/withdrawals", json={"purposes": ["identify"]}).json()
    assert gone["erasure"]["palm"] == palm
    assert client.get("/api/v1/palms").json()["enrolled"] == 0


def test_an_export_says_all_but_tokens_and_templates(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    client.post(f"/api/v1/palms/{palm}/cards", json=CARD)
    answer = client.get(f"/api/v1/palms/{palm}/export")
    found = answer.json()
    assert (found["about"]["palm"], len(found["templates"]), found["erased_after_days"]) == (palm, 3, 365)
    assert {line["what"] for line in found["log"]} == {"palm.enrol", "palm.card.add", "palm.export"}
    assert "tok_of_ann" not in answer.text
    assert client_of(shop.console, "palms:write").get(f"/api/v1/palms/{palm}/export").status_code == 403


def test_all_palms_are_revoked_and_people_enrol_anew_at_the_next_tap(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    client.post(f"/api/v1/palms/{palm}/cards", json=CARD)
    assert shop.console.palm_desk is not None
    links = {"account": "ann", "badge": "b-7"}
    shop.console.palm_desk.change(palm, lambda one: msgspec.structs.replace(one, **links), by="test", what="palm.link")
    assert client.post("/api/v1/palms/waiting", json={"card": "fp_of_ann"}).json() == {"palm": None}
    assert client.post("/api/v1/palms/revocations", json={"why": "a drill"}).json() == {"palms": 1}
    assert identified(shop, 1)["reason"] == "unknown"
    counts = client.get("/api/v1/palms").json()
    assert (counts["enrolled"], counts["waiting"], counts["templates"]) == (0, 1, 0)
    for shown in ({"card": "fp_of_ann"}, {"account": "ann"}, {"badge": "b-7"}, {"card": "fp_other", "badge": "b-7"}):
        assert client.post("/api/v1/palms/waiting", json=shown).json() == {"palm": palm}
    assert client.post("/api/v1/palms/waiting", json={"account": "ben"}).json() == {"palm": None}
    assert client.post("/api/v1/palms/waiting", json={}).status_code == 422
    body = {"captures": [capture(shop, 1) for _ in range(3)], "consent": CONSENT}
    assert client.post(f"/api/v1/palms/{palm}/captures", json=body).status_code == 200
    assert identified(shop, 1, purpose="pay")["palm"] == palm


def test_a_code_that_a_station_showed_finds_the_palm_for_a_while(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    assert shop.console.palm_desk is not None
    old, code = (shop.console.palm_desk.link_codes.make(palm) for _ in range(2))
    for given in (code, code.lower().replace("-", "")):
        assert client.post("/api/v1/palms/link-codes", json={"code": given}).json() == {"palm": palm}
    assert client.post("/api/v1/palms/link-codes", json={"code": old}).status_code == 404
    assert client_of(shop.console, "palms:present").post("/api/v1/palms/link-codes", json={"code": code}).is_error
    client.delete(f"/api/v1/palms/{palm}")
    assert client.post("/api/v1/palms/link-codes", json={"code": code}).status_code == 404


def at_home(shop: Paying, **settings: Any) -> PalmDesk:
    """The desk of a store where people may enrol at home."""
    wanted = PalmSettings(may=ALL, station=StationSettings(home=True), **settings)
    assert shop.console.palm_desk is not None
    shop.console.palm_desk = desk = PalmDesk(shop.console.palm_desk.vault, StandIn(), wanted, shop.clock)
    assert shop.console.till is not None
    links = desk.links(KeptAccounts(shop.console.database))
    shop.console.desk = EntryDesk(shop.console.database, StoreSettings(), shop.console.till, shop.clock, palms=links)
    return desk


def invited(shop: Paying, account: str = "ann") -> str:
    answer = client_of(shop.console, "palms:invite").post("/api/v1/palms/home/invitations", json={"account": account})
    assert answer.status_code == 201, answer.text
    assert answer.json()["page"] is None
    return str(answer.json()["secret"])


def photos_of(person: int, secret: str, count: int = 3) -> dict[str, Any]:
    photo = base64.b64encode(png(person)).decode()
    return {"invitation": secret, "photos": [photo] * count, "consent": CONSENT}


def sent(shop: Paying, body: dict[str, Any]) -> Any:
    return client_of(shop.console, "palms:invite").post("/api/v1/palms/home", json=body)


def test_whoever_enrolled_at_home_is_confirmed_by_the_first_signed_hover_alone(shop: Paying) -> None:
    desk = at_home(shop)
    answer = sent(shop, photos_of(1, invited(shop)))
    assert (answer.status_code, answer.json()["templates"]) == (201, 3)
    palm = answer.json()["palm"]
    assert not desk.profile(palm).confirmed
    assert identified(shop, 2)["reason"] == "unknown"
    assert not desk.profile(palm).confirmed
    found = identified(shop, 1, purpose="pay")
    assert (found["palm"], found["allowed"]) == (palm, True)
    profile = desk.profile(palm)
    assert (profile.confirmed, profile.account) == (True, "ann")
    said = {(row.entry.what, row.entry.who) for row in desk.vault.log(subject=palm, limit=9)}
    assert ("palm.confirm", "north") in said


@pytest.mark.parametrize("claimed", [False, True])
def test_a_hover_that_may_do_nothing_still_confirms(shop: Paying, *, claimed: bool) -> None:
    desk = at_home(shop)
    body = photos_of(1, invited(shop, ""))
    body["consent"] = CONSENT | {"purposes": ["identify"]}
    palm = sent(shop, body).json()["palm"]
    assert identified(shop, 1, purpose="pay", palm=palm if claimed else "")["reason"] == "no consent"
    assert desk.profile(palm).confirmed


def test_a_first_hover_at_a_gate_confirms_and_opens_it(shop: Paying) -> None:
    at_home(shop)
    palm = sent(shop, photos_of(1, invited(shop))).json()["palm"]
    assert shop.console.palm_desk is not None
    body = {"captures": [capture(shop, 1)], "gate": "gate"}
    assert client_of(shop.console, "palms:present").post("/api/v1/palms/entries", json=body).json()["opens"]
    assert shop.console.palm_desk.profile(palm).confirmed


class Unjudged(StandIn):
    """Nobody judges whether a hand lives, or it does not."""

    def __init__(self, live: bool | None) -> None:
        super().__init__()
        self.live = live

    def read(self, frames: Sequence[HandImage]) -> Sample:
        return dataclasses.replace(super().read(frames), live=self.live)


@pytest.mark.parametrize(("attested", "live"), [(False, True), (True, None), (True, False)])
def test_nothing_less_than_a_signed_and_living_hover_confirms(
    shop: Paying, live: bool | None, *, attested: bool
) -> None:
    desk = at_home(shop, attested=attested, liveness="off")
    palm = sent(shop, photos_of(1, invited(shop))).json()["palm"]
    desk.recogniser = Unjudged(live)
    assert identified(shop, 1)["reason"] == "unconfirmed"
    body = {"captures": [capture(shop, 1)], "gate": "gate"}
    entered = client_of(shop.console, "palms:present").post("/api/v1/palms/entries", json=body).json()
    assert (entered["opens"], entered["reason"]) == (False, "unconfirmed")
    assert not desk.profile(palm).confirmed


def test_a_palm_of_home_does_nothing_for_any_purpose_before_it_is_confirmed(shop: Paying) -> None:
    desk = at_home(shop, attested=False)
    palm, client = sent(shop, photos_of(1, invited(shop))).json()["palm"], client_of(shop.console)
    client.post(f"/api/v1/palms/{palm}/cards", json=CARD)
    links = {"account": "ann", "loyalty": "club", "age_over": 21, "age_proof": "seen", "doors": ["d"]}
    assert client.put(f"/api/v1/palms/{palm}/links", json=links).status_code == 200
    for purpose in ALL:
        more = {"purpose": purpose, "age_over": 21, "audience": "bar", "door": "d"}
        found = identified(shop, 1, **more)
        given = (found["card"], found["loyalty"], found["age_proof"], found["door_number"])
        assert (found["reason"], given) == ("unconfirmed", (None,) * 4)
    assert desk.links(KeptAccounts(shop.console.database)).link(palm) is None
    # Another hand does not confirm it, not even by the second call.
    body = {"captures": [capture(shop, 2) for _ in range(3)], "confirms": True}
    assert client.post(f"/api/v1/palms/{palm}/captures", json=body).status_code == 422
    body = {"captures": [capture(shop, 1) for _ in range(3)], "confirms": True}
    assert client.post(f"/api/v1/palms/{palm}/captures", json=body).status_code == 200
    assert identified(shop, 1)["allowed"]


def test_who_enrolled_at_home_and_does_not_come_is_erased_by_the_clock(shop: Paying) -> None:
    desk = at_home(shop)
    answer = sent(shop, photos_of(1, invited(shop))).json()
    late_ns = shop.clock() + CONFIRM_DAYS * 86_400 * NS_PER_S
    assert answer["confirm_by"] == moment(late_ns // NS_PER_S * NS_PER_S)
    shop.clock.now_ns = late_ns - 3_700 * NS_PER_S
    desk.tick()
    assert desk.knows(answer["palm"])
    shop.clock.now_ns = late_ns + 3_700 * NS_PER_S
    desk.tick()
    assert identified(shop, 1)["reason"] == "unknown"
    assert desk.vault.profile(answer["palm"]) is None


def test_an_invitation_is_good_once_for_a_day_and_only_from_here(shop: Paying) -> None:
    desk = at_home(shop)
    secret = invited(shop)
    for forged in ("x", "A" * 60, secret[:-2], "B" + secret[1:] if secret[0] != "B" else "C" + secret[1:]):
        assert sent(shop, photos_of(1, forged)).status_code == 404
    other = photos_of(1, secret)
    other["photos"][1] = photos_of(2, "")["photos"][0]
    assert sent(shop, other).status_code == 422
    dark = photos_of(1, secret)
    dark["photos"][2] = photos_of(0, "")["photos"][0]
    answer = sent(shop, dark)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/photos/2")
    old = photos_of(1, secret) | {"consent": CONSENT | {"notice": "0"}}
    assert sent(shop, old).status_code == 422
    assert desk.counts().subjects == 0
    assert sent(shop, photos_of(1, secret)).status_code == 201  # what went wrong did not use it up
    assert sent(shop, photos_of(2, secret)).status_code == 404
    assert sent(shop, photos_of(1, invited(shop))).status_code == 409
    late, revoked = invited(shop), invited(shop)
    desk.revoke_all(by="test", why="a drill")
    assert sent(shop, photos_of(3, revoked)).status_code == 404
    shop.clock.now_ns += 86_401 * NS_PER_S
    assert sent(shop, photos_of(3, late)).status_code == 404
    assert desk.counts().subjects == 1


def test_captures_of_two_stations_are_none(shop: Paying) -> None:
    """What one station may do, another may not: who sends for both could else choose."""
    enrolled(shop, 1)
    client = client_of(shop.console)
    body = {"captures": [capture(shop, 1), capture(shop, 1, station="south")]}
    for path, more in (("/identify", {}), ("", {"consent": CONSENT})):
        answer = client.post(f"/api/v1/palms{path}", json=body | more)
        assert (answer.status_code, "several stations" in answer.json()["detail"]) == (422, True)


def test_who_finds_somebody_else_enrolling_for_long_is_told_to_come_again(shop: Paying) -> None:
    desk = shop.console.palm_desk
    assert desk is not None
    body = {"captures": [capture(shop, 1) for _ in range(3)], "consent": CONSENT}
    with desk._enrolling:
        answer = client_of(shop.console).post("/api/v1/palms", json=body)
    assert (answer.status_code, "try again" in answer.json()["detail"]) == (503, True)
    enrolled(shop, 1)


def test_one_invitation_used_twice_at_once_enrols_one_person(shop: Paying) -> None:
    desk = at_home(shop)
    invitation = desk.home.read(invited(shop))
    assert invitation is not None
    samples = [[desk.recogniser.read([hand_picture(person)])] * 3 for person in (1, 2)]
    consent = Consent(notice="1", language="en", purposes=("identify",), given_ns=1, by="home")
    desk.home.enrol(invitation, samples[0], consent)
    with pytest.raises(PalmDeskError, match="was used"):
        desk.home.enrol(invitation, samples[1], consent)
    assert desk.counts().subjects == 1


def test_inviting_needs_its_own_scope_and_a_store_that_wants_it(shop: Paying) -> None:
    for path in ("/api/v1/palms/home/invitations", "/api/v1/palms/home"):
        body = {} if path.endswith("invitations") else photos_of(1, "x")
        others = tuple(scope for scope in SCOPES if scope != "palms:invite")
        assert client_of(shop.console, *others).post(path, json=body).status_code == 403
        assert client_of(shop.console).post(path, json=body).status_code == 503
    at_home(shop)
    client = client_of(shop.console, "palms:invite")
    for account in ("x" * 129, "a\nb", " ann"):
        assert client.post("/api/v1/palms/home/invitations", json={"account": account}).status_code == 422
    secret = invited(shop, "\u00e9" * 128)
    assert sent(shop, photos_of(1, secret)).status_code == 201


def test_photos_may_be_larger_than_other_bodies(shop: Paying) -> None:
    at_home(shop)
    padding = b"\0" * 1_500_000  # what follows the end of a picture is not looked at
    body = photos_of(1, invited(shop))
    body["photos"] = [base64.b64encode(png(1) + padding).decode()] * 3
    assert sent(shop, body).status_code == 201
    assert client_of(shop.console).post("/api/v1/webhooks", content=b"x" * 2_000_000).status_code == 413
    assert client_of(shop.console).post("/api/v1/palms/home", content=b"x" * 17_000_000).status_code == 413


def test_stations_are_trusted_and_distrusted(shop: Paying) -> None:
    client = client_of(shop.console)
    found = client.get("/api/v1/palms/stations").json()["stations"]
    assert [one["station"] for one in found] == ["north"]
    assert client.put("/api/v1/palms/stations/south", json={"public_key": "AAAA"}).status_code == 422
    assert client.post("/api/v1/palms/challenges", json={"station": "south"}).status_code == 422
    assert client.delete("/api/v1/palms/stations/north").status_code == 204
    assert client.delete("/api/v1/palms/stations/north").status_code == 404
    assert client.post("/api/v1/palms/challenges", json={"station": "north"}).status_code == 422


def test_a_station_may_do_nothing_but_ask(shop: Paying) -> None:
    palm, station = enrolled(shop, 1), client_of(shop.console, "palms:present")
    for answer in (
        station.delete(f"/api/v1/palms/{palm}"),
        station.get(f"/api/v1/palms/{palm}"),
        station.post("/api/v1/palms", json={"captures": [capture(shop, 2)], "consent": CONSENT}),
        station.post("/api/v1/palms/revocations", json={"why": "mischief"}),
        station.put("/api/v1/palms/stations/south", json={"public_key": "AAAA"}),
    ):
        assert answer.status_code == 403


def test_a_store_without_palms_says_so(shop: Paying) -> None:
    palms, shop.console.palm_desk = shop.console.palm_desk, None
    assert client_of(shop.console).get("/api/v1/palms").status_code == 503
    shop.console.palm_desk = palms


def test_no_diary_is_kept_of_who_was_recognised(tmp_path: Path) -> None:
    with paying_console(SHORT, tmp_path) as made:
        made.console.palm_desk = make_desk(settings=PalmSettings(may=ALL, attested=False), clock=made.clock)
        client, vault = client_of(made.console), made.console.palm_desk.vault
        shown = {"station": "x", "frames": [{"band": "nir", "picture": base64.b64encode(png(9)).decode()}]}
        palm = client.post("/api/v1/palms", json={"captures": [shown] * 3, "consent": CONSENT}).json()["palm"]
        before = len(vault.log())
        for _ in range(3):
            asked = client.post("/api/v1/palms/identify", json={"captures": [shown]})
            assert asked.json()["palm"] == palm
        assert len(vault.log()) == before
        vault.close()
        for path in tmp_path.rglob("*"):
            assert not path.is_file() or palm.encode() not in path.read_bytes(), path


def test_nothing_of_a_palm_is_written_into_the_store_s_own_database(tmp_path: Path) -> None:
    with paying_console(SHORT, tmp_path) as made:
        made.console.palm_desk = make_desk(settings=PalmSettings(may=ALL, attested=False), clock=made.clock)
        client = client_of(made.console)
        picture = base64.b64encode(png(9)).decode()
        shown = {"station": "x", "frames": [{"band": "nir", "picture": picture}]}
        headers = {"idempotency-key": "once"}
        body = {"captures": [shown] * 3, "consent": CONSENT}
        palm = client.post("/api/v1/palms", json=body, headers=headers).json()["palm"]
        assert client.post("/api/v1/palms", json=body, headers=headers).json()["palm"] == palm
        client.post("/api/v1/palms/identify", json={"captures": [shown]})
        data = made.console.palm_desk.vault.templates(palm)[0].template.data
        made.console.palm_desk.vault.close()
        for path in tmp_path.rglob("*"):
            if path.is_file():
                kept = path.read_bytes()
                for secret in (data, data.hex().encode(), base64.b64encode(data), picture.encode(), png(9)):
                    assert secret not in kept, path


# ---- the notice --------------------------------------------------------------------------------------------------


def test_the_notice_is_read_in_the_language_that_it_is_asked_for_in(shop: Paying) -> None:
    client = client_of(shop.console, "palms:read")
    found = client.get("/api/v1/palms/notice", params={"language": "de"}).json()
    assert (found["version"], found["language"], found["laws"]) == ("1", "de", ["gdpr", "bipa", "cubi"])
    assert found["languages"][0] == "en"
    assert "# Was geschieht" in found["text"]
    assert found["parts"][0]["paragraphs"][0] in found["text"]
    for asked in ({}, {"language": ""}, {"language": "xx"}):
        assert client.get("/api/v1/palms/notice", params=asked).json()["language"] == "en"
    assert client.get("/api/v1/palms/notice", params={"language": "x" * 21}).status_code == 400
    assert client_of(shop.console, "palms:present").get("/api/v1/palms/notice").status_code == 403
    notices, shop.console.palm_notices = shop.console.palm_notices, None
    assert client.get("/api/v1/palms/notice").status_code == 503
    shop.console.palm_notices = notices
