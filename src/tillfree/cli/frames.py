"""`tillfree simulate --frames`, `--video` and `--record-frames`: pictures of the simulated shop."""

import argparse
from pathlib import Path

from tillfree.catalog.cameras import Camera
from tillfree.cli.terminal import Progress, TerminalError
from tillfree.simulation.recording import SimulatedRecording
from tillfree.simulation.rendering.film import Film
from tillfree.simulation.rendering.filming import FilmedRecording
from tillfree.simulation.rendering.looks import Looks, random_looks
from tillfree.simulation.rendering.saving import moments_s, save_frames
from tillfree.simulation.rendering.videos import check_videos, save_videos

__all__ = ["Frames", "cameras_of"]


class Frames:
    """The frames that a command asks for; made before anything is written, so that mistakes show early."""

    def __init__(self, recording: SimulatedRecording, arguments: argparse.Namespace) -> None:
        """Checks everything.

        Raises:
            TerminalError: there is no such camera, or a folder holds something already.
            SimulationError: too many frames are asked for, or a package is missing.
        """
        self._pictures: Path | None = arguments.frames
        self._videos: Path | None = arguments.video
        for folder in (self._pictures, self._videos):
            if folder is not None:
                _need_new(folder)
        if self._pictures is not None and self._pictures == self._videos:
            raise TerminalError(f"{self._videos}: is the folder of the frames already; name another for the videos")
        if arguments.record_frames and arguments.format != "mcap":
            raise TerminalError("--record-frames: only recordings in MCAP have a place for pictures; use --format mcap")
        self._recording = recording
        self._fps: float = arguments.fps
        self._cameras = cameras_of(recording.shop.cameras, arguments.cameras)
        moments_s(recording.script.duration_s, self._fps)
        if self._videos is not None:
            check_videos(self._cameras)
        self._film = Film(recording, Looks() if arguments.looks is None else random_looks(arguments.looks))

    def filmed(self) -> FilmedRecording:
        """The recording with pictures in it."""
        return FilmedRecording(self._recording, self._film, self._cameras, self._fps)

    def draw(self) -> None:
        """Draws and writes all files besides the recording."""
        start_ns = self._recording.options.start_ns
        for what, folder, save in (("frames", self._pictures, save_frames), ("videos", self._videos, save_videos)):
            if folder is not None:
                with Progress(f"Drawing {self._recording.name}") as progress:
                    for share in save(self._film, self._cameras, folder, self._fps, start_ns):
                        progress.show(what, share)


def _need_new(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        raise TerminalError(f"{folder}: is there already; name a new folder for the frames")


def cameras_of(cameras: tuple[Camera, ...], wanted: str | None) -> list[Camera]:
    """The cameras whose ids stand in a list with commas between; all where nothing is wanted.

    Raises:
        TerminalError: a camera is not there, or there are none at all.
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
    return [by_id[name] for name in names]
