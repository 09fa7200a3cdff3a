"""Videos and recorded frames of simulated cameras: the recording's clock, and for the same seed the same bytes."""

import io
from pathlib import Path

import msgspec
import numpy as np
import pytest

pytest.importorskip("embreex", reason="embreex, which traces the rays, has no wheel for this processor")

from PIL import Image

from tillfree.catalog.cameras import Camera
from tillfree.core.events import CameraFrame
from tillfree.core.geometry import Point
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.rendering.film import Film
from tillfree.simulation.rendering.filming import FilmedRecording
from tillfree.simulation.rendering.saving import moments_s
from tillfree.simulation.rendering.videos import save_videos
from tillfree.storage.recordings.mcap_file import McapRecording
from tillfree.storage.recordings.mcap_writer import write_mcap
from tillfree.storage.recordings.model import TruePeople
from tillfree.store.replay import replay

NORTH = Camera("north", Point(2.2, -3.6, 2.6), Point(2.2, 0.2, 0.9), 85.0, 160, 90, -0.05)
EAST = msgspec.structs.replace(NORTH, id="east/1", position=Point(5.5, -1.2, 1.9))
FPS = 0.4


@pytest.fixture(scope="module")
def recording() -> SimulatedRecording:
    return simulate(demo_shop(2), SimulationOptions(shoppers=2, seed=3))


@pytest.fixture(scope="module")
def film(recording: SimulatedRecording) -> Film:
    return Film(recording)


# ---- frames in recordings ---------------------------------------------------------------------------------------


def test_frames_lie_in_the_recording_in_order_and_show_what_the_film_shows(
    recording: SimulatedRecording, film: Film, tmp_path: Path
) -> None:
    filmed = FilmedRecording(recording, film, [NORTH, EAST], FPS)
    write_mcap(tmp_path / "x.mcap", filmed)
    events = list(McapRecording(tmp_path / "x.mcap").events())
    frames = [event for event in events if isinstance(event, CameraFrame)]
    others = [event for event in events if not isinstance(event, CameraFrame)]
    assert others == list(recording.events())
    true = [item for item in McapRecording(tmp_path / "x.mcap").events_and_people() if isinstance(item, TruePeople)]
    told = [item for item in recording.events_and_people() if isinstance(item, TruePeople)]
    assert len(true) > 10
    assert true == told[-len(true) :]
    assert [e.time_ns for e in events] == sorted(e.time_ns for e in events)
    moments = moments_s(film.duration_s, FPS)
    for camera in (NORTH, EAST):
        mine = [frame for frame in frames if frame.camera == camera.id]
        assert [frame.sequence for frame in mine] == list(range(len(moments)))
        seconds = [(frame.time_ns - recording.options.start_ns) / 1e9 for frame in mine]
        assert seconds == pytest.approx(moments, abs=1e-6)
        picture = np.array(Image.open(io.BytesIO(mine[3].data))).astype(float)
        drawn = film.shot(camera, moments[3]).picture.colour
        assert picture.shape == drawn.shape == (mine[3].height, mine[3].width, 3)
        assert np.abs(picture - drawn).mean() < 6.0
    write_mcap(tmp_path / "y.mcap", FilmedRecording(recording, film, [NORTH, EAST], FPS))
    assert (tmp_path / "x.mcap").read_bytes() == (tmp_path / "y.mcap").read_bytes()


def test_receipts_are_the_same_whether_pictures_are_there_or_not(recording: SimulatedRecording, film: Film) -> None:
    plain, filmed = replay(recording), replay(FilmedRecording(recording, film, [NORTH], FPS))
    assert plain.visits
    assert msgspec.json.encode(filmed.visits) == msgspec.json.encode(plain.visits)


def test_what_cannot_be_filmed_is_refused(recording: SimulatedRecording, film: Film, tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="no cameras"):
        FilmedRecording(recording, film, [], FPS)
    with pytest.raises(SimulationError, match="quality of 0"):
        FilmedRecording(recording, film, [NORTH], FPS, quality=0)
    with pytest.raises(SimulationError, match="no cameras"):
        next(save_videos(film, [], tmp_path, FPS, 0))
    for twice in (
        lambda: FilmedRecording(recording, film, [NORTH, NORTH], FPS),
        lambda: next(save_videos(film, [NORTH, NORTH], tmp_path, FPS, 0)),
    ):
        with pytest.raises(SimulationError, match="'north' is there twice"):
            twice()
    assert not list(tmp_path.iterdir())


# ---- videos -------------------------------------------------------------------------------------------------------


def test_a_video_has_the_clock_of_the_recording_and_the_same_bytes_again(
    recording: SimulatedRecording, film: Film, tmp_path: Path
) -> None:
    av = pytest.importorskip("av", reason="av, which writes videos, is not installed")
    for name in ("one", "two"):
        shares = list(save_videos(film, [NORTH, EAST], tmp_path / name, FPS, recording.options.start_ns))
        assert shares[-1] == 1.0
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["east_1.mp4", "north.mp4"]
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    moments = moments_s(film.duration_s, FPS)
    with av.open(str(tmp_path / "one" / "north.mp4")) as container:
        assert str(recording.options.start_ns) in container.metadata["comment"]
        frames = list(container.decode(video=0))
        assert [float(frame.time) for frame in frames] == pytest.approx(moments, abs=1e-3)
        shown = frames[2].to_ndarray(format="rgb24").astype(float)
    assert np.abs(shown - film.shot(NORTH, moments[2]).picture.colour).mean() < 8.0


def test_a_video_with_an_odd_side_is_refused(film: Film, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="av, which writes videos, is not installed")
    with pytest.raises(SimulationError, match="even sides"):
        next(save_videos(film, [msgspec.structs.replace(NORTH, width_px=161)], tmp_path, FPS, 0))
