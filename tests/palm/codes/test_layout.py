import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.palm.codes.layout import BLOCK, CODE_BYTES, GRIDS, PLANES, blocks, joined, planes
from tillfree.palm.errors import PalmError


def _bits(seed: int, level: int) -> np.ndarray:
    return np.random.default_rng([seed, level]).random((PLANES, GRIDS[level], GRIDS[level])) < 0.5


@given(st.integers(0, 1000))
def test_bits_come_back_as_they_were(seed: int) -> None:
    levels = (_bits(seed, 0), _bits(seed, 1))
    code = joined(levels)
    assert code.shape == (CODE_BYTES,)
    for level in range(2):
        assert np.array_equal(planes(code, level), levels[level])


@given(st.integers(0, 1000), st.integers(0, 2), st.integers(0, 79), st.integers(0, 79))
def test_each_bit_is_in_the_word_of_its_block(seed: int, plane: int, row: int, column: int) -> None:
    levels = (_bits(seed, 0), _bits(seed, 1))
    for level, grid in enumerate(GRIDS):
        y, x = row % grid, column % grid
        words = blocks(joined(levels), level)
        word = int(words[plane, y // BLOCK * (grid // BLOCK) + x // BLOCK])
        assert bool(word >> (y % BLOCK * BLOCK + x % BLOCK) & 1) == levels[level][plane, y, x]


def test_codes_of_another_shape_are_refused() -> None:
    with pytest.raises(PalmError, match="3000"):
        blocks(np.zeros(100, np.uint8), 0)
    with pytest.raises(PalmError, match="encode anew"):
        planes(np.zeros(CODE_BYTES, np.float32), 1)
