"""Liveness of palms against simulated attacks: error rates per kind of instrument and per group of living hands.

    python -m benchmarks.palm_liveness             # an hour on one core; interrupted, it goes on where it was

Living hands and instruments are **simulated**, of other people than those that the weights were learned from; no real
instrument was ever presented. Kinds that were left out of training are weighed by weights that are fitted here to the
training samples without that kind (`python -m tillfree.learning.palms.liveness` draws those into the same folder).
Where the finder of hands that comes with Tillfree sees no hand in one of the lights, a presentation is refused, as at a
station. IAPMR is the share of instruments whose visible palm the comparison takes for the victim's, at a likelihood
ratio of 10,000; both are asked on another hover of the same hand or instrument. Writes
`benchmarks/results/palm_liveness.json` and, with `--docs`, the tables of docs/palm_liveness.md.
"""

import argparse
import math
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.result_files import Row, use_one_core, write_results
from tillfree.evaluation.palms.liveness.attempts import BONA_FIDE, Attempt, LivenessReport, liveness_report
from tillfree.evaluation.palms.liveness.tables import group_table, kind_table, percent
from tillfree.learning.palms.liveness.fitting import fit_mode, scores_of
from tillfree.learning.palms.liveness.samples import (
    Sample,
    Wanted,
    draw_samples,
    read_samples,
    wanted_for_training,
)
from tillfree.palm.capture.finder import HandFinder
from tillfree.palm.comparison import compare
from tillfree.palm.embedding import Embedder
from tillfree.palm.encoding import Encoder
from tillfree.palm.features import Features
from tillfree.palm.liveness.cues import MODES, Mode
from tillfree.palm.liveness.judging import Liveness
from tillfree.palm.liveness.weighing import LivenessModel, ModeWeights, decode_model
from tillfree.palm.samples import BANDS
from tillfree.simulation.palms.attacks.hover import LIVE, TRAITS, present
from tillfree.simulation.palms.attacks.instruments import KINDS
from tillfree.storage.models import hand_model, liveness_model, palm_model

__all__ = ["main", "wanted_for_test"]

SEED = 2
_MATCHED_LOG_RATIO = math.log(10_000)
_PAGE = Path(__file__).parents[1] / "docs" / "palm_liveness.md"
_NAMES: dict[Mode, str] = {"both": "both lights", "visible": "visible light only", "nir": "near infrared only"}


class Glance(msgspec.Struct, frozen=True):
    """In which lights the finder of hands finds one, and whether the comparison takes it for the victim."""

    found: tuple[str, ...]
    matched: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Draws what is missing, measures and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.palm_liveness", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/liveness"), help="folder of samples")
    parser.add_argument("--live", type=int, default=12, help="living hands with any traits (default 12)")
    parser.add_argument("--of-each-trait", type=int, default=8, help="living hands with one trait only (default 8)")
    parser.add_argument("--of-each-kind", type=int, default=8, help="presentations of each kind (default 8)")
    parser.add_argument("--docs", action="store_true", help="write the tables of the page")
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    given = parser.parse_args(arguments)
    use_one_core()
    given.work.mkdir(parents=True, exist_ok=True)
    path = given.work / f"samples-{SEED}.jsonl"
    wanted = wanted_for_test(given.live, given.of_each_trait, given.of_each_kind)
    for done in draw_samples(path, wanted):
        sys.stderr.write(f"\r{done:6.1%}")
    asked = {(each.kind, each.person) for each in wanted}
    test = [sample for sample in read_samples(path) if (sample.kind, sample.seed) in asked]
    model = decode_model(liveness_model())
    training = _training(given.work / "samples-1.jsonl", model)
    glances = _glances(test, given.work / "glances.json")
    known = {mode: liveness_report(_attempts(test, mode, model.modes[mode], glances)) for mode in MODES}
    unseen = {mode: liveness_report(_unseen_attempts(test, training, mode, model, glances)) for mode in MODES}
    speed = _speed()
    command = (
        f"python -m benchmarks.palm_liveness --live {given.live} --of-each-trait {given.of_each_trait} "
        f"--of-each-kind {given.of_each_kind}"
    )
    rows: list[Row] = [{"what": "speed", **speed}]
    for what, reports in (("all kinds known", known), ("each kind unseen in training", unseen)):
        rows += [{"what": what, "mode": mode, **msgspec.to_builtins(report)} for mode, report in reports.items()]
    write_results("palm_liveness", command, rows, given.output)
    tables = _tables(known, unseen)
    sys.stdout.write(tables)
    sys.stdout.write(f"{speed}\n")
    if given.docs:
        _write_page(tables)
    return 0


def _training(path: Path, model: LivenessModel) -> list[Sample]:
    """The samples that the model that comes along was fitted to: so many as its command says."""
    words = model.made_by.split()
    live, each = (int(words[words.index(name) + 1]) for name in ("--live", "--each"))
    asked = {(wanted.kind, wanted.person) for wanted in wanted_for_training(1, live, each)}
    return [sample for sample in read_samples(path) if (sample.kind, sample.seed) in asked]


def wanted_for_test(live: int, of_each_trait: int, of_each_kind: int) -> list[Wanted]:
    """Living hands as they come, some with one trait only, and instruments; all of them of people of their own."""
    first = SEED * 1_000_000
    hands = [Wanted(LIVE, first + number) for number in range(live)]
    for place, trait in enumerate(("", *TRAITS)):
        traits = (trait,) if trait else ()
        hands += [Wanted(LIVE, first + 10_000 * (place + 1) + number, traits) for number in range(of_each_trait)]
    kinds = [Wanted(kind, first + 200_000 + number) for kind in KINDS for number in range(of_each_kind)]
    return hands + kinds


