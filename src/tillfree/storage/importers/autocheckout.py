"""Recordings in the AutoCheckout layout: a folder of JSON lines as the CPS-IoT 2020 competition exported them.

Coordinates of the planogram are metres, those of people inches, weights grams; what each file holds is said in the
module that reads it.
"""

import heapq
from collections.abc import Iterator
from pathlib import Path

from tillfree.core.events import Event
from tillfree.storage.importers.autocheckout_plates import PlateReader, plate_time_ns, plates_decoder
from tillfree.storage.importers.autocheckout_shop import read_shop
from tillfree.storage.importers.autocheckout_targets import TargetReader, targets_decoder, targets_time_ns
from tillfree.storage.importers.autocheckout_truth import is_marked_synthetic, read_truth
from tillfree.storage.importers.json_lines import DECODE_ERRORS, head_document, last_line
from tillfree.storage.importers.liveness import extent_of
from tillfree.storage.recordings.model import RecordingError
from tillfree.storage.recordings.tally import Tally

__all__ = ["PLANOGRAM", "PLATES", "PRODUCTS", "TARGETS", "AutoCheckoutRecording"]

PLATES = "plate_data.json"
TARGETS = "full_targets.json"
PLANOGRAM = "planogram.json"
PRODUCTS = "products.json"
_APART_MAX_S = 60.0


class AutoCheckoutRecording:
    """A folder with plate data, planogram and products, and usually tracked people.

    Weight batches come from sources `plates-FIXTURE`, people frames from `targets`, merged by the time they speak of.
    The truth beside them never has any influence on shop or events.
    """

    format = "AutoCheckout folder"

    def __init__(self, folder: Path) -> None:
        """Reads shop and truth; events are read when they are asked for.

        Raises:
            RecordingError: a needed file is missing, unreadable or something else.
        """
        self._folder = folder
        missing = [name for name in (PLATES, PLANOGRAM, PRODUCTS) if not (folder / name).is_file()]
        if missing:
            raise RecordingError(f"{folder}: {' and '.join(missing)} missing; an AutoCheckout recording needs them")
        self.tracked = (folder / TARGETS).is_file()
        self._tally = Tally()
        self.warnings: dict[str, int] = self._tally.counts
        self.name = folder.resolve().name
        self.shop = read_shop(folder, self._tally)
        self.truth = read_truth(folder, self._tally)
        self.synthetic = is_marked_synthetic(folder)
        self._first_ns = self._first_plate_ns()
        self._check_targets()
        self._of_shop = self._tally.snapshot()

    def events(self) -> Iterator[Event]:
        """All events, streaming; warnings of an earlier reading are forgotten first.

        Raises:
            RecordingError: a file cannot be read.
        """
        self._tally.restore(self._of_shop)
        extents = {fixture.id: extent_of(fixture) for fixture in self.shop.fixtures}
        batches = PlateReader(self._folder / PLATES, extents, self._tally).batches()
        if not self.tracked:
            return batches
        frames = TargetReader(self._folder / TARGETS, self._tally).frames()
        return heapq.merge(batches, frames, key=lambda event: event.time_ns)

    def duration_ns(self) -> int | None:
        """Time from the first to the last weight batch of the file, None where the last one cannot be read."""
        line = last_line(self._folder / PLATES)
        if line is None or self._first_ns is None:
            return None
        try:
            last_ns = plate_time_ns(plates_decoder.decode(line))
        except DECODE_ERRORS:
            return None
        return None if last_ns is None or last_ns < self._first_ns else last_ns - self._first_ns

    def _first_plate_ns(self) -> int | None:
        """Time of the first readable plate document near the head of the file.

        Raises:
            RecordingError: nothing there is a plate document.
        """
        document, reason = head_document(self._folder / PLATES, plates_decoder.decode)
        if document is None:
            raise RecordingError(
                f"{self._folder / PLATES}: no plate data in its beginning ({reason}); "
                "export the collection again as JSON lines"
            )
        return plate_time_ns(document)

    def _check_targets(self) -> None:
        """Counts it where nobody is tracked, or where people and plates seem to speak of different times."""
        if not self.tracked:
            self._tally.add(f"{TARGETS} missing: nobody is tracked")
            return
        document, reason = head_document(self._folder / TARGETS, targets_decoder.decode)
        if document is None:
            self._tally.add(f"{TARGETS}: nobody is tracked in its beginning", reason)
            return
        people_ns = targets_time_ns(document)
        if people_ns is None or self._first_ns is None:
            return
        apart_s = (people_ns - self._first_ns) / 1e9
        if abs(apart_s) > _APART_MAX_S:
            self._tally.add("people and plates begin more than a minute apart: check the clocks", f"{apart_s:.0f} s")
