"""Presentation attack instruments (ISO/IEC 30107-1): what somebody could hold up instead of the victim's hand.

Each is made from a photo of the victim, as an attacker would have it. What matters in the near infrared: carbon black
(toner, some black inks) absorbs it as it does light, dyes and colour toners let it pass to the white paper, a screen
gives none of it, silicone has no vessels (the physics is told with each kind; the numbers are round).
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import opencv
from tillfree.simulation.palms.attacks.anatomy import LEFT_MM, MAP_PX_PER_MM, MAP_SIZE, TOP_MM, Anatomy
from tillfree.simulation.palms.attacks.camera import Camera, Pose, shoot
from tillfree.simulation.palms.attacks.surfaces import Grid, Skin, Surface, skin_surface

__all__ = ["KINDS", "Victim", "instrument", "photo_of"]

Floats = npt.NDArray[np.float32]
_PHOTO_PX = 660


@dataclasses.dataclass(frozen=True, slots=True)
class Victim:
    """Whose palm the instrument shows; `photo` (MAP_SIZE, 4) is linear light, the fourth band near infrared."""

    anatomy: Anatomy
    skin: Skin
    photo: Floats


def photo_of(rng: np.random.Generator, anatomy: Anatomy, skin: Skin) -> Victim:
    """A photo of the hand as it could be taken unseen: some blur, its own light, before white, grey or dark."""
    cv2 = opencv()
    camera = Camera(_PHOTO_PX, 1000.0, (rng.uniform(-150, 150), -150.0, 0.0), rng.uniform(0.3, 0.8), 1.0, 0.0,
                    rng.uniform(0.4, 1.4))  # fmt: skip
    tone = rng.choice([0.05, 0.3, 0.8])
    behind = np.full((_PHOTO_PX, _PHOTO_PX, 4), tone, dtype=np.float32)
    shot = shoot(skin_surface(anatomy, skin), behind, Pose((0.0, 0.0, 400.0), (0.0, 0.0, 0.0)), camera)
    move = np.array([[1, 0, -LEFT_MM * MAP_PX_PER_MM - _PHOTO_PX / 2], [0, 1, -TOP_MM * MAP_PX_PER_MM - _PHOTO_PX / 2]])
    photo = cv2.warpAffine(shot.light, move, MAP_SIZE[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    noisy = photo + np.float32(0.006) * rng.standard_normal(photo.shape, dtype=np.float32)
    return Victim(anatomy, skin, np.clip(noisy / np.quantile(noisy[200:450, 100:400, 0], 0.9) * 0.75, 0.0, 1.0))


def instrument(kind: str, victim: Victim, other: Surface, rng: np.random.Generator) -> Surface:
    """The instrument of a kind; `other` is the attacker's own hand, for what is worn on one."""
    made = KINDS[kind](victim, other, rng)
    return dataclasses.replace(made, albedo=np.clip(made.albedo, 0.0, 1.0).astype(np.float32))


# ---- prints -----------------------------------------------------------------------------------------------------


def _paper(rng: np.random.Generator) -> Floats:
    """Fibres and flocs: a factor near 1 on every place of the map."""
    cv2 = opencv()
    fine = rng.standard_normal(MAP_SIZE, dtype=np.float32)
    flocs = cv2.GaussianBlur(rng.standard_normal(MAP_SIZE, dtype=np.float32), (0, 0), 3.0) * 9.0
    grain: Floats = 1.0 + rng.uniform(0.004, 0.02) * (fine + 0.5 * flocs)
    return grain


