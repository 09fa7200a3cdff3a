"""Settings of payments."""

import msgspec

__all__ = ["PaymentSettings"]


class PaymentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is held, how long one waits, and what happens where money cannot be had."""
