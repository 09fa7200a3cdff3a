"""The decision at the gate: the table of reasons, and the order of the rules."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.identity.deciding import EntryFacts, EntryRequest, decide_entry, hours_problem
from tillfree.identity.reasons import REASONS, WELCOME, reason_text
from tillfree.identity.settings import EntrySettings

NOON_MON = 12 * 60
DAY = 24 * 60


def decide(request: dict[str, Any] | None = None, facts: dict[str, Any] | None = None, **settings: Any) -> str:
    decision = decide_entry(
        EntryRequest(**{"way": "card", **(request or {})}),
        EntryFacts(**{"week_min": NOON_MON, "month": "2026-03", **(facts or {})}),
        EntrySettings(**settings),
    )
    assert decision.opens == (decision.reason == "")
    assert decision.message == reason_text(decision.reason)
    return decision.reason


def test_a_good_card_comes_in() -> None:
    assert decide() == ""
    assert reason_text("") == WELCOME


@pytest.mark.parametrize(
    ("request_", "facts", "settings", "reason"),
    [
        ({"expires": "2026-02"}, {}, {}, "expired"),
        ({"expires": "2026-03"}, {}, {}, ""),
        ({"problem": "bad_signature"}, {}, {}, "bad_signature"),
        ({}, {"spent": True}, {}, "used"),
        ({}, {"blocked": True}, {}, "blocked"),
        ({}, {"debt": True}, {}, "debt"),
        ({}, {"inside_already": True}, {}, "already_inside"),
        ({}, {"gate_closed": True}, {}, "gate_closed"),
        ({"way": "staff"}, {"gate_closed": True}, {}, ""),
        ({"way": "delivery"}, {"gate_closed": True}, {}, "gate_closed"),
        ({"group_size": 9}, {}, {}, "group_too_large"),
        ({"group_size": 8}, {}, {}, ""),
        ({"group_size": 0}, {}, {}, "group_too_large"),
        ({"funding": "prepaid"}, {}, {}, "prepaid"),
        ({"funding": "prepaid"}, {}, {"prepaid": "admit"}, ""),
        ({"age_years": 17}, {}, {"age_at_door_years": 18}, "too_young"),
        ({"age_years": 18}, {}, {"age_at_door_years": 18}, ""),
        ({}, {"inside": 10}, {"capacity": 10}, "full"),
        ({}, {"inside": 9}, {"capacity": 10}, ""),
        ({"group_size": 2}, {"inside": 9}, {"capacity": 10}, "full"),
        ({"way": "staff"}, {"inside": 10}, {"capacity": 10}, ""),
        ({}, {"inside": 10**6}, {"capacity": 0}, ""),
        ({}, {}, {"opening_hours": {"tue": "08:00-20:00"}}, "closed"),
        ({}, {}, {"opening_hours": {"mon": "08:00-12:10"}}, "closing"),
        ({}, {}, {"opening_hours": {"mon": "08:00-12:11"}}, ""),
        ({"way": "badge", "any_time": True}, {}, {"opening_hours": {"tue": "08:00-20:00"}}, ""),
        ({"way": "badge"}, {}, {"opening_hours": {"tue": "08:00-20:00"}}, "closed"),
        ({"way": "delivery"}, {}, {"opening_hours": {"tue": "08:00-20:00"}}, ""),
        ({}, {"online": False}, {}, ""),
        ({}, {"online": False}, {"offline_cards": "refuse"}, "offline"),
        ({"way": "wallet"}, {"online": False}, {"offline_cards": "refuse"}, "offline"),
        ({"way": "badge"}, {"online": False}, {"offline_cards": "refuse"}, ""),
        ({"way": "palm"}, {"online": False}, {"offline_palms": "refuse"}, "offline"),
        ({"way": "code"}, {"retailer": "no answer"}, {}, ""),
        ({"way": "code"}, {"retailer": "no answer"}, {"offline_codes": "refuse"}, "offline"),
        ({"way": "code"}, {"retailer": "unknown"}, {}, "retailer_refused"),
        ({"way": "code", "foreign": True}, {"retailer": "unknown"}, {}, "unknown"),
        ({"way": "code", "foreign": True}, {"retailer": "no answer"}, {}, "offline"),
        ({"way": "code", "foreign": True}, {"retailer": "no answer"}, {"offline_foreign_codes": "admit"}, ""),
        ({"way": "code", "foreign": True}, {"retailer": "known"}, {}, ""),
    ],
)  # fmt: skip
def test_each_rule(request_: dict[str, Any], facts: dict[str, Any], settings: dict[str, Any], reason: str) -> None:
    assert decide(request_, facts, **settings) == reason


def test_the_credential_comes_before_the_moment() -> None:
    full: dict[str, Any] = {"inside": 10, "online": False}
    settings: dict[str, Any] = {"capacity": 10, "offline_cards": "refuse"}
    assert decide({"expires": "2020-01"}, full, **settings) == "expired"
    assert decide({}, full, **settings) == "full"


@given(
    request=st.builds(
        EntryRequest, way=st.sampled_from(["card", "wallet", "code", "badge", "palm", "staff", "delivery"]),
        group_size=st.integers(-5, 200), problem=st.sampled_from(["", *REASONS]),
        expires=st.sampled_from(["", "2026-01"]),
        funding=st.sampled_from(["credit", "prepaid"]), age_years=st.integers(0, 99), foreign=st.booleans(),
        any_time=st.booleans(),
    ),
    facts=st.builds(
        EntryFacts, week_min=st.integers(0, 7 * DAY - 1), month=st.just("2026-03"), inside=st.integers(0, 50),
        spent=st.booleans(), blocked=st.booleans(), debt=st.booleans(), inside_already=st.booleans(),
        gate_closed=st.booleans(), online=st.booleans(),
        retailer=st.sampled_from(["not asked", "known", "unknown", "no answer"]),
    ),
)  # fmt: skip
def test_nobody_comes_in_against_a_rule(request: EntryRequest, facts: EntryFacts) -> None:
    settings = EntrySettings(capacity=20, offline_cards="refuse", opening_hours={"mon": "08:00-20:00"})
    decision = decide_entry(request, facts, settings)
    assert decision.opens or decision.reason in REASONS
    if decision.opens:
        assert not request.problem
        assert not any((facts.spent, facts.blocked, facts.debt, facts.inside_already))
        assert 1 <= request.group_size <= settings.group_max
        free = request.way in ("staff", "delivery")
        assert free or facts.inside + request.group_size <= 20
        assert free or request.any_time or facts.week_min < 20 * 60 - 10
        assert request.way not in ("card", "wallet") or facts.online


# ---- hours ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "minute", "expected"),
    [
        ({}, 0, ""),
        ({"mon": "08:00-20:00"}, 8 * 60 - 1, "closed"),
        ({"mon": "08:00-20:00"}, 8 * 60, ""),
        ({"mon": "08:00-20:00"}, 20 * 60 - 11, ""),
        ({"mon": "08:00-20:00"}, 20 * 60 - 10, "closing"),
        ({"mon": "08:00-20:00"}, 20 * 60, "closed"),
        ({"fri": "20:00-04:00"}, 5 * DAY + 3 * 60, ""),
        ({"fri": "20:00-04:00"}, 5 * DAY + 4 * 60 - 5, "closing"),
        ({"fri": "20:00-04:00"}, 5 * DAY + 4 * 60, "closed"),
        ({"sun": "20:00-04:00"}, 60, ""),
        ({"sun": "20:00-04:00"}, 4 * 60, "closed"),
        ({"mon": "00:00-24:00", "tue": "00:00-24:00"}, DAY - 1, ""),
        ({"mon": "00:00-24:00", "tue": "00:00-24:00"}, 2 * DAY - 1, "closing"),
        ({"mon": "00:00-24:00", "wed": "00:00-24:00"}, DAY - 1, "closing"),
    ],
)
def test_hours(hours: dict[str, str], minute: int, expected: str) -> None:
    assert hours_problem(minute, EntrySettings(opening_hours=hours)) == expected


def test_a_store_that_never_closes_never_says_that_it_does() -> None:
    always = EntrySettings(
        opening_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "00:00-24:00")
    )
    assert {hours_problem(minute, always) for minute in range(7 * DAY)} == {""}


def test_no_text_for_the_display_tells_others_why() -> None:
    assert "block" not in REASONS["blocked"].lower()
    assert all(text.endswith((".", "?")) and len(text) < 90 for text in REASONS.values())
