"""What every training here does the same way: the pace of learning, the average of weights, and going on again.

Weights are averaged over the last steps (Polyak and Juditsky, 1992), and the average is what is kept in the end. A
checkpoint says of which course it is: the seed and all that decides what is learned when.
"""

import dataclasses
import math
from pathlib import Path
from typing import Any, Protocol

from tillfree.learning.errors import LearningError
from tillfree.learning.torch_lazily import torch

__all__ = ["Checkpoint", "Trained", "averaged", "blend", "fast_sums", "optimiser_of", "pace"]

_VERSION = 1


class Trained(Protocol):
    """A network: its weights are in `layers`, a module of PyTorch."""

    layers: Any


def pace(step: int, steps: int, warm: int) -> float:
    """The rate as a share: a short rise over `warm` steps, then half a cosine down to a hundredth."""
    rise = min((step + 1) / min(warm, max(steps // 10, 1)), 1.0)
    return rise * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * step / steps)))


def fast_sums() -> Any:
    """A context in which sums are made with 16 bits where that is fast; processors that only imitate it take longer."""
    short = torch().backends.cpu.get_cpu_capability().startswith("AVX512")
    return torch().autocast("cpu", torch().bfloat16, enabled=short)


def optimiser_of(network: Trained) -> Any:
    """AdamW (Loshchilov and Hutter, 2019), which draws kernels alone towards zero; its rate is to be set."""
    parameters = list(network.layers.parameters())
    heavy, plain = ([p for p in parameters if (p.ndim >= 2) is kernel] for kernel in (True, False))
    return torch().optim.AdamW([{"params": heavy, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}])


def blend(average: Trained, network: Trained, step: int, keep_most: float) -> None:
    """Moves the average towards the network; the first steps count more, since they start from nothing."""
    keep = min(keep_most, (step + 1) / (step + 10))
    with torch().no_grad():
        for kept, now in zip(average.layers.state_dict().values(), network.layers.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.mul_(keep).add_(now, alpha=1.0 - keep)
            else:
                kept.copy_(now)


class Checkpoint:
    """The file from which a training goes on. `course` is a dataclass with `steps`, and says what is learned."""

    def __init__(self, folder: Path, course: Any) -> None:
        self._path = folder / "checkpoint.pt"
        self._course: dict[str, Any] = {"version": _VERSION, **dataclasses.asdict(course)}

    def save(self, step: int, network: Trained, average: Trained, optimiser: Any, **more: Any) -> None:
        """Keeps all of it, in the place of what was: as a whole, or not at all.

        Raises:
            OSError: it cannot be written.
        """
        state = {"course": self._course, "step": step, "network": network.layers.state_dict(),
                 "average": average.layers.state_dict(), "optimiser": optimiser.state_dict(), **more}  # fmt: skip
        part = self._path.with_suffix(".part")
        torch().save(state, part)
        part.replace(self._path)

    def resume(self, network: Trained, average: Trained, optimiser: Any) -> dict[str, Any]:
        """Goes on from what is kept, and gives it: how many steps are done under "step", 0 where nothing is kept.

        A course that has ended can be followed by a longer one; one that was cut off has to go on at its own pace.

        Raises:
            LearningError: it is of another course.
        """
        if not self._path.exists():
            return {"step": 0}
        kept: dict[str, Any] = torch().load(self._path, weights_only=True)
        steps = self._course["steps"]
        longer = kept["step"] == kept["course"]["steps"] < steps
        if (kept["course"] | {"steps": steps} if longer else kept["course"]) != self._course:
            raise LearningError(
                f"{self._path}: of another course ({kept['course']}); name another folder, or remove it"
            )
        network.layers.load_state_dict(kept["network"])
        average.layers.load_state_dict(kept["average"])
        optimiser.load_state_dict(kept["optimiser"])
        return kept


def averaged(folder: Path, network: Trained) -> int:
    """Puts the averaged weights of a checkpoint into a network, for use; says after how many steps they were kept.

    Raises:
        LearningError: there is none.
    """
    path = folder / "checkpoint.pt"
    if not path.exists():
        raise LearningError(f"{path}: no checkpoint there; train first")
    kept = torch().load(path, weights_only=True)
    network.layers.load_state_dict(kept["average"])
    network.layers.eval()
    return int(kept["step"])
