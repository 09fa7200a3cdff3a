import dataclasses
import math

import numpy as np
import pytest

from tillfree.palm.liveness.judging import cues_of
from tillfree.simulation.palms.attacks.anatomy import MAP_SIZE, anatomy_of
from tillfree.simulation.palms.attacks.camera import Camera, Pose, project, shoot
from tillfree.simulation.palms.attacks.hover import LIVE, present
from tillfree.simulation.palms.attacks.instruments import KINDS, instrument, photo_of
from tillfree.simulation.palms.attacks.surfaces import Surface, random_skin, skin_surface

CAMERA = Camera(300, 300.0, (30.0, 0.0, 0.0), 0.3, 0.5, 0.0, 0.5)


def middle(surface: Surface) -> np.ndarray:
    return surface.albedo[300:420, 190:310]


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others() -> None:
    one, again, other = (present("inkjet print", seed, pairs=1, size_px=256) for seed in (5, 5, 6))
    assert all((a.pixels == b.pixels).all() for a, b in zip(one.frames, again.frames, strict=True))
    assert any((a.pixels != b.pixels).any() for a, b in zip(one.frames, other.frames, strict=True))


def test_lights_take_turns_and_looks_are_in_the_frame() -> None:
    shown = present(LIVE, 8, pairs=2, size_px=256)
    assert [frame.band for frame in shown.frames] == ["visible", "nir"] * 2
    for look in shown.looks:
        assert look.landmarks.shape == (22, 2)
        assert look.region is not None
        assert ((look.landmarks[17:] > 0) & (look.landmarks[17:] < 256)).all()


def test_a_palm_keeps_its_number_and_two_numbers_are_two_palms() -> None:
    one, again, other = (anatomy_of(number) for number in (3, 3, 4))
    assert (one.creases == again.creases).all()
    inner = (slice(300, 420), slice(190, 310))
    correlation = np.corrcoef(one.creases[inner].ravel(), other.creases[inner].ravel())[0, 1]
    assert correlation < 0.5


def test_a_spot_of_the_surface_is_seen_where_projection_says() -> None:
    albedo = np.zeros((*MAP_SIZE, 4), dtype=np.float32)
    albedo[330:340, 270:280] = 1.0  # about 10 mm to the right and -6 mm up
    flat = np.zeros(MAP_SIZE, dtype=np.float32)
    hill = np.full(MAP_SIZE, 20.0, dtype=np.float32)
    behind = np.zeros((300, 300, 4), dtype=np.float32)
    pose = Pose((4.0, -3.0, 260.0), (0.1, -0.15, 0.3))
    for height in (flat, hill):
        surface = Surface(albedo, np.ones(MAP_SIZE, dtype=np.float32), height, flat, np.zeros((22, 2)), 0.0, 10.0)
        light = shoot(surface, behind, pose, CAMERA).light[..., 1]
        rows, columns = np.mgrid[:300, :300] + 0.5
        seen = np.array([(columns * light).sum(), (rows * light).sum()]) / light.sum()
        at = np.array([[275 / 2.5 - 100.0, 335 / 2.5 - 140.0, height[0, 0]]])
        assert seen == pytest.approx(project(at, pose, CAMERA)[0], abs=0.6)


@pytest.fixture(scope="module")
def made() -> dict[str, Surface]:
    rng = np.random.default_rng(1)
    anatomy, skin = anatomy_of(11), random_skin(rng)
    victim = photo_of(rng, anatomy, skin)
    other = skin_surface(anatomy_of(12), random_skin(rng))
    surfaces = {kind: instrument(kind, victim, other, np.random.default_rng(2)) for kind in KINDS}
    return surfaces | {LIVE: skin_surface(anatomy, skin)}


def contrast(band: np.ndarray) -> float:
    import cv2

    fine = cv2.GaussianBlur(np.log(np.maximum(band, 1e-3)), (0, 0), 1.5)
    return float((fine - cv2.GaussianBlur(fine, (0, 0), 8.0)).std())


def test_every_instrument_is_a_surface(made: dict[str, Surface]) -> None:
    for kind, surface in made.items():
        assert surface.albedo.shape == (*MAP_SIZE, 4), kind
        assert 0.0 <= surface.albedo.min() <= surface.albedo.max() <= 1.0, kind
        assert np.isfinite(surface.height_mm).all(), kind


