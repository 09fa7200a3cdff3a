"""A terminal that speaks Sale to POI in JSON over HTTP, as Adyen's do, in the cloud or in the store."""

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import msgspec

from tillfree.connectors.confidential import is_confidential
from tillfree.connectors.processors.adyen import adyen_token
from tillfree.connectors.processors.calls import object_in
from tillfree.connectors.processors.secret_keys import Secret
from tillfree.connectors.terminals.emv import EmvError, decode_tlv, tellable
from tillfree.connectors.terminals.nexo import (
    abort_request,
    additional_response,
    body_of,
    payment_request,
    read_amount,
    status_request,
)
from tillfree.connectors.terminals.taps import NoTap, TapResult, TerminalError
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.identity.credentials import CardTap, TerminalHold

__all__ = ["NexoTerminal"]

_NO_TAP = {
    "Cancel": "cancelled",
    "Aborted": "nobody",
    "Refusal": "declined",
    "InvalidCard": "declined",
    "WrongPIN": "declined",
    "UnreachableHost": "declined",
}
_BYTES_MAX = 1_000_000
_RECOVERIES = 3


class NexoTerminal:
    """One terminal: `poi` is its name (model and serial number), `sale` that of this till.

    An answer that was lost is asked for once more (TransactionStatus): a card that was held to the terminal is never
    forgotten because a line broke.
    """

    def __init__(
        self,
        *,
        address: str,
        poi: str,
        sale: str,
        now_ns: Callable[[], int],
        key: Secret | None = None,
        wait_s: float = 150.0,
    ) -> None:
        if not is_confidential(address):
            raise TerminalError(f"terminal {poi}: {address!r} is no https address; give one that is")
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["X-API-Key"] = key.reveal()
        self._address, self._poi, self._sale, self._now_ns = address, poi, sale, now_ns
        self._client = httpx2.Client(headers=headers, timeout=httpx2.Timeout(10.0, read=wait_s), follow_redirects=False)
        self._lock = threading.Lock()
        self._waiting = ""

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()

    def wait_for_tap(self, hold: Money, *, reference: str) -> TapResult:
        """Waits for a card and has that amount put aside. Raises as `Terminal.wait_for_tap`."""
        service, shopper = _service(reference), _shopper(reference)
        with self._lock:
            if self._waiting:
                raise TerminalError(f"terminal {self._poi} waits for a card already; cancel that first")
            self._waiting = service
        try:
            message = payment_request(
                service=service,
                sale=self._sale,
                poi=self._poi,
                reference=reference,
                time=self._time(),
                amount=hold,
                shopper=shopper,
            )
            try:
                body = body_of(self._send(message), "Payment", service)
            except _LostAnswerError:
                body = self._recover(service)
        finally:
            with self._lock:
                self._waiting = ""
        return self._read(body, shopper)

    def cancel(self) -> None:
        """Ends the waiting. Raises as `Terminal.cancel`."""
        with self._lock:
            waiting = self._waiting
        if waiting:
            self._abort(waiting)

    def _abort(self, waiting: str) -> None:
        service = _service(f"abort/{waiting}/{self._now_ns()}")
        self._send(abort_request(service=service, sale=self._sale, poi=self._poi, aborted=waiting))

    def _recover(self, service: str) -> dict[str, Any]:
        """Asks what became of a payment whose answer was lost; one that still waits for a card is ended."""
        for attempt in range(_RECOVERIES):
            asking = _service(f"status/{service}/{attempt}/{self._now_ns()}")
            message = status_request(service=asking, sale=self._sale, poi=self._poi, asked=service)
            status = body_of(self._send(message), "TransactionStatus", asking)
            response = object_in(status, "Response")
            if response.get("Result") == "Success":
                return object_in(status, "RepeatedMessageResponse", "RepeatedResponseMessageBody", "PaymentResponse")
            if response.get("ErrorCondition") == "NotFound":
                return {"Response": {"Result": "Failure", "ErrorCondition": "Aborted"}}
            if response.get("ErrorCondition") != "InProgress":
                break
            self._abort(service)
        raise TerminalError(f"terminal {self._poi}: cannot say what became of a card; look at its screen")

    def _send(self, message: Mapping[str, Any]) -> Any:
        try:
            response = self._client.post(self._address, content=msgspec.json.encode(message))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.InvalidURL) as error:
            raise TerminalError(f"terminal {self._poi} cannot be reached; see its cable and its network") from error
        except httpx2.HTTPError as error:
            raise _LostAnswerError(f"terminal {self._poi}: the answer was lost ({type(error).__name__})") from error
        if response.status_code >= 500:
            raise _LostAnswerError(f"terminal {self._poi} answered {response.status_code}")
        if response.status_code != 200:
            raise TerminalError(f"terminal {self._poi} answered {response.status_code}; see its address and its key")
        if response.content.strip() in (b"", b"ok"):  # Adyen's cloud says so that an abort was passed on
            return {}
        try:
            return msgspec.json.decode(response.content[:_BYTES_MAX])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise TerminalError(f"terminal {self._poi} answered no JSON; see its address") from error

    def _read(self, body: Mapping[str, Any], shopper: str) -> TapResult:
        response = object_in(body, "Response")
        extra = additional_response(response.get("AdditionalResponse"))
        if response.get("Result") not in ("Success", "Partial"):
            condition = str(response.get("ErrorCondition", ""))
            reason = _NO_TAP.get(condition)
            if reason is None:
                raise TerminalError(f"terminal {self._poi}: {condition or 'failed without a reason'}; see its screen")
            code = extra.get("refusalReason", "") or extra.get("message", "")
            if condition == "UnreachableHost":
                code = code or condition
            return NoTap(reason="expired" if "expired" in code.lower() else reason, code=code)
        result = object_in(body, "PaymentResult")
        return self._tap(body, result, extra, shopper)

    def _tap(
        self, body: Mapping[str, Any], result: Mapping[str, Any], extra: Mapping[str, str], shopper: str
    ) -> CardTap:
        card = object_in(result, "PaymentInstrumentData", "CardData")
        amounts = object_in(result, "AmountsResp")
        amount = read_amount(amounts.get("AuthorizedAmount"), amounts.get("Currency"))
        transaction = str(object_in(body, "POIData", "POITransactionID").get("TransactionID", ""))
        reference = extra.get("pspReference") or transaction.rpartition(".")[2]
        if amount is None or not reference:
            raise TerminalError(f"terminal {self._poi}: a card was read, but not what was put aside; see its screen")
        stored = extra.get("tokenization.storedPaymentMethodId") or extra.get("recurring.recurringDetailReference", "")
        month, year = extra.get("expiryMonth", ""), extra.get("expiryYear", "")
        masked = str(card.get("MaskedPan", ""))
        return CardTap(
            terminal=self._poi,
            token=adyen_token(shopper, stored) if stored else "",
            fingerprint=extra.get("PaymentAccountReference") or extra.get("alias", ""),
            brand=str(card.get("PaymentBrand") or extra.get("paymentMethod", "")),
            last4=extra.get("cardSummary") or masked[-4:],
            expires=f"{int(year):04d}-{int(month):02d}" if _is_number(month) and _is_number(year) else "",
            funding=_funding(extra.get("fundingSource", "")),
            wallet=bool(extra.get("paymentMethodVariant", "").partition("_")[2]),
            hold=TerminalHold(reference=reference, amount=amount),
            emv=_emv(extra),
        )

    def _time(self) -> str:
        moment = dt.datetime.fromtimestamp(self._now_ns() // NS_PER_S, dt.UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class _LostAnswerError(TerminalError):
    """The request may have come through; its answer did not."""


def _emv(extra: Mapping[str, str]) -> dict[str, str]:
    """Data objects from one TLV text, or from one field each; whatever else comes is left out."""
    found: dict[str, str] = {}
    if data := extra.get("emvData", ""):
        try:
            found = decode_tlv(bytes.fromhex(data))
        except (EmvError, ValueError):
            found = {}
    for name, tag in (("applicationCryptogram", "9F26"), ("AID", "84"), ("tvr", "95")):
        if extra.get(name):
            found.setdefault(tag, extra[name])
    return tellable(found)


def _funding(text: str) -> str:
    word = text.lower()
    return word if word in ("credit", "debit", "prepaid") else "unknown"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4


def _service(reference: str) -> str:
    """Ten characters that name a message pair, made of what is unique already."""
    return hashlib.sha256(f"service/{reference}".encode()).hexdigest()[:10].upper()


def _shopper(reference: str) -> str:
    """A shopper's reference that is new for each entry, so that no visit is linked to another by it."""
    return "t" + hashlib.sha256(f"shopper/{reference}".encode()).hexdigest()[:31]
