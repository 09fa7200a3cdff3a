"""Training of the finder of hands goes on where it was interrupted, and its file says what the network says."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

# Looked for and not loaded: torch would make every process that other tests start and measure look large.
if missing := [name for name in ("torch", "onnx", "onnxruntime", "cv2") if importlib.util.find_spec(name) is None]:
    pytest.skip(f"{missing[0]} is not installed: training is an extra of its own", allow_module_level=True)

from tillfree.learning.errors import LearningError
from tillfree.learning.palms.landmarks.lessons import FIRST_LESSONS, SIZE_PX, Cutouts, lesson, read_cutouts
from tillfree.learning.palms.landmarks.network import STRIDE, LandmarkNetwork, loss_of
from tillfree.learning.palms.landmarks.onnx_file import landmark_model, write_landmark_model
from tillfree.learning.palms.landmarks.training import HandCourse, load_landmarks, train_landmarks
from tillfree.palm.capture.landmarks import LANDMARKS
from tillfree.palm.capture.network import LandmarkReader
from tillfree.simulation.palms.hands.anatomy import body_of, pose_at_random, shape_at_random
from tillfree.simulation.palms.hands.drawing import Tilt, draw_cutout


@pytest.fixture(scope="module")
def cutouts() -> Cutouts:
    rng = np.random.default_rng(8)
    cut = draw_cutout(rng, body_of(shape_at_random(rng), pose_at_random(rng)), Tilt(0.0, 0.0, 6.0), "visible", 40.0)
    pixels = np.dstack([cut.colour, cut.cover, cut.skin])[None]
    truth = np.concatenate([cut.landmarks.ravel(), cut.plane.ravel(), (cut.width_px, cut.tilt_deg, 0.0)])[None]
    return Cutouts([pixels], [truth])


def test_a_lesson_follows_from_its_number(cutouts: Cutouts) -> None:
    for number in (3, FIRST_LESSONS + 3):
        one, other = lesson(cutouts, 1, number), lesson(cutouts, 1, number)
        assert np.array_equal(one.image.pixels, other.image.pixels)
        assert one.image.pixels.shape == (SIZE_PX, SIZE_PX, 3)
    assert not np.array_equal(lesson(cutouts, 1, 4).image.pixels, lesson(cutouts, 2, 4).image.pixels)


def test_some_lessons_show_no_hand(cutouts: Cutouts) -> None:
    empty = [len(lesson(cutouts, 1, number).landmarks) == 0 for number in range(60)]
    assert 0 < sum(empty) < 20


def test_an_interrupted_training_ends_like_one_that_was_not(cutouts: Cutouts, tmp_path: Path) -> None:
    course = HandCourse(seed=2, steps=3, batch=2)
    whole = list(train_landmarks(cutouts, course, tmp_path / "whole"))
    next(iter(train_landmarks(cutouts, course, tmp_path / "parts", save_every=2)))
    rest = list(train_landmarks(cutouts, course, tmp_path / "parts", save_every=2))
    assert whole[-1].step == rest[-1].step == 3
    one, other = (load_landmarks(tmp_path / name)[0] for name in ("whole", "parts"))
    assert landmark_model(one) == landmark_model(other)
    with pytest.raises(LearningError, match="another course"):
        next(train_landmarks(cutouts, HandCourse(seed=3, steps=3, batch=2), tmp_path / "parts"))


def test_the_file_says_what_the_network_says(tmp_path: Path) -> None:
    import torch

    network = LandmarkNetwork()
    for part in network.layers.modules():
        if hasattr(part, "running_mean"):
            part.running_mean.uniform_(-0.2, 0.2)
            part.running_var.uniform_(0.5, 1.5)
    network.layers.eval()
    write_landmark_model(network, tmp_path / "hand.onnx")
    picture = np.random.default_rng(5).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    reading = LandmarkReader((tmp_path / "hand.onnx").read_bytes()).read(picture)
    with torch.no_grad():
        maps, hand = network(torch.from_numpy(np.moveaxis(picture, -1, 0)[None] / np.float32(255.0)))
    assert reading.hand == pytest.approx(float(torch.sigmoid(hand)[0]), abs=0.01)
    assert reading.skin == pytest.approx(torch.sigmoid(maps[0, -1]).numpy(), abs=0.02)
    best = maps[0, :-1].flatten(1).argmax(dim=1).numpy()
    cells = np.stack([best % maps.shape[3], best // maps.shape[3]], axis=1)
    assert np.abs(reading.points - (cells + 0.5) * STRIDE + 0.5).max() < 2.5 * STRIDE
    with pytest.raises(LearningError, match="cannot be written"):
        write_landmark_model(network, tmp_path / "nowhere" / "hand.onnx")


def test_hills_at_the_landmarks_cost_least() -> None:
    import torch

    marks = torch.full((1, len(LANDMARKS), 2), 41.5)
    skin, there = torch.zeros(1, 24, 24), torch.ones(1)
    maps = torch.zeros(1, len(LANDMARKS) + 1, 24, 24)
    flat = float(loss_of(maps, torch.zeros(1), marks, skin, there))
    maps[:, :-1, 9:12, 9:12] = 4.0
    right = float(loss_of(maps, torch.zeros(1), marks, skin, there))
    wrong = float(loss_of(maps.flip(2), torch.zeros(1), marks, skin, there))
    assert right < flat < wrong
    outside = float(loss_of(maps.flip(2), torch.zeros(1), marks + 500.0, skin, there))
    assert outside < right


def test_without_drawn_hands_or_a_checkpoint_nothing_is_made_up(tmp_path: Path) -> None:
    with pytest.raises(LearningError, match="no drawn hands"):
        read_cutouts(tmp_path)
    with pytest.raises(LearningError, match="no checkpoint"):
        load_landmarks(tmp_path)
