"""Readers of Stripe Terminal in the mock: an intent is handed to one, and somebody holds a card to it. Not Stripe."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from tillfree.simulation.payments.cards import SimulatedCard
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.simulation.payments.stripe_account import ApiError, StripeAccount, only_known

__all__ = ["StripeReaders"]

_PROCESS = frozenset(
    {"payment_intent", "process_config[enable_customer_cancellation]", "process_config[allow_redisplay]"}
)


class _Reader(msgspec.Struct, kw_only=True):
    """A reader at a gate, and what it is doing."""

    id: str
    online: bool = True
    status: str = ""
    intent: str = ""
    failure: str = ""


class StripeReaders(StripeAccount):
    """What the API does with readers."""

    def __init__(self, processor: SimulatedProcessor, now_ns: Callable[[], int]) -> None:
        super().__init__(processor, now_ns)
        self._readers: dict[str, _Reader] = {}

    def add_reader(self, reader: str) -> None:
        """A reader that stands at a gate."""
        self._readers[reader] = _Reader(id=reader)

    def set_online(self, reader: str, online: bool) -> None:
        """Whether a reader has a network."""
        self._readers[reader].online = online

    def present(self, reader: str, card: SimulatedCard, emv: Mapping[str, str] | None = None) -> None:
        """Somebody holds a card to a reader that waits for one."""
        with self._lock:
            waiting = self._readers[reader]
            assert waiting.status == "in_progress"
            intent = self._intents[waiting.intent]
            intent.card, intent.emv = card, dict(emv or {})
            self._processor.add_card(card)
            try:
                self._authorise(intent, "authorise", f"{intent.id}/tap", card.token)
            except ApiError as error:
                waiting.status, waiting.failure = "failed", str(error.body["error"].get("decline_code", ""))
            else:
                waiting.status = "succeeded"

    def refuse_card(self, reader: str) -> None:
        """The shopper presses the red key."""
        self._readers[reader].status = "failed"
        self._readers[reader].failure = "customer_canceled"

    def _reader(self, request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, frozenset())
        return self._shown_reader(self._known_reader(request))

    def _known_reader(self, request: Request) -> _Reader:
        reader = self._readers.get(request.path_params["id"])
        if reader is None:
            raise ApiError(404, "resource_missing", "No such terminal reader")
        return reader

    def _process(self, request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, _PROCESS)
        reader = self._known_reader(request)
        if not reader.online:
            raise ApiError(400, "terminal_reader_offline", "Reader is currently offline")
        if reader.status == "in_progress":
            raise ApiError(400, "terminal_reader_busy", "Reader is currently busy")
        reader.intent, reader.status, reader.failure = self._intent(fields["payment_intent"]).id, "in_progress", ""
        return self._shown_reader(reader)

    def _cancel_action(self, request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, frozenset())
        reader = self._known_reader(request)
        reader.status, reader.intent = "", ""
        return self._shown_reader(reader)

    def _shown_reader(self, reader: _Reader) -> dict[str, Any]:
        action = {
            "type": "process_payment_intent",
            "status": reader.status,
            "failure_code": reader.failure or None,
            "process_payment_intent": {"payment_intent": reader.intent},
        }
        return {
            "id": reader.id,
            "object": "terminal.reader",
            "status": "online" if reader.online else "offline",
            "action": action if reader.status else None,
        }
