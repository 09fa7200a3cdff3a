"""The statements of the book, made once: to build one takes longer than to run it."""

from sqlalchemy import BindParameter, Exists, Table, bindparam, delete, or_, select, update
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as upsert

from tillfree.storage.database.money.announcements import ANNOUNCEMENTS
from tillfree.storage.database.money.payments import ORDERS, PAYMENT_EVENTS, PAYMENTS
from tillfree.storage.database.money.trips import PAYERS, TRIP_VISITS, TRIPS
from tillfree.storage.database.tables import VISITS

__all__ = [
    "ADD_ANNOUNCEMENTS",
    "ADD_EVENTS",
    "ENDING",
    "ERASE_AT",
    "ORDERS_DONE",
    "PAYER",
    "PAYMENT",
    "REVIEWED",
    "SENDABLE_NOW",
    "SENDABLE_OF",
    "TOGETHER",
    "TRIP",
    "TRIP_OF",
    "UPSERTS",
    "WAKING",
]

_UNDECIDED, _DECIDED = "to review", "decided"
_KEY: BindParameter[str] = bindparam("key")
TRIP = select(TRIPS.c.record).where(TRIPS.c.trip == _KEY)
TRIP_OF = select(TRIP_VISITS.c.trip).where(TRIP_VISITS.c.visit == _KEY)
PAYER = select(PAYERS.c.record).where(PAYERS.c.trip == _KEY)
PAYMENT = select(PAYMENTS.c.record).where(PAYMENTS.c.payment == _KEY)
_NOW: BindParameter[int] = bindparam("now_ns")
_MOST: BindParameter[int] = bindparam("most")
WAKING = select(TRIPS.c.trip).where(TRIPS.c.wake_ns > 0, TRIPS.c.wake_ns <= _NOW).order_by(TRIPS.c.wake_ns).limit(_MOST)
ENDING = (
    select(PAYMENTS.c.payment)
    .where(PAYMENTS.c.hold_until_ns > 0, PAYMENTS.c.hold_until_ns < _NOW, PAYMENTS.c.state == "held")
    .order_by(PAYMENTS.c.hold_until_ns)
    .limit(_MOST)
)


def _with_visits(outcome: str) -> Exists:
    return (
        select(TRIP_VISITS.c.visit)
        .join(VISITS, VISITS.c.visit == TRIP_VISITS.c.visit)
        .where(TRIP_VISITS.c.trip == TRIPS.c.trip, VISITS.c.outcome == outcome)
        .exists()
    )


REVIEWED = (
    select(TRIPS.c.trip)
    .where(TRIPS.c.status == "review", ~_with_visits(_UNDECIDED), _with_visits(_DECIDED))
    .order_by(TRIPS.c.opened_ns)
    .limit(_MOST)
)
TOGETHER = (
    select(PAYMENTS.c.payment, PAYMENTS.c.record, TRIPS.c.trip, TRIPS.c.record.label("trip_record"))
    .outerjoin(TRIPS, TRIPS.c.trip == PAYMENTS.c.trip)
    .where(PAYMENTS.c.payment.in_(bindparam("keys", expanding=True)))
)
ERASE_AT = update(PAYERS).where(PAYERS.c.trip == _KEY).values(erase_ns=bindparam("at_ns"))
ORDERS_DONE = delete(ORDERS).where(ORDERS.c.key.in_(bindparam("keys", expanding=True)))
ADD_EVENTS, ADD_ANNOUNCEMENTS = PAYMENT_EVENTS.insert(), ANNOUNCEMENTS.insert()
_SENDABLE = (
    select(ORDERS, PAYMENTS.c.record.label("state"), PAYERS.c.record.label("payer"))
    .join(PAYMENTS, PAYMENTS.c.payment == ORDERS.c.payment)
    .outerjoin(PAYERS, PAYERS.c.trip == PAYMENTS.c.trip)
    .order_by(ORDERS.c.due_ns, ORDERS.c.key)
    .limit(_MOST)
)
SENDABLE_NOW = _SENDABLE.where(or_(ORDERS.c.due_ns <= _NOW, ORDERS.c.due_ns > bindparam("too_far_ns")))
SENDABLE_OF = _SENDABLE.where(ORDERS.c.payment == _KEY)


def _upserting(table: Table) -> Insert:
    """Puts rows in, or in the place of those with the same key."""
    statement = upsert(table)
    keys = [column.name for column in table.primary_key]
    values = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=values)


UPSERTS = {table: _upserting(table) for table in (TRIPS, TRIP_VISITS, PAYERS, PAYMENTS, ORDERS)}
