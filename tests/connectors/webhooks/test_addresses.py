"""Where messages may go, and that nobody is led elsewhere."""

import socket
from typing import Any

import pytest

from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.settings import WebhookSettings
from tillfree.connectors.webhooks.addresses import ForbiddenAddressError, check_target, resolved, target_of

PRIVATE = [
    "192.0.0.192", "192.88.99.1", "[3fff::1]",
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]",
    "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a00:1]", "[2002:7f00:1::]",
    "[2001:0:7f00:1::]", "[ff02::1]", "[fec0::1]", "[2001:db8::1]", "0x7f000001", "2130706433", "017700000001", "127.1",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_no_message_goes_to_a_private_address(host: str) -> None:
    with pytest.raises(ConnectorError) as told:
        resolved(target_of(f"https://{host}/x", allow_http=False), allow_private=False)
    # Some systems do not read old ways to write a number as an address at all.
    assert isinstance(told.value, ForbiddenAddressError) or "not known" in str(told.value)


@pytest.mark.parametrize("host", ["93.184.215.14", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", "[64:ff9b::5db8:d70e]"])
def test_public_addresses_are_let_through(host: str) -> None:
    assert resolved(target_of(f"https://{host}/x", allow_http=False), allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "//a/b", "ftp://a/b", "file:///etc/passwd", "https://", "https:///x", "javascript:alert(1)",
        "https://user@a/x", "https://user:secret@a/x", "https://a/#x", "https://a/ b", "https://a\\b/", "https://a/ä",
        "https://a:99999/", "https://a:0/", "https://a:x/", "https://[::1/", "https://a/\r\nHost: b", "https://a/\t",
        "https://" + "a" * 300 + "/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        target_of(url, allow_http=True)


def test_without_encryption_only_if_it_is_allowed() -> None:
    with pytest.raises(ForbiddenAddressError, match="not encrypted"):
        target_of("http://example.com/", allow_http=False)
    target = target_of("http://example.com:8080/a?b=c", allow_http=True)
    assert (target.secure, target.host, target.port, target.path) == (False, "example.com", 8080, "/a?b=c")
    assert target.host_header == "example.com:8080"
    assert target_of("https://example.com", allow_http=False).host_header == "example.com"


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(_host: str, port: int, **_more: Any) -> list[Any]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("93.184.215.14", port)), (*kind, ("10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    target = target_of("https://two-faced.example/", allow_http=False)
    with pytest.raises(ForbiddenAddressError):
        resolved(target, allow_private=False)
    assert resolved(target, allow_private=True) == "93.184.215.14"


def test_a_name_that_nobody_knows_is_told() -> None:
    target = target_of("https://nobody.invalid/", allow_http=False)
    with pytest.raises(ConnectorError, match="not known"):
        resolved(target, allow_private=False)


def test_before_a_webhook_is_made_its_address_is_looked_at() -> None:
    check_target("https://93.184.215.14/x", WebhookSettings())
    with pytest.raises(ForbiddenAddressError):
        check_target("https://127.0.0.1/x", WebhookSettings())
    with pytest.raises(ForbiddenAddressError):
        check_target("http://93.184.215.14/x", WebhookSettings())
    check_target("http://127.0.0.1/x", WebhookSettings(allow_http=True, allow_private=True))
