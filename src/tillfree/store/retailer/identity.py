"""The retailer's systems at the gate: who shows a code, whether a card may enter, what a loyalty code brings."""

import logging
import re

import msgspec

from tillfree.commerce.trips import Payer, Trip
from tillfree.connectors.retailer.client import RetailerClient
from tillfree.connectors.retailer.errors import RetailerRefused, RetailerUnavailable
from tillfree.connectors.retailer.money import RiskMoney
from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.connectors.retailer.wire import (
    GateEvent,
    GetShopperAuthorization,
    Identity,
    Interaction,
    Recommendation,
    ScanDetails,
    stamp_of,
)
from tillfree.core.errors import TillfreeError
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.identity.credentials import ScannedCode
from tillfree.store.entry.asking import RetailerAnswer
from tillfree.store.retailer.purchases import auth_event_id, shopper_id, trip_on_wire

__all__ = ["Loyalty", "RetailerGate", "RiskAnswer"]

_ROLES = {"SHOPPER": "shopper", "ASSOCIATE": "associate", "CASH": "shopper", "LOYALTY": "shopper"}
_log = logging.getLogger(__name__)


class RiskAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a card may enter, and how much is to be held, where that is another amount than was said.

    `answered`: the retailer's system said so; else it is what the settings say for that.
    """

    admitted: bool
    hold: Money | None = None
    risks: tuple[str, ...] = ()
    answered: bool = True


class Loyalty(msgspec.Struct, frozen=True, kw_only=True):
    """What a loyalty code brings: the retailer's id of it, its programme, and the promotions it gives a right to."""

    id: str
    provider: str = ""
    promotions: tuple[str, ...] = ()


class RetailerGate:
    """Asks the retailer's connectors while somebody stands at the gate: one try, in the time that the gate has."""

    def __init__(self, client: RetailerClient, settings: RetailerSettings, *, timeout_s: float = 0.15) -> None:
        """`timeout_s` is how long a connector may take.

        Raises:
            TillfreeError: `retailer.code_pattern` is no regular expression.
        """
        self._client, self._settings, self._timeout_s = client, settings, timeout_s
        try:
            self._pattern = re.compile(settings.code_pattern) if settings.code_pattern else None
        except re.error as error:
            raise TillfreeError(
                f"retailer.code_pattern = {settings.code_pattern!r} is no regular expression: {error}; write it anew"
            ) from error

    @property
    def reads_codes(self) -> bool:
        """Whether it is to be asked about codes, and not about cards alone."""
        return self._settings.identifies == "retailer"

    # ---- codes ------------------------------------------------------------------------------------------------

    def verify(self, code: ScannedCode, gate: str, now_ns: int) -> RetailerAnswer | None:
        """Whom the retailer knows by a code; None where there was no answer in time."""
        if self._pattern is not None and not self._pattern.fullmatch(code.text):
            return RetailerAnswer(known=False)
        event = auth_event_id(self._settings.store_id, gate, now_ns)
        try:
            visitor = self._client.verify_identity(code.text, event, timeout_s=self._timeout_s)
        except RetailerRefused:
            return RetailerAnswer(known=False)
        except RetailerUnavailable as error:
            _log.warning("the retailer does not say who is at gate %s: %s", gate, error)
            return None
        role = _ROLES.get(visitor.type)
        if role is None:
            _log.warning("the retailer calls a visitor %r, which nobody knows here; the gate stays shut", visitor.type)
            return RetailerAnswer(known=False)
        return RetailerAnswer(
            known=True,
            id=visitor.id,
            role=role,
            loyalty=visitor.id if visitor.type == "LOYALTY" else "",
            cash=visitor.type == "CASH",
        )

    def find(self, code: str, *, phone: bool = False) -> RetailerAnswer | None:
        """Whom staff serve, by a code or a phone number; None where there was no answer."""
        try:
            visitor = self._client.shopper(code, phone=phone)
        except RetailerRefused:
            return RetailerAnswer(known=False)
        except RetailerUnavailable as error:
            _log.warning("the retailer does not say whom staff serve: %s", error)
            return None
        return RetailerAnswer(
            known=_ROLES.get(visitor.type) == "shopper",
            id=visitor.id,
            loyalty=visitor.id if visitor.type == "LOYALTY" else "",
        )

    # ---- cards ------------------------------------------------------------------------------------------------

    def may_enter(self, trip: Trip, payer: Payer, hold: Money, *, risks: tuple[str, ...] = ()) -> RiskAnswer:
        """Whether the retailer lets a card in; `risks` are this store's own findings, sent as advice."""
        if self._settings.risk == "none":
            return RiskAnswer(admitted=not risks, risks=risks)
        message = GetShopperAuthorization(
            store_id=self._settings.store_id,
            shopper_identity=Identity(id=shopper_id(trip, payer, self._settings)),
            authorized_amount=RiskMoney.of(hold),
            shopper_interaction=Interaction(
                shopping_trip_id=trip_on_wire(TripId(trip.id)),
                gate_authentication_event=GateEvent(
                    id=auth_event_id(self._settings.store_id, trip.gate, trip.opened_ns),
                    type="CREDIT_CARD",
                    interaction_type="TAP",
                    timestamp=stamp_of(trip.opened_ns),
                    location="ENTRY",
                ),
                recommendation=Recommendation(shopper_authorized=not risks, shopper_risks=risks),
            ),
        )
        try:
            said = self._client.authorise_shopper(message, timeout_s=self._timeout_s)
        except (RetailerRefused, RetailerUnavailable) as error:
            _log.warning("the retailer does not say whether a card may enter: %s", error)
            admitted = self._settings.risk == "recommendation" and not risks
            return RiskAnswer(admitted=admitted, risks=risks, answered=False)
        return RiskAnswer(
            admitted=said.shopper_authorized, hold=_adjusted(said, hold), risks=said.shopper_risks or risks
        )

    # ---- loyalty ----------------------------------------------------------------------------------------------

    def loyalty(self, code: str) -> Loyalty | None:
        """What a loyalty code brings; None where the retailer does not know it, or does not answer."""
        try:
            scan = self._client.resolve_scan(code, timeout_s=self._timeout_s)
            if scan.type != "LOYALTY":
                return None
            details = self._details(scan.id, self._client.scan_details(scan, timeout_s=self._timeout_s))
        except (RetailerRefused, RetailerUnavailable) as error:
            _log.warning("the retailer does not say what a loyalty code brings: %s", error)
            return None
        return details

    def _details(self, id_: str, details: ScanDetails) -> Loyalty:
        return Loyalty(id=id_, provider=details.provider, promotions=details.promotion_ids)


def _adjusted(said: Recommendation, hold: Money) -> Money | None:
    """The hold that the retailer wants; another currency than the store's is nothing that can be held."""
    for condition in said.authorization_conditions:
        if condition.type == "ADJUST" and condition.amount is not None:
            try:
                wanted = condition.amount.money()
            except TillfreeError:
                continue
            if wanted.currency == hold.currency and wanted.minor > 0 and wanted != hold:
                return wanted
    return None
