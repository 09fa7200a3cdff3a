"""Settings of the index of palms: how exact a search is, and what it costs."""

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["IndexSettings"]

_PALMS_MAX = 100_000_000


class IndexSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How people are looked for. A hand counts once for each kind of light that it was enrolled in: that is a palm."""

    exact_max: Annotated[
        int,
        Meta(
            title="Exact up to",
            description="Up to so many palms each is compared with the hand that is shown, some 15 ms for a million. "
            "Past it only those that the bits agree with which that hand is surest of: seven times as fast, with twice "
            "the memory, and one palm of some thousands is missed. 0 never compares all.",
            ge=0,
            le=_PALMS_MAX,
            extra_json_schema={"x-unit": "palms"},
        ),
    ] = 1_000_000
    shard_rows: Annotated[
        int,
        Meta(
            title="Palms of a part",
            description="The index is kept in parts of so many palms; of each part the likeliest are looked at. Memory "
            "is asked for by the part.",
            ge=100_000,
            le=_PALMS_MAX,
            extra_json_schema={"x-unit": "palms"},
        ),
    ] = 1_000_000
    looked_at: Annotated[
        int,
        Meta(
            title="Looked at closely",
            description="So many of the nearest palms are put in order by how sure the hand that is shown is of each "
            "bit.",
            ge=32,
            le=100_000,
            extra_json_schema={"x-unit": "palms"},
        ),
    ] = 256
    candidates: Annotated[
        int,
        Meta(
            title="Candidates",
            description="For each sample the templates of so many palms that are most alike are opened. One of each "
            "person is compared, which takes some 2 ms, and then all of the few who remain.",
            ge=1,
            le=256,
            extra_json_schema={"x-unit": "palms"},
        ),
    ] = 16
