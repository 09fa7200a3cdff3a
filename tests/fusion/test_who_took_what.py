"""What the inference makes of short stories: who has what in the end, and how sure it is."""

import math

import msgspec
import pytest

from tests.fusion.stories import Told, tell
from tests.scenes import (
    BEANS,
    CHIPS,
    COLA,
    JUICE,
    LEFT,
    RIGHT,
    RISOTTO,
    SAUCE,
    START_NS,
    WATER,
    WEIGHTS_G,
    Scene,
    grasp,
    ns,
    shop,
    weight_change,
)
from tillfree.core.events import (
    CartBelief,
    Event,
    ItemLook,
    SensorIssue,
    TrackJoined,
    TrackParted,
    VisitClosed,
    VisitOpened,
)
from tillfree.core.ids import FixtureId, PlateRef, ProductId, TrackId, VisitId
from tillfree.fusion.inference import WhoTookWhat
from tillfree.fusion.settings import FusionSettings


def ann(**times: float) -> Scene:
    return Scene().comes("ann", x=0.5, **times)


def ann_and_bob(leave_s: float = 16.0) -> Scene:
    """Two who stand a metre apart at one fixture."""
    return Scene().comes("ann", x=0.15, leave_s=leave_s).comes("bob", x=1.15, leave_s=leave_s)


def summary(told: Told, *names: str) -> list[dict[ProductId, int]]:
    return [told.cart(name) for name in names]


# ---- one person -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("product", "plate"), [(COLA, 1), (WATER, 3), (WATER, 4), (JUICE, 5), (SAUCE, 7), (CHIPS, 10), (BEANS, 12)]
)
@pytest.mark.parametrize("scale", [0.95, 1.0, 1.06])
def test_a_take(product: ProductId, plate: int, scale: float) -> None:
    told = tell(ann().takes("ann", 6, plate, scale * WEIGHTS_G[product]))
    assert told.cart("ann") == {product: 1}
    assert told.chance("ann", {product: 1}) > 0.95
    (act,) = told.acts("ann")
    assert (act.act, act.product, act.quantity, act.fixture, act.shelf) == ("take", product, 1, LEFT, 2)
    assert act.evidence == ("scale/left#1",)
    (line,) = told.final("ann").lines
    assert line.evidence == ("scale/left#1",)


def test_a_take_that_spans_three_plates() -> None:
    told = tell(ann().moves("ann", 6, {2: -50.0, 3: -150.0, 4: -60.0}, shelf=3))
    assert told.cart("ann") == {RISOTTO: 1}


def test_no_act_is_an_empty_cart_for_sure() -> None:
    told = tell(ann())
    assert told.cart("ann") == {}
    assert told.chance("ann", {}) == pytest.approx(1.0)
    assert told.acts("ann") == []


def test_a_take_and_a_put_back_at_home_leave_nothing() -> None:
    told = tell(ann().takes("ann", 6, 3, 520).puts("ann", 9, 4, 518))
    assert told.at("ann", 7.5) == {WATER: 1}
    assert told.chance("ann", {}) > 0.95
    assert [a.act for a in told.acts("ann")] == ["take", "put_back"]


def test_what_was_put_back_elsewhere_is_known_there_when_somebody_takes_it() -> None:
    scene = ann(leave_s=12).comes("bob", x=0.9, arrive_s=22, leave_s=28)
    told = tell(scene.takes("ann", 6, 3, 520).puts("ann", 9, 8, 522).takes("bob", 25, 8, 519))
    assert told.chance("ann", {}) > 0.95
    assert told.chance("bob", {WATER: 1}) > 0.9


def test_somebody_else_may_leave_what_was_put_back_elsewhere_and_take_what_belongs_there() -> None:
    scene = ann(leave_s=12).comes("bob", x=0.9, arrive_s=22, leave_s=28)
    told = tell(scene.takes("ann", 6, 3, 520).puts("ann", 9, 8, 520).takes("bob", 25, 8, 105))
    assert told.chance("bob", {SAUCE: 1}) > 0.9


