"""What loose goods weigh out of what plates measured, and when that may be charged."""

import math
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.shops import NOON_NS, SETTINGS, SHOP
from tillfree.catalog.model import Product
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import NO_WEIGHT, UNSURE_WEIGHT, Receipt
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.text import render_text
from tillfree.commerce.weighing import Weighed, certain_enough, weigh_loose
from tillfree.core.events import CartLine, Interaction
from tillfree.core.ids import ProductId, VisitId
from tillfree.core.money import Money

ANN, BOB, EVE, NOBODY = VisitId("ann"), VisitId("bob"), VisitId("eve"), VisitId("")
APPLES, PEARS, TEA, NUTS = (ProductId(name) for name in ("apples", "pears", "tea", "nuts"))
PRODUCTS = {
    APPLES: Product(APPLES, "Apples", 180.0, 20.0, price_minor=299, tax_class="food", sold_by="weight"),
    PEARS: Product(PEARS, "Pears", 200.0, 30.0, price_minor=349, tax_class="food", sold_by="weight"),
    NUTS: Product(NUTS, "Nuts", None, None, price_minor=1299, tax_class="food", sold_by="weight"),
    TEA: Product(TEA, "Tea", 100.0, 2.0, price_minor=249),
}
CHARGED = CommerceSettings(tax_rates_ppm={"standard": 0, "food": 0}, loose_scale_sigma=0, loose_overread=0)


def act(
    kind: str, product: ProductId, delta_g: float, *, at: int = 1, quantity: int = 1, who: VisitId = ANN,
    to: VisitId = NOBODY, number: int = 0,
) -> Interaction:  # fmt: skip
    """One act; acts of one moment are behind one change of load."""
    return Interaction(
        time_ns=at, source=f"fusion/plates#{at}", sequence=number, act=kind, probability=0.9, visit=who, to_visit=to,
        product=product, quantity=quantity, delta_g=delta_g,
    )  # fmt: skip


def weigh(*acts: Interaction, visits: tuple[VisitId, ...] = (ANN,)) -> dict[ProductId, Weighed]:
    return weigh_loose(acts, visits, PRODUCTS, CHARGED)


def test_a_take_weighs_what_left_the_plates() -> None:
    assert weigh(act("take", APPLES, -352.4, quantity=2)) == {APPLES: Weighed(2, 352, 3.0)}


def test_what_plates_read_too_much_is_taken_off_and_their_error_is_a_share() -> None:
    settings = msgspec.structs.replace(CHARGED, loose_scale_sigma=0.04, loose_overread=0.035)
    found = weigh_loose([act("take", APPLES, -1035.0, quantity=6)], (ANN,), PRODUCTS, settings)[APPLES]
    assert (found.pieces, found.grams) == (6, 1000)
    assert found.sigma_g == pytest.approx(math.hypot(3.0, 40.0))


def test_put_backs_count_down_and_errors_add_up() -> None:
    found = weigh(act("take", APPLES, -540.0, at=1, quantity=3), act("put_back", APPLES, 171.0, at=2))[APPLES]
    assert (found.pieces, found.grams) == (2, 369)
    assert found.sigma_g == pytest.approx(math.sqrt(2) * 3.0)


def test_what_was_all_put_back_weighs_about_nothing() -> None:
    found = weigh(act("take", APPLES, -180.0, at=1), act("put_back", APPLES, 179.0, at=2))[APPLES]
    assert (found.pieces, found.grams) == (0, 1)
    assert not certain_enough(found, PRODUCTS[APPLES], CHARGED)


def test_goods_of_known_weight_in_the_same_change_are_taken_off() -> None:
    found = weigh(act("take", APPLES, -285.0), act("take", TEA, -285.0, number=1))
    assert found.keys() == {APPLES}, "tea is sold by the piece"
    assert found[APPLES].grams == pytest.approx(185, abs=1)
    assert found[APPLES].sigma_g < 4.0


def test_a_put_back_in_the_same_change_is_added_again() -> None:
    found = weigh(act("take", APPLES, -80.0), act("put_back", TEA, -80.0, number=1))
    assert found[APPLES].grams == pytest.approx(180, abs=1)


