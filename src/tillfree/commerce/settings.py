"""Settings of prices and receipts."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tillfree.catalog.embedded import parse_templates
from tillfree.catalog.errors import CatalogError
from tillfree.catalog.periods import zone_of

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
    tax_direction: Annotated[
        Literal["nearest", "down", "up"],
        Meta(
            title="Which way tax is rounded",
            description="To the nearest smallest unit; or always down or up, as some countries allow or ask for.",
        ),
    ] = "nearest"
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
    authorities_ppm: Annotated[
        dict[
            Annotated[str, Meta(min_length=1, max_length=80)],
            Annotated[
                dict[
                    Annotated[str, Meta(min_length=1, max_length=40)],
                    Annotated[
                        int,
                        Meta(
                            title="Tax rate",
                            description="Rate of one authority for one tax class: 65000 is 6.5 %.",
                            ge=0,
                            le=1_000_000,
                            extra_json_schema={"x-unit": "ppm"},
                        ),
                    ],
                ],
                Meta(title="Rates of an authority", description="Rate of each tax class that it has a rate for."),
            ],
        ],
        Meta(
            title="Rates by authority",
            description="What each authority (a state, a county, a city) takes of each tax class, in millionths; a "
            "chain may keep those of all its stores here. A rate of 0 says that it leaves a class untaxed.",
        ),
    ] = msgspec.field(default_factory=dict)
    jurisdiction: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=80)], ...],
        Meta(
            title="Jurisdiction",
            description="The authorities that tax what this store sells; their rates are added up. With none, the "
            "rates of tax_rates_ppm are in force; with any, only those of authorities_ppm are.",
            max_length=10,
        ),
    ] = ()
    time_zone: Annotated[
        str,
        Meta(
            title="Time zone",
            description="Whose clock the times of prices and offers go by: a name of the IANA database, such as "
            "Europe/Berlin.",
            min_length=1,
            max_length=64,
        ),
    ] = "UTC"
    loose_goods: Annotated[
        Literal["charge", "review"],
        Meta(
            title="Goods sold by weight",
            description="Whether they are charged by what the shelf's plates weighed, where that is certain enough, or "
            "always go to review. Plates under shelves are not certified for trade; ask the law of the country first.",
        ),
    ] = "charge"
    loose_plate_sigma_g: Annotated[
        float,
        Meta(
            title="Error of one weighing",
            description="Standard deviation of a weight change as the shelf's plates tell it.",
            ge=0.1,
            le=100,
            extra_json_schema={"x-unit": "g"},
        ),
    ] = 3.0
    loose_scale_sigma: Annotated[
        float,
        Meta(
            title="Error of the scales",
            description="Standard deviation of what the plates show of a load, as a share of it. Plates that were "
            "calibrated have less than those that were not.",
            ge=0,
            le=0.5,
            extra_json_schema={"x-unit": "ratio"},
        ),
    ] = 0.03
    loose_overread: Annotated[
        float,
        Meta(
            title="What plates read too much",
            description="The plates beside the one that carries a thing read a part of its weight, too. By so much, as "
            "a share, is more read than there is; it is taken off before anybody pays.",
            ge=0,
            le=0.5,
            extra_json_schema={"x-unit": "ratio"},
        ),
    ] = 0.035
    loose_error_max: Annotated[
        float,
        Meta(
            title="Largest error of loose goods",
            description="Goods sold by weight go to review where two standard deviations of their weight are more than "
            "this share of it.",
            gt=0,
            le=1,
            extra_json_schema={"x-unit": "ratio"},
        ),
    ] = 0.1
    embedded_barcodes: Annotated[
        dict[
            Annotated[str, Meta(min_length=12, max_length=13, pattern=r"^[0-9IPVC]*$")],
            Annotated[
                str,
                Meta(
                    title="What the P stand for",
                    description="`price` or `weight`, with the digits after the decimal point after a slash: price/2, "
                    "weight/3 (kilograms). With `unchecked` behind it, the digit V is not checked.",
                    max_length=24,
                    pattern=r"^(price|weight)(/[0-5])?( unchecked)?$",
                ),
            ],
        ],
        Meta(
            title="Barcodes with a price or weight",
            description="Templates of the shop's own codes (restricted circulation numbers), by how their digits are "
            "laid out: digits stand for themselves, I for the item, P for the price or weight, V for its own check "
            "digit, C for that of the whole code.",
        ),
    ] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        """What one value cannot tell alone.

        Raises:
            ValueError: `jurisdiction` names an authority that has no rates, or one twice; the time zone or a template
                of barcodes is not understood.
        """
        try:
            zone_of(self.time_zone)
            parse_templates(self.embedded_barcodes)
        except CatalogError as error:
            raise ValueError(str(error)) from error
        for name in self.jurisdiction:
            if name not in self.authorities_ppm:
                known = ", ".join(sorted(self.authorities_ppm)) or "none"
                raise ValueError(f"jurisdiction {name!r} has no rates in authorities_ppm (known: {known})")
        if len(set(self.jurisdiction)) < len(self.jurisdiction):
            raise ValueError("jurisdiction names an authority twice; name each once")
