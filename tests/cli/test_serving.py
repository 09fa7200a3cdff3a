"""What `tillfree serve` does where others would lose or erase something: two at once, streams that end, full disks."""

import logging
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from tests.cli.conftest import Run
from tests.cli.test_console_commands import PASSWORD, data, first_page, running
from tests.storage.database.made import record
from tillfree.catalog.shop_file import encode_shop
from tillfree.cli.serving import Keeper, _stream_now_ns, only_one, remembered_shop
from tillfree.cli.terminal import TerminalError
from tillfree.core.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_S
from tillfree.simulation.demo_shop import demo_shop
from tillfree.storage.database.database import FILE_NAME, Database
from tillfree.storage.database.visits import VisitQuery
from tillfree.store.running.state import Snapshot
from tillfree.web.console import Console

__all__ = ["PASSWORD", "data"]

NOW = 20_000 * NS_PER_DAY


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.json"
    path.write_bytes(encode_shop(demo_shop(1)))
    return path


def test_a_second_server_of_one_store_is_refused_and_a_later_one_is_not(tillfree: Run, shop: Path, data: Path) -> None:
    arguments = ["serve", str(shop), "--data", str(data), "--port", "0"]
    with running(*arguments, stdin=subprocess.PIPE) as (process, address):
        ran = tillfree(*arguments)
        assert ran.code == 2
        assert "another tillfree serves this store" in ran.err
        assert ran.err.count("\n") == 1
        assert first_page(address) == 200
        process.kill()
        process.wait(20)
    with running(*arguments) as (_, address):
        assert first_page(address) == 200


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="cannot be written"), only_one(tmp_path / "missing"):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_live_store_ends_in_order_while_its_stream_goes_on(shop: Path, data: Path, number: signal.Signals) -> None:
    with running("serve", str(shop), "--data", str(data), "--port", "0", stdin=subprocess.PIPE) as (process, _):
        process.send_signal(number)
        assert process.wait(20) == 128 + number
        assert process.stderr is not None
        said = process.stderr.read()
        assert "Fatal" not in said
        assert "Traceback" not in said


def test_a_store_opens_though_nobody_reads_its_address(shop: Path, data: Path) -> None:
    command = [sys.executable, "-m", "tillfree.cli.main", "serve", str(shop), "--data", str(data), "--port", "0"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "could not be shown" in process.stderr.readline()
        assert process.poll() is None
        process.terminate()
        assert process.wait(20) == 143


def test_without_standard_input_there_is_no_live_shop(shop: Path, data: Path) -> None:
    command = f'exec "{sys.executable}" -m tillfree.cli.main serve "{shop}" --data "{data}" --port 0 <&-'
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 2
    assert "no standard input" in ran.stderr


def at(time_ns: int = 0, arrived_ns: int = 0) -> Snapshot:
    """A floor of that stream time, which came in at that time of ours."""
    return Snapshot(time_ns, arrived_ns, (), (), 0, 0, "running", 1.0, 0.0)


@pytest.mark.parametrize(
    ("snapshot", "paced", "hours", "expected"),
    [
        (at(time_ns=NOW - 900 * NS_PER_DAY, arrived_ns=NOW), True, 0, NOW - 900 * NS_PER_DAY),
        (at(time_ns=NOW - 900 * NS_PER_DAY, arrived_ns=NOW - 3 * NS_PER_DAY), True, 72, NOW - 897 * NS_PER_DAY),
        (at(time_ns=NOW + 900 * NS_PER_DAY, arrived_ns=NOW), False, 0, NOW),
        (at(time_ns=NOW - NS_PER_S, arrived_ns=NOW - 8 * NS_PER_DAY), False, 200, NOW),
        (at(time_ns=NOW - NS_PER_S, arrived_ns=NOW + NS_PER_DAY), False, 0, NOW - NS_PER_S),
        (at(), False, 0, 0),
        (at(), False, 2, NOW),
        (at(), True, 2, 0),
    ],
)
def test_what_is_kept_grows_old_by_its_own_clock_but_never_faster_than_ours(
    snapshot: Snapshot, paced: bool, hours: int, expected: int
) -> None:
    store = SimpleNamespace(snapshot=lambda: snapshot, paced=paced)
    console = cast("Console", SimpleNamespace(store=store))
    assert _stream_now_ns(console, NOW, NOW - hours * NS_PER_HOUR) == expected


def test_what_could_not_be_kept_is_tried_at_the_end_and_else_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Database.open(tmp_path) as database:
        keeper = Keeper(database, demo_shop(1))
        (tmp_path / FILE_NAME).rename(tmp_path / "away.db")
        keeper.on_visit(record("v1"))
        keeper.on_visit(record("v2"))
        assert "moved away" in keeper.trouble
        with caplog.at_level(logging.ERROR):
            keeper.finish()
        assert "visit v1 could not be kept" in caplog.text
        assert "visit v2 could not be kept" in caplog.text
        caplog.clear()
        (tmp_path / "away.db").rename(tmp_path / FILE_NAME)
        keeper.finish()
        assert (keeper.trouble, caplog.text) == ("", "")
        assert database.count_visits(VisitQuery()) == 2


def test_the_shop_is_kept_before_anybody_changes_it_and_a_new_file_counts_until_somebody_does(tmp_path: Path) -> None:
    first, second = demo_shop(1), msgspec.structs.replace(demo_shop(1), name="Mended file")
    with Database.open(tmp_path) as database:
        assert remembered_shop(database, first) == remembered_shop(database, first) == first
        (kept,) = database.shop_versions()
        assert (kept.by, kept.note) == ("", "")
        assert remembered_shop(database, second) == second
        assert [entry.by for entry in database.shop_versions()] == ["", ""]
        changed = msgspec.structs.replace(second, name="As somebody changed it")
        database.save_shop(changed, "ann", "", 1)
        assert remembered_shop(database, first).name == "As somebody changed it"
        assert len(database.shop_versions()) == 3
