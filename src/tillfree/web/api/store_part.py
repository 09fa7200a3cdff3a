"""The store itself: whether it runs, and how full it is."""

import msgspec

from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.shapes import Moment, moment

__all__ = ["OPERATIONS"]


class StoreView(msgspec.Struct, frozen=True, kw_only=True):
    """The store now. `time` is that of its stream of events, null before the first one."""

    name: str
    currency: str
    state: str
    simulated: bool
    time: Moment | None
    occupancy: int
    waiting_reviews: int
    catalogue_version: int
    payments: bool
    trouble: str


def _status(call: Call) -> StoreView:
    console, store = call.console, call.console.store
    snapshot = store.snapshot()
    newest = call.database.shop_versions(1)
    return StoreView(
        name=store.name,
        currency=store.shop.currency,
        state=snapshot.state,
        simulated=store.simulated,
        time=moment(snapshot.time_ns) if snapshot.time_ns else None,
        occupancy=snapshot.occupancy,
        waiting_reviews=call.database.count_open_reviews(),
        catalogue_version=newest[0].number if newest else 0,
        payments=console.till is not None,
        trouble="the store cannot remember now" if console.trouble() else "",
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/store",
        name="getStore",
        group="Store",
        summary="How the store is",
        scope="store:read",
        run=_status,
        answer=StoreView,
    ),
)
