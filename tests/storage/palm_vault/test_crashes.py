"""A process that is killed while it writes leaves all of what it did, or nothing of it."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.storage.palm_vault.vaults import entry, numbers_of, open_vault, profile
from tillfree.storage.palm_vault.key_rooms import FILE_NAME, KeyFile

ROOT = Path(__file__).parents[3]


def killed_after(folder: Path, seed: int, lines: int, wait_s: float) -> list[str]:
    """Lets the writer work, and kills it some time after so many lines; what it said."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.storage.palm_vault.crash_writer", str(folder), str(seed)],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert writer.stdout is not None
    said = [writer.stdout.readline().strip() for _ in range(lines)]
    threading.Event().wait(wait_s)
    writer.send_signal(signal.SIGKILL)
    said += writer.stdout.read().split("\n")
    writer.wait()
    writer.stdout.close()
    return [line for line in said if line]


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_at_any_moment_leaves_all_or_nothing(tmp_path: Path, seed: int) -> None:
    enrolled: set[str] = set()
    erased: set[str] = set()
    for turn in range(2):
        said = killed_after(tmp_path, seed * 10 + turn, lines=4 + 3 * seed, wait_s=0.0007 * seed * (turn + 1))
        enrolled |= {line.split()[1] for line in said if line.startswith("enrolled ")}
        erased |= {line.split()[1] for line in said if line.startswith("erased ")}
        begun = {line.split()[1] for line in said if line.startswith("erasing ")}
        with open_vault(tmp_path) as vault:  # it would refuse files that do not belong together
            assert vault.cleared == 0
            there = set(vault.subjects())
            assert enrolled - erased - begun <= there
            assert not erased & there
            for subject in there:
                assert vault.profile(subject) == profile()
                assert len(vault.templates(subject)) >= 4
                assert len(vault.templates(subject)) % 2 == 0
            assert set(vault.template_numbers().values()) == there
            sketches = dict(vault.sketches())
            assert set(sketches) | set(vault.without_sketch()) == there
            for subject, data in sketches.items():
                assert data == numbers_of(vault, subject)
            assert vault.verify_log().broken_at is None
            enrolled, erased = set(there), erased | (begun - there)
    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["keyring.db", "palm.db", FILE_NAME]


@pytest.mark.parametrize("rotated", [False, True])
def test_a_rotation_that_was_cut_short_is_ended_by_the_next(tmp_path: Path, rotated: bool) -> None:
    path = tmp_path / "keys" / FILE_NAME
    with open_vault(tmp_path) as vault:
        subject = vault.enrol(profile(), [], entry(), 1)
        old = json.loads(path.read_text())["keys"]
        if rotated:
            vault.rotate(entry("palm.rotate"))
            path.write_text(json.dumps({"keys": old + json.loads(path.read_text())["keys"]}))  # the old key is left
        else:
            KeyFile(tmp_path / "keys").renew()  # the new key is there, and wraps nothing yet
    (tmp_path / "keys" / f"{FILE_NAME}.part").write_bytes(b"half a file of keys")
    with open_vault(tmp_path) as vault:
        assert vault.profile(subject) == profile()
        vault.rotate(entry("palm.rotate"))
        assert set(vault.counts().wrapped_by) == {"3"}
    assert [key["id"] for key in json.loads(path.read_text())["keys"]] == ["3"]
    assert sorted(one.name for one in (tmp_path / "keys").iterdir()) == ["keyring.db", FILE_NAME]
