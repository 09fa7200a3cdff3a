"""What holds for every story: items are conserved, causes come before beliefs, and strangers do not matter."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fusion.stories import Told, events_of, tell
from tests.fusion.stories_at_random import Doing, doings, story
from tests.fusion.test_who_took_what import check_distribution
from tests.scenes import JUICE, LEFT, RIGHT, WATER, Scene, grasp, ns, shop
from tillfree.core.events import CartBelief, Event, Interaction, PeopleFrame, encode_event
from tillfree.core.geometry import Box, Point, Pose
from tillfree.core.ids import ProductId, VisitId
from tillfree.fusion.inference import WhoTookWhat
from tillfree.fusion.settings import FusionSettings

# Stories of up to three people are slow to tell; fewer of them say as much.
FEW = settings(max_examples=25)


def expected_units(belief: CartBelief, product: ProductId) -> float:
    return sum(sum(line.at_least) for line in belief.lines if line.product == product)


# ---- conservation -----------------------------------------------------------------------------------------------


@FEW
@given(told=doings(3))
def test_nobody_ever_holds_more_than_was_taken(told: list[Doing]) -> None:
    scene, _ = story(told, 3)
    taken_at = sorted(at_s for at_s, _, _, loads in scene.loads if sum(loads.values()) < 0)
    latest: dict[VisitId, CartBelief] = {}
    for belief in tell(scene).all:
        check_distribution(belief)
        if belief.final:
            break
        latest[belief.visit] = belief
        units = sum(sum(line.at_least) for other in latest.values() for line in other.lines)
        gone = sum(ns(at_s) <= belief.time_ns for at_s in taken_at)
        # One change may have been two or three units, with a small probability.
        assert units <= gone * 1.05 + 0.05


@FEW
@given(told=doings(2))
def test_the_acts_of_a_visit_add_up_to_a_cart_and_never_below_zero(told: list[Doing]) -> None:
    scene, _ = story(told, 2)
    result = tell(scene)
    for visit in result.by_visit:
        belief = result.final(visit)
        held = after(belief.interactions, visit)
        assert held in [a.items for a in belief.alternatives]


def after(acts: tuple[Interaction, ...], visit: VisitId) -> dict[ProductId, int]:
    """The cart of a visit after acts, in order; asserts that nothing is given away that is not held."""
    held: Counter[ProductId] = Counter()
    for act in acts:
        if act.act == "take" or (act.act == "hand_over" and act.to_visit == visit):
            held[act.product] += act.quantity
        elif act.act in ("put_back", "hand_over"):
            held[act.product] -= act.quantity
            assert held[act.product] >= 0, acts
    return {product: count for product, count in held.items() if count}


@FEW
@given(told=doings(2))
def test_what_people_clearly_did_is_what_they_have(told: list[Doing]) -> None:
    # Put-backs go home here, and of water and juice, which weigh the same, there is only one, so nothing is ambiguous.
    clear = [(doing[0], WATER if doing[1] == JUICE else doing[1], *doing[2:]) for doing in told]
    scene, held = story(clear, 2, home=True)
    result = tell(scene)
    assert [result.cart("ann"), result.cart("bob")] == held
    assert result.chance("ann", held[0]) > 0.8


# ---- time -------------------------------------------------------------------------------------------------------


@FEW
@given(told=doings(2), share=st.floats(0.0, 1.0))
def test_a_prefix_and_then_the_rest_are_the_whole(told: list[Doing], share: float) -> None:
    events = events_of(story(told, 2)[0])
    cut = round(share * len(events))
    whole = outputs(WhoTookWhat(shop(LEFT, RIGHT), FusionSettings()), events)
    fusion = WhoTookWhat(shop(LEFT, RIGHT), FusionSettings())
    prefix = outputs(fusion, events[:cut])
    # What was believed then does not depend on what came later, nor on how the stream was cut.
    assert whole[: len(prefix)] == prefix
    assert prefix + outputs(fusion, events[cut:]) == whole
    times = [msgspec.json.decode(line)["time_ns"] for line in whole]
    assert times == sorted(times)


def outputs(fusion: WhoTookWhat, events: list[Event]) -> list[bytes]:
    return [encode_event(belief) for event in events for belief in fusion.update(event)]


@FEW
@given(told=doings(2, most=4), shift_s=st.integers(-1_000_000_000, 1_000_000_000))
def test_the_hour_of_the_day_does_not_matter(told: list[Doing], shift_s: int) -> None:
    scene, _ = story(told, 2)
    shift_ns = shift_s * 1_000_000_000
    usual, later = (WhoTookWhat(scene.shop, FusionSettings()) for _ in range(2))
    for event in events_of(scene):
        moved = shifted(event, shift_ns)
        here = [(b.visit, b.alternatives) for b in usual.update(event)]
        assert [(b.visit, b.alternatives) for b in later.update(moved)] == here


def shifted(event: Event, shift_ns: int) -> Event:
    names = [n for n in ("time_ns", "start_ns", "step_ns", "end_ns") if n in event.__struct_fields__]
    return msgspec.structs.replace(event, **{name: getattr(event, name) + shift_ns for name in names})


# ---- names and places -------------------------------------------------------------------------------------------


def chances(told: Told, name: str) -> dict[tuple[tuple[str, int], ...], float]:
    return {tuple(sorted(a.items.items())): a.probability for a in told.final(name).alternatives}


def same(one: dict[tuple[tuple[str, int], ...], float], other: dict[tuple[tuple[str, int], ...], float]) -> bool:
    """Equal but for what was pruned: explanations of 1 in 10 000."""
    return all(abs(one.get(cart, 0.0) - other.get(cart, 0.0)) < 2e-3 for cart in one.keys() | other.keys())


@FEW
@given(left=doings(1, most=2), right=doings(1, most=2))
def test_people_far_apart_do_not_depend_on_each_other(left: list[Doing], right: list[Doing]) -> None:
    # Few acts, so that the clocks of plates and tracks, which are common to all, are not estimated yet.
    alone, _ = story(left, 1)
    together, _ = story(left, 1)
    other, _ = story(right, 1)
    walker = other.walkers["ann"]
    together.walks("bob", *((second, x + 8.0, y) for second, x, y in walker.path))
    for at_s, _, shelf, loads in other.loads:
        together.moves("bob", at_s + 0.4, loads, shelf=shelf, at=RIGHT)
    both = tell(together)
    assert chances(both, "ann") == chances(tell(alone), "ann")
    assert same(chances(both, "bob"), chances(tell(moved_right(other)), "ann"))


def moved_right(scene: Scene) -> Scene:
    out = Scene(scene.shop).walks("ann", *((second, x + 8.0, y) for second, x, y in scene.walkers["ann"].path))
    for at_s, _, shelf, loads in scene.loads:
        out.moves("ann", at_s + 0.4, loads, shelf=shelf, at=RIGHT)
    return out


AMBIGUOUS: list[Doing] = [(0, WATER, False, 1, 1.0), (0, WATER, True, 5, 1.0), (1, JUICE, False, 1, 1.0)]


@FEW
@given(told=doings(2, most=5))
def test_names_of_people_do_not_matter(told: list[Doing]) -> None:
    for doing in (told, AMBIGUOUS):
        scene, _ = story(doing, 2)
        swapped = Scene(scene.shop)
        swapped.loads = scene.loads
        for name, other in (("ann", "zoe"), ("bob", "abe")):
            walker = scene.walkers[name]
            swapped.walks(other, *walker.path).walkers[other].reaches = walker.reaches
        one, two = tell(scene), tell(swapped)
        assert same(chances(one, "ann"), chances(two, "zoe"))
        assert same(chances(one, "bob"), chances(two, "abe"))


@FEW
@given(told=doings(2, most=5), turn=st.floats(-3.1, 3.1), x=st.floats(-50, 50), y=st.floats(-50, 50))
def test_where_the_shop_stands_and_how_it_is_turned_does_not_matter(
    told: list[Doing], turn: float, x: float, y: float
) -> None:
    scene, _ = story(told, 2)
    frame = Pose(Point(x, y, 0.2), turn)
    fixtures = tuple(
        msgspec.structs.replace(
            f,
            box=placed(f.box, frame),
            shelves=tuple(msgspec.structs.replace(s, box=placed(s.box, frame)) for s in f.shelves),
        )
        for f in scene.shop.fixtures
    )
    fusion = WhoTookWhat(msgspec.structs.replace(scene.shop, fixtures=fixtures), FusionSettings())
    moved = Told(b for event in events_of(scene) for b in fusion.update(turned(event, frame)))
    usual = tell(scene)
    for name in ("ann", "bob"):
        assert same(chances(usual, name), chances(moved, name))


def placed(box: Box, frame: Pose) -> Box:
    return msgspec.structs.replace(box, pose=frame.then(box.pose))


def turned(event: Event, frame: Pose) -> Event:
    if not isinstance(event, PeopleFrame):
        return event
    people = []
    for person in event.people:
        joints = []
        for joint in person.joints:
            place = frame.to_parent(Point(joint.x, joint.y, joint.z))
            joints.append(msgspec.structs.replace(joint, x=place.x, y=place.y, z=place.z))
        people.append(msgspec.structs.replace(person, joints=tuple(joints)))
    return msgspec.structs.replace(event, people=tuple(people))


def test_two_mirrored_hands_are_even_odds() -> None:
    # Left and right of the middle of plates 6 and 7, with mirrored bodies, nothing can favour either.
    scene = Scene().comes("ann", x=0.2, leave_s=10).comes("bob", x=1.0, leave_s=10)
    scene.reaches("ann", 6, grasp(6.5), hand="r").reaches("bob", 6, grasp(6.5), hand="l")
    told = tell(scene.changes_load(6, {6: -260.0, 7: -260.0}))
    for product in (JUICE,):
        assert told.chance("ann", {product: 1}) == pytest.approx(told.chance("bob", {product: 1}), abs=0.02)
