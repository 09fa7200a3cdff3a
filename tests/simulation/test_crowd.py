"""People give way: nobody walks through furniture, all come back to their way, and it is the same each time."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillfree.catalog.model import Fixture, Shop, Zone
from tillfree.core.geometry import Box, Point, Pose
from tillfree.core.ids import FixtureId, TrackId
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.bodies import Body
from tillfree.simulation.people.crowd import Crowd
from tillfree.simulation.people.ground import Ground
from tillfree.simulation.people.presence import Presence
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.script import Floats, Reach, VisitScript
from tillfree.simulation.stores.named import store_of

SPEED_M_S = 0.7
Way = list[tuple[float, float]]


def shop_with(*boxes: Box) -> Shop:
    fixtures = tuple(Fixture(FixtureId(str(n)), box, ()) for n, box in enumerate(boxes))
    floor = (Zone("floor", "aisle", 0.0, 0.0, 10.0, 10.0),)
    return Shop(name="bare", products=(), fixtures=fixtures, facings=(), zones=floor, currency="EUR")


def visit(number: int, way: Way, begin_s: float = 0.5, stay_s: float = 0.0) -> VisitScript:
    """Somebody who walks along the way, stays at its end and is gone."""
    found = VisitScript(TrackId(str(number)), number, 1.7, begin_s, turns=[(begin_s, 0.0)])
    found.path.append((begin_s, *way[0]))
    for a, b in itertools.pairwise(way):
        found.path.append((found.path[-1][0] + math.dist(a, b) / SPEED_M_S, *b))
    found.exit_s = found.path[-1][0] + stay_s
    return found


def bodies_of(visits: list[VisitScript]) -> list[Body]:
    return [Body(of, 1) for of in sorted(visits, key=lambda of: of.entry_s)]


def together(shop: Shop, visits: list[VisitScript]) -> list[Body]:
    bodies = bodies_of(visits)
    Crowd(Ground(shop), bodies).advance(max(of.exit_s for of in visits) + 1.0)
    return bodies


def apart_m(one: Body, other: Body) -> Floats:
    times = np.arange(
        max(one.visit.entry_s, other.visit.entry_s), min(one.visit.exit_s, other.visit.exit_s) + 1e-9, 0.05
    )
    x, y = (one.floor(times) - other.floor(times)).T
    return np.asarray(np.hypot(x, y))


def beside_m(body: Body, times: Floats) -> Floats:
    x, y = (body.floor(times) - body.planned(times)).T
    return np.asarray(np.hypot(x, y))


def times_of(body: Body) -> Floats:
    return np.arange(body.visit.entry_s, body.visit.exit_s, 0.05)


# ---- two people ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sideways_m", [0.0, 0.02, -0.02, 0.2])
def test_two_who_meet_head_on_pass_each_other(sideways_m: float) -> None:
    ways: list[Way] = [[(2.0, 5.0), (8.0, 5.0)], [(8.0, 5.0 + sideways_m), (2.0, 5.0 + sideways_m)]]
    planned = bodies_of([visit(n, way) for n, way in enumerate(ways)])
    assert apart_m(*planned).min() < 0.25
    polite = together(shop_with(), [visit(n, way) for n, way in enumerate(ways)])
    assert apart_m(*polite).min() > 0.38
    for body in polite:
        assert 0.15 < beside_m(body, times_of(body)).max() < 0.5
        assert beside_m(body, np.array([body.visit.exit_s]))[0] < 0.05, "back on the way"


def test_two_whose_ways_cross_do_not_touch() -> None:
    ways: list[Way] = [[(2.0, 5.0), (8.0, 5.0)], [(5.0, 2.0), (5.0, 8.0)]]
    assert apart_m(*together(shop_with(), [visit(n, way) for n, way in enumerate(ways)])).min() > 0.38


def test_who_reaches_stays_where_they_are_and_the_other_walks_round_them() -> None:
    standing = visit(0, [(5.0, 5.0), (5.01, 5.0)], stay_s=14.0)
    standing.reaches.append(Reach(1, 0.6, 1.0, 12.0, 13.0, (5.0, 5.5, 1.0), 0.0, 0.0))
    still, walking = together(shop_with(), [standing, visit(1, [(2.0, 5.0), (8.0, 5.0)])])
    assert apart_m(still, walking).min() > 0.35
    assert beside_m(still, times_of(still)).max() < 0.06


def test_who_meets_nobody_is_exactly_as_planned() -> None:
    far: list[Way] = [[(1.0, 1.0), (1.0, 3.0)], [(9.0, 9.0), (9.0, 7.0)]]
    for body in together(shop_with(), [visit(n, way) for n, way in enumerate(far)]):
        assert np.array_equal(body.floor(times_of(body)), body.planned(times_of(body)))


def test_nobody_gives_way_where_that_is_so_wished() -> None:
    bodies = bodies_of([visit(0, [(2.0, 5.0), (8.0, 5.0)]), visit(1, [(8.0, 5.0), (2.0, 5.0)])])
    Crowd(Ground(shop_with()), bodies, give_way=False).advance(20.0)
    assert apart_m(*bodies).min() < 0.1


def test_whoever_comes_near_is_found_near() -> None:
    bodies = together(shop_with(), [visit(0, [(2.0, 5.0), (8.0, 5.0)]), visit(1, [(8.0, 5.0), (2.0, 5.0)])])
    for begin_s in (0.0, 3.0, 6.0, 9.0):
        presence = Presence(bodies, begin_s, begin_s + 3.0)
        fine = np.arange(begin_s, begin_s + 3.0, 0.01)
        for x in np.arange(1.0, 9.0, 0.5).tolist():
            there = [
                number
                for number, body in enumerate(bodies)
                if ((np.abs(body.floor(fine) - (x, 5.0)) < 0.2).all(axis=1) & body.present(fine)).any()
            ]
            near = presence.near((x - 0.2, x + 0.2, 4.8, 5.2))
            assert set(there) <= set(near.tolist())
            assert (presence.movement(near) <= 2.0).all()
            assert (presence.movement(near)[presence.present(near) == 0.0] == 0.0).all()


# ---- many ---------------------------------------------------------------------------------------------------------

AISLES = (Box(Pose(Point(2.0, 3.0, 0.0)), 6.0, 0.35, 1.8), Box(Pose(Point(2.0, 4.9, 0.0)), 6.0, 0.8, 1.8))
"""Two gondolas with a lane between them, y from 3.35 to 4.9."""
lanes = st.tuples(st.floats(3.6, 4.65), st.booleans(), st.floats(0.0, 6.0), st.floats(0.0, 4.0))
crowds = st.lists(lanes, min_size=2, max_size=7)


def crowd_of(drawn: list[tuple[float, bool, float, float]]) -> list[VisitScript]:
    visits = []
    for number, (y, forth, begin_s, stay_s) in enumerate(drawn):
        way: Way = [(1.0, 2.4), (1.4, y), (5.0, y), (8.6, y), (9.0, 2.4)]
        visits.append(visit(number, way if forth else way[::-1], begin_s, stay_s))
    return visits


@given(crowds)
@settings(max_examples=40, deadline=None)
def test_nobody_is_in_furniture_or_far_from_their_way(drawn: list[tuple[float, bool, float, float]]) -> None:
    for body in together(shop_with(*AISLES), crowd_of(drawn)):
        times = times_of(body)
        assert beside_m(body, times).max() <= 0.83
        for x, y in body.floor(times):
            assert not any(box.contains(Point(float(x), float(y), 1.0), 0.1) for box in AISLES)


@given(crowds, st.lists(st.floats(0.1, 4.0), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_it_is_the_same_in_pieces_and_as_people_come(
    drawn: list[tuple[float, bool, float, float]], pieces: list[float]
) -> None:
    at_once = together(shop_with(*AISLES), crowd_of(drawn))
    bodies, crowd, until_s = bodies_of(crowd_of(drawn)), Crowd(Ground(shop_with(*AISLES))), 0.0
    waiting = list(bodies)
    for step_s in itertools.cycle(pieces):
        until_s += step_s
        while waiting and waiting[0].visit.entry_s < math.ceil(until_s):
            crowd.admit(waiting.pop(0))
        crowd.advance(until_s)
        if until_s > 60.0:
            break
    for one, other in zip(at_once, bodies, strict=True):
        assert np.array_equal(one.floor(times_of(one)), other.floor(times_of(other)))


def spots(recording: SimulatedRecording) -> tuple[list[Body], list[tuple[Floats, Floats]]]:
    """Everybody, and where all who are there stand and should stand at each moment."""
    bodies = [Body(of, recording.options.seed) for of in recording.script.visits]
    recording.crowd(bodies).advance(recording.script.duration_s)
    moments = []
    for time_s in np.arange(0.0, recording.script.duration_s, 0.2).tolist():
        there = [body for body in bodies if body.visit.entry_s <= time_s <= body.visit.exit_s]
        if len(there) > 1:
            now = np.array([time_s])
            moments.append(
                (
                    np.concatenate([body.floor(now) for body in there]),
                    np.concatenate([body.planned(now) for body in there]),
                )
            )
    return bodies, moments


def share_close(moments: list[Floats]) -> float:
    """The share of all time that people spend within 0.35 m of another."""
    close = total = 0
    for at in moments:
        apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + 9.0 * np.eye(len(at))
        close, total = close + int((apart.min(axis=1) < 0.35).sum()), total + len(at)
    return close / total


def test_a_full_kiosk_is_less_of_a_crush_and_nobody_is_on_the_other_side_of_a_rack() -> None:
    shop = store_of("kiosk")
    options = SimulationOptions(shoppers=24, seed=2, arrival_spread_s=30.0, takes=5.0)
    _, moments = spots(simulate(shop, options))
    assert share_close([there for there, _ in moments]) < 0.25 * share_close([planned for _, planned in moments])
    boxes = [fixture.box for fixture in shop.fixtures]
    for there, planned in moments:
        for part in np.linspace(0.0, 1.0, 9):
            for x, y in there + part * (planned - there):
                assert not any(box.contains(Point(float(x), float(y), 1.0)) for box in boxes)


def test_hands_are_met_by_bodies_when_they_reach() -> None:
    """Who has an arm out is near where the script has them, or the arm would be too short."""
    recording = simulate(store_of("nano"), SimulationOptions(shoppers=10, seed=4, arrival_spread_s=40.0))
    bodies, _ = spots(recording)
    off = [
        float(beside_m(body, np.array([(reach.in_s + reach.out_s) / 2]))[0])
        for body in bodies
        for reach in body.visit.reaches
    ]
    assert np.percentile(off, 90) < 0.1
    assert max(off) < 0.45


# ---- the ground ---------------------------------------------------------------------------------------------------


@given(
    st.floats(2.0, 8.0), st.floats(2.0, 8.0), st.floats(0.0, 3.2), st.lists(st.floats(0.5, 9.5), min_size=2, max_size=2)
)
@settings(max_examples=80, deadline=None)
def test_room_is_the_distance_to_furniture_and_walls(x: float, y: float, yaw: float, spot: list[float]) -> None:
    box = Box(Pose(Point(x, y, 0.0), yaw), 2.0, 0.6, 1.8)
    ground = Ground(shop_with(box))
    local = box.pose.to_local(Point(spot[0], spot[1], 0.0))
    over = (max(-local.x, local.x - 2.0), max(-local.y, local.y - 0.6))
    away_m = math.hypot(max(over[0], 0.0), max(over[1], 0.0)) + min(max(over), 0.0)
    wall_m = min(*spot, 10.0 - spot[0], 10.0 - spot[1]) + 0.12
    (room,) = ground.room(np.array(spot[:1]), np.array(spot[1:]))
    assert room == pytest.approx(min(away_m, wall_m, 1.0), abs=0.05)


def test_the_way_out_leads_to_more_room() -> None:
    ground = Ground(shop_with(*AISLES))
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(0.3, 9.8, 0.37), np.arange(0.3, 9.8, 0.37)))
    room, out_x, out_y = ground.away(x, y)
    narrow = room < 0.5
    assert narrow.sum() > 50
    further = ground.room(x + 0.05 * out_x, y + 0.05 * out_y)
    assert (further[narrow] > room[narrow]).all()
