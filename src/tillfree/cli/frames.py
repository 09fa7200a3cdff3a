"""`tillfree simulate --frames`: pictures of the simulated shop beside the recording."""

import argparse
from pathlib import Path

from tillfree.catalog.cameras import Camera
from tillfree.cli.terminal import Progress, TerminalError
from tillfree.simulation.recording import SimulatedRecording
from tillfree.simulation.rendering.film import Film
from tillfree.simulation.rendering.looks import Looks, random_looks
from tillfree.simulation.rendering.saving import moments_s, save_frames

__all__ = ["Frames", "cameras_of"]


class Frames:
    """The frames that a command asks for; made before anything is written, so that mistakes show early."""

    def __init__(self, recording: SimulatedRecording, arguments: argparse.Namespace) -> None:
        """Checks everything.

        Raises:
            TerminalError: there is no such camera, or the folder holds something already.
            SimulationError: too many frames are asked for, or a package is missing.
        """
        self._folder: Path = arguments.frames
        if self._folder.exists() and any(self._folder.iterdir() if self._folder.is_dir() else [self._folder]):
            raise TerminalError(f"{self._folder}: is there already; name a new folder for the frames")
        self._recording = recording
        self._fps: float = arguments.fps
        self._cameras = cameras_of(recording.shop.cameras, arguments.cameras)
        moments_s(recording.script.duration_s, self._fps)
        self._film = Film(recording, Looks() if arguments.looks is None else random_looks(arguments.looks))

    def draw(self) -> None:
        """Draws and writes them all."""
        start_ns = self._recording.options.start_ns
        with Progress(f"Drawing {self._recording.name}") as progress:
            for share in save_frames(self._film, self._cameras, self._folder, self._fps, start_ns):
                progress.show("frames", share)


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