@pytest.mark.parametrize("grams", [520.0, 350.0, 60.0])
def test_nobody_can_put_back_what_nobody_holds(grams: float) -> None:
    told = tell(ann().puts("ann", 6, 3, grams))
    assert told.cart("ann") == {}
    assert told.chance("ann", {}) > 0.9
    assert "put_back" not in {a.act for a in told.acts("ann")}


def test_a_restock_does_not_pay_for_a_later_take() -> None:
    told = tell(ann(leave_s=60).puts("ann", 6, 3, 520).takes("ann", 55, 11, 830))
    assert told.cart("ann") == {BEANS: 1}


@pytest.mark.parametrize(("loads", "count"), [({3: -1040.0}, 2), ({3: -520.0, 4: -520.0}, 2), ({3: -1560.0}, 3)])
def test_several_units_at_once(loads: dict[int, float], count: int) -> None:
    told = tell(ann().moves("ann", 6, loads))
    assert told.cart("ann") == {WATER: count}
    line = next(line for line in told.final("ann").lines if line.product == WATER)
    assert len(line.at_least) >= count
    assert line.at_least[count - 1] > 0.9


def test_two_products_with_one_change() -> None:
    told = tell(ann().moves("ann", 6, {2: -350.0, 3: -520.0}))
    assert told.chance("ann", {COLA: 1, WATER: 1}) > 0.9
    assert sorted((a.act, a.product) for a in told.acts("ann")) == [("take", COLA), ("take", WATER)]


def test_one_comes_as_another_goes() -> None:
    told = tell(ann().takes("ann", 6, 6, 520).moves("ann", 9, {6: 520.0, 7: -105.0}))
    assert told.cart("ann") == {SAUCE: 1}


@pytest.mark.parametrize("plate", [1, 4, 9])
def test_a_lean_is_no_take(plate: int) -> None:
    scene = ann(leave_s=24).reaches("ann", 7, grasp(plate), before_s=1.4, after_s=1.4)
    told = tell(
        scene.changes_load(6, {plate: 140.0, plate + 1: 30.0}).changes_load(8, {plate: -140.0, plate + 1: -30.0})
    )
    assert told.cart("ann") == {}
    assert told.chance("ann", {}) > 0.9


def test_an_item_held_on_its_plate_for_half_a_minute_is_one_item() -> None:
    scene = ann(leave_s=44).reaches("ann", 21, grasp(3), before_s=15.6, after_s=15.4)
    told = tell(scene.changes_load(6, {3: -200.0}).changes_load(36, {3: -320.0}))
    assert told.cart("ann") == {WATER: 1}


def test_something_moved_along_the_shelf_is_nobodys() -> None:
    told = tell(ann().moves("ann", 6, {3: -520.0, 4: 520.0}))
    assert told.cart("ann") == {}


def test_a_product_without_weight_is_known_by_its_place() -> None:
    scene = Scene(shop(without_weight=[BEANS])).comes("ann", x=0.8).takes("ann", 6, 12, 777)
    assert tell(scene).cart("ann") == {BEANS: 1}


# ---- whose hand -------------------------------------------------------------------------------------------------


def test_the_hand_at_the_plate_took_it() -> None:
    told = tell(ann_and_bob().takes("ann", 6, 3, 520).takes("bob", 6.9, 11, 830))
    assert summary(told, "ann", "bob") == [{WATER: 1}, {BEANS: 1}]
    assert told.chance("ann", {WATER: 1}) > 0.95
    assert told.chance("bob", {BEANS: 1}) > 0.95


def test_the_later_of_two_hands_at_one_facing_took_nothing() -> None:
    told = tell(ann_and_bob().takes("ann", 6, 5, 520).reaches("bob", 9, grasp(5), hand="l"))
    assert summary(told, "ann", "bob") == [{JUICE: 1}, {}]
    assert told.chance("bob", {}) > 0.95


