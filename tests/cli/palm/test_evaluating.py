"""`tillfree palm evaluate` on pictures that are drawn here; the hand finder and the network are stand-ins."""

import argparse
import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.palm.codes.drawn_palms import drawn_palm, sample
from tillfree.cli.main import make_parser
from tillfree.cli.palm.evaluating import run_evaluation
from tillfree.core.errors import TillfreeError
from tillfree.palm.encoding import Encoder
from tillfree.palm.samples import HandImage, PalmRegion

Evaluate = Callable[..., int]


def _take(image: HandImage) -> PalmRegion | str:
    if image.pixels.mean() < 20:
        return "more light"
    pixels = image.pixels if image.pixels.ndim == 2 else image.pixels.mean(axis=2)
    return PalmRegion(pixels.astype(np.float32) / np.float32(255), np.ones(pixels.shape, np.bool_), image.band)


def _arguments(folder: Path, *options: str) -> argparse.Namespace:
    return make_parser().parse_args(["palm", "evaluate", str(folder), *options])


def _evaluate(folder: Path, *options: str) -> int:
    return run_evaluation(_arguments(folder, *options), _take, Encoder(None))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five people, both hands of the first, two sessions of two samples."""
    root = tmp_path / "hands"
    root.mkdir()
    for number, name in enumerate(("a_left", "a_right", "b_left", "c_left", "d_left", "e_left")):
        for shot in range(4):
            region = sample(drawn_palm(number), shot, shift=(2 * shot, -shot))
            cv2.imwrite(str(root / f"{name}_940_{shot + 1:02d}.png"), np.rint(255 * region.pixels).astype(np.uint8))
    return root


def test_all_pairs_are_counted_and_reports_agree(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = [tmp_path / f"report.{ending}" for ending in ("html", "json", "csv")]
    options = [part for output in outputs for part in ("-o", str(output))]
    assert _evaluate(folder, "--per-session", "2", *options) == 0
    text = capsys.readouterr().out
    # Six palms of four samples: 6 * 6 pairs of one palm; of 240 others, 16 are of the two hands of one person.
    assert "24 pictures of 6 palms of 5 persons" in text
    assert "fused, each pair alone: 36 pairs of one palm, 224 of strangers" in text
    assert "embedding" not in text
    assert "not measurable below 1 in 224 pairs of strangers" in text
    assert "a person's other hand matches" in text
    report = json.loads(outputs[1].read_text())
    fused = report["matchers"][0]
    assert fused["matcher"] == "fused"
    assert fused["eer"]["value"] == 0.0
    assert fused["rank_one"]["value"] == 1.0
    assert report["sessions"] == ["1", "2"]
    rows = list(csv.DictReader(outputs[2].read_text().splitlines()))
    assert {row["matcher"] for row in rows} == {"fused", "ordinal", "competitive"}
    assert [row["measurable"] for row in rows[:5]] == ["1", "0", "0", "0", "0"]
    assert float(rows[0]["threshold"]) == pytest.approx(fused["points"][0]["threshold"], abs=1e-5)
    page = outputs[0].read_text()
    assert "<svg" in page
    assert not re.search(r'(?:src|href)="http', page)


def test_across_sessions_compares_no_two_of_one_session(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _evaluate(folder, "--per-session", "2", "--pairs", "across-sessions", "--matcher", "ordinal") == 0
    assert "ordinal, each pair alone: 24 pairs of one palm, 112 of strangers" in capsys.readouterr().out


def test_people_of_one_name_in_two_places_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for light, number in ((light, number) for light in ("green", "infrared") for number in range(2)):
        person = tmp_path / light / f"{number:03d}"
        person.mkdir(parents=True)
        for shot in range(2):
            region = sample(drawn_palm(number), shot)
            cv2.imwrite(str(person / f"{shot}.png"), np.rint(255 * region.pixels).astype(np.uint8))
    assert _evaluate(tmp_path, "--matcher", "ordinal") == 0
    said = capsys.readouterr()
    assert "the same name (000, 001) and count as different people" in said.err
    assert "8 pictures of 4 palms of 4 persons" in said.out
    assert _evaluate(tmp_path / "green", "--matcher", "ordinal") == 0
    assert "the same name" not in capsys.readouterr().err


def test_with_enough_palms_scores_are_normalised_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(21):
        person = tmp_path / f"{number:02d}"
        person.mkdir()
        for shot in range(2):
            region = sample(drawn_palm(number), shot)
            cv2.imwrite(str(person / f"{shot}.png"), np.rint(255 * region.pixels).astype(np.uint8))
    assert _evaluate(tmp_path, "--matcher", "fused") == 0
    text = capsys.readouterr().out
    assert "a folder for each person" in text
    assert "fused, normalised by the folder: 21 pairs of one palm, 840 of strangers" in text
    assert "fused, each pair alone: 21 pairs" in text
    assert text.count("rank-1 100.00 %") == 2
    for others in (("fused", "--cohort", "none"), ("competitive",)):
        assert _evaluate(tmp_path, "--matcher", *others) == 0
        assert "normalised" not in capsys.readouterr().out


def test_pictures_that_fail_are_listed_and_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "b_left_940_01.png").write_bytes(b"")
    (folder / "c_left_940_01.png").write_bytes(b"no picture")
    cv2.imwrite(str(folder / "d_left_940_01.png"), np.zeros((160, 160), np.uint8))
    assert _evaluate(folder, "--matcher", "fused") == 1
    captured = capsys.readouterr()
    assert "3 pictures" in captured.out
    assert "b_left_940_01.png: the file is empty" in captured.out
    assert "c_left_940_01.png: the file is no picture" in captured.out
    assert "d_left_940_01.png: more light" in captured.out
    assert "with failures to acquire 25.00 %" in captured.out  # 9 of 36 pairs of one palm lack a sample
    assert "3 of 24 pictures had no palm" in captured.err


def test_palms_have_names_that_are_escaped(folder: Path, tmp_path: Path) -> None:
    (folder / "a_left_940_01.png").rename(folder / "<b>_left_940_01.png")
    (folder / "<b>_left_940_01.png").write_bytes(b"")
    output = tmp_path / "report.html"
    assert _evaluate(folder, "-o", str(output)) == 1
    assert "<b>_left" not in output.read_text()
    assert "&lt;b&gt;_left" in output.read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--matcher", "embedding"], "no model of embeddings"),
        (["--identity", "{person}/*"], "do not fit"),
        (["--identity", "*{hand}_*"], "no part"),
        (["--per-session", "9", "--pairs", "across-sessions"], "--pairs all"),
        (["-o", "report.pdf"], ".html, .json, .csv"),
        (["--group", "-1"], "0 or more"),
        (["-o", "/nowhere/report.csv"], "no folder"),
    ],
)
def test_what_cannot_be_done_is_said(folder: Path, options: list[str], words: str) -> None:
    with pytest.raises(TillfreeError, match=re.escape(words)):
        _evaluate(folder, *options)


def test_folders_without_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TillfreeError, match="no picture"):
        _evaluate(tmp_path)
    with pytest.raises(TillfreeError, match="no folder"):
        _evaluate(tmp_path / "nowhere")
    for number in (1, 2):
        (tmp_path / f"one_left_{number}.png").write_bytes(b"")
    with pytest.raises(TillfreeError, match="all 2 pictures are of one palm"):
        _evaluate(tmp_path)
    (tmp_path / "two_left_1.png").write_bytes(b"")
    with pytest.raises(TillfreeError, match="no palm was acquired"):
        _evaluate(tmp_path)


def test_reports_never_go_into_the_folder_that_is_read(folder: Path) -> None:
    with pytest.raises(TillfreeError, match="lies inside the input"):
        _evaluate(folder, "-o", str(folder / "report.csv"))
