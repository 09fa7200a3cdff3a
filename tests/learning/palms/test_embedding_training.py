"""Training of the embedding goes on where it was interrupted, and its file says what the network says."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

# Looked for and not loaded: torch would make every process that other tests start and measure look large.
if missing := [name for name in ("torch", "onnx", "onnxruntime", "cv2") if importlib.util.find_spec(name) is None]:
    pytest.skip(f"{missing[0]} is not installed: training is an extra of its own", allow_module_level=True)

from tillfree.learning.errors import LearningError
from tillfree.learning.palms.embedding import collection as drawing
from tillfree.learning.palms.embedding.collection import (
    SIDE_PX,
    Collection,
    Sizes,
    draw_collection,
    lines_of,
    read_collection,
)
from tillfree.learning.palms.embedding.loss import Centres, pair_loss
from tillfree.learning.palms.embedding.network import EMBEDDING_SIZE, Network
from tillfree.learning.palms.embedding.onnx_file import write_onnx
from tillfree.learning.palms.embedding.training import Course, load_network, train


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("palms")
    assert list(draw_collection(made, 3, Sizes(palms=1, views=2))) == [0.0, 1.0]
    return made


@pytest.fixture
def collection(folder: Path) -> Collection:
    return read_collection(folder)


def test_what_is_drawn_is_palms_of_two_bands_and_is_not_drawn_again(folder: Path, collection: Collection) -> None:
    assert collection.classes == 64
    shown = collection.pictures(np.array([0, 1, 63]), np.array([0, 1, 1]))
    assert shown.shape == (3, SIDE_PX, SIDE_PX)
    assert (shown > 0).mean() > 0.4
    written = (folder / "palms-00000.npy").stat().st_mtime_ns
    assert list(draw_collection(folder, 3, Sizes(palms=1, views=2))) == [1.0]
    assert (folder / "palms-00000.npy").stat().st_mtime_ns == written
    with pytest.raises(LearningError, match="another seed"):
        list(draw_collection(folder, 4, Sizes(palms=1, views=2)))
    with pytest.raises(LearningError, match="draw first"):
        read_collection(folder / "absent")


def test_palms_that_are_alike_are_of_a_kind_of_their_own(folder: Path, tmp_path: Path) -> None:
    assert [lines_of(number, alike=True) for number in range(8)] == [0, 1, 2, 3, 4, 4, 4, 4]
    assert [lines_of(number, alike=False) for number in range(8)] == [0, 1, 2, 3, 4, 5, 6, 6]
    assert list(draw_collection(tmp_path, 3, Sizes(palms=1, views=2, alike=True))) == [0.0, 1.0]
    assert read_collection(tmp_path).alike
    assert not read_collection(folder).alike
    assert (tmp_path / "palms-00000.npy").read_bytes() != (folder / "palms-00000.npy").read_bytes()
    with pytest.raises(LearningError, match="or kind"):
        list(draw_collection(tmp_path, 3, Sizes(palms=1, views=2)))


def test_a_training_begins_with_what_another_has_learned(collection: Collection, tmp_path: Path) -> None:
    first = Course(seed=2, steps=3, classes=6)
    list(train(collection, first, tmp_path / "first"))
    # At a rate of nothing only what was learned before remains, but for how values are spread, which is counted anew.
    still = Course(seed=3, steps=1, classes=6, rate=0.0)
    list(train(collection, still, tmp_path / "second", start=tmp_path / "first"))
    one, two = (dict(load_network(tmp_path / name)[0].layers.named_parameters()) for name in ("first", "second"))
    assert all(bool((one[name] == two[name]).all()) for name in one)
    with pytest.raises(LearningError, match="train first"):
        list(train(collection, still, tmp_path / "third", start=tmp_path / "absent"))


def test_an_interrupted_training_ends_like_one_that_was_not(collection: Collection, tmp_path: Path) -> None:
    course = Course(seed=2, steps=3, classes=6)
    assert [at.step for at in train(collection, course, tmp_path / "whole")] == [3]
    steps = train(collection, course, tmp_path / "parts", save_every=2)
    assert next(steps).step == 2
    del steps
    assert [at.step for at in train(collection, course, tmp_path / "parts")] == [3]
    one, two = (load_network(tmp_path / name)[0].layers.state_dict() for name in ("whole", "parts"))
    for name, value in one.items():
        assert np.allclose(value.numpy(), two[name].numpy(), atol=1e-3), name
    with pytest.raises(LearningError, match="of another course"):
        list(train(collection, Course(seed=3, steps=3, classes=6), tmp_path / "parts"))
    with pytest.raises(LearningError, match="train first"):
        load_network(tmp_path)
    with pytest.raises(LearningError, match="draw more palms"):
        list(train(collection, Course(seed=2, steps=1, classes=65), tmp_path / "few"))


def test_the_file_says_what_the_network_says_and_has_the_same_bytes_again(tmp_path: Path) -> None:
    import onnxruntime
    import torch

    torch.manual_seed(1)
    network = Network()
    for module in network.layers.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d):
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
    network.layers.eval()
    for name in ("one", "two"):
        write_onnx(network, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    rng = np.random.default_rng(1)
    grey = rng.random((3, 1, SIDE_PX, SIDE_PX), dtype=np.float32)
    mask = np.ones_like(grey)
    mask[1, :, :, 90:] = 0.0
    mask[2] = 0.0
    session = onnxruntime.InferenceSession(str(tmp_path / "one"), providers=["CPUExecutionProvider"])
    found = session.run(None, {"grey": grey, "mask": mask})[0]
    with torch.no_grad():
        expected = torch.nn.functional.normalize(network(torch.from_numpy(grey), torch.from_numpy(mask)), dim=1)
    assert found.shape == (3, EMBEDDING_SIZE)
    assert np.abs(found - expected.numpy()).max() < 2e-3


def test_what_is_hidden_does_not_count() -> None:
    import torch

    network = Network()
    network.layers.eval()
    rng = np.random.default_rng(1)
    grey = torch.from_numpy(rng.random((2, 1, SIDE_PX, SIDE_PX), dtype=np.float32))
    mask = torch.ones_like(grey)
    mask[:, :, 100:] = 0.0
    grey[1] = torch.where(mask[1] > 0, grey[0], 1.0 - grey[0] * 0.3)
    with torch.no_grad():
        one, two = network.lines(grey, mask)
    assert torch.allclose(one, two, atol=1e-3)


def test_losses_are_least_where_classes_lie_apart() -> None:
    import torch

    apart = torch.eye(4, EMBEDDING_SIZE)
    mixed = torch.nn.functional.normalize(apart + 0.8 * apart[[1, 2, 3, 0]], dim=1)
    numbers = torch.arange(4)
    assert pair_loss(apart, apart, numbers) < pair_loss(mixed, apart, numbers)
    rng = np.random.default_rng(1)
    centres = Centres(6)
    first, _, _ = centres.loss(apart, numbers, rng)
    assert float(first.detach()) == 0.0
    assert centres.known().tolist() == [True] * 4 + [False] * 2
    good, places, chosen = centres.loss(apart, numbers, rng)
    bad, _, _ = centres.loss(mixed[[1, 2, 3, 0]], numbers, rng)
    assert float(good.detach()) < float(bad.detach())
    moving = mixed.clone().requires_grad_(True)
    loss, places, chosen = centres.loss(moving, numbers, rng)
    loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
    before = (centres.places[:4] * mixed).sum(dim=1)
    centres.step(places, chosen, mixed, numbers, 0.1)
    assert bool(((centres.places[:4] * mixed).sum(dim=1) > before).all())
    assert torch.allclose(centres.places[:4].norm(dim=1), torch.ones(4))


def test_twins_are_seen_together() -> None:
    from tillfree.learning.palms.embedding.training import _classes

    rng = np.random.default_rng(1)
    together = 0
    for _ in range(5):
        chosen = set(_classes(2048, 64, rng).tolist())
        together += sum(number % 16 in (12, 13) and number + 2 in chosen for number in chosen)
    assert together >= 20
    chosen = set(_classes(2048, 64, rng, alike=True).tolist())
    assert sum(number % 16 in (8, 9) and chosen >= {number + 2, number + 4, number + 6} for number in chosen) >= 4
    assert drawing.SIDE_PX == 128
