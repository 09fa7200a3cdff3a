"""All operations of the API in one table."""

from tillfree.web.api import events, hooks, products, stock, store_part, visits
from tillfree.web.api.operations import Operation

__all__ = ["OPERATIONS"]

OPERATIONS: tuple[Operation, ...] = (
    *store_part.OPERATIONS,
    *products.OPERATIONS,
    *stock.OPERATIONS,
    *visits.OPERATIONS,
    *events.OPERATIONS,
    *hooks.OPERATIONS,
)
