import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.model import Facing, Product, Shop
from tillfree.catalog.shop_file import shop_problems
from tillfree.core.ids import FixtureId, ProductId, ShelfRef
from tillfree.simulation.demo_shop import demo_shop
from tillfree.web.planogram.drawing import draw_fixture
from tillfree.web.planogram.moves import MoveError, move, narrow, place, remove, swap, users_of, widen

F = FixtureId("1")
A, B, C = (ProductId(name) for name in "abc")


def shop_with(*facings: Facing) -> Shop:
    """Two fixtures of shelves with twelve and nine plates, and only these facings."""
    return msgspec.structs.replace(
        demo_shop(2), products=tuple(Product(name, f"Product {name}") for name in (A, B, C)), facings=facings
    )


def on(product: ProductId, *plates: int, shelf: int = 1, fixture: str = "1") -> Facing:
    return Facing(product, FixtureId(fixture), shelf, plates)


SHOP = shop_with(on(A, 1, 2), on(B, 4), on(C, 1, 2, 3, shelf=2))


def test_a_facing_moves_to_free_plates_also_over_its_own() -> None:
    assert move(SHOP, 0, ShelfRef(F, 1), 2, 2).facings == (on(A, 2, 3), *SHOP.facings[1:])
    assert move(SHOP, 0, ShelfRef(FixtureId("2"), 6), 9, 1).facings[0] == on(A, 9, shelf=6, fixture="2")


@pytest.mark.parametrize(
    ("shelf", "first", "count", "why"),
    [
        (ShelfRef(F, 1), 3, 2, "Plate 4 of shelf 1/1 is taken by Product b"),
        (ShelfRef(F, 1), 12, 2, "does not fit"),
        (ShelfRef(F, 1), 0, 1, "does not fit"),
        (ShelfRef(F, 1), 5, 0, "does not fit"),
        (ShelfRef(F, 7), 1, 1, "There is no shelf 1/7"),
        (ShelfRef(FixtureId("x"), 1), 1, 1, "There is no shelf x/1"),
    ],
)
def test_a_facing_does_not_move_where_it_cannot_stand(shelf: ShelfRef, first: int, count: int, why: str) -> None:
    with pytest.raises(MoveError, match=why):
        move(SHOP, 0, shelf, first, count)


def test_swapped_facings_have_each_others_product_and_keep_their_plates() -> None:
    assert swap(SHOP, 0, 2).facings == (on(C, 1, 2), on(B, 4), on(A, 1, 2, 3, shelf=2))
    with pytest.raises(MoveError, match="same product"):
        swap(SHOP, 0, 0)


def test_a_facing_widens_to_the_right_then_to_the_left_then_not() -> None:
    shop = shop_with(on(A, 2), on(B, 4))
    shop = widen(shop, 0)
    assert shop.facings[0] == on(A, 2, 3)
    shop = widen(shop, 0)
    assert shop.facings[0] == on(A, 1, 2, 3)
    with pytest.raises(MoveError, match="no free plate"):
        widen(shop, 0)
    full = shop_with(on(A, *range(1, 13)))
    with pytest.raises(MoveError, match="no free plate"):
        widen(full, 0)


def test_a_facing_narrows_from_the_right_down_to_one_plate() -> None:
    assert narrow(SHOP, 0).facings[0] == on(A, 1)
    with pytest.raises(MoveError, match="one plate only"):
        narrow(SHOP, 1)


def test_placing_and_removing_are_each_others_inverse() -> None:
    placed = place(SHOP, B, ShelfRef(F, 3), 5, 2)
    assert placed.facings[-1] == on(B, 5, 6, shelf=3)
    assert remove(placed, len(placed.facings) - 1) == SHOP
    with pytest.raises(MoveError, match="no such product"):
        place(SHOP, ProductId("z"), ShelfRef(F, 3), 5, 2)


@pytest.mark.parametrize("number", [-1, 3, 10**6])
def test_a_facing_that_is_not_there_cannot_be_changed(number: int) -> None:
    for change in (widen, narrow, remove):
        with pytest.raises(MoveError, match="no such place"):
            change(SHOP, number)
    with pytest.raises(MoveError, match="no such place"):
        swap(SHOP, 0, number)


