"""Worked examples of prices, offers and tax: carts with what they must come to, worked out by hand.

One table for two readers: the tests run every case through the pricing of a store, and the documentation prints it.
"""

from collections.abc import Sequence

import msgspec

from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import Offer, PriceEntry, Surcharge
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.weighing import Weighed
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId, VisitId

__all__ = ["PRICE_CASES", "TAX_CASES", "WorkedCase", "receipt_of", "said_cart"]

NOON_NS = 1_767_268_800_000_000_000
"""2026-01-01 12:00 UTC, a Thursday."""
STORE = "Corner shop"
UNTAXED = CommerceSettings(tax_rates_ppm={"standard": 0, "food": 0})


class WorkedCase(msgspec.Struct, frozen=True, kw_only=True):
    """A cart, the rules, and what it comes to: texts of amounts, as they stand on a receipt.

    `off` says what is taken off each line of the cart, `parts` what each authority has of the tax.
    """

    title: str
    cart: dict[str, int]
    rule: str
    total: str
    net: str = ""
    tax: str = ""
    off: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    surcharges: tuple[Surcharge, ...] = ()
    prices: tuple[PriceEntry, ...] = ()
    settings: CommerceSettings = UNTAXED
    currency: str = "EUR"
    loyalty: bool = False
    coupons: tuple[str, ...] = ()
    grams: dict[str, int] = {}


def _goods(*rows: tuple[str, str, int, str, tuple[str, ...]]) -> tuple[Product, ...]:
    return tuple(
        Product(ProductId(id_), name, price_minor=price, tax_class=tax_class, tags=tags)
        for id_, name, price, tax_class, tags in rows
    )


GOODS = (
    *_goods(
        ("tea", "Tea", 249, "standard", ()),
        ("milk", "Milk", 119, "food", ()),
        ("cola", "Cola", 100, "standard", ("drink", "bottle", "lunch")),
        ("water", "Water", 80, "standard", ("drink", "bottle")),
        ("wine", "Wine", 899, "standard", ("alcohol",)),
        ("sandwich", "Sandwich", 350, "food", ("lunch",)),
        ("crisps", "Crisps", 180, "food", ("lunch",)),
        ("bag", "Bag", 30, "standard", ("bag",)),
        ("pen", "Pen", 5, "standard", ()),
        ("clip", "Clip", 5, "standard", ()),
        ("pin", "Pin", 5, "standard", ()),
        ("stamp", "Stamp", 50, "standard", ()),
        ("book", "Book", 999, "standard", ()),
    ),
    Product(ProductId("apples"), "Apples", 180.0, 20.0, price_minor=299, tax_class="food", sold_by="weight"),
)


def receipt_of(case: WorkedCase) -> Receipt:
    """What the program makes of a case."""
    shop = Shop(
        STORE, GOODS, (), (), currency=case.currency, prices=case.prices, offers=case.offers, surcharges=case.surcharges
    )
    lines = tuple(CartLine(ProductId(product), quantity, 0.99) for product, quantity in case.cart.items())
    weights = {ProductId(name): Weighed(case.cart[name], grams, 3.0) for name, grams in case.grams.items()}
    sale = Sale(
        visit=VisitId("v1"),
        time_ns=NOON_NS,
        lines=lines,
        probability=0.99,
        loyalty=case.loyalty,
        coupons=case.coupons,
        weights=weights,
    )
    return Pricing(shop, case.settings).receipt(sale)


# ---- prices and offers --------------------------------------------------------------------------------------------

_THREE_FOR_TWO = Offer(id="three", name="3 for 2", kind="multi_buy", products=("tea",), buy=3, pay=2)
_TEN = Offer(id="ten", name="10 % off tea", kind="percent", products=("tea",), rate_ppm=100_000)
_LUNCH = Offer(id="lunch", name="Lunch", kind="bundle", tags=("lunch",), buy=3, price_minor=500, mix=True)
_BOTTLE = Surcharge(id="bottle-025", name="Bottle deposit", kind="deposit", amount_minor=25, tags=("bottle",))
_LOYAL = Offer(id="loyal", name="Member price", kind="price", products=("tea",), price_minor=199, loyalty=True)
_COUPON = Offer(
    id="tea50", name="Tea coupon", kind="amount", products=("tea",), amount_minor=50, each=True, coupon="TEA50"
)
_SPEND = Offer(id="spend", name="5 off from 20", kind="amount", amount_minor=500, spend_minor=2000)


def _entry(product: str, price_minor: int, **more: object) -> PriceEntry:
    return msgspec.convert({"product": product, "price_minor": price_minor, **more}, PriceEntry)