def test_two_loose_goods_in_one_change_share_it_and_are_in_doubt() -> None:
    found = weigh(act("take", APPLES, -400.0), act("take", PEARS, -400.0, number=1))
    assert found[APPLES].grams + found[PEARS].grams == 400
    assert found[PEARS].grams - 200 > found[APPLES].grams - 180, "what varies more takes more of the rest"
    assert not any(certain_enough(weighed, PRODUCTS[product], CHARGED) for product, weighed in found.items())


def test_a_product_of_unknown_weight_alone_is_weighed_too() -> None:
    found = weigh(act("take", NUTS, -250.0), act("take", TEA, -250.0, number=1))[NUTS]
    assert found.grams == 150
    assert certain_enough(found, PRODUCTS[NUTS], CHARGED)


@pytest.mark.parametrize("other", [NUTS, ProductId("unknown-item")])
def test_next_to_what_nobody_knows_the_weight_of_nothing_is_certain(other: ProductId) -> None:
    found = weigh(act("take", APPLES, -400.0), act("take", other, -400.0, number=1))
    assert math.isinf(found[APPLES].sigma_g)
    assert not certain_enough(found[APPLES], PRODUCTS[APPLES], CHARGED)


def test_touches_and_other_things_do_not_matter() -> None:
    acts = (act("take", APPLES, -180.0), act("touch", ProductId(""), -180.0, number=1, quantity=0))
    assert weigh(*acts, act("restock", APPLES, 900.0, at=5)) == {APPLES: Weighed(1, 180, 3.0)}


def test_a_hand_over_within_one_payer_needs_no_weight() -> None:
    acts = (act("take", APPLES, -180.0), act("hand_over", APPLES, 0.0, at=2, who=ANN, to=BOB))
    # Both tell of the hand-over; it is one.
    assert weigh(*acts, acts[1], visits=(ANN, BOB)) == {APPLES: Weighed(1, 180, 3.0)}


def test_a_put_back_by_another_of_the_same_payer_counts_once() -> None:
    acts = (
        act("take", APPLES, -360.0, quantity=2),
        act("hand_over", APPLES, 175.0, at=2, who=ANN, to=BOB),
        act("put_back", APPLES, 175.0, at=2, who=BOB, number=1),
    )
    found = weigh(*acts, *acts[1:], visits=(ANN, BOB))[APPLES]
    assert (found.pieces, found.grams) == (1, 185)


@pytest.mark.parametrize(("who", "to"), [(ANN, EVE), (EVE, ANN)])
def test_what_comes_from_or_goes_to_others_was_never_weighed(who: VisitId, to: VisitId) -> None:
    acts = (act("take", APPLES, -360.0, quantity=2), act("hand_over", APPLES, 0.0, at=2, who=who, to=to))
    assert math.isinf(weigh(*acts)[APPLES].sigma_g)


@pytest.mark.parametrize(
    ("pieces", "grams", "sigma_g", "enough"),
    [
        (2, 360, 3.0, True),
        (2, 360, 18.0, True),
        (2, 360, 18.1, False),  # two of it are more than a tenth
        (1, 40, 3.0, False),
        (2, 200, 3.0, False),  # no two apples are that light: somebody else had a part of it
        (1, 360, 3.0, False),
        (0, 360, 3.0, False),
        (1, 0, 0.0, False),
        (1, -180, 3.0, False),
        (1, 180, math.inf, False),
    ],
)
def test_when_a_weight_may_be_charged(pieces: int, grams: int, sigma_g: float, enough: bool) -> None:
    assert certain_enough(Weighed(pieces, grams, sigma_g), PRODUCTS[APPLES], CHARGED) == enough


# ---- on the receipt -----------------------------------------------------------------------------------------------


def receipt(*acts: Interaction, quantity: int, settings: CommerceSettings = CHARGED) -> Receipt:
    pricing = Pricing(msgspec.structs.replace(SHOP, products=tuple(PRODUCTS.values())), settings)
    sale = Sale(
        visit=ANN,
        time_ns=NOON_NS,
        lines=(CartLine(APPLES, quantity, 0.99),),
        probability=0.99,
        weights=pricing.weigh(acts, (ANN,)),
    )
    return pricing.receipt(sale)


