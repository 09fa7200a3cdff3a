"""The till of a simulated shop: the very same, but that it knows with which card an account of the app is paid."""

from collections.abc import Callable
from typing import Any

import msgspec

from tillfree.commerce.trips import Payer, Trip
from tillfree.store.till.till import Till

__all__ = ["SimulatedTill"]


class SimulatedTill(Till):
    """Instead of the app of a retailer, who would charge accounts by its own ways."""

    def __init__(self, *args: Any, payer_of: Callable[[str], Payer | None], **more: Any) -> None:
        self._payer_of = payer_of
        super().__init__(*args, **more)

    def open(self, trip: Trip, payer: Payer) -> Trip:
        """As of the till; an account is paid by the card in it."""
        if payer.kind == "account" and not payer.token:
            card = self._payer_of(payer.account)
            if card is not None:
                payer = msgspec.structs.replace(
                    payer, kind="card", token=card.token, brand=card.brand, last4=card.last4, loyalty=card.loyalty
                )
        return super().open(trip, payer)
