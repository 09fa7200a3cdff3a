"""What staff hand over: adding and taking back is identity, and a label is charged as it says."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.shops import NOON_NS, SETTINGS, SHOP, line
from tillfree.commerce.assisted import Handed, handed_of, standing
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import NO_WEIGHT, UNKNOWN_PRODUCT, Receipt
from tillfree.commerce.trips import StaffLine
from tillfree.core.ids import ProductId, VisitId

PRICING = Pricing(SHOP, SETTINGS)
THINGS = st.builds(
    lambda product, quantity, weight_g, price_minor: StaffLine(
        key="k",
        product=ProductId(product),
        quantity=quantity,
        time_ns=1,
        by="associate",
        weight_g=weight_g,
        price_minor=price_minor,
    ),
    st.sampled_from(["tea", "milk", "nothing of the sort"]),
    st.integers(1, 5),
    st.none() | st.integers(1, 3),
    st.none() | st.integers(0, 3),
)


def back(thing: StaffLine) -> StaffLine:
    return msgspec.structs.replace(thing, quantity=-thing.quantity)


def receipt(*handed: Handed, lines: tuple[tuple[str, int], ...] = ()) -> Receipt:
    sale = Sale(
        visit=VisitId("v"),
        time_ns=NOON_NS,
        lines=tuple(line(product, count) for product, count in lines),
        probability=1.0,
        handed=handed,
    )
    return PRICING.receipt(sale)


def handed(product: str, quantity: int = 1, **more: int) -> Handed:
    return Handed(product=ProductId(product), quantity=quantity, **more)  # type: ignore[arg-type]


@given(st.lists(THINGS, max_size=8), st.lists(THINGS, min_size=1, max_size=5))
def test_handing_over_and_taking_back_is_identity(before: list[StaffLine], more: list[StaffLine]) -> None:
    undone = [*before, *more, *map(back, reversed(more))]
    assert handed_of(undone) == handed_of(before)
    assert receipt(*handed_of(undone)) == receipt(*handed_of(before))


@given(st.lists(THINGS, max_size=12))
def test_what_stands_is_what_was_handed_over_less_what_came_back(things: list[StaffLine]) -> None:
    assert sum(one.quantity for one in handed_of(things)) == sum(thing.quantity for thing in things)
    for thing in things:
        like = [one for one in handed_of(things) if (one.product, one.weight_g, one.price_minor)
                == (thing.product, thing.weight_g, thing.price_minor)]  # fmt: skip
        assert sum(one.quantity for one in like) == standing(things, thing)


def test_the_price_of_a_label_is_one_line_of_one() -> None:
    made = receipt(handed("tea", price_minor=417), lines=(("tea", 1),))
    own, labelled = made.lines
    assert (labelled.quantity, labelled.unit_price, labelled.amount) == (1, labelled.amount, labelled.amount)
    assert labelled.amount is not None
    assert labelled.amount.minor == 417
    assert labelled.probability == 1.0
    assert own.amount == own.unit_price
    assert made.status == "charge"


def test_what_is_not_known_is_not_guessed() -> None:
    made = receipt(handed("nothing of the sort"), handed("tea"))
    assert [one.problem for one in made.lines] == [UNKNOWN_PRODUCT, ""]
    assert made.status == "review"


def test_loose_goods_are_charged_by_the_weight_of_their_label_or_not_at_all() -> None:
    products = tuple(
        msgspec.structs.replace(product, sold_by="weight", price_minor=1000) if product.id == "tea" else product
        for product in SHOP.products
    )
    pricing = Pricing(msgspec.structs.replace(SHOP, products=products), SETTINGS)
    for one, minor, problem in (
        (handed("tea", weight_g=412), 412, ""),
        (handed("tea", price_minor=333), 333, ""),
        (handed("tea"), None, NO_WEIGHT),
    ):
        sale = Sale(visit=VisitId("v"), time_ns=NOON_NS, lines=(), probability=1.0, handed=(one,))
        (made,) = pricing.receipt(sale).lines
        assert (None if made.amount is None else made.amount.minor, made.problem) == (minor, problem)
