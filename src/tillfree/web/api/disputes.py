"""What shoppers say is wrong with their receipts: read, and decided."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.commerce.disputes import Dispute
from tillfree.web.api.operations import Call, Operation, Page, missing
from tillfree.web.api.problems import Problem
from tillfree.web.api.shapes import Amount, Limit, Moment, amount, moment, one_page

__all__ = ["OPERATIONS"]

_STATUSES = ("open", "refunding", "refunded", "rejected")


class DisputeView(msgspec.Struct, frozen=True, kw_only=True):
    """A claim about one line (from 0) of the receipt of a trip. `really` is how many units the shopper says it was."""

    number: int
    trip: str
    line: int
    product: str
    quantity: int
    really: int
    reason: str
    note: str
    asked: Amount
    given: Amount
    status: str
    opened: Moment
    decided: Moment | None
    by_rules: bool
    problem: str


class DisputesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which disputes, the oldest first."""

    status: (
        Annotated[
            str,
            Meta(max_length=9, pattern=f"^({'|'.join(_STATUSES)})$", extra_json_schema={"enum": list(_STATUSES)}),
        ]
        | None
    ) = None
    after: Annotated[int, Meta(ge=0, le=2**53, description="Cursor: the number of the last dispute known.")] = 0
    limit: Limit = 100


class DecisionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes back (nothing: an amount of 0), and what the shopper reads."""

    given: Amount
    answer: Annotated[str, Meta(max_length=500)] = ""


def _view(dispute: Dispute) -> DisputeView:
    return DisputeView(
        number=dispute.number,
        trip=dispute.trip,
        line=dispute.line,
        product=dispute.product,
        quantity=dispute.quantity,
        really=dispute.really,
        reason=dispute.reason,
        note=dispute.note,
        asked=amount(dispute.asked),
        given=amount(dispute.given),
        status=dispute.status,
        opened=moment(dispute.opened_ns),
        decided=moment(dispute.decided_ns) if dispute.decided_ns else None,
        by_rules=dispute.by == "rules",
        problem=dispute.problem,
    )


def _list(call: Call) -> Page:
    asked = call.asked(DisputesQuery)
    found = call.database.disputes_after(asked.after, asked.limit + 1, (asked.status or "").strip())
    page, cursor = one_page(found, asked.limit, lambda dispute: str(dispute.number))
    return Page([_view(one) for one in page], cursor)


def _get(call: Call) -> DisputeView:
    return _view(_dispute(call))


def _decide(call: Call) -> DisputeView:
    desk, body = call.console.receipts, call.sent(DecisionBody)
    if desk is None:
        raise Problem("unavailable", "nobody pays in this store, so nothing can go back")
    dispute = _dispute(call)
    if dispute.status != "open":
        raise Problem("conflict", f"dispute {dispute.number} is decided already: {dispute.status}")
    given = body.given.money(dispute.asked.currency)
    if not 0 <= given.minor <= dispute.asked.minor:
        raise Problem("refused", f"between nothing and {dispute.asked} can go back")
    made = desk.decide(dispute.number, given, by=call.who, answer=body.answer)
    call.note("dispute.decide", str(dispute.number), f"{given} of {dispute.asked}")
    return _view(made)


def _dispute(call: Call) -> Dispute:
    text = call.path["number"]
    known = text.isascii() and text.isdigit() and len(text) < 16
    dispute = call.database.dispute(int(text)) if known else None
    if dispute is None:
        raise missing("dispute of this number")
    return dispute


OPERATIONS = (
    Operation(
        method="GET",
        path="/disputes",
        name="listDisputes",
        group="Disputes",
        summary="What shoppers say is wrong, the oldest first",
        scope="disputes:read",
        run=_list,
        query=DisputesQuery,
        answer=DisputeView,
        paged=True,
    ),
    Operation(
        method="GET",
        path="/disputes/{number}",
        name="getDispute",
        group="Disputes",
        summary="One dispute",
        scope="disputes:read",
        run=_get,
        answer=DisputeView,
        problems=("not-found",),
    ),
    Operation(
        method="POST",
        path="/disputes/{number}/decision",
        name="decideDispute",
        group="Disputes",
        summary="Decide a dispute",
        scope="disputes:decide",
        run=_decide,
        body=DecisionBody,
        answer=DisputeView,
        money=True,
        problems=("not-found", "refused", "conflict"),
        example={"given": {"minor": 0, "currency": "EUR"}, "answer": "The camera shows two bottles."},
    ),
)
