"""The index: nothing is missed, and what is taken out is gone."""

import gc
import sys

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillfree.palm.errors import PalmError
from tillfree.palm.index import PalmIndex, columns
from tillfree.palm.index.columns import Columns, SureGroups
from tillfree.palm.index.nearest import by_numpy, distances, nearest
from tillfree.palm.index.planes import PlaneCounter
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


@pytest.mark.parametrize(("cosine", "least"), [(0.5, 0.98), (0.6, 1.0)])
def test_the_first_look_misses_as_little_as_is_said(
    cosine: float, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "KEPT_LEAST", 80)  # as in a shard of a million: 4 of 1000
    generator = np.random.default_rng(5)
    projection = SignProjection(bytes(32), 256, 1024)
    people = embeddings_of(generator, 20_000, 256)
    index = PalmIndex(KEY_ID, looked_at=64)
    index.add(np.arange(len(people)), np.packbits(projection.values(people) > 0, axis=1))
    probes = projection.values(mated(generator, people[:300], cosine))
    assert np.mean([index.search(probe, 1, exact=False)[0].id == row for row, probe in enumerate(probes)]) >= least


def groups_agreeing(values: Floats, code: Bytes) -> int:
    """In how many groups of the surest bits a code agrees with a probe, counted one by one."""
    surest = np.argsort(-np.abs(values), kind="stable")[: columns.SURE_BITS]
    like = np.unpackbits(code) == (values > 0)
    agreeing = 0
    for one in (True, False):
        those = [bit for bit in surest if (values[bit] > 0) == one]
        whole = len(those) // columns.GROUP * columns.GROUP
        agreeing += sum(like[those[at : at + columns.GROUP]].all() for at in range(0, whole, columns.GROUP))
    return agreeing


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 700), least=st.integers(1, 40), words=st.integers(1, 12))
def test_columns_count_as_one_by_one_does(seed: int, rows: int, least: int, words: int) -> None:
    codes = codes_of(rows, seed)
    kept = Columns(1024, rows)
    kept.take(codes, 0, rows)
    values = values_like(codes[0], 0.2, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "KEPT_LEAST", least)
        patch.setattr(columns, "PLANE_WORDS", words)
        counter = PlaneCounter()
        near, needed = kept.near(SureGroups(values, counter), rows)
        again, _ = kept.near(SureGroups(values, counter), rows)  # in places that were used before
        told, _ = kept.near(SureGroups(values, PlaneCounter()), rows, needed)
        guess = seed % 14
        patch.setattr(columns, "_USUAL", guess)
        assert kept.near(SureGroups(values, counter), rows)[1] == needed  # whatever the guess
    assert np.array_equal(near, again)
    assert np.array_equal(near, told)
    agreeing = np.array([groups_agreeing(values, code) for code in codes])
    assert np.array_equal(near, np.flatnonzero(agreeing >= needed))
    # Padding of the last word counts as codes of zeros, so that it may be one group more than it had to be.
    if -(-rows // 64) <= words:
        assert len(near) <= max(least, (agreeing == len(SureGroups(values, counter))).sum())


@given(numbers=st.lists(st.integers(0, 13), min_size=1, max_size=130), least=st.integers(-1, 20))
def test_planes_count_as_numbers_do(numbers: list[int], least: int) -> None:
    """Each number is in as many planes as it says."""
    counter = PlaneCounter()
    words = -(-len(numbers) // 64)
    planes = []
    for level in range(13):
        plane = counter.new(words)
        bits = np.zeros(64 * words, np.uint8)
        bits[: len(numbers)] = [number > level for number in numbers]
        plane[:] = np.packbits(bits, bitorder="little").view(np.uint64)
        planes.append(plane)
    digits = counter.counted(planes)
    reached = np.unpackbits(counter.at_least(digits, least).view(np.uint8), bitorder="little")[: len(numbers)]
    assert reached.tolist() == [number >= least for number in numbers]


def test_a_small_shard_does_not_make_all_others_slow() -> None:
    index = PalmIndex(KEY_ID, exact_max=0, shard_rows=3000)
    codes = codes_of(6010, 4)
    index.add(range(6010), codes)
    index.remove_all(range(2990))  # the first shard has ten left
    looked_at: list[int] = []
    near = Shard.near

    def noted(shard: Shard, groups: SureGroups, needed: int | None = None) -> tuple[npt.NDArray[np.int64], int]:
        rows, needed = near(shard, groups, needed)
        looked_at.append(len(rows))
        return rows, needed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shard, "near", noted)
        assert index.search(values_like(codes[5000], 0.2), 1)[0].id == 5000
    assert sum(looked_at) <= columns.KEPT_LEAST + 10 + 10


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=30),
    sliced_at=st.integers(0, 29),
)
def test_columns_keep_step_with_codes(steps: list[tuple[bool, int]], sliced_at: int) -> None:
    """Adding, taking out and growing leave the columns as if they had been made at the end."""
    shard, codes = Shard(32), np.random.default_rng(3).integers(0, 256, (64, 32), dtype=np.uint8)
    for number, (adds, id_) in enumerate(steps):
        if number == sliced_at:
            shard.slice()
        if not adds:
            shard.remove(np.array([id_]))
        elif id_ not in shard.ids:
            shard.add(np.array([id_]), codes[id_][None])
    shard.slice()
    assert shard._columns is not None
    octets = shard._columns._words.view(np.uint8)
    assert np.array_equal(np.packbits(np.unpackbits(shard._codes, axis=1).T, axis=1), octets[:, : len(shard._ids) // 8])
    assert not np.unpackbits(octets, axis=1)[:, len(shard) :].any()


def test_columns_grow_with_the_codes() -> None:
    codes = codes_of(3000, 9)
    index = PalmIndex(KEY_ID, exact_max=10)
    for begin in range(0, 3000, 500):
        index.add(range(begin, begin + 500), codes[begin : begin + 500])
    for row in range(0, 3000, 271):
        assert index.search(values_like(codes[row], 0.1, row), 1)[0].id == row


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


@settings(max_examples=25)
@given(removed=st.lists(st.integers(0, 79), max_size=40), shard_rows=st.integers(1, 70), sliced=st.booleans())
def test_many_are_taken_out_at_once(removed: list[int], shard_rows: int, sliced: bool) -> None:
    codes = codes_of(60)
    index = PalmIndex(KEY_ID, shard_rows=shard_rows, exact_max=0 if sliced else 100)
    index.add(range(60), codes)
    gone = {id_ for id_ in removed if id_ < 60}
    assert index.remove_all(removed) == len(gone)
    assert len(index) == 60 - len(gone)
    for id_ in range(60):
        assert (id_ in index) == (id_ not in gone)
        found = index.search(values_like(codes[id_], 0.0), 1)
        assert bool(found and found[0].id == id_ and found[0].distance_bits == 0) == (id_ not in gone)
    index.add(sorted(gone), codes[sorted(gone)])  # ids that are lower than others are taken, too
    assert len(index) == 60


def test_what_is_taken_out_is_in_no_byte_of_the_memory() -> None:
    codes = codes_of(5)
    shard = Shard(128)
    shard.add(np.arange(5), codes)
    shard.slice()
    assert shard.remove(np.array([2])) == 1
    gc.collect()
    assert codes[2].tobytes()[:32] not in shard._codes.tobytes()
    assert shard._columns is not None
    rows = np.packbits(np.unpackbits(shard._columns._words.view(np.uint8), axis=1).T, axis=1)
    assert not (rows == codes[2]).all(axis=1).any()
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
