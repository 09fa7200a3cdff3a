"""A reader of Stripe Terminal, driven by the server: an intent is handed to it, and its outcome is asked for.

Facts: docs.stripe.com/terminal/payments/collect-card-payment (server-driven), docs.stripe.com/terminal/features/
incremental-authorizations, docs.stripe.com/terminal/features/saving-payment-details.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from tillfree.commerce.payments.processor import ProcessorRefusal, ProcessorUnavailable
from tillfree.connectors.processors.calls import Caller, Reply, object_in
from tillfree.connectors.processors.stripe import intent_answer, stripe_token
from tillfree.connectors.processors.stripe_amounts import to_stripe
from tillfree.connectors.terminals.taps import NoTap, TapResult, TerminalError
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.identity.credentials import CardTap, TerminalHold

__all__ = ["StripeReader"]

_EMV = {
    "application_cryptogram": "9F26",
    "dedicated_file_name": "84",
    "terminal_verification_results": "95",
    "transaction_status_information": "9B",
    "authorization_response_code": "8A",
    "application_preferred_name": "9F12",
}


class StripeReader:
    """One reader. `pause` waits some seconds between two questions, and returns early when the store is stopped."""

    def __init__(
        self,
        caller: Caller,
        reader: str,
        *,
        now_ns: Callable[[], int],
        pause: Callable[[float], object],
        wait_s: float = 150.0,
    ) -> None:
        self._caller, self._reader, self._now_ns, self._pause, self._wait_s = caller, reader, now_ns, pause, wait_s
        self._cancelled = threading.Event()

    def wait_for_tap(self, hold: Money, *, reference: str) -> TapResult:
        """Waits for a card and has that amount put aside. Raises as `Terminal.wait_for_tap`."""
        self._cancelled.clear()
        try:
            return self._wait(hold, reference)
        except (ProcessorUnavailable, ProcessorRefusal) as error:
            raise TerminalError(f"reader {self._reader}: {error}") from error

    def cancel(self) -> None:
        """Ends the waiting. Raises as `Terminal.cancel`."""
        self._cancelled.set()

    def _wait(self, hold: Money, reference: str) -> TapResult:
        # A customer for each entry: the token can be charged later, and no visit is linked to another by it.
        customer = str(self._good(self._post("/v1/customers", {}, f"{reference}/customer")).get("id", ""))
        minor, currency = to_stripe(hold)
        fields = {
            "amount": str(minor),
            "currency": currency,
            "payment_method_types[]": "card_present",
            "capture_method": "manual",
            "customer": customer,
            "setup_future_usage": "off_session",
            "payment_method_options[card_present][request_incremental_authorization_support]": "true",
            "payment_method_options[card_present][request_extended_authorization]": "true",
        }
        intent = str(self._good(self._post("/v1/payment_intents", fields, f"{reference}/intent")).get("id", ""))
        path = f"/v1/terminal/readers/{quote(self._reader, safe='')}"
        handed = {"payment_intent": intent, "process_config[allow_redisplay]": "limited"}
        self._good(self._post(f"{path}/process_payment_intent", handed, f"{reference}/process"))
        outcome = self._outcome(path, intent)
        if outcome.get("status") == "succeeded":
            return self._tap(intent, customer, hold)
        if outcome.get("status") == "in_progress":
            self._post(f"{path}/cancel_action", {}, f"{reference}/cancel")
            if (found := self._last_moment(intent, customer, hold)) is not None:
                return found
        self._post(f"/v1/payment_intents/{intent}/cancel", {}, f"{reference}/void")
        code = str(outcome.get("failure_code") or "")
        if code == "customer_canceled":
            return NoTap(reason="cancelled")
        if not code:
            return NoTap(reason="cancelled" if self._cancelled.is_set() else "nobody")
        return NoTap(reason="expired" if "expired" in code else "declined", code=code)

    def _outcome(self, path: str, intent: str) -> dict[str, Any]:
        until_ns = self._now_ns() + round(self._wait_s * NS_PER_S)
        while True:
            action = object_in(self._good(self._caller.call("GET", path)), "action")
            if object_in(action, "process_payment_intent").get("payment_intent") != intent:
                return {}
            if action.get("status") != "in_progress" or self._cancelled.is_set() or self._now_ns() >= until_ns:
                return action
            self._pause(0.5)

    def _last_moment(self, intent: str, customer: str, hold: Money) -> TapResult | None:
        """A card that was held to the reader just as the waiting ended counts."""
        found = self._good(self._caller.call("GET", f"/v1/payment_intents/{intent}"))
        return self._tap(intent, customer, hold) if found.get("status") == "requires_capture" else None

    def _tap(self, intent: str, customer: str, hold: Money) -> CardTap:
        body = self._good(
            self._caller.call("GET", f"/v1/payment_intents/{intent}", params={"expand[]": "latest_charge"})
        )
        answer = intent_answer("", body)
        details = object_in(body, "latest_charge", "payment_method_details", "card_present")
        receipt = object_in(details, "receipt")
        year, month = details.get("exp_year"), details.get("exp_month")
        generated = str(details.get("generated_card") or "")
        return CardTap(
            terminal=self._reader,
            # Without a generated card the hold is all there is; nothing can be charged later.
            token=stripe_token(customer, generated) if generated else "",
            fingerprint=str(details.get("fingerprint") or ""),
            brand=str(details.get("brand") or ""),
            last4=str(details.get("last4") or ""),
            expires=f"{year:04d}-{month:02d}" if isinstance(year, int) and isinstance(month, int) else "",
            funding=str(details.get("funding") or "unknown"),
            wallet=details.get("wallet") is not None,
            hold=TerminalHold(reference=answer.reference, amount=answer.amount or hold, expires_ns=answer.expires_ns),
            emv={tag: str(receipt[name]) for name, tag in _EMV.items() if receipt.get(name)},
        )

    def _post(self, path: str, fields: Mapping[str, str], key: str) -> Reply:
        headers = {"Idempotency-Key": key, "Content-Type": "application/x-www-form-urlencoded"}
        return self._caller.call("POST", path, content=urlencode(fields).encode(), headers=headers)

    def _good(self, reply: Reply) -> dict[str, Any]:
        if not reply.is_good:
            error = object_in(reply.body, "error")
            code, message = error.get("code", ""), error.get("message", "")
            raise TerminalError(f"reader {self._reader}: {reply.status} {code}: {message}")
        return reply.body
