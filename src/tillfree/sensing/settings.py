"""Settings of the weight-change detector."""

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["SensingSettings"]


def _unit(unit: str) -> dict[str, str]:
    return {"x-unit": unit}


class SensingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How weight samples become weight changes."""

    min_change_g: Annotated[
        float,
        Meta(
            title="Smallest change",
            description="A change of less than this over all plates that took part is taken for a brush.",
            ge=1,
            le=1000,
            extra_json_schema=_unit("g"),
        ),
    ] = 8.0
    plate_threshold_g: Annotated[
        float,
        Meta(
            title="Plate threshold",
            description="A plate counts as active when its level moves by more than this (or by more than its noise).",
            ge=0.5,
            le=500,
            extra_json_schema=_unit("g"),
        ),
    ] = 4.5
    noise_multiple: Annotated[
        float,
        Meta(
            title="Noise multiple",
            description="A plate counts as active when its level moves by more than this many standard deviations.",
            ge=2,
            le=20,
            extra_json_schema=_unit("standard deviations"),
        ),
    ] = 6.0
    calm_ms: Annotated[
        int,
        Meta(
            title="Calm window",
            description="So long must all plates that took part be calm before a change is reported.",
            ge=200,
            le=3000,
            extra_json_schema=_unit("ms"),
        ),
    ] = 400
    block_ms: Annotated[
        int,
        Meta(
            title="Block length",
            description="Samples are averaged over this time before anything is decided.",
            ge=20,
            le=500,
            extra_json_schema=_unit("ms"),
        ),
    ] = 100
    stuck_after_ms: Annotated[
        int,
        Meta(
            title="Stuck after",
            description="A plate that repeats exactly one value for so long is taken for broken.",
            ge=500,
            le=600_000,
            extra_json_schema=_unit("ms"),
        ),
    ] = 3000
    load_limit_g: Annotated[
        float,
        Meta(
            title="Load limit",
            description="Readings beyond this, either way, are not weights and are left out.",
            ge=1000,
            le=10_000_000,
            extra_json_schema=_unit("g"),
        ),
    ] = 200_000.0