def test_loose_goods_are_charged_by_weight() -> None:
    found = receipt(act("take", APPLES, -412.0, quantity=2), quantity=2)
    (line,) = found.lines
    assert (found.status, line.weight_g, line.quantity) == ("charge", 412, 2)
    assert (line.unit_price, line.amount) == (Money(299, "USD"), Money(123, "USD"))  # 1.23188
    assert "0.412 kg x 2.99/kg (2) 99.0 % 1.23" in " ".join(render_text(found).split())


@pytest.mark.parametrize("quantity", [1, 3])
def test_a_count_that_the_acts_do_not_tell_goes_to_review(quantity: int) -> None:
    found = receipt(act("take", APPLES, -412.0, quantity=2), quantity=quantity)
    assert (found.status, found.lines[0].problem, found.total.gross) == ("review", UNSURE_WEIGHT, Money(0, "USD"))
    assert found.lines[0].amount is None


def test_without_a_weight_or_where_the_store_wants_it_so_they_go_to_review() -> None:
    assert receipt(quantity=2).lines[0].problem == NO_WEIGHT
    wary = msgspec.structs.replace(CHARGED, loose_goods="review")
    assert receipt(act("take", APPLES, -412.0, quantity=2), quantity=2, settings=wary).lines[0].problem == NO_WEIGHT


def test_two_lines_of_one_weight_are_none() -> None:
    pricing = Pricing(msgspec.structs.replace(SHOP, products=tuple(PRODUCTS.values())), CHARGED)
    lines = (CartLine(APPLES, 1, 0.9), CartLine(APPLES, 1, 0.9))
    weights = {APPLES: Weighed(1, 180, 3.0)}
    sale = Sale(visit=ANN, time_ns=NOON_NS, lines=lines, probability=0.9, weights=weights)
    assert {line.problem for line in pricing.receipt(sale).lines} == {UNSURE_WEIGHT}


def test_goods_by_the_piece_are_not_weighed() -> None:
    pricing = Pricing(SHOP, SETTINGS)
    sale = Sale(
        visit=ANN, time_ns=NOON_NS, lines=(CartLine(TEA, 2, 0.9),), probability=0.9, weights={TEA: Weighed(2, 5, 1.0)}
    )
    assert pricing.receipt(sale).lines[0].weight_g is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["take", "put_back", "hand_over"]),
            st.sampled_from(sorted(PRODUCTS)),
            st.floats(-2000, 2000),
            st.integers(1, 4),
            st.integers(1, 3),
            st.sampled_from([ANN, BOB, EVE]),
        ),
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_any_acts_in_any_order_give_the_same_and_never_fail(
    rows: list[tuple[str, ProductId, float, int, int, VisitId]], random: Random
) -> None:
    acts = [
        act(
            kind,
            product,
            delta,
            at=at,
            quantity=count,
            who=who,
            to=BOB if kind == "hand_over" else NOBODY,
            number=n,
        )
        for n, (kind, product, delta, at, count, who) in enumerate(rows)
    ]
    # All acts of one change tell the same change of load.
    load = {one.time_ns: one.delta_g for one in acts}
    acts = [msgspec.structs.replace(one, delta_g=load[one.time_ns]) for one in acts]
    found = weigh(*acts, visits=(ANN, BOB))
    shuffled = [*acts, *acts]
    random.shuffle(shuffled)
    assert weigh(*shuffled, visits=(BOB, ANN)) == found
    assert set(found) <= {APPLES, PEARS, NUTS}
    assert all(weighed.sigma_g >= 0 for weighed in found.values())


@given(st.lists(st.tuples(st.booleans(), st.floats(20, 900)), min_size=1, max_size=6))
def test_one_product_alone_weighs_exactly_what_the_plates_say(rows: list[tuple[bool, float]]) -> None:
    acts = [
        act("take" if taken else "put_back", APPLES, -grams if taken else grams, at=n + 1)
        for n, (taken, grams) in enumerate(rows)
    ]
    found = weigh(*acts)[APPLES]
    assert found.grams == round(sum(grams if taken else -grams for taken, grams in rows))
    assert found.pieces == sum(1 if taken else -1 for taken, _ in rows)
