"""The pages of the console in the order of its menu."""

from typing import TYPE_CHECKING

import msgspec

from tillfree.web.roles import Permission
from tillfree.web.texts import later

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["PLACES", "Place", "places_for"]


class Place(msgspec.Struct, frozen=True):
    """One entry of the menu; `icon` names a symbol of static/icons.svg."""

    path: str
    title: str
    icon: str
    need: Permission


PLACES: tuple[Place, ...] = (
    Place("/", later("Live"), "live", "live.see"),
    Place("/gate", later("Gate"), "gate", "gate.see"),
    Place("/palms", later("Palms"), "palms", "palms.see"),
    Place("/visits", later("Visits"), "visits", "visits.see"),
    Place("/trips", later("Trips"), "trips", "payments.see"),
    Place("/review", later("Review"), "review", "review.decide"),
    Place("/disputes", later("Disputes"), "disputes", "disputes.decide"),
    Place("/catalogue", later("Catalogue"), "catalogue", "catalogue.see"),
    Place("/planogram", later("Planogram"), "planogram", "catalogue.see"),
    Place("/stock", later("Stock"), "stock", "stock.see"),
    Place("/devices", later("Devices"), "devices", "devices.see"),
    Place("/ledger", later("Ledger"), "ledger", "payments.see"),
    Place("/reports", later("Reports"), "reports", "reports.see"),
    Place("/integrations", later("Integrations"), "integrations", "integrations.change"),
    Place("/audit", later("Audit log"), "audit", "audit.see"),
    Place("/staff", later("Staff"), "staff", "staff.change"),
)


def places_for(ask: "Ask") -> list[Place]:
    """What the reader's role has in its menu."""
    shown = ask.console.shown
    return [place for place in PLACES if ask.may(place.need) and (shown is None or place.path in shown)]
