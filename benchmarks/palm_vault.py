"""What the vault of palms takes: to enrol, to open, to look up, to erase, to rotate keys and to revoke a site.

    python -m benchmarks.palm_vault                     # 10,000 persons
    python -m benchmarks.palm_vault --persons 100000

Templates are random bytes of the size of protected ones: three of a person, 3,800 bytes each. Everything is on the disk
under the folder of temporary files when it is counted. Writes `benchmarks/results/palm_vault.json`.
"""

import argparse
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.result_files import Row, use_one_core, write_results
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.key_rooms import KeyFile
from tillfree.storage.palm_vault.records import PURPOSES, Consent, LinkedCard, Profile, Template
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.pins import has_pin, made_pin

_TEMPLATE_BYTES, _TEMPLATES = 3_800, 3
_LOOKED_UP, _ERASED, _MADE = 500, 50, 500
_ENTRY = AuditEntry(time_ns=1, who="benchmark", what="palm.benchmark")


def person(number: int) -> tuple[Profile, list[Template]]:
    """Somebody with a card."""
    consent = Consent(notice="1", language="en", purposes=PURPOSES, given_ns=1)
    profile = Profile(made_ns=1, consents=(consent,), cards=(LinkedCard(token=f"tok_{number}", last4="4242"),))
    templates = [
        Template(hand="left", band="nir", scheme="x", made_ns=1, data=secrets.token_bytes(_TEMPLATE_BYTES))
        for _ in range(_TEMPLATES)
    ]
    return profile, templates


def opened(folder: Path) -> PalmVault:
    """The vault of a folder."""
    keys = folder / "keys"
    return PalmVault.open(folder, KeyFile(keys), keys_folder=keys)


def timed(act: Callable[[], object]) -> float:
    """Seconds."""
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def whole(act: str, done: Callable[[], object]) -> Row:
    """One act: seconds by the clock, and seconds of work without what others had of the machine."""
    begin_s, work_s = time.perf_counter(), time.process_time()
    done()
    return {
        "act": act, "s": round(time.perf_counter() - begin_s, 3), "cpu_s": round(time.process_time() - work_s, 3)
    }  # fmt: skip


def each_ms(act: Callable[[str], object], subjects: list[str]) -> Row:
    """Median and 99th percentile of one act for each person, in milliseconds."""
    taken = sorted(1e3 * timed(lambda name=subject: act(name)) for subject in subjects)  # type: ignore[misc]
    return {"p50_ms": round(statistics.median(taken), 3), "p99_ms": round(taken[int(0.99 * len(taken))], 3)}


def measure(folder: Path, persons: int) -> list[Row]:
    """A row for each act."""
    rows: list[Row] = []
    with opened(folder) as vault:
        people = [person(number) for number in range(_MADE)]
        each = timed(lambda: [vault.enrol(*one, _ENTRY, 1) for one in people[:_ERASED]]) / _ERASED
        rows.append({"act": "enrol one", "mean_ms": round(1e3 * each, 3)})
        left = max(0, persons - _ERASED)
        chunks = [people[: min(_MADE, left - begin)] for begin in range(0, left, _MADE)]
        each = timed(lambda: [vault.enrol_many(chunk, _ENTRY, 1) for chunk in chunks]) / max(1, left)
        rows.append({"act": f"enrol {_MADE} at once, each", "mean_ms": round(1e3 * each, 3)})
    begin = time.perf_counter()
    with opened(folder) as vault:
        rows.append({"act": "open", "s": round(time.perf_counter() - begin, 3)})
        rows.append(whole("read all templates", lambda: sum(1 for _ in vault.all_templates())))
        subjects = vault.subjects()
        some = subjects[:: max(1, persons // _LOOKED_UP)][:_LOOKED_UP]
        rows.append({"act": "look whether anything changed", **each_ms(lambda _: vault.generation(), some)})
        rows.append({"act": "read a profile", **each_ms(vault.profile, some)})
        rows.append({"act": "erase", **each_ms(lambda name: vault.erase(name, _ENTRY), some[:_ERASED])})
        rows.append(whole("rotate keys", lambda: vault.rotate(_ENTRY)))
        rows.append(whole("revoke all", lambda: vault.revoke_all(_ENTRY)))
        rows.append(whole("prove the log", vault.verify_log))
    pin = made_pin("4711")
    rows.append(whole("judge a PIN", lambda: has_pin(pin, "4711")))
    return [{"persons": persons, **row} for row in rows]


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description="what the vault of palms takes")
    parser.add_argument("--persons", type=int, default=10_000)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    use_one_core()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), arguments.persons)
    for row in rows:
        sys.stdout.write(f"{row}\n")
    write_results(
        "palm_vault", f"python -m benchmarks.palm_vault --persons {arguments.persons}", rows, arguments.output,
        recordings="random bytes",
    )  # fmt: skip


if __name__ == "__main__":
    main()
