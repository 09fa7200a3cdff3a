"""One at a time, across processes: who looks whether somebody is there already, and adds them if not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tillfree.storage.palm_vault.errors import VaultError

__all__ = ["alone_at"]


@contextmanager
def alone_at(path: Path | None) -> Iterator[None]:
    """Waits until no other process is in here with the same file; an empty one beside the vault.

    The system lets go of it when a process ends, however it ends. Without a path nobody else can be there.

    Raises:
        VaultError: the file cannot be opened or locked.
    """
    if path is None:
        yield
        return
    try:
        held = path.open("ab")
        path.chmod(0o600)
    except OSError as error:
        raise VaultError(f"{path}: cannot be opened ({error.strerror}); check the folder's permissions") from error
    with held:
        try:
            _lock(held)
        except OSError as error:
            raise VaultError(
                f"{path}: somebody else is enrolling, and takes long ({error.strerror}); try again"
            ) from error
        yield


def _lock(held: BinaryIO) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  only there

        msvcrt.locking(held.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl  # noqa: PLC0415  not there on Windows

        fcntl.flock(held, fcntl.LOCK_EX)
