"""Each act alone: it happens, its truth and receipts agree, plates and hands show it, and it can be switched off."""

import collections
import functools
import itertools
import math

import msgspec
import numpy as np
import pytest

import generated_pages
from tests.project.sources import ROOT
from tests.simulation.bags import Bags, follow
from tests.simulation.scenes import frames, only, readings, small_shop
from tillfree.core.events import Event, GatePassage, encode_event
from tillfree.core.geometry import Point
from tillfree.core.ids import PlateRef, ProductId, TrackId
from tillfree.core.time import NS_PER_S
from tillfree.simulation.behaviour.act import PairAct, SoloAct
from tillfree.simulation.behaviour.table import AWKWARD, PLAIN
from tillfree.simulation.options import ActRates, SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.script import VisitScript
from tillfree.storage.recordings.model import TruePeople, TruthAct
from tillfree.store.replay import replay

NAMES = [act.name for act in AWKWARD]
NEW = ["cross_arms", "lean", "drop", "hide", "bring_child", "restock", "come_again", "tailgate", "tailgate_in"]
KINDS = {
    "put_back": "put",
    "misplace": "put",
    "two_same": "take",
    "two_kinds": "take",
    "together": "take",
    "hand_over": "give",
    "slow_take": "take",
    "swap": "put",
    "cross_arms": "take",
    "bring_child": "child",
}
"""By which kind in the truth an act is known, where it is not its own name."""

each_act = pytest.mark.parametrize("name", NAMES)


def options_of(name: str) -> SimulationOptions:
    return SimulationOptions(shoppers=3, seed=41, takes=4.0, awkward=0.8, noise=0.0, rates=only(**{name: 1.0}))


@functools.cache
def alone(name: str) -> SimulatedRecording:
    """A recording with this act, plain takes and no noise."""
    return simulate(small_shop(), options_of(name))


@functools.cache
def events_of(name: str) -> tuple[Event, ...]:
    return tuple(alone(name).events())


def acts_of(name: str, kind: str) -> list[TruthAct]:
    return [act for act in alone(name).truth.acts if act.kind == kind]


def visit_of(name: str, track: TrackId) -> VisitScript:
    (found,) = [visit for visit in alone(name).script.visits if visit.track == track]
    return found


def seconds(name: str, act: TruthAct) -> float:
    return (act.time_ns - alone(name).options.start_ns) / NS_PER_S


# ---- the table --------------------------------------------------------------------------------------------------


def test_rates_are_those_of_the_table_and_new_acts_are_off() -> None:
    assert ActRates.__struct_fields__ == tuple(NAMES)
    assert [getattr(ActRates(), name) for name in NAMES] == [act.rate for act in AWKWARD]
    assert [act.name for act in AWKWARD if not act.rate] == NEW
    assert len({PLAIN.name, *NAMES}) == 1 + len(NAMES)
    with pytest.raises(TypeError, match="somersault"):
        ActRates(somersault=1.0)


def test_every_act_says_what_it_is() -> None:
    for act in (PLAIN, *AWKWARD):
        assert act.meaning.endswith(".")
        assert act.source
        assert type(act).__doc__
        assert isinstance(act, PairAct if act.needs_partner else SoloAct)