def test_two_hands_at_one_facing_at_one_moment_are_even_odds() -> None:
    # Bob is Ann's mirror image.
    scene = Scene().comes("ann", x=0.15).comes("bob", x=0.95).takes("ann", 6, 6, 520)
    told = tell(scene.reaches("bob", 6, grasp(6.02), hand="l"))
    first, second = told.chance("ann", {JUICE: 1}), told.chance("bob", {JUICE: 1})
    assert first + second == pytest.approx(1.0, abs=0.05)
    assert 0.3 < first < 0.7


def test_the_nearer_of_two_hands_is_likelier() -> None:
    told = tell(ann_and_bob().takes("ann", 6, 5, 520).reaches("bob", 6, grasp(7), hand="l"))
    assert 0.6 < told.chance("ann", {JUICE: 1}) <= 1.0
    near = told.chance("ann", {JUICE: 1})
    told = tell(ann_and_bob().takes("ann", 6, 5, 520).reaches("bob", 6, grasp(6), hand="l"))
    assert told.chance("ann", {JUICE: 1}) < near


def test_a_bystander_does_not_matter() -> None:
    scene = ann().walks("bob", (0, 1.4, -4.5), (3, 1.4, -1.6), (13, 1.4, -1.6), (16, 1.4, -4.5))
    told = tell(scene.takes("ann", 6, 3, 520))
    assert told.chance("ann", {WATER: 1}) > 0.97
    assert told.chance("bob", {}) > 0.97


@pytest.mark.parametrize("joints", [("r_wrist",), ("l_wrist", "r_wrist"), ("r_wrist", "r_shoulder")])
def test_a_hidden_hand_is_judged_by_the_body(joints: tuple[str, ...]) -> None:
    scene = ann().walks("bob", (0, 1.6, -4.5), (3, 1.6, -1.8), (13, 1.6, -1.8), (16, 1.6, -4.5))
    told = tell(scene.takes("ann", 6, 3, 520).hides("ann", 5, 7, *joints))
    assert told.cart("ann") == {WATER: 1}
    assert told.cart("bob") == {}


def test_two_people_take_at_once_with_one_change() -> None:
    scene = ann_and_bob().reaches("ann", 6, grasp(4)).reaches("bob", 6, grasp(7), hand="l")
    told = tell(scene.changes_load(6, {4: -520.0, 7: -105.0}))
    assert summary(told, "ann", "bob") == [{WATER: 1}, {SAUCE: 1}]
    assert told.chance("ann", {WATER: 1}) > 0.8


def test_two_people_put_back_and_take_different_things_at_one_facing() -> None:
    scene = ann_and_bob(20).takes("ann", 6, 3, 520).takes("bob", 8, 11, 830)
    told = tell(scene.puts("ann", 11, 6, 520).takes("bob", 14, 10, 180))
    assert summary(told, "ann", "bob") == [{}, {BEANS: 1, CHIPS: 1}]


def test_nobody_in_the_shop_is_counted_and_told_to_nobody() -> None:
    fusion = WhoTookWhat(shop(), FusionSettings())
    assert fusion.update(weight_change(6, {3: -520.0})) == []
    assert fusion.unexplained == 1


def test_a_change_far_from_everybody_is_nobodys() -> None:
    scene = Scene(shop(LEFT, RIGHT)).walks("ann", (0, 8.6, -4.5), (4, 8.6, -0.5), (12, 8.6, -0.5), (16, 8.6, -4.5))
    told = tell(scene.changes_load(6, {3: -520.0}))
    assert told.chance("ann", {}) > 0.5


