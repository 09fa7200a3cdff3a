"""A simulated recording with the pictures of its cameras among the events, drawn while it is read."""

import heapq
import io
import itertools
from collections.abc import Iterator, Sequence

from tillfree.catalog.cameras import Camera
from tillfree.core.events import CameraFrame, Event
from tillfree.core.time import ns_from_seconds
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.recording import SimulatedRecording
from tillfree.simulation.rendering.film import Film, Shot
from tillfree.simulation.rendering.saving import file_names, moments_s
from tillfree.storage.recordings.model import TruePeople

__all__ = ["FilmedRecording", "jpeg_of"]

_QUALITY = 88
_QUALITY_MIN, _QUALITY_MAX = 1, 95


class FilmedRecording:
    """The same recording; in its events there are camera frames besides.

    Memory holds one picture of each camera at a time. `events` gives the same bytes each time.
    """

    format = "simulated"

    def __init__(
        self, recording: SimulatedRecording, film: Film, cameras: Sequence[Camera], fps: float, quality: int = _QUALITY
    ) -> None:
        """Nothing is drawn yet. `quality` is that of JPEG.

        Raises:
            SimulationError: no cameras, one named twice, or a rate or quality that cannot be.
        """
        if not cameras:
            raise SimulationError("the shop has no cameras, so there are no frames; choose a store that has some")
        if not _QUALITY_MIN <= quality <= _QUALITY_MAX:
            raise SimulationError(f"a quality of {quality} is not within {_QUALITY_MIN} to {_QUALITY_MAX}")
        file_names(cameras)  # refuses a camera that is there twice
        self._recording, self._film, self._cameras = recording, film, tuple(cameras)
        self._quality = quality
        self._moments_s = moments_s(film.duration_s, fps)
        self.name, self.shop, self.truth = recording.name, recording.shop, recording.truth
        self.warnings: dict[str, int] = {}

    def duration_ns(self) -> int:
        """Length of the recording."""
        return self._recording.duration_ns()

    def events(self) -> Iterator[Event]:
        """All events in the order of their time, streaming."""
        return (item for item in self.events_and_people() if not isinstance(item, TruePeople))

    def events_and_people(self) -> Iterator[Event | TruePeople]:
        """The same with the true places of everybody between them."""
        yield from heapq.merge(self._recording.events_and_people(), self._frames(), key=_order)

    def _frames(self) -> Iterator[CameraFrame]:
        start_ns = self._recording.options.start_ns
        for (sequence, time_s), camera in itertools.product(
            enumerate(self._moments_s), sorted_by_source(self._cameras)
        ):
            yield CameraFrame(
                time_ns=start_ns + ns_from_seconds(time_s),
                source=_source(camera),
                sequence=sequence,
                camera=camera.id,
                format="jpeg",
                width=camera.width_px,
                height=camera.height_px,
                data=jpeg_of(self._film.shot(camera, time_s), self._quality),
            )


def jpeg_of(shot: Shot, quality: int = _QUALITY) -> bytes:
    """The colours of a shot as a JPEG file."""
    from PIL import Image  # noqa: PLC0415  only who renders needs it

    file = io.BytesIO()
    Image.fromarray(shot.picture.colour).save(file, "JPEG", quality=quality)
    return file.getvalue()


def sorted_by_source(cameras: Sequence[Camera]) -> list[Camera]:
    """Cameras in the order in which events of one moment come."""
    return sorted(cameras, key=_source)


def _order(item: Event | TruePeople) -> tuple[int, str, int]:
    """Of one moment, the truth comes first."""
    return (item.time_ns, "", 0) if isinstance(item, TruePeople) else (item.time_ns, item.source, item.sequence)


def _source(camera: Camera) -> str:
    return f"camera/{camera.id}"
