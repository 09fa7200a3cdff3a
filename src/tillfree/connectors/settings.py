"""Settings of the ways to other systems; secrets never stand here, only the names of environment variables."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tillfree.connectors.retailer.settings import RetailerSettings

__all__ = ["MailSettings", "RetailerSettings", "WebhookSettings"]


class MailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Receipts by e-mail."""

    host: Annotated[
        str,
        Meta(
            title="Mail server",
            description="Name of the server that takes our e-mails; empty where none are sent.",
            max_length=253,
        ),
    ] = ""
    port: Annotated[
        int,
        Meta(
            title="Port",
            description="587 with STARTTLS, 465 with TLS, on most servers.",
            ge=1,
            le=65535,
            extra_json_schema={"x-unit": "port"},
        ),
    ] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(
            title="Security",
            description="STARTTLS on a plain connection, TLS from the first byte, or none (a server on this machine).",
        ),
    ] = "starttls"
    user: Annotated[
        str, Meta(title="User", description="Whom the server knows us as; empty without sign-in.", max_length=254)
    ] = ""
    password_env: Annotated[
        str,
        Meta(
            title="Password",
            description="Name of the environment variable that holds the password.",
            min_length=1,
            max_length=100,
        ),
    ] = "TILLFREE_MAIL_PASSWORD"  # noqa: S105  a name of it
    from_address: Annotated[
        str, Meta(title="From", description="The address that e-mails come from.", max_length=254)
    ] = ""
    from_name: Annotated[
        str, Meta(title="Sender's name", description="The name beside that address.", max_length=100)
    ] = ""
    timeout_s: Annotated[
        float,
        Meta(
            title="Patience",
            description="So long the server may take for an answer.",
            ge=0.1,
            le=300.0,
            extra_json_schema={"x-unit": "s"},
        ),
    ] = 15.0
    first_wait_s: Annotated[
        int,
        Meta(
            title="First wait",
            description="What could not be sent is tried again after so long, then after twice that, and so on up to "
            "an hour.",
            ge=1,
            le=3600,
            extra_json_schema={"x-unit": "s"},
        ),
    ] = 30
    tries_max: Annotated[
        int,
        Meta(
            title="Tries",
            description="After so many tries an e-mail is given up, and its address erased.",
            ge=1,
            le=1000,
            extra_json_schema={"x-unit": "tries"},
        ),
    ] = 60


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
