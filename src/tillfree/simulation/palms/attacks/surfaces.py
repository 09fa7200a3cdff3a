"""What is held before the camera: its colour in four bands, its relief, how it shines, what pattern it carries.

Skin is a map of absorption (melanin, blood) under a map of folds, softened as far as light of a band travels under the
surface before it comes out again: the diffuse mean free paths of skin are 3.67, 1.37 and 0.68 mm for red, green and
blue (Jensen et al., A practical model for subsurface light transport, SIGGRAPH 2001, table of `skin1`), and longer in
the near infrared.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import opencv
from tillfree.simulation.palms.attacks.anatomy import MAP_PX_PER_MM, Anatomy

__all__ = ["Grid", "Skin", "Surface", "random_skin", "skin_surface"]

Floats = npt.NDArray[np.float32]
_PATHS_MM = (3.67, 1.37, 0.68, 5.0)
_SOFT = 0.4
"""The standard deviation of a softened line, in mean free paths: most light leaves near where it entered."""


@dataclasses.dataclass(frozen=True, slots=True)
class Grid:
    """A regular pattern: pixels of a screen or dots of a print; waves `(cycles per mm, angle, amplitude)`."""

    waves: tuple[tuple[float, float, float], ...]
    colour_phases: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclasses.dataclass(frozen=True, slots=True)
class Surface:
    """Something with a front side.

    `albedo` (rows, columns, 4): red, green, blue, near infrared, linear, 0 to 1; for a screen the light that it gives.
    `inside` and `height_mm` as in `Anatomy`; `bend_mm` is added to the height, by an amount that changes in time.
    `gloss` is the strength and `sharpness` the exponent of its highlights (Blinn 1977).
    """

    albedo: Floats
    inside: Floats
    height_mm: Floats
    bend_mm: Floats
    landmarks_mm: npt.NDArray[np.float64]
    gloss: float
    sharpness: float
    glows: bool = False
    grid: Grid | None = None
    refresh: float = 0.0
    """Depth of the bands that a screen's refresh leaves in a frame."""


@dataclasses.dataclass(frozen=True, slots=True)
class Skin:
    """`melanin` and `blood` 0 to 1; `vein_contrast` in the near infrared; `oil` 0 to 1; `fold_depth` about 1.

    `nir_folds` is what of the folds the near infrared sees, `surface` the share of folds that is seen at the surface:
    it depends on lamps and polarisers as well.
    """

    melanin: float
    blood: float
    vein_contrast: float
    oil: float
    fold_depth: float
    nir_folds: float
    surface: float


def random_skin(rng: np.random.Generator) -> Skin:
    """Skin of any tone."""
    return Skin(
        melanin=rng.uniform(0.0, 1.0),
        blood=rng.uniform(0.15, 1.0),
        vein_contrast=rng.uniform(0.10, 0.30),
        oil=rng.uniform(0.0, 0.6),
        fold_depth=rng.uniform(0.6, 1.3),
        nir_folds=rng.uniform(0.05, 0.18),
        surface=rng.uniform(0.15, 0.75),
    )


def skin_surface(anatomy: Anatomy, skin: Skin, *, fat_mm: float = 1.0, cup_mm: float = 4.0) -> Surface:
    """A living hand: `fat_mm` is how much further veins are softened, `cup_mm` how far the palm closes in time."""
    cv2 = opencv()
    folds = anatomy.creases + 0.05 * anatomy.ridges
    bare = np.array([0.62, 0.40, 0.31, 0.66], dtype=np.float32)
    absorbed = skin.melanin * np.array([0.62, 0.85, 1.05, 0.10], dtype=np.float32)
    absorbed += (skin.blood - 0.5) * np.array([0.10, 0.45, 0.40, 0.05], dtype=np.float32)
    line = skin.fold_depth * np.array([0.45, 0.62, 0.66, 0.0], dtype=np.float32) * (1.0 + 0.6 * skin.melanin)
    line[3] = skin.fold_depth * skin.nir_folds
    flush = 0.05 * skin.blood * np.array([0.3, 1.0, 0.9, 0.1], dtype=np.float32)
    deep = cv2.GaussianBlur(anatomy.veins, (0, 0), max(fat_mm, 0.3) * MAP_PX_PER_MM)
    bands = []
    for band, path_mm in enumerate(_PATHS_MM):
        soft = cv2.GaussianBlur(folds, (0, 0), _SOFT * path_mm * MAP_PX_PER_MM)
        seen = skin.surface * folds + (1.0 - skin.surface) * soft * (1.0 + 0.4 * path_mm)
        depth = line[band] * seen + flush[band] * anatomy.blotches
        depth += deep * (skin.vein_contrast if band == 3 else 0.015)
        bands.append(bare[band] * np.exp(-absorbed[band] - depth))
    albedo = np.stack(bands, axis=-1).astype(np.float32)
    y = np.linspace(-1.0, 1.0, anatomy.inside.shape[0], dtype=np.float32)[:, None]
    x = np.linspace(-1.0, 1.0, anatomy.inside.shape[1], dtype=np.float32)[None, :]
    cup = (cup_mm * (1.6 * x**2 - 0.8 * x * y + 1.4 * np.clip(-y - 0.2, 0.0, 1.0) ** 2)).astype(np.float32)
    shine = 0.03 + 0.22 * skin.oil
    return Surface(albedo, anatomy.inside, anatomy.height_mm, cup, anatomy.landmarks_mm, shine, 9.0 + 30.0 * skin.oil)
