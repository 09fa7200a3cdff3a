"""Every address of the console against every role: what is not allowed is refused, and nothing stands open."""

import csv
import io
import re
from collections.abc import Callable, Iterator

import pytest
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.web.conftest import PASSWORD
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.staff import ROLES
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.machines import is_for_machines
from tillfree.web.rendering import csv_response
from tillfree.web.roles import Permission, may
from tillfree.web.routing import needed

OPEN = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("POST", "/theme"),
    ("POST", "/demo/role"),
    ("GET", "/api"),
}
# Shoppers sign in nowhere: a secret link, or the secret of displays, stands before these (see test_shopper_pages.py).
OPEN |= {("GET", "/r/x"), ("GET", "/r/x/receipt.pdf"), ("GET", "/r/x/wrong/1"), ("POST", "/r/x/wrong/1")}
OPEN |= {("GET", "/exit"), ("GET", "/exit/now"), ("GET", "/kiosk"), ("POST", "/kiosk")}
# So is the screen of a palm station (see palms/test_opening.py).
OPEN |= {("GET", "/palm"), ("GET", "/palm/samples/1/1.jpg"), ("GET", "/palm/policy")}
OPEN |= {("GET", "/palm/home/x"), ("POST", "/palm/home/x")}
"""What everybody may, signed in or not; a further one is to be thought about."""


def _table(console: Console) -> list[tuple[str, str, Permission | None]]:
    table: list[tuple[str, str, Permission | None]] = []
    for route in make_app(console).routes:
        if isinstance(route, Mount):
            assert route.path == "/static"
        elif isinstance(route, WebSocketRoute):
            assert route.path in ("/live/stream", "/palm/stream")
        else:
            assert isinstance(route, Route), route
            if is_for_machines(route.path):
                continue  # no cookie opens these: their own tests try every key and signature
            address = re.sub(r"\{\w+:int\}", "1", route.path)
            address = re.sub(r"\{[^}]*\}", "x", address)
            table += [(method, address, needed(route)) for method in sorted(route.methods or ()) if method != "HEAD"]
    return table


def test_only_what_is_listed_is_open_to_everybody(console: Console) -> None:
    assert {(method, path) for method, path, need in _table(console) if need is None} == OPEN


def test_whoever_is_not_signed_in_sees_and_does_nothing(
    console: Console, client_as: Callable[[str], TestClient]
) -> None:
    client = client_as("")
    wrong = []
    for method, path, need in _table(console):
        if need is None:
            continue
        answer = client.request(method, path)
        if method == "GET":
            ok = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?to=/")
        else:
            ok = answer.status_code == 401
        if not ok:
            wrong.append((method, path, answer.status_code))
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_no_role_gets_what_it_may_not(console: Console, client_as: Callable[[str], TestClient], role: str) -> None:
    client = client_as(role)
    wrong = []
    for method, path, need in _table(console):
        if need is None or (method == "POST" and may(role, need)):
            continue  # what would be done is the matter of the tests of that page
        status = client.request(method, path).status_code
        if (status == 403) == may(role, need) or status >= 500:
            wrong.append((method, path, need, status))
    assert not wrong


def test_every_change_from_another_page_is_refused(console: Console, client_as: Callable[[str], TestClient]) -> None:
    client = client_as("manager")
    for method, path, _ in _table(console):
        if method != "GET":
            for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
                assert client.request(method, path, headers=headers).status_code == 403, path


@pytest.fixture
def signed_in(console: Console) -> Iterator[TestClient]:
    headers = {"sec-fetch-site": "same-origin"}
    with TestClient(make_app(console), base_url="http://127.0.0.1", headers=headers) as client:
        client.post("/sign-in", data={"name": "viewer", "password": PASSWORD})
        yield client


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://127.0.0.1.evil.example"},
        {"origin": "http://127.0.0.1@evil.example"},
        {"origin": "http://evil.example", "host": "evil.example"},
        {"origin": "http://127.0.0.1", "cookie": "tillfree=forged"},
        {"origin": "http://127.0.0.1", "cookie": "tillfree=" + "x" * 5000},
        {"origin": "http://127.0.0.1", "cookie": 'tillfree="; tillfree=\x7f'},
    ],
)
def test_no_other_page_and_no_forged_session_sees_the_floor(signed_in: TestClient, headers: dict[str, str]) -> None:
    with pytest.raises(WebSocketDisconnect), signed_in.websocket_connect("ws://127.0.0.1/live/stream", headers=headers):
        pass
    with signed_in.websocket_connect("ws://127.0.0.1/live/stream", headers={"origin": "http://127.0.0.1"}) as socket:
        assert socket.receive_text()


