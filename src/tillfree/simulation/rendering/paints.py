"""Paints: what colour a surface has at each of its points, worked out for many points at once.

Colours are linear (not gamma-encoded) shares of red, green and blue. Assumed throughout: no real picture was measured.
"""

import dataclasses
import zlib

import numpy as np
import numpy.typing as npt

__all__ = ["Paints"]

PLAIN, STRIPES, LABEL, TILES = range(4)
Singles = npt.NDArray[np.float32]
Colour = tuple[float, float, float]


@dataclasses.dataclass(slots=True)
class Paints:
    """A palette that grows; each paint has a number. The same seed and the same order give the same palette."""

    seed: int = 0
    _rows: list[tuple[int, Colour, Colour, float, float]] = dataclasses.field(default_factory=list)

    def plain(self, colour: Colour) -> int:
        """One colour all over."""
        return self._add(PLAIN, colour, colour, 1.0, 0.0)

    def tiles(self, colour: Colour, joint: Colour, size_m: float) -> int:
        """Square tiles on the floor."""
        return self._add(TILES, colour, joint, size_m, 0.0)

    def product(self, product: str) -> int:
        """The packing of a product: its own colours, with stripes or a label; the same in every shop with this seed."""
        rng = np.random.default_rng([self.seed, zlib.crc32(product.encode())])
        kind = STRIPES if rng.random() < 0.5 else LABEL
        first, second = _vivid(rng), _vivid(rng)
        return self._add(kind, first, second, float(rng.integers(2, 7)), float(rng.uniform(0.25, 0.75)))

    def _add(self, kind: int, first: Colour, second: Colour, scale: float, shift: float) -> int:
        self._rows.append((kind, first, second, scale, shift))
        return len(self._rows) - 1

    def colours(self, paint: npt.NDArray[np.int32], texture: Singles, points: Singles) -> Singles:
        """Colours (n, 3) of points (n, 3, metres) with their paint (n,) and texture coordinates (n, 2)."""
        kind, scale, shift = (np.array([row[k] for row in self._rows], dtype=np.float32)[paint] for k in (0, 3, 4))
        first, second = (np.array([row[k] for row in self._rows], dtype=np.float32)[paint] for k in (1, 2))
        striped = (kind == STRIPES) & (np.floor((texture[:, 1] + 0.3 * texture[:, 0]) * scale + shift) % 2 == 1)
        labelled = (kind == LABEL) & (np.abs(texture[:, 1] - shift) < 0.2)
        lines = np.abs(points[:, :2] / scale[:, None] % 1.0 - 0.5) > 0.49
        jointed = (kind == TILES) & lines.any(axis=1)
        found: Singles = np.where((striped | labelled | jointed)[:, None], second, first)
        return found


def _vivid(rng: np.random.Generator) -> Colour:
    """A colour as on packings: one channel strong, one weak, or nearly white or black."""
    if rng.random() < 0.25:
        grey = float(rng.choice([0.05, 0.75]))
        return (grey, grey, grey)
    levels = rng.permutation([rng.uniform(0.45, 0.8), rng.uniform(0.1, 0.6), rng.uniform(0.02, 0.15)])
    return (float(levels[0]), float(levels[1]), float(levels[2]))
