"""The network of landmarks: an hourglass of small convolutions with a map for each landmark at a quarter of the size.

Down and up with short cuts (Newell et al., Stacked hourglass networks, ECCV 2016), residual blocks (He et al., 2016).
Each landmark's map is a softmax over all places, learned by its cross entropy against a small hill (Sun et al.,
Integral human pose regression, ECCV 2018, reads its mean); one more map tells bare skin, one number whether there is a
hand at all. Tensors have the type Any, since PyTorch is loaded only where something is trained.
"""

from typing import Any

from tillfree.learning.pyramid import joined, levels, pyramid
from tillfree.learning.torch_lazily import torch
from tillfree.palm.capture.landmarks import LANDMARKS, TIPS

__all__ = ["STRIDE", "LandmarkNetwork", "loss_of"]

STRIDE = 4
_WIDTHS = (20, 32, 56, 84, 104)
_DEPTHS = (1, 1, 2, 2)
_MID = 48
_HILL_CELLS = 0.9
_TIP_WEIGHT = 0.3
"""Tips of fingers say where a hand is, but not where its palm is."""
_SKIN_WEIGHT, _HAND_WEIGHT = 1.0, 0.5


class LandmarkNetwork:
    """Pictures (n, 3, h, w), 0 to 1, to maps (n, 22 + 1, h / 4, w / 4) and a number (n,), all before the bend.

    The last map is skin's. `layers` holds the weights: a convolution with its normalisation under each name.
    """

    def __init__(self) -> None:
        nn = torch().nn
        self.layers: Any = nn.ModuleDict(
            {
                **pyramid(_WIDTHS, _DEPTHS, _MID),
                "maps": nn.Conv2d(_MID, len(LANDMARKS) + 1, 1),
                "hand": nn.Linear(_WIDTHS[-1], 1),
            }
        )

    def __call__(self, x: Any) -> tuple[Any, Any]:
        """Maps and the logit of a hand."""
        layers = self.layers
        found = levels(layers, x)
        hand = layers["hand"](found[-1].mean(dim=(2, 3)))[:, 0]
        return layers["maps"](joined(layers, found)), hand


def loss_of(maps: Any, hand: Any, landmarks: Any, skin: Any, there: Any) -> Any:
    """The loss of a batch: `landmarks` (n, 22, 2) in pixels, `skin` (n, h, w) 0 to 1, `there` (n,) 0 or 1.

    Landmarks outside the picture, and all where there is no hand, count nothing.
    """
    th = torch()
    rows, columns = maps.shape[2:]
    cells = landmarks / STRIDE - 0.5 + 0.5 / STRIDE
    x, y = th.arange(columns, dtype=th.float32), th.arange(rows, dtype=th.float32)
    hill_x = th.exp(-0.5 * ((x - cells[..., :1]) / _HILL_CELLS) ** 2)
    hill_y = th.exp(-0.5 * ((y - cells[..., 1:]) / _HILL_CELLS) ** 2)
    hill = (hill_y[..., :, None] * hill_x[..., None, :]).flatten(2)
    inside = ((cells > -0.5) & (cells < th.tensor([columns - 0.5, rows - 0.5]))).all(dim=2) * there[:, None]
    wanted = hill / hill.sum(dim=2, keepdim=True).clamp(min=1e-6)
    logs = th.log_softmax(maps[:, :-1].float().flatten(2), dim=2)
    surprise = -(wanted * logs).sum(dim=2)
    inside = inside * th.tensor([_TIP_WEIGHT if TIPS.start <= k < TIPS.stop else 1.0 for k in range(len(LANDMARKS))])
    places = (surprise * inside).sum() / inside.sum().clamp(min=1.0)
    functional = th.nn.functional
    of_skin = functional.binary_cross_entropy_with_logits(maps[:, -1].float(), skin)
    of_hand = functional.binary_cross_entropy_with_logits(hand.float(), there)
    return places + _SKIN_WEIGHT * of_skin + _HAND_WEIGHT * of_hand
