"""Camera frames: geometry that can be worked out by hand, annotations that agree with pixels, the same bytes again."""

import math
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("embreex", reason="embreex, which traces the rays, has no wheel for this processor")

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from tillfree.catalog.cameras import Camera, axes_of, pixel_of, project
from tillfree.core.geometry import Point, Pose
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.bodies import JOINT_NAMES
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.rendering.annotations import annotate, box_of
from tillfree.simulation.rendering.film import Film, Shot
from tillfree.simulation.rendering.limbs import Limb, skin
from tillfree.simulation.rendering.looks import Looks, clothes_of, random_looks
from tillfree.simulation.rendering.meshes import Mesh, box, capsule, joined, prism
from tillfree.simulation.rendering.paints import Paints
from tillfree.simulation.rendering.people import Wardrobe, person_mesh
from tillfree.simulation.rendering.saving import file_names, moments_s, save_frames
from tillfree.simulation.rendering.tracer import NOTHING, Picture, Scene, StillLayers, trace
from tillfree.simulation.rendering.views import rays_of


def camera(
    name: str, position: tuple[float, float, float], looks_at: tuple[float, float, float], fov_deg: float = 90.0,
    width_px: int = 320, height_px: int = 180, k1: float = 0.0,
) -> Camera:  # fmt: skip
    return Camera(name, Point(*position), Point(*looks_at), fov_deg, width_px, height_px, k1)


HERE = Pose(Point(0.0, 0.0, 0.0))
AHEAD = camera("ahead", (0.0, 0.0, 1.0), (0.0, 5.0, 1.0), 90.0, 200, 100)
DARK = Looks(ambient=0.0, noise=0.0)
LIT = Looks(noise=0.0)


# ---- views ------------------------------------------------------------------------------------------------------


@given(
    x=st.floats(-3, 3), y=st.floats(1.5, 8), z=st.floats(0, 2.5), k1=st.floats(-0.12, 0.12),
    field_deg=st.floats(40, 100),
)  # fmt: skip
def test_the_ray_of_a_pixel_meets_the_point_that_it_shows(
    x: float, y: float, z: float, k1: float, field_deg: float
) -> None:
    view = camera("v", (0.3, -1.0, 2.4), (0.0, 3.0, 1.0), field_deg, 320, 240, k1)
    (pixel,), (depth,) = project(view, np.array([[x, y, z]]))
    alone = pixel_of(view, Point(x, y, z))
    if not (0 <= pixel[0] < view.width_px and 0 <= pixel[1] < view.height_px):
        assert alone is None
        return
    assert alone is not None
    assert (alone.u_px, alone.v_px, alone.depth_m) == pytest.approx((*pixel, depth), abs=1e-6)
    ray = rays_of(view)[int(pixel[1]) * view.width_px + int(pixel[0])]
    away = np.array((x, y, z)) - np.array((0.3, -1.0, 2.4))
    angle = math.acos(min(float(ray @ away) / float(np.linalg.norm(away)), 1.0))
    assert depth > 0.0
    # Half a pixel's diagonal, seen from the middle of the picture.
    assert angle < 1.5 * math.tan(math.radians(field_deg) / 2) / (view.width_px / 2)


def test_a_barrel_draws_the_edges_in() -> None:
    edge = np.array([[4.0, 5.0, 1.0]])
    plain, barrel = project(AHEAD, edge)[0], project(camera("b", (0, 0, 1), (0, 5, 1), 90, 200, 100, -0.1), edge)[0]
    assert 100 < barrel[0, 0] < plain[0, 0]


@pytest.mark.parametrize("k1", [-0.1, -0.5, -0.01, 0.5])
def test_pixels_beyond_the_field_of_a_barrel_have_no_ray(k1: float) -> None:
    view = camera("v", (0, 0, 1), (0, 5, 1), 90.0, 256, 256, k1)
    with np.errstate(all="raise"):
        rays = rays_of(view)
    length = np.linalg.norm(rays, axis=1)
    shown = length > 0.5
    assert length[shown] == pytest.approx(1.0)
    assert not rays[~shown].any()
    row, column = np.divmod(np.arange(256 * 256), 256)
    middles = np.column_stack([column + 0.5, row + 0.5])
    # With r' = r + k1 r^3, the largest r' is two thirds of the r at which it turns, 1 / sqrt(-3 k1).
    most = 2 / 3 / math.sqrt(-3 * k1) if k1 < 0 else math.inf
    assert shown.tolist() == (np.linalg.norm(middles - 128.0, axis=1) / 128.0 < most).tolist()
    found, _ = project(view, np.array([0.0, 0.0, 1.0]) + rays[shown])
    back = ~np.isnan(found).any(axis=1)
    assert back.mean() > 0.95
    # Newton's method is slow where the polynomial turns: a tenth of a pixel is left there.
    assert np.abs(found - middles[shown])[back].max() < 0.1


