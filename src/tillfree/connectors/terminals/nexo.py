"""Messages of the nexo Sale to POI protocol 3.0 in JSON, in the shape that Adyen's Terminal API gives them.

Facts: docs.adyen.com/point-of-sale (design-your-integration/terminal-api, basic-tapi-integration, pre-authorisation,
recurring-payments, autonomous-stores). Amounts are decimal numbers of the currency, not smallest units.
"""

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from tillfree.connectors.terminals.taps import TerminalError
from tillfree.core.money import CURRENCY_EXPONENTS, Money, MoneyError

__all__ = [
    "abort_request",
    "additional_response",
    "amount_number",
    "body_of",
    "payment_request",
    "read_amount",
    "response_to",
    "status_request",
]

PROTOCOL = "3.0"
_SERVICE_MAX = 10
_ADDITIONAL_MAX = 20_000


def _request(category: str, service: str, sale: str, poi: str, body: Mapping[str, Any]) -> dict[str, Any]:
    if not 0 < len(service) <= _SERVICE_MAX:
        raise TerminalError(f"service id {service!r}: must have 1 to {_SERVICE_MAX} characters")
    header = {
        "ProtocolVersion": PROTOCOL,
        "MessageClass": "Service",
        "MessageCategory": category,
        "MessageType": "Request",
        "ServiceID": service,
        "SaleID": sale,
        "POIID": poi,
    }
    return {"SaleToPOIRequest": {"MessageHeader": header, f"{category}Request": dict(body)}}


def payment_request(
    *, service: str, sale: str, poi: str, reference: str, time: str, amount: Money, shopper: str
) -> dict[str, Any]:
    """Waits for a card and puts the amount aside (a pre-authorisation), with a token for later charges."""
    acquirer = "&".join(
        (
            "authorisationType=PreAuth",
            f"shopperReference={shopper}",
            "recurringProcessingModel=UnscheduledCardOnFile",
        )
    )
    return _request(
        "Payment",
        service,
        sale,
        poi,
        {
            "SaleData": {
                "SaleTransactionID": {"TransactionID": reference, "TimeStamp": time},
                "SaleToAcquirerData": acquirer,
                "TokenRequestedType": "Customer",
            },
            "PaymentTransaction": {
                "AmountsReq": {"Currency": amount.currency, "RequestedAmount": amount_number(amount)}
            },
            "PaymentData": {"PaymentType": "Normal"},
        },
    )


def abort_request(*, service: str, sale: str, poi: str, aborted: str) -> dict[str, Any]:
    """Ends a request that waits for a card."""
    return _request(
        "Abort",
        service,
        sale,
        poi,
        {
            "AbortReason": "MerchantAbort",
            "MessageReference": {"MessageCategory": "Payment", "SaleID": sale, "ServiceID": aborted},
        },
    )


def status_request(*, service: str, sale: str, poi: str, asked: str) -> dict[str, Any]:
    """What became of a request whose answer was lost."""
    return _request(
        "TransactionStatus",
        service,
        sale,
        poi,
        {
            "ReceiptReprintFlag": False,
            "MessageReference": {"MessageCategory": "Payment", "SaleID": sale, "ServiceID": asked},
        },
    )


def response_to(request: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a terminal to a request."""
    inner = request["SaleToPOIRequest"]
    header = {**inner["MessageHeader"], "MessageType": "Response"}
    return {"SaleToPOIResponse": {"MessageHeader": header, f"{header['MessageCategory']}Response": dict(body)}}


def body_of(message: object, category: str, service: str) -> dict[str, Any]:
    """The body of the answer to a request.

    Raises:
        TerminalError: it answers something else.
    """
    inner = message.get("SaleToPOIResponse") if isinstance(message, dict) else None
    header = inner.get("MessageHeader") if isinstance(inner, dict) else None
    body = inner.get(f"{category}Response") if isinstance(inner, dict) else None
    if not isinstance(header, dict) or not isinstance(body, dict):
        raise TerminalError(f"the terminal answered no {category}Response; is that a Sale to POI terminal?")
    if header.get("ServiceID") != service or header.get("MessageCategory") != category:
        raise TerminalError(f"the terminal answered {header.get('ServiceID')!r}, but was asked {service!r}")
    return body


def additional_response(text: object) -> dict[str, str]:
    """The fields of `AdditionalResponse`: a form (`a=1&b=2`), or JSON in Base64; nothing of what is neither."""
    if not isinstance(text, str) or len(text) > _ADDITIONAL_MAX:
        return {}
    try:
        data = msgspec.json.decode(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return dict(parse_qsl(text))
    inner = data.get("additionalData", data) if isinstance(data, dict) else {}
    return {str(key): str(value) for key, value in inner.items()} if isinstance(inner, dict) else {}


def amount_number(amount: Money) -> float | int:
    """The amount as a JSON number: whole where the currency has no decimals."""
    digits = CURRENCY_EXPONENTS[amount.currency]
    # The nearest double of a few digits prints as those digits again, and is read back exactly below.
    return float(Decimal(amount.minor).scaleb(-digits)) if digits else amount.minor


def read_amount(number: object, currency: object) -> Money | None:
    """The amount that a JSON number means; None where it is none."""
    if not isinstance(number, int | float) or isinstance(number, bool) or not isinstance(currency, str):
        return None
    try:
        return Money.parse(str(Decimal(repr(number))), currency)
    except (MoneyError, InvalidOperation):
        return None
