"""A palm at a till or a lane: whoever is recognised pays at once, by what they linked. Nobody pays on a guess."""

import dataclasses
from collections.abc import Callable, Sequence

from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Trip
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.identity.reasons import reason_text
from tillfree.store.entry.desk import EntryDesk, KnownPayer
from tillfree.store.palms.answers import PalmAnswer
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.policy import PALM_REASONS, Use
from tillfree.store.palms.recogniser import Sample
from tillfree.store.till.till import Till

__all__ = ["PalmSale", "PricedSale", "SaleWish", "pay_by_palm", "pay_on", "sale_message"]

_MESSAGES = {"": "Thank you", "cancelled": "This was not paid. Please try again."}


@dataclasses.dataclass(frozen=True, slots=True)
class PricedSale:
    """What is to be paid; `receipt` says for what, None where the till that asks prints its own."""

    total: Money
    receipt: Receipt | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SaleWish:
    """What a till wants paid: `trip` and `asked` are as in `Till.sell`, `station` is where the hand is held.

    `price` is asked when it is known who pays, since offers and ages depend on that. `chosen` is the card of theirs
    that they want to pay with, `pin` what they typed, `tapped` the fingerprint of a card that they tapped as well.
    """

    trip: TripId
    asked: str
    station: str
    price: Callable[[KnownPayer], PricedSale]
    reference: str = ""
    chosen: str = ""
    pin: str = ""
    tapped: str = ""
    still_wanted: Callable[[], bool] = lambda: True

    def __repr__(self) -> str:
        return f"SaleWish({self.trip} at {self.station})"


@dataclasses.dataclass(frozen=True, slots=True)
class PalmSale:
    """What became of it: `trip` is None where nobody was asked for money, and `reason` says why.

    `reason` is a word of `PALM_REASONS` or of the table of reasons at a gate.
    """

    reason: str = ""
    guidance: str = ""
    trip: Trip | None = None


def pay_by_palm(palms: PalmDesk, entry: EntryDesk, till: Till, wish: SaleWish, samples: Sequence[Sample]) -> PalmSale:
    """Recognises, asks what else has to be shown for the amount, and charges.

    Raises:
        TillfreeError: a card that is not theirs was chosen; what `price` raises; as `Till.sell`.
    """
    answer = palms.attend(samples, Use("pay", station=wish.station), by=wish.station)
    if not answer.allowed:
        return _refused(answer)
    known = entry.payer_of(palms.match(answer, "pay", wish.chosen))
    if known.reason:
        return PalmSale("not linked" if known.reason == "unknown" else known.reason)
    priced = wish.price(known)
    use = Use("pay", station=wish.station, amount_minor=max(0, priced.total.minor), pin=wish.pin, card=wish.tapped)
    reason = palms.may(answer.subject, use)
    if reason:
        return PalmSale(reason)
    opened = Trip(
        id=wish.trip,
        gate=wish.station,
        entry="palm",
        opened_ns=entry.now_ns(),
        language=known.payer.language,
        age_years=known.age_years,
        loyalty=bool(known.payer.loyalty),
        simulated=entry.simulated,
        reference=wish.reference,
        asked=wish.asked,
    )
    sold = till.sell(opened, known.payer, priced.total, priced.receipt, still_wanted=wish.still_wanted)
    return PalmSale(trip=sold)


def pay_on(till: Till, wish: SaleWish, begun: Trip, known: KnownPayer) -> PalmSale:
    """Goes on with a sale that was interrupted: the hand was judged when it began. Raises as `Till.sell`."""
    priced = wish.price(known)
    return PalmSale(trip=till.sell(begun, known.payer, priced.total, priced.receipt, still_wanted=wish.still_wanted))


def sale_message(reason: str) -> str:
    """What the display says; an empty reason is that it is paid."""
    return _MESSAGES.get(reason) or PALM_REASONS.get(reason) or reason_text(reason)


def _refused(answer: PalmAnswer) -> PalmSale:
    return PalmSale(answer.reason, answer.guidance)
