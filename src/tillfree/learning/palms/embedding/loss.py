"""What is learned: samples of a class lie close together, and far from those of any other class.

Two losses are added. One compares the two samples of each class in a batch with all others there (van den Oord et al.,
Representation learning with contrastive predictive coding, 2018); the other compares each sample with centres of
classes, with a margin between angles (Deng et al., ArcFace, CVPR 2019, equation 3), a random part of the classes at a
time (An et al., Partial FC, ICCV Workshops 2021). A centre is first laid where its class is seen for the first time.
"""

from typing import Any

import numpy as np

from tillfree.learning.palms.embedding.network import EMBEDDING_SIZE
from tillfree.learning.torch_lazily import torch

__all__ = ["Centres", "pair_loss"]

_PAIR_SCALE, _PAIR_MARGIN = 24.0, 0.1
_KEEP = 0.9


class Centres:
    """A place for each class (classes, EMBEDDING_SIZE), moved by what its samples and all others say."""

    def __init__(self, classes: int, *, scale: float = 24.0, margin: float = 0.25, part: int = 4096) -> None:
        self.places: Any = torch().zeros(classes, EMBEDDING_SIZE)
        self._scale, self._margin, self._part = scale, margin, part

    def known(self) -> Any:
        """Which classes were seen (classes,)."""
        return self.places.abs().amax(dim=1) > 0

    def loss(self, embeddings: Any, classes: Any, rng: np.random.Generator) -> tuple[Any, Any, Any]:
        """The loss, and the centres that took part with their numbers, for `step` after the gradients are there.

        Args:
            embeddings: Of length 1 (n, EMBEDDING_SIZE).
            classes: Their classes (n,).
            rng: Chooses which other classes take part.
        """
        th = torch()
        known = self.known()
        old = known[classes]
        new = classes[~old].unique()
        for number in new.tolist():
            self.places[number] = embeddings.detach()[classes == number].mean(dim=0)
        self.places[new] = th.nn.functional.normalize(self.places[new], dim=1)
        present = classes.unique()
        others = th.nonzero(known)[:, 0].numpy()
        others = np.setdiff1d(others, present.numpy())
        if len(others) > self._part:
            others = rng.choice(others, self._part, replace=False)
        chosen = th.cat([present, th.from_numpy(others.astype(np.int64))])
        centres = self.places[chosen].clone().requires_grad_(True)
        cosines = embeddings @ th.nn.functional.normalize(centres, dim=1).T
        # `present` is sorted, so the place of a class in it is found by bisection.
        own = th.searchsorted(present, classes)
        rows = th.arange(len(classes))
        right = cosines[rows, own].clamp(-0.999, 0.999)
        moved = th.cos(th.acos(right) + self._margin)
        # Beyond the angle at which the cosine would rise again, go on in a straight line.
        moved = th.where(right > np.cos(np.pi - self._margin), moved, right - self._margin * np.sin(self._margin))
        logits = self._scale * cosines.index_put((rows, own), moved)
        each = th.nn.functional.cross_entropy(logits, own, reduction="none")
        # A centre that was laid on this very sample teaches nothing.
        return (each * old).sum() / max(int(old.sum()), 1), centres, chosen

    def step(self, centres: Any, chosen: Any, embeddings: Any, classes: Any, rate: float) -> None:
        """Moves the centres along their gradients, and those of the batch towards its samples."""
        th = torch()
        with th.no_grad():
            moved = centres if centres.grad is None else centres - rate * centres.grad
            self.places[chosen] = th.nn.functional.normalize(moved.detach(), dim=1)
            pulled = th.zeros_like(self.places[:1]).repeat(len(chosen), 1)
            pulled.index_add_(0, th.searchsorted(classes.unique(), classes), embeddings)
            present = chosen[: len(classes.unique())]
            drawn = _KEEP * self.places[present] + (1 - _KEEP) * th.nn.functional.normalize(
                pulled[: len(present)], dim=1
            )
            self.places[present] = th.nn.functional.normalize(drawn, dim=1)


def pair_loss(first: Any, second: Any, classes: Any) -> Any:
    """How badly the second sample of each class is found among those of all classes, and the first likewise.

    Args:
        first: Embeddings of length 1 (n, EMBEDDING_SIZE), one of each class.
        second: Others of the same classes.
        classes: Which they are (n,); a class that is there twice is no negative of itself.
    """
    th = torch()
    same = (classes[:, None] == classes[None]) & ~th.eye(len(classes), dtype=th.bool)
    margin = _PAIR_MARGIN * th.eye(len(classes))
    total = 0.0
    for left, right in ((first, second), (second, first)):
        across = (_PAIR_SCALE * (left @ right.T - margin)).masked_fill(same, -1e4)
        alike = (_PAIR_SCALE * (left @ left.T)).masked_fill(same | th.eye(len(classes), dtype=th.bool), -1e4)
        logits = th.cat([across, alike], dim=1)
        total = total + th.nn.functional.cross_entropy(logits, th.arange(len(classes)))
    return total / 2.0
