"""Recordings in the per-plate CSV layout: `products.csv`, and `weights/gondola_G_shelf_S_plate_P.csv` for each plate.

Weights only: the layout knows neither people nor where its furniture stands, so a plain geometry is invented.
"""

import heapq
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tillfree.core.events import Event, WeightBatch
from tillfree.core.ids import FixtureId, PlateRef
from tillfree.storage.importers.autocheckout_truth import read_truth
from tillfree.storage.importers.json_lines import last_line
from tillfree.storage.importers.liveness import Extent, extent_of, report_unknown_plates
from tillfree.storage.importers.plate_csv_shop import read_shop
from tillfree.storage.importers.plate_file import PlateFile
from tillfree.storage.recordings.model import RecordingError
from tillfree.storage.recordings.soundness import PLATES_MAX, SHELVES_MAX
from tillfree.storage.recordings.tally import Tally

__all__ = ["PRODUCTS", "WEIGHTS", "PlateCsvRecording", "plate_files"]

PRODUCTS = "products.csv"
WEIGHTS = "weights"
RATE_HZ = 60.0
BATCH_SAMPLES = 12
_FILE_NAME = re.compile(r"gondola_(\d{1,9})_shelf_(\d{1,4})_plate_(\d{1,5})\.csv")
_FILES_MAX = 4096
_BLOCK_BATCHES = 20
_HOLD_S = 0.1
"""A sample may stand for grid times at most this far away; behind a longer gap there is no reading."""


def plate_files(folder: Path) -> dict[PlateRef, Path]:
    """The plate files below `folder`/weights, by plate, in order.

    Raises:
        RecordingError: the folder cannot be read, or holds absurdly many of them.
    """
    found: dict[PlateRef, Path] = {}
    try:
        entries = sorted((folder / WEIGHTS).iterdir()) if (folder / WEIGHTS).is_dir() else []
    except OSError as error:
        raise RecordingError(f"{folder / WEIGHTS}: cannot be read ({error.strerror or error})") from None
    for path in entries:
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            continue
        shelf, plate = int(match[2]), int(match[3])
        if 1 <= shelf <= SHELVES_MAX and 1 <= plate <= PLATES_MAX:
            found[PlateRef(FixtureId(str(int(match[1]))), shelf, plate)] = path
        if len(found) > _FILES_MAX:
            raise RecordingError(f"{folder / WEIGHTS}: more than {_FILES_MAX} plate files; split the recording")
    return found


