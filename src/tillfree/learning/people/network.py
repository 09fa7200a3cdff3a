"""The network: a small residual one (He et al., 2016) with a pyramid (Lin et al., 2017) and two heads at stride 4.

One head says for each place how likely somebody's middle is there, the other how far it is to the four sides of their
box (Zhou et al., Objects as points, 2019; Tian et al., FCOS, ICCV 2019). The losses are those of Liu et al.
(Training-time-friendly network, AAAI 2020): a focal one on the hills, and the generalised overlap (Rezatofighi et al.,
CVPR 2019) on the boxes. Tensors have the type Any, since PyTorch is loaded only where something is trained.
"""

from typing import Any

from tillfree.learning.people.targets import STRIDE
from tillfree.learning.pyramid import apply, convolution, joined, levels, pyramid
from tillfree.learning.torch_lazily import torch

__all__ = ["BOX_SCALE_PX", "Network", "loss_of"]

BOX_SCALE_PX = 16.0
_WIDTHS = (16, 32, 64, 96, 128)
_DEPTHS = (1, 2, 2, 2)
_PYRAMID = 48
_BOX_WEIGHT = 3.0
_RARE = -3.5
"""Before anything is learned, people are thought to be rare: the logit of about 0.03."""


class Network:
    """Pictures (n, 3, h, w) of shares of white to hills (n, 1, h/4, w/4), before the sigmoid, and distances in pixels.

    `layers` holds the weights: a convolution with its normalisation under each name.
    """

    def __init__(self) -> None:
        nn = torch().nn
        self.layers: Any = nn.ModuleDict(
            {
                **pyramid(_WIDTHS, _DEPTHS, _PYRAMID),
                "heads": nn.ModuleList(convolution(_PYRAMID, _PYRAMID) for _ in range(2)),
                "hills": nn.Conv2d(_PYRAMID, 1, 1),
                "sides": nn.Conv2d(_PYRAMID, 4, 1),
            }
        )
        nn.init.constant_(self.layers["hills"].bias, _RARE)

    def __call__(self, x: Any) -> tuple[Any, Any]:
        """Hills before the sigmoid, and distances in pixels."""
        layers = self.layers
        x = joined(layers, levels(layers, x))
        hills, far = (
            layers[name](apply(head, x)) for name, head in zip(("hills", "sides"), layers["heads"], strict=True)
        )
        return hills, torch().nn.functional.softplus(far.float()) * BOX_SCALE_PX


def loss_of(hills: Any, sides: Any, targets: tuple[Any, Any, Any, Any]) -> tuple[Any, Any]:
    """The loss of the hills, and that of the boxes; targets as in `targets_of`, stacked."""
    th = torch()
    wanted, boxes, weights, counts = targets
    found = th.sigmoid(hills.float()[:, 0]).clamp(1e-4, 1 - 1e-4)
    top = (wanted > 0.999).float()
    focal = -top * (1 - found) ** 2 * th.log(found)
    focal = focal - (1 - top) * (1 - wanted) ** 4 * found**2 * th.log(1 - found) * counts
    overlap = _overlap(_boxes(sides), boxes)
    box = ((1.0 - overlap) * weights).sum() / weights.sum().clamp(min=1.0)
    return focal.sum() / top.sum().clamp(min=1.0), _BOX_WEIGHT * box


def _boxes(sides: Any) -> Any:
    """Distances (n, 4, h, w) as boxes: left, top, right, bottom."""
    th = torch()
    _, _, height, width = sides.shape
    x = (th.arange(width, dtype=th.float32) + 0.5) * STRIDE
    y = (th.arange(height, dtype=th.float32)[:, None] + 0.5) * STRIDE
    return th.stack([x - sides[:, 0], y - sides[:, 1], x + sides[:, 2], y + sides[:, 3]], dim=1)


def _overlap(one: Any, other: Any) -> Any:
    """The generalised overlap of boxes (n, 4, h, w), shape (n, h, w)."""
    th = torch()
    both_w = th.minimum(one[:, 2], other[:, 2]) - th.maximum(one[:, 0], other[:, 0])
    both_h = th.minimum(one[:, 3], other[:, 3]) - th.maximum(one[:, 1], other[:, 1])
    both = both_w.clamp(min=0) * both_h.clamp(min=0)
    areas = [(b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) for b in (one, other)]
    union = (areas[0] + areas[1] - both).clamp(min=1e-3)
    hull_w = th.maximum(one[:, 2], other[:, 2]) - th.minimum(one[:, 0], other[:, 0])
    hull_h = th.maximum(one[:, 3], other[:, 3]) - th.minimum(one[:, 1], other[:, 1])
    hull = (hull_w * hull_h).clamp(min=1e-3)
    return both / union - (hull - union) / hull
