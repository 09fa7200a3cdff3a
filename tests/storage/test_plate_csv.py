"""The per-plate CSV layout: streaming, on a common grid, whatever single files hold."""

import tracemalloc
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.folders import CSV_PRODUCTS, START_S, csv_rows, write_plate_csv
from tillfree.catalog.shop_file import shop_problems
from tillfree.core.events import WeightBatch
from tillfree.storage.importers.plate_csv import PlateCsvRecording
from tillfree.storage.importers.plate_csv_shop import local_product_id
from tillfree.storage.recordings.model import RecordingError
from tillfree.storage.recordings.soundness import sound
from tillfree.storage.recordings.tally import Tally


def read(folder: Path) -> tuple[list[WeightBatch], dict[str, int]]:
    recording = PlateCsvRecording(folder)
    batches = [event for event in recording.events() if isinstance(event, WeightBatch)]
    untouched = Tally()
    assert [sound(batch, untouched, "") for batch in batches] == batches
    return batches, recording.warnings


def count(warnings: dict[str, int], text: str) -> int:
    return sum(times for what, times in warnings.items() if text in what)


def joined(batches: list[WeightBatch], fixture: str = "1") -> npt.NDArray[np.float32]:
    """All samples of a fixture, shape (samples, shelves, plates)."""
    return np.concatenate(
        [
            np.frombuffer(batch.values, "<f4").reshape(batch.samples, batch.shelves, batch.plates)
            for batch in batches
            if batch.fixture == fixture
        ]
    )


def test_rows_become_batches_of_twelve_with_the_time_of_the_last(tmp_path: Path) -> None:
    batches, _ = read(write_plate_csv(tmp_path))

    grams = joined(batches)
    assert [batch.samples for batch in batches] == [12] * 10
    assert batches[0].time_ns == pytest.approx((START_S + 11 / 60) * 1e9, abs=1000)
    assert [batch.sequence for batch in batches] == list(range(10))
    assert grams.shape == (120, 2, 3)
    assert grams[:, 0, 0].tolist() == [100.0 + number for number in range(120)]
    assert grams[:, 1, 0].tolist() == [900.0 + number for number in range(120)]
    assert np.isnan(grams[:, 0, 2]).all()


def test_nobody_is_ever_seen_and_that_is_said(tmp_path: Path) -> None:
    recording = PlateCsvRecording(write_plate_csv(tmp_path))
    assert {type(event) for event in recording.events()} == {WeightBatch}
    assert count(recording.warnings, "nobody is tracked") == 1
    assert recording.truth is None


def test_the_last_batch_may_be_shorter(tmp_path: Path) -> None:
    batches, _ = read(write_plate_csv(tmp_path, {(1, 1, 1): csv_rows(31)}))
    assert [batch.samples for batch in batches] == [12, 12, 7]


def test_clocks_that_differ_are_brought_to_one_grid(tmp_path: Path) -> None:
    rows = {
        (1, 1, 1): csv_rows(600),
        (1, 1, 2): csv_rows(600, start_s=START_S + 0.004),
        (1, 1, 3): csv_rows(590, rate_hz=59),
    }
    batches, warnings = read(write_plate_csv(tmp_path, rows))

    grams = joined(batches)
    assert grams[:600, 0, 0].tolist() == grams[:600, 0, 1].tolist()
    slow = grams[:600, 0, 2] - 100.0
    assert np.abs(slow - np.arange(600) / 60 * 59).max() <= 0.51
    assert not count(warnings, "backwards")


def test_fixtures_are_merged_by_time(tmp_path: Path) -> None:
    products = CSV_PRODUCTS + "Tea,2,1,1,40,1,,5901234123457\n"
    rows = {(1, 1, 1): csv_rows(600), (2, 1, 1): csv_rows(600, start_s=START_S + 0.05)}
    batches, _ = read(write_plate_csv(tmp_path, rows, products))

    assert {batch.fixture for batch in batches} == {"1", "2"}
    assert [batch.time_ns for batch in batches] == sorted(batch.time_ns for batch in batches)


