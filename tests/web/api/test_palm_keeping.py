"""Keys, forgetting and the proof of the log over the API: each by a key that may do that and nothing else."""

from collections.abc import Iterator

import pytest

from tests.storage.palm_vault.vaults import entry, profile, template
from tests.store.palms.stand_in import make_desk
from tests.web.api.conftest import Paying, client_of
from tillfree.core.time import NS_PER_S
from tillfree.storage.database.audit import AuditQuery
from tillfree.store.palms.desk import PalmDesk
from tillfree.web.api.scopes import SCOPES

OPERATIONS = {
    "palms:rotate": ("POST", "/api/v1/palms/key-rotations"),
    "palms:forget": ("POST", "/api/v1/palms/forgettings"),
    "palms:prove": ("GET", "/api/v1/palms/log-proof"),
}
DAY_NS = 86_400 * NS_PER_S


@pytest.fixture
def desk(paying: Paying) -> Iterator[PalmDesk]:
    before = paying.console.palm_desk
    paying.console.palm_desk = desk = make_desk(clock=paying.clock)
    yield desk
    desk.vault.close()
    paying.console.palm_desk = before


def enrol(desk: PalmDesk, day: int) -> str:
    return desk.vault.enrol(profile(), [template()], entry("palm.enrol"), day)


@pytest.mark.parametrize("scope", OPERATIONS)
def test_each_needs_its_own_scope_and_all_others_together_do_not_do(paying: Paying, desk: PalmDesk, scope: str) -> None:
    enrol(desk, 1)
    method, path = OPERATIONS[scope]
    entries = desk.vault.verify_log().entries
    others = client_of(paying.console, *(one for one in SCOPES if one != scope))
    answer = others.request(method, path)
    assert (answer.status_code, scope in answer.json()["detail"]) == (403, True)
    assert client_of(paying.console, "palms:manage").request(method, path).status_code == 403
    assert (desk.vault.verify_log().entries, desk.counts().subjects) == (entries, 1)
    assert client_of(paying.console, scope).request(method, path).status_code in (200, 201)


def test_keys_are_rotated_and_everybody_is_still_there(paying: Paying, desk: PalmDesk) -> None:
    palm = enrol(desk, 20_000)
    answer = client_of(paying.console, "palms:rotate").post("/api/v1/palms/key-rotations")
    assert (answer.status_code, answer.json()) == (201, {"keys": 5})
    assert desk.profile(palm) == profile()
    row = desk.vault.log(limit=1)[0].entry
    assert (row.what, row.who) == ("palm.rotate", "key test")


def test_only_who_is_due_is_forgotten_and_the_log_says_by_whom(paying: Paying, desk: PalmDesk) -> None:
    today = paying.clock() // DAY_NS
    old, new = enrol(desk, today - 366), enrol(desk, today)
    client = client_of(paying.console, "palms:forget")
    assert client.post("/api/v1/palms/forgettings").json() == {"inactive": 1, "unconfirmed": 0}
    assert (desk.vault.profile(old), desk.vault.profile(new)) == (None, profile())
    row = desk.vault.log(subject=old, limit=1)[0].entry
    assert (row.what, row.who) == ("palm.erase", "key test")
    assert client.post("/api/v1/palms/forgettings").json() == {"inactive": 0, "unconfirmed": 0}
    noted = [one.entry.detail for one in paying.console.database.audit_log(AuditQuery(what="palm.forget"))]
    assert noted[:2] == ["0 inactive, 0 unconfirmed", "1 inactive, 0 unconfirmed"]


def test_the_log_is_proved_and_nothing_of_it_told(paying: Paying, desk: PalmDesk) -> None:
    palm = enrol(desk, 20_000)
    client = client_of(paying.console, "palms:prove")
    found = client.get("/api/v1/palms/log-proof").json()
    assert found == {"whole": True, "entries": 1, "broken_at": None, "head": found["head"], "had_head": None}
    desk.delete(palm, by="test")
    later = client.get("/api/v1/palms/log-proof", params={"head": found["head"]})
    assert (later.json()["whole"], later.json()["entries"], later.json()["had_head"]) == (True, 2, True)
    assert palm not in later.text
    other = client.get("/api/v1/palms/log-proof", params={"head": "0" * 64}).json()
    assert (other["whole"], other["broken_at"], other["had_head"]) == (False, None, False)
    assert client.get("/api/v1/palms/log-proof", params={"head": "xyz"}).status_code == 400
    assert desk.vault.verify_log().entries == 2  # a proof writes nothing into what it proves


def test_a_log_that_was_changed_is_found(paying: Paying, desk: PalmDesk) -> None:
    for day in range(3):
        enrol(desk, 20_000 + day)
    with desk.vault._changing() as connection:
        connection.execute("UPDATE audit SET who = 'nobody' WHERE number = 2")
    found = client_of(paying.console, "palms:prove").get("/api/v1/palms/log-proof").json()
    assert (found["whole"], found["entries"], found["broken_at"]) == (False, 1, 2)
