"""Reading files that are small by nature as a whole, and refusing those that are not."""

import os
from pathlib import Path

from tillfree.storage.recordings.model import RecordingError

__all__ = ["FILE_BYTES_MAX", "read_small_file"]

FILE_BYTES_MAX = 64 * 1024 * 1024


def read_small_file(path: Path) -> bytes:
    """The whole content.

    Raises:
        RecordingError: the file cannot be read, or is longer than 64 MiB.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = b"" if size > FILE_BYTES_MAX else file.read(size)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror or error}); check the file") from None
    if size > FILE_BYTES_MAX:
        raise RecordingError(f"{path}: longer than {FILE_BYTES_MAX // 1024**2} MiB; is it the file that its name says?")
    return data
