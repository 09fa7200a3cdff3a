"""Settings of the gate."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ["EntrySettings"]

Rule = Literal["admit", "refuse"]
_HOURS = r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


def _unit(unit: str) -> dict[str, str]:
    return {"x-unit": unit}


class EntrySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may come in. As it comes the door is open: nobody needs anything to come in, and no gate is asked."""

    required: Annotated[
        bool,
        Meta(
            title="Entry needs a credential",
            description="Whoever comes in without having been let in is a tailgater: staff are told, and their visit "
            "waits for review. Where this is false, a visit without an entry is nothing unusual.",
        ),
    ] = False
    store_code: Annotated[
        str,
        Meta(
            title="Store in codes",
            description="What codes call this store (their `aud`); a code for another one opens no gate here.",
            min_length=1,
            max_length=64,
        ),
    ] = "store-1"
    capacity: Annotated[
        int,
        Meta(
            title="Capacity",
            description="So many people may be inside; then the gate says that the store is full. 0 is no limit.",
            ge=0,
            le=100_000,
            extra_json_schema=_unit("people"),
        ),
    ] = 0
    time_zone: Annotated[
        str,
        Meta(
            title="Time zone",
            description="In which the opening hours are: a name of the IANA database, such as Europe/Berlin.",
            min_length=1,
            max_length=64,
        ),
    ] = "UTC"
    opening_hours: Annotated[
        dict[
            Annotated[str, Meta(pattern="^(mon|tue|wed|thu|fri|sat|sun)$", max_length=3)],
            Annotated[
                str,
                Meta(
                    title="Opening hours",
                    description="From when to when on that day, as 08:00-22:00; an end that is not later than the "
                    "beginning is one of the next day.",
                    pattern=_HOURS,
                    max_length=11,
                ),
            ],
        ],
        Meta(
            title="Opening hours",
            description="By day (mon, tue, wed, thu, fri, sat, sun); a day that is not here is closed, and without any "
            "day the store never closes. Staff, deliveries and badges that may come at any time are let in all the "
            "same.",
        ),
    ] = msgspec.field(default_factory=dict)
    last_entry_min: Annotated[
        int,
        Meta(
            title="Last entry",
            description="So long before closing nobody is let in any more, so that there is time to shop.",
            ge=0,
            le=240,
            extra_json_schema=_unit("min"),
        ),
    ] = 10
    group_max: Annotated[
        int,
        Meta(
            title="Largest group",
            description="So many people may come in on one credential.",
            ge=1,
            le=100,
            extra_json_schema=_unit("people"),
        ),
    ] = 8
    prepaid: Annotated[
        Rule,
        Meta(
            title="Prepaid cards",
            description="Whether a prepaid card may enter: what it holds may not be enough, and nobody can be asked "
            "for the rest.",
        ),
    ] = "refuse"
    one_trip_at_a_time: Annotated[
        bool,
        Meta(
            title="One trip at a time",
            description="An account, card or palm that is inside cannot enter once more before that trip is over. "
            "Where this is false, a family may come in one by one on the same card, each with a trip of their own.",
        ),
    ] = False
    age_at_door_years: Annotated[
        int,
        Meta(
            title="Age at the door",
            description="Who was not proved to be so old is not let in, as in a wine shop. 0 lets everybody in.",
            ge=0,
            le=99,
            extra_json_schema=_unit("years"),
        ),
    ] = 0
    shopper_code_s_max: Annotated[
        int,
        Meta(
            title="Life of a shopper's code",
            description="A code of the app that was made to last longer is refused: a picture of it could be passed "
            "on.",
            ge=10,
            le=86_400,
            extra_json_schema=_unit("s"),
        ),
    ] = 300
    pass_h_max: Annotated[
        int,
        Meta(
            title="Life of a pass",
            description="The same for codes of staff and deliveries, which may be printed.",
            ge=1,
            le=8784,
            extra_json_schema=_unit("h"),
        ),
    ] = 720
    clock_tolerance_s: Annotated[
        int,
        Meta(
            title="Clock tolerance",
            description="So far may the clock of a telephone be off.",
            ge=0,
            le=600,
            extra_json_schema=_unit("s"),
        ),
    ] = 30
    retailer_budget_ms: Annotated[
        int,
        Meta(
            title="Wait for the retailer",
            description="So long is the answer of the retailer's system waited for; then the rule for a network that "
            "is down holds.",
            ge=10,
            le=5000,
            extra_json_schema=_unit("ms"),
        ),
    ] = 120
    offline_cards: Annotated[
        Rule,
        Meta(
            title="Cards and wallets offline",
            description="Whether they may enter while the payment network cannot be reached, so that no money can be "
            "held.",
        ),
    ] = "admit"
    offline_codes: Annotated[
        Rule,
        Meta(
            title="Signed codes offline",
            description="Whether a signed code may enter while the retailer's system does not answer: the signature "
            "was proved, the account not.",
        ),
    ] = "admit"
    offline_foreign_codes: Annotated[
        Rule,
        Meta(
            title="Codes of the retailer offline",
            description="Whether a code that only the retailer's system can read may enter while that does not answer.",
        ),
    ] = "refuse"
    offline_palms: Annotated[
        Rule, Meta(title="Palms offline", description="Whether a palm may enter while no money can be held.")
    ] = "admit"
    grant_s: Annotated[
        int,
        Meta(
            title="Time to pass",
            description="So long after the gate opened, whoever comes in has come in on that entry.",
            ge=1,
            le=300,
            extra_json_schema=_unit("s"),
        ),
    ] = 20
    seen_before_s: Annotated[
        int,
        Meta(
            title="Seen before the gate opened",
            description="Who was first seen at most so long before the gate opened came in on that entry: they stood "
            "at the terminal.",
            ge=0,
            le=60,
            extra_json_schema=_unit("s"),
        ),
    ] = 5
    key_days: Annotated[
        int,
        Meta(
            title="Life of the secret key",
            description="Blocked and indebted cards are known by a keyed hash; so often a new key is made for it.",
            ge=1,
            le=3650,
            extra_json_schema=_unit("days"),
        ),
    ] = 90
