"""Pictures from triangles: rays are traced on the processor, so neither a screen nor a graphics card is needed.

The first surface that a ray meets gives depth and label; its colour is lit by lamps at the ceiling with shadows, fading
with the square of the distance, and by light from everywhere (Lambert's cosine law; Whitted, An improved illumination
model for shaded display, 1980). Intel's Embree does the tracing (Wald et al., Embree, ACM Transactions on Graphics
33(4), 2014). On one machine the same scene gives the same bytes; another instruction set may differ in last bits.
"""

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tillfree.catalog.cameras import Camera, axes_of, project
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.rendering.looks import Looks
from tillfree.simulation.rendering.meshes import Mesh
from tillfree.simulation.rendering.paints import Paints
from tillfree.simulation.rendering.views import Floats, check_camera, rays_of

__all__ = ["NOTHING", "Picture", "Scene", "StillLayers", "trace"]

Singles = npt.NDArray[np.float32]
NOTHING = -1
"""The label of pixels that show nothing."""
_FADE_M = 3.0
_LIFT_M = 2e-3
_GAMMA = 1.0 / 2.2
_BACKGROUND = 0.02
_COARSE = 4
_EDGE_PX = 2.0
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


@dataclasses.dataclass(frozen=True, slots=True)
class _Layer:
    """What some rays meet of one scene, and the light that falls there without the shadows of other scenes.

    `far` (n,) distance, infinite where nothing is; `label` (n,); `albedo` (n, 3); `ambient` (n,); `lamps` (k, n) the
    share of each lamp's light; `lifted` (n, 3) points just off the surface, from which shadows are looked for.
    """

    far: Singles
    label: npt.NDArray[np.int32]
    albedo: Singles
    ambient: Singles
    lamps: Singles
    lifted: Singles


class StillLayers:
    """What the last few cameras saw of a scene that does not change; one per scene, paints, looks and lamps.

    A camera that stands still meets the same furniture in each picture, under the same lamps: that is most of the work
    of a picture, and is done once. Takes about 50 bytes for each pixel of each camera, of `pixels_max` pixels at most.
    """

    def __init__(self, pixels_max: int = 6_000_000) -> None:
        self._pixels_max = pixels_max
        self._kept: dict[Camera, _Layer] = {}

    def get(self, camera: Camera, make: Callable[[], _Layer]) -> _Layer:
        """The layer of a camera, made where it is not known."""
        layer = self._kept.pop(camera, None)
        if layer is None:
            layer = make()
        self._kept[camera] = layer
        while sum(len(kept.far) for kept in self._kept.values()) > self._pixels_max:
            self._kept.pop(next(iter(self._kept)))
        return layer


def trace(
    camera: Camera, scenes: tuple[Scene, ...], paints: Paints, looks: Looks, lamps: Floats, seed: int = 0,
    still: StillLayers | None = None,
) -> Picture:  # fmt: skip
    """What a camera sees of scenes together, which throw shadows on each other.

    `lamps` are places (n, 3) in metres, `seed` is that of the sensor's noise. `still` keeps what is seen of the first
    scene from one picture to the next; it must be of that scene alone, with these paints, looks and lamps.

    Raises:
        SimulationError: there cannot be such a camera, or embreex is missing.
    """
    rays, forward = _rays(camera)
    shader = _Shader(camera, paints, looks, lamps.astype(np.float32))
    everywhere = np.arange(len(rays))

    def first() -> _Layer:
        return shader.layer(scenes[0], rays)

    back = first() if still is None else still.get(camera, first)
    far, label = back.far.copy(), back.label.copy()
    fronts: list[tuple[npt.NDArray[np.int64], _Layer]] = []
    for scene in scenes[1:]:
        before = _before(camera, scene)
        layer = shader.layer(scene, rays[before], far[before])
        nearer = np.flatnonzero(layer.label != NOTHING)
        at = before[nearer]
        far[at], label[at] = layer.far[nearer], layer.label[nearer]
        fronts.append((at, _part(layer, nearer)))
    light = shader.lit(back, everywhere, scenes[1:], coarse=(camera.height_px, camera.width_px))
    for number, (at, layer) in enumerate(fronts, 1):
        others = scenes[:number] + scenes[number + 1 :]
        mine = label[at] == layer.label
        light[at[mine]] = shader.lit(_part(layer, np.flatnonzero(mine)), np.arange(int(mine.sum())), others)
    shape = (camera.height_px, camera.width_px)
    seen = label != NOTHING
    light[~seen] = _BACKGROUND
    depth = np.where(seen, far, np.float32(np.inf))
    depth[seen] *= (rays @ forward)[seen]
    return Picture(_developed(light, looks, seed).reshape(*shape, 3), depth.reshape(shape), label.reshape(shape))


