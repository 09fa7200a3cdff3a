"""What accounts and palms are linked to, as it was put into the store's own database."""

import msgspec

from tillfree.identity.badges import LinkUse, PalmLink
from tillfree.storage.database.accounts import Accounts

__all__ = ["KeptAccounts"]

_encoder = msgspec.msgpack.Encoder(order="deterministic")


class KeptAccounts:
    """Behind the protocol `PalmLinks`. Methods may be called by any thread."""

    def __init__(self, database: Accounts) -> None:
        self._database = database

    def link(self, account: str, use: LinkUse = "enter", chosen: str = "") -> PalmLink | None:  # noqa: ARG002
        """The link of an account, for every use; None where nothing is linked to it.

        An account has one card, so that none is found where another one is asked for.
        """
        record = None if chosen else self._database.account(account)
        return None if record is None else msgspec.msgpack.decode(record, type=PalmLink)

    def set(self, account: str, link: PalmLink) -> None:
        """Links something to an account, in the place of what was."""
        self._database.set_account(account, _encoder.encode(link))

    def remove(self, account: str) -> bool:
        """Forgets an account; False where nothing was linked to it."""
        return self._database.remove_account(account)
