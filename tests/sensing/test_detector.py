"""What the detector makes of loads on plates: one test per thing that real plates and hands do."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scenes import LEFT, PLATES, SHELVES, START_NS, Plates, fixture, ns
from tillfree.core.events import SensorIssue, WeightBatch, WeightChange
from tillfree.core.ids import PlateRef
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.sensing.detector import FixtureDetector
from tillfree.sensing.settings import SensingSettings


def detector() -> FixtureDetector:
    return FixtureDetector(fixture(), SensingSettings(), "scale/left")


def run(batches: list[WeightBatch], by: FixtureDetector | None = None) -> tuple[list[WeightChange], list[SensorIssue]]:
    by = by or detector()
    found = [event for batch in batches for event in by.update(batch)]
    changes = [event for event in found if isinstance(event, WeightChange)]
    return changes, [event for event in found if isinstance(event, SensorIssue)]


def changes_of(plates: Plates, samples: int = 12) -> list[WeightChange]:
    return run(plates.batches(samples))[0]


def vector(*changes: WeightChange, shelf: int = 2) -> dict[int, float]:
    """Grams by plate, summed over changes; plates that hardly moved are left out."""
    total = dict.fromkeys(range(1, PLATES + 1), 0.0)
    for change in changes:
        assert change.shelf == shelf
        for plate, delta in zip(change.plates, change.delta_g, strict=True):
            total[plate] += delta
    return {plate: grams for plate, grams in total.items() if abs(grams) > 4.0}


def close(grams: float, share: float = 0.03, least: float = 3.0) -> object:
    return pytest.approx(grams, rel=share, abs=least)


# ---- what changes a shelf ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("grams", [-1500.0, -520.0, -24.0, 24.0, 520.0, 1500.0])
@pytest.mark.parametrize("plate", [1, 6, 12])
def test_a_step_on_one_plate_is_one_change(plate: int, grams: float) -> None:
    (change,) = changes_of(Plates(12).step(2, {plate: grams}, 6.0))
    assert (change.fixture, change.shelf) == (LEFT, 2)
    assert vector(change) == {plate: close(grams)}
    assert change.total_g == close(grams)
    assert abs(change.total_g - grams) < 6 * change.total_sigma_g
    assert abs(change.step_ns - ns(6.0)) <= 150 * NS_PER_MS
    assert ns(6.0) < change.time_ns <= ns(6.0) + NS_PER_S


def test_the_greatest_part_of_a_change_lies_within_its_bounds() -> None:
    for at_s in np.arange(6.0, 6.1, 0.01).tolist():
        (change,) = changes_of(Plates(12).step(2, {5: -520.0}, at_s))
        assert change.start_ns <= change.step_ns <= change.end_ns <= change.time_ns


def test_an_item_may_span_three_plates() -> None:
    loads = {4: -0.18 * 105.5, 5: -0.57 * 105.5, 6: -0.25 * 105.5}
    (change,) = changes_of(Plates(12).step(2, loads, 6.0))
    assert vector(change) == {plate: close(grams) for plate, grams in loads.items()}
    assert change.total_g == close(-105.5)


@pytest.mark.parametrize("second", [-105.0, 180.0])
def test_changes_of_neighbours_at_once_are_one_change_with_each_plates_share(second: float) -> None:
    (change,) = changes_of(Plates(12).step(2, {5: -520.0, 6: second}, 6.0))
    assert vector(change) == {5: close(-520.0), 6: close(second)}
    assert change.total_g == close(-520.0 + second, least=8.0)


@pytest.mark.parametrize("later_s", [0.0, 0.2])
def test_changes_far_apart_on_one_shelf_are_two(later_s: float) -> None:
    plates = Plates(12).step(2, {2: -350.0}, 6.0).step(2, {10: -105.0}, 6.0 + later_s)
    first, second = sorted(changes_of(plates), key=lambda c: c.plates)
    assert vector(first) == {2: close(-350.0)}
    assert vector(second) == {10: close(-105.0)}
    assert first.id != second.id


def test_changes_of_two_shelves_are_two() -> None:
    plates = Plates(12).step(1, {5: -350.0}, 6.0).step(2, {5: -105.0}, 6.0)
    low, high = sorted(changes_of(plates), key=lambda c: c.shelf)
    assert vector(low, shelf=1) == {5: close(-350.0)}
    assert vector(high) == {5: close(-105.0)}


def test_something_moved_along_the_shelf_is_a_change_without_weight() -> None:
    (change,) = changes_of(Plates(12).step(2, {5: -520.0, 6: 520.0}, 6.0))
    assert vector(change) == {5: close(-520.0), 6: close(520.0)}
    assert abs(change.total_g) < 16.0


@given(
    steps=st.lists(
        st.tuples(st.integers(1, SHELVES), st.integers(1, PLATES), st.floats(20.0, 1500.0), st.booleans()),
        min_size=1,
        max_size=5,
    ),
    seed=st.integers(0, 10_000),
)
def test_changes_add_up_to_what_left_and_came(steps: list[tuple[int, int, float, bool]], seed: int) -> None:
    # Within three seconds of a great change, a very small one on the same plates counts as its creep.
    plates = Plates(5.5 + 3.5 * len(steps), seed=seed)
    expected = dict.fromkeys(range(1, SHELVES + 1), 0.0)
    gross = 0.0
    for number, (shelf, plate, grams, taken) in enumerate(steps):
        delta = -grams if taken else grams
        plates.step(shelf, {plate: delta}, 4.0 + 3.5 * number)
        expected[shelf] += delta
        gross += grams
    changes = changes_of(plates)
    assert len(changes) == len(steps)
    for shelf, total in expected.items():
        found = sum(c.total_g for c in changes if c.shelf == shelf)
        assert found == pytest.approx(total, abs=4.0 * len(steps) + 0.02 * gross)


# ---- hands ------------------------------------------------------------------------------------------------------


def test_a_press_before_a_take_is_part_of_it() -> None:
    plates = Plates(12).press(2, {5: 45.0, 6: 8.0}, 5.7, 5.98).step(2, {5: -520.0}, 6.0)
    plates.ring(2, {5: 60.0, 4: 12.0, 6: 12.0}, 6.02)
    (change,) = changes_of(plates)
    assert vector(change) == {5: close(-520.0)}
    assert abs(change.step_ns - ns(6.0)) <= 150 * NS_PER_MS
    assert change.time_ns <= ns(7.1)


def test_a_put_back_with_a_press_is_the_item_alone() -> None:
    plates = Plates(12).step(2, {5: 350.0}, 6.0).press(2, {5: 260.0, 6: 40.0}, 5.95, 6.4).ring(2, {5: 60.0}, 6.4)
    (change,) = changes_of(plates)
    assert vector(change) == {5: close(350.0)}
    assert change.time_ns <= ns(7.4)


@pytest.mark.parametrize("grams", [-60.0, 60.0, 300.0])
@pytest.mark.parametrize("length_s", [0.15, 0.35])
def test_a_brush_is_nothing(grams: float, length_s: float) -> None:
    assert changes_of(Plates(12).press(2, {5: grams, 6: grams / 3}, 6.0, 6.0 + length_s)) == []


def test_a_hand_that_rests_comes_to_nothing_in_the_end() -> None:
    changes = changes_of(Plates(14).press(2, {5: 140.0, 6: 60.0}, 5.0, 8.5))
    assert len(changes) == 2
    assert vector(*changes) == {}


@pytest.mark.parametrize("hold_g", [60.0, 260.0, 480.0])
def test_an_item_held_on_its_plate_for_half_a_minute_and_then_taken_adds_up(hold_g: float) -> None:
    plates = Plates(44).step(2, {5: -hold_g}, 5.0, rise_s=0.8).step(2, {5: hold_g - 520.0}, 35.0, rise_s=0.4)
    # A hand that holds is not still.
    trembling = 4.0 * np.sin(2 * np.pi * 0.7 * plates.times) * ((plates.times > 5.5) & (plates.times < 35))
    plates.values[:, 1, 4] += trembling
    changes = changes_of(plates)
    assert vector(*changes) == {5: close(-520.0)}
    assert changes[-1].time_ns <= ns(36.5)


@pytest.mark.parametrize("seconds", [1.0, 3.0, 8.0])
def test_a_slow_take_adds_up(seconds: float) -> None:
    changes = changes_of(Plates(22).step(2, {5: -520.0}, 8.0, rise_s=seconds))
    assert vector(*changes) == {5: close(-520.0)}
    assert changes[-1].time_ns <= ns(8.0 + seconds / 2 + 1.5)


# ---- the shop around --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grams", [8.0, 15.0, 30.0])
@pytest.mark.parametrize("hz", [8.0, 11.0, 17.0, 24.0])
def test_footsteps_that_shake_every_plate_are_nothing(grams: float, hz: float) -> None:
    plates = Plates(16)
    for number in range(12):
        plates.footstep(4.0 + 0.55 * number, grams, hz)
    assert changes_of(plates) == []


def test_a_take_among_footsteps_is_seen() -> None:
    plates = Plates(16).step(2, {5: -350.0}, 7.0)
    for number in range(12):
        plates.footstep(4.0 + 0.55 * number, 12.0)
    (change,) = changes_of(plates)
    assert vector(change) == {5: close(-350.0, least=6.0)}
    assert change.time_ns <= ns(8.5)


@pytest.mark.parametrize("grams_per_minute", [-10.0, 10.0])
def test_drift_is_nothing_and_does_not_spoil_a_take(grams_per_minute: float) -> None:
    assert changes_of(Plates(90).drift(grams_per_minute)) == []
    (change,) = changes_of(Plates(90).drift(grams_per_minute).step(2, {5: -105.0}, 80.0))
    assert vector(change) == {5: close(-105.0)}


@given(seed=st.integers(0, 10_000), noise_g=st.floats(0.0, 5.0))
def test_noise_alone_is_nothing(seed: int, noise_g: float) -> None:
    assert changes_of(Plates(15, noise_g=noise_g, seed=seed)) == []


# ---- plates that fail -------------------------------------------------------------------------------------------


def test_a_plate_without_reading_is_reported_and_changes_nothing() -> None:
    changes, issues = run(Plates(12).silence(2, 5).batches())
    assert changes == []
    (issue,) = issues
    assert (issue.problem, issue.plate) == ("dead", PlateRef(LEFT, 2, 5))
    assert issue.device
    assert issue.remedy


@pytest.mark.parametrize("fault", ["silent", "stuck"])
def test_a_plate_that_fails_for_a_while_is_reported_and_reported_well_again(fault: str) -> None:
    plates = Plates(20)
    (plates.silence if fault == "silent" else plates.stick)(2, 5, 5.0, 12.0)
    changes, issues = run(plates.batches())
    assert changes == []
    assert [(issue.problem, issue.plate) for issue in issues] == [
        ("dead", PlateRef(LEFT, 2, 5)),
        ("recovered", PlateRef(LEFT, 2, 5)),
    ]
    died, well = (issue.time_ns for issue in issues)
    assert ns(5.0) < died <= ns(8.6)
    assert ns(12.0) <= well <= ns(12.5)
    assert len({issue.id for issue in issues}) == 2


@pytest.mark.parametrize("fault", ["silent", "stuck"])
def test_what_happened_to_a_dead_plate_is_no_change_when_it_comes_back(fault: str) -> None:
    # The stock was changed by a technician meanwhile: nobody's take. It comes back anywhere within a batch.
    for until_s in (12.0, 12.02, 12.05, 12.1, 12.15, 12.19):
        plates = Plates(16)
        (plates.silence if fault == "silent" else plates.stick)(2, 5, 5.0, until_s)
        plates.values[plates.times >= until_s, 1, 4] -= 400.0
        assert run(plates.batches())[0] == []


@pytest.mark.parametrize("at_s", [4.5, 5.5])
@pytest.mark.parametrize("length_s", [0.017, 0.2, 0.5])
def test_a_moment_without_reading_does_not_hide_what_comes_later(at_s: float, length_s: float) -> None:
    plates = Plates(14).step(2, {5: -350.0}, 6.5).silence(2, 5, at_s, at_s + length_s)
    assert vector(*changes_of(plates)) == {5: close(-350.0)}


@pytest.mark.parametrize("at_s", [5.98, 6.02, 6.1, 6.3])
def test_a_moment_without_reading_does_not_hide_the_take_it_falls_into(at_s: float) -> None:
    plates = Plates(14).step(2, {5: -350.0}, 6.0).silence(2, 5, at_s, at_s + 0.05)
    assert vector(*changes_of(plates)) == {5: close(-350.0)}


def test_a_change_beside_a_dead_plate_names_it_as_missing() -> None:
    (change,) = changes_of(Plates(16).silence(2, 5).step(2, {4: -200.0}, 8.0))
    assert change.missing == (5,)
    assert vector(change) == {4: close(-200.0)}
    (elsewhere,) = changes_of(Plates(16).silence(1, 5).step(2, {4: -200.0}, 8.0))
    assert elsewhere.missing == ()


def test_the_other_shelves_go_on_when_one_is_dead() -> None:
    plates = Plates(12).step(2, {5: -350.0}, 7.0)
    for plate in range(1, PLATES + 1):
        plates.silence(1, plate)
    changes, issues = run(plates.batches())
    assert vector(*changes) == {5: close(-350.0)}
    assert {issue.plate for issue in issues} == {PlateRef(LEFT, 1, plate) for plate in range(1, PLATES + 1)}


def test_nothing_but_nan_is_nothing() -> None:
    plates = Plates(8)
    plates.values[:] = np.nan
    changes, issues = run(plates.batches())
    assert changes == []
    assert len(issues) == SHELVES * PLATES


@pytest.mark.parametrize("grams", [-3000.0, 250.0, 3000.0])
def test_single_samples_far_off_are_nothing(grams: float) -> None:
    assert changes_of(Plates(14).spike(2, 5, [4.0, 6.01, 7.02, 7.5, 9.03, 9.55, 10.04], grams)) == []


def test_spikes_after_a_take_do_not_delay_it() -> None:
    # In the middle of every other batch, so that a neighbour on either side tells a spike from a step.
    seconds = [(363 + 24 * number) / 60 for number in range(12)]
    (change,) = changes_of(Plates(14).step(2, {5: -350.0}, 6.0).spike(2, 5, seconds, 900.0))
    assert vector(change) == {5: close(-350.0, share=0.015)}
    assert change.time_ns <= ns(7.0)


@pytest.mark.parametrize("share", [0.005, 0.02])
def test_a_plate_that_spikes_again_and_again_makes_no_change_and_hides_none(share: float) -> None:
    plates = Plates(30).step(2, {9: -350.0}, 12.0)
    random = np.random.default_rng(3)
    spikes = np.flatnonzero(random.random(len(plates.times)) < share)
    plates.values[spikes, 1, 4] += random.uniform(-3000, 3000, len(spikes))
    assert vector(*changes_of(plates)) == {9: close(-350.0)}


def test_a_spike_anywhere_in_a_batch_does_not_spoil_a_take() -> None:
    for phase in range(12):
        seconds = [(342 + phase) / 60, (360 + phase) / 60, (384 + phase) / 60]
        (change,) = changes_of(Plates(12).step(2, {5: -350.0}, 6.0).spike(2, 5, seconds, 3000.0))
        assert vector(change) == {5: close(-350.0)}


@pytest.mark.parametrize("value", [1e9, -1e9, math.inf, -math.inf])
def test_absurd_readings_are_no_weights(value: float) -> None:
    plates = Plates(12)
    plates.values[300:330, 1, 4] = value
    assert changes_of(plates) == []


# ---- batches ----------------------------------------------------------------------------------------------------


def test_a_lost_batch_is_counted_and_the_take_in_it_is_still_seen() -> None:
    batches = Plates(14).step(2, {5: -350.0}, 7.0).batches()
    by = detector()
    changes, _ = run([b for b in batches if not ns(6.85) < b.time_ns < ns(7.15)], by)
    assert by.gaps == 1
    assert vector(*changes) == {5: close(-350.0)}
    whole = detector()
    run(batches, whole)
    assert (whole.gaps, whole.late) == (0, 0)


def test_late_and_repeated_batches_are_counted_and_change_nothing() -> None:
    batches = Plates(14).step(2, {5: -350.0}, 7.0).batches()
    by = detector()
    changes, _ = run([*batches[:40], batches[20], batches[39], *batches[40:]], by)
    assert by.late == 2
    assert changes == run(batches)[0]


@given(sizes=st.lists(st.integers(1, 90), min_size=1, max_size=25))
def test_the_cut_of_the_stream_into_batches_does_not_matter(sizes: list[int]) -> None:
    plates = Plates(14).step(2, {5: -350.0}, 6.0).step(2, {5: 350.0}, 8.5).step(3, {2: -80.0, 3: -180.0}, 8.6)
    plates.press(2, {5: 40.0}, 5.7, 5.98).ring(2, {5: 50.0}, 6.02).footstep(10.0, 10.0)
    usual = sorted(changes_of(plates), key=_where)
    cut = sorted(run(plates.batches(itertools.chain(sizes, itertools.cycle(sizes))))[0], key=_where)
    assert len(usual) == 3
    assert [_where(c) for c in cut] == [_where(c) for c in usual]
    for one, other in zip(usual, cut, strict=True):
        assert other.total_g == pytest.approx(one.total_g, rel=0.02, abs=1.5)
        assert other.delta_g == pytest.approx(one.delta_g, rel=0.02, abs=1.5)
        assert abs(other.step_ns - one.step_ns) <= 100 * NS_PER_MS
        assert abs(other.time_ns - one.time_ns) <= 200 * NS_PER_MS


def _where(change: WeightChange) -> tuple[int, int, tuple[int, ...]]:
    return (change.start_ns // NS_PER_S, change.shelf, change.plates)


@pytest.mark.parametrize("rate_hz", [20.0, 30.0, 60.0, 80.0])
def test_rates(rate_hz: float) -> None:
    plates = (
        Plates(14, rate_hz=rate_hz).press(2, {5: 40.0}, 5.7, 5.98).step(2, {5: -350.0}, 6.0).step(2, {6: 105.0}, 9.0)
    )
    plates.footstep(11.0, 10.0, hz=rate_hz / 6)
    first, second = changes_of(plates, round(rate_hz / 5))
    assert (vector(first), vector(second)) == ({5: close(-350.0)}, {6: close(105.0)})
    assert abs(first.step_ns - ns(6.0)) <= 150 * NS_PER_MS
    assert first.time_ns <= ns(7.1)


def test_a_smaller_or_larger_array_than_the_fixture_is_read_where_it_has_plates() -> None:
    batches = Plates(12).step(1, {5: -350.0}, 6.0).batches()
    small = [resized(b, 2, 8) for b in batches]
    changes, issues = run(small)
    assert vector(*changes, shelf=1) == {5: close(-350.0)}
    assert {i.plate for i in issues} == {
        PlateRef(LEFT, s, p) for s in (1, 2, 3) for p in range(1, PLATES + 1) if s == 3 or p > 8
    }
    changes, issues = run([resized(b, 5, 20) for b in batches])
    assert vector(*changes, shelf=1) == {5: close(-350.0)}
    assert issues == []


def resized(batch: WeightBatch, shelves: int, plates: int) -> WeightBatch:
    values = np.frombuffer(batch.values, dtype="<f4").reshape(batch.samples, SHELVES, PLATES)
    grown = np.full((batch.samples, max(shelves, SHELVES), max(plates, PLATES)), 7.0, dtype="<f4")
    grown[:, :SHELVES, :PLATES] = values
    return WeightBatch(
        time_ns=batch.time_ns,
        source=batch.source,
        sequence=batch.sequence,
        fixture=batch.fixture,
        rate_hz=batch.rate_hz,
        samples=batch.samples,
        shelves=shelves,
        plates=plates,
        values=grown[:, :shelves, :plates].tobytes(),
    )


def test_events_are_numbered_and_in_the_order_in_which_they_became_known() -> None:
    plates = Plates(20)
    for number in range(5):
        plates.step(2, {2 * number + 1: -200.0}, 4.0 + 3.0 * number)
    changes = changes_of(plates)
    assert [c.sequence for c in changes] == [1, 2, 3, 4, 5]
    assert sorted(c.time_ns for c in changes) == [c.time_ns for c in changes]
    assert all(c.source == "scale/left" and c.time_ns > START_NS for c in changes)


# ---- nothing is lost between changes ------------------------------------------------------------------------------


def told_g(changes: list[WeightChange]) -> float:
    return sum(change.total_g for change in changes)


def test_many_steps_too_small_to_tell_are_told_in_the_end() -> None:
    plates = Plates(40)
    for number in range(10):
        plates.step(2, {5: -6.0}, 6.0 + 1.2 * number)
    changes = changes_of(plates)
    assert len(changes) < 10
    assert told_g(changes) == close(-60.0, least=8.0)


def test_what_slips_away_slowly_is_told() -> None:
    changes = changes_of(Plates(40).step(2, {5: -40.0, 6: -25.0}, 20.0, rise_s=9.0))
    assert told_g(changes) == close(-65.0, least=12.0), "but for what may be drift: 0.3 g/s of each plate"


def test_an_item_that_wanders_on_its_plate_before_it_goes_is_all_gone_in_the_end() -> None:
    plates = Plates(40)
    level = 0.0
    for number, share in enumerate((0.8, 0.2, 0.6, 0.1, 0.9, 0.4, 0.75, 0.3, 0.7, 0.15, 0.5, 1.0)):
        plates.step(2, {8: -24.0 * share - 24.0 * level, 9: -42.0 * share - 42.0 * level}, 6.0 + 0.7 * number)
        level = -share
    changes = changes_of(plates)
    assert told_g(changes) == close(-66.0, least=4.0)
    assert vector(*changes) == {8: close(-24.0), 9: close(-42.0)}


def test_drift_alone_is_told_as_nothing() -> None:
    assert changes_of(Plates(120).drift(10.0)) == []


def test_a_change_says_when_each_plate_moved() -> None:
    (change,) = changes_of(Plates(12).step(2, {5: -520.0}, 6.0).step(2, {6: -350.0}, 6.3))
    when = dict(zip(change.plates, change.steps_ns, strict=True))
    assert abs(when[5] - ns(6.0)) <= 150 * NS_PER_MS
    assert abs(when[6] - ns(6.3)) <= 150 * NS_PER_MS


def test_a_plate_that_never_comes_to_rest_is_reported() -> None:
    plates = Plates(30)
    rng = np.random.default_rng(5)
    for number in range(250):
        at_s = 2.0 + 0.11 * number
        plates.press(2, {4: float(rng.normal(0.0, 900.0))}, at_s, at_s + 0.1)
    _, issues = run(plates.batches())
    assert [(issue.plate, issue.problem) for issue in issues][:1] == [(PlateRef(LEFT, 2, 4), "dead")]
    assert "come to rest" in issues[0].detail


def test_a_plate_that_is_loud_with_people_about_is_not_reported() -> None:
    assert run(Plates(30, noise_g=22.0).batches())[1] == []