class PlateCsvRecording:
    """A folder of plate files. Samples are taken to a common grid of 60 Hz per fixture, nearest in time.

    Nobody is tracked: there are no people frames at all. Weight batches come from sources `plates-FIXTURE`.
    """

    format = "folder of plate CSV files"
    tracked = False

    def __init__(self, folder: Path) -> None:
        """Reads the shop; plate files are read when events are asked for.

        Raises:
            RecordingError: a needed file is missing, unreadable or something else.
        """
        self._folder = folder
        self._files = plate_files(folder)
        if not self._files:
            raise RecordingError(f"{folder / WEIGHTS}: no plate files (gondola_G_shelf_S_plate_P.csv) there")
        if not (folder / PRODUCTS).is_file():
            raise RecordingError(f"{folder}: {PRODUCTS} missing; it says which product lies on which plate")
        self._tally = Tally()
        self.warnings: dict[str, int] = self._tally.counts
        self.name = folder.resolve().name
        self.shop = read_shop(folder / PRODUCTS, self.name, self._tally)
        self.truth = read_truth(folder, self._tally)
        self._tally.add("nobody is tracked in this layout")
        self._of_shop = self._tally.snapshot()

    def events(self) -> Iterator[Event]:
        """All weight batches, merged by time, streaming; warnings of an earlier reading are forgotten first.

        Raises:
            RecordingError: a file cannot be read, or holds something else.
        """
        self._tally.restore(self._of_shop)
        extents = {fixture.id: extent_of(fixture) for fixture in self.shop.fixtures}
        fixtures = dict.fromkeys(ref.fixture for ref in self._files)
        unknown = [fixture for fixture in fixtures if fixture not in extents]
        if unknown:
            self._tally.add(f"fixture of which {PRODUCTS} names no plate left out", unknown[0], len(unknown))
        streams = [self._batches(fixture, extents[fixture]) for fixture in fixtures if fixture in extents]
        return heapq.merge(*streams, key=lambda batch: batch.time_ns)

    def duration_ns(self) -> int | None:
        """Time from the first to the last row of the first plate file, None where they are unreadable."""
        path = next(iter(self._files.values()))
        try:
            with path.open("rb") as file:
                first = float(file.readline(1024).split(b",")[0])
            last = float((last_line(path) or b"").split(b",")[0])
        except (OSError, ValueError):
            return None
        return round((last - first) * 1e9) if 0 <= last - first < 1e9 else None

    def _batches(self, fixture: FixtureId, extent: Extent) -> Iterator[WeightBatch]:
        """The batches of one fixture.

        `extent` is what the shop knows of it: plates beyond are looked at once, to see whether they are alive.
        """
        paths = {(ref.shelf, ref.plate): path for ref, path in self._files.items() if ref.fixture == fixture}
        shape = (max(shelf for shelf, _ in paths), max(plate for _, plate in paths))
        with ExitStack() as stack:
            files: dict[tuple[int, int], PlateFile] = {}
            for place, path in paths.items():
                files[place] = PlateFile(path, self._tally)
                stack.callback(files[place].close)
                files[place].read_beyond(0.0)
            start_s = min((f.times_s[0] for f in files.values() if f.times_s.size), default=None)
            if start_s is None:
                self._tally.add("fixture without a single readable row", f"fixture {fixture}")
                return
            self._report_unknown(fixture, files, float(start_s), shape, extent)
            shape = (max(shape[0], extent.shelves), extent.plates)
            known = {place: file for place, file in files.items() if place[1] <= shape[1]}
            for place, file in files.items():
                if place not in known:
                    file.close()
            yield from self._blocks(fixture, known, float(start_s), shape)

    def _report_unknown(
        self,
        fixture: FixtureId,
        files: dict[tuple[int, int], PlateFile],
        start_s: float,
        shape: tuple[int, int],
        extent: Extent,
    ) -> None:
        ticks = start_s + np.arange(BATCH_SAMPLES * 5) / RATE_HZ
        grams = _grid(files, ticks, shape)
        report_unknown_plates(fixture, grams, extent, self._tally)

    def _blocks(
        self, fixture: FixtureId, files: dict[tuple[int, int], PlateFile], start_s: float, shape: tuple[int, int]
    ) -> Iterator[WeightBatch]:
        """Batches on the grid that begins at `start_s`, some seconds at a time."""
        block = _BLOCK_BATCHES * BATCH_SAMPLES
        tick = sequence = 0
        while True:
            ticks = start_s + np.arange(tick, tick + block) / RATE_HZ
            for file in files.values():
                file.read_beyond(float(ticks[-1]) + _HOLD_S)
                file.forget_before(float(ticks[0]) - _HOLD_S)
            pending = [file.times_s for file in files.values() if file.times_s.size]
            last_s = max((float(times[-1]) for times in pending), default=-np.inf)
            if last_s < ticks[0] - 0.5 / RATE_HZ:
                return
            next_s = min(_first_from(times, float(ticks[0]) - _HOLD_S) for times in pending)
            if next_s > ticks[-1] + _HOLD_S:
                self._tally.add("gap in the plate files", f"fixture {fixture}, at {ticks[0]:.1f}")
                tick = int((next_s - start_s) * RATE_HZ)
                continue
            grams = _grid(files, ticks, shape)
            used = min(block, round((last_s - ticks[0]) * RATE_HZ) + 1)
            for begin in range(0, used, BATCH_SAMPLES):
                end = min(begin + BATCH_SAMPLES, used)
                yield WeightBatch(
                    time_ns=round(float(ticks[end - 1]) * 1e6) * 1000,
                    source=f"plates-{fixture}",
                    sequence=sequence,
                    fixture=fixture,
                    rate_hz=RATE_HZ,
                    samples=end - begin,
                    shelves=shape[0],
                    plates=shape[1],
                    values=grams[begin:end].tobytes(),
                )
                sequence += 1
            tick += block


def _first_from(times_s: npt.NDArray[np.float64], from_s: float) -> float:
    """The first of some ascending times that is not earlier, infinity where there is none."""
    index = int(np.searchsorted(times_s, from_s))
    return float(times_s[index]) if index < times_s.size else float("inf")


def _grid(
    files: dict[tuple[int, int], PlateFile], ticks: npt.NDArray[np.float64], shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Readings nearest to each time (Unix s, ascending), shape (times, shelves, plates); NaN where none is near."""
    grams = np.full((ticks.size, *shape), np.nan, dtype="<f4")
    shared: npt.NDArray[np.float64] | None = None
    index = np.empty(0, dtype=np.intp)
    far = np.empty(0, dtype=bool)
    for (shelf, plate), file in files.items():
        if not file.times_s.size:
            continue
        if shared is None or not np.array_equal(shared, file.times_s):  # plates of a fixture mostly share a clock
            shared = file.times_s
            index = _nearest(shared, ticks)
            far = np.abs(shared[index] - ticks) > _HOLD_S
        column = file.grams[index]
        if far.any():
            column[far] = np.nan
        grams[:, shelf - 1, plate - 1] = column
    return grams


def _nearest(times_s: npt.NDArray[np.float64], ticks: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """For each tick the index of the nearest of some ascending times, of which there is at least one."""
    last = times_s.size - 1
    right = np.minimum(np.searchsorted(times_s, ticks), last)
    left = np.maximum(right - 1, 0)
    return np.where(ticks - times_s[left] <= times_s[right] - ticks, left, right)
