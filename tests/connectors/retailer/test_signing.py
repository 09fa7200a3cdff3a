"""Signatures agree with another implementation, both ways; and nothing that was changed on the way is taken."""

import hashlib
from datetime import UTC, datetime
from unittest import mock

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from tillfree.connectors.errors import SignatureError
from tillfree.connectors.retailer.signing import SERVICE, Key, Request, Verifier, keys_of, sign

KEY = Key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
NOW_NS = 1_710_000_000 * 10**9
PATHS = st.lists(st.sampled_from(["v1", "refund", "a b", "ä", "%2F", "x~y", "."]), min_size=1, max_size=4)
QUERIES = st.lists(st.tuples(st.sampled_from(["a", "b", "é", "a-b"]), st.text("abc é=+&", max_size=5)), max_size=4)


def by_botocore(method: str, url: str, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers that the other implementation signs with."""
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
    now = datetime.fromtimestamp(NOW_NS / 10**9, UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now.replace(tzinfo=None)):
        SigV4Auth(Credentials(KEY.id, KEY.secret), SERVICE, "us-east-1").add_auth(request)
    return dict(request.headers.items())


def wire_url(parts: list[str], query: list[tuple[str, str]]) -> str:
    from urllib.parse import quote, urlencode

    path = "/" + "/".join(quote(part, safe="~") for part in parts)
    return f"https://api.example.com{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")


def request_of(method: str, url: str, body: bytes, headers: dict[str, str]) -> Request:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return Request(method=method, path=parts.path, query=parts.query, headers=headers, body=body)


@settings(max_examples=80, deadline=None)
@given(parts=PATHS, query=QUERIES, body=st.binary(max_size=60))
def test_what_the_other_signs_is_taken_here(parts: list[str], query: list[tuple[str, str]], body: bytes) -> None:
    url = wire_url(parts, query)
    headers = {"host": "api.example.com", **by_botocore("POST", url, body, {"Content-Type": "application/json"})}
    assert Verifier([KEY], region="us-east-1", skew_s=300).verify(request_of("POST", url, body, headers), NOW_NS) == KEY


@settings(max_examples=80, deadline=None)
@given(parts=PATHS, query=QUERIES, body=st.binary(max_size=60))
def test_signatures_are_those_of_the_other(parts: list[str], query: list[tuple[str, str]], body: bytes) -> None:
    url = wire_url(parts, query)
    ours = sign("POST", url, body, KEY, region="us-east-1", now_ns=NOW_NS)
    sent = {
        "content-type": "application/json",
        "host": "api.example.com",
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
    }
    theirs = by_botocore("POST", url, body, sent)
    assert ours["authorization"] == theirs["Authorization"]


def test_the_published_example_of_the_standard() -> None:
    """The documented derivation of a signing key: AWS General Reference, examples of how to derive one."""
    import hmac

    derived = b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    for part in ("20150830", "us-east-1", "iam", "aws4_request"):
        derived = hmac.new(derived, part.encode(), hashlib.sha256).digest()
    assert derived.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"


SIGNED = sign("POST", "https://api.example.com/v1/refund", b"{}", KEY, region="us-east-1", now_ns=NOW_NS)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"authorization": ""}, "sign the request"),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=a"}, "lacks"),
        ({"x-amz-date": "yesterday"}, "x-amz-date"),
        ({"x-amz-content-sha256": "0" * 64}, "digest of the body"),
        ({"host": "other.example.com"}, "not that of a key"),
        ({"authorization": SIGNED["authorization"].replace("execute-api", "s3")}, "scope"),
        ({"authorization": SIGNED["authorization"].replace("us-east-1", "us-west-2")}, "another region"),
        ({"authorization": SIGNED["authorization"].replace("AKIDEXAMPLE", "AKIDNOBODY")}, "not that of a key"),
        ({"authorization": SIGNED["authorization"].replace("x-amz-date", "x-missing")}, "x-amz-date is not signed"),
        ({"authorization": SIGNED["authorization"].replace("content-type", "x-missing")}, "is missing"),
    ],
)
def test_what_was_changed_is_refused(change: dict[str, str], says: str) -> None:
    verifier = Verifier([KEY], region="us-east-1", skew_s=300)
    good = Request(method="POST", path="/v1/refund", headers=SIGNED, body=b"{}")
    assert verifier.verify(good, NOW_NS) == KEY
    wrong = Request(method="POST", path="/v1/refund", headers=SIGNED | change, body=b"{}")
    with pytest.raises(SignatureError, match=says):
        verifier.verify(wrong, NOW_NS)


@given(text=st.text(max_size=300))
def test_no_header_breaks_the_verifier(text: str) -> None:
    verifier = Verifier([KEY], region="us-east-1", skew_s=300)
    for value in (text, f"AWS4-HMAC-SHA256 {text}"):
        with pytest.raises(SignatureError):
            verifier.verify(
                Request(method="POST", path="/", headers=SIGNED | {"authorization": value}, body=b""), NOW_NS
            )


def test_a_signature_is_good_for_its_own_body_path_and_method_only() -> None:
    verifier = Verifier([KEY], region="", skew_s=300)
    for method, path, query, body in (
        ("GET", "/v1/refund", "", b"{}"), ("POST", "/v1/adjust", "", b"{}"), ("POST", "/v1/refund", "a=1", b"{}"),
        ("POST", "/v1/refund", "", b"{ }"),
    ):  # fmt: skip
        with pytest.raises(SignatureError):
            verifier.verify(Request(method=method, path=path, query=query, headers=SIGNED, body=body), NOW_NS)


def test_a_key_does_not_show_its_secret() -> None:
    assert KEY.secret not in repr(KEY)
    assert keys_of(" a:b\n c:d:e ") == (Key("a", "b"), Key("c", "d:e"))
