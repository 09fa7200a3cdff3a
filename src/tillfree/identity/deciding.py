"""May they come in? A pure decision: what was presented, what is known, and the settings, in the order of the rules."""

from typing import Literal

import msgspec

from tillfree.identity.reasons import REASONS, reason_text
from tillfree.identity.settings import EntrySettings

__all__ = ["EntryDecision", "EntryFacts", "EntryRequest", "RetailerWord", "Way", "decide_entry", "hours_problem"]

Way = Literal["card", "wallet", "code", "badge", "palm", "staff", "delivery"]
RetailerWord = Literal["not asked", "known", "unknown", "no answer"]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MIN = 24 * 60
_WEEK_MIN = 7 * _DAY_MIN
_ANY_TIME: frozenset[Way] = frozenset({"staff", "delivery"})


class EntryRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What was presented, without anything that says who it is.

    `problem` is what reading it found wrong (a word of `REASONS`), empty where nothing. `expires` is the last month of
    a card, `YYYY-MM`. `foreign` is a code that only the retailer's system can read. `any_time` is a badge that may come
    in day and night.
    """

    way: Way
    group_size: int = 1
    problem: str = ""
    expires: str = ""
    funding: str = "unknown"
    age_years: int = 0
    foreign: bool = False
    any_time: bool = False


class EntryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk knows at this moment.

    `week_min` are the minutes since Monday 0:00 in the store's time, `month` is `YYYY-MM` there. `inside` are the
    people in the store, and those who were let in and not seen yet. `online` says whether money can be held.
    """

    week_min: int
    month: str
    inside: int = 0
    spent: bool = False
    blocked: bool = False
    debt: bool = False
    inside_already: bool = False
    gate_closed: bool = False
    online: bool = True
    retailer: RetailerWord = "not asked"


class EntryDecision(msgspec.Struct, frozen=True):
    """`reason` is empty where the gate opens, else a word of `REASONS`; `message` is for the display at the gate."""

    opens: bool
    reason: str = ""

    def __post_init__(self) -> None:
        assert self.opens == (not self.reason), "a gate that opens has no reason, one that stays shut has"
        assert not self.reason or self.reason in REASONS, f"{self.reason!r} is no word of the table of reasons"

    @property
    def message(self) -> str:
        """What the display says."""
        return reason_text(self.reason)


def decide_entry(request: EntryRequest, facts: EntryFacts, settings: EntrySettings) -> EntryDecision:
    """The first rule that forbids it, else an open gate.

    What is wrong with the credential itself is said before what is wrong with the moment, so that nobody waits at a
    full store with a card that would not do anyway; whether a code was spent comes before what it would tell of others.
    """
    reason = (
        _of_credential(request, facts) or _of_moment(request, facts, settings) or _of_network(request, facts, settings)
    )
    return EntryDecision(not reason, reason)


def _of_credential(request: EntryRequest, facts: EntryFacts) -> str:
    if request.problem:
        return request.problem
    rules = (
        (bool(request.expires) and request.expires < facts.month, "expired"),
        (facts.spent, "used"),
        (facts.blocked, "blocked"),
        (facts.debt, "debt"),
        (facts.retailer == "unknown", "retailer_refused" if not request.foreign else "unknown"),
        (facts.inside_already, "already_inside"),
    )
    return next((reason for forbids, reason in rules if forbids), "")


def _of_moment(request: EntryRequest, facts: EntryFacts, settings: EntrySettings) -> str:
    shops = request.way not in _ANY_TIME
    hours = "" if request.any_time or not shops else hours_problem(facts.week_min, settings)
    rules = (
        (facts.gate_closed and request.way != "staff", "gate_closed"),
        (not 1 <= request.group_size <= settings.group_max, "group_too_large"),
        (bool(hours), hours),
        (shops and request.funding == "prepaid" and settings.prepaid == "refuse", "prepaid"),
        (shops and request.age_years < settings.age_at_door_years, "too_young"),
        (shops and 0 < settings.capacity < facts.inside + request.group_size, "full"),
    )
    return next((reason for forbids, reason in rules if forbids), "")


def _of_network(request: EntryRequest, facts: EntryFacts, settings: EntrySettings) -> str:
    silent = facts.retailer == "no answer"
    if request.foreign and silent:
        return "offline" if settings.offline_foreign_codes == "refuse" else ""
    rules = (
        (request.way in ("card", "wallet") and not facts.online, settings.offline_cards),
        (request.way == "code" and silent, settings.offline_codes),
        (request.way == "palm" and not facts.online, settings.offline_palms),
    )
    return "offline" if any(down and rule == "refuse" for down, rule in rules) else ""


def hours_problem(week_min: int, settings: EntrySettings) -> str:
    """What the hours say at a minute of the week: closed, closing (nobody is let in any more), or nothing."""
    if not settings.opening_hours:
        return ""
    left_min = -1
    for begin_min, end_min in _spans(settings):
        for now_min in (week_min, week_min + _WEEK_MIN):  # what began on Sunday may reach into Monday
            if begin_min <= now_min < end_min:
                left_min = max(left_min, _open_until(end_min, settings) - now_min)
    if left_min < 0:
        return "closed"
    return "closing" if left_min <= settings.last_entry_min and left_min < _WEEK_MIN else ""


def _spans(settings: EntrySettings) -> list[tuple[int, int]]:
    """From when to when in minutes of the week; an end may lie in the next one."""
    found = []
    for day, hours in settings.opening_hours.items():
        begin, _, end = hours.partition("-")
        at_min = _DAYS.index(day) * _DAY_MIN
        begin_min, end_min = at_min + _minutes(begin), at_min + _minutes(end)
        found.append((begin_min, end_min if end_min > begin_min else end_min + _DAY_MIN))
    return found


def _open_until(end_min: int, settings: EntrySettings) -> int:
    """Where one day goes on where the other ended, as from 24:00 to 00:00, the store does not close between them."""
    spans = _spans(settings)
    for _ in range(len(spans)):
        longer = [
            end + shift for begin, end in spans for shift in (0, _WEEK_MIN) if begin + shift <= end_min < end + shift
        ]
        if not longer:
            break
        end_min = max(longer)
    return end_min


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
