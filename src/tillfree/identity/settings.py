"""Settings of the gate."""

import msgspec

__all__ = ["EntrySettings"]


class EntrySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may come in."""
