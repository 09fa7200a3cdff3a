"""A client of the retailer's six connectors.

Each call is one try: it is answered, refused, or not answered. Whoever must have an answer asks again, later, with the
same trip id; the request id is new in each try, as the API wants it.
"""

import base64
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx2
import msgspec

from tillfree.connectors.retailer.breaker import Breaker
from tillfree.connectors.retailer.errors import RetailerRefused, RetailerUnavailable
from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.connectors.retailer.signing import Key, sign
from tillfree.connectors.retailer.wire import (
    AuthEvent,
    CreatedPurchases,
    CreatePurchases,
    GetScanDetails,
    GetShopper,
    GetShopperAuthorization,
    Identified,
    Recommendation,
    ResolveScan,
    ScanDetails,
    ScanEvent,
    ScanResult,
    VerifyIdentityKeys,
    Visitor,
    decode,
    encode,
    stamp_of,
)
from tillfree.connectors.retry_after import retry_after_s
from tillfree.core.time import NS_PER_S

__all__ = ["RetailerClient", "base64_of"]

ANSWER_BYTES_MAX = 256 * 1024
"""No answer of a connector is larger; what sends more is not one."""
_AFTER_MOST_S = 3600.0
_SERVER = 500
# Request time-out, too early, too many requests.
_OF_PERSONS = ("/v1/identity/", "/v1/fraudandabuse/")
_LATER = frozenset({408, 425, 429})


def base64_of(text: str) -> str:
    """The text in Base64, as codes travel."""
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii")