def test_a_visitor_whom_no_tracker_sees_has_what_left_the_shelf() -> None:
    fusion = WhoTookWhat(shop(), FusionSettings())
    visit = VisitId("anonymous")
    opened = VisitOpened(
        time_ns=START_NS, source="visits", sequence=1, visit=visit, track=TrackId("-"), code="c", anonymous=True
    )
    closed = VisitClosed(time_ns=ns(30), source="visits", sequence=2, visit=visit, reason="end of recording")
    events: list[Event] = [opened, weight_change(6, {3: -520.0}), weight_change(9, {11: -830.0}, number=2), closed]
    told = Told(belief for event in events for belief in fusion.update(event))
    assert told.cart("anonymous") == {WATER: 1, BEANS: 1}
    assert told.chance("anonymous", {WATER: 1, BEANS: 1}) > 0.9


def test_a_track_that_joined_acts_for_its_visit() -> None:
    scene = Scene().walks("ann", (0, 0.5, -4.5), (4, 0.5, -0.5), (5, 0.5, -0.5))
    scene.walks("ghost", (6, 0.5, -0.5), (12, 0.5, -0.5), (16, 0.5, -4.5)).takes("ghost", 8, 3, 520)
    fusion = WhoTookWhat(scene.shop, FusionSettings())
    visit = VisitId("ann")
    opened = VisitOpened(time_ns=ns(0), source="v", sequence=1, visit=visit, track=TrackId("ann"), code="c")
    joined = TrackJoined(time_ns=ns(6), source="v", sequence=2, visit=visit, track=TrackId("ghost"), probability=1.0)
    closed = VisitClosed(time_ns=ns(17), source="v", sequence=3, visit=visit, reason="exit")
    rest: list[Event] = [*scene.frames(), *scene.weight_changes(), joined, closed]
    events: list[Event] = [opened, *sorted(rest, key=lambda e: e.time_ns)]
    told = Told(belief for event in events for belief in fusion.update(event))
    assert told.chance("ann", {WATER: 1}) > 0.95


def test_who_was_taken_for_somebody_else_keeps_what_they_took_themselves() -> None:
    """Ann takes beans and is lost; Bob, taken for her, takes water; then both are seen."""
    scene = Scene().walks("ann", (0, 0.2, -4.5), (4, 0.9, -0.5), (9, 0.9, -0.5), (13, 0.3, -4.5)).hides("ann", 7, 11)
    scene.walks("bob", (7, 0.4, -3.0), (8, 0.3, -0.5), (14, 0.3, -0.5), (18, 0.5, -4.5))
    scene.takes("ann", 6, 11, 830).takes("bob", 9, 3, 520).puts("bob", 13, 11, 520)
    fusion = WhoTookWhat(scene.shop, FusionSettings())
    ann, bob = VisitId("ann"), VisitId("bob")
    others: list[Event] = [
        VisitOpened(time_ns=ns(0), source="v", sequence=1, visit=ann, track=TrackId("ann"), code="a"),
        TrackJoined(time_ns=ns(7), source="v", sequence=2, visit=ann, track=TrackId("bob"), probability=0.8),
        VisitOpened(time_ns=ns(11), source="v", sequence=3, visit=bob, track=TrackId("bob"), code="b"),
        TrackParted(
            time_ns=ns(11), source="v", sequence=4, visit=ann, to_visit=bob, track=TrackId("bob"), since_ns=ns(7)
        ),
        VisitClosed(time_ns=ns(14), source="v", sequence=5, visit=ann, reason="exit"),
        VisitClosed(time_ns=ns(19), source="v", sequence=6, visit=bob, reason="exit"),
    ]
    seen: list[Event] = [*scene.frames(), *scene.weight_changes()]
    ranked = [(e.time_ns, 0, n, e) for n, e in enumerate(others)] + [(e.time_ns, 1, n, e) for n, e in enumerate(seen)]
    told = Told(belief for *_, event in sorted(ranked, key=lambda r: r[:3]) for belief in fusion.update(event))
    assert told.at("ann", 10.5) == {BEANS: 1, WATER: 1}
    assert (told.at("ann", 12), told.at("bob", 12)) == ({BEANS: 1}, {WATER: 1})
    assert summary(told, "ann", "bob") == [{BEANS: 1}, {}]
    assert told.chance("bob", {}) < 0.95
    assert [(a.act, a.product, a.visit) for a in told.acts("bob")] == [("take", WATER, bob), ("put_back", WATER, bob)]
    assert [(a.act, a.product, a.visit) for a in told.acts("ann")] == [("take", BEANS, ann)]