def test_carbon_shows_in_near_infrared_what_it_shows_in_light_and_dye_and_screens_show_nothing(
    made: dict[str, Surface],
) -> None:
    for kind in ("laser print", "vein print", "e-paper"):
        palm = middle(made[kind])
        assert np.corrcoef(palm[..., 1].ravel(), palm[..., 3].ravel())[0, 1] > 0.9, kind
    assert contrast(middle(made["tablet"])[..., 3]) < 1e-3
    assert contrast(middle(made["inkjet print"])[..., 3]) < 0.5 * contrast(middle(made["inkjet print"])[..., 1])
    assert middle(made["phone"])[..., 3].max() < 0.1


def test_skin_is_softer_in_red_than_in_green_and_silicone_is_not(made: dict[str, Surface]) -> None:
    living, cast = middle(made[LIVE]), middle(made["silicone"])
    assert contrast(living[..., 0]) < 0.85 * contrast(living[..., 1])
    assert contrast(cast[..., 0]) == pytest.approx(contrast(cast[..., 1]), rel=0.02)


def test_sheets_are_flat_or_bent_about_one_axis_and_casts_have_the_relief_of_the_hand(
    made: dict[str, Surface],
) -> None:
    assert not made["laser print"].height_mm.any()
    assert (made["silicone"].height_mm == made[LIVE].height_mm).all()
    bent = made["bent print"].height_mm.astype(np.float64)
    twice = np.gradient(np.gradient(bent, axis=0), axis=0), np.gradient(np.gradient(bent, axis=1), axis=1)
    mixed = np.gradient(np.gradient(bent, axis=0), axis=1)
    inner = (slice(200, 450), slice(150, 350))
    # The product of both main curvatures is nothing against their squares.
    curvature = float(np.abs(twice[0] * twice[1] - mixed**2)[inner].mean())
    assert curvature < 0.05 * float((twice[0] ** 2 + twice[1] ** 2 + 2 * mixed**2)[inner].mean())


def test_a_screen_does_not_care_for_the_lamp_but_a_print_does(made: dict[str, Surface]) -> None:
    behind = np.zeros((300, 300, 4), dtype=np.float32)
    pose = Pose((0.0, 0.0, 300.0), (0.0, 0.0, 0.0))
    aside = Camera(300, 300.0, (400.0, 0.0, 0.0), 0.3, 0.5, 0.0, 0.5)
    change = {}
    for kind in ("e-paper", "tablet"):
        dull = dataclasses.replace(made[kind], gloss=0.0)
        lit = [shoot(dull, behind, pose, camera).light[100:200, 100:200, 1] for camera in (CAMERA, aside)]
        change[kind] = abs(math.log(float(np.median(lit[1])) / float(np.median(lit[0]))))
    assert change["e-paper"] > 0.2
    assert change["tablet"] < 0.02


@pytest.mark.parametrize("trait", ["cold", "dim", "oily", "ring", "still", "blurred"])
def test_traits_change_what_is_recorded(trait: str) -> None:
    plain, odd = (present(LIVE, 9, traits=traits, pairs=1, size_px=256) for traits in (frozenset(), frozenset({trait})))
    assert any((a.pixels != b.pixels).any() for a, b in zip(plain.frames, odd.frames, strict=True))
    assert odd.traits == {trait}


def test_darker_skin_is_darker_in_light_and_hardly_in_near_infrared() -> None:
    rng = np.random.default_rng(3)
    skin, anatomy = random_skin(rng), anatomy_of(2)
    light, dark = (middle(skin_surface(anatomy, dataclasses.replace(skin, melanin=m))) for m in (0.0, 1.0))
    assert dark[..., 1].mean() < 0.6 * light[..., 1].mean()
    assert dark[..., 3].mean() > 0.85 * light[..., 3].mean()


def test_cues_can_be_measured_on_a_presentation() -> None:
    shown = present("cut-out", 10, pairs=3, size_px=352)
    values = cues_of(shown.frames, shown.looks)
    assert math.isfinite(values["visible contrast"])
    assert math.isfinite(values["agreement"])
