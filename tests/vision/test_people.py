"""The detector of people that comes with Tillfree, on simulated pictures; what real ones give is on the page."""

import importlib.util

import numpy as np
import numpy.typing as npt
import pytest

if importlib.util.find_spec("onnxruntime") is None:
    pytest.skip("onnxruntime, which runs the model, is not installed", allow_module_level=True)

from tillfree.storage.models import people_model
from tillfree.vision.boxes import overlaps
from tillfree.vision.errors import VisionError
from tillfree.vision.people import PeopleDetector


def half(cut: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Half as large: people in the middle distance."""
    height, width = (side // 2 * 2 for side in cut.shape[:2])
    small: npt.NDArray[np.float64] = cut[:height, :width].reshape(height // 2, 2, width // 2, 2, 4).mean(axis=(1, 3))
    return small


@pytest.fixture(scope="module")
def detector() -> PeopleDetector:
    return PeopleDetector(people_model())


def test_a_drawn_person_is_found_where_they_are(detector: PeopleDetector) -> None:
    pytest.importorskip("embreex", reason="embreex, which traces the rays, has no wheel for this processor")
    from tillfree.learning.people.cutouts import people_cutouts

    # Seeds that nothing was trained on.
    cuts = [half(people_cutouts(77, number, 1)[0]) for number in range(12)]
    found = 0
    for number, cut in enumerate(cuts):
        rng = np.random.default_rng(number)
        picture = np.clip(rng.normal(120, 6, (320, 448, 1)) + rng.normal(0, 4, (320, 448, 3)), 0, 255)
        height, width = cut.shape[:2]
        left, top = int(rng.integers(0, 448 - width)), int(rng.integers(0, 320 - height))
        cover = cut[..., 3:] / 255.0
        part = picture[top : top + height, left : left + width]
        picture[top : top + height, left : left + width] = part * (1 - cover) + cut[..., :3] * cover
        box = np.array([[left, top, left + width, top + height]])
        people = detector.people(picture.astype(np.uint8))
        found += any(overlaps(box, np.array([p.box]))[0, 0] > 0.5 for p in people[:1])
    assert found >= 10


def test_an_empty_picture_has_nobody_and_the_same_picture_gives_the_same(detector: PeopleDetector) -> None:
    grey = np.full((200, 300, 3), 110, np.uint8)
    assert detector.people(grey) == []
    noise = np.random.default_rng(3).integers(0, 255, (100, 140, 3)).astype(np.uint8)
    assert detector.people(noise) == detector.people(noise.copy())


def test_boxes_are_sorted_and_lie_in_the_picture_whatever_its_size() -> None:
    detector = PeopleDetector(people_model(), score_min=0.001, longest_px=200)
    picture = np.random.default_rng(5).integers(0, 255, (97, 211, 3)).astype(np.uint8)
    people = detector.people(picture)
    assert people
    assert [p.score for p in people] == sorted((p.score for p in people), reverse=True)
    for person in people:
        left, top, right, bottom = person.box
        assert 0 <= left < right <= 211
        assert 0 <= top < bottom <= 97
        assert 0.0 < person.score <= 1.0


@pytest.mark.parametrize(
    "picture",
    [np.zeros((64, 64), np.uint8), np.zeros((64, 64, 3), np.float32), np.zeros((8, 64, 3), np.uint8)],
    ids=["grey", "floats", "tiny"],
)
def test_what_is_no_picture_is_refused(detector: PeopleDetector, picture: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(VisionError, match="picture"):
        detector.people(picture)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(VisionError, match="no model"):
        PeopleDetector(b"nothing")
    with pytest.raises(VisionError, match="longest_px 4"):
        PeopleDetector(people_model(), longest_px=4)


def test_the_model_is_small() -> None:
    assert len(people_model()) < 3_000_000
