"""Signing in and out: cookies, forged ones, lock-out, where one is sent afterwards, and what each role may."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import PASSWORD, console_on
from tillfree.simulation.options import SimulationOptions
from tillfree.storage.database.audit import AuditQuery
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.roles import PERMISSIONS, ROLES, may

ClientAs = Callable[[str], TestClient]


@pytest.fixture
def fresh() -> Iterator[TestClient]:
    with (
        console_on(SimulationOptions(shoppers=1, seed=1, takes=1.0)) as console,
        TestClient(
            make_app(console),
            base_url="http://127.0.0.1",
            follow_redirects=False,
            headers={"sec-fetch-site": "same-origin"},
        ) as client,
    ):
        client.app_state["console"] = console
        yield client


def _console(client: TestClient) -> Console:
    console = client.app_state["console"]
    assert isinstance(console, Console)
    return console


def test_without_a_session_every_page_leads_to_sign_in(client_as: ClientAs) -> None:
    answer = client_as("").get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?to=/")
    assert client_as("").post("/live/pace", data={"pace": "pause"}).status_code == 401


@pytest.mark.parametrize(
    "token",
    ["x", "A" * 43, "A" * 5000, "../../etc/passwd", "' OR 1=1 --", "eyJhbGciOiJub25lIn0.e30.", "%00", "manager"],
)
def test_a_forged_cookie_is_nobody(fresh: TestClient, token: str) -> None:
    answer = fresh.get("/", headers={"cookie": f"tillfree={token}"})
    assert answer.status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(fresh: TestClient) -> None:
    cookie = fresh.post("/sign-in", data={"name": "viewer", "password": PASSWORD}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_by_https_the_cookie_never_travels_in_the_clear(fresh: TestClient) -> None:
    _console(fresh).secure = True
    answer = fresh.post("/sign-in", data={"name": "viewer", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-tillfree=")
    assert "secure" in cookie


def test_a_wrong_password_says_nothing_about_which_was_wrong(fresh: TestClient) -> None:
    known = fresh.post("/sign-in", data={"name": "viewer", "password": "wrong wrong wrong"})
    unknown = fresh.post("/sign-in", data={"name": "nobody", "password": "wrong wrong wrong"})
    assert (known.status_code, unknown.status_code) == (401, 401)
    assert known.text == unknown.text.replace("nobody", "viewer")


def test_after_too_many_wrong_tries_even_the_right_password_waits(fresh: TestClient) -> None:
    for _ in range(5):
        fresh.post("/sign-in", data={"name": "viewer", "password": "wrong wrong wrong"})
    answer = fresh.post("/sign-in", data={"name": "viewer", "password": PASSWORD})
    assert answer.status_code == 401
    assert "Too many wrong tries" in answer.text
    assert fresh.post("/sign-in", data={"name": "manager", "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\nX: y", "visits", ""]
)
def test_after_sign_in_one_stays_on_this_server(fresh: TestClient, to: str) -> None:
    answer = fresh.post("/sign-in", data={"name": "viewer", "password": PASSWORD, "to": to})
    assert answer.headers["location"] == "/"


def test_signing_out_ends_the_session_for_good(fresh: TestClient) -> None:
    fresh.post("/sign-in", data={"name": "viewer", "password": PASSWORD})
    token = fresh.cookies["tillfree"]
    assert fresh.get("/").status_code == 200
    fresh.post("/sign-out")
    assert fresh.get("/", headers={"cookie": f"tillfree={token}"}).status_code == 303


def test_sign_ins_are_in_the_audit_log_and_passwords_are_not(fresh: TestClient) -> None:
    fresh.post("/sign-in", data={"name": "viewer", "password": PASSWORD})
    fresh.post("/sign-in", data={"name": "viewer", "password": "not my password"})
    rows = _console(fresh).database.audit_log(AuditQuery(what="sign-in"))
    assert [row.entry.what for row in rows] == ["sign-in.refused", "sign-in"]
    assert "password" not in repr(rows)


def test_only_the_demo_lets_a_role_be_chosen(fresh: TestClient) -> None:
    assert fresh.post("/demo/role", data={"role": "manager"}).status_code == 404
    assert fresh.get("/", headers={"cookie": "look_as=manager"}).status_code == 303


def test_in_the_demo_everybody_looks_as_whom_they_like() -> None:
    with (
        console_on(SimulationOptions(shoppers=1, seed=1, takes=1.0), demo=True) as console,
        TestClient(
            make_app(console),
            base_url="http://127.0.0.1",
            follow_redirects=False,
            headers={"sec-fetch-site": "same-origin"},
        ) as client,
    ):
        assert "/staff" in client.get("/").text
        client.post("/demo/role", data={"role": "viewer"})
        assert "/staff" not in client.get("/").text
        client.post("/demo/role", data={"role": "root"})
        assert 'value="viewer" selected' in client.get("/").text


def test_no_role_of_a_real_shop_may_do_everything() -> None:
    for role, allowed in ROLES.items():
        assert allowed <= PERMISSIONS.keys()
        assert (role == "demo") == (allowed == PERMISSIONS.keys())
    assert may("viewer", "live.see")
    assert not may("viewer", "visits.see")
    assert not may("", "live.see")
    assert not may("root", "live.see")


def test_the_menu_shows_what_one_may(client_as: ClientAs) -> None:
    menus = {role: client_as(role).get("/").text for role in ("viewer", "associate", "manager", "engineer")}
    assert 'href="/review"' not in menus["viewer"]
    assert 'href="/review"' in menus["associate"]
    assert 'href="/staff"' not in menus["associate"]
    assert 'href="/staff"' in menus["manager"]
    assert 'href="/staff"' not in menus["engineer"]


def test_the_theme_is_kept_by_the_browser(client_as: ClientAs) -> None:
    client = client_as("viewer")
    client.post("/theme", data={"theme": "dark", "to": "/"})
    assert 'data-theme="dark"' in client.get("/").text
    client.post("/theme", data={"theme": "<script>", "to": "/"})
    assert "data-theme" not in client.get("/").text
