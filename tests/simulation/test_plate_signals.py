"""What plates share: repeats of a board, the shaking floor, wander, and what a take does to the rest of its shelf."""

import functools
import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.scenes import Floats, readings, small_shop
from tillfree.core.events import Event
from tillfree.simulation.character import USUAL, Character
from tillfree.simulation.furniture import Furniture
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.bodies import Body
from tillfree.simulation.recording import SimulatedRecording
from tillfree.simulation.scales.boards import Repeats
from tillfree.simulation.scales.drift import KNOT_S, Drift, Wander
from tillfree.simulation.scales.noise import NoiseBanks, fixture_hz
from tillfree.simulation.scales.shaking import Shaking, footsteps
from tillfree.simulation.scales.traces import Handling
from tillfree.simulation.stock import Stock

VISIT = SimulationOptions(shoppers=1, seed=7, awkward=0.0, takes=4.0)


def recording(character: Character = USUAL, options: SimulationOptions = VISIT) -> SimulatedRecording:
    return SimulatedRecording(small_shop(), options, character=character)


@functools.cache
def events() -> tuple[Event, ...]:
    return tuple(recording().events())


# ---- boards -----------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.integers(0, 3), st.integers(0, 20_000), st.integers(2, 900), st.integers(1, 5))
def test_repeats_are_readings_given_twice_and_boards_do_so_together(
    fixture: int, first: int, samples: int, columns: int
) -> None:
    fresh = np.arange(samples, dtype=np.float32)[:, None, None] + np.zeros((samples, 2, columns), np.float32)
    given_out = fresh.copy()
    Repeats(2, 6, 0.055, seed=3).apply(fixture, first, given_out)
    late = fresh - given_out
    assert set(np.unique(late)) <= {0.0, 1.0}
    assert not late[0].any()
    for left in range(0, columns - 1, 2):
        assert np.array_equal(late[:, :, left], late[:, :, left + 1])
    assert not (late[1:] * late[:-1]).any(), "never twice in a row"


def test_as_many_readings_are_repeated_as_said_and_none_where_none_is_wanted() -> None:
    fresh = np.arange(12_000, dtype=np.float32)[:, None, None] + np.zeros((12_000, 5, 12), np.float32)
    for share in (0.0, 0.02, 0.055):
        given_out = fresh.copy()
        Repeats(5, 12, share, seed=1).apply(2, 0, given_out)
        assert (given_out != fresh).mean() == pytest.approx(share, rel=0.12)


# ---- the floor --------------------------------------------------------------------------------------------------


def test_steps_are_as_many_as_a_walk_has_and_the_same_each_time() -> None:
    (visit,) = recording().script.visits
    steps = footsteps(Body(visit, 7), 7, 4.0)
    assert np.array_equal(steps, footsteps(Body(visit, 7), 7, 4.0))
    grid = np.arange(visit.entry_s, visit.exit_s, 0.1)
    walked_s = 0.1 * float(Body(visit, 7).walking(grid).sum())
    stood_s = visit.exit_s - visit.entry_s - walked_s
    assert 1.3 * walked_s - 2 < len(steps) < 1.8 * walked_s + 0.6 * stood_s + 2
    assert (np.diff(steps[:, 0]) > -0.1).all()
    assert (steps[:, 3] > 0.0).all()


def test_all_fixtures_become_loud_at_the_same_moment_and_less_so_far_away() -> None:
    """Real: the loudness of two fixtures by the second correlates with 0.86 to 0.98."""
    loud = []
    for fixture in ("1", "2"):
        values = readings(events(), fixture)[1]
        quiet = values[:, :, :4]
        seconds = len(quiet) // 60
        loud.append(np.log(np.median(quiet[: seconds * 60].reshape(seconds, 60, -1).std(axis=1), axis=1)))
    count = min(map(len, loud))
    assert np.corrcoef(loud[0][:count], loud[1][:count])[0, 1] > 0.5
    silent = Character(footstep=0.0, shakes_per_s=0.0)
    (visit,) = recording().script.visits
    body = Body(visit, 7)
    strengths = []
    for character in (silent, USUAL):
        shaking = Shaking(small_shop().fixtures, fixture_hz(2, 7), 7, character)
        shaking.enter(body)
        loudness = shaking.window(0, 0.0, 10.0, [body])
        strengths.append([float(loudness.at(number, 0.1, 600)[0].max()) for number in (0, 1)])
    assert strengths[0] == [0.0, 0.0]
    assert min(strengths[1]) > 1.0