PRICE_CASES: tuple[WorkedCase, ...] = (
    WorkedCase(title="Shelf price", cart={"tea": 2}, rule="the price of the catalogue", total="4.98"),
    WorkedCase(
        title="Price for a time",
        cart={"tea": 2},
        rule="1.99 from 1 to 31 January",
        prices=(_entry("tea", 199, **{"from": "2026-01-01", "until": "2026-01-31"}),),
        total="3.98",
    ),
    WorkedCase(
        title="Hours by the store's clock",
        cart={"cola": 3},
        rule="0.90 from 13:00 to 14:00 in Berlin, where it is 13:00",
        prices=(_entry("cola", 90, hours=["13:00-14:00"]),),
        settings=CommerceSettings(tax_rates_ppm={"standard": 0}, time_zone="Europe/Berlin"),
        total="2.70",
    ),
    WorkedCase(
        title="The store's own price",
        cart={"tea": 1},
        rule="1.99 in all stores, 2.29 in this one",
        prices=(_entry("tea", 199), _entry("tea", 229, store=STORE)),
        total="2.29",
    ),
    WorkedCase(
        title="Percentage",
        cart={"tea": 3},
        rule="10 % off tea: 0.747, rounded once",
        offers=(_TEN,),
        off=("0.75",),
        total="6.72",
    ),
    WorkedCase(
        title="Amount off each",
        cart={"milk": 2},
        rule="0.20 off each milk",
        offers=(Offer(id="m", name="Milk", kind="amount", products=("milk",), amount_minor=20, each=True),),
        off=("0.40",),
        total="1.98",
    ),
    WorkedCase(
        title="Loyalty price, with an account",
        cart={"tea": 2},
        rule="tea 1.99 for members",
        offers=(_LOYAL,),
        loyalty=True,
        off=("1.00",),
        total="3.98",
    ),
    WorkedCase(
        title="Loyalty price, without one",
        cart={"tea": 2},
        rule="tea 1.99 for members",
        offers=(_LOYAL,),
        off=("0.00",),
        total="4.98",
    ),
    WorkedCase(
        title="n for the price of m",
        cart={"tea": 4},
        rule="3 for 2; the fourth is paid",
        offers=(_THREE_FOR_TWO,),
        off=("2.49",),
        total="7.47",
    ),
    WorkedCase(
        title="At most once",
        cart={"tea": 6},
        rule="3 for 2, limit 1",
        offers=(msgspec.structs.replace(_THREE_FOR_TWO, limit=1),),
        off=("2.49",),
        total="12.45",
    ),
    WorkedCase(
        title="n for a price",
        cart={"tea": 3},
        rule="2 for 4.00; the third is paid",
        offers=(Offer(id="two", name="2 for 4", kind="bundle", products=("tea",), buy=2, price_minor=400),),
        off=("0.98",),
        total="6.49",
    ),
    WorkedCase(
        title="From so many units on",
        cart={"milk": 3},
        rule="15 % off milk from 3 on: 0.5355",
        offers=(Offer(id="m3", name="Milk", kind="percent", products=("milk",), rate_ppm=150_000, at_least=3),),
        off=("0.54",),
        total="3.03",
    ),
    WorkedCase(
        title="Mix, cheapest free",
        cart={"cola": 2, "water": 1},
        rule="3 drinks for 2: 0.80 off, shared out as 100 : 100 : 80",
        offers=(Offer(id="mix", name="Drinks", kind="multi_buy", tags=("drink",), buy=3, pay=2, mix=True),),
        off=("0.57", "0.23"),
        total="2.00",
    ),
    WorkedCase(
        title="Mix for a price",
        cart={"sandwich": 1, "crisps": 1, "cola": 1},
        rule="any 3 for lunch 5.00: 1.30 off, shared out as 350 : 180 : 100",
        offers=(_LUNCH,),
        off=("0.72", "0.37", "0.21"),
        total="5.00",
    ),
    WorkedCase(
        title="Whole basket, enough spent",
        cart={"wine": 2, "tea": 1},
        rule="5.00 off from 20.00 on: shared out as 899 : 899 : 249",
        offers=(_SPEND,),
        off=("4.39", "0.61"),
        total="15.47",
    ),
    WorkedCase(
        title="Whole basket, not enough spent",
        cart={"wine": 2},
        rule="5.00 off from 20.00 on",
        offers=(_SPEND,),
        off=("0.00",),
        total="17.98",
    ),
    WorkedCase(
        title="All but alcohol",
        cart={"wine": 1, "tea": 1},
        rule="10 % off everything without the tag alcohol",
        offers=(Offer(id="all", name="10 %", kind="percent", rate_ppm=100_000, except_tags=("alcohol",)),),
        off=("0.00", "0.25"),
        total="11.23",
    ),
    WorkedCase(
        title="Coupon, once a trip",
        cart={"tea": 2},
        rule="TEA50 shown twice: 0.50 off one tea",
        offers=(_COUPON,),
        coupons=("TEA50", "TEA50"),
        off=("0.50",),
        total="4.48",
    ),
    WorkedCase(
        title="Conflict: best for the shopper",
        cart={"tea": 3},
        rule="10 % off (0.75) or 3 for 2 (2.49)",
        offers=(_TEN, _THREE_FOR_TWO),
        off=("2.49",),
        total="4.98",
    ),
    WorkedCase(
        title="Conflict: what is left over",
        cart={"tea": 4},
        rule="3 for 2 (2.49), and 10 % off the fourth (0.25)",
        offers=(_TEN, _THREE_FOR_TWO),
        off=("2.74",),
        total="7.22",
    ),
    WorkedCase(
        title="Conflict: priority",
        cart={"tea": 3},
        rule="10 % off has priority 1, 3 for 2 has 0",
        offers=(msgspec.structs.replace(_TEN, priority=1), _THREE_FOR_TWO),
        off=("0.75",),
        total="6.72",
    ),
    WorkedCase(
        title="Stacked",
        cart={"tea": 3},
        rule="3 for 2 (2.49), then 10 % off what is left (0.498)",
        offers=(msgspec.structs.replace(_TEN, stackable=True), _THREE_FOR_TWO),
        off=("2.99",),
        total="4.48",
    ),
    WorkedCase(
        title="Deposit",
        cart={"cola": 2},
        rule="0.25 for each bottle",
        surcharges=(_BOTTLE,),
        total="2.50",
    ),
    WorkedCase(
        title="A deposit is never cheaper",
        cart={"cola": 2},
        rule="half price, and 0.25 for each bottle",
        offers=(Offer(id="half", name="Half", kind="percent", rate_ppm=500_000),),
        surcharges=(_BOTTLE,),
        off=("1.00",),
        total="1.50",
    ),
    WorkedCase(
        title="Bag fee",
        cart={"bag": 2, "tea": 1},
        rule="0.05 for each bag",
        surcharges=(Surcharge(id="bag-fee", name="Bag fee", kind="fee", amount_minor=5, tags=("bag",)),),
        total="3.19",
    ),
    WorkedCase(
        title="Fee once a trip",
        cart={"bag": 2, "tea": 1},
        rule="0.10 for a trip with any bag",
        surcharges=(
            Surcharge(
                id="bag-fee",
                name="Bag fee",
                kind="fee",
                amount_minor=10,
                tags=("bag",),
                once=True,
                tax_class="standard",
            ),
        ),
        total="3.19",
    ),
    WorkedCase(
        title="Goods sold by weight",
        cart={"apples": 2},
        rule="0.412 kg at 2.99 per kg: 1.23188",
        grams={"apples": 412},
        total="1.23",
    ),
    WorkedCase(
        title="Offer on goods sold by weight",
        cart={"apples": 2},
        rule="20 % off 1.23: 0.246",
        grams={"apples": 412},
        offers=(Offer(id="a", name="Apples", kind="percent", products=("apples",), rate_ppm=200_000),),
        off=("0.25",),
        total="0.98",
    ),
)