def test_the_page_has_every_act_and_every_kind_of_truth() -> None:
    text = generated_pages.acts()
    for act in AWKWARD:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{act.name}` |")]
        assert act.meaning in row
        assert f"| {act.rate:g} | {act.source} |" in row
    page = (ROOT / "docs" / "behaviour.md").read_text(encoding="utf-8")
    kinds = {act.kind for name in NAMES for act in alone(name).truth.acts}
    assert {kind for kind in kinds if f"`{kind}`" not in page} == set()


def test_an_act_with_a_rate_of_zero_never_happens() -> None:
    options = SimulationOptions(shoppers=3, seed=41, awkward=1.0, rates=only())
    assert {act.kind for act in simulate(small_shop(), options).truth.acts} == {"take"}
    everything = SimulationOptions(shoppers=6, seed=41, takes=14.0, awkward=1.0)
    kinds = {act.kind for act in simulate(small_shop(), everything).truth.acts}
    assert kinds == {"take", "put", "give", "touch", "lift"}
    without = only(**{name: 1.0 for name in NAMES if name != "hide"})
    kinds = {act.kind for act in simulate(small_shop(), msgspec.structs.replace(everything, rates=without)).truth.acts}
    assert {"drop", "lean", "restock"} <= kinds
    assert "hide" not in kinds


# ---- every act --------------------------------------------------------------------------------------------------


@each_act
def test_it_happens(name: str) -> None:
    assert acts_of(name, KINDS.get(name, name))


@pytest.mark.parametrize(
    ("name", "one_person", "one_product"),
    [("two_same", True, True), ("two_kinds", True, False), ("together", False, True), ("cross_arms", False, False)],
)
def test_two_takes_at_once_are_of_one_or_two_people_and_products(
    name: str, one_person: bool, one_product: bool
) -> None:
    pairs = [
        (first, second)
        for first, second in itertools.pairwise(acts_of(name, "take"))
        if second.time_ns - first.time_ns < 0.5 * NS_PER_S
    ]
    fitting = [
        (a, b) for a, b in pairs if ((a.track == b.track), (a.product == b.product)) == (one_person, one_product)
    ]
    assert len(fitting) >= 3


def test_a_slow_take_lasts() -> None:
    lengths = [r.out_s - r.in_s for visit in alone("slow_take").script.visits for r in visit.reaches]
    assert sum(length > 2.5 for length in lengths) >= 3


@each_act
def test_what_left_the_shelves_is_in_bags_or_back(name: str) -> None:
    truth = alone(name).truth
    held: Bags = {}
    for act in truth.acts:
        follow(held, act)
        if act.kind in ("drop", "pick_up", "hide"):
            assert held[act.track][act.product] > 0, act
    assert {track: +items for track, items in held.items() if +items} == {
        track: items for track, items in truth.receipts.items() if items
    }


@each_act
def test_the_plates_show_what_came_and_went_and_nothing_else(name: str) -> None:
    """Without noise, each fixture's load ends where all takes, puts and restocked units leave it."""
    for fixture in small_shop().fixtures:
        moved = [act for act in alone(name).truth.acts if act.fixture == fixture.id]
        signs = {"take": -1.0, "put": 1.0, "restock": 1.0}
        expected = math.fsum(signs.get(act.kind, 0.0) * act.weight_g for act in moved)
        gross = math.fsum(act.weight_g for act in moved)
        times, values = readings(events_of(name), fixture.id)
        before, after = values[times < times[0] + 0.5], values[times > times[-1] - 0.5]
        change = float(np.nansum(np.nanmean(after, axis=0) - np.nanmean(before, axis=0)))
        assert change == pytest.approx(expected, abs=0.08 * gross + 40.0)


@each_act
def test_a_hand_is_there_when_an_item_comes_or_goes(name: str) -> None:
    centres = small_shop().plate_centres()
    near = []
    for act in alone(name).truth.acts:
        if act.kind not in ("take", "put", "restock", "touch", "lean", "lift"):
            continue
        (fixture,) = [fixture.id for fixture in small_shop().fixtures if fixture.id == act.fixture]
        plates = [centres[PlateRef(fixture, act.shelf, plate)] for plate in act.plates]
        x, y = (sum(at) / len(plates) for at in ([p.x for p in plates], [p.y for p in plates]))
        wrists = wrists_at(name, act.track, act.time_ns)
        near.append(min(math.hypot(wrist.x - x, wrist.y - y) for wrist in wrists))
    assert np.median(near) < 0.35
    assert max(near) < 0.6


def wrists_at(name: str, track: TrackId, time_ns: int) -> list[Point]:
    """Where the hands of somebody really are in a third of a second around a moment; wrists are the last joints."""
    return [
        Point(*wrist)
        for people in places_of(name)
        if abs(people.time_ns - time_ns) < 0.17 * NS_PER_S and track in people.tracks
        for wrist in people.places_m()[people.tracks.index(track)][-2:].tolist()
    ]


@functools.cache
def places_of(name: str) -> list[TruePeople]:
    return [item for item in alone(name).events_and_people() if isinstance(item, TruePeople)]


@each_act
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    again = simulate(small_shop(), options_of(name))
    assert again.truth == alone(name).truth
    assert [encode_event(event) for event in again.events()] == [encode_event(event) for event in events_of(name)]


# ---- acts that are off by default -------------------------------------------------------------------------------


def test_arms_cross() -> None:
    crossed = 0
    takes = acts_of("cross_arms", "take")
    for first, second in itertools.pairwise(takes):
        if first.track == second.track or second.time_ns - first.time_ns > 0.5 * NS_PER_S:
            continue
        hands = [reach_at("cross_arms", act) for act in (first, second)]
        bodies = [floor_at("cross_arms", act.track, first.time_ns) for act in (first, second)]
        assert first.product != second.product
        # Who stands at the left reaches further to the right than the other.
        crossed += (hands[0][0] - hands[1][0]) * (bodies[0][0] - bodies[1][0]) < 0.0
    assert crossed >= 3


def reach_at(name: str, act: TruthAct) -> tuple[float, float, float]:
    at_s = seconds(name, act)
    (target,) = [r.target for r in visit_of(name, act.track).reaches if r.in_s <= at_s <= r.out_s]
    return target


def floor_at(name: str, track: TrackId, time_ns: int) -> tuple[float, float]:
    """Where somebody's neck is over the floor, on average over a third of a second."""
    found = [
        (joint.x, joint.y)
        for frame in frames(events_of(name))
        if abs(frame.time_ns - time_ns) < 0.17 * NS_PER_S
        for person in frame.people
        if person.track == track
        for joint in person.joints
        if joint.name == "neck"
    ]
    x, y = np.mean(found, axis=0)
    return float(x), float(y)


def test_leaning_is_long_and_heavy_and_leaves_nothing() -> None:
    presses = acts_of("lean", "lean")
    assert len(presses) >= 3
    for act in presses:
        assert not act.product
        times, values = readings(events_of("lean"), act.fixture)
        since_s = times - act.time_ns / NS_PER_S
        shelf = np.nansum(values[:, act.shelf - 1], axis=1)
        before = shelf[(since_s > -0.6) & (since_s < -0.1)].mean()
        held = shelf[(since_s > 0.4) & (since_s < 2.4)] - before
        assert held.min() > 100.0


def test_who_drops_something_bends_to_the_floor() -> None:
    drops, picked = acts_of("drop", "drop"), acts_of("drop", "pick_up")
    assert len(drops) == len(picked) >= 5
    for act in picked:
        assert min(wrist.z for wrist in wrists_at("drop", act.track, act.time_ns)) < 0.2
    puts = acts_of("drop", "put")
    assert 0 < len(puts) < len(drops)
    for put in puts:
        taken = [a for a in acts_of("drop", "take") if a.track == put.track and a.time_ns < put.time_ns][-1]
        assert (taken.product, taken.fixture, taken.shelf) == (put.product, put.fixture, put.shelf)


def test_what_is_hidden_is_on_the_receipt_and_the_hand_was_at_the_coat() -> None:
    hidden = acts_of("hide", "hide")
    assert len(hidden) >= 5
    for act in hidden:
        assert alone("hide").truth.receipts[act.track][act.product] >= 1
        x, y = floor_at("hide", act.track, act.time_ns)
        visit = visit_of("hide", act.track)
        turn_s, headings = np.array(visit.turns).T
        heading = float(np.interp(seconds("hide", act), turn_s, headings))
        ahead = (math.cos(heading), math.sin(heading))
        chest = [
            (wrist.x - x) * ahead[0] + (wrist.y - y) * ahead[1] > 0.0
            and abs((wrist.y - y) * ahead[0] - (wrist.x - x) * ahead[1]) < 0.2
            and 0.58 < wrist.z / visit.height_m < 0.75
            for wrist in wrists_at("hide", act.track, act.time_ns)
        ]
        assert any(chest)


def test_what_is_hidden_is_never_put_back() -> None:
    options = SimulationOptions(shoppers=4, seed=3, takes=9.0, awkward=0.9, rates=only(hide=1.0, put_back=2.0))
    truth = simulate(small_shop(), options).truth
    for track, receipt in truth.receipts.items():
        hidden = collections.Counter(act.product for act in truth.acts if act.kind == "hide" and act.track == track)
        assert hidden <= collections.Counter(receipt)
    assert {"hide", "put"} <= {act.kind for act in truth.acts}


def test_a_child_comes_and_leaves_with_its_adult_and_they_are_one_party() -> None:
    children = acts_of("bring_child", "child")
    assert children
    visits = {visit.track: visit for visit in replay(alone("bring_child")).visits}
    for act in children:
        child, adult = (visit_of("bring_child", track) for track in (act.track, act.to_track))
        assert child.height_m < 1.35 < adult.height_m
        assert 0.0 < child.entry_s - adult.entry_s < 1.5
        assert 0.0 < child.exit_s - adult.exit_s < 1.5
        assert sum(alone("bring_child").truth.receipts[act.track].values()) == 1
        assert visits[act.track].party == visits[act.to_track].party == f"party-{act.to_track}"
        head = max(
            joint.z
            for frame in frames(events_of("bring_child"))
            for person in frame.people
            if person.track == act.track
            for joint in person.joints
            if joint.name == "head" and joint.score > 0.7
        )
        assert head < 1.6
        apart = [
            math.dist(at(child, time_s), at(adult, time_s))
            for time_s in np.arange(child.entry_s + 25.0, adult.exit_s, 0.5).tolist()
        ]
        assert max(apart, default=0.0) < 2.0


def at(visit: VisitScript, time_s: float) -> tuple[float, float]:
    times, x, y = np.array(visit.path).T
    return float(np.interp(time_s, times, x)), float(np.interp(time_s, times, y))


def test_the_store_adds_up_what_both_of_a_party_carry() -> None:
    result = replay(alone("bring_child"))
    carts = {cart.party: cart for cart in result.parties()}
    children = acts_of("bring_child", "child")
    assert carts.keys() == {f"party-{act.to_track}" for act in children}
    for act in children:
        both = collections.Counter[ProductId]()
        for visit in result.visits:
            if visit.track in (act.track, act.to_track):
                both.update({line.product: line.quantity for line in visit.lines})
        assert carts[f"party-{act.to_track}"].quantities() == both


def test_staff_restocks_and_has_no_receipt() -> None:
    truth, script = alone("restock").truth, alone("restock").script
    staff = {visit.track for visit in script.visits if visit.staff}
    assert staff
    assert staff.isdisjoint(truth.receipts)
    for track in staff:
        assert {act.kind for act in truth.acts if act.track == track} == {"restock"}
        assert sum(act.track == track for act in truth.acts) >= 2
    assert all(not visit.bag for visit in script.visits if visit.staff)
    for act in acts_of("restock", "restock"):
        assert any(
            facing.product == act.product and facing.fixture == act.fixture and facing.shelf == act.shelf
            for facing in small_shop().facings
        )


def test_who_comes_again_is_a_new_visit_of_the_same_body() -> None:
    again = acts_of("come_again", "come_again")
    assert len(again) >= 2
    for act in again:
        new, old = (visit_of("come_again", track) for track in (act.track, act.to_track))
        assert 4.0 <= new.entry_s - old.exit_s <= 15.0
        assert new.height_m == old.height_m
        assert {act.track, act.to_track} <= alone("come_again").truth.receipts.keys()
    assert len(replay(alone("come_again")).visits) == 3 + len(again)


def test_two_leave_on_one_passage() -> None:
    passages = [event for event in events_of("tailgate") if isinstance(event, GatePassage)]
    tracks = {visit.track for visit in alone("tailgate").script.visits}
    out = [passage.track for passage in passages if passage.direction == "out"]
    followers = {act.track for act in acts_of("tailgate", "tailgate")}
    assert followers
    assert {passage.track for passage in passages if passage.direction == "in"} == tracks
    assert set(out) == tracks - followers
    for act in acts_of("tailgate", "tailgate"):
        follower, first = (visit_of("tailgate", track) for track in (act.track, act.to_track))
        assert 0.3 < follower.exit_s - first.exit_s < 0.8
        assert all(sum(alone("tailgate").truth.receipts[track].values()) for track in (act.track, act.to_track))


def test_a_shop_has_a_gate_only_where_an_act_needs_one() -> None:
    for name in NAMES:
        gates = any(isinstance(event, GatePassage) for event in events_of(name))
        assert gates == (name in ("bring_child", "tailgate", "tailgate_in"))


def test_nobody_follows_who_slipped_in() -> None:
    options = SimulationOptions(shoppers=2, seed=1, awkward=1.0, rates=only(tailgate_in=1.0))
    script = simulate(small_shop(), options).script
    assert len(script.visits) == 4
    assert sum(visit.slips_in for visit in script.visits) == 2
