"""The planogram as a CSV file, and what such a file would do to a shop."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from tillfree.catalog.model import Facing, Shop
from tillfree.catalog.planogram_table import read_planogram
from tillfree.core.ids import FixtureId
from tillfree.web.csv_cells import guarded, unguarded
from tillfree.web.uploads import Problems, problems_of

__all__ = ["HEADER", "PlanogramPlan", "Scope", "apply_plan", "plan_import", "planogram_rows"]

HEADER = ("product", "fixture", "shelf", "plates", "name")
Scope = Literal["fixtures", "everything"]


class PlanogramPlan(msgspec.Struct, frozen=True):
    """What taking a file over means: the facings of the whole shop afterwards, and those that come and go.

    `before` are the facings that it was worked out from.
    """

    source: str
    scope: Scope
    before: tuple[Facing, ...]
    after: tuple[Facing, ...]
    new: tuple[Facing, ...]
    gone: tuple[Facing, ...]
    same: int
    problems: Problems
    rows_read: int

    @property
    def does_nothing(self) -> bool:
        """Whether the shop has all of it already."""
        return not self.new and not self.gone


def planogram_rows(shop: Shop) -> Iterator[tuple[object, ...]]:
    """One row per facing, with the cells of `HEADER`; the name is for whoever reads it."""
    products = shop.product_index()
    for facing in shop.facings:
        product = products.get(facing.product)
        name = "" if product is None else product.name
        yield facing.product, facing.fixture, facing.shelf, "|".join(map(str, facing.plates)), name


def plan_import(data: bytes, source: str, shop: Shop, scope: Scope) -> PlanogramPlan:
    """Read a file and compare it with the planogram of the shop.

    With the scope "fixtures", what stands on furniture that the file does not name stays as it is.

    Raises:
        CatalogFileError: the file cannot be used at all.
    """
    # Our own export puts an apostrophe before what a spreadsheet would run: such ids are known by that name too.
    products = [
        msgspec.structs.replace(product, barcodes=(*product.barcodes, guarded(product.id)))
        if guarded(product.id) != product.id
        else product
        for product in shop.products
    ]
    aliases = [
        msgspec.structs.replace(fixture, id=FixtureId(guarded(fixture.id)))
        for fixture in shop.fixtures
        if guarded(fixture.id) != fixture.id
    ]
    read, report = read_planogram(data, source, products, (*shop.fixtures, *aliases))
    fixtures = {fixture.id for fixture in shop.fixtures}
    facings = [
        facing
        if facing.fixture in fixtures
        else msgspec.structs.replace(facing, fixture=FixtureId(unguarded(facing.fixture)))
        for facing in read
    ]
    facings = [same for facing in facings for same in _as_they_stand(facing, shop)]
    named = {facing.fixture for facing in facings}
    kept = [facing for facing in shop.facings if scope == "fixtures" and facing.fixture not in named]
    old, wanted = set(shop.facings), {*kept, *facings}
    new = tuple(dict.fromkeys(facing for facing in facings if facing not in old))
    after = tuple(dict.fromkeys(facing for facing in shop.facings if facing in wanted)) + new
    gone = tuple(facing for facing in shop.facings if facing not in wanted)
    return PlanogramPlan(
        source, scope, shop.facings, after, new, gone, len(after) - len(new), problems_of(report), report.rows_read
    )


def _as_they_stand(facing: Facing, shop: Shop) -> tuple[Facing, ...]:
    """The facing; or those of the shop that are side by side what a file can only say as one."""
    parts = tuple(
        known
        for known in shop.facings
        if (known.product, known.fixture, known.shelf) == (facing.product, facing.fixture, facing.shelf)
        and set(known.plates) <= set(facing.plates)
    )
    plates = sorted(plate for part in parts for plate in part.plates)
    return parts if plates == list(facing.plates) else (facing,)


def apply_plan(plan: PlanogramPlan, shop: Shop) -> Shop:
    """The shop after it."""
    return msgspec.structs.replace(shop, facings=plan.after)
