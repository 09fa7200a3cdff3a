"""`tillfree simulate --frames`, `--video` and `--record-frames`: pictures of the simulated shop."""

import argparse
import os
import tempfile
from pathlib import Path

from tillfree.catalog.cameras import Camera
from tillfree.cli.terminal import Progress, TerminalError, need_folder
from tillfree.simulation.recording import SimulatedRecording
from tillfree.simulation.rendering.film import Film
from tillfree.simulation.rendering.filming import FilmedRecording
from tillfree.simulation.rendering.looks import Looks, random_looks
from tillfree.simulation.rendering.saving import file_names, moments_s, save_frames
from tillfree.simulation.rendering.videos import check_videos, save_videos

__all__ = ["Frames", "cameras_of"]

_FPS = 1.0


class Frames:
    """The frames that a command asks for; made before anything is written, so that mistakes show early."""

    def __init__(self, recording: SimulatedRecording, arguments: argparse.Namespace) -> None:
        """Checks everything.

        Raises:
            TerminalError: there is no such camera, one is named twice, or a folder is there already, cannot be made, or
                is that of something else.
            SimulationError: too many frames are asked for, the seed of the looks is below 0, or a package is missing.
        """
        self._pictures: Path | None = arguments.frames
        self._videos: Path | None = arguments.video
        others: list[Path] = [arguments.output]
        for folder in (self._pictures, self._videos):
            if folder is not None:
                _need_new(folder, others)
                others.append(folder)
        if arguments.record_frames and arguments.format != "mcap":
            raise TerminalError("--record-frames: only recordings in MCAP have a place for pictures; use --format mcap")
        self._recording = recording
        self._fps: float = _FPS if arguments.fps is None else arguments.fps
        self._cameras = cameras_of(recording.shop.cameras, arguments.cameras)
        file_names(self._cameras)
        moments_s(recording.script.duration_s, self._fps)
        if self._videos is not None:
            check_videos(self._cameras)
        self._film = Film(recording, Looks() if arguments.looks is None else random_looks(arguments.looks))

    def filmed(self) -> FilmedRecording:
        """The recording with pictures in it."""
        return FilmedRecording(self._recording, self._film, self._cameras, self._fps)

    def draw(self) -> None:
        """Draws and writes all files besides the recording; a folder is there when it is complete.

        Raises:
            TerminalError: a folder cannot be written; nothing of it is left.
        """
        start_ns = self._recording.options.start_ns
        for what, folder, save in (("frames", self._pictures, save_frames), ("videos", self._videos, save_videos)):
            if folder is None:
                continue
            try:
                with _beside(folder) as made, Progress(f"Drawing {self._recording.name}") as progress:
                    for share in save(self._film, self._cameras, Path(made) / what, self._fps, start_ns):
                        progress.show(what, share)
                    (Path(made) / what).rename(folder)
            except OSError as error:
                raise TerminalError(f"{folder}: cannot be written ({error.strerror or error})") from error


def _beside(folder: Path) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=f".{folder.name[:40]}.", dir=folder.parent)


def _need_new(folder: Path, others: list[Path]) -> None:
    """Raises TerminalError where a folder cannot be made, or is that of another output or inside it."""
    place = Path(os.path.realpath(folder))
    for other in others:
        kept = Path(os.path.realpath(other))
        if kept == place or kept in place.parents or place in kept.parents:
            raise TerminalError(f"{folder}: one of this and {other} is the other or inside it; name another folder")
    if os.path.lexists(folder):
        raise TerminalError(f"{folder}: is there already; name a new folder for the frames")
    need_folder(folder)
    try:
        _beside(folder).cleanup()
    except OSError as error:
        raise TerminalError(f"{folder}: cannot be written ({error.strerror or error})") from error


def cameras_of(cameras: tuple[Camera, ...], wanted: str | None) -> list[Camera]:
    """The cameras whose ids stand in a list with commas between; all where nothing is wanted.

    Raises:
        TerminalError: a camera is not there or named twice, or there are none at all.
    """
    if not cameras:
        raise TerminalError("this shop has no cameras, so there are no frames; choose one that has, as --store nano")
    if wanted is None:
        return list(cameras)
    by_id = {camera.id: camera for camera in cameras}
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    missing = [name for name in names if name not in by_id]
    if missing or not names:
        known = ", ".join(by_id) or "none"
        raise TerminalError(f"no camera {missing[0] if missing else wanted!r} in this shop; it has: {known}")
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        raise TerminalError(f"--cameras {wanted}: {twice!r} stands there twice; name each camera once")
    return [by_id[name] for name in names]
