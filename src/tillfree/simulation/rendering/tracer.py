"""Pictures from triangles: rays are traced on the processor, so neither a screen nor a graphics card is needed.

The first surface that a ray meets gives depth and label; its colour is lit by lamps at the ceiling with shadows, fading
with the square of the distance, and by light from everywhere (Lambert's cosine law; Whitted, An improved illumination
model for shaded display, 1980). Intel's Embree does the tracing (Wald et al., Embree, ACM Transactions on Graphics
33(4), 2014). On one machine the same scene gives the same bytes; another instruction set may differ in last bits.
"""

import dataclasses
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from tillfree.catalog.cameras import Camera, axes_of
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.rendering.looks import Looks
from tillfree.simulation.rendering.meshes import Mesh, joined
from tillfree.simulation.rendering.paints import Paints
from tillfree.simulation.rendering.views import Floats, check_camera, rays_of

__all__ = ["NOTHING", "Picture", "Scene", "trace"]

Singles = npt.NDArray[np.float32]
NOTHING = -1
"""The label of pixels that show nothing."""
_FADE_M = 3.0
_LIFT_M = 2e-3
_GAMMA = 1.0 / 2.2
_BACKGROUND = 0.02
# The gamma curve, looked up: bytes for linear light from 0 to 1.
_CURVE = (255.0 * np.linspace(0.0, 1.0, 4096) ** _GAMMA).astype(np.float32)


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """What a camera saw, row by row from the top.

    `colour` (h, w, 3) as bytes with a gamma of 2.2, `depth_m` (h, w) along the camera's axis (infinite where nothing
    is), `label` (h, w).
    """

    colour: npt.NDArray[np.uint8]
    depth_m: npt.NDArray[np.float32]
    label: npt.NDArray[np.int32]


