"""Worked examples of prices, offers, deposits and fees."""

import msgspec

from tillfree.catalog.offers import Offer, PriceEntry, Surcharge
from tillfree.commerce.settings import CommerceSettings
from tillfree.evaluation.worked.case import STORE, WorkedCase

__all__ = ["BOTTLE", "LUNCH", "PRICE_CASES", "TEN"]

_THREE_FOR_TWO = Offer(id="three", name="3 for 2", kind="multi_buy", products=("tea",), buy=3, pay=2)
TEN = Offer(id="ten", name="10 % off tea", kind="percent", products=("tea",), rate_ppm=100_000)
LUNCH = Offer(id="lunch", name="Lunch", kind="bundle", tags=("lunch",), buy=3, price_minor=500, mix=True)
BOTTLE = Surcharge(id="bottle-025", name="Bottle deposit", kind="deposit", amount_minor=25, tags=("bottle",))
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
        offers=(TEN,),
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
        offers=(LUNCH,),
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
        offers=(TEN, _THREE_FOR_TWO),
        off=("2.49",),
        total="4.98",
    ),
    WorkedCase(
        title="Conflict: what is left over",
        cart={"tea": 4},
        rule="3 for 2 (2.49), and 10 % off the fourth (0.25)",
        offers=(TEN, _THREE_FOR_TWO),
        off=("2.74",),
        total="7.22",
    ),
    WorkedCase(
        title="Conflict: priority",
        cart={"tea": 3},
        rule="10 % off has priority 1, 3 for 2 has 0",
        offers=(msgspec.structs.replace(TEN, priority=1), _THREE_FOR_TWO),
        off=("0.75",),
        total="6.72",
    ),
    WorkedCase(
        title="Stacked",
        cart={"tea": 3},
        rule="3 for 2 (2.49), then 10 % off what is left (0.498)",
        offers=(msgspec.structs.replace(TEN, stackable=True), _THREE_FOR_TWO),
        off=("2.99",),
        total="4.48",
    ),
    WorkedCase(
        title="Deposit",
        cart={"cola": 2},
        rule="0.25 for each bottle",
        surcharges=(BOTTLE,),
        total="2.50",
    ),
    WorkedCase(
        title="A deposit is never cheaper",
        cart={"cola": 2},
        rule="half price, and 0.25 for each bottle",
        offers=(Offer(id="half", name="Half", kind="percent", rate_ppm=500_000),),
        surcharges=(BOTTLE,),
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