# ---- attempts ---------------------------------------------------------------------------------------------------


def _attempts(
    samples: Sequence[Sample], mode: Mode, weights: ModeWeights, glances: Mapping[str, Glance]
) -> list[Attempt]:
    """Judged as `Liveness` does: by the score, and only if the finder sees a hand in each light of the mode."""
    bands = BANDS if mode == "both" else (mode,)
    attempts = []
    for sample, score in zip(samples, scores_of(weights, samples), strict=True):
        glance = glances[_name(sample)]
        found = set(bands) <= set(glance.found)
        attempts.append(
            Attempt(
                BONA_FIDE if sample.kind == LIVE else sample.kind,
                score if found else -math.inf,
                found and score >= weights.threshold,
                None if sample.kind == LIVE else glance.matched,
                _groups(sample) if sample.kind == LIVE else (),
            )
        )
    return attempts


def _unseen_attempts(
    test: Sequence[Sample], training: Sequence[Sample], mode: Mode, model: LivenessModel, glances: Mapping[str, Glance]
) -> list[Attempt]:
    """Each kind judged by weights that never saw it, at a threshold set without it; living hands as with all kinds."""
    live = [sample for sample in test if sample.kind == LIVE]
    attempts = _attempts(live, mode, model.modes[mode], glances)
    for kind in KINDS:
        weights = fit_mode([sample for sample in training if sample.kind != kind], mode)
        attempts += _attempts([sample for sample in test if sample.kind == kind], mode, weights, glances)
    return attempts


def _groups(sample: Sample) -> tuple[str, ...]:
    tone = ("light skin", "medium skin", "dark skin")[min(int(sample.melanin * 3), 2)]
    return (tone, *(sample.traits or ("nothing special",)))


def _glances(samples: Sequence[Sample], path: Path) -> dict[str, Glance]:
    """What finder and comparison say of another hover of each; kept in a file."""
    kept = msgspec.json.decode(path.read_bytes(), type=dict[str, Glance]) if path.exists() else {}
    finder, encoder = HandFinder(hand_model()), Encoder(Embedder(palm_model()))

    @cache
    def enrolled(person: int) -> Features:
        region = present(LIVE, person, traits=frozenset(), pairs=1).looks[0].region
        assert region is not None, "a simulated look has a region"
        return encoder.features(region)

    for sample in samples:
        if _name(sample) in kept:
            continue
        shown = present(sample.kind, sample.seed, traits=frozenset(sample.traits), pairs=1)
        found = [frame.band for frame in shown.frames if finder.look(frame).found]
        region = shown.looks[0].region
        assert region is not None, "a simulated look has a region"
        ratio = 0.0 if sample.kind == LIVE else compare(enrolled(sample.seed), encoder.features(region)).log_ratio
        kept[_name(sample)] = Glance(tuple(found), ratio >= _MATCHED_LOG_RATIO)
        path.write_bytes(msgspec.json.encode(kept))
    return kept


def _name(sample: Sample) -> str:
    return f"{sample.kind} {sample.seed}"


# ---- speed and words --------------------------------------------------------------------------------------------


def _speed() -> Row:
    """Milliseconds of processor time for each frame, in both lights and in one."""
    liveness = Liveness(liveness_model())
    both, one = [], []
    for number in range(6):
        shown = present(LIVE, 9_000_000 + number, pairs=6, size_px=512)
        began_s = time.process_time()
        liveness.judge(shown.frames, shown.looks)
        both.append((time.process_time() - began_s) * 1e3 / len(shown.frames))
        began_s = time.process_time()
        liveness.judge(shown.frames[::2], shown.looks[::2])
        one.append((time.process_time() - began_s) * 1e3 / len(shown.frames[::2]))
    return {"frame_px": 512, "frames": 12, "ms_per_frame_both_median": round(float(np.median(both)), 2),
            "ms_per_frame_visible_median": round(float(np.median(one)), 2)}  # fmt: skip


def _tables(known: Mapping[Mode, LivenessReport], unseen: Mapping[Mode, LivenessReport]) -> str:
    order: tuple[Mode, ...] = ("both", "visible", "nir")
    parts = [
        "APCER, all kinds known from training (other people):\n",
        kind_table([(_NAMES[m], known[m]) for m in order]),
    ]
    parts += ["\nAPCER, each kind unseen in training:\n",
              kind_table([(_NAMES[m], unseen[m]) for m in order[::-1]], matched=True)]  # fmt: skip
    parts += ["\nBPCER by group:\n", group_table([(_NAMES[m], known[m]) for m in order])]
    head = ["", *(_NAMES[m] for m in order)]
    rows = [
        ["worst kind, known", *(f"{known[m].worst}: {percent(known[m].apcer_worst)}" for m in order)],
        ["worst kind, unseen", *(f"{unseen[m].worst}: {percent(unseen[m].apcer_worst)}" for m in order)],
        ["BPCER where the worst known kind has APCER 5 %", *(f"{known[m].bpcer_at_apcer_5:.1%}" for m in order)],
        ["Cllr, known, bits", *(f"{known[m].cllr:.3f}" for m in order)],
        ["Cllr, unseen, bits", *(f"{unseen[m].cllr:.3f}" for m in order)],
    ]
    parts += ["\nIn short:\n", *(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *rows))]
    return "\n".join(part.rstrip("\n") for part in parts).replace(":\n|", ":\n\n|") + "\n"


def _write_page(tables: str) -> None:
    """Puts the tables between the two marks of the page."""
    text = _PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- tables: begin -->\n", "<!-- tables: end -->"
    before, after = text[: text.index(begin) + len(begin)], text[text.index(end) :]
    _PAGE.write_text(f"{before}\n{tables}\n{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