def _sheet(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Where a sheet is, with corners that are not quite square to the hand, and a slight bend of held paper."""
    cv2 = opencv()
    half = np.array([rng.uniform(70, 99), rng.uniform(100, 125)])
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half + np.array([0.0, -10.0])
    angle = rng.normal(0.0, 0.06)
    corners = corners @ np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    inside = np.zeros(MAP_SIZE, dtype=np.uint8)
    places = np.round((corners - np.array([LEFT_MM, TOP_MM])) * MAP_PX_PER_MM).astype(np.int32)
    cv2.fillPoly(inside, [places.reshape(-1, 1, 2)], 255, cv2.LINE_AA)
    return inside.astype(np.float32) / 255.0, _cylinder(rng, rng.uniform(500, 3000))


def _cylinder(rng: np.random.Generator, radius_mm: float) -> Floats:
    """The height in mm of a sheet that is bent about one axis: paper does not bend about two."""
    angle = rng.uniform(0.0, math.pi)
    x = LEFT_MM + np.arange(MAP_SIZE[1], dtype=np.float32)[None, :] / MAP_PX_PER_MM
    y = TOP_MM + np.arange(MAP_SIZE[0], dtype=np.float32)[:, None] / MAP_PX_PER_MM
    away = x * math.cos(angle) + y * math.sin(angle)
    height: Floats = (-np.minimum(away**2 / (2 * radius_mm), 60.0)).astype(np.float32)
    return height


def _halftone(rng: np.random.Generator, depth: float) -> Grid:
    """Dots of a print: 106 to 200 lines per inch, at 45 degrees and its neighbours."""
    per_mm = rng.uniform(106, 200) / 25.4
    angle = math.radians(45.0) + rng.normal(0.0, 0.02)
    waves = tuple((per_mm, angle + turn, depth) for turn in (0.0, math.pi / 2))
    return Grid(waves, (0.0, 0.33, 0.66))


def _reproduced(photo: Floats, rng: np.random.Generator) -> Floats:
    """Colours (rows, columns, 3) as ink reaches them: a smaller range, a cast, another curve."""
    cast = np.exp(rng.normal(0.0, 0.06, 3)).astype(np.float32)
    printed: Floats = 0.05 + 0.8 * np.clip(photo[..., :3], 0.0, 1.0) ** np.float32(rng.uniform(0.8, 1.25)) * cast
    return printed


def _print(victim: Victim, rng: np.random.Generator, nir: Floats, colour: Floats, gloss: float) -> Surface:
    paper = _paper(rng)
    albedo = np.concatenate([colour, nir[..., None]], axis=-1) * paper[..., None]
    inside, bend = _sheet(rng)
    flat = np.zeros(MAP_SIZE, dtype=np.float32)
    return Surface(albedo, inside, flat, bend, victim.anatomy.landmarks_mm, gloss, 60.0 if gloss > 0.1 else 6.0,
                   grid=_halftone(rng, rng.uniform(0.05, 0.25)))  # fmt: skip


def _grey(colour: Floats) -> Floats:
    grey: Floats = colour @ np.array([0.3, 0.59, 0.11], dtype=np.float32)
    return grey


def _laser(victim: Victim, _other: Surface, rng: np.random.Generator) -> Surface:
    """Black toner is carbon: the near infrared sees the same picture as the eye."""
    grey = _grey(_reproduced(victim.photo, rng))
    return _print(victim, rng, grey, np.repeat(grey[..., None], 3, axis=-1), rng.uniform(0.0, 0.08))


def _colour_laser(victim: Victim, _other: Surface, rng: np.random.Generator) -> Surface:
    """Colour toners let the near infrared pass; only the share of black that replaces grey absorbs it."""
    colour = _reproduced(victim.photo, rng)
    black = rng.uniform(0.3, 0.9) * (1.0 - colour.max(axis=-1))
    return _print(victim, rng, 0.85 * (1.0 - black), colour, rng.uniform(0.0, 0.1))


def _inkjet(victim: Victim, _other: Surface, rng: np.random.Generator) -> Surface:
    """Dyes let the near infrared pass to the white paper; photo paper is glossy."""
    colour = _reproduced(victim.photo, rng)
    nir = 0.8 - rng.uniform(0.0, 0.05) * (1.0 - _grey(colour))
    made = _print(victim, rng, nir, colour, rng.uniform(0.1, 0.4))
    return dataclasses.replace(made, grid=None)


def _bent(victim: Victim, other: Surface, rng: np.random.Generator) -> Surface:
    """A print around something round, or held in a bow: it has relief, of one axis."""
    flat = (_laser, _colour_laser, _inkjet)[int(rng.integers(3))](victim, other, rng)
    radius_mm = float(np.exp(rng.uniform(math.log(60), math.log(220))))
    return dataclasses.replace(flat, height_mm=_cylinder(rng, radius_mm), bend_mm=_cylinder(rng, 4 * radius_mm))


def _cut_out(victim: Victim, other: Surface, rng: np.random.Generator) -> Surface:
    """A print cut along the outline of the hand, with a rim of paper or without."""
    cv2 = opencv()
    flat = (_laser, _colour_laser, _inkjet)[int(rng.integers(3))](victim, other, rng)
    rim_px = round(rng.uniform(0.0, 2.5) * MAP_PX_PER_MM)
    hand = victim.anatomy.inside
    inside = cv2.dilate(hand, np.ones((2 * rim_px + 1, 2 * rim_px + 1), dtype=np.uint8)) if rim_px else hand
    return dataclasses.replace(flat, inside=inside)


def _vein_print(victim: Victim, _other: Surface, rng: np.random.Generator) -> Surface:
    """A leaked picture in near infrared, printed with carbon: veins for both eyes."""
    nir = 0.05 + 0.9 * np.clip(victim.photo[..., 3], 0.0, 1.0) ** np.float32(rng.uniform(0.8, 2.2))
    return _print(victim, rng, nir, np.repeat(nir[..., None], 3, axis=-1), rng.uniform(0.0, 0.08))


def _two_layers(victim: Victim, _other: Surface, rng: np.random.Generator) -> Surface:
    """Lines in dye over veins in thin carbon: each eye gets its own picture. Needs both pictures and much care."""
    nir = np.clip(victim.photo[..., 3], 0.0, 1.0) ** np.float32(rng.uniform(0.8, 1.8))
    level = float(np.quantile(nir, 0.8))
    colour = _reproduced(victim.photo, rng) * (0.6 + 0.4 * nir / level)[..., None]
    return _print(victim, rng, 0.75 * nir / level, colour, rng.uniform(0.0, 0.15))


# ---- screens ----------------------------------------------------------------------------------------------------


def _smaller(surface: Surface, scale: float) -> Surface:
    """The same picture at another size about the middle of the palm."""
    cv2 = opencv()
    middle = np.array([-LEFT_MM, -TOP_MM]) * MAP_PX_PER_MM
    about = np.array([[scale, 0.0, middle[0] * (1 - scale)], [0.0, scale, middle[1] * (1 - scale)]])
    albedo = cv2.warpAffine(surface.albedo, about, MAP_SIZE[::-1], borderMode=cv2.BORDER_REPLICATE)
    return dataclasses.replace(surface, albedo=albedo, landmarks_mm=surface.landmarks_mm * scale)


def _display(victim: Victim, rng: np.random.Generator, per_mm: float, refresh: float) -> Surface:
    cold = np.array([rng.uniform(0.8, 1.0), rng.uniform(0.92, 1.0), 1.0], dtype=np.float32)
    colour = 0.02 + 0.9 * np.clip(victim.photo[..., :3], 0.0, 1.0) ** np.float32(rng.uniform(0.85, 1.2)) * cold
    dark = np.full(MAP_SIZE, rng.uniform(0.03, 0.09), dtype=np.float32)
    albedo = np.concatenate([colour, dark[..., None]], axis=-1)
    waves = ((per_mm, rng.normal(0.0, 0.02), 0.5), (per_mm, math.pi / 2 + rng.normal(0.0, 0.02), 0.35))
    inside, _ = _sheet(rng)
    flat = np.zeros(MAP_SIZE, dtype=np.float32)
    return Surface(albedo, inside, flat, flat, victim.anatomy.landmarks_mm, rng.uniform(0.05, 0.5), 600.0, glows=True,
                   grid=Grid(waves, (0.0, 0.33, 0.67)), refresh=refresh)  # fmt: skip


def _tablet(victim: Victim, _other: Surface, rng: np.random.Generator) -> Surface:
    """A liquid-crystal display of 90 to 270 pixels an inch: pixels interfere with the camera's; no near infrared."""
    return _display(victim, rng, rng.uniform(90, 270) / 25.4, rng.uniform(0.0, 0.02))


def _phone(victim: Victim, _other: Surface, rng: np.random.Generator) -> Surface:
    """A phone of 300 to 460 pixels an inch: the hand is smaller, light-emitting diodes are dimmed by flashing."""
    made = _display(victim, rng, rng.uniform(300, 460) / 25.4, rng.uniform(0.01, 0.08))
    return _smaller(made, rng.uniform(0.55, 0.8))


def _e_paper(victim: Victim, _other: Surface, rng: np.random.Generator) -> Surface:
    """Grey pigments behind a matt sheet: lit like paper, in sixteen steps, seen by the near infrared as by the eye."""
    grey = np.round(np.clip(_grey(_reproduced(victim.photo, rng)), 0.0, 1.0) * 15) / 15
    made = _print(victim, rng, (0.1 + 0.35 * grey).astype(np.float32),
                  np.repeat((0.08 + 0.38 * grey)[..., None], 3, axis=-1).astype(np.float32), 0.05)  # fmt: skip
    per_mm = rng.uniform(150, 300) / 25.4
    flat = np.zeros(MAP_SIZE, dtype=np.float32)
    return dataclasses.replace(made, bend_mm=flat, grid=Grid(((per_mm, 0.0, 0.1), (per_mm, math.pi / 2, 0.1))))


# ---- replicas ---------------------------------------------------------------------------------------------------


def _cast(victim: Victim, rng: np.random.Generator, veins: float) -> Surface:
    cv2 = opencv()
    anatomy, skin = victim.anatomy, victim.skin
    living = skin_surface(anatomy, skin)
    tone = living.albedo[300:400, 200:300].mean(axis=(0, 1)) * np.exp(rng.normal(0.0, 0.08, 4))
    path_px = rng.uniform(0.3, 1.2) * MAP_PX_PER_MM
    folds = 0.6 * anatomy.creases + 0.4 * cv2.GaussianBlur(anatomy.creases, (0, 0), path_px)
    depth = rng.uniform(0.25, 0.6) * folds + 0.02 * anatomy.ridges
    albedo = tone.astype(np.float32) * np.exp(-depth[..., None] * np.array([1.0, 1.0, 1.0, 0.5], dtype=np.float32))
    if veins:
        deep = cv2.GaussianBlur(anatomy.veins, (0, 0), rng.uniform(0.3, 1.0) * MAP_PX_PER_MM)
        albedo = albedo * np.exp(-veins * deep)[..., None]
    flat = np.zeros(MAP_SIZE, dtype=np.float32)
    stiff = rng.uniform(0.0, 0.12)
    return Surface(albedo, anatomy.inside, anatomy.height_mm, flat + stiff * living.bend_mm, anatomy.landmarks_mm,
                   rng.uniform(0.12, 0.5), rng.uniform(15, 80))  # fmt: skip


def _silicone(victim: Victim, _other: Surface, rng: np.random.Generator) -> Surface:
    """A cast with the right relief and folds: one pigment, the same softness in every colour, no vessels, it shines."""
    return _cast(victim, rng, 0.0)


def _silicone_with_veins(victim: Victim, _other: Surface, rng: np.random.Generator) -> Surface:
    """A cast with carbon threads for vessels: they absorb light as well as near infrared."""
    return _cast(victim, rng, rng.uniform(0.12, 0.35))


def _film(victim: Victim, other: Surface, rng: np.random.Generator) -> Surface:
    """The victim's lines on a clear film over the attacker's living palm: true relief and blood, two sets of lines."""
    cv2 = opencv()
    lines = cv2.GaussianBlur(victim.anatomy.creases, (0, 0), rng.uniform(0.5, 1.0))
    palm = np.zeros(MAP_SIZE, dtype=np.float32)
    cv2.ellipse(palm, (250, 355), (105, 130), 0.0, 0.0, 360.0, 1.0, -1, cv2.LINE_AA)
    ink = rng.uniform(0.4, 0.8)
    nir = rng.uniform(0.0, 1.0)
    film = np.exp(-(lines * palm)[..., None] * ink * np.array([1.0, 1.0, 1.0, nir], dtype=np.float32))
    smooth = cv2.GaussianBlur(other.height_mm, (0, 0), 5.0)
    return dataclasses.replace(other, albedo=other.albedo * film, height_mm=smooth, gloss=rng.uniform(0.1, 0.4),
                               sharpness=rng.uniform(30, 120))  # fmt: skip


KINDS: dict[str, Callable[[Victim, Surface, np.random.Generator], Surface]] = {
    "laser print": _laser,
    "colour laser print": _colour_laser,
    "inkjet print": _inkjet,
    "bent print": _bent,
    "cut-out": _cut_out,
    "vein print": _vein_print,
    "two-layer print": _two_layers,
    "tablet": _tablet,
    "phone": _phone,
    "e-paper": _e_paper,
    "silicone": _silicone,
    "silicone with veins": _silicone_with_veins,
    "film on a hand": _film,
}