def test_a_session_is_made_anew_at_sign_in(console: Console) -> None:
    headers = {"sec-fetch-site": "same-origin"}
    with TestClient(make_app(console), base_url="http://127.0.0.1", headers=headers) as client:
        client.cookies.set("tillfree", "chosen-by-somebody-else")
        answer = client.post("/sign-in", data={"name": "viewer", "password": PASSWORD}, follow_redirects=False)
        first = answer.cookies["tillfree"]
        assert first != "chosen-by-somebody-else"
        assert console.database.session("chosen-by-somebody-else", console.now_ns()) is None
        client.post("/sign-out")
        assert console.database.session(first, console.now_ns()) is None


@pytest.mark.parametrize(
    "query",
    [
        "page=-1", "page=1" + "0" * 400, "limit=" + "9" * 400, "page=٣", "page=1e9", "page=NaN", "q=" + "(a+)+" * 2000,
        "sort=__class__", "from=0000-00-00", "from=9999-12-31&to=9999-12-31", "from=2030-01-01&to=0001-01-01",
        "before=" + "9" * 400, "before=-1", "cursor=%00", "id=%00", "id=" + "%F0%9F%98%80" * 50, "facing=-1",
        "facing=" + "9" * 30, "fixture=" + "x" * 5000, "number=0", "period=../../etc", "%ff=%ff", "&" * 3000,
        "check=1" + "0" * 30, "who=%27%20OR%201=1--", "what=%25", "q=%ED%A0%80", "how_empty=%F0",
    ],
)  # fmt: skip
def test_no_address_breaks_a_page(console: Console, client_as: Callable[[str], TestClient], query: str) -> None:
    client = client_as("manager")
    wrong = []
    for method, path, need in _table(console):
        if method == "GET" and need is not None:
            status = client.get(f"{path}?{query}").status_code
            if status >= 500:
                wrong.append((path, status))
    assert not wrong


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe=%ff", b"a" * 200_000, b"id=%00&name=%ED%A0%80", b"&".join([b"a=1"] * 5000)]
)
@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain"],
)
def test_no_body_breaks_a_page(
    console: Console, client_as: Callable[[str], TestClient], body: bytes, kind: str
) -> None:
    client = client_as("manager")
    wrong = []
    for method, path, need in _table(console):
        if method == "POST" and need is not None:
            status = client.post(path, content=body, headers={"content-type": kind}).status_code
            if status >= 500:
                wrong.append((path, status))
    assert not wrong


def test_where_nobody_can_be_known_the_page_says_so_and_nothing_of_the_store(
    console: Console, client_as: Callable[[str], TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_as("manager")

    def broken(token: str, now_ns: int) -> None:
        raise DatabaseError(f"/secret/path: is damaged ({token[:1]}, {now_ns})")

    monkeypatch.setattr(console.database, "session", broken)
    for method, path in (("GET", "/visits"), ("POST", "/stock/count"), ("GET", "/sign-in")):
        answer = client.request(method, path)
        assert answer.status_code == 503, path
        assert "cannot be read now" in answer.text
        assert "secret" not in answer.text
    assert client.get("/nowhere").status_code == 404


def test_no_cell_of_a_table_is_run_by_a_spreadsheet() -> None:
    cells = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "plain", -5]
    text = csv_response("x.csv", [cells], ["cell"]).body
    (row,) = list(csv.reader(io.StringIO(bytes(text).decode(), newline="")))[1:]
    assert row == [f"'{cell}" for cell in cells[:-2]] + ["plain", "-5"]
