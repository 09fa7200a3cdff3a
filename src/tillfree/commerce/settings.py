"""Settings of prices and receipts."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ["CommerceSettings"]


class CommerceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How prices become totals."""

    prices_include_tax: Annotated[
        bool,
        Meta(
            title="Prices include tax",
            description="True where shelf prices are gross (VAT), false where tax is added at the till.",
        ),
    ] = False
    tax_rounding: Annotated[
        Literal["line", "receipt"],
        Meta(
            title="Where tax is rounded",
            description="On each line, or once on the receipt for each tax class; the law of the country decides.",
        ),
    ] = "receipt"
    half_even: Annotated[
        bool,
        Meta(
            title="Half to even",
            description="A tax of exactly half a smallest unit is rounded to the even neighbour, else always up.",
        ),
    ] = False
    tax_rates_ppm: Annotated[
        dict[
            Annotated[str, Meta(min_length=1, max_length=40)],
            Annotated[
                int,
                Meta(
                    title="Tax rate",
                    description="Rate of one tax class: 190000 is 19 %.",
                    ge=0,
                    le=1_000_000,
                    extra_json_schema={"x-unit": "ppm"},
                ),
            ],
        ],
        Meta(
            title="Tax rates",
            description="Rate of each tax class that products name, in millionths. A product of a class that is not "
            "here has no tax rate, and a receipt with it goes to review. As it comes, the classes of the simulated "
            "stores have no tax: put in the rates of your country.",
        ),
    ] = msgspec.field(default_factory=lambda: {"standard": 0, "reduced": 0, "food": 0, "alcohol": 0})
