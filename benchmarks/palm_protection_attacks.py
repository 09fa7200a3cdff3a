"""Attacks for the benchmark of protection: thieves of keys, and those who ask again and again."""

import dataclasses

import numpy as np
import numpy.typing as npt

from benchmarks.result_files import Row
from tillfree.evaluation.palms.attacks.climbing import climb, try_strangers
from tillfree.evaluation.palms.attacks.guessing import guess_left_out, learn_neighbours
from tillfree.evaluation.palms.attacks.inversion import invert_bits, locate_by_scores
from tillfree.evaluation.palms.attacks.linking import unlinkability
from tillfree.palm.codes.layout import CODE_BYTES, GRIDS, joined, planes
from tillfree.palm.features import Features
from tillfree.palm.protection import Protector

__all__ = ["World", "attack_rows"]

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
QUERIES = 1500


@dataclasses.dataclass
class World:
    """Enrolled palms, later samples of the same, palms that the attacker has seen, and two sites."""

    enrolled: list[Features]
    probes: list[Features]
    strangers: list[Features]
    sites: list[Protector]
    seed: int
    thresholds: dict[float, float] = dataclasses.field(default_factory=dict)

    def salt(self, number: int) -> bytes:
        """A salt that is used once."""
        return np.random.default_rng([self.seed, number]).bytes(16)


def attack_rows(world: World, targets: int) -> list[Row]:
    """One row per attack."""
    return [*_stolen_key(world, targets), *_oracles(world, targets)]


def _stolen_key(world: World, targets: int) -> list[Row]:
    """Key and database of the first site are stolen: how near the features come, and where they pass as genuine."""
    thief = _Thief(world)
    first, second = world.sites
    found = [thief.features(number) for number in range(targets)]
    real = [world.enrolled[number].embedding for number in range(targets)]
    rows: list[Row] = [
        {
            "question": "stolen key: preimage",
            "bits": bits,
            "cosine_mean": round(float(np.mean([thief.embedding(n, bits) @ real[n] for n in range(targets)])), 3),
            "targets": targets,
        }
        for bits in (128, 256, 512, 1024)
    ]
    for code, name in ((0, "ordinal"), (1, "competitive")):
        right = [thief.right(number, code) for number in range(targets)]
        rows.append({
            "question": "stolen key: bits left out, guessed", "code": name, "right": round(float(np.mean(right)), 3),
            "by_chance": 0.5, "targets": targets,
        })  # fmt: skip
    where = {
        "the stolen template itself": [first.protect(world.enrolled[n], world.salt(n)) for n in range(targets)],
        "renewed at the same site, later sample": [
            first.protect(world.probes[n], world.salt(20_000 + n)) for n in range(targets)
        ],
        "another site, later sample": [second.protect(world.probes[n], world.salt(20_000 + n)) for n in range(targets)],
    }
    for name, templates in where.items():
        site = second if name.startswith("another") else first
        ratios = np.array([site.compare(shown, template) for shown, template in zip(found, templates, strict=True)])
        genuine = np.array([site.compare(world.enrolled[n], template) for n, template in enumerate(templates)])
        rows.append({
            "question": "stolen key: taken for the person, if liveness let features pass", "at": name,
            **{f"accepted_at_fmr_{fmr:g}": round(float((ratios > t).mean()), 3) for fmr, t in world.thresholds.items()},
            **{f"genuine_at_fmr_{fmr:g}": round(float((genuine > t).mean()), 3) for fmr, t in world.thresholds.items()},
            "targets": targets,
        })  # fmt: skip
    rows.append(_linked_by_thieves(world))
    return rows


def _linked_by_thieves(world: World) -> Row:
    """Both keys are stolen: search codes of two sites are inverted and compared."""
    count = len(world.enrolled)
    directions = []
    for site, people in zip(world.sites, (world.enrolled, world.probes), strict=True):
        size = len(people[0].embedding)
        matrix = np.stack([site.search_values(_bare(unit)) for unit in np.eye(size, dtype=np.float32)], axis=1)
        signs = [np.where(np.unpackbits(site.search_code(each)), 1, -1).astype(np.float32) for each in people]
        directions.append(np.stack([invert_bits(matrix, sign, steps=0) for sign in signs]))
    alike = directions[0] @ directions[1].T
    told = unlinkability(np.diag(alike).astype(float), np.diag(np.roll(alike, 1, axis=1)).astype(float))
    return {
        "question": "unlinkability", "templates": "search codes of two sites, both keys stolen",
        "d_sys": [round(told.d_sys.value, 4), round(told.d_sys.low, 4), round(told.d_sys.high, 4)],
        "by_chance": round(told.by_chance, 4), "mated": count, "other": count,
    }  # fmt: skip


