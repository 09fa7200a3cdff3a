"""Trips: what one payer's entry pays for, from the gate to the last coin, and the receipt that is charged."""

from typing import Annotated, get_args

import msgspec
from msgspec import Meta

from tillfree.commerce.pricing import COUPONS_MAX
from tillfree.commerce.trips import Trip, TripStatus
from tillfree.core.ids import TripId
from tillfree.storage.database.money.trips import TripBrief, TripCursor, TripQuery
from tillfree.web.api.operations import Call, Operation, Page, Reply, missing
from tillfree.web.api.problems import Problem
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
from tillfree.web.shop_editing import digest

__all__ = ["OPERATIONS", "cursor_of", "trip_of", "trips_page"]

_ID_MAX = 200
_AGE_MAX = 120
Status = Annotated[
    str,
    Meta(
        max_length=9,
        pattern="^(" + "|".join(get_args(TripStatus)) + ")$",
        extra_json_schema={"enum": list(get_args(TripStatus))},
    ),
]


class TripView(msgspec.Struct, frozen=True, kw_only=True):
    """A trip. Of the payer nothing is told but how they came in."""

    id: str
    gate: str
    entry: str
    role: str
    group_size: int
    opened: Moment
    closed: Moment | None
    settled: Moment | None
    status: str
    why: str
    visits: tuple[str, ...]
    payment: str | None
    hold: Amount | None
    total: Amount | None
    review_until: Moment | None
    age_years: int
    loyalty: bool
    simulated: bool
    reference: str


class TripsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which trips, the newest first."""

    since: Annotated[Moment, Meta(description="Begun at this moment or later.")] | None = None
    until: Annotated[Moment, Meta(description="Begun before this moment.")] | None = None
    status: Status | None = None
    after: TimeCursor = ""
    limit: Limit = 50


class AgeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody of the staff saw: everybody of the trip is at least so old; 0 takes it back."""

    age_years: Annotated[int, Meta(ge=0, le=_AGE_MAX)]


class OffersBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was scanned: a loyalty code, coupons, or both."""

    loyalty: Annotated[str, Meta(max_length=500)] = ""
    coupons: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=128)], ...], Meta(max_length=COUPONS_MAX)
    ] = ()


def view_of(trip: Trip | TripBrief) -> TripView:
    """A trip as it is sent."""
    return TripView(
        id=trip.id,
        gate=trip.gate,
        entry=trip.entry,
        role=trip.role,
        group_size=trip.group_size,
        opened=moment(trip.opened_ns),
        closed=moment(trip.closed_ns) if trip.closed_ns else None,
        settled=moment(trip.settled_ns) if trip.settled_ns else None,
        status=trip.status,
        why=trip.why,
        visits=trip.visits,
        payment=trip.payment or None,
        hold=None if trip.hold is None else amount(trip.hold),
        total=None if trip.receipt is None else amount(trip.receipt.total.gross),
        review_until=moment(trip.review_until_ns) if trip.review_until_ns else None,
        age_years=trip.age_years,
        loyalty=trip.loyalty,
        simulated=trip.simulated,
        reference=trip.reference,
    )


def trip_of(call: Call) -> Trip:
    """The trip that the address names."""
    id_ = call.path["id"]
    trip = call.database.trip(TripId(id_)) if len(id_) <= _ID_MAX else None
    if trip is None:
        raise missing("trip of this id")
    return trip


def cursor_of(text: str) -> TripCursor | None:
    """The place in the list that a cursor names."""
    before = time_cursor(text)
    return None if before is None else TripCursor(before[0], TripId(before[1]))


def trips_page(call: Call, query: TripQuery, limit: int) -> tuple[list[TripBrief], str]:
    """Some trips, and the cursor of those after them."""
    found = call.database.trips_in_brief(msgspec.structs.replace(query, limit=limit + 1))
    return one_page(found, limit, lambda trip: write_time_cursor(trip.opened_ns, trip.id))


def _list(call: Call) -> Page:
    asked = call.asked(TripsQuery)
    statuses = tuple(status for status in get_args(TripStatus) if asked.status and status == asked.status.strip())
    query = TripQuery(
        since_ns=nanoseconds(asked.since, "since"),
        until_ns=nanoseconds(asked.until, "until"),
        statuses=statuses,
        before=cursor_of(asked.after),
    )
    found, cursor = trips_page(call, query, asked.limit)
    return Page([view_of(trip) for trip in found], cursor)


def _get(call: Call) -> TripView:
    return view_of(trip_of(call))


def _receipt(call: Call) -> Reply:
    receipt = trip_of(call).receipt
    if receipt is None:
        raise missing("receipt of this trip yet")
    return Reply(receipt_view(receipt), etag=f'"{digest(receipt)}"')


def _check_age(call: Call) -> None:
    desk = call.console.desk
    if desk is None:
        raise Problem("unavailable", "this store has no gate at which anybody is known")
    trip = trip_of(call)
    desk.check_age(trip.id, call.sent(AgeBody).age_years, by=call.who)


def _show_offers(call: Call) -> TripView:
    desk, body = call.console.desk, call.sent(OffersBody)
    if desk is None:
        raise Problem("unavailable", "this store has no gate at which anybody is known")
    if not all(text.isprintable() for text in (body.loyalty, *body.coupons)):
        raise Problem("refused", "loyalty and coupons are printable characters")
    return view_of(desk.show_offers(trip_of(call).id, loyalty=body.loyalty, coupons=body.coupons))


OPERATIONS = (
    Operation(
        method="GET",
        path="/trips",
        name="listTrips",
        group="Trips",
        summary="Trips, the newest first",
        scope="trips:read",
        run=_list,
        query=TripsQuery,
        answer=TripView,
        paged=True,
    ),
    Operation(
        method="GET",
        path="/trips/{id}",
        name="getTrip",
        group="Trips",
        summary="One trip",
        scope="trips:read",
        run=_get,
        answer=TripView,
        problems=("not-found",),
    ),
    Operation(
        method="GET",
        path="/trips/{id}/receipt",
        name="getReceipt",
        group="Trips",
        summary="The receipt of a trip that is in force",
        about="There is one as soon as everybody left; `status` is review while nobody is charged for it.",
        scope="trips:read",
        run=_receipt,
        answer=ReceiptView,
        tagged=True,
        problems=("not-found",),
    ),
    Operation(
        method="POST",
        path="/trips/{id}/age-checks",
        name="checkAge",
        group="Trips",
        summary="Somebody of the staff saw a proof of age",
        scope="trips:write",
        run=_check_age,
        body=AgeBody,
        problems=("not-found", "refused"),
        example={"age_years": 18},
    ),
    Operation(
        method="POST",
        path="/trips/{id}/offers",
        name="showOffers",
        group="Trips",
        summary="A loyalty code or coupons were scanned in the store",
        about="As long as the trip is not priced. What did nothing is said on the receipt.",
        scope="trips:write",
        run=_show_offers,
        body=OffersBody,
        answer=TripView,
        problems=("not-found", "refused"),
        example={"coupons": ["TEA50"]},
    ),
)
