"""Settings of visits and virtual carts."""

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["ShoppingSettings"]


class ShoppingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a visit begins and ends, and which receipts a person must look at first."""

    review_below: Annotated[
        float,
        Meta(
            title="Review below",
            description="A receipt less probable than this goes to review before anybody pays.",
            ge=0,
            le=1,
            extra_json_schema={"x-unit": "probability"},
        ),
    ] = 0.9
    exit_after_ms: Annotated[
        int,
        Meta(
            title="Exit after",
            description="A visitor last seen near a door counts as gone when unseen for so long.",
            ge=100,
            le=60_000,
            extra_json_schema={"x-unit": "ms"},
        ),
    ] = 400
    lost_after_ms: Annotated[
        int,
        Meta(
            title="Lost after",
            description="A visitor last seen elsewhere is waited for so long before the visit is closed as lost.",
            ge=1000,
            le=3_600_000,
            extra_json_schema={"x-unit": "ms"},
        ),
    ] = 60_000
    door_radius_m: Annotated[
        float,
        Meta(
            title="Door radius",
            description="How near to a place where visitors come in a visitor must vanish to have left.",
            ge=0.2,
            le=10,
            extra_json_schema={"x-unit": "m"},
        ),
    ] = 0.9
    rejoin_speed_m_per_s: Annotated[
        float,
        Meta(
            title="Rejoin speed",
            description="A new track joins a lost visitor who could have walked there at this speed.",
            ge=0.2,
            le=5,
            extra_json_schema={"x-unit": "m/s"},
        ),
    ] = 1.5
