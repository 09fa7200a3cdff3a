"""Carts on their way to the retailer's ordering: kept until they are accepted, and shown where they are not."""

from typing import Literal

import msgspec
from sqlalchemy import Column, Index, Integer, LargeBinary, Select, String, Table, delete, func, insert, select, update

from tillfree.core.ids import TripId
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.money.announcements import announce
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import METADATA

__all__ = ["NOT_FINAL", "ORDERS", "OrderState", "Orders", "RetailerOrder"]

OrderState = Literal["waiting", "accepted", "bad"]

ORDERS = Table(
    "retailer_orders",
    METADATA,
    Column("trip", String, primary_key=True),
    Column("wire", String, nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("items", Integer, nullable=False),
    Column("time_ns", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_ns", Integer, nullable=False),
    Column("alerted", Integer, nullable=False),
    Column("purchase", String, nullable=False),
    Column("why", String, nullable=False),
    Column("cart", LargeBinary, nullable=False),
    Index("retailer_orders_due", "state", "next_ns"),
    Index("retailer_orders_time", "time_ns"),
)
_COLUMNS = [ORDERS.c[name] for name in ("trip", "wire", "state", "items", "time_ns", "tries", "next_ns")]
_COLUMNS += [ORDERS.c[name] for name in ("alerted", "purchase", "why", "cart")]
NOT_FINAL = -1
"""The number of items of a cart that waits for a person to look at it."""
_WHY_MAX = 500


class RetailerOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A cart on its way. `wire` is the trip's id in the retailer API, `time_ns` when the cart was final.

    `cart` is the message as it is sent in each try; it names the shopper as the retailer does, so it is emptied when
    the retailer has it. `purchase` is the retailer's id, `why` what it waits for, `alerted` how often
    somebody was told that it waits for a price.
    """

    trip: TripId
    wire: str
    time_ns: int
    items: int
    cart: bytes
    state: OrderState = "waiting"
    tries: int = 0
    next_ns: int = 0
    alerted: int = 0
    purchase: str = ""
    why: str = ""


class Orders(Connected):
    """The part of a database that keeps orders."""

    def add_order(self, order: RetailerOrder) -> bool:
        """Keeps a cart; says whether it is new. Another cart of the same trip changes nothing."""
        with self._writing() as connection:
            if connection.scalar(select(ORDERS.c.trip).where(ORDERS.c.trip == order.trip)) is not None:
                return False
            connection.execute(insert(ORDERS), msgspec.structs.asdict(order))
            return True

    def order(self, trip: TripId) -> RetailerOrder | None:
        """The order of a trip."""
        found = self._orders(select(*_COLUMNS).where(ORDERS.c.trip == trip))
        return found[0] if found else None

    def trip_on_the_wire(self, wire: str) -> TripId | None:
        """Which trip the retailer API calls so."""
        with self.reading() as connection:
            found = connection.scalar(select(ORDERS.c.trip).where(ORDERS.c.wire == wire))
        return None if found is None else TripId(found)

    def orders_due(self, now_ns: int, limit: int = 50) -> list[RetailerOrder]:
        """What is to be tried now, the longest overdue first."""
        due = (ORDERS.c.state == "waiting") & (ORDERS.c.next_ns <= now_ns)
        return self._orders(select(*_COLUMNS).where(due).order_by(ORDERS.c.next_ns, ORDERS.c.trip).limit(limit))

    def orders_in(self, state: OrderState, limit: int = 100) -> list[RetailerOrder]:
        """The newest orders in a state, at most 500."""
        statement = select(*_COLUMNS).where(ORDERS.c.state == state).order_by(ORDERS.c.time_ns.desc(), ORDERS.c.trip)
        return self._orders(statement.limit(page_size(limit)))

    def orders_count(self) -> dict[str, int]:
        """How many orders there are in each state."""
        statement = select(ORDERS.c.state, func.count()).group_by(ORDERS.c.state)
        with self.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def order_accepted(self, trip: TripId, purchase: str, now_ns: int) -> None:
        """The retailer has the cart."""
        values = {"state": "accepted", "purchase": purchase, "why": "", "cart": b""}
        with self._writing() as connection:
            tried = ORDERS.c.tries + 1
            done = connection.execute(
                update(ORDERS).where(ORDERS.c.trip == trip, ORDERS.c.state != "accepted").values(tries=tried, **values)
            )
            if done.rowcount:
                announce(connection, now_ns, "order.accepted", trip, {"trip": trip, "purchase": purchase})

    def order_completed(self, trip: TripId, cart: bytes, items: int) -> None:
        """What was taken is certain now: this cart is sent, in each try."""
        values = {"cart": cart, "items": items, "why": ""}
        with self._writing() as connection:
            connection.execute(
                update(ORDERS).where(ORDERS.c.trip == trip, ORDERS.c["items"] == NOT_FINAL).values(**values)
            )

    def order_waits(self, trip: TripId, why: str, next_ns: int) -> None:
        """It is not tried before then, for a reason that is no failure."""
        with self._writing() as connection:
            connection.execute(update(ORDERS).where(ORDERS.c.trip == trip).values(why=why, next_ns=next_ns))

    def order_failed(self, trip: TripId, why: str, next_ns: int) -> None:
        """A try had no success; the next one is due then."""
        waiting = (ORDERS.c.trip == trip) & (ORDERS.c.state == "waiting")
        with self._writing() as connection:
            connection.execute(
                update(ORDERS).where(waiting).values(tries=ORDERS.c.tries + 1, why=why[:_WHY_MAX], next_ns=next_ns)
            )

    def order_bad(self, trip: TripId, why: str, now_ns: int) -> None:
        """The retailer will not have it, or did not take it in all the time: a person must see to it."""
        waiting = (ORDERS.c.trip == trip) & (ORDERS.c.state == "waiting")
        with self._writing() as connection:
            tried = ORDERS.c.tries + 1
            done = connection.execute(
                update(ORDERS).where(waiting).values(state="bad", tries=tried, why=why[:_WHY_MAX])
            )
            if done.rowcount:
                announce(connection, now_ns, "order.bad", trip, {"trip": trip, "why": why[:_WHY_MAX]})

    def order_again(self, trip: TripId, now_ns: int) -> bool:
        """Somebody has it sent again, with all the time that a new one has; says whether it was a bad one."""
        bad = (ORDERS.c.trip == trip) & (ORDERS.c.state == "bad")
        with self._writing() as connection:
            done = connection.execute(
                update(ORDERS).where(bad).values(state="waiting", next_ns=now_ns, time_ns=now_ns, tries=0)
            )
            return bool(done.rowcount)

    def order_alerted(self, trip: TripId, why: str, now_ns: int) -> None:
        """Somebody was told that nobody has priced it."""
        with self._writing() as connection:
            connection.execute(update(ORDERS).where(ORDERS.c.trip == trip).values(alerted=ORDERS.c.alerted + 1))
            announce(connection, now_ns, "order.late", trip, {"trip": trip, "why": why})

    def erase_orders(self, before_ns: int) -> int:
        """Erases accepted and bad orders whose carts were final before that; gives their number."""
        old = (ORDERS.c.time_ns < before_ns) & (ORDERS.c.state != "waiting")
        with self._writing() as connection:
            return connection.execute(delete(ORDERS).where(old)).rowcount

    def _orders(self, statement: "Select[tuple[object, ...]]") -> list[RetailerOrder]:
        with self.reading() as connection:
            return [RetailerOrder(**row._mapping) for row in connection.execute(statement)]  # noqa: SLF001
