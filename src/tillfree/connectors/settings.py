"""Settings of the ways to other systems; secrets never stand here, only the names of environment variables."""

import msgspec

from tillfree.connectors.retailer.settings import RetailerSettings

__all__ = ["MailSettings", "RetailerSettings", "WebhookSettings"]


class MailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Receipts by e-mail."""


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Telling other systems what happened."""
