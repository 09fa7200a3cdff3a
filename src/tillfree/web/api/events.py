"""What happened, in order: the same announcements that webhooks tell, to be fetched by number."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tillfree.storage.database.money.announcements import Announcement
from tillfree.store.webhooks.telling import told
from tillfree.web.api.operations import Call, Operation, Page
from tillfree.web.api.shapes import Limit, Moment
from tillfree.web.texts import later

__all__ = ["KINDS", "OPERATIONS"]

KINDS: dict[str, str] = {
    "trip.opened": later("The gate let somebody in"),
    "trip.left": later("Everybody of a trip is gone"),
    "trip.review": later("A trip waits for a person"),
    "trip.settled": later("Nothing is left to do for a trip"),
    "receipt.final": later("A receipt is charged"),
    "payment.held": later("Money was put aside"),
    "payment.declined": later("Money could not be put aside or taken"),
    "payment.captured": later("Money was taken"),
    "payment.voided": later("A hold was let go"),
    "payment.refunded": later("Money went back"),
    "payment.debt": later("What was due could not be taken"),
    "order.accepted": later("The retailer's ordering took a cart in"),
    "order.bad": later("The retailer's ordering refused a cart"),
    "order.late": later("A hold ends soon, and the retailer has not said what a cart costs"),
    "dispute.opened": later("A shopper says that a line is wrong"),
    "dispute.decided": later("A complaint was decided"),
    "entry.refused": later("The gate stayed shut"),
    "catalogue.changed": later("Products or the planogram changed"),
}
"""Kinds of announcements in words, as the guide lists them; others may come."""


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened. Numbers only grow, not without holes."""

    number: int
    timestamp: Moment
    type: str
    subject: str
    data: dict[str, Any]


class EventsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events, the oldest first."""

    after: Annotated[int, Meta(ge=0, le=2**53, description="Cursor: the number of the last event that is known.")] = 0
    type: Annotated[str, Meta(max_length=60, description="Of this type only, as `payment.captured`.")] = ""
    limit: Limit = 100


def _view(announcement: Announcement) -> EventView:
    return EventView(**told(announcement))


def _list(call: Call) -> Page:
    query = call.asked(EventsQuery)
    kinds = (query.type,) if query.type else ()
    found = call.database.announcements(query.after, query.limit, kinds=kinds)
    more = len(found) == query.limit
    return Page([_view(one) for one in found], str(found[-1].number) if more else "")


OPERATIONS = (
    Operation(
        method="GET",
        path="/events",
        name="listEvents",
        group="Events",
        summary="What happened since an event",
        about="Keep the number of the last event, and ask again with it: nothing is lost however long one was away.",
        scope="events:read",
        run=_list,
        query=EventsQuery,
        answer=EventView,
        paged=True,
    ),
)
