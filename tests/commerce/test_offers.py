"""Which offers apply, what they take off, and how receipts say so."""

from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.shops import NOON_NS
from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import Offer, PriceEntry, Surcharge
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.offers.offer_book import UNITS_MAX, OfferBook
from tillfree.commerce.page import render_html
from tillfree.commerce.price_list import PriceList
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.text import COLUMNS, render_text
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId, VisitId
from tillfree.core.money import Money

FREE = CommerceSettings(tax_rates_ppm={"standard": 0})
TEA, JAM, RUM = (ProductId(name) for name in ("tea", "jam", "rum"))
GOODS = (
    Product(TEA, "Tea", price_minor=300, tags=("breakfast",)),
    Product(JAM, "Jam", price_minor=200, tags=("breakfast",)),
    Product(RUM, "Rum", price_minor=2000, tags=("alcohol",), min_age=18),
)
NOON = datetime.fromisoformat("2026-01-01T12:00")
LATER = datetime.fromisoformat("2026-12-31T12:00")


def sell(
    *cart: tuple[ProductId, int],
    offers: tuple[Offer, ...] = (),
    surcharges: tuple[Surcharge, ...] = (),
    coupons: tuple[str, ...] = (),
    loyalty: bool = False,
    time_ns: int = NOON_NS,
    settings: CommerceSettings = FREE,
) -> Receipt:
    shop = Shop("Shop", GOODS, (), (), offers=offers, surcharges=surcharges)
    lines = tuple(CartLine(product, quantity, 0.9) for product, quantity in cart)
    sale = Sale(visit=VisitId("v"), time_ns=time_ns, lines=lines, probability=0.9, coupons=coupons, loyalty=loyalty)
    return Pricing(shop, settings).receipt(sale)


def off(found: Receipt) -> int:
    return found.saved.minor


def offer(id_: str = "o", kind: str = "percent", **fields: object) -> Offer:
    return msgspec.convert({"id": id_, "name": id_, "kind": kind, **fields}, Offer)


TEN = offer("ten", rate_ppm=100_000)


@pytest.mark.parametrize(
    ("hours", "day", "saved"),
    [
        (["12:00-13:00"], None, 30),
        (["11:00-12:00"], None, 0),
        (None, ["thu"], 30),
        (None, ["fri"], 0),
    ],
)
def test_an_offer_holds_at_its_times_only(hours: list[str] | None, day: list[str] | None, saved: int) -> None:
    timed = offer(rate_ppm=100_000, hours=hours or [], days=day or [])
    assert off(sell((TEA, 1), offers=(timed,))) == saved


def test_times_go_by_the_clock_of_the_store() -> None:
    evening = offer(rate_ppm=100_000, hours=["17:00-18:00"])
    india = msgspec.structs.replace(FREE, time_zone="Asia/Kolkata")  # 17:30 there
    assert off(sell((TEA, 1), offers=(evening,), settings=india)) == 30
    assert off(sell((TEA, 1), offers=(evening,))) == 0


def test_an_offer_of_other_stores_is_none_here() -> None:
    assert off(sell((TEA, 1), offers=(msgspec.structs.replace(TEN, stores=("Other",)),))) == 0
    assert off(sell((TEA, 1), offers=(msgspec.structs.replace(TEN, stores=("Other", "Shop")),))) == 30


def test_the_limit_takes_the_dearest() -> None:
    cart = ((JAM, 2), (TEA, 2))
    assert off(sell(*cart, offers=(offer(rate_ppm=500_000, limit=1),))) == 150
    assert off(sell(*cart, offers=(offer(kind="amount", amount_minor=50, each=True, limit=3),))) == 150
    assert off(sell(*cart, offers=(offer(kind="price", price_minor=100, limit=3),))) == 500


def test_a_special_price_that_is_dearer_does_nothing() -> None:
    assert off(sell((JAM, 1), offers=(offer(kind="price", price_minor=200),))) == 0


def test_an_amount_takes_off_no_more_than_there_is() -> None:
    found = sell((JAM, 1), offers=(offer(kind="amount", amount_minor=500),))
    assert (off(found), found.total.gross.minor) == (200, 0)


def test_without_mix_each_product_counts_alone() -> None:
    three = offer(kind="multi_buy", buy=3, pay=2, tags=["breakfast"])
    assert off(sell((TEA, 2), (JAM, 1), offers=(three,))) == 0
    assert off(sell((TEA, 2), (JAM, 1), offers=(msgspec.structs.replace(three, mix=True),))) == 200


def test_groups_begin_with_the_dearest() -> None:
    three = offer(kind="multi_buy", buy=3, pay=2, mix=True)
    # 3, 3, 3 | 2, 2, 2: one of each group is free, not two of the cheap ones.
    assert off(sell((JAM, 3), (TEA, 3), offers=(three,))) == 500


def test_what_a_group_saves_is_on_all_of_its_lines() -> None:
    found = sell((TEA, 1), (JAM, 1), offers=(offer(kind="multi_buy", buy=2, pay=1, mix=True),))
    assert [line.discounts[0].amount.minor for line in found.lines] == [120, 80]


