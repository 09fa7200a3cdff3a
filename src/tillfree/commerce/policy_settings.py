"""Settings of what is charged without a person: a table, read from its first row down."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ["Action", "PolicyRow", "PolicySettings"]

Action = Literal["charge", "review", "certain"]


class PolicyRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the table: which carts it is about, and what is done with them."""

    then: Annotated[
        Action,
        Meta(
            title="Then",
            description="charge: the most probable cart is charged. review: a person looks first. "
            "certain: what is certain of it (payments.certain_from) is charged, the rest is given away.",
        ),
    ]
    from_probability: Annotated[
        float,
        Meta(
            title="From probability",
            description="The row is about carts that are right as a whole with at least this probability.",
            ge=0,
            le=1,
            extra_json_schema={"x-unit": "probability"},
        ),
    ] = 0.0
    up_to_minor: Annotated[
        int,
        Meta(
            title="Up to amount",
            description="The row is about carts that cost no more than this; 0 is any amount.",
            ge=0,
            le=1_000_000_000,
            extra_json_schema={"x-unit": "smallest unit of the currency"},
        ),
    ] = 0
    goods: Annotated[
        Literal["any", "with_age", "without_age"],
        Meta(
            title="Goods",
            description="with_age: the row is about carts with age-restricted goods only; without_age: only about "
            "those without.",
        ),
    ] = "any"
    in_doubt: Annotated[
        bool,
        Meta(
            title="In doubt",
            description="Whether the row is also about carts that have another flaw than their probability: goods that "
            "nothing explains or that have no price, or a visitor whom nobody saw leave.",
        ),
    ] = False


class PolicySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens to a cart when everybody of a trip has left.

    The first row that fits decides. Where there are rows and none fits, a person looks. Without rows everything from
    `shopping.review_below` on is charged, and a person looks at the rest. How long somebody may look, and what happens
    then, stands in `payments`.
    """

    rows: Annotated[
        tuple[PolicyRow, ...],
        Meta(
            title="Rows",
            description="The table, as [[policy.rows]] with then, from_probability, up_to_minor, goods and in_doubt.",
            max_length=50,
        ),
    ] = ()