def test_reading_again_gives_the_same(tmp_path: Path) -> None:
    recording = PlateCsvRecording(write_plate_csv(tmp_path))
    first = list(recording.events())
    warnings = dict(recording.warnings)
    assert list(recording.events()) == first
    assert recording.warnings == warnings
    assert recording.duration_ns() == pytest.approx(119 / 60 * 1e9, abs=1000)


def test_products_keep_their_ids_and_get_local_ones(tmp_path: Path) -> None:
    shop = PlateCsvRecording(write_plate_csv(tmp_path)).shop

    assert list(shop_problems(shop)) == []
    assert [product.id for product in shop.products] == [
        "4006381333931",
        "local:creme-brulee",
        "96385074",
        "local:nowhere",
    ]
    assert shop.products[2].barcodes == ("5901234123457",)
    assert shop.products[1].price_minor == 250
    assert [(facing.product, facing.shelf, facing.plates) for facing in shop.facings] == [
        ("4006381333931", 1, (1, 2)),
        ("local:creme-brulee", 1, (3,)),
        ("96385074", 2, (1,)),
    ]


def test_an_invented_layout_is_said_to_be_invented(tmp_path: Path) -> None:
    recording = PlateCsvRecording(write_plate_csv(tmp_path))

    (fixture,) = recording.shop.fixtures
    lower, upper = fixture.shelves
    assert lower.plates[1] == pytest.approx((0.1016, 0.2032))
    assert upper.box.pose.origin.z - lower.box.pose.origin.z == pytest.approx(0.25)
    assert count(recording.warnings, "layout is invented") == 1


@pytest.mark.parametrize(
    ("name", "product"),
    [("Kettle Chips, 5 oz", "local:kettle-chips-5-oz"), ("ÄÖ", "local:ao"), ("寿司", "local:unnamed")],
)
def test_local_ids_are_stable(name: str, product: str) -> None:
    assert local_product_id(name) == product


def test_files_of_dead_columns_are_not_read_further(tmp_path: Path) -> None:
    steady = "".join(f"{START_S + n / 60!r},6067.0\n" for n in range(120))
    noise = np.random.default_rng(2).normal(0, 1, 120).tolist()
    alive = "".join(f"{START_S + n / 60!r},{noise[n]!r}\n" for n in range(120))
    rows = {(1, 1, 1): csv_rows(120), (1, 1, 3): alive, (1, 1, 10): steady, (1, 1, 11): alive}
    batches, warnings = read(write_plate_csv(tmp_path, rows))

    assert {batch.plates for batch in batches} == {3}
    assert not count(warnings, "weighs but is not in the planogram")


def test_a_living_plate_without_products_is_said(tmp_path: Path) -> None:
    noise = np.random.default_rng(2).normal(0, 1, 120).tolist()
    alive = "".join(f"{START_S + n / 60!r},{noise[n]!r}\n" for n in range(120))
    _, warnings = read(write_plate_csv(tmp_path, {(1, 1, 1): csv_rows(120), (1, 1, 4): alive}))
    assert count(warnings, "weighs but is not in the planogram") == 1
    (tmp_path / "b").mkdir()
    _, warnings = read(write_plate_csv(tmp_path / "b", {(1, 1, 1): csv_rows(120), (9, 1, 4): alive}))
    assert count(warnings, "names no plate left out (first: 9)") == 1


# ---- damage -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ["garbage", "1,2,3", ",", "1600000000.5,", "x,1", "1600000000.5;3", "\0\0", "é,1"])
def test_a_bad_row_is_left_out_and_counted(tmp_path: Path, row: str) -> None:
    lines = csv_rows(120).splitlines()
    lines[50] = row
    batches, warnings = read(write_plate_csv(tmp_path, {(1, 1, 1): "\n".join(lines) + "\n"}))

    grams = joined(batches)[:, 0, 0]
    assert grams.size == 120
    assert grams[50] in (149.0, 151.0)
    assert count(warnings, "not a time and a weight") == 1


