"""All figures of one evaluation of palms."""

import time
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.evaluation.errors import EvaluationError
from tillfree.evaluation.intervals import Interval
from tillfree.evaluation.palms.bounds import clopper_pearson
from tillfree.evaluation.palms.identification import OpenSetPoint, open_set, rank_one
from tillfree.evaluation.palms.matching import Matcher, Scored, compare_all_pairs, normalised_field
from tillfree.evaluation.palms.measures import (
    DetPoint,
    OperatingPoint,
    PairScores,
    bootstrap_over_persons,
    det,
    operating_point,
)
from tillfree.evaluation.palms.naming import Owner
from tillfree.evaluation.palms.pictures import Acquired, Failure
from tillfree.evaluation.resources import Machine, this_machine
from tillfree.palm.features import Features
from tillfree.palm.normalisation import COHORT_MIN, scale_of

__all__ = ["FMR_RATES", "HandFigures", "MatcherFigures", "PairKinds", "PalmReport", "Study", "evaluate_palms"]

PairKinds = Literal["across-sessions", "all"]
FMR_RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
FPIR_RATES = (0.1, 0.01, 0.001)
Integers = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


class HandFigures(msgspec.Struct, frozen=True):
    """The same of one hand's samples alone: `hand` is left, right or empty; `fnmr` at a false match rate of 1e-3."""

    hand: str
    mated: int
    other: int
    eer: float
    fnmr: Interval


class MatcherFigures(msgspec.Struct, frozen=True):
    """Error rates of one matcher: `mated` pairs of the same palm, `other` pairs of strangers.

    `normalised` says whether each sample's scores were measured against those with all others of the folder, as
    `tillfree.palm.normalisation` does with a gallery; else each pair stands alone.
    `own_other_hand` is the share of pairs of a person's two hands that match at a false match rate of 1e-3.
    """

    matcher: Matcher
    normalised: bool
    mated: int
    other: int
    eer: Interval
    points: Sequence[OperatingPoint]
    rank_one: Interval
    open_set: Sequence[OpenSetPoint]
    det: Sequence[DetPoint]
    hands: Sequence[HandFigures]
    own_other_hand: Interval