@pytest.mark.filterwarnings("error")
def test_a_picture_is_dark_beyond_the_field_of_its_lens(recording: SimulatedRecording) -> None:
    round_view = msgspec.structs.replace(VIEW, fov_deg=90.0, width_px=64, height_px=64, k1=-0.5)
    picture = Film(recording, LIT).shot(round_view, 12.0).picture
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert picture.label[corner] == NOTHING
        assert math.isinf(picture.depth_m[corner])
    assert len(np.unique(picture.colour[[0, 0, -1, -1], [0, -1, 0, -1]], axis=0)) == 1
    assert (picture.label[24:40, 24:40] != NOTHING).all()


def test_what_lies_behind_has_no_pixel() -> None:
    pixels, depth = project(AHEAD, np.array([[0.0, -1.0, 1.0]]))
    assert np.isnan(pixels).all()
    assert depth[0] == pytest.approx(-1.0)


@pytest.mark.parametrize("wrong", [{"looks_at": Point(0, 0, 1)}, {"fov_deg": 179.0}, {"width_px": 2}, {"k1": 3.0}])
def test_a_camera_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SimulationError, match="camera 'ahead'"):
        seen(joined([]), msgspec.structs.replace(AHEAD, **wrong))


def test_the_axes_of_a_camera_are_a_rotation() -> None:
    for view in (AHEAD, camera("down", (1, 1, 3), (1, 1, 0)), camera("askew", (3, -2, 2.5), (-1, 4, 0.2))):
        axes = axes_of(view)
        assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-12)
        assert np.linalg.det(axes) == pytest.approx(1.0)


# ---- pictures -----------------------------------------------------------------------------------------------------


def seen(mesh: Mesh, view: Camera = AHEAD, looks: Looks = LIT, lamp: tuple[float, float, float] = (0, 0, 3)) -> Picture:
    paints = Paints()
    paints.plain((0.5, 0.5, 0.5))
    return trace(view, (Scene(mesh),), paints, looks, np.array([lamp], dtype=np.float64))


def test_a_wall_has_the_depth_at_which_it_stands() -> None:
    picture = seen(box(HERE, (-50.0, 4.0, -50.0), (50.0, 5.0, 50.0), 0, 7))
    assert (picture.label == 7).all()
    assert picture.depth_m == pytest.approx(4.0, abs=1e-3)


def test_a_ball_covers_as_many_pixels_as_geometry_says() -> None:
    picture = seen(capsule(np.array((0, 4, 1.0)), np.array((0, 4, 1.0)), 0.5, 0, 3, sides=40))
    radius_px = AHEAD.width_px / 2 * math.tan(math.asin(0.5 / 4.0))
    assert int((picture.label == 3).sum()) == pytest.approx(math.pi * radius_px**2, rel=0.05)
    assert picture.label[50, 100] == 3
    assert picture.depth_m[50, 100] == pytest.approx(3.5, abs=0.03)
    assert picture.label[0, 0] == NOTHING
    assert np.isinf(picture.depth_m[0, 0])


def test_the_nearer_thing_hides_the_farther_one() -> None:
    far, near = box(HERE, (-1, 6, 0), (1, 6.1, 2), 0, 1), prism(HERE, (0.0, 3.0, 0.5), 0.2, 1.0, 0, 2)
    both = seen(joined([far, near]))
    assert both.label[50, 100] == 2
    assert set(np.unique(both.label)) == {NOTHING, 1, 2}