def test_several_rivals_are_tried_in_every_order() -> None:
    # Alone, "both" saves most; without it, the others save more together.
    both = offer("a", kind="bundle", buy=2, price_minor=300, mix=True, tags=["breakfast"])  # 200 off
    tea = offer("b", kind="price", price_minor=160, products=["tea"])  # 140 off
    jam = offer("c", kind="price", price_minor=100, products=["jam"])  # 100 off
    found = sell((TEA, 1), (JAM, 1), offers=(both, tea, jam))
    assert off(found) == 240
    assert {discount.offer for line in found.lines for discount in line.discounts} == {"b", "c"}


def test_equal_savings_are_decided_by_id() -> None:
    twins = (offer("b", rate_ppm=100_000), offer("a", rate_ppm=100_000))
    assert sell((TEA, 1), offers=twins).lines[0].discounts[0].offer == "a"


def test_of_very_many_rivals_the_best_is_still_taken() -> None:
    many = tuple(offer(f"o{n:03d}", rate_ppm=1000 * (n + 1)) for n in range(200))
    found = sell((TEA, 500), (JAM, 500), offers=many)
    assert found.lines[0].discounts[0].offer == "o199"


def test_stackable_ones_come_after_and_on_what_is_left() -> None:
    half = offer("half", rate_ppm=500_000, stackable=True)
    found = sell((TEA, 1), offers=(TEN, half))
    assert [(d.offer, d.amount.minor) for d in found.lines[0].discounts] == [("ten", 30), ("half", 135)]


def test_coupons() -> None:
    code = offer("code", rate_ppm=500_000, coupon="HALF")
    assert off(sell((TEA, 1), offers=(code,))) == 0
    assert off(sell((TEA, 1), offers=(code,), coupons=("HALF",))) == 150
    found = sell((TEA, 1), offers=(code,), coupons=("NONE", "NONE"))
    assert found.notes == ("1 of the coupons shown is not valid here and now.",)
    groups = offer("code", kind="bundle", buy=2, price_minor=100, coupon="TWO", products=["jam"])
    assert off(sell((JAM, 4), offers=(groups,), coupons=("TWO",))) == 300, "once a trip"
    assert off(sell((JAM, 4), offers=(msgspec.structs.replace(groups, limit=2),), coupons=("TWO",))) == 600
    idle = sell((TEA, 1), offers=(groups,), coupons=("TWO",))
    assert idle.notes == ("Coupon TWO: nothing in this cart is cheaper by it.",)
    assert idle.status == "charge"


def test_more_coupons_than_anybody_has_are_refused() -> None:
    with pytest.raises(CommerceError, match="21 coupons: a trip takes at most 20"):
        sell((TEA, 1), coupons=tuple(map(str, range(21))))


def test_a_hostile_coupon_is_harmless_on_the_receipt() -> None:
    found = sell((TEA, 1), coupons=("\x1b[2J<script>",))
    assert "<script>" not in render_html(found)
    assert "\x1b" not in render_text(found)


def test_too_many_units_for_offers_go_to_review() -> None:
    found = sell((TEA, UNITS_MAX + 1), offers=(TEN,))
    assert (found.status, off(found)) == ("review", 0)
    assert "More than 1000 units" in found.notes[0]
    assert sell((TEA, UNITS_MAX + 1)).status == "charge", "without offers there is nothing to work out"


def test_goods_without_a_price_take_no_part() -> None:
    two = offer(kind="multi_buy", buy=2, pay=1, mix=True)
    found = sell((TEA, 1), (ProductId("unknown"), 1), offers=(two,))
    assert (found.status, off(found)) == ("review", 0)


# ---- deposits and fees ----------------------------------------------------------------------------------------------


def test_deposits_stand_before_fees_with_their_own_lines() -> None:
    fee = Surcharge(id="a-fee", name="Fee", kind="fee", amount_minor=5, products=("tea",))
    deposit = Surcharge(id="b-deposit", name="Deposit", kind="deposit", amount_minor=25, tags=("breakfast",))
    found = sell((TEA, 2), (JAM, 1), surcharges=(fee, deposit))
    assert [(line.kind, line.product, line.quantity, line.probability) for line in found.lines[2:]] == [
        ("deposit", "b-deposit", 3, 0.81),
        ("fee", "a-fee", 2, 0.9),
    ]
    assert found.quantities() == {"tea": 2, "jam": 1}
    assert found.total.gross.minor == 800 + 75 + 10
    assert not any(line.evidence for line in found.lines[2:])


def test_a_deposit_of_a_class_without_a_rate_goes_to_review() -> None:
    deposit = Surcharge(id="d", name="Deposit", kind="deposit", amount_minor=25, tax_class="odd")
    assert sell((TEA, 1), surcharges=(deposit,)).status == "review"


