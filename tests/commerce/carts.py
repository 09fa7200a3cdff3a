"""Shops with offers, and carts in them, as hypothesis makes them up: small enough to read, odd enough to be wrong."""

import msgspec
from hypothesis import strategies as st

from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import Offer, PriceEntry, Surcharge, offer_problems, price_problems
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.weighing import Weighed
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId
from tillfree.core.money import CURRENCY_EXPONENTS

__all__ = ["COUPON", "Case", "carts", "cases", "offers", "settings", "shop_of"]

COUPON = "CODE"
_IDS = tuple(map(ProductId, "abcdef"))
_TAGS = ("x", "y")
LOOSE = ProductId("loose")


def products() -> st.SearchStrategy[tuple[Product, ...]]:
    """Six products with prices, and one sold by weight."""

    def one(id_: ProductId) -> st.SearchStrategy[Product]:
        return st.builds(
            Product,
            id=st.just(id_),
            name=st.just(id_.upper()),
            price_minor=st.integers(0, 300) | st.integers(0, 10**6),
            tax_class=st.sampled_from(["standard", "food"]),
            tags=st.lists(st.sampled_from(_TAGS), unique=True, max_size=2).map(tuple),
        )

    loose = st.builds(
        Product,
        id=st.just(LOOSE),
        name=st.just("Loose"),
        price_minor=st.integers(0, 5000),
        tax_class=st.just("food"),
        sold_by=st.just("weight"),
        tags=st.lists(st.sampled_from(_TAGS), unique=True, max_size=2).map(tuple),
    )
    return st.tuples(*map(one, _IDS), loose)


_ANY = {
    "products": st.lists(st.sampled_from((*_IDS, LOOSE)), unique=True, max_size=3).map(tuple),
    "tags": st.lists(st.sampled_from(_TAGS), unique=True, max_size=1).map(tuple),
    "except_tags": st.lists(st.sampled_from(_TAGS), unique=True, max_size=1).map(tuple),
    "priority": st.integers(-1, 1),
    "limit": st.integers(0, 3),
    "coupon": st.sampled_from(["", "", "", COUPON, "OTHER"]),
    "loyalty": st.booleans(),
    "at_least": st.sampled_from([0, 0, 2]),
    "spend_minor": st.sampled_from([0, 0, 200]),
}
_NO_STEPS = {"at_least": st.just(0), "spend_minor": st.just(0)}


def offers(
    kinds: tuple[str, ...] = ("percent", "amount", "price", "multi_buy", "bundle"), *, steps: bool = True
) -> st.SearchStrategy[Offer]:
    """Offers that make sense; without `steps`, none that begins at so many units or so much money."""
    own: dict[str, dict[str, st.SearchStrategy[object]]] = {
        "percent": {"rate_ppm": st.integers(1, 1_000_000), "stackable": st.booleans()},
        "amount": {"amount_minor": st.integers(1, 500), "each": st.booleans(), "stackable": st.booleans()},
        "price": {"price_minor": st.integers(0, 300), "stackable": st.booleans()},
        "multi_buy": {"buy": st.integers(2, 4), "pay": st.integers(0, 3), "mix": st.booleans()},
        "bundle": {"buy": st.integers(1, 4), "price_minor": st.integers(0, 600), "mix": st.booleans()},
    }
    shared = {**_ANY, **({} if steps else _NO_STEPS)}
    made = st.one_of(
        *(
            st.builds(Offer, id=st.just("o"), name=st.just("Offer"), kind=st.just(kind), **shared, **own[kind])
            for kind in kinds
        )
    )
    return made.filter(lambda offer: not list(offer_problems(offer)))


surcharges = st.builds(
    Surcharge,
    id=st.just("s"),
    name=st.just("Surcharge"),
    kind=st.sampled_from(["deposit", "fee"]),
    amount_minor=st.integers(1, 50),
    tax_class=st.sampled_from(["standard", "food"]),
    tags=st.lists(st.sampled_from(_TAGS), unique=True, max_size=1).map(tuple),
    once=st.booleans(),
)
entries = st.builds(
    PriceEntry,
    product=st.sampled_from(_IDS),
    price_minor=st.integers(0, 400),
    store=st.sampled_from(["", "Shop", "Elsewhere"]),
    begin=st.sampled_from(["", "2025-06-01", "2026-01-01", "2026-06-01"]),
    end=st.sampled_from(["", "2026-01-01", "2026-12-31"]),
).filter(lambda entry: not list(price_problems(entry)))
rates = st.integers(0, 400_000)


@st.composite
def settings(draw: st.DrawFn) -> CommerceSettings:
    """Tax in any way: included or not, rounded anywhere, of one authority or of three."""
    authorities = {
        name: {tax_class: draw(rates) for tax_class in ("standard", "food")} for name in ("State", "County", "City")
    }
    return CommerceSettings(
        prices_include_tax=draw(st.booleans()),
        tax_rounding=draw(st.sampled_from(["line", "receipt"])),
        half_even=draw(st.booleans()),
        tax_direction=draw(st.sampled_from(["nearest", "down", "up"])),
        tax_rates_ppm={"standard": draw(rates), "food": draw(rates)},
        authorities_ppm=authorities,
        jurisdiction=tuple(draw(st.lists(st.sampled_from(sorted(authorities)), unique=True))),
    )


carts = st.lists(st.tuples(st.sampled_from(_IDS), st.integers(1, 6)), max_size=6, unique_by=lambda pair: pair[0]).map(
    lambda pairs: tuple(CartLine(product, quantity, 0.9) for product, quantity in pairs)
)


class Case(msgspec.Struct, frozen=True):
    """A shop, what it goes by, and a cart in it."""

    shop: Shop
    settings: CommerceSettings
    lines: tuple[CartLine, ...]
    weights: dict[ProductId, Weighed]
    loyalty: bool
    coupons: tuple[str, ...]


def shop_of(
    goods: tuple[Product, ...],
    offered: list[Offer],
    extra: tuple[Surcharge, ...] = (),
    prices: tuple[PriceEntry, ...] = (),
    currency: str = "EUR",
) -> Shop:
    """A shop with these; every offer gets an id of its own."""
    named = tuple(msgspec.structs.replace(offer, id=f"o{n}") for n, offer in enumerate(offered))
    return Shop("Shop", goods, (), (), currency=currency, prices=prices, offers=named, surcharges=extra)


_GOODS, _OFFERS, _SETTINGS = products(), st.lists(offers(), max_size=6), settings()
_SURCHARGES, _PRICES = st.lists(surcharges, max_size=1), st.lists(entries, max_size=3)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Everything at once."""
    shop = shop_of(
        draw(_GOODS),
        draw(_OFFERS),
        tuple(draw(_SURCHARGES)),
        tuple(draw(_PRICES)),
        draw(st.sampled_from(sorted(CURRENCY_EXPONENTS))),
    )
    lines = draw(carts)
    grams = draw(st.integers(0, 2000))
    weights = {LOOSE: Weighed(2, grams, 1.0)} if grams >= 100 else {}
    if weights:
        lines = (*lines, CartLine(LOOSE, 2, 0.9))
    return Case(shop, draw(settings()), lines, weights, draw(st.booleans()), draw(st.sampled_from([(), (COUPON,)])))