class _Shader:
    """Light on what rays from one camera meet."""

    def __init__(self, camera: Camera, paints: Paints, looks: Looks, lamps: Singles) -> None:
        self._origin = np.array((camera.position.x, camera.position.y, camera.position.z), dtype=np.float32)
        self._paints, self._looks, self._lamps = paints, looks, lamps

    def layer(self, scene: Scene, rays: Singles, nearer_than: Singles | None = None) -> _Layer:
        """What rays (n, 3) meet of a scene, or of what is nearer than some distances (n,).

        A ray of length 0, which is that of a pixel beyond the lens's field, meets nothing.
        """
        count, mesh = len(rays), scene.mesh
        distance, number, corners = scene.hits(np.broadcast_to(self._origin, rays.shape).copy(), rays)
        number = np.where(np.einsum("nd,nd->n", rays, rays) > 0.0, number, -1)
        if nearer_than is not None:
            number = np.where(distance < nearer_than, number, -1)
        seen = np.flatnonzero(number >= 0)
        hit, way, two = number[seen], rays[seen], corners[seen]
        share = np.column_stack([1.0 - two.sum(axis=1), two])
        texture, normal = (np.einsum("nkd,nk->nd", part[hit], share) for part in (mesh.texture, mesh.normals))
        points = self._origin + way * distance[seen, None]
        normal = _towards(normal, way)
        lifted = points + np.float32(_LIFT_M) * normal
        # A surface that looks up gets more of the light from everywhere than one that looks down.
        ambient = np.float32(self._looks.ambient) * (np.float32(0.75) + np.float32(0.25) * normal[:, 2])
        shares = np.zeros((len(self._lamps), len(seen)), dtype=np.float32)
        for lamp, falling in zip(self._lamps, shares, strict=True):
            to_lamp = lamp - points
            square = np.einsum("nd,nd->n", to_lamp, to_lamp)
            facing = np.einsum("nd,nd->n", normal, to_lamp) / np.sqrt(square)
            lit = np.flatnonzero(facing > 0.0)
            lit = lit[~scene.shadowed(lifted[lit], to_lamp[lit])]
            falling[lit] = facing[lit] / (np.float32(1.0) + square[lit] / np.float32(_FADE_M**2))
        label = np.full(count, NOTHING, np.int32)
        label[seen] = mesh.label[hit]
        colours = self._paints.colours(mesh.paint[hit], texture, points) if len(seen) else np.zeros((0, 3), np.float32)
        return _Layer(
            np.where(number >= 0, distance, np.float32(np.inf)), label, _spread(seen, count, colours),
            _spread(seen, count, ambient), np.stack([_spread(seen, count, falling) for falling in shares])
            if len(shares) else np.zeros((0, count), np.float32), _spread(seen, count, lifted),
        )  # fmt: skip

    def lit(
        self, layer: _Layer, at: npt.NDArray[np.int64], others: tuple[Scene, ...], coarse: tuple[int, int] | None = None
    ) -> Singles:
        """The colours (n, 3) of a layer in the light that other scenes let through.

        `coarse` is the height and width of a whole picture: then shadows are looked for from every fourth pixel of
        every fourth row, and from all pixels around those that lie in one, so that a shadow narrower than that may be
        overlooked.
        """
        total = np.repeat(layer.ambient[:, None], 3, axis=1)
        colour = np.array(self._looks.lamp_colour, dtype=np.float32) * np.float32(2.2 / max(len(self._lamps), 1) ** 0.5)
        for lamp, falling in zip(self._lamps, layer.lamps, strict=True):
            light = falling
            for scene in others:
                if not len(scene.mesh):
                    continue
                dark = _shaded(scene, layer, falling, lamp, at, coarse)
                if len(dark):
                    light = light.copy() if light is falling else light
                    light[dark] = 0.0
            total += light[:, None] * colour
        total *= layer.albedo
        return total


