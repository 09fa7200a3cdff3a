"""What faults cost is learned from captures: known prices are found again, and the table says what was found."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

pytest.importorskip("cv2", reason="captures are drawn with the extra 'palm'")
pytest.importorskip("onnxruntime", reason="hands are found with the extra 'palm'")

from tillfree.learning.errors import LearningError
from tillfree.learning.palms.quality.captures import Capture, draw_captures, read_captures, threshold_of
from tillfree.learning.palms.quality.fitting import fit, table_text
from tillfree.palm.capture.finder import HandFinder
from tillfree.palm.embedding import Embedder
from tillfree.palm.encoding import Encoder
from tillfree.palm.quality_model import MEASURES
from tillfree.storage.models import hand_model, palm_model

SAID = ("level", "contrast", "calm", "white", "width")


def captures(count: int, *, priced: str = "sharp") -> list[Capture]:
    """Of which `priced` alone decides: two of the log odds for each unit below 0, three if it is 0 or more."""
    rng = np.random.default_rng(4)
    made = []
    for number in range(count):
        plain = number % 4 == 0
        values = {name: float(abs(rng.normal(0, 0.3)) if plain else rng.normal(-1.0, 1.0)) for name in MEASURES}
        chance = 1 / (1 + np.exp(-(3.0 + 2.0 * min(values[priced], 0.0))))
        score = threshold_of("visible") + (1.0 if rng.random() < chance else -1.0)
        values |= dict.fromkeys(SAID, 0.5)
        made.append(Capture(number, "visible", "nothing" if plain else "blurred", 0.5, values, score))
    return made


def test_the_price_of_a_fault_is_found_again() -> None:
    prices = fit(captures(6000))
    found = prices.faults["sharp"]
    assert prices.sure == pytest.approx(3.0, abs=0.5)
    assert found.weight / found.step == pytest.approx(2.0, rel=0.2)
    assert all(fault.weight < 0.25 * found.weight for name, fault in prices.faults.items() if name != "sharp")
    assert all(fault.weight >= 0.0 for fault in prices.faults.values())
    assert prices.usual == {"level": 0.5, "contrast": 0.5, "calm": 0.5}


def test_the_table_is_a_module_with_these_prices() -> None:
    prices = fit(captures(400))
    space: dict[str, object] = {}
    exec(table_text(prices, "the command"), space)
    assert space["SURE"] == prices.sure
    assert space["FAULTS"] == prices.faults
    assert space["USUAL"] == prices.usual
    assert "the command" in str(space["__doc__"])


def test_too_little_is_refused() -> None:
    with pytest.raises(LearningError, match="at least 100"):
        fit(captures(40))
    same = [msgspec.structs.replace(each, log_ratio=100.0) for each in captures(200)]
    with pytest.raises(LearningError, match="200 are recognised"):
        fit(same)


def test_a_line_that_was_cut_off_is_left_out_and_a_wrong_one_named(tmp_path: Path) -> None:
    path = tmp_path / "captures.jsonl"
    lines = b"".join(msgspec.json.encode(each) + b"\n" for each in captures(3))
    path.write_bytes(lines + b'{"number": 3, "ba')
    assert read_captures(path) == captures(3)
    path.write_bytes(lines + b"{}\n")
    with pytest.raises(LearningError, match="line 4"):
        read_captures(path)


def test_a_palm_gives_one_capture_of_each_way_or_none() -> None:
    finder, encoder = HandFinder(hand_model()), Encoder(Embedder(palm_model() or b""))
    ways = ("nothing", "noisy", "camera")
    drawn = list(draw_captures(finder, encoder, seed=7, numbers=(2, 4), ways=ways))
    again = list(draw_captures(finder, encoder, seed=7, numbers=(4,), ways=ways))
    assert again == drawn[1:]
    assert any(drawn)
    for each in drawn:
        assert [capture.way for capture in each] in ([], list(ways))
        assert not each or each[0].recognised
        assert all(set(capture.measures) in (set(), {*MEASURES, *SAID}) for capture in each)