# ---- how people stand -------------------------------------------------------------------------------------------


def test_of_two_whose_hands_are_hidden_the_one_who_stands_still_took_it() -> None:
    scene = ann().walks("bob", (0, 3.0, -0.6), (5.3, 1.0, -0.55), (6.7, -0.6, -0.55), (9, -4.0, -0.6))
    joints = ("l_wrist", "r_wrist", "l_elbow", "r_elbow")
    told = tell(scene.takes("ann", 6, 3, 520).hides("ann", 5, 7, *joints).hides("bob", 5, 7, *joints))
    assert summary(told, "ann", "bob") == [{WATER: 1}, {}]
    assert told.chance("ann", {WATER: 1}) > 0.8


def test_a_hand_where_no_arm_of_its_owner_reaches_was_another_ones() -> None:
    """The tracker gives Ann's wrist to Bob, who stands a metre away; hers is not seen."""
    scene = ann_and_bob().takes("ann", 6, 2, 350).hides("ann", 5, 7, "l_wrist", "r_wrist", "r_elbow", "l_elbow")
    scene.reaches("bob", 6, grasp(2)).hides("bob", 5, 7, "r_elbow")
    told = tell(scene)
    assert summary(told, "ann", "bob") == [{COLA: 1}, {}]


# ---- from hand to hand ------------------------------------------------------------------------------------------


def test_a_hand_over_face_to_face_is_seen() -> None:
    told = tell(ann_and_bob().takes("ann", 6, 3, 520).hands_over("ann", "bob", 10))
    assert summary(told, "ann", "bob") == [{}, {WATER: 1}]
    assert told.chance("bob", {WATER: 1}) > 0.75
    acts = [(a.act, a.visit, a.to_visit) for a in told.acts("bob")]
    assert acts == [("hand_over", "ann", "bob")]
    assert told.at("bob", 8.0) == {}


def test_people_who_walk_past_each_other_hand_nothing_over() -> None:
    scene = Scene().walks("ann", (0, 0.2, -4.5), (4, 0.3, -0.5), (8, 0.3, -0.5), (10, 1.3, -1.5), (14, 0.3, -4.5))
    scene.walks("bob", (0, 1.4, -4.5), (5, 2.2, -1.5), (8.2, 2.2, -1.5), (10.2, 0.9, -1.6), (14, 0.9, -4.5))
    told = tell(scene.takes("ann", 6, 3, 520).hands_over("ann", "bob", 9.9))
    assert summary(told, "ann", "bob") == [{WATER: 1}, {}]


@pytest.mark.parametrize("others", [1, 3])
def test_either_of_two_may_have_given_something(others: int) -> None:
    """However much one of them holds, it is as likely that the other one gave."""
    scene = ann_and_bob(30.0).takes("ann", 6, 3, 520)
    for number, (plate, grams) in enumerate([(11, 830), (9, 180), (12, 830)][:others]):
        scene.takes("bob", 8 + 2 * number, plate, grams)
    told = tell(scene.hands_over("ann", "bob", 20))
    given = sum(a.probability for a in told.final("ann").alternatives if WATER not in a.items)
    kept = sum(a.probability for a in told.final("ann").alternatives if a.items == {WATER: 1})
    got = sum(a.probability for a in told.final("ann").alternatives if len(a.items) == 2 or a.items.get(WATER, 0) > 1)
    assert given == pytest.approx(got, rel=0.05)
    assert kept < given


def test_hands_that_meet_pass_nothing_when_they_are_empty() -> None:
    told = tell(ann_and_bob().hands_over("ann", "bob", 10))
    assert told.chance("ann", {}) == told.chance("bob", {}) == pytest.approx(1.0)


