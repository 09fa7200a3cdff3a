"""What differs between samples of one palm: ranges of placement, skin, light and lens, several sets for each band.

Training draws the conditions of each sample anew, so that a network cannot tell palms by them. The sets that are called
"unseen" are for tests only: they reach beyond what any set for training holds.
"""

import dataclasses

from tillfree.palm.samples import Band

__all__ = ["TRAINING", "UNSEEN", "Conditions", "careful"]

Range = tuple[float, float]


@dataclasses.dataclass(frozen=True, slots=True)
class Conditions:
    """Ranges, each of a uniform draw; lengths in sides of the region, angles in degrees, grey levels 0 to 1."""

    name: str
    band: Band
    rotation_deg: Range = (-8.0, 8.0)
    shift: float = 0.04
    """Standard deviation of the misplacement along each axis."""
    scale: Range = (0.9, 1.1)
    tilt: float = 0.06
    """Perspective and shear, standard deviation."""
    warp: Range = (0.002, 0.012)
    """Strength of the smooth random deformation."""
    principal: Range = (0.15, 0.55)
    secondary: Range = (0.15, 0.55)
    fine: Range = (0.08, 0.45)
    veins: Range = (0.0, 0.1)
    ridges: Range = (0.0, 0.05)
    mottling: Range = (0.0, 0.12)
    folds: Range = (0.0, 0.35)
    relief: Range = (0.0, 0.5)
    """Light and shadow at the sides of creases; in near infrared a crease can be bright."""
    light: Range = (0.0, 0.4)
    mounds: Range = (0.0, 0.5)
    tone: Range = (0.25, 0.75)
    contrast: Range = (0.6, 1.2)
    gamma: Range = (0.7, 1.5)
    blur_px: Range = (0.3, 1.3)
    motion_px: Range = (0.0, 2.5)
    sharpen: Range = (0.0, 0.8)
    noise: Range = (0.001, 0.01)
    glints: float = 0.08
    """Share of samples with specular spots."""
    cut: float = 0.15
    """Share of samples of which something is outside the picture or hidden."""
    jpeg: float = 0.3


TRAINING: tuple[Conditions, ...] = (
    Conditions("clear", "visible"),
    Conditions("soft", "visible", principal=(0.15, 0.45), secondary=(0.15, 0.5), fine=(0.08, 0.4),
               blur_px=(0.8, 1.8), ridges=(0.0, 0.02), sharpen=(0.0, 0.3), tone=(0.15, 0.5), light=(0.1, 0.6)),
    Conditions("sharp", "visible", secondary=(0.2, 0.6), fine=(0.2, 0.6), ridges=(0.02, 0.1),
               blur_px=(0.2, 0.8), sharpen=(0.3, 1.5), mottling=(0.02, 0.12), relief=(0.1, 0.8)),
    Conditions("phone", "visible", rotation_deg=(-12.0, 12.0), shift=0.06, scale=(0.86, 1.16), tilt=0.1,
               warp=(0.004, 0.02), light=(0.1, 0.8), noise=(0.003, 0.015), cut=0.35, jpeg=0.7),
    Conditions("veined", "nir", principal=(0.04, 0.25), secondary=(0.02, 0.2), fine=(0.0, 0.1), veins=(0.15, 0.45),
               ridges=(0.0, 0.02), mottling=(0.0, 0.03), folds=(0.0, 0.25), blur_px=(0.6, 1.8), relief=(0.0, 0.5),
               contrast=(0.5, 1.1), warp=(0.003, 0.014)),
    Conditions("creased", "nir", principal=(0.1, 0.4), secondary=(0.05, 0.35), fine=(0.03, 0.25), veins=(0.05, 0.3),
               ridges=(0.0, 0.03), mottling=(0.0, 0.04), folds=(0.0, 0.3), blur_px=(0.5, 1.6), contrast=(0.5, 1.1),
               relief=(0.0, 0.6), rotation_deg=(-10.0, 10.0), shift=0.05, warp=(0.003, 0.016)),
    Conditions("lit", "nir", principal=(-0.1, 0.15), secondary=(-0.08, 0.1), fine=(-0.08, 0.06), veins=(0.05, 0.3),
               ridges=(0.0, 0.03), mottling=(0.0, 0.03), folds=(0.0, 0.2), relief=(0.2, 1.2), contrast=(0.5, 1.1)),
)  # fmt: skip
UNSEEN: tuple[Conditions, ...] = (
    Conditions("unseen visible", "visible", rotation_deg=(-9.0, 9.0), shift=0.045, warp=(0.008, 0.018), tilt=0.07,
               principal=(0.12, 0.5), secondary=(0.1, 0.45), fine=(0.05, 0.35), mottling=(0.06, 0.14),
               light=(0.3, 0.9), noise=(0.008, 0.02), blur_px=(0.8, 2.0)),
    Conditions("unseen nir", "nir", rotation_deg=(-9.0, 9.0), shift=0.045, warp=(0.008, 0.018), tilt=0.07,
               principal=(0.02, 0.2), secondary=(0.0, 0.15), fine=(0.0, 0.1), veins=(0.08, 0.3), folds=(0.05, 0.3),
               mottling=(0.02, 0.06), blur_px=(1.0, 2.2), noise=(0.004, 0.012), light=(0.2, 0.8)),
)  # fmt: skip


def careful(conditions: Conditions) -> Conditions:
    """The same light and skin, with a hand that is held well: half as far misplaced, turned, tilted and bent."""
    low, high = conditions.scale
    return dataclasses.replace(
        conditions,
        rotation_deg=(conditions.rotation_deg[0] / 2, conditions.rotation_deg[1] / 2),
        shift=conditions.shift / 2,
        scale=((1.0 + low) / 2, (1.0 + high) / 2),
        tilt=conditions.tilt / 2,
        warp=(conditions.warp[0] / 2, conditions.warp[1] / 2),
        cut=conditions.cut / 2,
    )
