"""The comparison of real and simulated signals: its measures on signals whose answer is known, then on real ones."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import fidelity
from benchmarks.fidelity_figures import FIGURES, Collected, collect, compare_all
from benchmarks.fidelity_page import fidelity_page
from benchmarks.fidelity_plates import (
    drift_g_per_s,
    measure_plates,
    neighbour_correlations,
    power_spectrum,
    repeats_together,
    scale_step_g,
    window_sd_g,
)
from benchmarks.fidelity_plots import draw_all
from benchmarks.fidelity_signals import Floats, Plates, Signals, Take, read_real, simulated_twins
from benchmarks.fidelity_statistics import compare, ks_distance, ks_p_value, rank_of, remaining
from benchmarks.fidelity_steps import rise_time_s, step_of, step_time_s
from benchmarks.fidelity_tracks import burst_jitter_mm, jitter_mm, walking_m_s

RATE_HZ = 60.0


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


# ---- plates -----------------------------------------------------------------------------------------------------


def test_a_sine_has_its_power_at_its_frequency() -> None:
    times = np.arange(1200) / RATE_HZ
    grams = 3.0 * np.sin(2 * np.pi * 17.0 * times)[:, None] + 5000.0
    frequencies, power = power_spectrum(grams)
    assert frequencies[int(np.argmax(power[:, 0]))] == 17.0
    assert power[np.abs(frequencies - 17.0) <= 1.0].sum() > 0.99
    assert power.sum() == pytest.approx(1.0)


def test_white_noise_has_its_sd_and_a_flat_spectrum() -> None:
    grams = rng().normal(-300.0, 0.8, (6000, 4))
    assert np.median(window_sd_g(grams, 120, 30)) == pytest.approx(0.8, rel=0.02)
    frequencies, power = power_spectrum(grams)
    low, high = power[(frequencies > 1) & (frequencies <= 15)], power[(frequencies > 15) & (frequencies < 29.5)]
    assert low.mean() == pytest.approx(high.mean(), rel=0.05)


def test_drift_is_a_slope() -> None:
    times = np.arange(2400) / RATE_HZ
    assert drift_g_per_s(0.05 * times[:, None] + 7.0)[0] == pytest.approx(0.05)


def test_neighbours_that_share_half_of_their_variance_correlate_with_a_half() -> None:
    own = rng().normal(0.0, 1.0, (20_000, 5))
    shared = np.random.default_rng(6).normal(0.0, 1.0, (20_000, 1))
    assert neighbour_correlations(own + shared) == pytest.approx(np.full(4, 0.5), abs=0.03)
    assert neighbour_correlations(own).max() < 0.03


def test_the_step_of_a_scale_is_found_and_a_silent_plate_has_none() -> None:
    grams = np.round(rng().normal(0.0, 1.5, (900, 1)) / 0.241) * 0.241
    found = scale_step_g(np.hstack([grams, np.zeros((900, 1))]))
    assert found[0] == 0.241
    assert np.isnan(found[1])


def one_fixture(grams: Floats, fixture: str = "1") -> Plates:
    times = np.arange(len(grams)) / RATE_HZ
    stamps = times[11::12] + 0.001 * (np.arange(len(times) // 12) % 2)
    return Plates(fixture, times, grams, stamps, np.full(len(stamps), 12.0))


def test_plates_that_repeat_together_are_told_from_plates_that_do_so_by_chance() -> None:
    grams = np.round(rng().normal(0.0, 0.6, (6000, 1, 4)) / 0.241) * 0.241
    repeated = np.flatnonzero(np.random.default_rng(7).random(6000) < 0.05)
    repeated = repeated[repeated > 0]
    for sample in repeated.tolist():
        grams[sample, 0, :2] = grams[sample - 1, 0, :2]
    plates = one_fixture(grams)
    ((within, beside),) = repeats_together(plates, plates.alive()).tolist()
    # Of two boards one repeats.
    assert within == pytest.approx(0.5 * 0.05 * (1.0 - 0.3), abs=0.008)
    assert abs(beside) < 0.006


def test_shelves_of_takes_do_not_spoil_the_noise_and_outliers_are_counted() -> None:
    grams = np.random.default_rng(8).normal(0.0, 0.5, (1200, 3, 4))
    grams[600:, 2] -= 500.0
    grams[200, 0, 0] += 40.0
    signals = Signals(
        name="made",
        like="benchmark-1",
        plates=(one_fixture(grams), one_fixture(grams[:, :, ::-1], "2")),
        people=(),
        frames_s=np.empty(0),
        takes=tuple(Take(name, 3, (2,), 10.0, 500.0, (0.0, 0.0, 1.0)) for name in "12"),
    )
    blocks = measure_plates(signals)
    assert len(blocks["quiet_sd_g"]) == 2
    assert np.array(blocks["busy_sd_p90_g"]).max() < 0.9
    (outliers, _) = blocks["outliers_per_million"]
    assert len(outliers) == 8
    assert sorted(outliers)[-2:] == pytest.approx([0.0, 1e6 / 1200])
    assert blocks["batch_gap_ms"][0][:2] == pytest.approx([201.0, 199.0])
    # The same readings in both fixtures: equally loud in every second.
    assert blocks["loudness_correlation"][0][0] > 0.99


# ---- steps ------------------------------------------------------------------------------------------------------


def ramp(times: Floats, begin_s: float, length_s: float) -> Floats:
    return np.clip((times - begin_s) / length_s, 0.0, 1.0)


def test_a_ramp_has_its_rise_time_and_its_middle() -> None:
    times = np.arange(480) / RATE_HZ
    part = ramp(times, 3.96, 0.1)
    assert rise_time_s(times, part) == pytest.approx(0.08, abs=0.002)
    assert step_time_s(times, 900.0 - 300.0 * part) == pytest.approx(4.01, abs=0.02)
    assert np.isnan(rise_time_s(times, np.zeros(480)))
    with pytest.raises(ValueError, match="too few"):
        step_time_s(times[:20], part[:20])


def test_a_take_is_described_on_its_shelf() -> None:
    times = np.arange(600) / RATE_HZ
    since = times - 5.0
    part = ramp(times, 4.96, 0.08)
    ringing = np.where(since > 0.04, 0.1 * np.exp(-(since - 0.04) / 0.2) * np.sin(2 * np.pi * 10 * (since - 0.04)), 0.0)
    grams = np.zeros((600, 6))
    grams[:, 1] = 1000.0 - 400.0 * (part + ringing) + 30.0 * ((since > -0.4) & (since < -0.2))
    grams[:, 2] = -20.0 * part
    grams[:, 5] = 15.0 * ((since > 0.05) & (since < 0.1))
    step = step_of(times, grams, (2,), 5.0, 400.0)
    assert step is not None
    assert step.sum_error_pct == pytest.approx(5.0, abs=0.3)
    assert step.rise_ms == pytest.approx(64.0, abs=4.0)
    assert step.overshoot_pct == pytest.approx(9.0, abs=2.0)
    assert step.ringing_soon_pct > 3 * step.ringing_late_pct > 0.0
    assert step.press_g == pytest.approx(30.0)
    assert step.main_share == pytest.approx(400 / 420, abs=0.01)
    assert step.beside_share == pytest.approx(20 / 420, abs=0.01)
    assert step.far_peak_g == pytest.approx(15.0)
    assert step_of(times, grams, (2,), 9.5, 400.0) is None, "its end was not recorded"
    assert step_of(times, grams, (4,), 5.0, 400.0) is None, "nothing went there"


# ---- people -----------------------------------------------------------------------------------------------------


def test_jitter_is_the_sd_of_independent_errors_and_bursts_that_repeat_have_none() -> None:
    ticks = np.arange(3000) * 0.1
    times = np.sort(np.concatenate([ticks, ticks + 0.008]))
    place = np.array([0.3, 0.2, 1.0]) + np.random.default_rng(9).normal(0.0, 0.004, (3000, 3)) + ticks[:, None] * 0.05
    twice = np.repeat(place, 2, axis=0)
    assert 1.4826 * np.median(jitter_mm(times, twice)) == pytest.approx(4.0, rel=0.05)
    assert burst_jitter_mm(times, twice).max() == 0.0
    apart = twice + np.random.default_rng(10).normal(0.0, 0.002, twice.shape)
    assert 1.4826 * np.median(burst_jitter_mm(times, apart)) == pytest.approx(2.0, rel=0.05)


def test_walking_speed_leaves_out_standing() -> None:
    times: Floats = np.arange(200, dtype=np.float64) * 0.1
    along = np.minimum(times, 10.0) * 0.7
    speeds = walking_m_s(times, np.stack([along, 0 * along, 0 * along + 1.5], axis=-1))
    assert np.median(speeds) == pytest.approx(0.7)
    assert len(speeds) < 25
    assert len(walking_m_s(times[:5], np.zeros((5, 3)))) == 0


# ---- statistics -------------------------------------------------------------------------------------------------


def test_the_distance_and_its_p_value_agree_with_published_ones() -> None:
    assert ks_distance(np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6])) == 0.5
    assert ks_distance(np.array([1.0, 2]), np.array([3.0])) == 1.0
    # Kolmogorov's limit: 1.358 is exceeded with probability 0.05, 1.628 with 0.01 (Smirnov 1948).
    assert ks_p_value(1.3581 / 5e4**0.5, 100_000, 100_000) == pytest.approx(0.05, abs=2e-4)
    assert ks_p_value(1.6276 / 5e4**0.5, 100_000, 100_000) == pytest.approx(0.01, abs=2e-4)
    assert ks_p_value(0.0, 10, 10) == 1.0


def test_of_many_figures_only_those_with_the_smallest_p_remain() -> None:
    # Worked by hand: 0.001 <= 0.05 / 5, 0.015 <= 2 x 0.05 / 5, but 0.04 > 3 x 0.05 / 5.
    assert remaining([0.5, 0.04, 0.001, 0.9, 0.015]) == [False, False, True, False, True]
    # One that is too large by itself stays where a larger one behind it is small enough for its place.
    assert remaining([0.03, 0.033, 0.04]) == [True, True, True]
    assert remaining([0.06, 0.2]) == [False, False]


def hanging_together(seed: int) -> list[list[float]]:
    source = np.random.default_rng(seed)
    return [source.normal(source.normal(0.0, 1.0), 0.05, 50).tolist() for _ in range(40)]


def test_blocks_that_hang_together_are_not_taken_for_many_values() -> None:
    found = [compare(blocks[:8], blocks[8:]) for blocks in map(hanging_together, range(40))]
    # Both sides are alike, so that one in twenty is what a right p-value lets through.
    assert sum(one.p_as_if_independent <= 0.05 for one in found) == 40
    assert sum(one.p_blocks <= 0.05 for one in found) <= 5
    assert 10 <= sum(one.p_blocks <= 0.5 for one in found) <= 30


def test_blocks_that_are_apart_are_seen_to_be_and_the_answer_stays_the_same() -> None:
    blocks = hanging_together(3)
    higher = [[v + 5.0 for v in block] for block in blocks[:8]]
    apart = compare(higher, blocks[8:])
    assert apart.distance > 0.9
    assert apart.p_blocks <= 0.002
    assert (apart.words, apart.direction) == ("very different", "smaller")
    assert compare(higher, blocks[8:]).p_blocks == apart.p_blocks


def test_one_real_block_cannot_prove_more_than_its_rank() -> None:
    many = [[float(k)] for k in range(48)]
    # The least and the greatest of 49 are equally far out.
    assert compare([[1000.0]], many).p_blocks == pytest.approx(2 / 49)
    assert compare([[1000.0]], many).words == "outside the simulated ones"
    assert compare([[23.5]], many).words == "among the simulated ones"
    with pytest.raises(ValueError, match="no value"):
        compare([[float("nan")]], many)
    assert rank_of(2.0, np.array([1.0, 2.0, 3.0, 4.0])) == 0.375


# ---- the whole --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def simulated() -> Collected:
    return collect(simulated_twins(3, 11))


def test_simulated_twins_are_the_same_each_time_and_have_every_figure(simulated: Collected) -> None:
    again = collect(simulated_twins(3, 11))
    # As text, in which NaN is like NaN.
    assert repr(again.blocks) == repr(simulated.blocks)
    assert simulated.recordings == 6
    assert set(simulated.blocks) == {figure.key for figure in FIGURES}


def test_simulated_recordings_beside_others_of_themselves_hardly_differ(simulated: Collected) -> None:
    compared = compare_all(collect(simulated_twins(3, 12)), simulated)
    assert len(compared) == len(FIGURES)
    assert sum(one.differs for one in compared if not one.ranks) <= 0.15 * len(compared)


def test_absent_recordings_are_told_and_end_with_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TILLFREE_SHARED", str(tmp_path))
    assert fidelity.main([]) == 2
    told = capsys.readouterr().err
    assert "no real recording benchmark-1 and no cps-test-01" in told
    assert "TILLFREE_SHARED" in told


def real_recordings(shared_data: Path) -> Path:
    folder = shared_data / "autocheckout"
    for name in ("benchmark-1", "cps-test-01"):
        if not (folder / name).is_dir():
            pytest.skip(f"no real recording: {folder / name} is not a folder (set TILLFREE_SHARED)")
    return folder


def test_real_recordings_have_the_figures_that_are_known_of_them(shared_data: Path, simulated: Collected) -> None:
    real = collect(read_real(real_recordings(shared_data)))
    assert [round(step.sum_error_pct) for step in real.steps] == [3, 10, -7]
    assert np.median(np.concatenate(real.blocks["scale_step_g"])) == 0.241
    assert np.median(np.concatenate(real.blocks["batch_gap_ms"])) == pytest.approx(200.0, abs=1.0)
    assert real.blocks["burst_share"][0][0] == pytest.approx(0.35, abs=0.02)
    quiet = [float(np.median(block)) for block in real.blocks["quiet_sd_g"]]
    assert (len(quiet), max(quiet) < 2.0, min(quiet) > 0.25) == (9, True, True)
    compared = {one.figure.key: one for one in compare_all(real, simulated)}
    assert set(compared) == {figure.key for figure in FIGURES}
    assert len(compared["rise_ms"].ranks) == 3


def test_the_command_writes_what_it_measured(shared_data: Path, tmp_path: Path, simulated: Collected) -> None:
    real = collect(read_real(real_recordings(shared_data)))
    result = tmp_path / "fidelity.json"
    assert fidelity.main(["--recordings", "2", "-o", str(result)]) == 0
    document = json.loads(result.read_text(encoding="utf-8"))
    assert document["recordings"].startswith("real and simulated")
    assert [row["figure"] for row in document["rows"]] == [figure.key for figure in FIGURES]
    compared = compare_all(real, simulated)
    page = fidelity_page(real, simulated, compared)
    plots = draw_all(tmp_path / "plots", real, simulated, compared)
    for path in plots:
        assert f"](images/fidelity/{path.name})" in page
        assert path.stat().st_size < 60_000
    assert "assumed" in page
