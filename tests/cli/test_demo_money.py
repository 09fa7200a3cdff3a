"""The whole way of money in a simulated shop: from a card at a terminal to a ledger that proves."""

import threading
from collections import Counter as Count
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import pytest

from tillfree.cli.demo import demo_counter, demo_settings
from tillfree.cli.serving import Keeper
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.entrance.gate import SimulatedEntrance
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.trips import TripQuery
from tillfree.store.counter import Counter
from tillfree.store.entry.key_files import KeyFolder
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import RecordingSource

OPTIONS = SimulationOptions(
    shoppers=14, seed=21, takes=2.0, awkward=0.2, parties=0.3, entry=True, entry_refused=0.3, entry_ages=1.0,
    entry_badges=0.2, entry_palms=0.1,
)  # fmt: skip
_LONG_S = 120.0


@contextmanager
def played(
    folder: Path, options: SimulationOptions = OPTIONS, broken: tuple[str, ...] = ()
) -> Iterator[tuple[Counter, Database, SimulatedRecording, RunningStore]]:
    """A recording that was played to its end through gate and till, in a folder of its own."""
    recording = simulate(demo_shop(2), options)
    settings = demo_settings(recording.shop)
    with ExitStack() as stack:
        database = stack.enter_context(Database.open(folder))
        key = KeyFolder(folder).make(("shopper", "associate"))
        source = RecordingSource(recording)
        counter, entrance, worker = demo_counter(database, settings, source, key, stack, seed=3)
        keeper = Keeper(database, recording.shop, counter.on_visit)
        store = RunningStore(
            source, settings, speed=float("inf"), on_visit=keeper.on_visit, on_entry=counter.on_entry, breaker=entrance
        )
        for id_ in broken:
            entrance.break_(id_)
        counter.attach(store, [worker])
        store.start()
        try:
            assert store.wait_for_end(_LONG_S)
            assert store.error == ""
            _settle(counter, entrance, broken)
            yield counter, database, recording, store
        finally:
            store.stop()


def _settle(counter: Counter, entrance: SimulatedEntrance, broken: tuple[str, ...]) -> None:
    """Minute after minute, until nothing waits for an answer any more; what was broken is mended meanwhile."""
    for id_ in broken:
        entrance.mend(id_)
    _wait_for_answers(counter)


def _wait_for_answers(counter: Counter) -> None:
    begin_ns, ticker = counter.clock(), threading.Event()
    for minute in range(1000):
        now_ns = begin_ns + minute * 60 * NS_PER_S
        counter.clock.follow(lambda: now_ns)  # noqa: B023 - it is the time now, and then another
        counter.till.tick()
        if not counter.till_waits:
            return
        ticker.wait(0.01)
    pytest.fail("orders still wait")


def test_everybody_who_is_let_in_has_a_trip_and_every_sum_is_right(tmp_path: Path) -> None:
    with played(tmp_path) as (counter, database, recording, store):
        trips = database.trips(TripQuery(limit=500))
        admitted = [entry for entry in recording.truth.entries if not entry.refused]
        assert 0 < len([trip for trip in trips if trip.gate]) <= len(admitted)
        ways = Count(trip.entry for trip in trips if trip.gate)
        assert {"card", "code"} <= ways.keys()
        assert sum(database.count_refusals(0).values()) >= sum(bool(e.refused) for e in recording.truth.entries)
        assert all(trip.simulated for trip in trips)
        proof = database.prove_ledger()
        assert proof.holds, proof.faults
        assert proof.entries > len(trips)
        settled = [trip for trip in trips if trip.status == "settled"]
        assert settled
        for trip in settled:
            payment = database.payment_of_trip(trip.id)
            assert payment is not None
            assert trip.receipt is not None
            came = payment.taken_minor if payment.method == "card" else payment.due_minor
            assert came == trip.receipt.total.gross.minor
            assert payment.held_minor == 0
        parties = [trip for trip in trips if len(trip.visits) > 1]
        assert parties, "some came in together"
        assert any(entry.kind == "refused" for entry in store.feed()) == bool(database.count_refusals(0))
        assert counter.trouble == ""


def test_a_trip_can_be_refunded_once(tmp_path: Path) -> None:
    with played(tmp_path) as (counter, database, _recording, _store):
        trip = next(
            t for t in database.trips(TripQuery(limit=500, statuses=("settled",))) if t.entry in ("card", "wallet")
        )
        for _ in range(2):
            counter.till.refund(trip.id, Money(1, trip.receipt.currency), key="k", reason="goodwill", by="test")  # type: ignore[union-attr]
        # Threads of the till ask the processor, and the answer comes when it comes.
        _wait_for_answers(counter)
        payment = database.payment_of_trip(trip.id)
        assert payment is not None
        assert payment.refunded_minor == 1
        assert database.prove_ledger().holds


@pytest.mark.parametrize("broken", ["processor/slow", "processor/repeats", "processor/declines", "network"])
def test_whatever_the_processor_does_nothing_is_lost_or_taken_twice(tmp_path: Path, broken: str) -> None:
    options = msgspec.structs.replace(OPTIONS, shoppers=6, entry_refused=0.0, awkward=0.0)
    with played(tmp_path, options, (broken,)) as (_counter, database, _recording, _store):
        proof = database.prove_ledger()
        assert proof.holds, proof.faults
        trips = database.trips(TripQuery(limit=500))
        for trip in trips:
            payment = database.payment_of_trip(trip.id)
            if payment is not None and payment.due_minor is not None and payment.method == "card":
                assert payment.taken_minor + payment.debt_minor == payment.due_minor
                assert payment.surplus_returned_minor == 0


def test_with_the_network_down_cards_are_let_in_by_the_rule(tmp_path: Path) -> None:
    options = msgspec.structs.replace(OPTIONS, shoppers=6, entry_refused=0.0, entry_codes=0.0, entry_wallets=0.0)
    options = msgspec.structs.replace(options, entry_badges=0.0, entry_palms=0.0)
    with played(tmp_path, options, ("network",)) as (_counter, database, _recording, _store):
        trips = [trip for trip in database.trips(TripQuery(limit=100)) if trip.gate]
        assert trips
        assert {trip.entry for trip in trips} == {"card"}
