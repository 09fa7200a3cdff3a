"""What the desk needs of whatever reads and compares palms: it may be the room `palm`, or a stand-in.

Templates are bytes here, and features whatever the recogniser likes: nothing in this package looks into them.
"""

import dataclasses
from collections.abc import Sequence
from typing import Protocol

from tillfree.palm.samples import HandImage
from tillfree.storage.palm_vault.records import Hand
from tillfree.store.palms.index_settings import IndexSettings

__all__ = ["Gallery", "Protected", "Recogniser", "Sample"]


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """What was read from one capture: a few pictures of one hovering hand, in one or both bands.

    `features` are None where no palm was found. `quality` is 0 to 100, `guidance` a code for the person ("" if all is
    well). `live` is None where nobody judged it; `live_reasons` are codes of what spoke against it.
    """

    features: object | None
    hand: Hand = "unknown"
    quality: float = 0.0
    guidance: str = ""
    live: bool | None = None
    live_reasons: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Sample({self.hand}, quality {self.quality:.0f}, {self.guidance or 'good'})"


@dataclasses.dataclass(frozen=True, slots=True)
class Protected:
    """A protected template (ISO/IEC 24745) of one sample in one band, ready to be kept."""

    band: str
    data: bytes

    def __repr__(self) -> str:
        return f"Protected({self.band}, {len(self.data)} bytes)"


class Gallery(Protocol):
    """Sketches of hands in memory, all under one site key. Used by one thread at a time."""

    def put(self, places: Sequence[int], sketches: Sequence[bytes]) -> None:
        """Adds sketches, each at a place that is not in use."""
        ...

    def remove(self, places: Sequence[int]) -> None:
        """Forgets sketches; unknown places are fine."""
        ...

    def probe(self, sample: Sample) -> object:
        """A sample with features, ready to be compared with many templates."""
        ...

    def near(self, probe: object, count: int) -> Sequence[int]:
        """The places of the sketches that are most like it, as far as a quick look tells."""
        ...

    def scores(self, probe: object, data: bytes) -> Sequence[float]:
        """The log ratios of a probe and one template; none where the two cannot be compared, as of two bands."""
        ...

    def __len__(self) -> int:
        """How many sketches there are."""
        ...


class Recogniser(Protocol):
    """Reads captures, protects what it read, and compares."""

    @property
    def scheme(self) -> str:
        """Which models and which protection make its templates: those of another scheme are of no use to it."""
        ...

    def read(self, frames: Sequence[HandImage]) -> Sample:
        """The sample of one capture."""
        ...

    def protect(self, sample: Sample, site_key: bytes) -> Sequence[Protected]:
        """What is kept of a sample with features: one template for each band."""
        ...

    def sketches(self, templates: Sequence[bytes]) -> Sequence[bytes]:
        """What a gallery finds a hand by, of the templates that were made of it at one time: one for each band."""
        ...

    def gallery(self, site_key: bytes, index: IndexSettings) -> Gallery:
        """A new gallery, which searches as these settings say."""
        ...

    def threshold(self, persons: int, rate: float) -> float:
        """The log ratio that a stranger reaches in a search of so many persons at this rate, at most."""
        ...