class PalmReport(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluation. `failure_to_acquire` is the share of pictures without a palm, with exact bounds."""

    folder: str
    version: str
    layout: str
    pairs: PairKinds
    pictures: int
    persons: int
    palms: int
    sessions: Sequence[str]
    failures: Sequence[Failure]
    failure_to_acquire: Interval
    matchers: Sequence[MatcherFigures]
    acquire_ms_per_picture: float
    compare_ms_per_pair: float
    machine: Machine


class Study(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be evaluated: the folder's name, how its names are read, which pairs and matchers.

    `normalise` also measures fused scores against those of a sample with the folder's others, where there are enough
    palms.
    """

    folder: str
    version: str
    layout: str
    pairs: PairKinds
    matchers: Sequence[Matcher]
    normalise: bool = True
    seed: int = 0


def evaluate_palms(
    samples: Sequence[Acquired], study: Study, *, acquire_s: float = 0.0
) -> Iterator[float | PalmReport]:
    """Compares all pairs and counts; yields the share done, and at last the report.

    Pairs of a person's two hands are counted by themselves: they are neither of the same palm nor of strangers.

    Raises:
        EvaluationError: no picture has a palm, no pair of one palm is there, or an embedding is asked for that is not.
    """
    pairs, matchers = study.pairs, study.matchers
    failures = [Failure(each.picture.name, each.why) for each in samples if each.features is None]
    taken = [each for each in samples if each.features is not None]
    if not taken:
        raise EvaluationError(f"no palm was acquired in any of {len(samples)} pictures; the first: {failures[0].why}")
    owners = [each.picture.owner for each in taken]
    wanted = _wanted(owners, pairs)
    palms, persons = _numbers([f"{o.person}/{o.hand}" for o in owners]), _numbers([o.person for o in owners])
    if not (wanted & (palms[:, None] == palms[None, :])).any():
        hint = "; there is one session only, or none is known: --pairs all" if pairs == "across-sessions" else ""
        raise EvaluationError(f"no two samples that may be compared are of the same palm ({study.layout}){hint}")
    features = [each.features for each in taken if each.features is not None]
    if "embedding" in matchers and not all(each.embedding.size for each in features):
        raise EvaluationError("there is no model of embeddings; choose --matcher ordinal or competitive")
    begin = time.perf_counter()
    scored = Scored({})
    for step in compare_all_pairs(features, wanted, codes=set(matchers) != {"embedding"}):
        if isinstance(step, Scored):
            scored = step
        else:
            yield 0.9 * step
    compare_s = time.perf_counter() - begin
    missed = _missed([each.picture.owner for each in samples], [each.features is None for each in samples], pairs)
    figures = []
    enough = len(np.unique(palms)) >= COHORT_MIN
    fields = _fields(scored, matchers, wanted, features[0] if study.normalise and enough else None)
    for number, (matcher, normal, field) in enumerate(fields):
        figures.append(_figures((matcher, normal), field, palms, persons, wanted, owners, missed, study.seed))
        yield 0.9 + 0.1 * (number + 1) / len(fields)
    every = [each.picture.owner for each in samples]
    yield PalmReport(
        folder=study.folder,
        version=study.version,
        layout=study.layout,
        pairs=pairs,
        pictures=len(samples),
        persons=len({o.person for o in every}),
        palms=len({(o.person, o.hand) for o in every}),
        sessions=sorted({o.session for o in every if o.session}),
        failures=failures,
        failure_to_acquire=clopper_pearson(len(failures), len(samples)),
        matchers=figures,
        acquire_ms_per_picture=1e3 * acquire_s / len(samples),
        compare_ms_per_pair=1e3 * compare_s / max(int(np.triu(wanted, 1).sum()), 1),
        machine=this_machine(),
    )


def _fields(
    scored: Scored, matchers: Sequence[Matcher], wanted: Mask, normalise_as: Features | None
) -> Sequence[tuple[Matcher, bool, npt.NDArray[np.float32]]]:
    """Scores (n, n) of each matcher; before them those of the fusion, normalised, where that is asked for and can be.

    Opinions alone are not: a cosine is bounded, and in spreads of a sample's own strangers it tells palms apart worse
    at low rates (on simulated palms: half as many again missed at a rate of 1e-3 at worst).
    """
    alone = [(matcher, False, scored.scores[matcher]) for matcher in matchers]
    if normalise_as is None or "fused" not in matchers:
        return alone
    normal = normalised_field(scored.scores["fused"], wanted)
    if normal is None:
        return alone
    offset, slope = scale_of(normalise_as)
    return [("fused", True, offset + slope * normal), *alone]


def _figures(
    named: tuple[Matcher, bool],
    field: npt.NDArray[np.float32],
    palms: Integers,
    persons: Integers,
    wanted: Mask,
    owners: Sequence[Owner],
    missed: Sequence[str],
    seed: int,
) -> MatcherFigures:
    names = sorted({o.person for o in owners} | set(missed))
    number_of = {name: number for number, name in enumerate(names)}
    person = np.array([number_of[o.person] for o in owners], dtype=np.intp)
    scores = _pair_scores(field, palms, person, wanted, np.array([number_of[name] for name in missed], dtype=np.intp))
    points = [operating_point(scores, rate, seed=seed) for rate in FMR_RATES]
    at_thousandth = points[1].threshold
    both_hands = np.triu(wanted, 1) & (persons[:, None] == persons[None, :]) & (palms[:, None] != palms[None, :])
    hands = sorted({o.hand for o in owners})
    return MatcherFigures(
        matcher=named[0],
        normalised=named[1],
        mated=len(scores.mated),
        other=len(scores.other),
        eer=bootstrap_over_persons(scores, None, seed=seed),
        points=points,
        rank_one=rank_one(field, palms, wanted),
        open_set=open_set(field, palms, persons, wanted, FPIR_RATES, seed=seed),
        det=det(scores.mated, scores.other),
        hands=[_of_hand(hand, field, palms, person, wanted, owners) for hand in hands] if len(hands) > 1 else [],
        own_other_hand=clopper_pearson(int((field[both_hands] > at_thousandth).sum()), int(both_hands.sum())),
    )


def _of_hand(
    hand: str,
    field: npt.NDArray[np.float32],
    palms: Integers,
    person: Integers,
    wanted: Mask,
    owners: Sequence[Owner],
) -> HandFigures:
    own = np.array([o.hand == hand for o in owners])
    scores = _pair_scores(field, palms, person, wanted & own[:, None] & own[None, :], np.zeros(0, dtype=np.intp))
    point = operating_point(scores, 1e-3, rounds=1)
    equal = bootstrap_over_persons(scores, None, rounds=1).value
    return HandFigures(hand, len(scores.mated), len(scores.other), equal, point.fnmr)


def _pair_scores(
    field: npt.NDArray[np.float32], palms: Integers, person: Integers, wanted: Mask, missed: Integers
) -> PairScores:
    upper = np.triu(wanted, 1)
    mated = np.argwhere(upper & (palms[:, None] == palms[None, :]))
    other = np.argwhere(upper & (person[:, None] != person[None, :]))
    return PairScores(
        mated=field[mated[:, 0], mated[:, 1]].astype(np.float64),
        mated_person=person[mated[:, 0]],
        other=field[other[:, 0], other[:, 1]].astype(np.float64),
        other_persons=person[other],
        missed=missed,
    )


def _wanted(owners: Sequence[Owner], pairs: PairKinds) -> Mask:
    """Which pairs are compared (n, n): no sample with itself, and across sessions where that is asked for."""
    wanted = ~np.eye(len(owners), dtype=bool)
    if pairs == "across-sessions":
        session = _numbers([o.session for o in owners])
        wanted &= session[:, None] != session[None, :]
    return wanted


def _missed(owners: Sequence[Owner], failed: Sequence[bool], pairs: PairKinds) -> list[str]:
    """The person of each pair of one palm of which a sample was not acquired."""
    wanted = np.triu(_wanted(owners, pairs), 1)
    palms = _numbers([f"{o.person}/{o.hand}" for o in owners])
    lost = np.array(failed)
    either = lost[:, None] | lost[None, :]
    rows = np.argwhere(wanted & (palms[:, None] == palms[None, :]) & either)
    return [owners[row].person for row in rows[:, 0]]


def _numbers(names: Sequence[str]) -> Integers:
    return np.unique(np.array(names), return_inverse=True)[1].astype(np.intp)
