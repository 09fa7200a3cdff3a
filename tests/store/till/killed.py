"""A program for `test_trouble`: a trip from the gate to the money, killed at a given moment; run again, it goes on.

The processor keeps its books in a file of its own, as one in another house would.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.store.till.counters import CARD, Bank, Clock, make_till, record, trip
from tillfree.commerce.payments.processor import Answer, Order
from tillfree.core.ids import TripId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.database import Database


class Moments:
    """Counts moments; at the chosen one the process is killed as by a power cut."""

    def __init__(self, chosen: int) -> None:
        self._left = chosen

    def one(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class FiledBank(Bank):
    def __init__(self, path: Path, moments: Moments) -> None:
        super().__init__()
        self._path, self._moments = path, moments
        if path.exists():
            kept = json.loads(path.read_text())
            self.holds, self.taken = kept["holds"], kept["taken"]
            self.answers = {
                key: Answer(key=key, outcome=outcome, reference=reference, amount=minor and Money(minor, "USD"))
                for key, (outcome, reference, minor) in kept["answers"].items()
            }

    def ask(self, order: Order) -> Answer:
        self._moments.one()
        answer = super().ask(order)
        answers = {
            key: (a.outcome, a.reference, None if a.amount is None else a.amount.minor)
            for key, a in self.answers.items()
        }
        self._path.write_text(json.dumps({"holds": self.holds, "taken": self.taken, "answers": answers}))
        self._moments.one()
        return answer


def main(folder: Path, moment: int) -> None:
    moments, clock = Moments(moment), Clock()
    bank = FiledBank(folder / "bank.json", moments)
    with Database.open(folder / "data") as database:
        till = make_till(database, bank, clock)
        name, visit = TripId("t1"), VisitId("v1")
        steps = (
            lambda: till.open(trip(clock), CARD),
            till.tick,
            lambda: till.bind(name, visit),
            lambda: database.add_visit(record("v1")),
            lambda: till.finished(record("v1")),
            till.tick,
            lambda: till.refund(name, Money(100, "USD"), key="r", reason="wrong item", by="ann"),
            till.tick,
        )
        for step in steps:
            moments.one()
            step()
            moments.one()
        for _ in range(5):
            clock.go(60)
            till.tick()
        kept, proof = database.trip(name), database.prove_ledger()
        assert kept is not None
        assert kept.status == "settled", kept
        assert proof.holds, proof
        assert bank.taken == {"ref-pay-t1/authorise/1": 493}, bank.taken
        assert not bank.holds
        told = [announced.kind for announced in database.announcements(0)]
        assert len(told) == len(set(told)) == 7, told
        till.close()


def try_all(folder: Path, program: Callable[[Path, int], None] = main) -> int:
    """Kills the program at its first, second, third ... moment, until it comes to its end; how often that was.

    A fork for each, as to start Python anew would take most of the time.
    """
    for moment in range(1, 100):
        place = folder / str(moment)
        place.mkdir()
        if _ended(place, moment, program) == 0:
            return moment - 1
        assert _ended(place, 0, program) == 0, f"killed at moment {moment}, it could not go on"
    raise AssertionError("the program never came to its end")


def _ended(folder: Path, moment: int, program: Callable[[Path, int], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            program(folder, moment)
        except BaseException:  # noqa: BLE001 - a child of a fork must not go on as its parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL), f"moment {moment}: the program failed"
    return code


if __name__ == "__main__":
    print(try_all(Path(sys.argv[1])))
