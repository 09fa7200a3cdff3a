"""Video files of a shop's cameras: one MP4 with H.264 for each, whose clock is that of the recording.

A frame's time in the file is its time since the start of the recording, in milliseconds; when that was stands in the
file as well. One thread and fixed settings: the same pictures give the same bytes, with the same build of FFmpeg.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tillfree.catalog.cameras import Camera
from tillfree.core.time import format_utc
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.rendering.film import Film, Shot
from tillfree.simulation.rendering.saving import file_names, moments_s

__all__ = ["VideoFile", "check_videos", "save_videos"]

_CODEC = "libx264"
# Without the macroblock tree: with it, the same pictures give other bytes now and then.
_OPTIONS = {"preset": "veryfast", "crf": "20", "threads": "1", "x264-params": "threads=1:mbtree=0"}
_MILLI = 1000


class VideoFile:
    """One video that is being written; sides must be even. Use it with `with`: the file is complete at the end."""

    def __init__(self, path: Path, camera: Camera, fps: float, start_ns: int) -> None:
        """Opens the file.

        Raises:
            SimulationError: the package av is missing, or a side of the picture is odd.
            OSError: the file cannot be written.
        """
        check_videos([camera])
        av, fraction = _av()
        self._av = av
        self._container: Any = av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"})
        self._container.metadata["title"] = f"{camera.id} (simulated)"
        self._container.metadata["comment"] = f"time 0 is {format_utc(start_ns)}, {start_ns} ns"
        rate = fraction(fps).limit_denominator(_MILLI)
        self._stream: Any = self._container.add_stream(_CODEC, rate=rate, options=dict(_OPTIONS))
        self._stream.width, self._stream.height, self._stream.pix_fmt = camera.width_px, camera.height_px, "yuv420p"
        self._stream.codec_context.time_base = fraction(1, _MILLI)
        self._stream.time_base = fraction(1, _MILLI)
        self._time_base = fraction(1, _MILLI)

    def add(self, shot: Shot) -> None:
        """The next frame; its time must be later than the last one's."""
        frame = self._av.VideoFrame.from_ndarray(shot.picture.colour, format="rgb24")
        frame.pts, frame.time_base = round(shot.time_s * _MILLI), self._time_base
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def close(self) -> None:
        """Writes what is waiting."""
        for packet in self._stream.encode():
            self._container.mux(packet)
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            # What went wrong first is what is told.
            with contextlib.suppress(OSError):
                self._container.close()


def check_videos(cameras: Sequence[Camera]) -> None:
    """Nothing, where there can be videos of these cameras.

    Raises:
        SimulationError: the package av is missing, or a side of a picture is odd.
    """
    _av()
    for camera in cameras:
        if camera.width_px % 2 or camera.height_px % 2:
            size = f"{camera.width_px} x {camera.height_px}"
            raise SimulationError(f"camera {camera.id!r}: a video has even sides, and {size} has not")


def save_videos(film: Film, cameras: Sequence[Camera], folder: Path, fps: float, start_ns: int) -> Iterator[float]:
    """Draw and write a video of each camera, `folder`/ID.mp4; yields after each moment the share that is done.

    After an error, what was written before it is there.

    Raises:
        SimulationError: no cameras, one named twice, a rate out of bounds, an odd side, or a package is missing.
        OSError: a file cannot be written.
    """
    if not cameras:
        raise SimulationError("the shop has no cameras, so there are no videos; choose a store that has some")
    moments, names = moments_s(film.duration_s, fps), file_names(cameras)
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        files = [
            (camera, stack.enter_context(VideoFile(folder / f"{name}.mp4", camera, fps, start_ns)))
            for camera, name in zip(cameras, names, strict=True)
        ]
        for number, time_s in enumerate(moments, 1):
            for camera, file in files:
                file.add(film.shot(camera, time_s))
            yield number / len(moments)


def _av() -> tuple[Any, Any]:
    from fractions import Fraction  # noqa: PLC0415

    try:
        import av  # noqa: PLC0415  only who writes videos needs it
    except ImportError as error:
        raise SimulationError("videos need the package av: pip install 'tillfree[frames]'") from error
    return av, Fraction
