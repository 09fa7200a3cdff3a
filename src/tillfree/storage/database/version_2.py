"""From version 1 to 2: the tables of trips and money, of the gate, and of other systems, as they were made then."""

from sqlalchemy import Connection

__all__ = ["to_version_2"]

_STATEMENTS = (
    """
    CREATE TABLE accounts (
        account VARCHAR NOT NULL,
        record BLOB NOT NULL,
        PRIMARY KEY (account)
    )
    """,
    """
    CREATE TABLE announcements (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        time_ns INTEGER NOT NULL,
        kind VARCHAR NOT NULL,
        subject VARCHAR NOT NULL,
        body BLOB NOT NULL
    )
    """,
    """
    CREATE INDEX announcements_time ON announcements (time_ns)
    """,
    """
    CREATE TABLE api_keys (
        id VARCHAR NOT NULL,
        name VARCHAR NOT NULL,
        scopes BLOB NOT NULL,
        digest BLOB NOT NULL,
        per_minute INTEGER NOT NULL,
        "by" VARCHAR NOT NULL,
        created_ns INTEGER NOT NULL,
        used_ns INTEGER NOT NULL,
        revoked BOOLEAN NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX api_keys_created ON api_keys (created_ns)
    """,
    """
    CREATE TABLE badge_sums (
        account VARCHAR NOT NULL,
        paid_by VARCHAR NOT NULL,
        month VARCHAR NOT NULL,
        currency VARCHAR NOT NULL,
        minor INTEGER NOT NULL,
        PRIMARY KEY (account, paid_by, month, currency)
    )
    """,
    """
    CREATE TABLE badges (
        badge VARCHAR NOT NULL,
        record BLOB NOT NULL,
        PRIMARY KEY (badge)
    )
    """,
    """
    CREATE TABLE blocks (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        fingerprint VARCHAR NOT NULL,
        why VARCHAR NOT NULL,
        "by" VARCHAR NOT NULL,
        time_ns INTEGER NOT NULL,
        until_ns INTEGER NOT NULL,
        UNIQUE (fingerprint)
    )
    """,
    """
    CREATE TABLE closed_gates (
        gate VARCHAR NOT NULL,
        "by" VARCHAR NOT NULL,
        time_ns INTEGER NOT NULL,
        PRIMARY KEY (gate)
    )
    """,
    """
    CREATE TABLE cursors (
        consumer VARCHAR NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (consumer)
    )
    """,
    """
    CREATE TABLE debts (
        trip VARCHAR NOT NULL,
        payment VARCHAR NOT NULL,
        fingerprint VARCHAR NOT NULL,
        currency VARCHAR NOT NULL,
        minor INTEGER NOT NULL,
        opened_ns INTEGER NOT NULL,
        paid_ns INTEGER NOT NULL,
        PRIMARY KEY (trip)
    )
    """,
    """
    CREATE INDEX debts_fingerprint ON debts (fingerprint)
    """,
    """
    CREATE INDEX debts_open ON debts (paid_ns, opened_ns)
    """,
    """
    CREATE TABLE deliveries (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "key" VARCHAR NOT NULL,
        trip VARCHAR NOT NULL,
        kind VARCHAR NOT NULL,
        address VARCHAR NOT NULL,
        language VARCHAR NOT NULL,
        status VARCHAR NOT NULL,
        tries INTEGER NOT NULL,
        next_ns INTEGER NOT NULL,
        made_ns INTEGER NOT NULL,
        done_ns INTEGER NOT NULL,
        problem VARCHAR NOT NULL,
        UNIQUE ("key")
    )
    """,
    """
    CREATE INDEX deliveries_due ON deliveries (status, next_ns)
    """,
    """
    CREATE INDEX deliveries_trip ON deliveries (trip)
    """,
    """
    CREATE TABLE disputes (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        trip VARCHAR NOT NULL,
        line INTEGER NOT NULL,
        status VARCHAR NOT NULL,
        "by" VARCHAR NOT NULL,
        opened_ns INTEGER NOT NULL,
        decided_ns INTEGER NOT NULL,
        given_minor INTEGER NOT NULL,
        currency VARCHAR NOT NULL,
        record BLOB NOT NULL
    )
    """,
    """
    CREATE INDEX disputes_decided ON disputes ("by", decided_ns)
    """,
    """
    CREATE UNIQUE INDEX disputes_line ON disputes (trip, line)
    """,
    """
    CREATE INDEX disputes_status ON disputes (status, number)
    """,
    """
    CREATE TABLE entries (
        trip VARCHAR NOT NULL,
        time_ns INTEGER NOT NULL,
        gate VARCHAR NOT NULL,
        way VARCHAR NOT NULL,
        role VARCHAR NOT NULL,
        group_size INTEGER NOT NULL,
        age_years INTEGER NOT NULL,
        fingerprint VARCHAR,
        PRIMARY KEY (trip)
    )
    """,
    """
    CREATE INDEX entries_fingerprint ON entries (fingerprint)
    """,
    """
    CREATE INDEX entries_time ON entries (time_ns)
    """,
    """
    CREATE TABLE given_answers (
        owner VARCHAR NOT NULL,
        "key" VARCHAR NOT NULL,
        fingerprint BLOB NOT NULL,
        time_ns INTEGER NOT NULL,
        answer BLOB,
        PRIMARY KEY (owner, "key")
    )
    """,
    """
    CREATE INDEX given_answers_time ON given_answers (time_ns)
    """,
    """
    CREATE TABLE hooks (
        id VARCHAR NOT NULL,
        url VARCHAR NOT NULL,
        kinds BLOB NOT NULL,
        note VARCHAR NOT NULL,
        secret VARCHAR NOT NULL,
        old_secret VARCHAR NOT NULL,
        old_until_ns INTEGER NOT NULL,
        created_ns INTEGER NOT NULL,
        "after" INTEGER NOT NULL,
        state VARCHAR NOT NULL,
        why VARCHAR NOT NULL,
        failures INTEGER NOT NULL,
        dead INTEGER NOT NULL,
        quiet_until_ns INTEGER NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE ledger (
        number INTEGER NOT NULL,
        time_ns INTEGER NOT NULL,
        trip VARCHAR NOT NULL,
        payment VARCHAR NOT NULL,
        what VARCHAR NOT NULL,
        currency VARCHAR NOT NULL,
        postings BLOB NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (number)
    )
    """,
    """
    CREATE INDEX ledger_payment ON ledger (payment, number)
    """,
    """
    CREATE INDEX ledger_time ON ledger (time_ns)
    """,
    """
    CREATE INDEX ledger_trip ON ledger (trip, number)
    """,
    """
    CREATE TABLE ledger_balances (
        account VARCHAR NOT NULL,
        currency VARCHAR NOT NULL,
        minor INTEGER NOT NULL,
        PRIMARY KEY (account, currency)
    )
    """,
    """
    CREATE TABLE ledger_head (
        id INTEGER NOT NULL,
        number INTEGER NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE payers (
        trip VARCHAR NOT NULL,
        erase_ns INTEGER NOT NULL,
        record BLOB NOT NULL,
        PRIMARY KEY (trip)
    )
    """,
    """
    CREATE INDEX payers_erase ON payers (erase_ns)
    """,
    """
    CREATE TABLE payment_events (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        payment VARCHAR NOT NULL,
        version INTEGER NOT NULL,
        time_ns INTEGER NOT NULL,
        record BLOB NOT NULL
    )
    """,
    """
    CREATE UNIQUE INDEX payment_events_payment ON payment_events (payment, version)
    """,
    """
    CREATE TABLE payment_notices (
        notice VARCHAR NOT NULL,
        time_ns INTEGER NOT NULL,
        PRIMARY KEY (notice)
    )
    """,
    """
    CREATE TABLE payment_orders (
        "key" VARCHAR NOT NULL,
        payment VARCHAR NOT NULL,
        due_ns INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        sent BOOLEAN NOT NULL,
        PRIMARY KEY ("key")
    )
    """,
    """
    CREATE INDEX payment_orders_due ON payment_orders (due_ns, "key")
    """,
    """
    CREATE INDEX payment_orders_payment ON payment_orders (payment)
    """,
    """
    CREATE TABLE payments (
        payment VARCHAR NOT NULL,
        trip VARCHAR NOT NULL,
        state VARCHAR NOT NULL,
        opened_ns INTEGER NOT NULL,
        hold_until_ns INTEGER NOT NULL,
        record BLOB NOT NULL,
        PRIMARY KEY (payment)
    )
    """,
    """
    CREATE INDEX payments_hold ON payments (hold_until_ns)
    """,
    """
    CREATE INDEX payments_state ON payments (state, opened_ns)
    """,
    """
    CREATE TABLE receipt_links (
        digest BLOB NOT NULL,
        trip VARCHAR NOT NULL,
        made_ns INTEGER NOT NULL,
        until_ns INTEGER NOT NULL,
        PRIMARY KEY (digest)
    )
    """,
    """
    CREATE INDEX receipt_links_trip ON receipt_links (trip)
    """,
    """
    CREATE INDEX receipt_links_until ON receipt_links (until_ns)
    """,
    """
    CREATE TABLE refusals (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        time_ns INTEGER NOT NULL,
        gate VARCHAR NOT NULL,
        way VARCHAR NOT NULL,
        reason VARCHAR NOT NULL
    )
    """,
    """
    CREATE INDEX refusals_time ON refusals (time_ns)
    """,
    """
    CREATE TABLE retailer_ingestions (
        id VARCHAR NOT NULL,
        owner VARCHAR NOT NULL,
        kind VARCHAR NOT NULL,
        state VARCHAR NOT NULL,
        time_ns INTEGER NOT NULL,
        body BLOB NOT NULL,
        report BLOB NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX retailer_ingestions_time ON retailer_ingestions (time_ns)
    """,
    """
    CREATE TABLE retailer_orders (
        trip VARCHAR NOT NULL,
        wire VARCHAR NOT NULL,
        state VARCHAR NOT NULL,
        items INTEGER NOT NULL,
        time_ns INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        next_ns INTEGER NOT NULL,
        alerted INTEGER NOT NULL,
        purchase VARCHAR NOT NULL,
        why VARCHAR NOT NULL,
        cart BLOB NOT NULL,
        PRIMARY KEY (trip),
        UNIQUE (wire)
    )
    """,
    """
    CREATE INDEX retailer_orders_due ON retailer_orders (state, next_ns)
    """,
    """
    CREATE INDEX retailer_orders_time ON retailer_orders (time_ns)
    """,
    """
    CREATE TABLE spent_codes (
        digest BLOB NOT NULL,
        until_ns INTEGER NOT NULL,
        PRIMARY KEY (digest)
    )
    """,
    """
    CREATE TABLE trip_visits (
        visit VARCHAR NOT NULL,
        trip VARCHAR NOT NULL,
        PRIMARY KEY (visit)
    )
    """,
    """
    CREATE INDEX trip_visits_trip ON trip_visits (trip)
    """,
    """
    CREATE TABLE trips (
        trip VARCHAR NOT NULL,
        opened_ns INTEGER NOT NULL,
        closed_ns INTEGER NOT NULL,
        settled_ns INTEGER NOT NULL,
        wake_ns INTEGER NOT NULL,
        status VARCHAR NOT NULL,
        entry VARCHAR NOT NULL,
        payment VARCHAR NOT NULL,
        record BLOB NOT NULL,
        PRIMARY KEY (trip)
    )
    """,
    """
    CREATE INDEX trips_opened ON trips (opened_ns, trip)
    """,
    """
    CREATE INDEX trips_payment ON trips (payment)
    """,
    """
    CREATE INDEX trips_status ON trips (status, opened_ns, trip)
    """,
    """
    CREATE INDEX trips_wake ON trips (wake_ns)
    """,
    """
    CREATE TABLE hook_messages (
        id VARCHAR NOT NULL,
        hook VARCHAR NOT NULL,
        number INTEGER NOT NULL,
        kind VARCHAR NOT NULL,
        time_ns INTEGER NOT NULL,
        body BLOB NOT NULL,
        state VARCHAR NOT NULL,
        attempts INTEGER NOT NULL,
        made_ns INTEGER NOT NULL,
        due_ns INTEGER NOT NULL,
        last_ns INTEGER NOT NULL,
        status INTEGER NOT NULL,
        error VARCHAR NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(hook) REFERENCES hooks (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX hook_messages_due ON hook_messages (hook, state, due_ns)
    """,
    """
    CREATE INDEX hook_messages_hook ON hook_messages (hook, time_ns, id)
    """,
    """
    CREATE UNIQUE INDEX hook_messages_once ON hook_messages (hook, number) WHERE number > 0
    """,
    """
    CREATE INDEX hook_messages_time ON hook_messages (time_ns)
    """,
)


def to_version_2(connection: Connection) -> None:
    """What was there stays as it is."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