class _Thief:
    """Has the first site's key and database, and has seen other palms."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._site = world.sites[0]
        size = len(world.enrolled[0].embedding)
        self._matrix = np.stack(
            [self._site.search_values(_bare(unit)) for unit in np.eye(size, dtype=np.float32)], axis=1
        )
        self._weights = [
            [
                learn_neighbours(
                    np.stack([planes((f.ordinal, f.competitive)[code], level) for f in world.strangers[:24]])
                )
                for level in range(2)
            ]
            for code in range(2)
        ]

    def embedding(self, number: int, bits: int = 1024) -> Floats:
        """The embedding that fits a search code best."""
        code = np.unpackbits(self._site.search_code(self._world.enrolled[number]))[:bits]
        return invert_bits(self._matrix[:bits], np.where(code, 1, -1).astype(np.float32))

    def features(self, number: int) -> Features:
        """Everything that a template gives away."""
        full = np.full(CODE_BYTES, 255, np.uint8)
        guessed = [joined((self._guess(number, code, 0)[0], self._guess(number, code, 1)[0])) for code in range(2)]
        return Features(self.embedding(number), guessed[0], guessed[1], full, self._world.enrolled[number].band)

    def right(self, number: int, code: int) -> float:
        """Share of the left-out bits that are guessed right."""
        shares = []
        for level in range(2):
            guess, kept = self._guess(number, code, level)
            features = self._world.enrolled[number]
            true = planes((features.ordinal, features.competitive)[code], level)
            shares.append((guess == true)[:, ~kept].mean())
        return float(np.mean(shares))

    def _guess(self, number: int, code: int, level: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """A whole code and which of its places were known: a half, drawn as a key draws it."""
        features = self._world.enrolled[number]
        grid = GRIDS[level]
        kept = np.random.default_rng([self._world.seed, number]).random((grid, grid)) < 0.5
        true = planes((features.ordinal, features.competitive)[code], level)
        return guess_left_out(true & kept, kept, self._weights[code][level]), kept


def _oracles(world: World, targets: int) -> list[Row]:
    """Nobody has a key; the comparison can be asked."""
    site, threshold = world.sites[0], world.thresholds[1e-3]
    climbs, near, located, tried = [], [], [], []
    for number in range(targets):
        template = site.protect(world.enrolled[number], world.salt(number))
        stranger = world.strangers[number % len(world.strangers)]

        def told(embedding: Floats, body: Features = stranger, stored=template) -> float:  # type: ignore[no-untyped-def]
            return site.compare(dataclasses.replace(body, embedding=embedding), stored)

        end, best = climb(told, stranger.embedding, threshold, queries_max=QUERIES, seed=number)
        climbs.append(end)
        near.append(float(best @ world.enrolled[number].embedding))
        known = [each.embedding for each in world.strangers]
        generator = np.random.default_rng(number)
        drawn = generator.standard_normal((len(stranger.embedding), len(stranger.embedding)), dtype=np.float32)
        probes = np.concatenate([np.stack(known), drawn / np.linalg.norm(drawn, axis=1, keepdims=True)])
        cosines = np.array(
            [site.scores(dataclasses.replace(stranger, embedding=probe), template).embedding for probe in probes],
            dtype=np.float32,
        )
        located.append(float(locate_by_scores(probes, cosines) @ world.enrolled[number].embedding))
        tried.append(try_strangers((site.compare(each, template) for each in world.strangers), threshold))
    return [
        {
            "question": "hill climbing on scores, codes of a stranger", "targets": targets, "queries_max": QUERIES,
            "accepted_at_fmr_0.001": round(float(np.mean([end.succeeded for end in climbs])), 3),
            "queries_median": float(np.median([end.queries for end in climbs])),
            "cosine_mean": round(float(np.mean(near)), 3),
        },
        {
            "question": "similarity inversion from told cosines", "targets": targets,
            "queries": len(world.strangers) + len(world.enrolled[0].embedding),
            "cosine_mean": round(float(np.mean(located)), 3),
        },
        {
            "question": "decisions alone, one stranger after the other", "targets": targets,
            "queries": int(sum(end.queries for end in tried)), "accepted": int(sum(end.succeeded for end in tried)),
        },
    ]  # fmt: skip


def _bare(embedding: Floats) -> Features:
    nothing = np.zeros(CODE_BYTES, np.uint8)
    return Features(embedding, nothing, nothing, nothing)
