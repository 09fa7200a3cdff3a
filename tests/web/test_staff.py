"""The page of staff, and one's own password."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import PASSWORD, console_on
from tests.web.test_reports import manager_on
from tillfree.storage.database.audit import AuditQuery
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.roles import PERMISSIONS, ROLES

NEW = "another long password"


@pytest.fixture(scope="module")
def shop() -> Iterator[Console]:
    with console_on() as made:
        yield made


@pytest.fixture
def console(shop: Console) -> Iterator[Console]:
    """The same console, with the staff of the beginning."""
    database = shop.database
    before = database.users()
    done = database.audit_log(AuditQuery(limit=1, what="user."))
    yield shop
    # Passwords are slow to set, so this is done only after a test that changed anything.
    if database.users() == before and database.audit_log(AuditQuery(limit=1, what="user.")) == done:
        return
    for user in database.users():
        database.remove_user(user.name)
    for role in ("viewer", "associate", "manager", "engineer"):
        database.add_user(role, PASSWORD, role)


@pytest.fixture
def manager(console: Console) -> Iterator[TestClient]:
    with manager_on(console) as client:
        yield client


def sign_in(console: Console, name: str, password: str = PASSWORD) -> TestClient:
    headers = {"sec-fetch-site": "same-origin"}
    client = TestClient(make_app(console), base_url="http://127.0.0.1", follow_redirects=False, headers=headers)
    client.post("/sign-in", data={"name": name, "password": password})
    return client


def is_signed_in(client: TestClient) -> bool:
    return client.get("/staff/me").status_code == 200


def newest(console: Console) -> tuple[str, str, str, str]:
    entry = console.database.audit_log(AuditQuery(limit=1))[0].entry
    return entry.who, entry.what, entry.subject, entry.detail


def said(client: TestClient) -> str:
    return client.get("/staff").text


@pytest.mark.parametrize("role", ["viewer", "associate", "engineer"])
def test_only_a_manager_changes_staff(console: Console, role: str) -> None:
    client = sign_in(console, role)
    assert client.get("/staff").status_code == 403
    for path in ("add", "role", "password", "remove"):
        form = {"name": "viewer", "role": "manager", "password": NEW, "again": NEW}
        assert client.post(f"/staff/{path}", data=form).status_code == 403
    assert {user.name: user.role for user in console.database.users()} == {
        name: name for name in ("associate", "engineer", "manager", "viewer")
    }


def test_the_roles_are_shown_as_they_are(manager: TestClient) -> None:
    page = manager.get("/staff").text
    table = page[page.index('class="permissions"') :]
    for text in PERMISSIONS.values():
        assert text in table
    yes = sum(len(ROLES[role]) for role in ("viewer", "associate", "manager", "engineer"))
    assert table.count(">yes<") == yes
    assert table.count(">no<") == 4 * len(PERMISSIONS) - yes


def test_somebody_is_added_and_can_sign_in(console: Console, manager: TestClient) -> None:
    form = {"name": "zoe", "role": "associate", "password": NEW, "again": NEW}
    assert manager.post("/staff/add", data=form).status_code == 303
    assert newest(console) == ("manager", "user.add", "zoe", "associate")
    assert "zoe can sign in now." in said(manager)
    assert is_signed_in(sign_in(console, "zoe", NEW))


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"name": "zoe", "role": "associate", "password": "short", "again": "short"}, "10 characters or more"),
        ({"name": "zoe", "role": "associate", "password": NEW, "again": NEW + "!"}, "not the same"),
        ({"name": "zoe", "role": "demo", "password": NEW, "again": NEW}, "Choose a role"),
        ({"name": "zoe", "role": "", "password": NEW, "again": NEW}, "Choose a role"),
        ({"name": "MANAGER", "role": "viewer", "password": NEW, "again": NEW}, "of this name already"),
        ({"name": "", "role": "viewer", "password": NEW, "again": NEW}, "choose another name"),
        ({"name": "<script>alert(1)</script>", "role": "viewer", "password": NEW, "again": NEW}, "choose another name"),
        ({"name": "../../etc", "role": "viewer", "password": NEW, "again": NEW}, "choose another name"),
    ],
)
def test_what_cannot_be_added_is_said_and_what_was_typed_is_kept(
    console: Console, manager: TestClient, form: dict[str, str], why: str
) -> None:
    answer = manager.post("/staff/add", data=form)
    assert answer.status_code == 400
    assert why in answer.text
    assert "<script>alert" not in answer.text
    assert form["password"] not in answer.text
    if form["name"] == "zoe":
        assert 'value="zoe"' in answer.text
    assert len(console.database.users()) == 4


def test_another_role_ends_the_sessions_of_that_person_only(console: Console, manager: TestClient) -> None:
    theirs = sign_in(console, "viewer")
    assert is_signed_in(theirs)
    assert manager.post("/staff/role", data={"name": "viewer", "role": "engineer"}).status_code == 303
    assert newest(console) == ("manager", "user.role", "viewer", "viewer -> engineer")
    assert not is_signed_in(theirs)
    assert is_signed_in(manager)
    assert manager.post("/staff/role", data={"name": "viewer", "role": "demo"}).status_code == 400
    assert manager.post("/staff/role", data={"name": "nobody", "role": "viewer"}).status_code == 404


def test_a_new_password_ends_their_sessions(console: Console, manager: TestClient) -> None:
    theirs = sign_in(console, "viewer")
    manager.post("/staff/password", data={"name": "viewer", "password": "short", "again": "short"})
    assert "10 characters or more" in said(manager)
    assert is_signed_in(theirs)
    manager.post("/staff/password", data={"name": "viewer", "password": NEW, "again": NEW})
    assert not is_signed_in(theirs)
    assert is_signed_in(sign_in(console, "viewer", NEW))
    found = console.database.audit_log(AuditQuery(what="user.password"))[0].entry
    assert (found.subject, NEW in found.detail) == ("viewer", False)


def test_somebody_is_removed_and_is_out_at_once(console: Console, manager: TestClient) -> None:
    theirs = sign_in(console, "viewer")
    manager.post("/staff/remove", data={"name": "viewer"})
    assert newest(console) == ("manager", "user.remove", "viewer", "viewer")
    assert not is_signed_in(theirs)
    assert manager.post("/staff/remove", data={"name": "viewer"}).status_code == 404


def test_nobody_removes_or_demotes_themself(console: Console, manager: TestClient) -> None:
    console.database.add_user("second", PASSWORD, "manager")
    for name in ("manager", "MANAGER"):
        manager.post("/staff/remove", data={"name": name})
        assert "Nobody can remove themself" in said(manager)
        manager.post("/staff/role", data={"name": name, "role": "viewer"})
        assert "Nobody can take away their own role" in said(manager)
    user = console.database.user("manager")
    assert user is not None
    assert user.role == "manager"


def test_the_last_manager_stays() -> None:
    with console_on() as console:
        second = console.database
        second.add_user("second", PASSWORD, "manager")
        one, two = sign_in(console, "manager"), sign_in(console, "second")
        one.post("/staff/role", data={"name": "second", "role": "viewer"})
        # Whoever lost the role can do nothing with a page that was open before.
        answer = two.post("/staff/remove", data={"name": "manager"})
        assert answer.status_code in (401, 403)
        assert [user.name for user in console.database.users() if user.role == "manager"] == ["manager"]


def test_everybody_changes_their_own_password(console: Console) -> None:
    mine, elsewhere = sign_in(console, "viewer"), sign_in(console, "viewer")
    assert "Your password" in mine.get("/staff/me").text
    wrong = mine.post("/staff/me", data={"old": "not it at all", "password": NEW, "again": NEW})
    assert wrong.status_code == 400
    assert "The old password is not right." in wrong.text
    assert mine.post("/staff/me", data={"old": PASSWORD, "password": NEW, "again": "x"}).status_code == 400
    done = mine.post("/staff/me", data={"old": PASSWORD, "password": NEW, "again": NEW})
    assert done.headers["location"] == "/sign-in"
    assert newest(console) == ("viewer", "user.password", "viewer", "their own")
    assert not is_signed_in(mine)
    assert not is_signed_in(elsewhere)
    assert is_signed_in(sign_in(console, "viewer", NEW))


def test_guessing_the_old_password_is_stopped(console: Console) -> None:
    mine = sign_in(console, "associate")
    guess = {"old": "a wrong guess", "password": NEW, "again": NEW}
    answers = [mine.post("/staff/me", data=guess).text for _ in range(6)]
    assert "Too many wrong tries" in answers[-1]
    right = mine.post("/staff/me", data={"old": PASSWORD, "password": NEW, "again": NEW})
    assert "Too many wrong tries" in right.text


def test_a_page_elsewhere_cannot_change_staff(console: Console, manager: TestClient) -> None:
    answer = manager.post("/staff/remove", data={"name": "viewer"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert console.database.user("viewer") is not None
    assert manager.get("/staff/remove?name=viewer").status_code == 405


def test_the_demo_says_that_nobody_has_a_password() -> None:
    with console_on(demo=True) as console:
        client = sign_in(console, "")
        assert "In the demo nobody has a password." in client.get("/staff/me").text
        assert client.post("/staff/me", data={"old": "", "password": NEW, "again": NEW}).status_code == 400
        assert "Nobody can sign in yet." in client.get("/staff").text
