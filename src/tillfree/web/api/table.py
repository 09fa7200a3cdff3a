"""All operations of the API in one table."""

from tillfree.web.api import (
    accounts,
    disputes,
    entries,
    events,
    exports,
    hooks,
    items,
    palm_batches,
    palm_doors,
    palm_home,
    palm_keeping,
    palm_links,
    palm_paying,
    palm_site,
    palms,
    payments,
    products,
    scans,
    stock,
    store_part,
    trips,
    visits,
)
from tillfree.web.api.operations import Operation

__all__ = ["OPERATIONS"]

OPERATIONS: tuple[Operation, ...] = (
    *store_part.OPERATIONS,
    *trips.OPERATIONS,
    *items.OPERATIONS,
    *payments.OPERATIONS,
    *disputes.OPERATIONS,
    *entries.OPERATIONS,
    *accounts.OPERATIONS,
    *palm_site.OPERATIONS,
    *palm_doors.OPERATIONS,
    *palm_keeping.OPERATIONS,
    *palm_batches.OPERATIONS,
    *palm_home.OPERATIONS,
    *palms.OPERATIONS,
    *palm_paying.OPERATIONS,
    *palm_links.OPERATIONS,
    *visits.OPERATIONS,
    *products.OPERATIONS,
    *scans.OPERATIONS,
    *stock.OPERATIONS,
    *events.OPERATIONS,
    *hooks.OPERATIONS,
    *exports.OPERATIONS,
)
