"""Entry and money of a served store by its settings: none, simulated, or a processor whose key must be there."""

from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.simulation.scenes import small_shop
from tillfree.cli.documents import document_of
from tillfree.cli.money import beside, counter_of, receipt_desk
from tillfree.cli.serving import Keeper
from tillfree.cli.terminal import TerminalError
from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.processors.settings import ProcessorSettings
from tillfree.core.events import Event
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.trips import TripQuery
from tillfree.store.replay import replay
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import RecordingSource
from tillfree.store.settings import StoreSettings

SHOP = small_shop()
SETTINGS = StoreSettings(currency=SHOP.currency, processor=ProcessorSettings(kind="simulated"))
_LONG_S = 120.0


def test_without_a_processor_there_is_no_till(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database, counter_of(database, StoreSettings(), SHOP) as counter:
        assert counter is None


def test_two_currencies_are_refused(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(SETTINGS, currency="JPY")
    with (
        Database.open(tmp_path) as database,
        pytest.raises(TerminalError, match="JPY"),
        counter_of(database, settings, SHOP),
    ):
        pass


@pytest.mark.parametrize("kind", ["stripe", "adyen"])
def test_a_processor_without_its_key_is_refused(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TILLFREE_PROCESSOR_KEY", raising=False)
    processor = ProcessorSettings(kind=kind, merchant_account="shop")  # type: ignore[arg-type]
    settings = msgspec.structs.replace(SETTINGS, processor=processor)
    with (
        Database.open(tmp_path) as database,
        pytest.raises(ConnectorError, match="TILLFREE_PROCESSOR_KEY"),
        counter_of(database, settings, SHOP),
    ):
        pass


def test_entries_of_a_recording_become_trips_that_nobody_pays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = SimulationOptions(shoppers=6, seed=4, takes=2.0, awkward=0.0, entry=True, parties=0.6, entry_ages=1.0)
    recording = simulate(SHOP, options)
    with Database.open(tmp_path) as database, counter_of(database, SETTINGS, SHOP) as counter:
        assert counter is not None
        assert "simulated" in capsys.readouterr().err
        keeper = Keeper(database, SHOP, counter.on_visit)
        heard: list[Event] = []

        def on_entry(event: Event) -> None:
            heard.append(event)
            counter.on_entry(event)

        store = RunningStore(
            RecordingSource(recording), SETTINGS, speed=float("inf"), on_visit=keeper.on_visit, on_entry=on_entry
        )
        receipts = receipt_desk(counter, database, SETTINGS, ZoneInfo("UTC"))
        counter.attach(store, beside(counter, receipts, database, SETTINGS, lambda: store.shop))
        counter.start()
        store.start()
        assert store.wait_for_end(_LONG_S)
        store.stop()
        counter.close()
        counter.close()
        assert store.error == ""
        assert counter.trouble == ""
        trips = {trip.id: set(trip.visits) for trip in database.trips(TripQuery(limit=100))}
        admitted = [entry for entry in recording.truth.entries if not entry.refused]
        assert trips.keys() == {entry.trip for entry in admitted}
        assert sorted(map(len, trips.values())) == sorted(len(entry.people) for entry in admitted)
        assert all(trip.payment == "" for trip in database.trips(TripQuery(limit=100)))
        assert all(trip.simulated for trip in database.trips(TripQuery(limit=100)))
        assert {trip.status for trip in database.trips(TripQuery(limit=100))} <= {"void", "review", "inside"}
        assert heard


def test_a_replay_and_a_served_store_come_to_the_same(tmp_path: Path) -> None:
    options = SimulationOptions(
        shoppers=8, seed=4, takes=2.0, awkward=0.3, entry=True, parties=0.6, entry_ages=0.5, entry_refused=0.1
    )
    recording = simulate(SHOP, options)
    document = document_of("", replay(recording, SETTINGS), SETTINGS, SHOP.name, simulated=True)
    with Database.open(tmp_path) as database, counter_of(database, SETTINGS, SHOP) as counter:
        assert counter is not None
        keeper = Keeper(database, SHOP, counter.on_visit)
        store = RunningStore(
            RecordingSource(recording), SETTINGS, store_name=SHOP.name, speed=float("inf"), on_visit=keeper.on_visit,
            on_entry=counter.on_entry,
        )  # fmt: skip
        counter.attach(store)
        store.start()
        assert store.wait_for_end(_LONG_S)
        store.stop()
        counter.till.tick()
        served = {trip.id: trip for trip in database.trips(TripQuery(limit=100))}
        found = {visit.visit: database.visit(visit.visit) for visit in document.visits}
    for visit in document.visits:
        record = found[visit.visit]
        assert record is not None
        assert record.receipt == visit.receipt
    replayed = {trip.trip: trip for trip in document.trips}
    assert replayed.keys() == {id_ for id_ in served if not id_.startswith("open-")}
    for id_, trip in replayed.items():
        assert set(served[id_].visits) == set(trip.visits)
        assert served[id_].receipt == trip.receipt
        assert (served[id_].status == "review") == (trip.verdict == "review")
