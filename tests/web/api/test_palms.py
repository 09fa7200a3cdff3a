"""Palm stations and the owners of palms: over the API, as a station signs and an app asks."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from tests.store.palms.stand_in import ALL, make_desk
from tests.web.api.conftest import SHORT, Paying, client_of, paying_console
from tests.web.api.palm_shop import CARD, CONSENT, capture, enrolled, palms_in, png
from tillfree.core.time import NS_PER_S
from tillfree.identity.badges import Badge
from tillfree.identity.keys import decode_key_set
from tillfree.store.palms.ages import read_age_proof
from tillfree.store.palms.settings import PalmSettings


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


def test_an_enrolment_at_home_is_confirmed_by_the_first_hover(shop: Paying) -> None:
    palm, client = enrolled(shop, 1, at_home=True), client_of(shop.console)
    assert identified(shop, 1)["reason"] == "unconfirmed"
    body = {"captures": [capture(shop, 2) for _ in range(3)], "confirms": True}
    assert client.post(f"/api/v1/palms/{palm}/captures", json=body).status_code == 422
    body = {"captures": [capture(shop, 1) for _ in range(3)], "confirms": True}
    assert client.post(f"/api/v1/palms/{palm}/captures", json=body).status_code == 200
    assert identified(shop, 1)["allowed"]


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
