"""One at a time, across processes: who looks whether somebody is there already, and adds them if not."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tillfree.storage.palm_vault.errors import VaultBusyError, VaultError

__all__ = ["alone_at"]

_LOOK_AGAIN_S = 0.05


@contextmanager
def alone_at(path: Path | None, wait_s: float) -> Iterator[None]:
    """Waits until no other process is in here with the same file, an empty one beside the vault; but not for long.

    Whoever waits may hold up others, and a process that was stopped never lets go. The system does so when it ends,
    however it ends. Without a path nobody else can be there.

    Raises:
        VaultBusyError: somebody else was in here all the time.
        VaultError: the file cannot be opened.
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
        end_s = time.monotonic() + wait_s
        while not _locked(held):
            if time.monotonic() >= end_s:
                raise VaultBusyError(f"{path}: another process is enrolling, and takes long; try again in a minute")
            time.sleep(_LOOK_AGAIN_S)
        yield


def _locked(held: BinaryIO) -> bool:
    try:
        _lock(held)
    except OSError:
        return False
    return True


def _lock(held: BinaryIO) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  only there

        msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415  not there on Windows

        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