@pytest.mark.parametrize("value", ["nan", "inf", "-1e30", "NaN"])
def test_an_impossible_reading_is_no_reading(tmp_path: Path, value: str) -> None:
    lines = csv_rows(120).splitlines()
    lines[50] = lines[50].split(",")[0] + "," + value
    batches, _ = read(write_plate_csv(tmp_path, {(1, 1, 1): "\n".join(lines) + "\n"}))
    assert np.flatnonzero(np.isnan(joined(batches)[:, 0, 0])).tolist() == [50]


def test_time_going_backwards_is_sorted_and_counted(tmp_path: Path) -> None:
    lines = csv_rows(120).splitlines(keepends=True)
    lines[50], lines[52] = lines[52], lines[50]
    batches, warnings = read(write_plate_csv(tmp_path, {(1, 1, 1): "".join(lines)}))
    assert joined(batches)[:, 0, 0].tolist() == [100.0 + number for number in range(120)]
    assert count(warnings, "time goes backwards") >= 1


@pytest.mark.parametrize("time", ["0.0", "-5", "1e300", "1700000000.0", "1500000000.0", "nan"])
@pytest.mark.parametrize("place", [0, 50, 119])
def test_a_stamp_far_off_is_left_out(tmp_path: Path, time: str, place: int) -> None:
    lines = csv_rows(120).splitlines()
    lines[place] = f"{time},7"
    rows = {(1, 1, 1): "\n".join(lines) + "\n", (1, 1, 2): csv_rows(120)}
    batches, warnings = read(write_plate_csv(tmp_path, rows))
    assert joined(batches).shape[0] == 120
    assert 7.0 not in joined(batches)
    assert count(warnings, "far off its neighbours") + count(warnings, "without a usable time") == 1


def test_a_gap_gives_no_readings_and_costs_nothing(tmp_path: Path) -> None:
    rows = csv_rows(120) + csv_rows(120, start_s=START_S + 1_000_000)
    batches, warnings = read(write_plate_csv(tmp_path, {(1, 1, 1): rows}))
    assert len(batches) < 60
    assert np.isfinite(joined(batches)[:, 0, 0]).sum() >= 240
    assert count(warnings, "gap in the plate files") == 1


def test_a_plate_that_ends_early_has_no_reading_afterwards(tmp_path: Path) -> None:
    batches, _ = read(write_plate_csv(tmp_path, {(1, 1, 1): csv_rows(600), (1, 1, 2): csv_rows(60)}))
    grams = joined(batches)
    assert np.isfinite(grams[:, 0, 0]).all()
    assert np.isfinite(grams[:60, 0, 1]).all()
    assert np.isnan(grams[70:, 0, 1]).all()


def test_an_empty_plate_file_is_a_plate_without_readings(tmp_path: Path) -> None:
    batches, _ = read(write_plate_csv(tmp_path, {(1, 1, 1): csv_rows(60), (1, 1, 2): ""}))
    assert np.isnan(joined(batches)[:, 0, 1]).all()


def test_a_fixture_of_empty_files_is_said(tmp_path: Path) -> None:
    batches, warnings = read(write_plate_csv(tmp_path, {(1, 1, 1): "", (1, 1, 2): "\n\n"}))
    assert batches == []
    assert count(warnings, "without a single readable row") == 1


@pytest.mark.parametrize("content", ["garbage\n" * 5000, "x" * 3_000_000])
def test_a_plate_file_of_something_else_is_an_error_or_counted(tmp_path: Path, content: str) -> None:
    folder = write_plate_csv(tmp_path, {(1, 1, 1): csv_rows(60), (1, 1, 2): content})
    tracemalloc.start()
    try:
        _, warnings = read(folder)
    except RecordingError as error:
        warnings = {str(error): 1}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count(warnings, "plate") >= 1
    assert peak < 3_000_000


@pytest.mark.parametrize(
    ("products", "message"),
    [
        ("", "column Name"),
        ("a;b;c\n1;2;3\n", "column Name"),
        ("Name,Gondola,Shelf,Plate\nx,1,1,1\n", "column Weight missing"),
        ("Name,Gondola,Shelf,Plate,Weight\nx,-1,-1,-1,5\n", "places no product"),
        ("Name,Gondola,Shelf,Plate,Weight\nx,one,2,3,5\n", "places no product"),
        ("Name,Gondola,Shelf,Plate,Weight\nx,1,99999999,3,5\n", "places no product"),
        ("\0" * 300_000, "column Name"),
    ],
)
def test_a_table_that_cannot_be_used_is_an_error(tmp_path: Path, products: str, message: str) -> None:
    with pytest.raises(RecordingError, match=message):
        PlateCsvRecording(write_plate_csv(tmp_path, products=products))


