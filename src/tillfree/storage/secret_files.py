"""Small files that only their owner may read, there as a whole or not at all."""

import os
import tempfile
from pathlib import Path

__all__ = ["write_secret"]


def write_secret(path: Path, data: bytes) -> None:
    """Writes the file, or replaces it; never readable for others, not for a moment.

    Raises:
        OSError: it cannot be written.
    """
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)  # made readable for its owner only
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
