"""Paints: what colour a surface has at each of its points, worked out for many points at once.

Colours are linear (not gamma-encoded) shares of red, green and blue. Assumed throughout: no real picture was measured.
"""

import dataclasses
import zlib

import numpy as np
import numpy.typing as npt

__all__ = ["Paints"]

PLAIN, STRIPES, LABEL, TILES, CHECKS, BLOTCHES = range(6)
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

    def stripes(self, first: Colour, second: Colour, per_unit: float, slant: float = 0.0) -> int:
        """Stripes of two colours, so many in one unit of the texture."""
        return self._add(STRIPES, first, second, 2.0 * per_unit, slant)

    def checks(self, first: Colour, second: Colour, per_unit: float) -> int:
        """A chequered cloth."""
        return self._add(CHECKS, first, second, 2.0 * per_unit, 0.0)

    def blotches(self, first: Colour, second: Colour, size_m: float, shift: float = 0.0) -> int:
        """Two colours that run into each other irregularly, in blotches of about that size."""
        return self._add(BLOTCHES, first, second, size_m, shift)

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
        checked = (kind == CHECKS) & (np.floor(texture * scale[:, None]).sum(axis=1) % 2 == 1)
        found: Singles = np.where((striped | labelled | jointed | checked)[:, None], second, first)
        blotched = np.flatnonzero(kind == BLOTCHES)
        if len(blotched):
            share = _cloud(points[blotched] / scale[blotched, None], shift[blotched])[:, None]
            found[blotched] = first[blotched] * (1.0 - share) + second[blotched] * share
        return found


def _cloud(points: Singles, shift: Singles) -> Singles:
    """Smooth noise (n,) from 0 to 1 over points (n, 3): three octaves of values at the corners of a lattice.

    Value noise as in Ebert et al., Texturing and modeling, 1998; the corners' values come from a hash of their place.
    """
    total = np.zeros(len(points), dtype=np.float32)
    for octave in range(3):
        place = points.astype(np.float64) * 2.0**octave + 17.0 * shift[:, None] + 5.3 * octave
        corner = np.floor(place)
        share = (place - corner).astype(np.float32)
        share = share * share * (3.0 - 2.0 * share)
        at = corner.astype(np.int64)
        for step in np.ndindex(2, 2, 2):
            x, y, z = (at + np.array(step)).T
            mixed = ((x * 73_856_093) ^ (y * 19_349_663) ^ (z * 83_492_791)) & 0xFFFFFF
            mixed = ((mixed ^ (mixed >> 11)) * 2_654_435_761) & 0xFFFFFF
            weight = np.prod(np.where(np.array(step) == 1, share, 1.0 - share), axis=1)
            total += np.float32(0.5**octave / 1.75) * weight * (mixed / np.float32(0xFFFFFF)).astype(np.float32)
    cloud: Singles = np.clip((total - np.float32(0.5)) * np.float32(2.5) + np.float32(0.5), 0.0, 1.0)
    return cloud


def _vivid(rng: np.random.Generator) -> Colour:
    """A colour as on packings: one channel strong, one weak, or nearly white or black."""
    if rng.random() < 0.25:
        grey = float(rng.choice([0.05, 0.75]))
        return (grey, grey, grey)
    levels = rng.permutation([rng.uniform(0.45, 0.8), rng.uniform(0.1, 0.6), rng.uniform(0.02, 0.15)])
    return (float(levels[0]), float(levels[1]), float(levels[2]))
