"""How long it takes to prove a ledger again, and in how much memory.

Run as `python -m benchmarks.ledger`. The trips are simulated, and go through the whole till: three entries each. The
first of them are then copied under other names, with entries chained anew, until there are enough: what is proved is
the same work for each, and a million entries are there in minutes.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Table, create_engine, insert, select

from benchmarks.result_files import Row, use_one_core, write_results
from benchmarks.till_workload import Workload
from tillfree.core.ids import PaymentId, TripId
from tillfree.evaluation.resources import Meter
from tillfree.storage.database.database import FILE_NAME
from tillfree.storage.database.money.ledger import LEDGER, append_entries, decode_row
from tillfree.storage.database.money.payments import PAYMENT_EVENTS, PAYMENTS
from tillfree.storage.database.money.trips import TRIPS

__all__ = ["main"]

_ENTRIES_OF_A_TRIP = 3
_BATCH = 500
_TRIPS_MADE_MAX = 20_000
_LETTERS = "cdefghijklmnopqrstuvwxyz"
_PAGE = 5000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000, help="in the ledger (default 1000000)")
    parser.add_argument("--folder", type=Path, help="a folder with room for it (default: a temporary one)")
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    parsed = parser.parse_args(arguments)
    use_one_core()
    with tempfile.TemporaryDirectory(dir=parsed.folder) as place:
        load = Workload(Path(place) / "data")
        trips = -(-parsed.entries // _ENTRIES_OF_A_TRIP)
        made = max(min(trips, _TRIPS_MADE_MAX), -(-trips // (1 + len(_LETTERS))))
        for done in load.batches(made, _BATCH):
            sys.stderr.write(f"\r{done} trips made")
        _copy(Path(place) / "data" / FILE_NAME, -(-trips // made) - 1)
        rows = [_proved(load, payments=False), _proved(load, payments=True)]
        load.till.close()
        load.database.close()
    write_results("ledger", f"python -m benchmarks.ledger --entries {parsed.entries}", rows, parsed.output)
    return 0


def _copy(path: Path, times: int) -> None:
    """Everything so many times more, under names that begin with another letter."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        last = connection.scalar(select(LEDGER.c.number).order_by(LEDGER.c.number.desc()).limit(1)) or 0
    for letter in _LETTERS[:times]:
        with engine.begin() as connection:
            for table in (TRIPS, PAYMENTS, PAYMENT_EVENTS):
                _copy_rows(connection, table, letter)
            for first in range(1, last + 1, _PAGE):
                pages = select(LEDGER).where(LEDGER.c.number.between(first, min(first + _PAGE - 1, last)))
                kept = [decode_row(row).entry for row in connection.execute(pages.order_by(LEDGER.c.number))]
                append_entries(
                    connection,
                    [
                        msgspec.structs.replace(
                            entry,
                            trip=TripId(_named(entry.trip, letter)),
                            payment=PaymentId(_named(entry.payment, letter)),
                        )
                        for entry in kept
                    ],
                )
        sys.stderr.write(f"\r{last} entries copied, {letter}  ")
    sys.stderr.write("\n")
    engine.dispose()


def _copy_rows(connection: Connection, table: Table, letter: str) -> None:
    columns = [column for column in table.c if not (column.name == "number" and column.primary_key)]
    names = {"trip", "payment"} & {column.name for column in columns}
    own = next(column for column in columns if column.name in names)
    rows = connection.execute(select(*columns).where(own.contains("b0"))).all()
    for first in range(0, len(rows), _PAGE):
        connection.execute(
            insert(table),
            [
                {
                    name: _named(value, letter) if name in names else _renamed(value, letter)
                    for name, value in row._mapping.items()  # noqa: SLF001  the public name of it in SQLAlchemy
                }
                for row in rows[first : first + _PAGE]
            ],
        )


def _named(name: str, letter: str) -> str:
    return name.replace("b0", f"{letter}0", 1)


def _renamed(value: object, letter: str) -> object:
    """Records hold the name, too, in bytes of the same length."""
    return value.replace(b"b000", f"{letter}000".encode()) if isinstance(value, bytes) else value


def _proved(load: Workload, *, payments: bool) -> Row:
    with Meter() as meter:
        proof = load.database.prove_ledger(payments=payments)
    assert proof.holds, proof.faults
    return {
        "what": "entries, and every payment, trip and receipt" if payments else "entries: chain, sums, numbers",
        "entries": proof.entries,
        "payments": proof.payments,
        "wall_s": round(meter.cost.wall_s, 2),
        "processor_s": round(meter.cost.cpu_s, 2),
        "entries_per_s": round(proof.entries / meter.cost.wall_s),
        "peak_mib": round(meter.cost.peak_mib, 1),
    }


if __name__ == "__main__":
    raise SystemExit(main())
