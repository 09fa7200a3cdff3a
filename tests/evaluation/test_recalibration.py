"""Maps that make probabilities honest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.evaluation.calibration import calibrate, log_loss
from tillfree.evaluation.errors import EvaluationError
from tillfree.evaluation.recalibration import (
    CalibrationMap,
    decode_map,
    encode_map,
    fit_isotonic,
    fit_temperature,
    log_odds,
)


def boastful(count: int, slope: float, seed: int) -> tuple[list[float], list[bool]]:
    """Probabilities whose true log-odds are `slope` times what they claim."""
    random = np.random.default_rng(seed)
    claimed = random.normal(1.0, 2.0, count)
    true = 1 / (1 + np.exp(-slope * claimed))
    return (1 / (1 + np.exp(-claimed))).tolist(), (random.random(count) < true).tolist()


def test_temperature_finds_the_slope() -> None:
    found = fit_temperature(*boastful(20_000, 0.5, 1))
    assert found.tail_slope == pytest.approx(0.5, abs=0.03)
    assert found.apply([0.5]).tolist() == [0.5]


@pytest.mark.parametrize("fit", [fit_temperature, fit_isotonic])
def test_map_makes_other_samples_honest(fit: object) -> None:
    assert callable(fit)
    fitted = fit(*boastful(4000, 0.5, 1))
    p, right = boastful(4000, 0.5, 2)
    mapped = fitted.apply(p)
    before, after = calibrate(p, right, rounds=5), calibrate(mapped.tolist(), right, rounds=5)
    assert before.ece.value > 0.06
    assert after.ece.value < 0.03
    assert after.log_loss.value < before.log_loss.value


def test_isotonic_fits_what_temperature_cannot() -> None:
    """A model that is right two times of three whatever it says above one half."""
    random = np.random.default_rng(5)
    p = random.random(6000)
    right = random.random(6000) < np.where(p > 0.5, 0.66, 0.1)
    loss = {
        name: log_loss(fitted.apply(p), right)
        for name, fitted in (
            ("isotonic", fit_isotonic(p.tolist(), right.tolist())),
            ("temperature", fit_temperature(p.tolist(), right.tolist())),
        )
    }
    assert loss["isotonic"] < loss["temperature"] - 0.03


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_isotonic_map_rises_and_is_never_certain(samples: list[tuple[float, bool]]) -> None:
    fitted = fit_isotonic([p for p, _ in samples], [ok for _, ok in samples])
    mapped = fitted.apply(np.linspace(0.0, 1.0, 501))
    assert (np.diff(mapped) >= -1e-12).all()
    assert mapped.min() > 0.0
    assert mapped.max() < 1.0
    assert decode_map(encode_map(fitted)) == fitted


def test_order_is_kept_beyond_the_knots() -> None:
    fitted = fit_isotonic([0.4, 0.6], [False, True])
    low, high = fitted.apply([0.99, 0.999])
    assert low < high


def test_all_right_is_still_not_certain() -> None:
    fitted = fit_isotonic([0.9] * 20, [True] * 20)
    assert fitted.apply([0.9]).tolist() == pytest.approx([20.5 / 21])


@pytest.mark.parametrize(("p", "right"), [([], []), ([0.5], []), ([float("nan")], [True])])
def test_unusable_samples_are_refused(p: list[float], right: list[bool]) -> None:
    for fit in (fit_isotonic, fit_temperature):
        with pytest.raises(EvaluationError, match="cannot fit"):
            fit(p, right)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"{}",
        b'{"given":[1,0],"calibrated":[0,1],"tail_slope":1}',
        b'{"given":[0,1],"calibrated":[1,0],"tail_slope":1}',
        b'{"given":[0],"calibrated":[1,2],"tail_slope":1}',
        b'{"given":[],"calibrated":[],"tail_slope":1}',
        b'{"given":[0],"calibrated":[0],"tail_slope":-1}',
    ],
)
def test_broken_maps_are_refused(data: bytes) -> None:
    with pytest.raises(EvaluationError):
        decode_map(data)


def test_log_odds_are_bounded() -> None:
    assert log_odds(np.array([0.0, 0.5, 1.0])).tolist() == pytest.approx([-16.0, 0.0, 16.0])
    assert isinstance(CalibrationMap((0.0,), (0.0,), 1.0).apply([0.2]), np.ndarray)
