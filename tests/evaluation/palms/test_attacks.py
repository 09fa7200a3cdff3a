"""Attacks on protected templates, in small: they find what is there to be found, and nothing where nothing is."""

import numpy as np
import numpy.typing as npt
import pytest

from tillfree.evaluation.palms.attacks.climbing import climb, try_strangers
from tillfree.evaluation.palms.attacks.entropy import entropy_of
from tillfree.evaluation.palms.attacks.guessing import guess_left_out, learn_neighbours
from tillfree.evaluation.palms.attacks.inversion import invert_bits, locate_by_scores
from tillfree.evaluation.palms.attacks.linking import unlinkability
from tillfree.palm.codes.layout import planes
from tillfree.palm.protection import Protector
from tillfree.palm.protection.projection import SignProjection
from tillfree.simulation.palms.features import FeatureModel, embeddings_of, mated

DIMENSIONS = 128
MODEL = FeatureModel(dimensions=DIMENSIONS)
KEYS = bytes(range(32)), bytes(range(1, 33))


def test_what_cannot_be_told_apart_is_unlinkable_and_what_is_apart_is_linked() -> None:
    generator = np.random.default_rng(0)
    other = generator.standard_normal(1500)
    nothing = unlinkability(generator.standard_normal(1500), other, rounds=50)
    assert not nothing.linked
    assert nothing.d_sys.value < 0.1
    everything = unlinkability(generator.standard_normal(1500) + 8.0, other, rounds=50)
    assert everything.linked
    assert everything.d_sys.value > 0.98
    half = unlinkability(generator.standard_normal(1500) + 1.0, other, rounds=50)
    # For normals one deviation apart the integral of tanh(log ratio / 2) over the mated ones is 0.29 above zero.
    assert 0.2 < half.d_sys.value < 0.4
    assert half.d_sys.low <= half.d_sys.value <= half.d_sys.high


def test_databases_of_two_sites_cannot_be_matched_without_keys_but_one_site_can_link_its_own_search_codes() -> None:
    here, there = (Protector(key) for key in KEYS)
    palms = 150
    first = [np.unpackbits(here.search_code(MODEL.palm(1, n))) for n in range(palms)]
    same_site = [np.unpackbits(here.search_code(MODEL.palm(1, n, 1))) for n in range(palms)]
    other_site = [np.unpackbits(there.search_code(MODEL.palm(1, n, 1))) for n in range(palms)]

    def alike(codes: list[npt.NDArray[np.uint8]], step: int) -> npt.NDArray[np.float64]:
        return np.array([(first[n] == codes[(n + step) % palms]).mean() for n in range(palms)])

    across = unlinkability(alike(other_site, 0), alike(other_site, 1), rounds=50)
    within = unlinkability(alike(same_site, 0), alike(same_site, 1), rounds=50)
    assert across.d_sys.value < 0.2
    assert within.d_sys.value > 0.95


def test_degrees_of_freedom_of_coins_are_their_number() -> None:
    shares = np.random.default_rng(1).binomial(200, 0.5, 4000) / 200
    told = entropy_of(shares, 1024)
    assert told.freedom.low < 200 < told.freedom.high
    assert told.entropy_bits == pytest.approx(told.freedom.value, rel=0.01)
    assert told.unlike == pytest.approx(0.5, abs=0.01)


def test_who_has_the_key_comes_near_the_embedding_and_who_has_not_does_not() -> None:
    embedding = embeddings_of(np.random.default_rng(2), 1, DIMENSIONS)[0]
    real, guessed = (SignProjection(key, DIMENSIONS, 1024).matrix() for key in KEYS)
    signs = np.sign(real @ embedding)
    assert invert_bits(real, signs) @ embedding > 0.95
    assert abs(invert_bits(guessed, signs) @ embedding) < 0.35
    fewer = real[:128]
    assert invert_bits(fewer, signs[:128]) @ embedding < 0.9


def test_scores_that_are_told_give_the_embedding_away() -> None:
    generator = np.random.default_rng(3)
    embedding = embeddings_of(generator, 1, DIMENSIONS)[0]
    probes = embeddings_of(generator, 2 * DIMENSIONS, DIMENSIONS)
    noise = 0.03 * generator.standard_normal(len(probes)).astype(np.float32)
    assert locate_by_scores(probes, probes @ embedding + noise) @ embedding > 0.9
    assert locate_by_scores(probes[:16], probes[:16] @ embedding) @ embedding < 0.6


def test_a_score_that_is_told_can_be_climbed() -> None:
    target, start = embeddings_of(np.random.default_rng(4), 2, DIMENSIONS)
    told, best = climb(lambda tried: float(tried @ target), start, 0.4, queries_max=3000)
    assert told.succeeded
    assert told.queries < 3000
    assert best @ target == pytest.approx(told.best, abs=1e-6)
    short, _ = climb(lambda tried: float(tried @ target), start, 0.9, queries_max=20)
    assert (short.succeeded, short.queries) == (False, 20)


def test_a_decision_alone_takes_as_many_strangers_as_one_in_so_many_matches() -> None:
    assert try_strangers([0.1, 0.2, 5.0, 0.3], 3.0).queries == 3
    never = try_strangers(iter([0.1, 0.2]), 3.0)
    assert (never.succeeded, never.queries, never.best) == (False, 2, 0.2)


def test_bits_that_were_left_out_are_guessed_where_neighbours_agree_and_only_there() -> None:
    known = np.stack([planes(MODEL.palm(5, n).ordinal, 0) for n in range(20)])
    weights = learn_neighbours(known)
    code = planes(MODEL.palm(6, 1).ordinal, 0)
    kept = np.random.default_rng(5).random(code.shape[1:]) < 0.5
    guessed = guess_left_out(code, kept, weights)
    assert np.array_equal(guessed[:, kept], code[:, kept])
    assert (guessed == code)[:, ~kept].mean() > 0.65
    noise = np.random.default_rng(6).random(code.shape) < 0.5
    assert (guess_left_out(noise, kept, weights) == noise)[:, ~kept].mean() == pytest.approx(0.5, abs=0.05)


def test_a_stolen_template_without_its_key_says_nothing_about_the_palm() -> None:
    protector = Protector(KEYS[0])
    mated_pairs, others = [], []
    for number in range(120):
        features = MODEL.palm(7, number)
        there = Protector(KEYS[1]).protect(MODEL.palm(7, number, 1), (2 * number).to_bytes(16, "little"))
        strange = Protector(KEYS[1]).protect(MODEL.palm(8, number, 1), (2 * number + 1).to_bytes(16, "big"))
        here = protector.protect(features, (2 * number).to_bytes(16, "big"))
        mated_pairs.append(float((np.unpackbits(here.sealed) == np.unpackbits(there.sealed)).mean()))
        others.append(float((np.unpackbits(here.sealed) == np.unpackbits(strange.sealed)).mean()))
    told = unlinkability(np.array(mated_pairs), np.array(others), rounds=50)
    assert told.d_sys.value < 0.2


def test_mated_directions_have_the_wanted_cosine() -> None:
    generator = np.random.default_rng(9)
    first = embeddings_of(generator, 50, DIMENSIONS)
    assert np.allclose((mated(generator, first, 0.7) * first).sum(axis=1), 0.7, atol=1e-5)
