"""Settings of the ways to other systems; secrets never stand here, only the names of environment variables."""

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["MailSettings", "RetailerSettings", "WebhookSettings"]


class MailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Receipts by e-mail."""


class RetailerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The retailer's own systems: who asks whom for what."""


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Telling other systems what happened."""

    allow_private: Annotated[
        bool,
        Meta(
            title="Private addresses",
            description="Whether webhooks may go to addresses of this machine and of private networks. As it comes, "
            "they may not: whoever can make a webhook could reach devices that are nobody else's business.",
        ),
    ] = False
    allow_http: Annotated[
        bool,
        Meta(
            title="Without encryption",
            description="Whether webhooks may go to http:// addresses: what happened in the shop then travels "
            "readable.",
        ),
    ] = False
    timeout_s: Annotated[
        float,
        Meta(
            title="Patience",
            description="So long may a receiver take from the first byte of a message to the last of its answer.",
            ge=0.1,
            le=60,
            extra_json_schema={"x-unit": "s"},
        ),
    ] = 10.0
    give_up_h: Annotated[
        int,
        Meta(
            title="Giving up",
            description="A message that never got through is tried again for so long, then kept as a dead letter.",
            ge=1,
            le=720,
            extra_json_schema={"x-unit": "h"},
        ),
    ] = 72
    disable_after: Annotated[
        int,
        Meta(
            title="Dead letters in a row",
            description="After so many messages in a row that never got through, a webhook is switched off.",
            ge=1,
            le=10_000,
            extra_json_schema={"x-unit": "messages"},
        ),
    ] = 5
    kept_days: Annotated[
        int,
        Meta(
            title="Log of messages",
            description="Messages that were delivered or given up are kept so long, to look at or to send again.",
            ge=1,
            le=400,
            extra_json_schema={"x-unit": "d"},
        ),
    ] = 30
