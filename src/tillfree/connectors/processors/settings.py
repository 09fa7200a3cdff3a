"""Settings of the payment processor and its terminals; keys never stand here, only the names of their variables."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ["ProcessorSettings"]

_VARIABLE = "^[A-Za-z_][A-Za-z0-9_]*$"


class ProcessorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who takes the money, and the card terminals at the gates."""

    kind: Annotated[
        Literal["none", "simulated", "stripe", "adyen"],
        Meta(
            title="Processor",
            description="Who holds and takes the money. none: this store only makes receipts, and nobody pays. The "
            "simulated one moves no money, and says so on every page.",
        ),
    ] = "none"
    address: Annotated[
        str,
        Meta(
            title="Address",
            description="Where its API answers, such as https://api.stripe.com or the address that Adyen gave you; "
            "empty is Stripe's own, or Adyen's for tests.",
            max_length=200,
        ),
    ] = ""
    merchant_account: Annotated[
        str,
        Meta(title="Merchant account", description="Adyen's name of your account; Stripe needs none.", max_length=100),
    ] = ""
    key_variable: Annotated[
        str,
        Meta(
            title="Variable of the key",
            description="The environment variable that holds the key of the API.",
            pattern=_VARIABLE,
            max_length=100,
        ),
    ] = "TILLFREE_PROCESSOR_KEY"
    webhook_variable: Annotated[
        str,
        Meta(
            title="Variable of the webhook secret",
            description="The environment variable that holds the secret which webhooks are signed with.",
            pattern=_VARIABLE,
            max_length=100,
        ),
    ] = "TILLFREE_PROCESSOR_WEBHOOK_SECRET"
    timeout_ms: Annotated[
        int,
        Meta(
            title="Longest wait",
            description="So long one waits for an answer of the processor; then the same is asked again later.",
            ge=100,
            le=30_000,
            extra_json_schema={"x-unit": "ms"},
        ),
    ] = 8000
    webhook_age_s: Annotated[
        int,
        Meta(
            title="Oldest webhook",
            description="A webhook whose signature is older is refused, so that nobody can send an old one again.",
            ge=10,
            le=86_400,
            extra_json_schema={"x-unit": "s"},
        ),
    ] = 300
    terminal_address: Annotated[
        str,
        Meta(
            title="Address of the terminals",
            description="Where terminals are spoken to: Adyen's cloud, a terminal in the store, or empty for Stripe's.",
            max_length=200,
        ),
    ] = ""
    terminal_wait_s: Annotated[
        int,
        Meta(
            title="Longest wait for a card",
            description="So long a terminal waits for a card before it is asked anew.",
            ge=5,
            le=600,
            extra_json_schema={"x-unit": "s"},
        ),
    ] = 150
    terminals: Annotated[
        dict[
            Annotated[str, Meta(min_length=1, max_length=40)],
            Annotated[str, Meta(title="Terminal", description="The terminal of a gate.", min_length=1, max_length=100)],
        ],
        Meta(
            title="Terminals",
            description="The card terminal of each gate, as its maker calls it: V400m-346403161, or tmr_....",
        ),
    ] = msgspec.field(default_factory=dict)
