"""Training goes on where it was interrupted, and the file that it writes says what the network says."""

import errno
import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

# Looked for and not loaded: torch would make every process that other tests start and measure look large.
if missing := [name for name in ("torch", "onnx", "onnxruntime") if importlib.util.find_spec(name) is None]:
    pytest.skip(f"{missing[0]} is not installed: training is an extra of its own", allow_module_level=True)

from tillfree.learning.errors import LearningError
from tillfree.learning.people.collection import Collection
from tillfree.learning.people.network import Network
from tillfree.learning.people.onnx_file import write_onnx
from tillfree.learning.people.training import Course, load_network, train


@pytest.fixture
def collection() -> Collection:
    cut = np.full((60, 24, 4), 255, np.uint8)
    return Collection([cut], [cut[:20]], [np.full((300, 400, 3), 60, np.uint8)])


def test_an_interrupted_training_ends_like_one_that_was_not(collection: Collection, tmp_path: Path) -> None:
    course = Course(seed=2, steps=3, batch=2)
    whole = list(train(collection, course, tmp_path / "whole"))
    assert whole[-1].step == 3
    steps = train(collection, course, tmp_path / "parts", save_every=2)
    assert next(steps).step == 2
    del steps
    assert [at.step for at in train(collection, course, tmp_path / "parts")] == [3]
    one, two = (load_network(tmp_path / name)[0].layers.state_dict() for name in ("whole", "parts"))
    for name, value in one.items():
        assert np.allclose(value.numpy(), two[name].numpy(), atol=1e-5), name
    with pytest.raises(LearningError, match="of another course"):
        list(train(collection, Course(seed=3, steps=3, batch=2), tmp_path / "parts"))
    assert [at.step for at in train(collection, Course(seed=2, steps=5, batch=2), tmp_path / "parts")] == [5]
    with pytest.raises(LearningError, match="of another course"):
        list(train(collection, Course(seed=2, steps=4, batch=2), tmp_path / "parts"))


def test_without_training_there_is_no_network(tmp_path: Path) -> None:
    with pytest.raises(LearningError, match="train first"):
        load_network(tmp_path)


def test_a_model_is_written_as_a_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    network = Network()
    network.layers.eval()
    (tmp_path / "people.onnx").write_bytes(b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LearningError, match=r"people\.onnx: cannot be written \(No space left"):
        write_onnx(network, tmp_path / "people.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["people.onnx"]
    assert (tmp_path / "people.onnx").read_bytes() == b"before"


def test_the_file_says_what_the_network_says_and_has_the_same_bytes_again(tmp_path: Path) -> None:
    import onnxruntime
    import torch

    torch.manual_seed(1)
    network = Network()
    for module in network.layers.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
    network.layers.eval()
    for name in ("one", "two"):
        write_onnx(network, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    picture = np.random.default_rng(1).integers(0, 255, (1, 64, 96, 3)).astype(np.uint8)
    session = onnxruntime.InferenceSession(str(tmp_path / "one"), providers=["CPUExecutionProvider"])
    hills, sides = session.run(None, {"pictures": picture})
    with torch.no_grad():
        logits, far = network(torch.from_numpy(picture).permute(0, 3, 1, 2).float() / 255.0)
    # Weights are kept with 16 bits.
    assert hills == pytest.approx(torch.sigmoid(logits).numpy(), abs=2e-3)
    assert sides == pytest.approx(far.numpy(), rel=2e-2, abs=5e-2)
