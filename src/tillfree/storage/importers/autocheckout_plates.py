"""Plate documents of the AutoCheckout layout (`plate_data.json`) become weight batches.

One document holds some samples of all plates of one fixture: base64 float32 of shape (samples, shelves + 1,
plates + 1), where row 0 and column 0 mean nothing. Grams, not tared.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.core.events import WeightBatch
from tillfree.core.ids import FixtureId
from tillfree.storage.importers.json_lines import decode_lines
from tillfree.storage.importers.liveness import Extent, report_unknown_plates
from tillfree.storage.importers.ordering import Stamped, in_time_order, time_ns_from_iso, time_ns_from_seconds
from tillfree.storage.recordings.model import RecordingError
from tillfree.storage.recordings.soundness import (
    PLATES_MAX,
    RATE_HZ_MAX,
    SAMPLES_MAX,
    SHELVES_MAX,
    without_impossible,
)
from tillfree.storage.recordings.tally import Tally

__all__ = ["PlateDocument", "PlateReader", "plate_time_ns", "plates_decoder"]

DEFAULT_RATE_HZ = 60.0


class _GondolaId(msgspec.Struct, frozen=True, gc=False):
    id: int | str


class _ShelfId(msgspec.Struct, frozen=True, gc=False):
    gondola_id: _GondolaId


class _PlateId(msgspec.Struct, frozen=True, gc=False):
    shelf_id: _ShelfId


class _Values(msgspec.Struct, frozen=True, gc=False):
    data: bytes
    shape: tuple[int, int, int]
    type: str = "DATATYPE_FLOAT32"


class _PlateData(msgspec.Struct, frozen=True, gc=False):
    plate_id: _PlateId
    values: _Values
    freq_samp: float = DEFAULT_RATE_HZ


class _Header(msgspec.Struct, frozen=True, gc=False):
    t_issue: str | None = None


class _Body(msgspec.Struct, frozen=True, gc=False):
    plate_data: _PlateData
    header: _Header = _Header()


class PlateDocument(msgspec.Struct, frozen=True, gc=False):
    """The part of a plate document that is used."""

    document: _Body
    timestamp: float | None = None


plates_decoder: "msgspec.json.Decoder[PlateDocument]" = msgspec.json.Decoder(PlateDocument)


def plate_time_ns(document: PlateDocument) -> int | None:
    """When its last sample was taken: `timestamp`, else the header's `t_issue`, else None."""
    time_ns = time_ns_from_seconds(document.timestamp)
    return time_ns_from_iso(document.document.header.t_issue) if time_ns is None else time_ns


class PlateReader:
    """Reads weight batches from one `plate_data.json`.

    `extents` says what the shop knows of each fixture: columns beyond its plates are cut off.
    """

    def __init__(self, path: Path, extents: Mapping[FixtureId, Extent], tally: Tally) -> None:
        self._path = path
        self._extents = extents
        self._tally = tally
        self._seen: set[FixtureId] = set()

    def batches(self) -> Iterator[WeightBatch]:
        """The batches in the order of time (within a bounded window).

        Raises:
            RecordingError: the file cannot be read or is something else.
        """
        name, tally = self._path.name, self._tally
        sequences: dict[FixtureId, int] = {}
        latest: dict[FixtureId, int] = {}
        self._seen.clear()
        usable = False
        for item in in_time_order(self._stamped(), name, tally):
            fixture, document = FixtureId(item.tie), item.document
            assert isinstance(document, PlateDocument)
            values = self._values(fixture, document.document.plate_data.values, item.number)
            if values is None:
                continue
            if latest.get(fixture) == item.time_ns:
                tally.add(f"{name}: second batch of a fixture with the same time left out", f"line {item.number}")
                continue
            latest[fixture] = item.time_ns
            usable = True
            sequences[fixture] = sequence = sequences.get(fixture, -1) + 1
            samples, shelves, plates = values.shape
            yield WeightBatch(
                time_ns=item.time_ns,
                source=f"plates-{fixture}",
                sequence=sequence,
                fixture=fixture,
                rate_hz=self._rate_hz(document.document.plate_data.freq_samp, item.number),
                samples=samples,
                shelves=shelves,
                plates=plates,
                values=values.tobytes(),
            )
        if not usable:
            reasons = "; ".join(self._tally.counts) or "it is empty"
            raise RecordingError(f"{self._path}: no batch of weights in it is usable ({reasons}); export it again")

    def _stamped(self) -> Iterator[Stamped]:
        for number, size, document in decode_lines(self._path, plates_decoder, self._tally):
            time_ns = plate_time_ns(document)
            if time_ns is None:
                self._tally.add(f"{self._path.name}: document without a usable time left out", f"line {number}")
                continue
            fixture = str(document.document.plate_data.plate_id.shelf_id.gondola_id.id)
            yield Stamped(time_ns, fixture, number, size, document)

    def _rate_hz(self, rate_hz: float, number: int) -> float:
        if 1.0 <= rate_hz <= RATE_HZ_MAX:
            return rate_hz
        self._tally.add(f"{self._path.name}: impossible sampling rate, {DEFAULT_RATE_HZ:g} Hz taken", f"line {number}")
        return DEFAULT_RATE_HZ

    def _values(self, fixture: FixtureId, values: _Values, number: int) -> npt.NDArray[np.float32] | None:
        """The samples as float32 of shape (samples, shelves, plates), grams; None where they cannot be trusted."""
        known = self._extents.get(fixture)
        if known is None:
            self._tally.add("fixture that is not in the planogram left out", f"line {number}, fixture {fixture}")
            return None
        samples, shelves, plates = values.shape
        where = f"line {number}, shape {samples} x {shelves} x {plates}"
        name = self._path.name
        if not (0 < samples <= SAMPLES_MAX and 1 < shelves <= SHELVES_MAX + 1 and 1 < plates <= PLATES_MAX + 1):
            self._tally.add(f"{name}: batch with an impossible shape left out", where)
            return None
        if samples * shelves * plates * 4 != len(values.data):
            self._tally.add(f"{name}: batch whose data do not fill its shape left out", where)
            return None
        if values.type != "DATATYPE_FLOAT32":
            self._tally.add(f"{name}: batch of another number type left out", f"{where}, {values.type[:40]}")
            return None
        full = np.frombuffer(values.data, dtype="<f4").reshape(samples, shelves, plates)
        if fixture not in self._seen:
            self._seen.add(fixture)
            report_unknown_plates(fixture, full[:, 1:, 1:], known, self._tally)
        return without_impossible(full[:, 1:, 1 : known.plates + 1].copy(), self._tally, f"{name} line {number}")
