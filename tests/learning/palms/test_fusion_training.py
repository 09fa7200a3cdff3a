import ast
from pathlib import Path

import numpy as np
import pytest

from tillfree.learning.errors import LearningError
from tillfree.learning.palms.fusion.table_file import table_text
from tillfree.learning.palms.fusion.training import Pairs, draw_pairs, learn
from tillfree.palm.encoding import Encoder
from tillfree.palm.fusion import OPINIONS


def _pairs(seed: int = 1, palms: int = 160, strangers: int = 25, embedded: bool = True) -> Pairs:
    """Opinions that are normal: of the same palm two standard deviations better."""
    generator = np.random.default_rng(seed)
    probe = np.repeat(np.arange(palms), strangers + 1)
    reference = (probe + np.tile(np.arange(strangers + 1), palms)) % palms
    opinions = generator.normal(size=(len(probe), len(OPINIONS))) + 2.0 * (probe == reference)[:, None]
    if not embedded:
        opinions[:, 0] = np.nan
    return Pairs(opinions, np.tile([1600.0, 6400.0], (len(probe), 1)), probe, reference)


def test_drawn_pairs_have_each_palm_once_with_itself() -> None:
    steps = list(draw_pairs(Encoder(None), "nir", palms=22, seed=3, strangers=20))
    pairs = steps[-1]
    assert isinstance(pairs, Pairs)
    shares = [step for step in steps if isinstance(step, float)]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert pairs.opinions.shape == (22 * 21, len(OPINIONS))
    assert sorted(pairs.probe[pairs.same].tolist()) == list(range(22))
    assert set(np.bincount(pairs.reference).tolist()) == {21}
    mean = {same: pairs.opinions[pairs.same == same, 1:].mean(axis=0) for same in (False, True)}
    assert (mean[True] > mean[False]).all()


def test_too_few_strangers_are_refused() -> None:
    with pytest.raises(LearningError, match="at least 20 strangers"):
        list(draw_pairs(Encoder(None), "nir", palms=50, seed=1, strangers=5))


def test_both_rows_are_learned_where_there_are_embeddings() -> None:
    alone, all_opinions = learn("visible", _pairs())
    assert (alone.embedded, all_opinions.embedded) == (False, True)
    assert alone.fusion.weights[0] == 0 < all_opinions.fusion.weights[0]
    assert alone.scale[1] > 0
    assert [row.embedded for row in learn("nir", _pairs(embedded=False))] == [False]


def test_the_table_is_python_that_says_the_same(tmp_path: Path) -> None:
    rows = [*learn("visible", _pairs()), *learn("nir", _pairs(2))]
    text = table_text(rows, "a command")
    ast.parse(text)
    names: dict[str, object] = {}
    exec(compile(text, str(tmp_path), "exec"), names)
    fusions, tails = names["FUSIONS"], names["NORMALISED_TAILS"]
    assert isinstance(fusions, dict)
    assert isinstance(tails, dict)
    for row in rows:
        key = (row.band, row.embedded)
        assert fusions[key].weights == pytest.approx(row.fusion.weights, rel=1e-4)
        assert tails[key].begin == pytest.approx(row.normalised_tail.begin, rel=1e-4)
    assert max(map(len, text.splitlines())) <= 120