def test_windows_of_the_floor_fit_together() -> None:
    """A step just before the end of a window is felt on after it, as if there were one window only."""
    (visit,) = recording().script.visits
    body, hz = Body(visit, 7), fixture_hz(2, 7)
    stepping = Character(shakes_per_s=0.0)
    parts = []
    shaking = Shaking(small_shop().fixtures, hz, 7, stepping)
    shaking.enter(body)
    for number in range(2):
        loudness = shaking.window(number, 5.0 * number, 5.0 * (number + 1), [body])
        parts.append(loudness.at(1, 5.0 * number, 300))
    whole = Shaking(small_shop().fixtures, hz, 7, stepping)
    whole.enter(body)
    at_once = whole.window(0, 0.0, 10.0, [body]).at(1, 0.0, 600)
    for kind in (0, 1):
        assert np.concatenate([part[kind] for part in parts]) == pytest.approx(at_once[kind], abs=0.02)


# ---- noise and what is slow -------------------------------------------------------------------------------------


def neighbours(ring: npt.NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Correlations of first differences within boards and from board to board."""
    moves = np.diff(ring.astype(np.float64), axis=0)
    moves = (moves - moves.mean(axis=0)) / moves.std(axis=0)
    beside = (moves[:, :, 1:] * moves[:, :, :-1]).mean(axis=0)
    return beside[:, ::2].ravel(), beside[:, 1::2].ravel()


def test_plates_of_a_board_go_together_and_pairs_differ_as_real_ones_do() -> None:
    """Real: within a board mostly 0.5 to 0.9, beside it 0.1 to 0.6; on the soft fixture's lower shelves anything."""
    banks = NoiseBanks(6, 12, 5, seed=2)
    pairs = [neighbours(banks.of(kind)[0]) for kind in range(1, 5)]
    within, beside = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    assert 0.6 < np.median(within) < 0.9
    assert 0.25 < np.median(beside) < 0.6
    assert np.ptp(np.percentile(beside, (10, 90))) > 0.2
    loose = neighbours(banks.of(0)[0][:, 2:])[1]
    assert loose.min() < 0.0 < loose.max()


def test_wander_has_the_spread_asked_for_and_no_seam() -> None:
    wander = Wander(3, 4, seed=5)
    whole = wander.between(1, 0, 6000, (3, 4))
    assert whole.std(axis=0) == pytest.approx(1.0, abs=0.25)
    assert np.array_equal(wander.between(1, 500, 20, (3, 4)), whole[500:520])
    # Longer than its ring.
    assert np.array_equal(wander.between(0, 7919 + 3, 5, (3, 4)), wander.between(0, 3, 5, (3, 4)))


def test_drift_goes_on_where_the_window_before_ended_and_its_slope_is_what_was_asked_for() -> None:
    def made(slope: float) -> Drift:
        return Drift(Wander(2, 3, seed=1), 0, np.zeros((2, 3)), slope, np.random.default_rng(4))

    still, steep = made(0.0), made(0.5)
    before, after = (still.between(first_s, 20) for first_s in (0.0, 20 * KNOT_S))
    assert np.abs(after[0] - before[-1]).max() < 0.1
    slopes = (steep.between(100.0, 20) - still.between(100.0, 20))[-1] / (100.0 + 19.5 * KNOT_S)
    assert 0.05 < np.abs(slopes).max() <= 0.5


# ---- takes ------------------------------------------------------------------------------------------------------


def far_plates(character: Character) -> Floats:
    """What plates more than two away keep of takes of 100 g and more, grams."""
    furniture = Furniture(small_shop())
    hands = Handling(fixture_hz(2, 1), np.random.default_rng(8), character)
    stock = Stock(furniture, np.random.default_rng(9))
    kept: list[float] = []
    for place in itertools.islice(itertools.cycle(furniture.places), 200):
        item = stock.fresh(place)
        resting = stock.rest(item, place)
        trace = hands.take(resting, item.weight_g, 5.0)
        low, high = resting.first, resting.first + len(resting.share)
        lasting = dict(enumerate(trace.lasting_g.tolist(), start=trace.first))
        if item.weight_g >= 100.0:
            kept += [grams for plate, grams in lasting.items() if not low <= plate < high]
        inside = np.array([lasting[plate] for plate in range(low, high)])
        assert inside == pytest.approx(-item.weight_g * resting.share)
    return np.array(kept)


def test_plates_far_away_keep_some_grams_of_a_take_as_real_ones_do() -> None:
    """Real: 0.2 to 5.4 g, up or down."""
    kept = far_plates(USUAL)
    assert len(kept) > 300
    assert 1.0 < kept.std() < 3.5
    assert (kept > 0.0).mean() == pytest.approx(0.5, abs=0.15)
    assert len(far_plates(Character(lasting_g=0.0))) == 0