def test_a_shadow_is_dark() -> None:
    floor = box(HERE, (-5, 0, -0.1), (5, 10, 0), 0, 1)
    roof = box(HERE, (-0.5, 3.5, 1.6), (0.5, 4.5, 1.7), 0, 2)
    down = camera("down", (0.0, 1.0, 1.2), (0.0, 4.0, 0.0), 90.0, 200, 100)
    bare = seen(floor, down, DARK, (0.0, 4.0, 2.5)).colour
    shaded = seen(joined([floor, roof]), down, DARK, (0.0, 4.0, 2.5))
    under = project(down, np.array([[0.0, 4.0, 0.0]]))[0][0].astype(int)
    assert bare[under[1], under[0], 0] > 50
    assert shaded.colour[under[1], under[0], 0] < 5
    assert shaded.label[under[1], under[0]] == 1


def test_what_faces_the_lamp_is_brighter() -> None:
    picture = seen(capsule(np.array((0, 4, 1.0)), np.array((0, 4, 1.0)), 0.8, 0, 3, sides=30), lamp=(-4.0, 0.0, 1.0))
    assert picture.colour[50, 90, 0] > picture.colour[50, 112, 0]


def test_no_triangles_no_picture() -> None:
    assert (seen(joined([])).label == NOTHING).all()


def test_what_is_kept_of_a_still_scene_changes_no_picture() -> None:
    """Two pictures with a moving thing, with the still part kept and without; and what moves throws its shadow."""
    still_mesh = joined([box(HERE, (-5, 0, -0.1), (5, 10, 0), 0, 1), box(HERE, (-5, 8, 0), (5, 8.1, 3), 0, 2)])
    paints = Paints()
    paints.plain((0.5, 0.5, 0.5))
    scene, kept, lamps = Scene(still_mesh), StillLayers(), np.array([[3.0, 2.0, 3.0]])
    for x in (-1.0, 0.5):
        moving = Scene(prism(HERE, (x, 4.0, 0.0), 0.3, 1.2, 0, 7))
        with_it = trace(AHEAD, (scene, moving), paints, DARK, lamps, still=kept)
        without = trace(AHEAD, (scene, moving), paints, DARK, lamps)
        assert with_it.colour.tobytes() == without.colour.tobytes()
        assert with_it.label.tobytes() == without.label.tobytes()
        whole = trace(AHEAD, (Scene(joined([still_mesh, prism(HERE, (x, 4.0, 0.0), 0.3, 1.2, 0, 7)])),), paints, DARK,
                      lamps)  # fmt: skip
        assert (with_it.label != whole.label).mean() < 0.001
        assert with_it.depth_m == pytest.approx(whole.depth_m, abs=2e-3)
        # Shadows that are looked for on a coarse grid first are those of all pixels, but for edges.
        assert (np.abs(with_it.colour.astype(int) - whole.colour).max(axis=2) > 3).mean() < 0.005
        bare = trace(AHEAD, (scene,), paints, DARK, lamps)
        ground = with_it.label == 1
        darker = bare.colour[ground].astype(int) - with_it.colour[ground]
        assert (darker.max(axis=1) > 30).sum() > 100


@given(
    hnp.arrays(np.int32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(-1, 4))
)  # fmt: skip
def test_boxes_of_all_labels_are_those_of_each_mask(labels: npt.NDArray[np.int32]) -> None:
    picture = Picture(np.zeros((*labels.shape, 3), np.uint8), np.ones(labels.shape, np.float32), labels)
    found = annotate(picture, AHEAD, {n: ("facing", str(n)) for n in range(5)}, {}, least_pixels=1)
    assert [a.label for a in found] == [n for n in range(5) if (labels == n).any()]
    for annotation in found:
        mask = labels == annotation.label
        assert (annotation.box, annotation.pixels) == (box_of(mask), int(mask.sum()))


