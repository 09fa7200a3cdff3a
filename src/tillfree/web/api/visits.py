"""Finished visits: what the model made of them, and the receipt that is in force."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.commerce.receipt import Receipt
from tillfree.core.ids import VisitId
from tillfree.storage.database.visits import Outcome, VisitCursor, VisitQuery, VisitRow
from tillfree.web.api.operations import Call, Operation, Page, missing
from tillfree.web.api.shapes import (
    Amount,
    Limit,
    Moment,
    ReceiptView,
    TimeCursor,
    amount,
    moment,
    nanoseconds,
    one_page,
    receipt_view,
    time_cursor,
    write_time_cursor,
)

__all__ = ["OPERATIONS"]

_CODE_MAX = 200
_OUTCOMES: dict[str, Outcome] = {"charged": "charged", "to-review": "to review", "decided": "decided"}
OutcomeName = Annotated[
    str,
    Meta(max_length=9, pattern="^(charged|to-review|decided)$", extra_json_schema={"enum": list(_OUTCOMES)}),
]


class VisitView(msgspec.Struct, frozen=True, kw_only=True):
    """A visit: one person from the door to the door, under a temporary code. No place and no route is told here."""

    id: str
    opened: Moment
    closed: Moment
    outcome: str
    probability: float
    items: int
    total: Amount
    decided_total: Amount | None
    anonymous: bool
    simulated: bool


class VisitsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which visits, the newest first."""

    since: Annotated[Moment, Meta(description="Ended at this moment or later.")] | None = None
    until: Annotated[Moment, Meta(description="Ended before this moment.")] | None = None
    outcome: OutcomeName | None = None
    after: TimeCursor = ""
    limit: Limit = 50


def _view(row: VisitRow) -> VisitView:
    return VisitView(
        id=row.visit,
        opened=moment(row.opened_ns),
        closed=moment(row.closed_ns),
        outcome=row.outcome.replace(" ", "-"),
        probability=row.probability,
        items=row.items,
        total=amount(row.total),
        decided_total=None if row.decided_total is None else amount(row.decided_total),
        anonymous=row.anonymous,
        simulated=row.simulated,
    )


def _list(call: Call) -> Page:
    query = call.asked(VisitsQuery)
    before = time_cursor(query.after)
    found = call.database.visits(
        VisitQuery(
            since_ns=nanoseconds(query.since, "since"),
            until_ns=nanoseconds(query.until, "until"),
            outcome=None if query.outcome is None else _OUTCOMES[query.outcome.strip()],
            before=None if before is None else VisitCursor(before[0], VisitId(before[1])),
            limit=query.limit + 1,
        )
    )
    page, cursor = one_page(found, query.limit, lambda row: write_time_cursor(row.closed_ns, row.visit))
    return Page([_view(row) for row in page], cursor)


def _get(call: Call) -> VisitView:
    return _view(_row(call))


def _receipt(call: Call) -> ReceiptView:
    row = _row(call)
    decision = call.database.decision(row.visit)
    if decision is not None:
        return receipt_view(decision.receipt)
    record = call.database.visit(row.visit)
    if record is None:
        raise missing("visit of this code")
    receipt: Receipt = record.receipt
    return receipt_view(receipt)


def _row(call: Call) -> VisitRow:
    code = call.path["id"]
    record = call.database.visit(VisitId(code)) if len(code) <= _CODE_MAX else None
    if record is not None:
        near = VisitQuery(since_ns=record.closed_ns, until_ns=record.closed_ns + 1, text=code, limit=500)
        for row in call.database.visits(near):
            if row.visit == record.visit:
                return row
    raise missing("visit of this code")


OPERATIONS = (
    Operation(
        method="GET",
        path="/visits",
        name="listVisits",
        group="Visits",
        summary="Finished visits, the newest first",
        scope="visits:read",
        run=_list,
        query=VisitsQuery,
        answer=VisitView,
        paged=True,
    ),
    Operation(
        method="GET",
        path="/visits/{id}",
        name="getVisit",
        group="Visits",
        summary="One visit",
        scope="visits:read",
        run=_get,
        answer=VisitView,
        problems=("not-found",),
    ),
    Operation(
        method="GET",
        path="/visits/{id}/receipt",
        name="getVisitReceipt",
        group="Visits",
        summary="The receipt of one visit that is in force",
        about="Where several people pay together, what is paid is the receipt of their trip.",
        scope="visits:read",
        run=_receipt,
        answer=ReceiptView,
        problems=("not-found",),
    ),
)
