"""The command run in this process, and a recording for it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.small_shop import write_visit
from tillfree.cli.main import main


class Ran:
    """What a command did: exit code, standard output, standard error."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def tillfree(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `tillfree` with these arguments."""

    def run(*arguments: str | Path) -> Ran:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:  # argparse leaves this way
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording in which Ann takes a packet of tea, with its truth."""
    return write_visit(tmp_path_factory.mktemp("visit") / "visit.mcap")


@pytest.fixture(scope="session")
def untracked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, but nobody is tracked and nobody knows the truth."""
    return write_visit(tmp_path_factory.mktemp("untracked") / "untracked.mcap", people=False, told=False)