class RetailerClient:
    """The connectors at one address. Methods may be called by any thread."""

    def __init__(
        self,
        settings: RetailerSettings,
        key: str,
        *,
        now_ns: Callable[[], int],
        breaker: Breaker | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`key` is what the environment variable holds, `now_ns` the wall clock."""
        self._settings = settings
        self._now_ns = now_ns
        self._new_id = new_id
        self._base = settings.endpoint.rstrip("/")
        self._secret = key
        name, _, secret = key.partition(":")
        self._key = Key(name, secret)
        self._breaker = breaker or Breaker(
            settings.breaker_failures, settings.breaker_pause_ms / 1000, lambda: now_ns() / NS_PER_S
        )
        self._http = httpx2.Client(follow_redirects=False, trust_env=False, transport=transport)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    @property
    def is_resting(self) -> bool:
        """Whether calls are held back, as the last ones had no answer."""
        return self._breaker.is_open

    # ---- the connectors -------------------------------------------------------------------------------------

    def verify_identity(
        self,
        code: str,
        event: str,
        *,
        location: str = "ENTRY",
        channel: str = "OPTICAL",
        timeout_s: float | None = None,
    ) -> Visitor:
        """Who shows this code. `event` is the id of this showing, which the cart names again."""
        message = VerifyIdentityKeys(
            request_id=self._new_id(),
            identity_key=base64_of(code),
            store_id=self._settings.store_id,
            auth_event=AuthEvent(id=event, timestamp=stamp_of(self._now_ns()), location=location),
            key_channel=channel,
        )
        answer: Identified = self._ask("/v1/identity/identity-keys", message, Identified, timeout_s)
        return answer.visitor_details

    def shopper(self, code: str, *, phone: bool = False) -> Visitor:
        """Whom an associate serves, by a code or a phone number."""
        message = GetShopper(
            request_id=self._new_id(),
            shopper_key=base64_of(code),
            store_id=self._settings.store_id,
            timestamp=stamp_of(self._now_ns()),
            shopper_key_type="PHONE_NUMBER" if phone else "QR_CODE",
        )
        answer: Identified = self._ask("/v1/identity/shopper", message, Identified)
        return answer.visitor_details

    def resolve_scan(self, code: str, *, location: str = "ENTRY", timeout_s: float | None = None) -> ScanResult:
        """Whose code was scanned; the code travels in both fields in which connectors look for it."""
        message = ResolveScan(
            request_id=self._new_id(),
            store_id=self._settings.store_id,
            scan_event=ScanEvent(
                id=base64_of(code),
                timestamp=stamp_of(self._now_ns()),
                location=location,
                value=code,
                channel="OPTICAL",
            ),
        )
        return self._result(self._ask("/v1/identity/scan", message, dict[str, Any], timeout_s))

    def _result(self, answer: dict[str, Any]) -> ScanResult:
        found: ScanResult = _within(answer, "scanResult", ScanResult, "/v1/identity/scan")
        return found

    def scan_details(self, scan: ScanResult, *, timeout_s: float | None = None) -> ScanDetails:
        """The programme and the offers of a loyalty code."""
        message = GetScanDetails(store_id=self._settings.store_id, scan_result=scan)
        found: ScanDetails = self._ask("/v1/identity/scan/details", message, ScanDetails, timeout_s)
        return found

    def authorise_shopper(self, message: GetShopperAuthorization, *, timeout_s: float | None = None) -> Recommendation:
        """Whether a holder of a card may come in."""
        path = "/v1/fraudandabuse/shopperauthorization"
        found: Recommendation = _within(
            self._ask(path, message, dict[str, Any], timeout_s), "recommendation", Recommendation, path
        )
        return found

    def create_purchases(self, cart: CreatePurchases) -> str:
        """Hands a cart over; gives the retailer's id of the purchase, empty for an empty cart."""
        fresh = msgspec.structs.replace(cart, request_id=self._new_id())
        answer: CreatedPurchases = self._ask("/v1/order/purchases", fresh, CreatedPurchases)
        return answer.purchase_id

    # ---- one try --------------------------------------------------------------------------------------------

    def _ask(self, path: str, message: msgspec.Struct, kind: Any, timeout_s: float | None = None) -> Any:
        """One call.

        Raises:
            RetailerRefused: the connector says no.
            RetailerUnavailable: it does not answer, or not now, or not what it should.
        """
        if not self._base:
            raise RetailerUnavailable("retailer.endpoint is not set, so there is no connector to ask")
        wait_s = self._breaker.wait_s()
        if wait_s > 0:
            raise RetailerUnavailable(f"{path}: left alone for {wait_s:.1f} s, as the last calls had no answer", wait_s)
        answered = False
        try:
            status, headers, body = self._send(path, encode(message), timeout_s)
            answered = status < _SERVER
        finally:
            self._breaker.told(answered)
        # What is said of a person, with their code in it perhaps, comes into no log.
        said = "" if path.startswith(_OF_PERSONS) else _said(body)
        if status >= _SERVER or status in _LATER:
            after_s = retry_after_s(headers.get("retry-after", ""), self._now_ns() / NS_PER_S, _AFTER_MOST_S)
            raise RetailerUnavailable(f"{path}: answered {status}{said}", after_s)
        if not 200 <= status < 300:
            raise RetailerRefused(f"{path}: answered {status}{said}", status)
        try:
            return decode(body, kind)
        except msgspec.DecodeError as error:
            raise RetailerUnavailable(f"{path}: answered {status}, but not what it should: {error}") from error

    def _send(self, path: str, body: bytes, timeout_s: float | None) -> tuple[int, httpx2.Headers, bytes]:
        url = self._base + path
        seconds = self._settings.timeout_ms / 1000 if timeout_s is None else timeout_s
        until_s = time.monotonic() + seconds
        try:
            with self._http.stream(
                "POST", url, content=body, headers=self._headers(url, body), timeout=httpx2.Timeout(seconds)
            ) as response:
                read = bytearray()
                for piece in response.iter_bytes():
                    read += piece
                    if time.monotonic() > until_s:  # the time-out of the library is that of one piece
                        raise RetailerUnavailable(f"{path}: its answer takes longer than {seconds:g} s")
                    if len(read) > ANSWER_BYTES_MAX:
                        raise RetailerUnavailable(f"{path}: its answer is over {ANSWER_BYTES_MAX >> 10} KiB")
                return response.status_code, response.headers, bytes(read)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise RetailerUnavailable(f"{path}: no answer ({type(error).__name__}: {error})") from error

    def _headers(self, url: str, body: bytes) -> dict[str, str]:
        match self._settings.connector_auth:
            case "sigv4":
                return sign("POST", url, body, self._key, region=self._settings.region, now_ns=self._now_ns())
            case "bearer":
                return {"content-type": "application/json", "authorization": f"Bearer {self._secret}"}
        return {"content-type": "application/json"}


def _within(answer: dict[str, Any], name: str, kind: Any, path: str) -> Any:
    """The part of an answer; connectors send it bare, or under a name."""
    inner = answer.get(name)
    try:
        return decode(inner if isinstance(inner, dict) else answer, kind)
    except msgspec.DecodeError as error:
        raise RetailerUnavailable(f"{path}: answered, but not what it should: {error}") from error


def _said(body: bytes) -> str:
    text = " ".join(body[:200].decode("utf-8", "replace").split())
    return f": {text}" if text else ""
