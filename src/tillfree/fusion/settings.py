"""Settings of the inference of who took what."""

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["FusionSettings"]


class FusionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How weight changes and hands become carts."""

    hypotheses_max: Annotated[
        int,
        Meta(
            title="Hypotheses kept",
            description="Joint explanations kept per group of interacting shoppers.",
            ge=1,
            le=10_000,
            extra_json_schema={"x-unit": "hypotheses"},
        ),
    ] = 40
    prune_below: Annotated[
        float,
        Meta(
            title="Prune below",
            description="An explanation this much less probable than the best one is dropped.",
            ge=1e-12,
            le=0.5,
            extra_json_schema={"x-unit": "probability ratio"},
        ),
    ] = 2e-5
    people_max: Annotated[
        int,
        Meta(
            title="People considered",
            description="For one change of a shelf, at most this many people are considered, nearest hands first.",
            ge=1,
            le=50,
            extra_json_schema={"x-unit": "people"},
        ),
    ] = 4
    unsettled_after_ms: Annotated[
        int,
        Meta(
            title="Unsettled after",
            description="A load that no later change has explained for so long counts against what needs it.",
            ge=1000,
            le=600_000,
            extra_json_schema={"x-unit": "ms"},
        ),
    ] = 45_000