def test_a_hand_over_goes_from_the_one_who_has_something() -> None:
    told = tell(ann_and_bob().takes("bob", 6, 11, 830).hands_over("ann", "bob", 10))
    assert summary(told, "ann", "bob") == [{BEANS: 1}, {}]


def test_two_who_stand_side_by_side_with_hanging_hands_keep_what_they_have() -> None:
    scene = Scene().comes("ann", x=0.2).comes("bob", x=0.75).takes("ann", 6, 3, 520)
    told = tell(scene)
    assert summary(told, "ann", "bob") == [{WATER: 1}, {}]


def receiver_leaves_it_elsewhere(meeting_s: float) -> Scene:
    """Ann takes; something may have been passed; Bob walks to the other fixture and puts it there; Ann leaves later."""
    scene = Scene(shop(LEFT, RIGHT)).comes("ann", x=0.3, leave_s=32)
    scene.walks(
        "bob", (0, 1.2, -4.5), (4, 1.2, -0.5), (12, 1.2, -0.5), (18, 8.8, -0.5), (24, 8.8, -0.5), (28, 8.8, -4.5)
    )
    scene.takes("ann", 6, 3, 520).puts("bob", 21, 8, 520, at=RIGHT)
    return scene.hands_over("ann", "bob", 10, stay_s=meeting_s) if meeting_s else scene


def test_a_put_back_by_the_receiver_proves_the_hand_over_afterwards() -> None:
    told = tell(receiver_leaves_it_elsewhere(0.6))
    before = told.at("ann", 15)
    assert summary(told, "ann", "bob") == [{}, {}]
    assert told.chance("ann", {}) > 0.95
    assert ("hand_over", "ann", "bob") in [(a.act, a.visit, a.to_visit) for a in told.acts("ann")]
    assert before in ({WATER: 1}, {})


def test_a_put_back_by_somebody_with_empty_hands_casts_doubt_on_others() -> None:
    # Somebody must have had it, and only Ann did: she cannot be charged for sure.
    told = tell(receiver_leaves_it_elsewhere(0.0))
    assert told.chance("ann", {WATER: 1}) < 0.9


def test_a_put_back_where_the_giver_stands_by_is_charged_to_nobody() -> None:
    told = tell(ann_and_bob().takes("ann", 6, 3, 520).puts("bob", 10, 8, 520))
    assert summary(told, "ann", "bob") == [{}, {}]


# ---- what weights and hands cannot tell -------------------------------------------------------------------------


def swapped() -> Scene:
    """Ann takes water, lays it among the juice of the same weight, and takes one of the two."""
    return ann(leave_s=20).takes("ann", 6, 4, 519).puts("ann", 10, 6, 521).takes("ann", 14, 6, 518)


def test_bottles_of_equal_weight_that_were_swapped_are_not_told_apart() -> None:
    told = tell(swapped())
    chances = [told.chance("ann", {product: 1}) for product in (WATER, JUICE)]
    assert sum(chances) > 0.9
    assert all(0.2 < chance < 0.8 for chance in chances)


@pytest.mark.parametrize("seen", [WATER, JUICE])
def test_a_look_at_the_item_decides(seen: ProductId) -> None:
    look = ItemLook(
        time_ns=ns(17),
        source="camera",
        sequence=1,
        track=TrackId("ann"),
        log_likelihoods={seen: 0.0},
        other_log_likelihood=-6.0,
    )
    told = tell(swapped(), [look])
    assert told.chance("ann", {seen: 1}) > 0.95


def test_a_look_that_says_nothing_changes_nothing() -> None:
    plain = dict.fromkeys(WEIGHTS_G, -1.0)
    look = ItemLook(
        time_ns=ns(17),
        source="camera",
        sequence=1,
        track=TrackId("ann"),
        log_likelihoods=plain,
        other_log_likelihood=-1.0,
    )
    blind, told = tell(swapped()), tell(swapped(), [look])
    assert told.chance("ann", {WATER: 1}) == pytest.approx(blind.chance("ann", {WATER: 1}), abs=1e-6)


