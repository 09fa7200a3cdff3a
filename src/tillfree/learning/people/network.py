"""The network: a small residual one (He et al., 2016) with a pyramid (Lin et al., 2017) and two heads at stride 4.

One head says for each place how likely somebody's middle is there, the other how far it is to the four sides of their
box (Zhou et al., Objects as points, 2019; Tian et al., FCOS, ICCV 2019). The losses are those of Liu et al.
(Training-time-friendly network, AAAI 2020): a focal one on the hills, and the generalised overlap (Rezatofighi et al.,
CVPR 2019) on the boxes.
"""

import torch
from torch import nn
from torch.nn import functional

from tillfree.learning.people.targets import STRIDE

__all__ = ["BOX_SCALE_PX", "Network", "loss_of"]

BOX_SCALE_PX = 16.0
_WIDTHS = (16, 32, 64, 96, 128)
_DEPTHS = (1, 2, 2, 2)
_PYRAMID = 48
_BOX_WEIGHT = 3.0


class Convolution(nn.Module):
    """A convolution, normalised, with or without the bend at zero."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, *, bend: bool = True) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.bend = bend

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        y = self.norm(self.convolution(x))
        return functional.relu(y) if self.bend else y


class Residual(nn.Module):
    """Two convolutions, added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = Convolution(width, width)
        self.second = Convolution(width, width, bend=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The shape stays."""
        return functional.relu(x + self.second(self.first(x)))


class Network(nn.Module):
    """Pictures (n, 3, h, w) of bytes / 255 to hills (n, 1, h/4, w/4), before the sigmoid, and distances (n, 4, ...)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, _WIDTHS[0], stride=2)
        self.down = nn.ModuleList(
            Convolution(a, b, stride=2) for a, b in zip(_WIDTHS[:-1], _WIDTHS[1:], strict=True)
        )
        self.stages = nn.ModuleList(
            nn.Sequential(*(Residual(width) for _ in range(depth)))
            for width, depth in zip(_WIDTHS[1:], _DEPTHS, strict=True)
        )
        self.across = nn.ModuleList(Convolution(width, _PYRAMID, 1, bend=False) for width in _WIDTHS[1:])
        self.smooth = nn.ModuleList(Convolution(_PYRAMID, _PYRAMID) for _ in _WIDTHS[1:-1])
        self.heads = nn.ModuleList(Convolution(_PYRAMID, _PYRAMID) for _ in range(2))
        self.hills = nn.Conv2d(_PYRAMID, 1, 1)
        self.sides = nn.Conv2d(_PYRAMID, 4, 1)
        nn.init.constant_(self.hills.bias, -3.5)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Hills before the sigmoid, and distances in pixels."""
        x = self.stem((x - 0.5) * 4.0)
        levels = []
        for down, stage in zip(self.down, self.stages, strict=True):
            x = stage(down(x))
            levels.append(x)
        x = self.across[-1](levels[-1])
        for number in range(len(levels) - 2, -1, -1):
            x = functional.interpolate(functional.relu(x), scale_factor=2.0, mode="nearest")
            x = self.smooth[number](functional.relu(x + self.across[number](levels[number])))
        return self.hills(self.heads[0](x)), functional.softplus(self.sides(self.heads[1](x)).float()) * BOX_SCALE_PX


def loss_of(
    hills: torch.Tensor, sides: torch.Tensor, targets: tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of the hills, and that of the boxes; targets as in `targets_of`, stacked."""
    wanted, boxes, weights, counts = targets
    logits = hills.float()[:, 0]
    found = torch.sigmoid(logits).clamp(1e-4, 1 - 1e-4)
    top = (wanted > 0.999).float()
    focal = -top * (1 - found) ** 2 * torch.log(found)
    focal = focal - (1 - top) * (1 - wanted) ** 4 * found**2 * torch.log(1 - found) * counts
    people = top.sum().clamp(min=1.0)
    overlap = _overlap(_boxes(sides), boxes)
    box = ((1.0 - overlap) * weights).sum() / weights.sum().clamp(min=1.0)
    return focal.sum() / people, _BOX_WEIGHT * box


def _boxes(sides: torch.Tensor) -> torch.Tensor:
    """Distances (n, 4, h, w) as boxes: left, top, right, bottom."""
    _, _, height, width = sides.shape
    x = (torch.arange(width, dtype=torch.float32) + 0.5) * STRIDE
    y = (torch.arange(height, dtype=torch.float32)[:, None] + 0.5) * STRIDE
    return torch.stack([x - sides[:, 0], y - sides[:, 1], x + sides[:, 2], y + sides[:, 3]], dim=1)


def _overlap(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The generalised overlap of boxes (n, 4, h, w)."""
    both_w = torch.minimum(one[:, 2], other[:, 2]) - torch.maximum(one[:, 0], other[:, 0])
    both_h = torch.minimum(one[:, 3], other[:, 3]) - torch.maximum(one[:, 1], other[:, 1])
    both = both_w.clamp(min=0) * both_h.clamp(min=0)
    areas = [(b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) for b in (one, other)]
    union = (areas[0] + areas[1] - both).clamp(min=1e-3)
    hull_w = torch.maximum(one[:, 2], other[:, 2]) - torch.minimum(one[:, 0], other[:, 0])
    hull_h = torch.maximum(one[:, 3], other[:, 3]) - torch.minimum(one[:, 1], other[:, 1])
    hull = (hull_w * hull_h).clamp(min=1e-3)
    return both / union - (hull - union) / hull
