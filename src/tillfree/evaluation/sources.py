"""Which recordings are evaluated, and what each is called."""

import fnmatch
from collections import Counter
from functools import partial
from pathlib import Path

from tillfree.evaluation.report import Source
from tillfree.storage.recordings.opening import find_recordings, open_recording

__all__ = ["case_names", "folder_sources"]


def folder_sources(folder: Path, match: str = "*", exclude: str = "") -> list[Source]:
    """Every recording at or below the folder, sorted by path, whose case name fits `match` and not `exclude`.

    Both are patterns as a shell has them, for the whole name; upper and lower case differ.

    Raises:
        RecordingError: the folder does not exist or cannot be read.
    """
    named = case_names(folder, find_recordings(folder))
    return [
        (name, partial(open_recording, path))
        for name, path in named
        if fnmatch.fnmatchcase(name, match) and not (exclude and fnmatch.fnmatchcase(name, exclude))
    ]


def case_names(folder: Path, paths: list[Path]) -> list[tuple[str, Path]]:
    """A unique name for each recording: its path below the folder, with slashes, without the ending of a file.

    A recording that is the folder itself goes by the folder's own name. Where two would have one name (`a.mcap` beside
    a folder `a`), files keep their ending.
    """
    short = {path: _name(folder, path, ending=False) for path in paths}
    taken = Counter(short.values())
    return [(short[p] if taken[short[p]] == 1 else _name(folder, p, ending=True), p) for p in paths]


def _name(folder: Path, path: Path, *, ending: bool) -> str:
    if path == folder:
        return path.resolve().name if path.is_dir() or ending else path.stem
    inner = path.relative_to(folder)
    return (inner if ending or path.is_dir() else inner.with_suffix("")).as_posix()
