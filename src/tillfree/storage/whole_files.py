"""Files that are there as a whole or not at all."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

__all__ = ["whole_file"]

_NAME_PART = 40
"""So many characters of a name stand in that of the temporary file: the longest names leave no room for more."""


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to be written, which appears under its name when the block ends without an error.

    Until then an older file of that name stays as it is, and after an error it stays for good. A link is followed. The
    rights of the file are those that the umask leaves.

    Raises:
        OSError: the file cannot be written, or what has that name is no regular file, as a folder, a device or a pipe.
    """
    target = Path(os.path.realpath(path))
    if target.is_symlink() or (path.exists() and not path.is_file()):
        raise OSError(errno.EINVAL, "what is there is no regular file; name another")
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:_NAME_PART]}.", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
