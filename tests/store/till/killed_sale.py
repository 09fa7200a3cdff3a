"""Two programs for `test_selling`: a sale at a till that is killed at a given moment, and asked for again or not."""

from pathlib import Path

from tests.store.till.counters import CARD, Clock, make_till, usd
from tests.store.till.killed import FiledBank, Moments
from tests.store.till.sales import sale
from tillfree.core.ids import TripId
from tillfree.storage.database.database import Database
from tillfree.store.till.selling import sale_outcome

__all__ = ["asked_again", "left_alone"]

ID = TripId("s1")
TAKEN = {"ref-pay-s1/authorise/1": 420}


def _still_wanted(moments: Moments) -> bool:
    moments.one()
    return True


def asked_again(folder: Path, moment: int) -> None:
    """Whoever asked asks again: they paid once."""
    moments, clock = Moments(moment), Clock()
    bank = FiledBank(folder / "bank.json", moments)
    with Database.open(folder / "data") as database:
        till = make_till(database, bank, clock)
        moments.one()
        till.sell(sale(clock), CARD, usd(420), still_wanted=lambda: _still_wanted(moments))
        moments.one()
        till.tick()
        moments.one()
        assert bank.taken == TAKEN, bank.taken
        assert not bank.holds
        kept, proof = database.trip(ID), database.prove_ledger()
        assert kept is not None
        assert kept.status == "settled", kept
        assert proof.holds, proof
        till.close()


def left_alone(folder: Path, moment: int) -> None:
    """Nobody asks again: it was paid, if it had come so far, or nothing is taken and nothing stays put aside."""
    moments, clock = Moments(moment), Clock()
    bank = FiledBank(folder / "bank.json", moments)
    with Database.open(folder / "data") as database:
        till = make_till(database, bank, clock)
        if moment:
            till.sell(sale(clock), CARD, usd(420), still_wanted=lambda: _still_wanted(moments))
            moments.one()
            till.tick()
            moments.one()
        for _ in range(5):
            till.tick()
            clock.go(60)
        payment, proof = database.payment_of_trip(ID), database.prove_ledger()
        assert payment is None or bank.taken == (TAKEN if sale_outcome(payment) == "paid" else {})
        assert payment is not None or not bank.taken
        assert not bank.holds
        assert not database.open_trips()
        assert proof.holds, proof
        till.close()
