"""How long a gallery of palms takes to start, what it takes of the memory, and how long a search in it takes.

    python -m benchmarks.palm_gallery                      # 20,000 persons
    python -m benchmarks.palm_gallery --persons 100000

Palms are **simulated**: directions in 256 dimensions that are equally spread, three samples of each at a cosine of 0.75
to each other. Codes are real ones of these; of the templates only those of every thousandth person are, the others are
random bytes of that size, which take as long to open and to compare. Each start is one of a new process, on the disk
under the folder of temporary files. `cpu_s` is work, `s` the clock. Writes `benchmarks/results/palm_gallery.json`.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.palm_vault import opened
from benchmarks.result_files import Row, use_one_core, write_results
from tillfree.palm.features import Features
from tillfree.palm.protection.keys import SALT_BYTES
from tillfree.palm.protection.protector import EMBEDDING_BITS, Protector
from tillfree.palm.protection.template import ProtectedTemplate
from tillfree.simulation.palms.features import FeatureModel, embeddings_of, mated
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.records import PURPOSES, Consent, Profile, Template
from tillfree.store.palms.galleries import KeptGallery
from tillfree.store.palms.recogniser import Sample
from tillfree.store.palms.room_recogniser import RoomRecogniser

DIMENSIONS, SAMPLES, COSINE = 256, 3, 0.75
REAL_EVERY, AT_ONCE, SEARCHES = 1000, 500, 60
SCHEME = "benchmark"
MODEL = FeatureModel(DIMENSIONS, COSINE)
ENTRY = AuditEntry(time_ns=1, who="benchmark", what="palm.benchmark")


def recogniser() -> RoomRecogniser:
    """One that compares, and reads nothing."""

    def nothing(_: object) -> Any:
        raise NotImplementedError

    return RoomRecogniser(nothing, nothing, SCHEME)


def people(site_key: bytes, persons: int) -> Iterator[list[Template]]:
    """The templates of each person."""
    protector, generator = Protector(site_key), np.random.default_rng(1)
    features = MODEL.palm(1, 0)
    size = len(protector.protect(features, bytes(SALT_BYTES)).sealed)
    for begin in range(0, persons, AT_ONCE):
        centres = embeddings_of(generator, min(AT_ONCE, persons - begin), DIMENSIONS)
        taken = [mated(generator, centres, COSINE**0.5) for _ in range(SAMPLES)]
        for at in range(len(centres)):
            number = begin + at
            if number % REAL_EVERY == 0:
                seen = [MODEL.palm(1, number, sample) for sample in range(SAMPLES)]
                made = [one.data for each in seen for one in recogniser().protect(Sample(each), site_key)]
            else:
                made = [
                    data_of(protector, features, each[at], generator.bytes(size), generator.bytes(SALT_BYTES))
                    for each in taken
                ]
            yield [Template(hand="left", band="nir", scheme=SCHEME, made_ns=1, data=data) for data in made]


def data_of(protector: Protector, like: Features, embedding: Any, sealed: bytes, salt: bytes) -> bytes:
    """A template of random bytes, and the code of an embedding."""
    template = ProtectedTemplate(
        protector.key_id, salt, like.band, like.side, DIMENSIONS, EMBEDDING_BITS // 8, np.frombuffer(sealed, np.uint8)
    )
    values = protector.search_values(Features(embedding, like.ordinal, like.competitive, like.valid))
    return msgspec.msgpack.encode((template.to_bytes(), np.packbits(values > 0).tobytes()))


def fill(folder: Path, persons: int) -> None:
    """Enrols them."""
    consent = Consent(notice="1", language="en", purposes=PURPOSES, given_ns=1)
    profile = Profile(made_ns=1, consents=(consent,), account="somebody")
    with opened(folder) as vault:
        chunk: list[tuple[Profile, list[Template]]] = []
        for templates in people(vault.site_key("templates"), persons):
            chunk.append((profile, templates))
            if len(chunk) == AT_ONCE:
                vault.enrol_many(chunk, ENTRY, 1)
                chunk = []
        vault.enrol_many(chunk, ENTRY, 1)


def resident_bytes() -> int:
    """What this process has of the memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def timed(act: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gave, seconds by the clock, and of work."""
    begin_s, work_s = time.perf_counter(), time.process_time()
    found = act()
    return found, time.perf_counter() - begin_s, time.process_time() - work_s


def start(folder: Path, act: str, persons: int) -> list[Row]:
    """Starts a gallery, and looks for some of the people in it."""
    with opened(folder) as vault:
        made = recogniser()
        before = resident_bytes()
        gallery, clock_s, work_s = timed(lambda: KeptGallery(vault, made))
        grown = resident_bytes() - before
        rows: list[Row] = [{
            "act": act, "s": round(clock_s, 2), "cpu_s": round(work_s, 2),
            "s_per_100000": round(clock_s * 1e5 / persons, 1), "cpu_s_per_100000": round(work_s * 1e5 / persons, 1),
            "bytes_per_person": round(grown / persons),
            "highest_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        }]  # fmt: skip
        walls, works, right = [], [], 0
        real = range(0, persons, REAL_EVERY)
        for turn in range(SEARCHES):
            probe = Sample(MODEL.palm(1, real[turn % len(real)], 10 + turn), "left", 90.0)
            found, clock_s, work_s = timed(lambda probe=probe: gallery.search([probe]))  # type: ignore[misc]
            walls.append(1e3 * clock_s)
            works.append(1e3 * work_s)
            right += bool(found) and found[0].log_ratio > 0 and len(vault.templates(found[0].subject)) == SAMPLES
        rows.append({
            "act": "search, one sample", "p50_ms": round(statistics.median(walls), 1),
            "cpu_p50_ms": round(statistics.median(works), 1), "found": right, "searches": SEARCHES,
        })  # fmt: skip
        _, clock_s, work_s = timed(gallery.refresh)
        subject = vault.subjects()[0]
        vault.erase(subject, ENTRY)
        _, clock_s, work_s = timed(gallery.refresh)
        rows.append({"act": "take over that somebody was erased", "s": round(clock_s, 4), "cpu_s": round(work_s, 4)})
        assert not gallery.has(subject)
    return rows


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description="what a gallery of palms takes to start, and of the memory")
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--starts", nargs="*", default=["first start", "next start"])
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    use_one_core()
    if arguments.folder is not None:
        rows = start(arguments.folder, " ".join(arguments.starts), arguments.persons)
        sys.stdout.write(json.dumps(rows))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        _, clock_s, work_s = timed(lambda: fill(Path(folder), arguments.persons))
        sys.stdout.write(f"made in {clock_s:.0f} s, {work_s:.0f} s of work\n")
        size = (Path(folder) / "palm.db").stat().st_size
        rows.append({"act": "on the disk", "bytes_per_person": round(size / arguments.persons)})
        for act in arguments.starts:
            command = [sys.executable, "-m", "benchmarks.palm_gallery", "--persons", str(arguments.persons)]
            done = subprocess.run(  # noqa: S603  itself
                [*command, "--folder", folder, "--starts", act], check=True, capture_output=True, text=True
            )
            rows += json.loads(done.stdout)
    rows = [{"persons": arguments.persons, **row} for row in rows]
    for row in rows:
        sys.stdout.write(f"{row}\n")
    command_line = f"python -m benchmarks.palm_gallery --persons {arguments.persons}"
    write_results("palm_gallery", command_line, rows, arguments.output)


if __name__ == "__main__":
    main()
