"""One plate's CSV file (time in Unix seconds, grams), read forward in blocks."""

from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.storage.recordings.model import RecordingError
from tillfree.storage.recordings.tally import Tally

__all__ = ["PlateFile"]

_BLOCK_BYTES = 32 * 1024
_LINE_BYTES_MAX = 1024
_EARLIEST_S = 946_684_800.0  # 2000-01-01
_LATEST_S = 4_102_444_800.0  # 2100-01-01
_LEAP_S = 10.0
_GRAMS_MAX = 1e6
_BAD_ROWS_MAX = 1000

Floats = npt.NDArray[np.float64]
_numbers: "msgspec.json.Decoder[list[float]]" = msgspec.json.Decoder(list[float])


class PlateFile:
    """Rows of one plate, in order of time within a block; holds one block at a time.

    Rows that are no pair of numbers, have no usable time, or leap away and back are left out and counted.
    """

    def __init__(self, path: Path, tally: Tally) -> None:
        """Opens the file.

        Raises:
            RecordingError: it cannot be opened.
        """
        self._path = path
        self._tally = tally
        self._rest = b""
        self._ended = False
        self._bad_rows = 0
        self._any_good = False
        self._held: tuple[Floats, Floats] = (np.empty(0), np.empty(0))
        self.times_s: Floats = np.empty(0)
        self.grams: Floats = np.empty(0)
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise RecordingError(f"{path}: cannot be opened ({error.strerror or error})") from None

    def close(self) -> None:
        """Closes the file; more than once does no harm."""
        self._file.close()

    def read_beyond(self, until_s: float) -> None:
        """Makes `times_s` reach beyond the given time, if the file does.

        Raises:
            RecordingError: the file cannot be read, or holds something else.
        """
        while not self._ended and (not self.times_s.size or self.times_s[-1] <= until_s):
            self._read_block()

    def forget_before(self, time_s: float) -> None:
        """Drops rows before the last one that is not later than the given time."""
        start = int(np.searchsorted(self.times_s, time_s, side="right")) - 1
        if start > 0:
            self.times_s, self.grams = self.times_s[start:], self.grams[start:]

    def _read_block(self) -> None:
        try:
            data = self._file.read(_BLOCK_BYTES)
        except OSError as error:
            raise RecordingError(f"{self._path}: cannot be read ({error.strerror or error})") from None
        self._ended = not data
        complete, _, rest = (self._rest + data).rpartition(b"\n")
        if self._ended and rest.strip():
            if rest.count(b",") == 1 and _row(rest) is not None:
                self._tally.add("plate file ends without a line end: its last row may be cut off", self._path.name)
            complete, rest = complete + b"\n" + rest, b""
        if len(rest) > _LINE_BYTES_MAX:
            self._bad_row(rest[:40])
            rest = b""
        self._rest = rest
        rows = self._parse(complete.strip())
        self._any_good = self._any_good or rows.size > 0
        if rows.size or self._ended:
            self._append(rows[0::2], rows[1::2])

    def _parse(self, text: bytes) -> Floats:
        """Time and grams of each row, flat; the fast way where everything is in order, else row by row."""
        if not text:
            return np.empty(0)
        try:
            values = _numbers.decode(b"[" + text.replace(b"\n", b",") + b"]")
            if len(values) == 2 * (text.count(b"\n") + 1) == 2 * text.count(b","):
                return np.array(values)
        except (msgspec.DecodeError, ValueError):
            pass
        kept: list[float] = []
        for line in text.split(b"\n"):
            row = _row(line)
            if row is None:
                if line.strip():
                    self._bad_row(line)
                continue
            kept.extend(row)
        return np.array(kept)

    def _bad_row(self, line: bytes) -> None:
        self._bad_rows += 1
        self._tally.add("plate row left out: not a time and a weight", f"{self._path.name}: {line[:40]!r}")
        if not self._any_good and self._bad_rows > _BAD_ROWS_MAX:
            raise RecordingError(f"{self._path}: no plate data in its beginning; rows of time and grams are expected")

    def _append(self, times_s: Floats, grams: Floats) -> None:
        keep = (times_s >= _EARLIEST_S) & (times_s < _LATEST_S)
        if not keep.all():
            self._count("plate row without a usable time left out", int(np.count_nonzero(~keep)))
            times_s, grams = times_s[keep], grams[keep]
        times_s, grams = self._without_leaps(times_s, grams)
        wrong = ~(np.abs(grams) <= _GRAMS_MAX) & ~np.isnan(grams)
        if wrong.any():
            grams = np.where(wrong, np.nan, grams)
            self._count("impossible readings left out", int(np.count_nonzero(wrong)))
        times_s, grams = np.concatenate((self.times_s, times_s)), np.concatenate((self.grams, grams))
        if times_s.size > 1 and (backward := np.diff(times_s) < 0).any():
            self._count("plate file: time goes backwards (sorted)", int(np.count_nonzero(backward)))
            order = np.argsort(times_s, kind="stable")
            times_s, grams = times_s[order], grams[order]
        self.times_s, self.grams = times_s, grams

    def _without_leaps(self, times_s: Floats, grams: Floats) -> tuple[Floats, Floats]:
        """Drops single rows whose time lies far from the row before and from the row after, on the same side.

        A last row that leaps waits for the next block; at the end of the file it is dropped too.
        """
        times_s, grams = np.concatenate((self._held[0], times_s)), np.concatenate((self._held[1], grams))
        self._held = (np.empty(0), np.empty(0))
        before = np.concatenate((self.times_s[-1:], times_s))
        steps = np.diff(before)
        far = np.flatnonzero(np.abs(steps) > _LEAP_S)
        if not far.size:
            return times_s, grams
        # Step k leads to row k + 1 of `before`; row 0 of the whole file has no step that leads to it.
        to, back = steps[far], np.append(steps, 0.0)[far + 1]
        lonely = far[(np.abs(back) > _LEAP_S) & (to * back < 0)] + 1
        first_of_file = not self.times_s.size
        if first_of_file and far[0] == 0 and steps.size > 1 and 1 not in lonely:
            lonely = np.append(lonely, 0)
        if far[-1] == steps.size - 1 and lonely.max(initial=-1) != far[-1]:
            if self._ended:
                lonely = np.append(lonely, steps.size)
            else:
                self._held = (times_s[-1:], grams[-1:])
                times_s, grams = times_s[:-1], grams[:-1]
        keep = np.ones(times_s.size, dtype=bool)
        rows = lonely - (0 if first_of_file else 1)
        keep[rows[rows >= 0]] = False
        if not keep.all():
            self._count("plate row with a time far off its neighbours left out", int(np.count_nonzero(~keep)))
        return times_s[keep], grams[keep]

    def _count(self, what: str, times: int) -> None:
        self._tally.add(what, self._path.name, times)


def _row(line: bytes) -> tuple[float, float] | None:
    """Time and grams of one row, None where it is something else."""
    parts = line.split(b",")
    if len(parts) != 2:
        return None
    try:
        return float(parts[0]), float(parts[1])
    except ValueError:
        return None
