"""Several processes with one vault: the command line beside a store that serves."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.palms.stand_in import make_desk
from tillfree.storage.palm_vault.alone import alone_at
from tillfree.storage.palm_vault.errors import VaultBusyError, VaultError


def test_one_palm_that_is_enrolled_by_three_processes_at_once_is_one_person(tmp_path: Path) -> None:
    make_desk(tmp_path).vault.close()
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.store.palms.slow_enroller", str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    said = sorted(one.communicate(timeout=60)[0].strip() for one in started)
    assert said == ["enrolled", "there already", "there already"]
    desk = make_desk(tmp_path)
    assert desk.counts().subjects == 1
    desk.vault.close()


def test_nobody_waits_for_long_for_one_who_never_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "palm.lock"
    with alone_at(path, 1.0), pytest.raises(VaultBusyError, match="takes long"), alone_at(path, 0.2):
        pass
    with alone_at(tmp_path / "palm.lock", 0.2):
        pass


def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(VaultError, match=r"palm\.lock: cannot be opened"),
        alone_at(tmp_path / "none" / "palm.lock", 1.0),
    ):
        pass