def test_a_look_at_a_stranger_is_left_out() -> None:
    look = ItemLook(time_ns=ns(17), source="camera", sequence=1, track=TrackId("nobody"), log_likelihoods={WATER: 0.0})
    assert tell(swapped(), [look]).all == tell(swapped()).all


# ---- plates that fail -------------------------------------------------------------------------------------------


def dead(plate: int, second: float, problem: str = "dead") -> SensorIssue:
    return SensorIssue(
        time_ns=ns(second),
        source="health",
        sequence=round(second * 10),
        device="plate",
        problem=problem,
        detail="",
        plate=PlateRef(LEFT, 2, plate),
    )


def test_a_hand_at_a_dead_plate_makes_the_cart_less_sure() -> None:
    scene = ann().reaches("ann", 7, grasp(3))
    assert tell(scene).chance("ann", {}) == pytest.approx(1.0)
    told = tell(scene, [dead(3, 2.0)])
    assert 0.2 < told.chance("ann", {}) < 0.9
    assert told.chance("ann", {WATER: 1}) == pytest.approx(1 - told.chance("ann", {}), abs=0.01)


def test_a_dead_plate_that_nobody_reached_for_changes_nothing() -> None:
    told = tell(ann().takes("ann", 7, 3, 520), [dead(11, 2.0)])
    assert told.chance("ann", {WATER: 1}) > 0.95


def test_a_plate_that_works_again_is_trusted_again() -> None:
    told = tell(ann().reaches("ann", 8, grasp(3)), [dead(3, 2.0), dead(3, 5.0, "recovered")])
    assert told.chance("ann", {}) == pytest.approx(1.0)


# ---- what is told -----------------------------------------------------------------------------------------------


def test_beliefs_are_distributions() -> None:
    scene = ann_and_bob(24).takes("ann", 6, 5, 520).reaches("bob", 6, grasp(6), hand="l").puts("bob", 10, 6, 500)
    told = tell(scene.takes("ann", 14, 3, 520).hands_over("ann", "bob", 18, stay_s=1.0))
    assert len(told.all) > 4
    for belief in told.all:
        check_distribution(belief)


def check_distribution(belief: CartBelief) -> None:
    chances = [a.probability for a in belief.alternatives]
    assert chances == sorted(chances, reverse=True)
    assert all(0.0 <= p <= 1.0 for p in chances)
    assert 0.0 < sum(chances) <= 1.0 + 1e-6
    assert all(count > 0 for a in belief.alternatives for count in a.items.values())
    assert len({tuple(sorted(a.items.items())) for a in belief.alternatives}) == len(chances)
    told = {line.product: line.at_least for line in belief.lines}
    assert list(told) == sorted(told)
    for at_least in told.values():
        assert all(0.0 <= p <= 1.0 for p in at_least)
        assert list(at_least) == sorted(at_least, reverse=True)
    for alternative in belief.alternatives:
        for product, count in alternative.items.items():
            assert told[product][count - 1] >= alternative.probability - 1e-6
    assert all(math.isfinite(a.probability) and 0 <= a.probability <= 1 for a in belief.interactions)


def test_each_visit_has_one_final_belief_and_it_is_the_last() -> None:
    told = tell(ann_and_bob().takes("ann", 6, 3, 520))
    for beliefs in told.by_visit.values():
        assert [b.final for b in beliefs] == [False] * (len(beliefs) - 1) + [True]
        assert [b.sequence for b in beliefs] == list(range(1, len(beliefs) + 1))
    assert len({b.id for b in told.all}) == len(told.all)