STEPS = st.tuples(
    st.sampled_from(("move", "swap", "widen", "narrow", "place", "remove")),
    st.integers(-1, 6),
    st.integers(-1, 6),
    st.integers(0, 8),
    st.integers(-1, 14),
    st.integers(-1, 5),
)


def done(shop: Shop, kind: str, numbers: tuple[int, int], where: ShelfRef, span: tuple[int, int]) -> Shop:
    number, other = numbers
    if kind == "move":
        return move(shop, number, where, *span)
    if kind == "swap":
        return swap(shop, number, other)
    if kind == "place":
        return place(shop, A, where, *span)
    return {"widen": widen, "narrow": narrow, "remove": remove}[kind](shop, number)


@given(st.lists(STEPS, max_size=25))
def test_whatever_is_done_no_plate_is_used_twice_and_the_shop_holds(
    steps: list[tuple[str, int, int, int, int, int]],
) -> None:
    shop = SHOP
    for kind, number, other, shelf, first, count in steps:
        try:
            shop = done(shop, kind, (number, other), ShelfRef(F, shelf), (first, count))
        except MoveError:
            continue
        assert list(shop_problems(shop)) == []
        for fixture in shop.fixtures:
            for board in fixture.shelves:
                assert all(len(users) == 1 for users in users_of(shop, ShelfRef(fixture.id, board.index)).values())
    assert all(f.plates == tuple(range(f.plates[0], f.plates[0] + len(f.plates))) for f in shop.facings)


# ---- drawing ----------------------------------------------------------------------------------------------------


def spans(shop: Shop, shelf: int) -> list[list[tuple[int, int, int]]]:
    drawn = next(d for d in draw_fixture(shop, shop.fixtures[0], shop.facings, {}) if d.index == shelf)
    return [[(cell.first, cell.span, cell.facing) for cell in lane] for lane in drawn.lanes]


def test_shelves_are_drawn_from_the_top_with_a_cell_for_each_free_plate() -> None:
    assert [d.index for d in draw_fixture(SHOP, SHOP.fixtures[0], SHOP.facings, {})] == [6, 5, 4, 3, 2, 1]
    assert spans(SHOP, 1) == [[(1, 2, 0), (3, 1, -1), (4, 1, 1), *((plate, 1, -1) for plate in range(5, 13))]]


def test_facings_that_share_a_plate_are_drawn_in_two_lanes() -> None:
    shop = shop_with(on(A, 1, 2, 3), on(B, 3, 4), on(C, 5))
    assert spans(shop, 1) == [
        [(1, 3, 0), (4, 1, -1), (5, 1, 2), *((plate, 1, -1) for plate in range(6, 13))],
        [(1, 2, -1), (3, 2, 1), (5, 8, -1)],
    ]


def test_a_facing_whose_plates_do_not_touch_is_drawn_in_parts() -> None:
    assert spans(shop_with(on(A, 1, 3)), 1)[0][:3] == [(1, 1, 0), (2, 1, -1), (3, 1, 0)]


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)).map(lambda pair: (min(pair), max(pair))), max_size=8))
def test_every_lane_covers_the_whole_shelf(runs: list[tuple[int, int]]) -> None:
    shop = shop_with(*(on(A, *range(first, last + 1)) for first, last in runs))
    for lane in spans(shop, 1):
        assert sum(span for _, span, _ in lane) == 12
        assert [first for first, _, _ in lane] == [1 + sum(span for _, span, _ in lane[:k]) for k in range(len(lane))]


def test_what_is_not_in_force_yet_waits() -> None:
    moved = move(SHOP, 1, ShelfRef(F, 1), 6, 1)
    drawn = draw_fixture(moved, moved.fixtures[0], SHOP.facings, {})[-1]
    assert [(cell.facing, cell.waits) for cell in drawn.lanes[0] if cell.facing >= 0] == [(0, False), (1, True)]
