"""A simulated card terminal at a gate: speaks Sale to POI in JSON over HTTP, and reads cards that do not exist.

The number of a card never leaves it: what it tells is a token, a fingerprint, four digits, and those EMV objects that
a receipt may need.
"""

import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tillfree.commerce.payments.processor import Answer, Order, Processor, ProcessorRefusal, ProcessorUnavailable
from tillfree.connectors.terminals.emv import encode_tlv, tellable
from tillfree.connectors.terminals.nexo import amount_number, read_amount, response_to
from tillfree.core.ids import PaymentId
from tillfree.core.money import Money
from tillfree.core.time import format_utc
from tillfree.simulation.payments.cards import SimulatedCard
from tillfree.simulation.payments.chip import chip_objects

__all__ = ["SimulatedTerminal"]

_TRIES = 4
_BODY_BYTES_MAX = 100_000


class _Payment(msgspec.Struct):
    """One request that waits for a card, or its answer."""

    service: str
    card: SimulatedCard | None = None
    end: str = ""
    answer: dict[str, Any] | None = None


class SimulatedTerminal:
    """One terminal. `processor` is asked for the hold, as a real terminal asks its acquirer; `wait_s` ends a wait.

    `present`, `press_cancel` and `lose_answers` are what a test or a demo does at the gate.
    """

    def __init__(
        self,
        poi: str,
        processor: Processor,
        now_ns: Callable[[], int],
        *,
        seed: int = 0,
        wait_s: float = 60.0,
        key: str = "",
    ) -> None:
        self.poi = poi
        self._processor, self._now_ns, self._seed, self._wait_s, self._key = processor, now_ns, seed, wait_s, key
        self._payments: dict[str, _Payment] = {}
        self._waiting: _Payment | None = None
        self._changed = threading.Condition()
        self._counters: dict[str, int] = {}
        self._lost = 0

    def app(self) -> Starlette:
        """The application to serve: `/nexo` as a terminal in the store, `/sync` as the cloud of one."""
        return Starlette(routes=[Route(path, self._endpoint(), methods=["POST"]) for path in ("/nexo", "/sync")])

    # ---- what happens at the gate -------------------------------------------------------------------------------

    def wait_until_asked(self, timeout_s: float = 10.0) -> bool:
        """Waits until the terminal waits for a card; false if it does not."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting is not None, timeout_s)

    def present(self, card: SimulatedCard) -> None:
        """Somebody holds a card, or a wallet, to the terminal; without effect where it waits for none."""
        self._wake(lambda payment: setattr(payment, "card", card))

    def press_cancel(self) -> None:
        """The red key."""
        self._wake(lambda payment: setattr(payment, "end", "Cancel"))

    def lose_answers(self, count: int) -> None:
        """The next answers get lost on the line; what they answer was done."""
        self._lost = count

    def _wake(self, change: Callable[[_Payment], None]) -> None:
        with self._changed:
            if self._waiting is not None:
                change(self._waiting)
                self._changed.notify_all()

    # ---- the protocol -------------------------------------------------------------------------------------------

    def _endpoint(self) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if self._key and request.headers.get("x-api-key") != self._key:
                return JSONResponse({"status": 401}, 401)
            body = await request.body()
            answer = None
            if len(body) <= _BODY_BYTES_MAX:
                answer = await run_in_threadpool(self.answer, body)
            if answer is None:
                return JSONResponse({"errors": ["no Sale to POI request for this terminal"]}, 400)
            if self._lost > 0:
                self._lost -= 1
                return JSONResponse({}, 502)
            return JSONResponse(answer)

        return endpoint

    def answer(self, body: bytes) -> dict[str, Any] | None:
        """The answer to a message; None where it is no request for this terminal."""
        try:
            message = msgspec.json.decode(body)
            inner = message["SaleToPOIRequest"]
            header = inner["MessageHeader"]
            category = str(header["MessageCategory"])
            content = inner[f"{category}Request"]
            good = header["POIID"] == self.poi and header["ProtocolVersion"] == "3.0" and len(header["ServiceID"]) <= 10
        except (msgspec.DecodeError, KeyError, TypeError, RecursionError):
            return None
        acts: dict[str, Callable[[Mapping[str, Any], Any], dict[str, Any]]] = {
            "Payment": self._pay,
            "Abort": self._abort,
            "TransactionStatus": self._status,
        }
        act = acts.get(category)
        if not good or act is None or not isinstance(content, dict):
            return None
        return response_to(message, act(header, content))

    def _pay(self, header: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
        wanted = content.get("PaymentTransaction", {}).get("AmountsReq", {})
        amount = read_amount(wanted.get("RequestedAmount"), wanted.get("Currency"))
        sale = content.get("SaleData", {})
        transaction = sale.get("SaleTransactionID", {})
        acquirer = dict(parse_qsl(str(sale.get("SaleToAcquirerData", ""))))
        if amount is None or amount.minor <= 0 or not transaction.get("TransactionID"):
            return _failure("MessageFormat", {"message": "amount or transaction missing"})
        if acquirer.get("authorisationType") != "PreAuth" or not acquirer.get("shopperReference"):
            return _failure("MessageFormat", {"message": "the simulated terminal makes pre-authorisations only"})
        service = str(header["ServiceID"])
        with self._changed:
            known = self._payments.get(service)
            if known is not None:
                return known.answer or _failure("InProgress", {})
            if self._waiting is not None:
                return _failure("Busy", {})
            payment = self._waiting = self._payments[service] = _Payment(service)
            self._changed.notify_all()
            self._changed.wait_for(lambda: payment.card is not None or payment.end, self._wait_s)
            self._waiting = None
            if payment.end or payment.card is None:
                payment.answer = _failure(payment.end or "Aborted", {})
                return payment.answer
            card = payment.card
        payment.answer = self._hold(card, amount, str(transaction["TransactionID"]), transaction)
        return payment.answer

    def _hold(
        self, card: SimulatedCard, amount: Money, reference: str, transaction: Mapping[str, Any]
    ) -> dict[str, Any]:
        if f"{card.expires}-99" < format_utc(self._now_ns())[:10]:
            return _failure("Refusal", {"refusalReason": "EXPIRED_CARD"})
        counter = self._counters[card.number] = self._counters.get(card.number, 0) + 1
        objects = chip_objects(card, amount, counter=counter, time_ns=self._now_ns(), seed=self._seed, serial=self.poi)
        answer = self._authorise(
            Order(
                key=f"{self.poi}/{reference}",
                kind="authorise",
                payment=PaymentId(reference),
                amount=amount,
                token=card.token,
            )
        )
        if answer is None:
            return _failure("UnreachableHost", {"refusalReason": "ISSUER_UNAVAILABLE"})
        if answer.outcome != "approved":
            return _failure("Refusal", {"refusalReason": answer.code.upper() or "NOT_APPROVED"})
        held = answer.amount or amount
        return {
            "Response": {
                "Result": "Success" if held == amount else "Partial",
                "AdditionalResponse": urlencode(_told(card, objects, answer.reference)),
            },
            "SaleData": {"SaleTransactionID": dict(transaction)},
            "POIData": {
                "POITransactionID": {
                    "TransactionID": f"{self.poi}.{answer.reference}",
                    "TimeStamp": format_utc(self._now_ns()),
                }
            },
            "PaymentResult": {
                "PaymentType": "Normal",
                "OnlineFlag": True,
                "AmountsResp": {"Currency": held.currency, "AuthorizedAmount": amount_number(held)},
                "PaymentInstrumentData": {
                    "PaymentInstrumentType": "Card",
                    "CardData": {
                        "PaymentBrand": card.brand,
                        "MaskedPan": "*" * (len(card.number) - 4) + card.last4,
                        "EntryMode": ["Tapped"],
                    },
                },
            },
        }

    def _authorise(self, order: Order) -> Answer | None:
        """Asks the acquirer some times with the same key; what stays without an answer is let go, if it was done."""
        for _ in range(_TRIES):
            try:
                answer = self._processor.ask(order)
            except ProcessorUnavailable:
                continue
            except ProcessorRefusal:
                return None
            if answer.outcome != "pending":
                return answer
        self._let_go(order)
        return None

    def _let_go(self, order: Order) -> None:
        """As well as it can: what a line that is down keeps from being let go ends with its time."""
        for _ in range(_TRIES):
            try:
                answer = self._processor.look_up(order.key)
                if answer is not None and answer.outcome == "approved":
                    key = f"{order.key}/void"
                    self._processor.ask(Order(key=key, kind="void", payment=order.payment, reference=answer.reference))
            except ProcessorUnavailable:
                continue
            return

    def _abort(self, _header: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
        service = str(content.get("MessageReference", {}).get("ServiceID", ""))
        with self._changed:
            if self._waiting is not None and self._waiting.service == service:
                self._waiting.end = "Aborted"
                self._changed.notify_all()
                return {"Response": {"Result": "Success"}}
        return _failure("NotFound", {})

    def _status(self, _header: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
        reference = content.get("MessageReference", {})
        payment = self._payments.get(str(reference.get("ServiceID", "")))
        if payment is None:
            return _failure("NotFound", {})
        if payment.answer is None:
            return _failure("InProgress", {})
        return {
            "Response": {"Result": "Success"},
            "MessageReference": dict(reference),
            "RepeatedMessageResponse": {
                "MessageHeader": {"MessageCategory": "Payment", "ServiceID": payment.service, "POIID": self.poi},
                "RepeatedResponseMessageBody": {"PaymentResponse": payment.answer},
            },
        }


def _told(card: SimulatedCard, objects: Mapping[str, str], reference: str) -> dict[str, str]:
    year, month = card.expires.split("-")
    return {
        "pspReference": reference,
        "alias": card.fingerprint,
        "tokenization.storedPaymentMethodId": card.token,
        "cardSummary": card.last4,
        "expiryMonth": month,
        "expiryYear": year,
        "fundingSource": card.funding.upper(),
        "paymentMethod": card.brand,
        "paymentMethodVariant": f"{card.brand}_applepay" if card.wallet else card.brand,
        "emvData": encode_tlv(tellable(objects)).hex().upper(),
    }


def _failure(condition: str, extra: Mapping[str, str]) -> dict[str, Any]:
    response = {"Result": "Failure", "ErrorCondition": condition}
    if extra:
        response["AdditionalResponse"] = urlencode(extra)
    return {"Response": response}
