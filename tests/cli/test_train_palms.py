"""`tillfree train palms` refuses what cannot be trained, before it draws anything."""

import importlib.util
from pathlib import Path

import pytest

from tillfree.cli.main import main


@pytest.mark.parametrize(("option", "value"), [("--steps", "0"), ("--palms", "0"), ("--views", "1")])
def test_what_is_out_of_bounds_is_said(
    option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    assert main(["train", "palms", "-o", str(tmp_path / "palm.onnx"), "--work", str(work), option, value]) != 0
    assert f"{option} {value}: give" in capsys.readouterr().err
    assert not work.exists()


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "onnx")),
    reason="torch or onnx is not installed: training is an extra of its own",
)
def test_a_start_that_has_learned_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = tmp_path / "work"
    given = ["--work", str(work), "--start", str(tmp_path / "absent")]
    assert main(["train", "palms", "-o", str(tmp_path / "palm.onnx"), *given]) != 0
    assert "train first" in capsys.readouterr().err
    assert not work.exists()