def test_odd_rows_of_the_table_are_counted(tmp_path: Path) -> None:
    products = CSV_PRODUCTS + (
        ",1,1,2,5,1,,\n"
        "Other,1,1,1,5,1,,12345670\n"
        "Far,1,999,1,5,1,,12345687\n"
        "Oats,1,2,2,nan,1,,4006381333931\n"
        "Short,1,2\n"
        "Renamed,1,2,3,500,1,,4006381333931\n"
    )
    recording = PlateCsvRecording(write_plate_csv(tmp_path, products=products))
    for text in (
        "without name and id",
        "two products on one plate",
        "impossible place",
        "wrong length",
        "share an id",
    ):
        assert count(recording.warnings, text) == 1, text
    assert list(shop_problems(recording.shop)) == []


def test_missing_parts_are_named(tmp_path: Path) -> None:
    folder = write_plate_csv(tmp_path)
    (folder / "products.csv").unlink()
    with pytest.raises(RecordingError, match=r"products\.csv missing"):
        PlateCsvRecording(folder)
    for path in (folder / "weights").iterdir():
        path.unlink()
    with pytest.raises(RecordingError, match="no plate files"):
        PlateCsvRecording(folder)


def test_a_plate_file_that_vanishes_is_an_error(tmp_path: Path) -> None:
    recording = PlateCsvRecording(write_plate_csv(tmp_path))
    next((tmp_path / "weights").iterdir()).unlink()
    with pytest.raises(RecordingError, match="cannot be opened"):
        list(recording.events())


def test_files_are_closed_when_a_reading_is_given_up(tmp_path: Path) -> None:
    recording = PlateCsvRecording(write_plate_csv(tmp_path))
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    for _ in range(50):
        next(iter(recording.events()))
    after = len(list(Path("/proc/self/fd").iterdir())) if before else 0
    assert after <= before + 3


def test_memory_stays_flat_while_files_grow(tmp_path: Path) -> None:
    peaks = []
    for seconds in (60, 480):
        folder = write_plate_csv(tmp_path / str(seconds), {(1, 1, 1): csv_rows(60 * seconds)})
        recording = PlateCsvRecording(folder)
        tracemalloc.start()
        for _ in recording.events():
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2 + 100_000


@given(data=st.data())
def test_any_damage_gives_an_error_or_sound_events(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = write_plate_csv(tmp_path_factory.mktemp("csv"), {(1, 1, 1): csv_rows(30), (1, 2, 1): csv_rows(30)})
    path = data.draw(st.sampled_from([folder / "products.csv", folder / "weights" / "gondola_1_shelf_1_plate_1.csv"]))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(len(content) - 1, 0)))
        content[place : place + data.draw(st.integers(0, 30))] = data.draw(
            st.one_of(st.binary(max_size=12), st.sampled_from([b"1e999", b"nan", b"\n", b",", b'"', b"-1", b"9" * 30]))
        )
    path.write_bytes(bytes(content))
    try:
        batches, _ = read(folder)
    except RecordingError:
        return
    assert len(batches) < 40


@pytest.mark.parametrize("place", [0, 1, 2, *range(487, 4000, 487), 3998, 3999])
@pytest.mark.parametrize("offset_s", [-5000.0, 5000.0])
def test_a_leap_is_found_wherever_blocks_end(tmp_path: Path, place: int, offset_s: float) -> None:
    lines = csv_rows(4000).splitlines()
    lines[place] = f"{START_S + place / 60 + offset_s!r},7"
    batches, warnings = read(write_plate_csv(tmp_path, {(1, 1, 1): "\n".join(lines) + "\n"}))
    assert joined(batches).shape[0] == (3999 if place in (0, 3999) else 4000)
    assert 7.0 not in joined(batches)
    assert count(warnings, "far off its neighbours") == 1
