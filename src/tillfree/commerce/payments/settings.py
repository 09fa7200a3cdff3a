"""Settings of payments."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ["PaymentSettings"]

_SECONDS = {"x-unit": "s"}
_HOURS = {"x-unit": "h"}


class PaymentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is held, how long one waits, and what happens where money cannot be had."""

    hold_minor: Annotated[
        int,
        Meta(
            title="Hold",
            description="What is put aside on a card at the entry, in the smallest unit of the store's currency. 0: "
            "nothing; the card is charged by its token at the end.",
            ge=0,
            le=10**9,
            extra_json_schema={"x-unit": "minor"},
        ),
    ] = 2500
    hold_margin_s: Annotated[
        int,
        Meta(
            title="Margin of a hold",
            description="So long before a hold ends a new one is asked for, if the trip is not paid yet.",
            ge=0,
            le=7 * 86_400,
            extra_json_schema=_SECONDS,
        ),
    ] = 1800
    arrival_s: Annotated[
        int,
        Meta(
            title="Arrival of a group",
            description="Where fewer came in than the entry was for, the trip is paid no earlier than so long after "
            "the gate opened: the others may still come.",
            ge=0,
            le=86_400,
            extra_json_schema=_SECONDS,
        ),
    ] = 60
    abandon_s: Annotated[
        int,
        Meta(
            title="Abandoned entry",
            description="Where nobody has come in so long after the gate opened, the hold is let go.",
            ge=1,
            le=86_400,
            extra_json_schema=_SECONDS,
        ),
    ] = 120
    sale_wait_s: Annotated[
        int,
        Meta(
            title="Wait at a till",
            description="So long somebody who pays at a till or a lane waits for the bank; then nothing is taken, and "
            "what the bank puts aside after that is let go.",
            ge=0,
            le=60,
            extra_json_schema=_SECONDS,
        ),
    ] = 8
    inside_h: Annotated[
        int,
        Meta(
            title="Longest trip",
            description="Where after so long nobody has seen somebody leave (sensors were off, say), the trip is "
            "closed, and only what those took who were seen leaving is paid.",
            ge=1,
            le=7 * 24,
            extra_json_schema=_HOURS,
        ),
    ] = 24
    review_h: Annotated[
        int,
        Meta(
            title="Longest review",
            description="A trip waits for the decision of a person at most so long after it is over.",
            ge=0,
            le=7 * 24,
            extra_json_schema=_HOURS,
        ),
    ] = 24
    after_review: Annotated[
        Literal["certain", "charge", "nothing"],
        Meta(
            title="After the longest review",
            description="Where nobody decided in time, the certain part is charged, or the whole receipt as the model "
            "has it, or nothing.",
        ),
    ] = "certain"
    certain_from: Annotated[
        float,
        Meta(
            title="Certain",
            description="So probable must a number of a product be to belong to the certain part.",
            ge=0.5,
            le=1.0,
            extra_json_schema={"x-unit": "probability"},
        ),
    ] = 0.99
    first_retry_s: Annotated[
        float,
        Meta(
            title="First retry",
            description="Where the processor does not answer, it is asked again after so long, and after twice as long "
            "each time.",
            ge=0.05,
            le=3600,
            extra_json_schema=_SECONDS,
        ),
    ] = 1.0
    longest_retry_s: Annotated[
        float,
        Meta(
            title="Longest wait between retries",
            description="The wait grows no longer than this.",
            ge=0.05,
            le=86_400,
            extra_json_schema=_SECONDS,
        ),
    ] = 900.0
    payer_minutes: Annotated[
        int,
        Meta(
            title="Payer kept",
            description="So long after a trip is settled its payer (token, fingerprint, e-mail) is erased: the receipt "
            "must have been sent by then. Where money is owed, the payer is kept until that is settled.",
            ge=0,
            le=7 * 1440,
            extra_json_schema={"x-unit": "min"},
        ),
    ] = 10
    workers: Annotated[
        int,
        Meta(
            title="Threads",
            description="How many orders are with the processor at the same time.",
            ge=1,
            le=32,
            extra_json_schema={"x-unit": "threads"},
        ),
    ] = 2