@given(st.integers(0, 5000))
@settings(deadline=None, max_examples=8)
def test_the_skin_of_a_limb_is_as_far_from_it_as_its_radius(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start, end = rng.uniform(-0.4, 0.4, (2, 3))
    radius = float(rng.uniform(0.06, 0.15))
    mesh = skin([Limb(start, end, radius, radius, 5)], float(rng.uniform(0, 6)), 9)
    points = mesh.triangles.reshape(-1, 3)
    along = np.clip((points - start) @ (end - start) / max(float((end - start) @ (end - start)), 1e-9), 0.0, 1.0)
    away = np.linalg.norm(points - start - along[:, None] * (end - start), axis=1)
    assert away == pytest.approx(radius, abs=0.012)
    assert set(mesh.label.tolist()) == {9}
    assert set(mesh.paint.tolist()) == {5}
    outward = ((points - start - along[:, None] * (end - start)) * mesh.normals.reshape(-1, 3)).sum(axis=1)
    assert (outward > 0.0).mean() > 0.99


@pytest.mark.parametrize("number", range(12))
def test_whatever_people_wear_their_limbs_lie_about_their_joints(number: int) -> None:
    upper = [[0.04, 0, 1.7], [0, 0, 1.5], [0, 0.18, 1.44], [0, -0.18, 1.44]]
    joints = np.array([*upper, [0, 0.24, 1.15], [0, -0.24, 1.15], [0.1, 0.24, 0.9], [0.1, -0.24, 0.9]])
    paints = Paints()
    mesh = person_mesh(joints, 1.7, 0.0, 0.5, Wardrobe.of(clothes_of(1, number), paints), 3)
    points = mesh.triangles.reshape(-1, 3)
    assert 0.0 <= points[:, 2].min() < 0.1
    assert 1.68 < points[:, 2].max() < 1.85
    near = np.linalg.norm(points[:, None] - joints[None], axis=2).min(axis=0)
    assert (near < 0.15).all()
    assert np.abs(points[:, :2]).max() < 0.9


def test_a_box_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing has a box"):
        box_of(np.zeros((3, 3), dtype=np.bool_))


# ---- films --------------------------------------------------------------------------------------------------------

VIEW = camera("north", (2.2, -3.6, 2.6), (2.2, 0.2, 0.9), 85.0, 320, 180, -0.05)


@pytest.fixture(scope="module")
def recording() -> SimulatedRecording:
    return simulate(demo_shop(4), SimulationOptions(shoppers=3, seed=8, awkward=0.0))


@pytest.fixture(scope="module")
def shots(recording: SimulatedRecording) -> list[Shot]:
    film = Film(recording)
    return [film.shot(VIEW, float(second)) for second in range(4, math.floor(film.duration_s), 3)]


def test_everybody_who_is_in_the_picture_is_annotated(recording: SimulatedRecording, shots: list[Shot]) -> None:
    tracks = {str(visit.track) for visit in recording.script.visits}
    found = {a.name for shot in shots for a in shot.annotations if a.kind == "person"}
    assert found == tracks
    for shot in shots:
        for annotation in shot.annotations:
            mask = shot.picture.label == annotation.label
            assert annotation.pixels == int(mask.sum())
            assert annotation.box == box_of(mask)


def test_a_seen_joint_lies_on_its_person_or_just_behind_somebody(shots: list[Shot]) -> None:
    on = total = 0
    for shot in shots:
        for annotation in (a for a in shot.annotations if a.kind == "person"):
            for x, y, visible in annotation.joints.tolist():
                if visible:
                    total += 1
                    on += int(shot.picture.label[int(y), int(x)] == annotation.label)
    assert total > 60
    assert on / total > 0.85


def test_what_was_taken_is_seen_in_the_hand_of_who_took_it(recording: SimulatedRecording) -> None:
    """From some side, of three, unless a body or a shelf hides it; never before it was taken."""
    film = Film(recording)
    cameras = [
        VIEW,
        camera("east", (5.5, -1.2, 1.9), (1.0, -0.6, 1.0)),
        camera("west", (-1.0, -1.2, 1.9), (3.0, -0.6, 1.0)),
    ]
    takes = [act for act in recording.script.acts if act.kind == "take"]
    shown = 0
    for act in takes:
        time_s = (act.time_ns - recording.options.start_ns) / 1e9
        earlier = {other.product for other in takes if act.time_ns - 4e9 < other.time_ns < act.time_ns}
        before, after = (
            {a.name for view in cameras for a in film.shot(view, time_s + later_s).annotations if a.kind == "item"}
            for later_s in (-0.1, 1.5)
        )
        shown += str(act.product) in after
        assert act.product in earlier or str(act.product) not in before
    assert shown / len(takes) > 0.7


def test_the_same_film_again_has_the_same_bytes(recording: SimulatedRecording) -> None:
    one, two = (Film(recording, random_looks(5)).shot(VIEW, 12.0) for _ in range(2))
    assert one.picture.colour.tobytes() == two.picture.colour.tobytes()
    assert one.picture.label.tobytes() == two.picture.label.tobytes()
    other = Film(recording, random_looks(6)).shot(VIEW, 12.0)
    assert one.picture.colour.tobytes() != other.picture.colour.tobytes()


# ---- files --------------------------------------------------------------------------------------------------------


def test_frames_are_written_with_what_they_show(recording: SimulatedRecording, tmp_path: Path) -> None:
    cameras = [msgspec.structs.replace(VIEW, id="../north"), VIEW]
    film, folder = Film(recording), tmp_path / "frames"
    shares = list(save_frames(film, cameras, folder, 0.1, recording.options.start_ns))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {path.name for path in tmp_path.iterdir()} == {"frames"}
    found = msgspec.json.decode((folder / "annotations.json").read_bytes())
    assert len(found["images"]) == 2 * len(shares) == 2 * len(moments_s(film.duration_s, 0.1))
    names = {c["id"]: c["name"] for c in found["categories"]}
    for image in found["images"][-2:]:
        colour = np.array(Image.open(folder / image["file_name"]))
        label = np.array(Image.open(folder / image["file_name"].replace(".png", ".label.png")))
        depth = np.array(Image.open(folder / image["file_name"].replace(".png", ".depth.png")))
        assert colour.shape == (image["height"], image["width"], 3)
        assert label.shape == depth.shape == colour.shape[:2]
        shot = film.shot(VIEW, (image["time_ns"] - recording.options.start_ns) / 1e9)
        assert depth[50, 100] == pytest.approx(shot.picture.depth_m[50, 100] * 1000, abs=1)
        rows = [row for row in found["annotations"] if row["image_id"] == image["id"]]
        assert rows
        for row in rows:
            left, top, width, height = row["bbox"]
            mask = label == row["label"]
            assert int(mask.sum()) == row["area"] == int(mask[top : top + height, left : left + width].sum())
            if names[row["category_id"]] == "person":
                assert len(row["keypoints"]) == 3 * len(JOINT_NAMES)
                assert row["num_keypoints"] == sum(v > 0 for v in row["keypoints"][2::3])


@pytest.mark.parametrize(("fps", "message"), [(0.0, "cannot be"), (math.nan, "cannot be"), (120.0, "too many")])
def test_impossible_rates_are_refused(fps: float, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        moments_s(3600.0, fps)


def test_a_shop_without_cameras_has_no_frames(recording: SimulatedRecording, tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="no cameras"):
        list(save_frames(Film(recording), [], tmp_path / "frames", 1.0, 0))


def test_cameras_have_names_of_files_of_their_own() -> None:
    ids = ["a/b", "a_b", "A.b", "..", "x" * 300, "x" * 299, "a_b-2"]
    names = file_names([msgspec.structs.replace(VIEW, id=name) for name in ids])
    assert names == ["a_b-3", "a_b", "A_b-4", "__", "x" * 50, "x" * 50 + "-2", "a_b-2"]
    with pytest.raises(SimulationError, match="'a' is there twice"):
        file_names([msgspec.structs.replace(VIEW, id="a")] * 2)


def test_cameras_with_like_ids_have_folders_of_their_own(recording: SimulatedRecording, tmp_path: Path) -> None:
    cameras = [msgspec.structs.replace(VIEW, id=name, width_px=32, height_px=18) for name in ("a/b", "a_b")]
    list(save_frames(Film(recording), cameras, tmp_path, 0.05, 0))
    found = msgspec.json.decode((tmp_path / "annotations.json").read_bytes())
    folders = {(image["camera"], image["file_name"].split("/")[0]) for image in found["images"]}
    assert folders == {("a/b", "a_b-2"), ("a_b", "a_b")}
    assert all((tmp_path / image["file_name"]).is_file() for image in found["images"])


def test_looks_have_no_number_below_0() -> None:
    with pytest.raises(SimulationError, match="looks -1"):
        random_looks(-1)


@given(seed=st.integers(0, 10_000), number=st.integers(0, 500))
def test_random_looks_are_colours(seed: int, number: int) -> None:
    looks, clothes = random_looks(seed), clothes_of(seed, number)
    for colour in (looks.floor, looks.wall, looks.frame, clothes.shirt, clothes.trousers, clothes.shoes):
        assert all(0.0 < part < 1.0 for part in colour)
    assert looks == random_looks(seed)
    assert 1 <= len(looks.lamps) <= 4
