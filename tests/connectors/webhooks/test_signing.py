"""Signatures: a published example, and that nothing but the right message of the right minute passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.connectors.errors import ConnectorError, SignatureError
from tillfree.connectors.webhooks.signing import TOLERANCE_S, signed_headers, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
BODY = b'{"test": 2432232314}'


def test_the_example_of_the_standard() -> None:
    headers = signed_headers([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, BODY)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(st.binary(max_size=300), st.integers(0, 2**40), st.integers(-TOLERANCE_S, TOLERANCE_S))
def test_what_is_signed_is_proved(body: bytes, time_s: int, late_s: int) -> None:
    assert verify(SECRET, signed_headers([SECRET], "msg_1", time_s, body), body, time_s + late_s) == "msg_1"


@given(st.binary(min_size=1, max_size=100), st.integers(0, 799))
def test_no_bit_of_the_body_may_change(body: bytes, place: int) -> None:
    headers = signed_headers([SECRET], "msg_1", 1000, body)
    changed = bytearray(body)
    changed[place // 8 % len(body)] ^= 1 << place % 8
    with pytest.raises(SignatureError, match="not right"):
        verify(SECRET, headers, bytes(changed), 1000)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"}, {"webhook-timestamp": "1001"}, {"webhook-id": ""}, {"webhook-signature": ""},
        {"webhook-timestamp": ""}, {"webhook-timestamp": "1e3"}, {"webhook-timestamp": "9" * 30},
        {"webhook-signature": "v1,"}, {"webhook-signature": "v1,AAAA"}, {"webhook-timestamp": "-1000"},
        {"webhook-signature": "v0,x v2,y"}, {"webhook-signature": "ä"},
    ],
)  # fmt: skip
def test_no_header_may_change(change: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        verify(SECRET, signed_headers([SECRET], "msg_1", 1000, BODY) | change, BODY, 1000)


@pytest.mark.parametrize("off_s", [-TOLERANCE_S - 1, TOLERANCE_S + 1, 10**9])
def test_a_message_of_another_time_is_refused(off_s: int) -> None:
    with pytest.raises(SignatureError, match="set the clock"):
        verify(SECRET, signed_headers([SECRET], "msg_1", 1000, BODY), BODY, 1000 + off_s)


def test_while_a_secret_is_replaced_either_will_do() -> None:
    headers = signed_headers([SECRET, OTHER], "msg_1", 1000, BODY)
    assert verify(SECRET, headers, BODY, 1000) == verify(OTHER, headers, BODY, 1000) == "msg_1"
    with pytest.raises(SignatureError):
        verify(OTHER, signed_headers([SECRET], "msg_1", 1000, BODY), BODY, 1000)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!", "whsec_ä", "x", "whsec_AAAA"])
def test_a_secret_that_is_none_is_told(secret: str) -> None:
    with pytest.raises(ConnectorError, match="no secret"):
        signed_headers([secret], "msg_1", 1000, BODY)