def _shaded(
    scene: Scene,
    layer: _Layer,
    falling: Singles,
    lamp: Singles,
    at: npt.NDArray[np.int64],
    coarse: tuple[int, int] | None,
) -> npt.NDArray[np.int64]:
    """Which of the points of a layer lie in the shadow of a scene."""
    lit = at[falling[at] > 0.0]
    if coarse is not None:
        height, width = coarse
        rows, columns = -(-height // _COARSE), -(-width // _COARSE)
        grid = np.arange(height * width).reshape(height, width)[_COARSE // 2 :: _COARSE, _COARSE // 2 :: _COARSE]
        some = grid[falling[grid] > 0.0]
        some = some[scene.shadowed(layer.lifted[some], lamp - layer.lifted[some])]
        if not len(some):
            return some
        blocks = np.zeros((rows + 2, columns + 2), dtype=np.bool_)
        row, column = some // width // _COARSE + 1, some % width // _COARSE + 1
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                blocks[row + down, column + right] = True
        near = np.repeat(np.repeat(blocks[1:-1, 1:-1], _COARSE, axis=0)[:height], _COARSE, axis=1)[:, :width]
        lit = lit[near.reshape(-1)[lit]]
    return lit[scene.shadowed(layer.lifted[lit], lamp - layer.lifted[lit])]


def _before(camera: Camera, scene: Scene) -> npt.NDArray[np.int64]:
    """Numbers of the pixels that a scene may cover: the boxes around what each of its labels covers."""
    covered = np.zeros((camera.height_px, camera.width_px), dtype=np.bool_)
    mesh = scene.mesh
    for label in np.unique(mesh.label):
        pixels, _ = project(camera, mesh.triangles[mesh.label == label].reshape(-1, 3))
        if np.isnan(pixels).any():
            return np.arange(covered.size)
        (left, top), (right, bottom) = pixels.min(axis=0) - _EDGE_PX, pixels.max(axis=0) + _EDGE_PX
        covered[
            max(math.floor(top), 0) : max(math.ceil(bottom), 0), max(math.floor(left), 0) : max(math.ceil(right), 0)
        ] = True
    return np.flatnonzero(covered)


def _part(layer: _Layer, at: npt.NDArray[np.int64]) -> _Layer:
    """Some of the rays of a layer."""
    return _Layer(
        layer.far[at], layer.label[at], layer.albedo[at], layer.ambient[at], layer.lamps[:, at], layer.lifted[at]
    )


def _spread(at: npt.NDArray[np.int64], count: int, values: Singles) -> Singles:
    """Values at some of so many places, and zero at the others."""
    if len(at) == count:
        return values.astype(np.float32, copy=False)
    whole = np.zeros((count, *values.shape[1:]), dtype=np.float32)
    whole[at] = values
    return whole


def _towards(normal: Singles, rays: Singles) -> Singles:
    """Normals (n, 3) of length 1, on the side from which surfaces are seen."""
    length = np.sqrt(np.einsum("nd,nd->n", normal, normal))
    away = np.einsum("nd,nd->n", normal, rays) > 0.0
    turned: Singles = (normal / np.where(away, -length, length)[:, None]).astype(np.float32)
    return turned


@functools.lru_cache(maxsize=32)
def _rays(camera: Camera) -> tuple[Singles, Singles]:
    """Rays and axis of a camera: one that stands still has the same in each picture."""
    check_camera(camera)
    return np.ascontiguousarray(rays_of(camera), dtype=np.float32), axes_of(camera)[2].astype(np.float32)


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
