"""What goods cost beyond their shelf price: prices for a time, offers, deposits and fees. Plain data, checked here."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from tillfree.catalog.periods import Timed, period_problems
from tillfree.core.ids import ProductId

__all__ = ["PRICE_MAX", "Offer", "PriceEntry", "Surcharge", "offer_problems", "price_problems", "surcharge_problems"]

PRICE_MAX = 10**15
MANY_MAX = 10_000
_PPM = 1_000_000
_GROUP_MAX = 1000
_PRIORITY_MAX = 1000
_TEXT_MAX = 100

Id = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=_TEXT_MAX)]
Word = Annotated[str, Meta(min_length=1, max_length=80)]
Amount = Annotated[int, Meta(ge=0, le=PRICE_MAX)]
Count = Annotated[int, Meta(ge=0, le=_GROUP_MAX)]


class PriceEntry(Timed, frozen=True, kw_only=True, omit_defaults=True):
    """A price of one product in place of its shelf price: for a time, in one store, or both.

    Of several in force, one for this very store comes before one for all; then the one that began last; then the
    lowest.
    """

    product: ProductId
    price_minor: Amount
    store: str = ""


class Offer(Timed, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What makes a cart cheaper.

    `kind`:

    * "percent": `rate_ppm` off;
    * "amount": `amount_minor` off, once, or off every unit with `each`;
    * "price": one unit (or kilogram) costs `price_minor`, where that is less;
    * "multi_buy": of every `buy` units only the `pay` dearest are paid;
    * "bundle": every `buy` units cost `price_minor` together.

    It is about `products` and whatever has one of `tags`; where both are empty, about everything. What has one of
    `except_tags` never takes part. With `mix`, units of different products count together.

    Conditions: `coupon` must have been shown, the payer needs a `loyalty` account, it holds in `stores` only (empty:
    in all), for `at_least` units, and from `spend_minor` on, as far as the goods that it is about cost that.
    `limit` is how often at most it is applied in one trip (0: as often as it fits): groups of a multi-buy or bundle,
    else units, the dearest first.

    Conflicts: a unit has at most one offer that is not `stackable`. Higher `priority` comes first; among equals, the
    shopper gets the best. Stackable ones come afterwards, on what is then left of the price.
    """

    id: Id
    name: Name
    kind: Literal["percent", "amount", "price", "multi_buy", "bundle"]
    products: tuple[Word, ...] = ()
    tags: tuple[Word, ...] = ()
    except_tags: tuple[Word, ...] = ()
    rate_ppm: Annotated[int, Meta(ge=0, le=_PPM)] = 0
    amount_minor: Amount = 0
    price_minor: Amount = 0
    each: bool = False
    buy: Count = 0
    pay: Count = 0
    mix: bool = False
    coupon: Annotated[str, Meta(max_length=64)] = ""
    loyalty: bool = False
    stores: tuple[Name, ...] = ()
    at_least: Count = 0
    spend_minor: Amount = 0
    limit: Count = 0
    priority: Annotated[int, Meta(ge=-_PRIORITY_MAX, le=_PRIORITY_MAX)] = 0
    stackable: bool = False


class Surcharge(Timed, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is paid on top of goods: a "deposit" on a bottle, a "fee" on a bag or on a whole trip.

    It is due for each unit of `products` and of what has one of `tags`, or with `once` one time for a trip that has
    any of them; where both are empty, of everything. `tax_class` empty means that of the goods themselves. No offer
    makes it cheaper.
    """

    id: Id
    name: Name
    kind: Literal["deposit", "fee"]
    amount_minor: Amount
    tax_class: Annotated[str, Meta(max_length=40)] = ""
    products: tuple[Word, ...] = ()
    tags: tuple[Word, ...] = ()
    stores: tuple[Name, ...] = ()
    once: bool = False


# ---- checks -----------------------------------------------------------------------------------------------------


def price_problems(entry: PriceEntry) -> Iterator[str]:
    """What is wrong with an entry of the price list, in words."""
    if not entry.product:
        yield "it names no product"
    if not 0 <= entry.price_minor <= PRICE_MAX:
        yield f"price_minor {entry.price_minor} is not within 0 to {PRICE_MAX}"
    yield from period_problems(entry)


def offer_problems(offer: Offer) -> Iterator[str]:
    """What is wrong with an offer, in words: a field that its kind needs, or one that means nothing to it."""
    yield from _lists(offer)
    yield from period_problems(offer)
    groups = offer.kind in ("multi_buy", "bundle")
    needs = {
        "rate_ppm": offer.kind == "percent",
        "amount_minor": offer.kind == "amount",
        "buy": groups,
        "pay": False,
        "each": False,
        "mix": False,
    }
    for field, needed in needs.items():
        if needed and not getattr(offer, field):
            yield f"an offer of kind {offer.kind} needs {_FILE_NAMES.get(field, field)} above 0"
    means = {
        "rate_ppm": offer.kind == "percent",
        "amount_minor": offer.kind == "amount",
        "price_minor": offer.kind in ("price", "bundle"),
        "each": offer.kind == "amount",
        "buy": groups,
        "pay": offer.kind == "multi_buy",
        "mix": groups,
    }
    for field, meant in means.items():
        if not meant and getattr(offer, field):
            yield f"{_FILE_NAMES.get(field, field)} means nothing to an offer of kind {offer.kind}; leave it out"
    if groups and offer.buy == 1 and offer.kind == "multi_buy":
        yield "buy must be 2 or more"
    if offer.kind == "multi_buy" and offer.pay >= max(offer.buy, 1):
        yield f"pay {offer.pay} of {offer.buy} is no offer: pay must be less than buy"
    if groups and offer.stackable:
        yield f"an offer of kind {offer.kind} cannot be stackable: its units would be in two groups"


_FILE_NAMES = {"rate_ppm": "percent", "amount_minor": "amount", "price_minor": "price", "spend_minor": "spend"}


def surcharge_problems(surcharge: Surcharge) -> Iterator[str]:
    """What is wrong with a deposit or fee, in words."""
    yield from _lists(surcharge)
    yield from period_problems(surcharge)
    if surcharge.amount_minor < 1:
        yield "amount must be above 0"
    if surcharge.once and not surcharge.tax_class:
        yield "one that is due once for a trip needs a tax_class of its own"


def _lists(thing: Offer | Surcharge) -> Iterator[str]:
    for field in ("products", "tags", "stores"):
        if len(getattr(thing, field)) > MANY_MAX:
            yield f"{len(getattr(thing, field))} {field}, where {MANY_MAX} is the most; use a tag"
