"""The tables of the file, version `SCHEMA_VERSION`. Times are integer nanoseconds, structs are msgpack blobs."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table

__all__ = [
    "ACKNOWLEDGED",
    "AUDIT",
    "AUDIT_ENDS",
    "DECISIONS",
    "EVIDENCE",
    "GAINS",
    "LABELS",
    "LINES",
    "METADATA",
    "MINUTES",
    "SCHEMA",
    "SCHEMA_VERSION",
    "SESSIONS",
    "SHOPS",
    "STOCK_COUNTS",
    "TRIES",
    "USERS",
    "VISITS",
]

SCHEMA_VERSION = 2
METADATA = MetaData()


def _number() -> Column[int]:
    return Column("number", Integer, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, String, nullable=False)


def _whole(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


SCHEMA = Table("schema_version", METADATA, _whole("version"))

VISITS = Table(
    "visits",
    METADATA,
    Column("visit", String, primary_key=True),
    _whole("opened_ns"),
    _whole("closed_ns"),
    _text("reason"),
    _text("status"),
    _text("outcome"),
    Column("probability", Float, nullable=False),
    _whole("items"),
    _text("currency"),
    _whole("total_minor"),
    Column("decided_minor", Integer),
    Column("in_force", Integer),  # null: nothing yet; 0: the model's receipt; n: that of decision n
    Column("anonymous", Boolean, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("right", Boolean),
    _bytes("digest"),
    _bytes("record"),
    Index("visits_closed", "closed_ns", "visit"),
    Index("visits_outcome", "outcome", "closed_ns", "visit"),
)
EVIDENCE = Table(
    "evidence",
    METADATA,
    Column("visit", String, ForeignKey("visits.visit", ondelete="CASCADE"), primary_key=True),
    _whole("closed_ns"),
    _bytes("record"),
    Index("evidence_closed", "closed_ns"),
)
LINES = Table(
    "lines",
    METADATA,
    _number(),
    Column("visit", String, ForeignKey("visits.visit", ondelete="CASCADE"), nullable=False),
    _whole("decision"),  # 0: the model's receipt
    _text("product"),
    _text("name"),
    _text("words"),  # product and name in a form that search compares, as SQLite knows no letters beyond ASCII
    _whole("quantity"),
    _whole("net_minor"),
    _whole("tax_minor"),
    _whole("gross_minor"),
    Index("lines_visit", "visit", "decision"),
)
DECISIONS = Table(
    "decisions",
    METADATA,
    _number(),
    Column("visit", String, ForeignKey("visits.visit", ondelete="CASCADE"), nullable=False),
    _whole("time_ns"),
    _bytes("record"),
    Index("decisions_visit", "visit", "number"),
    Index("decisions_time", "time_ns"),
    sqlite_autoincrement=True,
)
LABELS = Table(
    "labels",
    METADATA,
    _number(),
    Column("visit", String, unique=True),  # null: who was there is forgotten
    _whole("time_ns"),
    _bytes("record"),
    Index("labels_time", "time_ns"),
    sqlite_autoincrement=True,
)
AUDIT = Table(
    "audit",
    METADATA,
    _number(),
    _whole("time_ns"),
    _text("who"),
    _text("what"),
    _text("subject"),
    _text("detail"),
    _text("hash"),  # hexadecimal
    Index("audit_time", "time_ns"),
    sqlite_autoincrement=True,
)
AUDIT_ENDS = Table("audit_ends", METADATA, Column("which", String, primary_key=True), _whole("number"), _text("hash"))
USERS = Table(
    "users",
    METADATA,
    Column("name", String(collation="NOCASE"), primary_key=True),
    _text("role"),
    _bytes("salt"),
    _bytes("hash"),
    _whole("n"),
    _whole("r"),
    _whole("p"),
    _whole("created_ns"),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("name", String(collation="NOCASE"), ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
    _whole("opened_ns"),
    _whole("seen_ns"),
    Index("sessions_name", "name"),
)
TRIES = Table(
    "tries",
    METADATA,
    _number(),
    Column("name", String(collation="NOCASE"), nullable=False),
    _whole("time_ns"),
    Index("tries_name", "name", "time_ns"),
)
SHOPS = Table(
    "shops",
    METADATA,
    _number(),
    _whole("time_ns"),
    _text("by"),
    _text("note"),
    _whole("products"),
    _whole("facings"),
    _bytes("shop"),
    sqlite_autoincrement=True,
)
STOCK_COUNTS = Table(
    "stock_counts",
    METADATA,
    _number(),
    _text("key"),
    _whole("count"),
    Column("par", Integer),
    _text("by"),
    _whole("time_ns"),
    Index("stock_counts_key", "key", "number"),
    sqlite_autoincrement=True,
)
GAINS = Table(
    "gains",
    METADATA,
    _number(),
    _text("fixture"),
    _whole("shelf"),
    _whole("plate"),
    Column("gain", Float, nullable=False),
    Column("known_g", Float, nullable=False),
    Column("measured_g", Float, nullable=False),
    _text("by"),
    _whole("time_ns"),
    Index("gains_plate", "fixture", "shelf", "plate", "number"),
    sqlite_autoincrement=True,
)
MINUTES = Table("minutes", METADATA, Column("begin_ns", Integer, primary_key=True), _bytes("record"))
ACKNOWLEDGED = Table(
    "acknowledged", METADATA, Column("alert", String, primary_key=True), _text("by"), _whole("time_ns")
)