# ---- tax ----------------------------------------------------------------------------------------------------------

_VAT = CommerceSettings(prices_include_tax=True, tax_rates_ppm={"standard": 190_000, "food": 70_000, "none": 0})
_SALES = CommerceSettings(tax_rates_ppm={"standard": 72_500, "food": 0})
_STACK = CommerceSettings(
    authorities_ppm={
        "State": {"standard": 65_000, "food": 0},
        "County": {"standard": 2_500},
        "City": {"standard": 36_000},
        "Elsewhere": {"standard": 90_000},
    },
    jurisdiction=("State", "County", "City"),
)
_ON_LINES = CommerceSettings(tax_rates_ppm={"standard": 100_000}, tax_rounding="line")

TAX_CASES: tuple[WorkedCase, ...] = (
    WorkedCase(
        title="Included, one rate",
        cart={"tea": 1},
        rule="19/119 of 2.49 is 0.3976",
        settings=_VAT,
        net="2.09",
        tax="0.40",
        total="2.49",
    ),
    WorkedCase(
        title="Included, two rates",
        cart={"tea": 2, "milk": 3},
        rule="19/119 of 4.98 is 0.7951, 7/107 of 3.57 is 0.2336",
        settings=_VAT,
        net="7.52",
        tax="1.03",
        total="8.55",
    ),
    WorkedCase(
        title="Added",
        cart={"cola": 1},
        rule="7.25 % of 1.00 is 0.0725",
        settings=_SALES,
        net="1.00",
        tax="0.07",
        total="1.07",
    ),
    WorkedCase(
        title="Rounded on the receipt",
        cart={"pen": 1, "clip": 1, "pin": 1},
        rule="10 % of 0.15 is 0.015",
        settings=CommerceSettings(tax_rates_ppm={"standard": 100_000}),
        net="0.15",
        tax="0.02",
        total="0.17",
    ),
    WorkedCase(
        title="Rounded on each line",
        cart={"pen": 1, "clip": 1, "pin": 1},
        rule="three times 10 % of 0.05, which is 0.005",
        settings=_ON_LINES,
        net="0.15",
        tax="0.03",
        total="0.18",
    ),
    WorkedCase(
        title="Half goes up",
        cart={"stamp": 1},
        rule="5 % of 0.50 is 0.025",
        settings=CommerceSettings(tax_rates_ppm={"standard": 50_000}),
        net="0.50",
        tax="0.03",
        total="0.53",
    ),
    WorkedCase(
        title="Half to even",
        cart={"stamp": 1},
        rule="5 % of 0.50 is 0.025",
        settings=CommerceSettings(tax_rates_ppm={"standard": 50_000}, half_even=True),
        net="0.50",
        tax="0.02",
        total="0.52",
    ),
    WorkedCase(
        title="Yen, to the nearest",
        cart={"milk": 1},
        rule="8 % of 119 is 9.52",
        settings=CommerceSettings(tax_rates_ppm={"food": 80_000}),
        currency="JPY",
        net="119",
        tax="10",
        total="129",
    ),
    WorkedCase(
        title="Yen, always down",
        cart={"milk": 1},
        rule="8 % of 119 is 9.52",
        settings=CommerceSettings(tax_rates_ppm={"food": 80_000}, tax_direction="down"),
        currency="JPY",
        net="119",
        tax="9",
        total="128",
    ),
    WorkedCase(
        title="Dinar, three digits",
        cart={"tea": 3},
        rule="5 % of 0.747 is 0.03735",
        settings=CommerceSettings(tax_rates_ppm={"standard": 50_000}),
        currency="KWD",
        net="0.747",
        tax="0.037",
        total="0.784",
    ),
    WorkedCase(
        title="State, county and city",
        cart={"book": 1},
        rule="6.5 + 0.25 + 3.6 % of 9.99 is 1.034; 1.03 shared out as 65 : 2.5 : 36",
        settings=_STACK,
        net="9.99",
        tax="1.03",
        total="11.02",
        parts=("State 0.65", "County 0.02", "City 0.36"),
    ),
    WorkedCase(
        title="An untaxed class",
        cart={"milk": 2},
        rule="the state leaves food untaxed, the others do not name it",
        settings=_STACK,
        net="2.38",
        tax="0.00",
        total="2.38",
    ),
    WorkedCase(
        title="Tax on what is paid",
        cart={"tea": 1},
        rule="2.49 less 10 % is 2.24; 7.25 % of it is 0.1624",
        settings=_SALES,
        offers=(_TEN,),
        off=("0.25",),
        net="2.24",
        tax="0.16",
        total="2.40",
    ),
    WorkedCase(
        title="A mix over two rates",
        cart={"sandwich": 1, "crisps": 1, "cola": 1},
        rule="food 2.78 + 1.43: 7/107 of 4.21; standard 0.79: 19/119 of it",
        settings=_VAT,
        offers=(_LUNCH,),
        off=("0.72", "0.37", "0.21"),
        net="4.59",
        tax="0.41",
        total="5.00",
    ),
    WorkedCase(
        title="Deposit taxed like the goods",
        cart={"cola": 1},
        rule="19/119 of 1.25 is 0.1996",
        settings=_VAT,
        surcharges=(_BOTTLE,),
        net="1.05",
        tax="0.20",
        total="1.25",
    ),
    WorkedCase(
        title="Deposit without tax",
        cart={"cola": 1},
        rule="19/119 of 1.00 is 0.1597; the deposit is of a class of its own",
        settings=_VAT,
        surcharges=(msgspec.structs.replace(_BOTTLE, tax_class="none"),),
        net="1.09",
        tax="0.16",
        total="1.25",
    ),
)


def said_cart(case: WorkedCase) -> str:
    """`2 × Tea, 1 × Milk`, or of loose goods their weight."""
    names = {product.id: product.name for product in GOODS}
    parts: Sequence[str] = [
        f"{case.grams[name] / 1000:.3f} kg {names[ProductId(name)]}"
        if name in case.grams
        else f"{count} × {names[ProductId(name)]}"
        for name, count in case.cart.items()
    ]
    return ", ".join(parts)