def test_no_deposit_on_what_nobody_knows() -> None:
    deposit = Surcharge(id="d", name="Deposit", kind="deposit", amount_minor=25)
    assert len(sell((ProductId("unknown"), 1), surcharges=(deposit,)).lines) == 1
    assert sell(surcharges=(deposit,)).lines == ()


def test_the_age_of_a_buyer_is_on_the_line() -> None:
    assert [line.min_age for line in sell((TEA, 1), (RUM, 1)).lines] == [0, 18]


# ---- the price list -------------------------------------------------------------------------------------------------


def entry(price_minor: int, **fields: object) -> PriceEntry:
    return msgspec.convert({"product": "tea", "price_minor": price_minor, **fields}, PriceEntry)


def price_at(moment: str, *entries: PriceEntry, store: str = "Shop") -> int | None:
    shop = Shop("Shop", GOODS, (), (), prices=entries)
    return PriceList(shop, store).price_minor(GOODS[0], datetime.fromisoformat(moment))


def test_the_entry_that_began_last_counts() -> None:
    entries = (
        entry(100),
        entry(90, **{"from": "2026-01-01"}),
        entry(95, **{"from": "2026-02-01", "until": "2026-02-28"}),
    )
    moments = ("2025-12-31", "2026-01-01", "2026-02-01", "2026-03-01")
    assert [price_at(moment, *entries) for moment in moments] == [100, 90, 95, 90]
    assert [price_at(moment, *entries[::-1]) for moment in moments] == [100, 90, 95, 90]


def test_the_stores_own_entry_comes_first_and_equals_are_decided_by_the_lower() -> None:
    assert price_at("2026-01-01", entry(80, **{"from": "2026-01-01"}), entry(120, store="Shop")) == 120
    assert price_at("2026-01-01", entry(80), entry(120, store="Other")) == 80
    assert price_at("2026-01-01", entry(80), entry(70), entry(90)) == 70


def test_without_an_entry_in_force_the_shelf_price_stays() -> None:
    assert price_at("2026-01-01", entry(1, until="2025-12-31")) == 300


@given(
    st.lists(st.tuples(st.datetimes(NOON, LATER), st.integers(0, 500)), min_size=1, max_size=6),
    st.lists(st.datetimes(NOON, LATER), min_size=2, max_size=6),
)
def test_as_time_goes_on_a_price_that_began_is_only_ever_replaced_by_a_later_one(
    begins: list[tuple[datetime, int]], moments: list[datetime]
) -> None:
    entries = tuple(entry(price, **{"from": begin.isoformat()[:16]}) for begin, price in begins)
    prices = PriceList(Shop("Shop", GOODS, (), (), prices=entries), "Shop")
    in_force = [prices.entry(TEA, moment) for moment in sorted(moments)]
    began = [found.begin if found else "" for found in in_force]
    assert began == sorted(began)
    for found, moment in zip(in_force, sorted(moments), strict=True):
        due = [one for one in entries if one.begin <= moment.isoformat()[:16]]
        assert (found is None) == (not due)
        if found is not None:
            latest = max(one.begin for one in due)
            assert (found.begin, found.price_minor) == (
                latest,
                min(one.price_minor for one in due if one.begin == latest),
            )


def test_what_is_in_force_is_listed() -> None:
    shop = Shop("Shop", GOODS, (), (), prices=(entry(100), entry(90, store="Other")), offers=(TEN,))
    assert list(PriceList(shop, "Shop").in_force(NOON)) == [entry(100)]
    assert list(OfferBook(shop, "Shop").in_force(NOON)) == [TEN]


# ---- what receipts show ---------------------------------------------------------------------------------------------


def test_the_text_of_a_receipt_with_an_offer_and_a_deposit() -> None:
    deposit = Surcharge(id="d", name="Deposit", kind="deposit", amount_minor=25, products=("tea",))
    text = render_text(sell((TEA, 2), offers=(offer("Ten per cent", rate_ppm=100_000),), surcharges=(deposit,)))
    assert (
        "Tea\n"
        "  2 x 3.00   90.0 %                   6.00\n"
        "    Ten per cent                     -0.60\n"
        "Deposit\n"
        "  2 x 0.25                            0.50\n"
    ) in text
    assert "TOTAL USD                             5.90\nYou saved                             0.60\n" in text


def test_the_page_of_a_receipt_with_an_offer() -> None:
    page = render_html(sell((TEA, 2), offers=(msgspec.structs.replace(TEN, name="Ten <b>"),)))
    assert "Ten &lt;b&gt;" in page
    assert "−0.60" in page
    assert "You saved" in page


def test_the_name_of_an_offer_is_harmless() -> None:
    hostile = msgspec.structs.replace(TEN, name="\x1b[31m" + "x" * 90)
    text = render_text(sell((TEA, 1), offers=(hostile,)))
    assert "\x1b" not in text
    assert all(len(row) <= COLUMNS for row in text.splitlines())


def test_the_saving_is_on_the_receipt() -> None:
    assert sell((TEA, 1), offers=(TEN,)).saved == Money(30, "USD")
