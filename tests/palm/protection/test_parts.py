"""The parts of protection: streams, hyperplanes, and the selection of places."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.palm.codes.layout import CODE_BYTES, GRIDS, planes
from tillfree.palm.errors import PalmError
from tillfree.palm.protection.keys import KeyedStream, derive_key, key_id_of
from tillfree.palm.protection.projection import SignProjection, cosines_of
from tillfree.palm.protection.selection import KEPT, SELECTED_BYTES, CodeSelection
from tillfree.simulation.palms.features import embeddings_of, mated

KEY = hashlib.sha256(b"a key of tests").digest()


def test_derived_keys_follow_the_standard_and_differ_by_purpose_and_salt() -> None:
    # RFC 5869 by hand: extract with the salt, then expand one block with the purpose.
    import hmac

    extracted = hmac.new(b"salt", KEY, hashlib.sha256).digest()
    expected = hmac.new(extracted, b"tillfree palm 1 search\x01", hashlib.sha256).digest()
    assert derive_key(KEY, b"salt", "search") == expected
    assert (
        len({derive_key(KEY, b"salt", "search"), derive_key(KEY, b"salt", "template"), derive_key(KEY, b"", "search")})
        == 3
    )
    assert key_id_of(KEY) == derive_key(KEY, b"", "key id", 8)


def test_a_stream_never_changes() -> None:
    # AES-256 in counter mode; were this to change, no template could be read any more.
    stream = KeyedStream(KEY)
    assert stream.octets(4).tobytes() + stream.octets(4).tobytes() == KeyedStream(KEY).octets(8).tobytes()
    assert hashlib.sha256(KeyedStream(KEY).octets(100).tobytes()).hexdigest()[:16] == "63d110335c88fb3f"
    assert set(np.unique(stream.signs(1000))) == {-1.0, 1.0}


@pytest.mark.parametrize("dimensions", [8, 100, 128, 300])
def test_hyperplanes_are_as_if_drawn_at_random(dimensions: int) -> None:
    matrix = SignProjection(KEY, dimensions, 512).matrix()
    assert matrix.shape == (512, dimensions)
    assert np.allclose((matrix**2).mean(), 1.0, atol=0.02)
    generator = np.random.default_rng(1)
    first = embeddings_of(generator, 200, dimensions)
    for cosine in (0.0, 0.5, 0.9):
        second = mated(generator, first, cosine)
        unlike = ((first @ matrix.T > 0) != (second @ matrix.T > 0)).mean()
        assert unlike == pytest.approx(np.arccos(cosine) / np.pi, abs=0.02)


def test_values_are_the_matrix_times_the_embedding() -> None:
    projection = SignProjection(KEY, 100, 256)
    embeddings = embeddings_of(np.random.default_rng(2), 5, 100)
    assert np.allclose(projection.values(embeddings), embeddings @ projection.matrix().T, atol=1e-4)


def test_templates_that_were_made_by_the_product_with_the_matrix_have_the_same_bits() -> None:
    key, dimensions, bits, side = KEY, 300, 1024, 512
    hadamard = np.ones((1, 1))
    while len(hadamard) < side:
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    signs = KeyedStream(key).signs(3 * 2 * side).reshape(3, 2, side)
    embeddings = embeddings_of(np.random.default_rng(4), 6, dimensions)
    mixed = np.pad(embeddings.astype(np.float64), ((0, 0), (0, side - dimensions)))[:, None]
    for turn in signs:
        mixed = (mixed * turn) @ (hadamard / np.sqrt(side))
    expected = mixed.reshape(len(embeddings), -1) * np.sqrt(side)
    found = SignProjection(key, dimensions, bits).values(embeddings)
    assert np.abs(found - expected).max() < 2e-6
    assert np.array_equal(found > 0, expected > 0)


def test_the_cosine_of_a_probe_with_itself_is_one() -> None:
    projection = SignProjection(KEY, 256, 1024)
    values = projection.values(embeddings_of(np.random.default_rng(3), 1, 256))
    assert cosines_of(values[0], np.packbits(values > 0, axis=1))[0] == pytest.approx(1.0, abs=0.05)


def test_impossible_projections_are_refused() -> None:
    with pytest.raises(PalmError, match="multiple of 8"):
        SignProjection(KEY, 128, 12)
    with pytest.raises(PalmError, match="dimensions"):
        SignProjection(KEY, 4, 128)
    with pytest.raises(PalmError, match="shape"):
        SignProjection(KEY, 128, 128).values(np.zeros((2, 64), np.float32))


@given(seed=st.integers(0, 1000))
def test_kept_places_come_back_and_nothing_else(seed: int) -> None:
    generator = np.random.default_rng(seed)
    ordinal, competitive, valid = (generator.integers(0, 256, CODE_BYTES, dtype=np.uint8) for _ in range(3))
    selection = CodeSelection(KeyedStream(KEY))
    data = selection.pack(ordinal, competitive, valid)
    assert data.shape == (SELECTED_BYTES,)
    assert np.array_equal(CodeSelection(KeyedStream(KEY)).pack(*selection.unpack(data)), data)
    found = selection.unpack(data)
    for level in range(2):
        counted = planes(found[2], level)[0]
        for code, plain in zip(found[:2], (ordinal, competitive), strict=True):
            bits, true = planes(code, level), planes(plain, level)
            assert np.array_equal(bits[:, counted], true[:, counted])
        assert not (counted & ~planes(valid, level)[0]).any()


def test_each_block_keeps_as_many_places_and_others_under_another_key() -> None:
    full = np.full(CODE_BYTES, 255, np.uint8)
    kept = []
    for key in (KEY, bytes(32)):
        selection = CodeSelection(KeyedStream(key))
        kept.append(planes(selection.unpack(selection.pack(full, full, full))[2], 0)[0])
    count = GRIDS[0] // 8
    assert (kept[0].reshape(count, 8, count, 8).sum(axis=(1, 3)) == KEPT).all()
    assert 0.4 < (kept[0] != kept[1]).mean() < 0.6


def test_protected_codes_of_another_length_are_refused() -> None:
    with pytest.raises(PalmError, match="enrol the person again"):
        CodeSelection(KeyedStream(KEY)).unpack(np.zeros(10, np.uint8))