def test_events_of_unknown_visits_places_and_tracks_are_left_out() -> None:
    fusion = WhoTookWhat(shop(), FusionSettings())
    closed = VisitClosed(time_ns=ns(1), source="v", sequence=1, visit=VisitId("who"), reason="exit")
    assert fusion.update(closed) == []
    for frame in ann().frames()[:5]:
        assert fusion.update(frame) == []
    strange = weight_change(6, {3: -520.0}, at=FixtureId("attic"))
    assert fusion.update(strange) == []
    assert fusion.update(weight_change(6, {3: -520.0}, shelf=9)) == []


# ---- several things, several people -------------------------------------------------------------------------------


def test_three_units_at_two_places_are_three() -> None:
    told = tell(ann().moves("ann", 6, {3: -520.0, 4: -1040.0}))
    assert told.cart("ann") == {WATER: 3}


def test_a_light_thing_beside_a_heavy_one_is_seen_on_its_plates() -> None:
    told = tell(ann().moves("ann", 6, {5: -WEIGHTS_G[JUICE] * 1.05, 8: -WEIGHTS_G[SAUCE]}))
    assert told.cart("ann") == {JUICE: 1, SAUCE: 1}


def test_what_a_dead_plate_leaks_to_those_beside_it_is_a_take() -> None:
    scene = ann().reaches("ann", 6, grasp(11))
    change = msgspec.structs.replace(weight_change(6, {10: -8.0, 11: 0.0, 12: -6.0}), missing=(11,))
    told = tell(scene, [change])
    assert told.cart("ann") == {BEANS: 1}


@pytest.mark.parametrize(("cola_s", "water_s", "anns"), [(6.0, 7.2, COLA), (7.2, 6.0, WATER)])
def test_two_hands_in_one_change_are_told_apart_by_when_their_plates_moved(
    cola_s: float, water_s: float, anns: ProductId
) -> None:
    """Ann's hand is at both plates first, then Bob's; one change that took a while has a thing of each."""
    scene = Scene().comes("ann", x=0.0, leave_s=16.0).comes("bob", x=0.6, leave_s=16.0)
    scene.reaches("ann", 6.0, grasp(2.4), hand="r").reaches("bob", 7.2, grasp(2.6), hand="l")
    change = msgspec.structs.replace(
        weight_change(7.2, {2: -350.0, 3: -520.0}),
        steps_ns=tuple(ns(cola_s if plate <= 2 else water_s) for plate in (1, 2, 3, 4)),
    )
    told = tell(scene, [change])
    bobs = WATER if anns == COLA else COLA
    assert summary(told, "ann", "bob") == [{anns: 1}, {bobs: 1}]


def test_what_comes_to_rest_after_a_put_back_is_no_act() -> None:
    scene = ann().takes("ann", 6, 12, 830.0).puts("ann", 12, 8, 860.0)
    told = tell(scene.changes_load(12.9, {8: -45.0}))
    assert told.cart("ann") == {}
    assert told.chance("ann", {}) > 0.9


def test_doubts_that_have_nothing_to_do_with_each_other_are_not_multiplied() -> None:
    """Five takes, each of Ann or Bob: 32 stories, of which a bound of four keeps all that matters."""
    scene = Scene().comes("ann", x=0.15, leave_s=32).comes("bob", x=1.05, leave_s=32)
    for number, plate in enumerate((2, 4, 6, 8, 10)):
        at_s = 6.0 + 4.0 * number
        product = (COLA, WATER, JUICE, SAUCE, CHIPS)[number]
        scene.changes_load(at_s, {plate: -WEIGHTS_G[product]})
        scene.reaches("ann", at_s, grasp(plate), hand="r").reaches("bob", at_s, grasp(plate + 0.1), hand="l")
    few, many = tell(scene, settings=FusionSettings(hypotheses_max=4)), tell(scene)
    for name in ("ann", "bob"):
        wanted = {frozenset(a.items.items()): a.probability for a in many.final(name).alternatives}
        found = {frozenset(a.items.items()): a.probability for a in few.final(name).alternatives}
        assert len(wanted) > 8
        assert found == pytest.approx(wanted, abs=0.01)
