"""A replay of a recording with a gate shows who came in together, and what a till would do."""

from pathlib import Path

import msgspec
import pytest

from tests.simulation.scenes import small_shop
from tillfree.cli.documents import ReplayDocument
from tillfree.cli.main import main
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.storage.recordings.mcap_writer import write_mcap

OPTIONS = SimulationOptions(
    shoppers=8, seed=4, takes=2.0, awkward=0.0, entry=True, parties=0.6, entry_ages=1.0, entry_refused=0.0
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[SimulatedRecording, Path]:
    made = simulate(small_shop(), OPTIONS)
    path = tmp_path_factory.mktemp("entry") / "entry.mcap"
    write_mcap(path, made)
    return made, path


def document(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> ReplayDocument:
    assert main(["replay", str(path), "--json", *more]) == 0
    return msgspec.json.decode(capsys.readouterr().out, type=ReplayDocument)


def test_each_entry_is_a_trip_of_those_who_came_in_on_it(
    recording: tuple[SimulatedRecording, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    made, path = recording
    found = document(path, capsys)
    people = {visit.visit: made.truth.aliases.get(visit.person, visit.person) for visit in found.visits}
    trips = {trip.trip: {people[visit] for visit in trip.visits} for trip in found.trips}
    assert trips == {entry.trip: set(entry.people) for entry in made.truth.entries}
    receipts = {visit.visit: visit.receipt for visit in found.visits}
    for trip in found.trips:
        quantities: dict[str, int] = {}
        for visit in trip.visits:
            for product, count in receipts[visit].quantities().items():
                quantities[product] = quantities.get(product, 0) + count
        assert trip.receipt.quantities() == quantities
    assert {trip.verdict for trip in found.trips} <= {"charge", "review"}


def test_the_table_of_the_settings_decides(
    recording: tuple[SimulatedRecording, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = tmp_path / "store.toml"
    settings.write_text('version = 1\n[[policy.rows]]\nthen = "certain"\nin_doubt = true\n')
    found = document(recording[1], capsys, "--settings", str(settings))
    assert {trip.verdict for trip in found.trips} == {"certain"}
    assert main(["replay", str(recording[1]), "--settings", str(settings)]) == 0
    assert "only what is certain is charged" in capsys.readouterr().out


def test_without_a_gate_there_are_no_trips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plain.mcap"
    write_mcap(path, simulate(small_shop(), SimulationOptions(shoppers=2, seed=1)))
    assert document(path, capsys).trips == ()
