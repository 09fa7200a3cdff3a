"""What stands before every page: hosts, origins, sizes, headers."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from tillfree.web.guard import BODY_BYTES_MAX
from tillfree.web.machines import body_bytes_max

ClientAs = Callable[[str], TestClient]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example", "a@b", "["])
def test_a_name_that_is_not_ours_is_refused(client_as: ClientAs, host: str) -> None:
    assert client_as("manager").get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8420", "localhost:99", "[::1]:8420", "192.168.1.20"])
def test_addresses_of_machines_are_known(client_as: ClientAs, host: str) -> None:
    assert client_as("").get("/sign-in", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"},
        {"sec-fetch-site": "", "origin": "http://127.0.0.1"},
    ],
)
def test_a_change_from_another_page_does_nothing(client_as: ClientAs, headers: dict[str, str]) -> None:
    client = client_as("manager")
    answer = client.post("/theme", data={"theme": "dark"}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_client_without_fetch_metadata_needs_our_origin(client_as: ClientAs) -> None:
    client = client_as("")
    del client.headers["sec-fetch-site"]
    try:
        assert client.post("/theme", data={"theme": "dark"}).status_code == 403
        assert (
            client.post("/theme", data={"theme": "dark"}, headers={"origin": "http://evil.example"}).status_code == 403
        )
        assert client.post("/theme", data={"theme": "dark"}, headers={"origin": "http://127.0.0.1"}).status_code == 303
    finally:
        client.headers["sec-fetch-site"] = "same-origin"


@pytest.mark.parametrize("path", ["/r/x/wrong/{}", "/disputes/{}", "/api/v1/disputes/{}", "/v1/catalog/reports/{}"])
def test_an_endless_number_is_no_address(client_as: ClientAs, path: str) -> None:
    """Python reads no number of more than 4300 digits: it would be a bug of ours to try."""
    assert client_as("").get(path.format("9" * 5000)).status_code == 404


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client_as: ClientAs) -> None:
    answer = client_as("manager").post("/theme", content=b"x", headers={"content-length": str(BODY_BYTES_MAX + 1)})
    assert answer.status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e9", "٣", "0x10"])
def test_a_length_that_is_none_is_refused(client_as: ClientAs, length: str) -> None:
    answer = client_as("manager").post("/theme", content=b"x", headers={b"content-length": length.encode()})
    assert answer.status_code == 413


def test_every_answer_binds_the_browser(client_as: ClientAs) -> None:
    for path in ("/", "/sign-in", "/nowhere", "/static/console.css"):
        headers = client_as("viewer").get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY", path
    assert client_as("viewer").get("/").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2fpyproject.toml",
        "/static//etc/passwd",
        "/static/%00",
        "/static/....//app.py",
    ],
)
def test_paths_lead_nowhere_but_to_our_files(client_as: ClientAs, path: str) -> None:
    assert client_as("manager").get(path).status_code in (400, 404)


def test_files_of_ours_are_kept_by_browsers_only_with_their_digest(client_as: ClientAs) -> None:
    client = client_as("")
    page = client.get("/sign-in").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in client.get(address).headers["cache-control"]
    assert client.get("/static/console.css").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/v1/nothing"])
def test_machines_are_asked_for_no_origin_and_get_no_page(client_as: ClientAs, path: str) -> None:
    client = client_as("")
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example"}):
        answer = client.post(path, headers=headers, content=b"{}")
        assert answer.status_code == 404
        assert "html" not in answer.headers["content-type"]
        assert "json" in answer.headers["content-type"]
    assert client.get(path, headers={"host": "evil.example"}).status_code == 421
    assert "json" in client.get(path, headers={"host": "evil.example"}).headers["content-type"]


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/v1/nothing"])
def test_a_body_for_a_machine_is_bounded(client_as: ClientAs, path: str) -> None:
    too_much = body_bytes_max(path) + 1
    answer = client_as("").post(path, headers={"content-length": str(too_much)}, content=b"x")
    assert answer.status_code == 413
    assert "json" in answer.headers["content-type"]


def test_captures_of_palms_may_be_larger_than_other_bodies_and_need_a_key_all_the_same(client_as: ClientAs) -> None:
    path = "/api/v1/palms/identify"
    assert body_bytes_max(path) > body_bytes_max("/api/v1/trips")
    much = b" " * (body_bytes_max("/api/v1/trips") + 1)
    answer = client_as("").post(path, content=much, headers={"content-type": "application/json"})
    assert answer.status_code == 401
    answer = client_as("").post(path, headers={"content-length": str(body_bytes_max(path) + 1)}, content=b"x")
    assert answer.status_code == 413


def test_an_address_that_only_begins_like_one_for_machines_is_a_page(client_as: ClientAs) -> None:
    for path in ("/apiary", "/v1", "/v10/x"):
        assert client_as("").post(path, headers={"sec-fetch-site": "cross-site"}).status_code == 403
