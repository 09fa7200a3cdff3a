"""The network: fixed layers that even out light and find lines, and learned ones that make an embedding of them.

The fixed ones are a masked local normalisation and Gabor filters in six directions and three sizes, of which dark and
bright answers are kept apart and divided by what all directions answer nearby: after them, light, contrast and lens
matter little, so that what is learned on simulated palms holds for others. (That lines in six directions tell palms
apart is from Kong and Zhang, Competitive coding scheme for palmprint verification, ICPR 2004.) The learned ones are a
small residual network (He et al., Deep residual learning, CVPR 2016) that keeps where things are: each of 64 places is
weighed on its own, and not the mean of all.
"""

from typing import Any

import numpy as np

from tillfree.learning.palms.embedding.collection import SIDE_PX
from tillfree.learning.torch_lazily import torch

__all__ = ["EMBEDDING_SIZE", "Network"]

EMBEDDING_SIZE = 512
_TURNS = 6
_SCALES = 3
_CELLS_PX = 32
_WIDTHS = (64, 128)
_PER_PLACE = 24
_TAPS = 11


def _filters(wave: float) -> Any:
    """Gabor filters (_TURNS, 1, _TAPS, _TAPS), each of sum 0 and length 1; light on a dark ground answers above 0."""
    axis = np.arange(_TAPS) - _TAPS // 2
    kernels = []
    for turn in np.arange(_TURNS) * np.pi / _TURNS:
        along = np.cos(turn) * axis[None] + np.sin(turn) * axis[:, None]
        across = -np.sin(turn) * axis[None] + np.cos(turn) * axis[:, None]
        window = np.exp(-0.5 * ((along / (0.5 * wave)) ** 2 + (across / (0.32 * wave)) ** 2))
        kernel = window * np.cos(2.0 * np.pi * across / wave)
        kernel -= window * kernel.sum() / window.sum()
        kernels.append(kernel / np.sqrt((kernel**2).sum()))
    return torch().tensor(np.stack(kernels)[:, None], dtype=torch().float32)


class Network:
    """`layers` is the learned part, a module of PyTorch; `__call__` is all of it."""

    def __init__(self) -> None:
        nn = torch().nn
        self.banks = [_filters(6.0), _filters(6.0), _filters(6.0)]
        first, second = _WIDTHS
        self.layers: Any = nn.ModuleDict(
            {
                "stem": _step(2 * _TURNS * _SCALES + 1, first, 2),
                "first": _block(first),
                "down": _step(first, second, 2),
                "second": _block(second),
                "third": _block(second),
                "narrow": nn.Sequential(nn.Conv2d(second, _PER_PLACE, 1, bias=False), nn.BatchNorm2d(_PER_PLACE)),
                "embed": nn.Sequential(
                    nn.Dropout(0.1),
                    nn.Linear(_PER_PLACE * (_CELLS_PX // 4) ** 2, EMBEDDING_SIZE, bias=False),
                    nn.BatchNorm1d(EMBEDDING_SIZE, affine=False),
                ),
            }
        )

    def __call__(self, grey: Any, mask: Any) -> Any:
        """Embeddings (n, EMBEDDING_SIZE), not yet of length 1, of grey levels (n, 1, SIDE_PX, SIDE_PX) and masks."""
        return self.learned(self.lines(grey, mask))

    def learned(self, lines: Any) -> Any:
        """Embeddings of what the fixed layers say."""
        nn = torch().nn.functional
        layers = self.layers
        x = layers["stem"](lines)
        x = nn.relu(x + layers["first"](x))
        x = layers["down"](x)
        x = nn.relu(x + layers["second"](x))
        x = nn.relu(x + layers["third"](x))
        return layers["embed"](layers["narrow"](x).flatten(1))

    def lines(self, grey: Any, mask: Any) -> Any:
        """What the fixed layers say: (n, 37, 32, 32)."""
        th = torch()
        nn = th.nn.functional
        if grey.shape[-1] != SIDE_PX:
            grey = nn.interpolate(grey, size=(SIDE_PX, SIDE_PX), mode="bilinear", antialias=False)
            mask = nn.interpolate(mask, size=(SIDE_PX, SIDE_PX), mode="bilinear", antialias=False)
            mask = (mask > 0.99).to(grey.dtype)
        coarse = nn.avg_pool2d(mask, SIDE_PX // _CELLS_PX)
        # What is nearer to an edge of the mask than a line is wide says nothing of lines.
        sure = -nn.max_pool2d(-(coarse > 0.9).to(grey.dtype), 3, 1, 1)
        found = []
        for level, bank in enumerate(self.banks):
            answer = nn.conv2d(_even(grey, mask), bank, padding=_TAPS // 2, stride=2 if level == 0 else 1)
            parts = th.cat([nn.relu(answer), nn.relu(-answer)], dim=1)
            ratio = parts.shape[-1] // _CELLS_PX
            parts = (nn.avg_pool2d(parts, ratio) if ratio > 1 else parts) * sure
            power = (parts * parts).sum(dim=1, keepdim=True)
            around = nn.avg_pool2d(power, 9, 1, 4)
            floor = power.mean(dim=(2, 3), keepdim=True)
            found.append(parts / th.sqrt(around + 0.3 * floor + 1e-6))
            if level + 1 < _SCALES:
                weight = nn.avg_pool2d(mask, 2)
                grey = nn.avg_pool2d(grey * mask, 2) / (weight + 1e-4)
                mask = (weight > 0.5).to(grey.dtype)
        return th.cat([*found, sure], dim=1)


def _even(grey: Any, mask: Any) -> Any:
    """Grey levels without slow light: less the mean around, over the deviation of the whole palm."""
    nn = torch().nn.functional
    side = grey.shape[-1]
    ratio = side // _CELLS_PX * 2 if side > _CELLS_PX else 2
    weight = nn.avg_pool2d(nn.avg_pool2d(mask, ratio), 3, 1, 1)
    mean = nn.avg_pool2d(nn.avg_pool2d(grey * mask, ratio), 3, 1, 1) / (weight + 1e-3)
    mean = nn.interpolate(mean, size=(side, side), mode="bilinear", align_corners=False)
    off = (grey - mean) * mask
    power = (off * off).sum(dim=(2, 3), keepdim=True) / (mask.sum(dim=(2, 3), keepdim=True) + 1.0)
    return (off / torch().sqrt(power + 1e-7)).clamp(-4.0, 4.0)


def _step(inner: int, outer: int, stride: int) -> Any:
    nn = torch().nn
    return nn.Sequential(nn.Conv2d(inner, outer, 3, stride, 1, bias=False), nn.BatchNorm2d(outer), nn.ReLU())


def _block(width: int) -> Any:
    nn = torch().nn
    return nn.Sequential(
        nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width),
    )  # fmt: skip