class Scene:
    """Triangles in the form in which rays find them; building one takes longer than tracing it."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = dataclasses.replace(
            mesh, normals=mesh.normals.astype(np.float32), texture=mesh.texture.astype(np.float32)
        )
        self._scene: Any = None
        if len(mesh):
            rtcore, mesh_construction = _embree()
            self._scene = rtcore.EmbreeScene()
            mesh_construction.TriangleMesh(self._scene, np.ascontiguousarray(mesh.triangles, dtype=np.float32))

    def hits(self, origins: Singles, rays: Singles) -> tuple[Singles, npt.NDArray[np.int64], Singles]:
        """Distance (infinite: none), number of the triangle (-1: none), and barycentric coordinates (n, 2)."""
        if self._scene is None:
            none = np.full(len(rays), np.inf, np.float32)
            return none, np.full(len(rays), -1), np.zeros((len(rays), 2), np.float32)
        found = self._scene.run(origins, rays, query="INTERSECT", output=1)
        number = found["primID"].astype(np.int64)
        far = np.where(number >= 0, found["tfar"], np.float32(np.inf))
        return far, number, np.stack([found["u"], found["v"]], axis=1)

    def shadowed(self, origins: Singles, rays: Singles) -> npt.NDArray[np.bool_]:
        """Whether anything lies between the origins and the ends of rays, which have the length of the way."""
        if self._scene is None:
            return np.zeros(len(rays), dtype=np.bool_)
        length = np.sqrt(np.einsum("nd,nd->n", rays, rays))
        found = self._scene.run(origins, rays / length[:, None], dists=length, query="OCCLUDED")
        # Embree says 0 where something is in the way, and -1 where nothing is.
        between: npt.NDArray[np.bool_] = found == 0
        return between


def _embree() -> tuple[Any, Any]:
    try:
        from embreex import mesh_construction, rtcore_scene  # noqa: PLC0415  only who renders needs it
    except ImportError as error:
        raise SimulationError("rendering needs the package embreex: pip install 'tillfree[frames]'") from error
    return rtcore_scene, mesh_construction


def trace(
    camera: Camera, scenes: tuple[Scene, ...], paints: Paints, looks: Looks, lamps: Floats, seed: int = 0
) -> Picture:
    """What a camera sees of scenes together.

    `lamps` are places (n, 3) in metres, `seed` is that of the sensor's noise.

    Raises:
        SimulationError: there cannot be such a camera, or embreex is missing.
    """
    rays, forward = _rays(camera)
    origin = np.array((camera.position.x, camera.position.y, camera.position.z), dtype=np.float32)
    origins = np.tile(origin, (len(rays), 1))
    far = np.full(len(rays), np.inf, dtype=np.float32)
    at, weights = np.full(len(rays), -1), np.zeros((len(rays), 2), dtype=np.float32)
    offset = 0
    for scene in scenes:
        distance, number, corners = scene.hits(origins, rays)
        nearer = distance < far
        far[nearer], at[nearer], weights[nearer] = distance[nearer], number[nearer] + offset, corners[nearer]
        offset += len(scene.mesh)
    seen = at >= 0
    mesh = joined(scene.mesh for scene in scenes)
    label = np.full(len(rays), NOTHING, np.int32)
    light = np.full((len(rays), 3), _BACKGROUND, dtype=np.float32)
    if seen.any():
        hit, two = at[seen], weights[seen]
        label[seen] = mesh.label[hit]
        share = np.column_stack([1.0 - two.sum(axis=1), two])
        texture, normal = (np.einsum("nkd,nk->nd", part[hit], share) for part in (mesh.texture, mesh.normals))
        points = origin + rays[seen] * far[seen][:, None]
        colours = paints.colours(mesh.paint[hit], texture, points)
        light[seen] = colours * _light(points, rays[seen], normal, scenes, looks, lamps.astype(np.float32))
    shape = (camera.height_px, camera.width_px)
    depth = np.where(seen, far * (rays @ forward), np.float32(np.inf)).reshape(shape)
    return Picture(_developed(light, looks, seed).reshape(*shape, 3), depth, label.reshape(shape))


@functools.lru_cache(maxsize=32)
def _rays(camera: Camera) -> tuple[Singles, Singles]:
    """Rays and axis of a camera: one that stands still has the same in each picture."""
    check_camera(camera)
    return np.ascontiguousarray(rays_of(camera), dtype=np.float32), axes_of(camera)[2].astype(np.float32)


def _light(
    points: Singles, rays: Singles, normal: Singles, scenes: tuple[Scene, ...], looks: Looks, lamps: Singles
) -> Singles:
    """The light (n, 3) that falls on points; surfaces are lit from the side from which they are seen."""
    length = np.sqrt(np.einsum("nd,nd->n", normal, normal))
    away = np.einsum("nd,nd->n", normal, rays) > 0.0
    normal = normal / np.where(away, -length, length)[:, None]
    lifted = points + np.float32(_LIFT_M) * normal
    # A surface that looks up gets more of the light from everywhere than one that looks down.
    total = np.repeat((looks.ambient * (0.75 + 0.25 * normal[:, 2]))[:, None], 3, axis=1)
    colour = np.array(looks.lamp_colour, dtype=np.float32) * np.float32(2.2 / len(lamps) ** 0.5)
    for lamp in lamps:
        way = lamp - points
        square = np.einsum("nd,nd->n", way, way)
        facing = np.einsum("nd,nd->n", normal, way) / np.sqrt(square)
        lit = np.flatnonzero(facing > 0.0)
        dark = np.zeros(len(lit), dtype=np.bool_)
        for scene in scenes:
            dark |= scene.shadowed(lifted[lit], way[lit])
        lit = lit[~dark]
        total[lit] += (facing[lit] / (1.0 + square[lit] / np.float32(_FADE_M**2)))[:, None] * colour
    return total


def _developed(light: Singles, looks: Looks, seed: int) -> npt.NDArray[np.uint8]:
    """Exposure, a soft shoulder at white, gamma, and the sensor's noise."""
    exposed = light * np.float32(looks.exposure)
    shown = np.minimum(exposed / (1.0 + np.float32(0.25) * exposed), np.float32(1.0))
    shown = _CURVE[(shown * (len(_CURVE) - 1)).astype(np.int32)]
    if looks.noise:
        grain = np.random.default_rng([seed, 42]).standard_normal(shown.shape, dtype=np.float32)
        shown = np.clip(shown + np.float32(255.0 * looks.noise) * grain, 0.0, 255.0)
    developed: npt.NDArray[np.uint8] = (shown + np.float32(0.5)).astype(np.uint8)
    return developed
