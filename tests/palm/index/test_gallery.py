"""The index: nothing is missed, and what is taken out is gone."""

import gc
import sys

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillfree.palm.errors import PalmError
from tillfree.palm.index import PalmIndex
from tillfree.palm.index.nearest import by_numpy, distances, nearest
from tillfree.palm.index.shard import Shard
from tillfree.palm.protection.projection import SignProjection
from tillfree.simulation.palms.features import embeddings_of, mated

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
KEY_ID = b"12345678"


def codes_of(count: int, seed: int = 0) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (count, 128), dtype=np.uint8)


def values_like(code: Bytes, flipped: float, seed: int = 0) -> Floats:
    generator = np.random.default_rng(seed)
    signs = np.where(np.unpackbits(code) ^ (generator.random(1024) < flipped), 1.0, -1.0)
    return (signs * (0.1 + np.abs(generator.standard_normal(1024)))).astype(np.float32)


@pytest.mark.parametrize("exact", [True, False])
def test_every_probe_finds_its_own_in_every_shard(exact: bool) -> None:
    codes = codes_of(900)
    index = PalmIndex(KEY_ID, shard_rows=200)
    index.add(np.arange(900) * 7, codes)
    for row in range(0, 900, 37):
        found = index.search(values_like(codes[row], 0.25, row), 3, exact=exact)
        assert found[0].id == row * 7
        assert found[0].distance_bits < found[1].distance_bits
        assert found[0].cosine > found[1].cosine


def test_the_first_look_misses_as_little_as_is_said() -> None:
    generator = np.random.default_rng(5)
    projection = SignProjection(bytes(32), 256, 1024)
    people = embeddings_of(generator, 20_000, 256)
    index = PalmIndex(KEY_ID, looked_at=64)
    index.add(np.arange(len(people)), np.packbits(projection.values(people) > 0, axis=1))
    probes = projection.values(mated(generator, people[:300], 0.6))
    assert np.mean([index.search(probe, 1, exact=False)[0].id == row for row, probe in enumerate(probes)]) >= 0.995


def test_numpy_and_faiss_agree() -> None:
    pytest.importorskip("faiss")
    codes, probes = codes_of(3000, 1), codes_of(20, 2)
    ours, theirs = by_numpy(probes, codes, 10), nearest(probes, codes, 10)
    assert np.array_equal(ours[0], theirs[0])
    for row, probe in enumerate(probes):
        assert np.array_equal(distances(probe, codes[theirs[1][row]]), theirs[0][row])


def test_without_faiss_the_same_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = codes_of(400, 3)
    index = PalmIndex(KEY_ID)
    index.add(range(400), codes)
    probe = values_like(codes[33], 0.25)
    found = index.search(probe, 1)
    monkeypatch.setitem(sys.modules, "faiss", None)
    assert index.search(probe, 1) == found
    assert found[0].id == 33


@settings(max_examples=25)
@given(removed=st.lists(st.integers(0, 59), max_size=70), shard_rows=st.integers(1, 70))
def test_adding_and_taking_out_in_any_order_is_as_if_the_rest_had_been_added(
    removed: list[int], shard_rows: int
) -> None:
    codes = codes_of(60)
    index = PalmIndex(KEY_ID, shard_rows=shard_rows)
    index.add(range(60), codes)
    gone: set[int] = set()
    for id_ in removed:
        assert index.remove(id_) == (id_ not in gone)
        gone.add(id_)
    assert len(index) == 60 - len(gone)
    for id_ in range(60):
        assert (id_ in index) == (id_ not in gone)
        found = index.search(values_like(codes[id_], 0.0), 1)
        assert bool(found and found[0].id == id_ and found[0].distance_bits == 0) == (id_ not in gone)


def test_what_is_taken_out_is_in_no_byte_of_the_memory() -> None:
    codes = codes_of(5)
    shard = Shard(128)
    shard.add(np.arange(5), codes)
    assert shard.remove(2)
    gc.collect()
    for name in ("_codes", "_heads"):
        assert codes[2].tobytes()[:32] not in getattr(shard, name).tobytes()
    assert 2 not in shard._ids[:4]
    assert codes[2].tobytes() not in shard.to_bytes(KEY_ID)


@pytest.mark.parametrize("shard_rows", [7, 100])
def test_bytes_out_and_in_again(shard_rows: int) -> None:
    codes = codes_of(50)
    index = PalmIndex(KEY_ID, shard_rows=shard_rows)
    index.add(range(50), codes)
    again = PalmIndex.from_bytes(index.to_bytes(), KEY_ID)
    probe = values_like(codes[11], 0.2)
    assert [one.id for one in again.search(probe)] == [one.id for one in index.search(probe)]
    with pytest.raises(PalmError, match="made with the key"):
        PalmIndex.from_bytes(index.to_bytes(), b"anotherk")
    with pytest.raises(PalmError, match="cut off"):
        PalmIndex.from_bytes([index.to_bytes()[0][:-1]], KEY_ID)
    with pytest.raises(PalmError, match="no part of an index"):
        PalmIndex.from_bytes([b"something else entirely, of some length"], KEY_ID)


def test_ids_are_unique_and_shapes_are_checked() -> None:
    index = PalmIndex(KEY_ID)
    index.add([1, 2], codes_of(2))
    with pytest.raises(PalmError, match="in use"):
        index.add([3, 2], codes_of(2))
    with pytest.raises(PalmError, match="twice"):
        index.add([5, 5], codes_of(2))
    assert len(index) == 2
    with pytest.raises(PalmError, match="shape"):
        index.add([9], codes_of(2))
    with pytest.raises(PalmError, match="probe"):
        index.search(np.zeros(5, np.float32))
    with pytest.raises(PalmError, match="multiple of 64"):
        PalmIndex(KEY_ID, 33)


def test_an_empty_index_finds_nobody() -> None:
    index = PalmIndex(KEY_ID)
    assert index.search(np.ones(1024, np.float32)) == ()
    assert index.search_codes(codes_of(2))[1].shape == (2, 0)


def test_many_codes_are_searched_at_once() -> None:
    codes = codes_of(300)
    index = PalmIndex(KEY_ID, shard_rows=90)
    index.add(range(300), codes)
    away, ids = index.search_codes(codes[::50], 4)
    assert ids[:, 0].tolist() == list(range(0, 300, 50))
    assert (away[:, 0] == 0).all()
    assert (np.diff(away, axis=1) >= 0).all()
