"""The sources of re-enactments: a real shop, real plate noise and labelled visits, read where they lie.

The folder is not part of this project. `TILLFREE_SHARED` names the one that holds `data/autocheckout/twin-sources`;
by default it is `../shared`, seen from the root of the project.
"""

import dataclasses
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Facing, Product, Shop
from tillfree.core.errors import TillfreeError
from tillfree.core.ids import FixtureId, ProductId, ShelfRef
from tillfree.storage.importers.furniture import FacingPlace, build_fixtures
from tillfree.storage.recordings.tally import Tally

__all__ = [
    "APRIL",
    "JANUARY",
    "Case",
    "Label",
    "PlateRings",
    "Sources",
    "SourcesError",
    "load_sources",
    "shared_folder",
]

APRIL, JANUARY = "apr", "jan"
_ROOT = Path(__file__).resolve().parent.parent
_STEP_G = 0.241
_PER_BLOCK = 60
_DEPTH_M = 0.4064
_BELOW_M = 0.11
"""Shelves whose plates nobody measured: theirs lie about so far below the shelf of the drawing, as the others do."""
_CALMEST = 0.65
"""Blocks of noise come from the calmer ones: what people add is simulated."""


class SourcesError(TillfreeError):
    """The sources are not there, or are something else: says what to do."""


@dataclasses.dataclass(frozen=True, slots=True)
class Label:
    """One labelled act: who takes or puts back which products on which plates; `when` orders and pairs them."""

    who: str
    is_put: bool
    when: str
    fixture: FixtureId
    shelf: int
    plates: tuple[int, ...]
    products: tuple[ProductId, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One labelled visit."""

    name: str
    labels: tuple[Label, ...]

    @property
    def planogram(self) -> str:
        """Which planogram the shop had then."""
        return JANUARY if self.name.startswith("cps-") else APRIL


class PlateRings:
    """Noise of one fixture without end: seconds of a real recording in random order."""

    def __init__(self, blocks: npt.NDArray[np.int16], rows: int, columns: int, seed: list[int]) -> None:
        """`blocks` has the shape (seconds, samples, rows, columns) and is sorted, the calmest second first."""
        calm = blocks[: max(int(_CALMEST * len(blocks)), 1)]
        # A shelf or plate that nobody recorded reads what the one below or beside it reads, a second earlier.
        row, column = np.arange(rows) % calm.shape[2], np.arange(columns) % calm.shape[3]
        self._blocks = calm[:, :, row[:, None], column[None, :]].astype(np.float32) * _STEP_G
        self._seed = seed

    def read(self, first: int, samples: int) -> npt.NDArray[np.float32]:
        """Noise in grams from sample number `first` on, shape (samples, rows, columns)."""
        begin, end = first // _PER_BLOCK, -(-(first + samples) // _PER_BLOCK)
        chosen = [
            self._blocks[int(np.random.default_rng([*self._seed, second]).integers(len(self._blocks)))]
            for second in range(begin, end)
        ]
        noise: npt.NDArray[np.float32] = np.concatenate(chosen)[first - begin * _PER_BLOCK :][:samples]
        return noise.copy()


class Sources:
    """Everything that re-enactments are made of."""

    def __init__(self, folder: Path) -> None:
        self._store = _read(folder / "store.json")
        self._planograms = _read(folder / "planograms.json")
        self.products = tuple(
            Product(ProductId(p["barcode"]), p["name"], float(p["weight"]), None, round(p["price"] * 100))
            for p in _read(folder / "catalogue.json")
        )
        self.cases = tuple(_case(document) for document in _read(folder / "cases.json"))
        with np.load(folder / "noise.npz") as arrays:
            self._noise = {key[5:]: arrays[key] for key in arrays.files if key.startswith("noise")}

    def facings(self, planogram: str) -> list[Facing]:
        """Where each product lay."""
        return [
            Facing(
                ProductId(f["barcode"]), FixtureId(str(f["gondola"])), f["shelf"], tuple(sorted(map(int, f["plates"])))
            )
            for f in self._planograms[planogram]
        ]

    def shop(self, facings: list[Facing]) -> Shop:
        """The shop with these facings, as one would open it from a folder."""
        fixtures = build_fixtures([self._place(facing) for facing in facings], Tally())
        shelves = {ShelfRef(fixture.id, shelf.index) for fixture in fixtures for shelf in fixture.shelves}
        kept = tuple(facing for facing in facings if ShelfRef(facing.fixture, facing.shelf) in shelves)
        return Shop(name="re-enactment", products=self.products, fixtures=fixtures, facings=kept)

    def plate_count(self, fixture: FixtureId, shelf: int) -> int:
        """How many plates the shelf has; 0 where there is no such shelf."""
        shelves = self._store["gondolas"].get(fixture, {}).get("shelves", {})
        return len(shelves.get(str(shelf), {}).get("plates", ()))

    def noise(self, fixture: FixtureId, rows: int, columns: int, seed: int) -> PlateRings:
        """The noise of a fixture."""
        return PlateRings(self._noise[fixture], rows, columns, [seed, 20, int(fixture)])

    def _place(self, facing: Facing) -> FacingPlace:
        gondola = self._store["gondolas"][facing.fixture]
        shelf = gondola["shelves"][str(facing.shelf)]
        left_m = min(shelf["plates"][str(plate)]["x"] for plate in facing.plates)
        right_m = max(shelf["plates"][str(p)]["x"] + shelf["plates"][str(p)]["width"] for p in facing.plates)
        yaw, origin = gondola["yaw"], gondola["origin"]
        cos, sin = math.cos(yaw), math.sin(yaw)
        across = shelf["origin"]["y"]
        # The planogram has the fronts of the gondolas in a row at y = 0, and only it fits the hands of real shoppers.
        y = 0.0 if yaw == 0.0 else origin["y"] + sin * left_m + cos * across
        return FacingPlace(
            shelf=ShelfRef(facing.fixture, facing.shelf),
            plates=facing.plates,
            origin=(
                origin["x"] + cos * left_m - sin * across,
                y,
                shelf.get("plate_z", shelf["origin"]["z"] - _BELOW_M),
            ),
            yaw_rad=yaw,
            width_m=right_m - left_m,
            depth_m=shelf.get("depth", _DEPTH_M),
            height_m=shelf.get("cell", shelf["height"]),
        )


def shared_folder() -> Path:
    """The folder with everything that is shared between projects; it may not exist."""
    named = os.environ.get("TILLFREE_SHARED")
    return Path(named) if named else _ROOT.parent / "shared"


def load_sources() -> Sources:
    """The sources.

    Raises:
        SourcesError: they are not there, or cannot be read.
    """
    folder = shared_folder() / "data" / "autocheckout" / "twin-sources"
    if not folder.is_dir():
        raise SourcesError(f"{folder}: no such folder; set TILLFREE_SHARED to the folder that holds data/autocheckout")
    try:
        return Sources(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourcesError(f"{folder}: cannot be read ({error!r}); is it complete?") from error


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _case(document: dict[str, Any]) -> Case:
    labels = tuple(
        Label(
            who=event["who"],
            is_put=bool(event["putback"]),
            when=event["time"],
            fixture=FixtureId(str(event["gondola"])),
            shelf=int(event["shelf"]),
            plates=tuple(sorted(int(plate) for plate in event["plates"])),
            products=tuple(ProductId(product["barcode"]) for product in event["products"]),
        )
        for event in document["events"]
    )
    return Case(document["case"], labels)
