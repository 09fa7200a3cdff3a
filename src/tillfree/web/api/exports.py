"""Files for accounts and for the supply chain, of the trips of a period."""

from itertools import islice
from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.connectors.exports.epcis import document, location_uri
from tillfree.connectors.exports.sales import lines_csv, taxes_csv
from tillfree.connectors.exports.sold import Sold
from tillfree.store.exports.gathering import sold_trips
from tillfree.web.api.operations import Call, Operation, Reply
from tillfree.web.api.problems import Problem
from tillfree.web.api.shapes import Moment, nanoseconds

__all__ = ["OPERATIONS"]

_TRIPS_MAX = 20_000
Since = Annotated[Moment, Meta(description="Of trips begun at this moment or later.")]
Until = Annotated[Moment, Meta(description="Of trips begun before this moment.")]


class SalesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which trips, and what a row is."""

    since: Since | None = None
    until: Until | None = None
    by: Annotated[
        str,
        Meta(
            max_length=4,
            pattern="^(line|tax)$",
            description="One row for each line of a receipt, or for each tax.",
            extra_json_schema={"enum": ["line", "tax"]},
        ),
    ] = "line"


class EpcisQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which trips, and where the store is."""

    since: Since | None = None
    until: Until | None = None
    gln: Annotated[
        str,
        Meta(max_length=13, pattern="^([0-9]{13})?$", description="The store's GLN; of none, its name stands there."),
    ] = ""


def _sales(call: Call) -> Reply:
    query = call.asked(SalesQuery)
    found = _sold(call, query.since, query.until, "sales")
    text = taxes_csv(found) if query.by.strip() == "tax" else lines_csv(found)
    return Reply(data=text.encode(), headers={"Content-Disposition": 'attachment; filename="sales.csv"'})


def _epcis(call: Call) -> Reply:
    query = call.asked(EpcisQuery)
    found = _sold(call, query.since, query.until, "epcis")
    location = location_uri(call.console.store.name, query.gln.strip())
    made = document(found, location, call.console.now_ns())
    return Reply(data=msgspec.json.encode(made))


def _sold(call: Call, since: str | None, until: str | None, what: str) -> list[Sold]:
    since_ns, until_ns = nanoseconds(since, "since"), nanoseconds(until, "until")
    found = list(islice(sold_trips(call.database, since_ns, until_ns), _TRIPS_MAX + 1))
    if len(found) > _TRIPS_MAX:
        raise Problem("refused", f"that is more than {_TRIPS_MAX} trips; ask for a shorter period")
    call.note("report.export", what, f"{len(found)} trips")
    return found


OPERATIONS = (
    Operation(
        method="GET",
        path="/exports/sales.csv",
        name="exportSales",
        group="Exports",
        summary="Sales as a table",
        about="Amounts are whole smallest units. What went back is a row with amounts below zero.",
        scope="exports:read",
        run=_sales,
        query=SalesQuery,
        media_type="text/csv",
        problems=("refused",),
    ),
    Operation(
        method="GET",
        path="/exports/epcis",
        name="exportEpcis",
        group="Exports",
        summary="Sales as an EPCIS 2.0 document",
        scope="exports:read",
        run=_epcis,
        query=EpcisQuery,
        media_type="application/ld+json",
        problems=("refused",),
    ),
)
