"""What does the protection of palms cost, and what do attacks on it reach? The questions of ISO/IEC 24745 and 30136.

    python -m benchmarks.palm_protection              # about half an hour on one core

Palms, samples, strangers and attackers are **simulated**, with seeds that nothing was trained on; the networks and
tables are those that come with Tillfree. Writes `benchmarks/results/palm_protection.json`, one row per question.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from benchmarks.palm_protection_attacks import World, attack_rows
from benchmarks.result_files import Row, use_one_core, write_results
from tillfree.evaluation.palms.attacks.entropy import entropy_of
from tillfree.evaluation.palms.attacks.linking import unlinkability
from tillfree.evaluation.palms.bounds import clopper_pearson
from tillfree.evaluation.palms.measures import eer, threshold_at
from tillfree.palm.comparison import Probe, Reference
from tillfree.palm.embedding import Embedder
from tillfree.palm.encoding import Encoder
from tillfree.palm.features import Features
from tillfree.palm.protection import Protector
from tillfree.palm.samples import Band
from tillfree.simulation.palms.regions.world import identities, samples
from tillfree.storage.models import palm_model

Floats = npt.NDArray[np.float64]
FMRS = (1e-2, 1e-3)


def make_world(palms: int, seed: int, band: Band) -> World:
    """Two samples of each palm, and palms that the attacker has seen, of another world."""
    encoder = Encoder(Embedder(palm_model()))

    def taken(world: int, count: int, session: int) -> list[Features]:
        palms = identities(world, count)
        return [encoder.features(samples(palm, 1, band, seed=world + session)[0]) for palm in palms]

    enrolled, probes = taken(seed, palms, 1), taken(seed, palms, 2)
    strangers = taken(seed + 1, max(palms // 4, 24), 1)
    generator = np.random.default_rng(seed)
    return World(enrolled, probes, strangers, [Protector(generator.bytes(32)) for _ in range(2)], seed)


def rates(name: str, mated: Floats, other: Floats) -> Row:
    """Error rates of one comparison."""
    row: Row = {"question": "accuracy", "comparison": name, "mated": len(mated), "other": len(other)}
    row["eer"] = round(float(eer(mated, other)), 5)
    for fmr in FMRS:
        threshold = threshold_at(other, fmr)
        missed = clopper_pearson(int((mated <= threshold).sum()), len(mated))
        row[f"fnmr_at_{fmr:g}"] = rounded(missed)
    return row


def accuracy_rows(world: World, strangers: int) -> list[Row]:
    """Plain against protected, all opinions and the embedding alone."""
    protector = world.sites[0]
    templates = [protector.protect(features, world.salt(n)) for n, features in enumerate(world.enrolled)]
    references = [Reference(features) for features in world.enrolled]
    search = np.stack([np.unpackbits(protector.search_code(features)) for features in world.enrolled])
    scores: dict[str, tuple[list[float], list[float]]] = {
        name: ([], [])
        for name in ("plain, all", "protected, all", "plain cosine", "protected cosine", "search code", "search values")
    }
    for number, features in enumerate(world.probes):
        plain, probe = Probe(features), protector.probe(features)
        values = protector.search_values(features)
        for step in range(strangers + 1):
            other = (number + step) % len(templates)
            told, shown = plain.compare(references[other]), protector.scores(probe, templates[other])
            unlike = float((search[other] != (values > 0)).mean())
            asymmetric = float(np.where(search[other], values, -values).mean())
            for name, score in zip(
                scores,
                (told.log_ratio, shown.log_ratio, told.embedding, shown.embedding, -unlike, asymmetric),
                strict=True,
            ):
                scores[name][step > 0].append(score)
    world.thresholds = {fmr: float(threshold_at(np.array(scores["protected, all"][1]), fmr)) for fmr in FMRS}
    rows = [rates(name, np.array(mated), np.array(other)) for name, (mated, other) in scores.items()]
    gained = np.array(scores["protected, all"][0]) / np.log(2)
    rows.append({"question": "information gained", "bits_mean": round(float(gained.mean()), 2)})
    return rows


def entropy_rows(world: World) -> list[Row]:
    """Degrees of freedom of what is stored, between palms that are in one pair each."""
    protector = world.sites[0]
    codes = [np.unpackbits(protector.search_code(features)) for features in world.enrolled]
    pairs = range(0, len(codes) - 1, 2)
    search = np.array([(codes[n] != codes[n + 1]).mean() for n in pairs])
    shown = [
        protector.scores(world.enrolled[n], protector.protect(world.enrolled[n + 1], world.salt(n))) for n in pairs
    ]
    halves = {
        "search code": (search, 1024),
        "ordinal code, best shift": (np.array([1 - each.ordinal for each in shown]), 12_000),
        "competitive code, best shift": (np.array([1 - each.competitive for each in shown]), 12_000),
    }
    return [
        {"question": "entropy", "part": name, "pairs": len(shares)} | plain(entropy_of(shares, bits))
        for name, (shares, bits) in halves.items()
    ]


def linking_rows(world: World) -> list[Row]:
    """How well templates of one palm are linked: across two sites and within one, without keys."""
    first, second = world.sites
    codes: dict[str, tuple[list[npt.NDArray[np.uint8]], list[npt.NDArray[np.uint8]]]] = {
        "templates of two sites, no key": (
            [first.protect(f, world.salt(n)).sealed for n, f in enumerate(world.enrolled)],
            [second.protect(f, world.salt(10_000 + n)).sealed for n, f in enumerate(world.probes)],
        ),
        "templates of one site, no key": (
            [first.protect(f, world.salt(n)).sealed for n, f in enumerate(world.enrolled)],
            [first.protect(f, world.salt(10_000 + n)).sealed for n, f in enumerate(world.probes)],
        ),
        "search codes of two sites, no key": (
            [first.search_code(f) for f in world.enrolled],
            [second.search_code(f) for f in world.probes],
        ),
        "search codes of one site, no key": (
            [first.search_code(f) for f in world.enrolled],
            [first.search_code(f) for f in world.probes],
        ),
    }
    rows: list[Row] = []
    for name, (here, there) in codes.items():
        a, b = (np.stack([np.unpackbits(code) for code in part]).astype(np.float32) for part in (here, there))
        alike = 2 * (a - 0.5) @ (2 * (b - 0.5)).T / a.shape[1]
        told = unlinkability(np.diag(alike).astype(float), np.diag(np.roll(alike, 1, axis=1)).astype(float))
        rows.append({"question": "unlinkability", "templates": name} | plain(told))
    return rows


def plain(value: msgspec.Struct) -> Row:
    """A result with few digits."""
    return {
        name: rounded(found)
        if isinstance(found, msgspec.Struct)
        else round(found, 4)
        if isinstance(found, float)
        else found
        for name, found in msgspec.structs.asdict(value).items()
    }


def rounded(interval: Any) -> list[float]:
    """Value and bounds."""
    return [round(float(interval.value), 4), round(float(interval.low), 4), round(float(interval.high), 4)]


def main() -> int:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--palms", type=int, default=200)
    parser.add_argument("--strangers", type=int, default=30, help="that each palm is compared with")
    parser.add_argument("--targets", type=int, default=8, help="palms that are attacked with many queries")
    parser.add_argument("--seed", type=int, default=9_100_000)
    parser.add_argument("--band", choices=("visible", "nir"), default="visible")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    use_one_core()
    world = make_world(arguments.palms, arguments.seed, arguments.band)
    rows = [
        *accuracy_rows(world, arguments.strangers),
        *entropy_rows(world),
        *linking_rows(world),
        *attack_rows(world, arguments.targets),
    ]
    rows = [{"simulated": True, "band": arguments.band, **row} for row in rows]
    for row in rows:
        sys.stdout.write(f"{row}\n")
    command = "python -m benchmarks.palm_protection " + " ".join(sys.argv[1:])
    write_results("palm_protection", command.strip(), rows, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
