"""What people want, with whom they come, how long they look, and which hand they use."""

import collections
import functools
import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.bags import Bags, follow
from tests.simulation.scenes import only, small_shop
from tillfree.core.events import GatePassage
from tillfree.core.ids import ProductId, TrackId
from tillfree.core.time import NS_PER_S
from tillfree.simulation.furniture import Furniture
from tillfree.simulation.options import ActRates, SimulationOptions
from tillfree.simulation.people.agents import Agent
from tillfree.simulation.people.arrivals import Rush
from tillfree.simulation.people.shopping_lists import ShoppingLists, nearest
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.script import Reach, VisitScript
from tillfree.simulation.stores.habits import HABITS
from tillfree.simulation.stores.named import STORES, store_of
from tillfree.store.replay import replay


@functools.cache
def kiosk() -> Furniture:
    return Furniture(store_of("kiosk"))


# ---- lists --------------------------------------------------------------------------------------------------------


def test_lists_have_so_many_units_and_popular_things_more_often() -> None:
    lists, rng = ShoppingLists(kiosk()), np.random.default_rng(1)
    drawn = [lists.draw(units, rng) for units in range(1, 13) for _ in range(400)]
    assert [len(wanted) for wanted in drawn] == [units for units in range(1, 13) for _ in range(400)]
    counts = collections.Counter(place.product.id for wanted in drawn for place in wanted)
    ranked = [count for _, count in counts.most_common()]
    assert ranked[0] > 2.5 * ranked[len(ranked) // 4] > 2.5 * ranked[-1]
    again = collections.Counter(
        place.product.id for _ in range(5000) for place in ShoppingLists(kiosk()).draw(6, np.random.default_rng(_))
    )
    assert {p for p, _ in counts.most_common(3)} == {p for p, _ in again.most_common(3)}, "the same for everybody"


@given(st.lists(st.integers(0, len(kiosk().places) - 1), min_size=1, max_size=6), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_the_nearest_of_a_list_has_the_shortest_way(numbers: list[int], door: int) -> None:
    furniture = kiosk()
    agent = Agent(0, TrackId("a"), 0.0, furniture, np.random.default_rng(2), furniture.doors[door])
    wanted = [furniture.places[number] for number in numbers]

    def way_m(number: int) -> float:
        place = furniture.places[number]
        return furniture.length_m(agent.point, place.shelf.spot(place.middle_m, agent.lane_m))

    found = nearest(furniture, agent, wanted)
    assert found in wanted
    assert way_m(found.number) == pytest.approx(min(map(way_m, numbers)))


def test_people_with_lists_take_what_many_want() -> None:
    def of_favourites(*, lists: bool) -> float:
        odds = collections.Counter(p.product.id for p in ShoppingLists(kiosk()).draw(4000, np.random.default_rng(4)))
        favourites = {product for product, _ in odds.most_common(12)}
        options = SimulationOptions(shoppers=100, seed=6, awkward=0.0, takes=5.0, lists=lists)
        taken = [act.product for act in simulate(store_of("kiosk"), options).truth.acts]
        return sum(product in favourites for product in taken) / len(taken)

    assert of_favourites(lists=True) > 1.8 * of_favourites(lists=False)


# ---- parties ------------------------------------------------------------------------------------------------------


@functools.cache
def parties() -> SimulatedRecording:
    options = SimulationOptions(shoppers=9, seed=8, parties=0.7, takes=3.0, awkward=0.2, arrival_spread_s=60.0)
    return simulate(small_shop(), options)


def by_party() -> dict[str, list[VisitScript]]:
    found: dict[str, list[VisitScript]] = {}
    for visit in parties().script.visits:
        if visit.party:
            found.setdefault(visit.party, []).append(visit)
    return found


def test_a_party_comes_in_and_leaves_together() -> None:
    found = by_party()
    assert found
    for name, members in found.items():
        assert 2 <= len(members) <= 6
        assert name == f"party-{members[0].track}"
        for times in (sorted(of.entry_s for of in members), sorted(of.exit_s for of in members)):
            assert np.diff(times).max() < 1.2
            assert np.diff(times).min() > 0.5
        assert all(visit.entry_s < members[0].exit_s for visit in members)


def test_people_of_a_party_are_nearer_to_each_other_than_strangers() -> None:
    def near(pairs: list[tuple[VisitScript, VisitScript]]) -> float:
        found = []
        for one, other in pairs:
            begin_s, end_s = max(one.entry_s, other.entry_s) + 8.0, min(one.exit_s, other.exit_s) - 8.0
            found += [
                math.dist(at(one, time_s), at(other, time_s)) < 2.5
                for time_s in np.arange(begin_s, end_s, 1.0).tolist()
            ]
        return float(np.mean(found))

    options = SimulationOptions(shoppers=24, seed=2, parties=0.5, takes=5.0, awkward=0.0, arrival_spread_s=200.0)
    visits = simulate(store_of("grocery"), options).script.visits
    pairs = list(itertools.combinations(visits, 2))
    same = [(a, b) for a, b in pairs if a.party and a.party == b.party]
    others = [(a, b) for a, b in pairs if not a.party or a.party != b.party]
    assert near(same) > 2.0 * near(others)


def at(visit: VisitScript, time_s: float) -> tuple[float, float]:
    times, x, y = np.array(visit.path).T
    return float(np.interp(time_s, times, x)), float(np.interp(time_s, times, y))


def test_the_gate_names_the_party_and_the_store_adds_it_up() -> None:
    passages = [event for event in parties().events() if isinstance(event, GatePassage)]
    result = replay(parties())
    carts = {cart.party: cart for cart in result.parties()}
    assert carts.keys() == by_party().keys()
    assert set(parties().truth.receipts) == {visit.track for visit in parties().script.visits}
    for name, members in by_party().items():
        tracks = {visit.track for visit in members}
        assert {p.track for p in passages if p.party == name and p.direction == "in"} == tracks
        assert {p.track for p in passages if p.party == name and p.direction == "out"} == tracks
        carried = collections.Counter[ProductId]()
        for visit in members:
            carried.update(visit.bag)
        assert (carried - collections.Counter(carts[name].quantities())).total() <= 1
        assert (collections.Counter(carts[name].quantities()) - carried).total() <= 1


def test_nobody_is_in_a_party_unless_asked_for() -> None:
    recording = simulate(small_shop(), SimulationOptions(shoppers=9, seed=8, takes=2.0))
    assert not any(visit.party for visit in recording.script.visits)
    assert not recording.script.gate


# ---- looking, and hands -------------------------------------------------------------------------------------------


def waits(dwell_s: float) -> list[float]:
    """From coming to a facing to the beginning of the reach there."""
    options = SimulationOptions(shoppers=6, seed=3, awkward=0.0, dwell_s=dwell_s, arrival_spread_s=60.0)
    found = []
    for visit in simulate(small_shop(), options).script.visits:
        path = np.array(visit.path)
        moves = np.hypot(*np.diff(path[:, 1:], axis=0).T) > 1e-6
        ends = path[1:, 0][moves]
        found += [reach.begin_s - float(ends[ends <= reach.begin_s + 0.6][-1]) for reach in visit.reaches]
    return found


def test_people_look_as_long_as_they_should() -> None:
    soon, late = waits(0.0), waits(4.0)
    assert np.median(soon) < 0.7
    assert np.median(soon) + 2.8 < np.median(late) < np.median(soon) + 5.5
    assert np.std(late) > 3 * np.std(soon)


def side_m(visit: VisitScript, reach: Reach) -> float:
    """How far to the right of the body the target is."""
    x, y = at(visit, reach.in_s)
    turn_s, headings = np.array(visit.turns).T
    heading = float(np.interp(reach.in_s, turn_s, headings))
    return (reach.target[0] - x) * math.sin(heading) - (reach.target[1] - y) * math.cos(heading)


def test_people_reach_with_the_hand_that_is_nearer() -> None:
    options = SimulationOptions(shoppers=150, seed=6, awkward=0.0, takes=8.0, arrival_spread_s=1500.0)
    reaches = [
        (side_m(visit, reach), reach.hand)
        for visit in simulate(small_shop(), options).script.visits
        for reach in visit.reaches
    ]
    right = [hand for side, hand in reaches if side > 0.12]
    left = [hand for side, hand in reaches if side < -0.12]
    middle = [hand for side, hand in reaches if abs(side) < 0.05]
    assert min(len(right), len(left), len(middle)) > 120
    assert np.mean(right) > 0.8
    assert np.mean(left) < 0.5
    assert 0.5 < np.mean(middle) < 0.85


def test_one_in_ten_is_left_handed() -> None:
    agents = [Agent(n, TrackId(str(n)), 0.0, kiosk(), np.random.default_rng(n)) for n in range(1500)]
    assert np.mean([agent.hand == 0 for agent in agents]) == pytest.approx(0.106, abs=0.03)


# ---- coming in behind somebody ------------------------------------------------------------------------------------


def test_who_slips_in_has_no_passage_and_yet_a_receipt() -> None:
    options = SimulationOptions(shoppers=4, seed=7, takes=3.0, awkward=0.6, rates=only(tailgate_in=1.0))
    recording = simulate(small_shop(), options)
    slipped = {act.track: act.to_track for act in recording.truth.acts if act.kind == "tailgate_in"}
    assert slipped
    passages = [event for event in recording.events() if isinstance(event, GatePassage)]
    tracks = {visit.track for visit in recording.script.visits}
    assert {p.track for p in passages if p.direction == "in"} == tracks - slipped.keys()
    assert {p.track for p in passages if p.direction == "out"} == tracks
    entries = {visit.track: visit.entry_s for visit in recording.script.visits}
    assert all(0.3 < entries[track] - entries[first] < 0.8 for track, first in slipped.items())
    visits = {visit.track: visit for visit in replay(recording).visits}
    assert slipped.keys() <= visits.keys(), "the frames show them"
    assert all(recording.truth.receipts[track] for track in slipped)


# ---- habits -------------------------------------------------------------------------------------------------------


def test_each_store_has_habits_that_are_options() -> None:
    assert HABITS.keys() == STORES.keys()
    for habits in HABITS.values():
        assert set(habits.__struct_fields__) <= set(SimulationOptions.__struct_fields__)


def test_who_waits_steps_back_and_nobody_stands_in_another() -> None:
    """In a store that is too full, people wait away from the shelves."""
    options = SimulationOptions(shoppers=30, seed=9, arrival_spread_s=20.0, awkward=0.0)
    recording = simulate(store_of("nano"), options)
    acts = collections.defaultdict(list)
    for act in recording.truth.acts:
        acts[act.track].append((act.time_ns - options.start_ns) / NS_PER_S)
    standing: list[tuple[float, float, float]] = []
    for visit in recording.script.visits:
        standing += [(time_s, *at(visit, time_s)) for time_s in acts[visit.track]]
    for one, other in itertools.combinations(sorted(standing), 2):
        if other[0] - one[0] < 0.5 and other[0] != one[0]:
            assert math.dist(one[1:], other[1:]) > 0.4


# ---- everything at once -------------------------------------------------------------------------------------------

wishes = st.fixed_dictionaries(
    {
        "shoppers": st.integers(0, 8),
        "seed": st.integers(0, 10_000),
        "takes": st.floats(1.0, 5.0),
        "awkward": st.floats(0.0, 1.0),
        "parties": st.sampled_from((0.0, 0.5, 1.0)),
        "lists": st.booleans(),
        "dwell_s": st.sampled_from((0.0, 2.0)),
        "rushes": st.sampled_from(((), (Rush(0.2, 0.2, 8.0),))),
        "rates": st.sampled_from((only(**dict.fromkeys(ActRates.__struct_fields__, 1.0)), ActRates())),
        "duration_s": st.sampled_from((None, 80.0)),
    }
)


@given(wishes)
@settings(max_examples=40, deadline=None)
def test_whatever_people_do_their_bags_follow_from_the_acts(wanted: dict[str, Any]) -> None:
    options = SimulationOptions(**wanted)
    recording = simulate(small_shop(), options)
    held: Bags = {}
    for act in recording.truth.acts:
        follow(held, act)
    carried = {track: +items for track, items in held.items() if +items}
    assert carried == {track: items for track, items in recording.truth.receipts.items() if items}
    people = [visit for visit in recording.script.visits if not visit.staff]
    assert len(people) >= options.shoppers
    for visit in people:
        times = [knot[0] for knot in visit.path]
        assert visit.entry_s < visit.exit_s <= recording.script.duration_s
        assert times == sorted(times)
        assert all(visit.entry_s <= reach.begin_s < reach.end_s for reach in visit.reaches)
        assert not visit.party or recording.script.gate
    again = simulate(small_shop(), options)
    assert (again.truth, again.script.visits) == (recording.truth, recording.script.visits)
