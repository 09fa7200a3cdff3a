"""Settings of the notice that people read before they enrol a palm, and of the screen that they stand before."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ["LAWS", "LAW_DAYS", "Law", "NoticeSettings", "StationPurpose", "StationSettings", "need_lawful_days"]

Law = Literal["gdpr", "bipa", "cubi"]
LAWS: tuple[Law, ...] = ("gdpr", "bipa", "cubi")
LAW_DAYS: dict[Law, tuple[int, str]] = {
    "cubi": (365, "Texas (CUBI, 503.001(c)(3)) wants it destroyed within a year after its purpose is over"),
    "bipa": (1095, "Illinois (BIPA, section 15(a)) wants it destroyed within three years after its last use"),
}
"""So many days a law lets a template be kept that nobody uses any more, and in which words."""
StationPurpose = Literal["identify", "enter", "pay", "loyalty", "age", "door"]
"""What a palm does at a station in a browser."""
_AMOUNT_MAX = 2**53


def _unit(unit: str) -> dict[str, str]:
    return {"x-unit": unit}


class NoticeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who answers for palms, and to which laws. The texts are ours and no legal advice; `text_file` replaces them."""

    laws: Annotated[
        tuple[Law, ...],
        Meta(
            title="Laws",
            description="Of which laws the notice tells: gdpr (EU, Art. 9 and 13), bipa (Illinois, 740 ILCS 14), cubi "
            "(Texas, Business and Commerce Code 503.001). As it comes, all: the strictest of each rule then holds.",
            max_length=3,
        ),
    ] = LAWS
    controller: Annotated[
        str,
        Meta(
            title="Who answers for it",
            description="Name of the company that keeps the palms (the controller); empty: the name of the store.",
            max_length=200,
        ),
    ] = ""
    address: Annotated[
        str, Meta(title="Address", description="Where that company can be written to.", max_length=300)
    ] = ""
    contact: Annotated[
        str,
        Meta(
            title="Contact",
            description="An e-mail address or telephone number for questions about palms, and of the data protection "
            "officer where there is one.",
            max_length=200,
        ),
    ] = ""
    authority: Annotated[
        str,
        Meta(
            title="Authority",
            description="The supervisory authority that people may complain to (GDPR Art. 13 and 77).",
            max_length=200,
        ),
    ] = ""
    other_ways: Annotated[
        str,
        Meta(
            title="Other ways",
            description="What people use who do not want to give a palm: consent is free only where there is another "
            "way that costs them nothing more. Empty: a bank card, a code of the app, or a member of the staff.",
            max_length=300,
        ),
    ] = ""
    policy_address: Annotated[
        str,
        Meta(
            title="Address of the policy",
            description="Where the written policy with the schedule of keeping stands for everybody (BIPA, section "
            "15(a)); empty: the page /palm/policy of this server.",
            max_length=300,
        ),
    ] = ""
    language: Annotated[
        str,
        Meta(
            title="Language",
            description="In which language the notice is read where nobody asks for another one; ours are de, en, es "
            "and fr. Of your own text: the language that it is written in.",
            pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$",
        ),
    ] = "en"
    text_file: Annotated[
        str,
        Meta(
            title="Your own text",
            description="A text file in the place of ours: lines that begin with # are headings, blank lines part "
            "paragraphs. After each change of it raise palm.notice_version.",
            max_length=1000,
        ),
    ] = ""
    policy_days: Annotated[
        int,
        Meta(
            title="Destroyed within",
            description="So many days after its purpose is over everything of a person is destroyed at the latest: "
            "365 at most where palm.notice.laws has cubi (Texas), 1095 where it has bipa (Illinois).",
            ge=1,
            le=3650,
            extra_json_schema=_unit("days"),
        ),
    ] = 30


def need_lawful_days(laws: tuple[Law, ...], name: str, days: int) -> None:
    """Raises ValueError where a setting of this name keeps templates for longer than one of the laws allows.

    Nobody says when a purpose is over of somebody who stays away. It is counted from their last use on, which is the
    strictest reading.
    """
    for law, (most, words) in LAW_DAYS.items():
        if law in laws and days > most:
            raise ValueError(
                f"{name} = {days}: {words}; give at most {most}, or take {law!r} out of palm.notice.laws where it does "
                "not hold"
            )


class StationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The screen of a palm station in a browser."""

    enabled: Annotated[
        bool,
        Meta(
            title="Station in a browser",
            description="Whether the page /palm is served. A browser cannot prove which machine it runs on: whoever "
            "has the secret of displays, or signs in, is trusted to show what their camera sees. Where that is not "
            "enough, stations that sign use the API.",
        ),
    ] = False
    purpose: Annotated[
        StationPurpose,
        Meta(
            title="Purpose",
            description="What a palm does there: identify (it is known), enter (opens the gate of the station's name), "
            "pay (names the card that pays), loyalty (names the account of points), age (old enough, or not), door "
            "(opens the door of palm.doors that the station stands at).",
        ),
    ] = "identify"
    amount_minor: Annotated[
        int,
        Meta(
            title="Amount",
            description="With purpose = pay: what is to be paid there. Over palm.pin_over_minor a PIN is asked for.",
            ge=0,
            le=_AMOUNT_MAX,
            extra_json_schema=_unit("minor units"),
        ),
    ] = 0
    age_over: Annotated[
        int,
        Meta(
            title="Age",
            description="With purpose = age: so old somebody has to be, as was proved when it was linked.",
            ge=1,
            le=120,
            extra_json_schema=_unit("years"),
        ),
    ] = 21
    name: Annotated[
        str, Meta(title="Station", description="What the station in a browser is called.", min_length=1, max_length=64)
    ] = "station-1"
    shown_s: Annotated[
        float,
        Meta(
            title="Result shown",
            description="So long a result stays on the screen; then everything of the person is gone from it.",
            ge=1.0,
            le=30.0,
            extra_json_schema=_unit("s"),
        ),
    ] = 6.0
    asked_s: Annotated[
        float,
        Meta(
            title="Question shown",
            description="So long the screen waits for a PIN, or a yes.",
            ge=5.0,
            le=120.0,
            extra_json_schema=_unit("s"),
        ),
    ] = 20.0
    again_s: Annotated[
        float,
        Meta(
            title="Undecided tries",
            description="So long what was read of a hand that was not recognised is kept in memory, to be judged "
            "together with the next hold, as of the other hand; 0: not at all.",
            ge=0.0,
            le=20.0,
            extra_json_schema=_unit("s"),
        ),
    ] = 12.0
    display_token_env: Annotated[
        str,
        Meta(
            title="Secret of displays",
            description="Name of the environment variable that holds the secret with which a display opens the station "
            "as /palm?display=SECRET, at least 16 characters; without it staff sign in there.",
            min_length=1,
            max_length=100,
        ),
    ] = "TILLFREE_DISPLAY_TOKEN"  # noqa: S105  a name of it
    home: Annotated[
        bool,
        Meta(
            title="Enrolment at home",
            description="Whether somebody may enrol by a photo of their palm; it does nothing before the first "
            "hover at a station agrees with it.",
        ),
    ] = False
