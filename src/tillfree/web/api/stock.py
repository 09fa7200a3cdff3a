"""Stock: what lies at each facing, and counts that somebody made."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.core.time import NS_PER_S
from tillfree.web.api.operations import Call, Operation, Page
from tillfree.web.api.problems import Problem
from tillfree.web.api.shapes import Limit, Moment, moment
from tillfree.web.stock.lines import Row, rows_of

__all__ = ["OPERATIONS"]

_COUNT_MAX = 9999
Count = Annotated[int, Meta(ge=0, le=_COUNT_MAX)]


class FacingView(msgspec.Struct, frozen=True, kw_only=True):
    """One facing. `count` is null until somebody has counted, `par` what lies there when it is full."""

    facing: str
    product: str
    name: str
    fixture: str
    shelf: int
    plates: tuple[int, ...]
    count: int | None
    par: int | None
    state: str
    counted: Moment | None
    changed: Moment | None


class StockQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which facings, in the order of the planogram."""

    product: Annotated[str, Meta(max_length=200, description="Of this product only.")] = ""
    after: Annotated[int, Meta(ge=0, le=10**9, description="Cursor: so many facings come before.")] = 0
    limit: Limit = 100


class CountBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody counted at a facing, by the name that the list gives; `par` where that is another now."""

    facing: Annotated[str, Meta(min_length=1, max_length=400)]
    count: Count
    par: Count | None = None


def _view(row: Row) -> FacingView:
    return FacingView(
        facing=row.key,
        product=row.product,
        name=row.name,
        fixture=row.fixture,
        shelf=row.shelf,
        plates=row.plates,
        count=row.count,
        par=row.par,
        state=row.state,
        counted=moment(row.counted_ns) if row.counted_ns >= NS_PER_S else None,
        changed=moment(row.changed_ns) if row.changed_ns >= NS_PER_S else None,
    )


def _rows(call: Call) -> list[Row]:
    return rows_of(call.console.store.shop, call.console.store.stock())


def _list(call: Call) -> Page:
    query = call.asked(StockQuery)
    rows = [row for row in _rows(call) if not query.product or row.product == query.product]
    page = rows[query.after : query.after + query.limit]
    over = query.after + len(page) >= len(rows)
    return Page([_view(row) for row in page], "" if over else str(query.after + len(page)))


def _count(call: Call) -> FacingView:
    body, store = call.sent(CountBody), call.console.store
    row = next((row for row in _rows(call) if row.key == body.facing), None)
    if row is None:
        raise Problem("refused", f"there is no facing {body.facing[:200]!r} in the planogram; read the list again")
    par = body.par if body.par is not None else max(body.count, row.par or 0)
    now_ns = store.now_ns
    if body.par is None:
        store.count_facing(row.index, body.count)
    else:
        store.set_counts({row.index: (body.count, par, now_ns)})
    call.database.save_count(row.key, body.count, par, call.who, now_ns)
    call.note("stock.count", row.key, f"{'–' if row.count is None else row.count} → {body.count}, par {par}")
    return _view(msgspec.structs.replace(row, count=body.count, par=par, counted_ns=now_ns))


OPERATIONS = (
    Operation(
        method="GET",
        path="/stock",
        name="listStock",
        group="Stock",
        summary="What lies at each facing",
        scope="stock:read",
        run=_list,
        query=StockQuery,
        answer=FacingView,
        paged=True,
    ),
    Operation(
        method="POST",
        path="/stock/counts",
        name="countStock",
        group="Stock",
        summary="Enter a count",
        scope="stock:write",
        run=_count,
        body=CountBody,
        answer=FacingView,
        problems=("refused",),
        example={"facing": "gondola-1/2/1+2/4006381333931", "count": 12},
    ),
)
