"""Many people are enrolled at once over the API: each with their own consent, nobody twice, and nothing halfway."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from tests.store.palms.stand_in import ALL, make_desk
from tests.web.api.conftest import Paying, client_of
from tests.web.api.palm_shop import png
from tillfree.storage.palm_vault.records import Hand
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.settings import PalmSettings
from tillfree.web.api.scopes import SCOPES

PATH = "/api/v1/palms/batches"
CONSENT = {"notice": "1", "language": "de", "purposes": ["identify", "pay"], "when": "2000-01-02"}


@pytest.fixture
def desk(paying: Paying) -> Iterator[PalmDesk]:
    before = paying.console.palm_desk
    paying.console.palm_desk = desk = make_desk(settings=PalmSettings(may=ALL), clock=paying.clock)
    yield desk
    desk.vault.close()
    paying.console.palm_desk = before


def person(name: str, palm: int, *, hand: Hand = "left", count: int = 3, **more: Any) -> dict[str, Any]:
    picture = {"picture": base64.b64encode(png(palm, hand)).decode(), "band": "nir"}
    return {"name": name, "pictures": [picture] * count, "consent": CONSENT} | more


def sent(paying: Paying, *persons: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = client_of(paying.console, "palms:batch").post(PATH, json={"persons": persons, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def became(found: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["became"] for one in found["persons"]}


def test_a_list_is_tried_then_enrolled_and_sent_again_changes_nothing(paying: Paying, desk: PalmDesk) -> None:
    people = [person("ann", 1, account="a-1", loyalty="club", badge="b-1"), person("ben", 2)]
    tried = sent(paying, *people, dry_run=True)
    assert (tried["dry_run"], became(tried)) == (True, {"ann": "enrolled", "ben": "enrolled"})
    assert desk.counts().subjects == 0
    made = sent(paying, *people)
    palm = made["persons"][0]["palm"]
    assert (made["persons"][0]["hands"], made["persons"][0]["templates"]) == (["left"], 3)
    profile = desk.profile(palm)
    assert (profile.account, profile.loyalty, profile.badge, profile.listed_as) == ("a-1", "club", "b-1", "ann")
    consent = profile.consents[0]
    assert (consent.language, consent.purposes, consent.by) == ("de", ("identify", "pay"), "list")
    entries = desk.vault.verify_log().entries
    again = sent(paying, *people)
    assert became(again) == {"ann": "there", "ben": "there"}
    assert again["persons"][0]["palm"] == palm
    assert (desk.counts().subjects, desk.vault.verify_log().entries) == (2, entries)


def test_doubles_are_told_of_and_not_enrolled(paying: Paying, desk: PalmDesk) -> None:
    sent(paying, person("zoe", 9))
    found = sent(paying, person("ann", 1), person("ann b.", 1), person("ben", 2), person("not zoe", 9))
    assert became(found) == {"ann": "double", "ann b.": "double", "ben": "enrolled", "not zoe": "known"}
    assert found["persons"][0]["like"] == ["ann b."]
    assert found["persons"][3]["palm"] == ""  # who that is, is not told
    assert desk.counts().subjects == 2


def test_each_person_is_enrolled_by_their_own_consent_or_not_at_all(paying: Paying, desk: PalmDesk) -> None:
    old = CONSENT | {"notice": "0"}
    found = sent(
        paying,
        person("ann", 1, consent=None),
        person("ben", 2, consent=old),
        person("carl", 3, consent=CONSENT | {"purposes": ["pay"]}),
        person("dora", 4, count=0),
        person("emil", 5, count=2),
        person("fay", 6),
    )
    words = [one["why"] for one in found["persons"]]
    for why, part in zip(
        words, ("no consent", "in force", "identified", "no picture", "2 good samples", ""), strict=True
    ):
        assert part in why
    assert desk.counts().subjects == 1


@pytest.mark.parametrize(("wrong", "words"), [
    ({"consent": CONSENT | {"when": "tomorrow"}}, "when is 'tomorrow'"),
    ({"consent": CONSENT | {"when": "2999-01-01"}}, "has not come yet"),
    ({"account": "a\tb"}, "printable"),
    ({"name": "ann"}, "stands there twice"),
])  # fmt: skip
def test_a_wrong_row_is_named_and_nobody_of_the_list_is_enrolled(
    paying: Paying, desk: PalmDesk, wrong: dict[str, Any], words: str
) -> None:
    body = {"persons": [person("ann", 1), person("ben", 2) | wrong]}
    answer = client_of(paying.console, "palms:batch").post(PATH, json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/persons/1"]
    assert words in answer.json()["errors"][0]["detail"]
    assert desk.counts().subjects == 0


def test_pictures_that_cannot_be_read_are_named(paying: Paying, desk: PalmDesk) -> None:
    ann = person("ann", 1)
    ann["pictures"] += [
        {"picture": base64.b64encode(b"no picture").decode()},
        person("", 0)["pictures"][0],
        person("", 1)["pictures"][0] | {"hand": "right"},
    ]
    found = sent(paying, ann)
    assert became(found) == {"ann": "enrolled"}
    assert [(one["person"], one["picture"]) for one in found["unread"]] == [(0, 3), (0, 4), (0, 5)]
    assert "other hand" in found["unread"][2]["why"]
    assert desk.counts().subjects == 1


def test_after_a_revocation_the_same_list_gives_new_templates_to_the_old_names(paying: Paying, desk: PalmDesk) -> None:
    palm = sent(paying, person("ann", 1, account="a-1"))["persons"][0]["palm"]
    desk.revoke_all(by="test", why="a drill")
    again = sent(paying, person("ann", 1, account="other"))
    assert (became(again), again["persons"][0]["palm"]) == ({"ann": "enrolled anew"}, palm)
    assert desk.profile(palm).account == "a-1"


def test_the_same_request_is_answered_once(paying: Paying, desk: PalmDesk) -> None:
    client = client_of(paying.console, "palms:batch")
    body = {"persons": [person("ann", 1)]}
    first, again = (client.post(PATH, json=body, headers={"idempotency-key": "batch-1"}) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert desk.counts().subjects == 1


def test_it_needs_a_scope_that_no_station_has(paying: Paying, desk: PalmDesk) -> None:
    body = {"persons": [person("ann", 1)]}
    others = tuple(scope for scope in SCOPES if scope != "palms:batch")
    assert client_of(paying.console, *others).post(PATH, json=body).status_code == 403
    assert client_of(paying.console, "palms:enrol").post(PATH, json=body).status_code == 403
    assert desk.counts().subjects == 0


def test_a_list_is_bounded(paying: Paying, desk: PalmDesk) -> None:
    client = client_of(paying.console, "palms:batch")
    many = [{"name": f"p{number}"} for number in range(51)]
    assert client.post(PATH, json={"persons": many}).status_code == 422
    assert client.post(PATH, json={"persons": []}).status_code == 422
    assert client.post(PATH, content=b"x" * (17 << 20)).status_code == 413
    assert became(sent(paying, *many[:2])) == {"p0": "refused", "p1": "refused"}
    assert desk.counts().subjects == 0
