"""An announcement as other systems read it: in webhooks and in the feed of events, under the same names.

Inside, an amount is told as `amount_minor` beside a `currency`, or as a pair of both. Outside there is one shape of
money, `{"minor": 249, "currency": "EUR"}`, so `amount_minor` becomes `amount`.
"""

from typing import Any

from tillfree.core.money import CURRENCY_EXPONENTS
from tillfree.core.time import format_utc
from tillfree.storage.database.money.announcements import Announcement

__all__ = ["told"]

_MINOR = "_minor"
_PAIR = 2


def told(announcement: Announcement) -> dict[str, Any]:
    """What is sent of an announcement: number, type, time, subject, and data with amounts in one shape."""
    return {
        "number": announcement.number,
        "type": announcement.kind,
        "timestamp": format_utc(announcement.time_ns),
        "subject": announcement.subject,
        "data": _told(announcement.body),
    }


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return _told_table(value)
    if isinstance(value, list):
        if len(value) == _PAIR and _is_whole(value[0]) and value[1] in CURRENCY_EXPONENTS:
            return {"minor": value[0], "currency": value[1]}
        return [_told(item) for item in value]
    return value


def _told_table(table: dict[str, Any]) -> dict[str, Any]:
    currency = table.get("currency")
    if currency not in CURRENCY_EXPONENTS:
        return {name: _told(item) for name, item in table.items()}
    found: dict[str, Any] = {}
    for name, item in table.items():
        if name.endswith(_MINOR) and _is_whole(item):
            found[name.removesuffix(_MINOR)] = {"minor": item, "currency": currency}
        elif name != "currency":
            found[name] = _told(item)
    return found


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
