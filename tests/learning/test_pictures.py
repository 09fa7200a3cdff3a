"""Training pictures: the same number gives the same picture, boxes hold what was pasted, targets say where it is."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("embreex", reason="embreex, which traces the rays, has no wheel for this processor")
pytest.importorskip("PIL", reason="pillow, which scales pictures, is not installed")

from hypothesis import given, settings
from hypothesis import strategies as st

from tillfree.learning.errors import LearningError
from tillfree.learning.people.backdrops import HEIGHT_PX, WIDTH_PX, backdrop, clouds
from tillfree.learning.people.collection import Collection, Sizes, draw_collection, read_collection
from tillfree.learning.people.cutouts import people_cutouts, thing_cutout
from tillfree.learning.people.pictures import training_picture
from tillfree.learning.people.postures import posture_at_random
from tillfree.learning.people.targets import STRIDE, targets_of

SIZES = Sizes(people=3, views=2, things=3, backdrops=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("drawn")
    assert list(draw_collection(where, 5, SIZES))[-1] == 1.0
    return where


@pytest.fixture(scope="module")
def collection(folder: Path) -> Collection:
    return read_collection(folder)


def test_a_collection_is_drawn_once_and_read_as_it_was_drawn(folder: Path, collection: Collection) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    list(draw_collection(folder, 5, SIZES))
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert len(collection.backdrops) == len(collection.things) == 3
    assert collection.people[0].tobytes() == people_cutouts(5, 0, 2)[0].tobytes()
    assert collection.things[1].tobytes() == thing_cutout(5, 1).tobytes()
    assert collection.backdrops[2].tobytes() == backdrop(5, 2).tobytes()
    assert {picture.shape for picture in collection.backdrops} == {(HEIGHT_PX, WIDTH_PX, 3)}


def test_an_empty_folder_is_no_collection(tmp_path: Path) -> None:
    with pytest.raises(LearningError, match="draw them first"):
        read_collection(tmp_path)


def test_people_stand_upright_and_cover_the_middle_of_their_cut_out(collection: Collection) -> None:
    for cut in collection.people:
        height, width, channels = cut.shape
        assert channels == 4
        assert height > 40
        assert cut[height // 2, :, 3].max() > 200
        assert 0.1 < (cut[..., 3] > 127).mean() < 0.95
        assert width < 1.5 * height


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=20)
def test_a_picture_follows_from_its_number(number: int) -> None:
    cut = np.zeros((60, 20, 4), np.uint8)
    cut[..., :] = (250, 10, 10, 255)
    thing = np.zeros((20, 20, 4), np.uint8)
    thing[..., :] = (10, 10, 250, 255)
    simple = Collection([cut], [thing], [np.full((HEIGHT_PX, WIDTH_PX, 3), 90, np.uint8)])
    one, two = (training_picture(simple, 3, number, 128) for _ in range(2))
    assert one.colour.tobytes() == two.colour.tobytes()
    assert one.colour.shape == (128, 128, 3)
    for boxes in (one.boxes, one.unclear):
        assert boxes.shape[1] == 4
        assert ((boxes >= 0) & (boxes <= 128)).all()
        assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert one.colour.tobytes() != training_picture(simple, 4, number, 128).colour.tobytes()


def test_boxes_lie_about_the_red_of_red_people() -> None:
    """Where people alone are red, most of a box around one who is whole is red, and little outside of all boxes."""
    cut = np.zeros((120, 60, 4), np.uint8)
    cut[...] = (255, 0, 0, 255)
    thing = np.zeros((20, 20, 4), np.uint8)
    simple = Collection([cut], [thing], [np.full((HEIGHT_PX, WIDTH_PX, 3), (60, 120, 60), np.uint8)])
    inside = outside = 0.0
    seen = 0
    for number in range(60):
        picture = training_picture(simple, 1, number, 128)
        red = picture.colour[..., 0].astype(int) - picture.colour[..., 1] > 40
        if not red.any():
            continue
        boxed = np.zeros_like(red)
        for left, top, right, bottom in np.concatenate([picture.boxes, picture.unclear]).round().astype(int).tolist():
            boxed[max(top - 2, 0) : bottom + 2, max(left - 2, 0) : right + 2] = True
        seen += 1
        inside += (red & boxed).sum()
        outside += (red & ~boxed).sum()
    assert seen > 15
    assert outside < 0.02 * inside


def test_clouds_are_noise_of_mean_0_and_deviation_1() -> None:
    field = clouds(np.random.default_rng(2), 64, 96, 1.0)
    assert field.shape == (64, 96)
    assert abs(float(field.mean())) < 1e-4
    assert float(field.std()) == pytest.approx(1.0, abs=1e-3)


@given(st.integers(0, 100_000))
def test_arms_have_the_length_of_their_bones(seed: int) -> None:
    posture = posture_at_random(np.random.default_rng(seed))
    joints, height_m = posture.joints, posture.height_m
    for hand in (0, 1):
        upper, lower = (float(np.linalg.norm(joints[a + hand] - joints[b + hand])) for a, b in ((4, 2), (6, 4)))
        assert upper == pytest.approx(0.165 * height_m, rel=1e-6)
        assert lower == pytest.approx(0.15 * height_m, rel=0.35)


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0, 90), st.floats(13, 60), st.floats(14, 70)).map(
            lambda b: (b[0], b[1], min(b[0] + b[2], 128.0), min(b[1] + b[3], 128.0))
        ),
        max_size=5,
    )
)
def test_targets_have_one_top_for_each_person_whose_box_they_say(people: list[tuple[float, ...]]) -> None:
    boxes = np.array(people, dtype=np.float32).reshape(-1, 4)
    hills, wanted, weights, counts = targets_of(boxes, np.zeros((0, 4), np.float32), 128)
    assert hills.shape == weights.shape == counts.shape == (128 // STRIDE, 128 // STRIDE)
    assert (counts == 1.0).all()
    assert ((hills >= 0.0) & (hills <= 1.0)).all()
    for left, top, right, bottom in boxes.tolist():
        column, row = int((left + right) / 2 / STRIDE), int((top + bottom) / 2 / STRIDE)
        assert hills[row, column] == 1.0
        assert weights[row, column] > 0.0
    on = weights > 0.0
    assert {tuple(box) for box in wanted[:, on].T.tolist()} <= {tuple(box) for box in boxes.tolist()}


def test_what_is_unclear_does_not_count() -> None:
    hills, _, _, counts = targets_of(np.zeros((0, 4), np.float32), np.array([[32, 32, 64, 64]], np.float32), 128)
    assert not hills.any()
    assert (counts[8:16, 8:16] == 0.0).all()
    assert counts.sum() == 32 * 32 - 8 * 8
