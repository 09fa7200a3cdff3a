"""A hand that hovers over a station: which pictures are good enough, and what to tell the person meanwhile.

Pure: the time comes with each picture. Nothing of it is kept beyond `Hover.clear`.
"""

import dataclasses
from collections import Counter, deque
from typing import Literal

from tillfree.core.time import NS_PER_S
from tillfree.palm.features import Features
from tillfree.palm.samples import Band, HandImage
from tillfree.web.palms.seeing import SeenHand

__all__ = ["Accepted", "Guidance", "Hover", "HoverRules", "Phase", "Shown"]

Phase = Literal["waiting", "guiding", "holding", "lift", "asking", "told"]
"""No hand; a hand that is not held well; well; to be lifted for the next round; the answer is sought; it is shown."""
Shown = tuple[HandImage, SeenHand]
"""A good picture, read or not, with what was seen in it."""
_NS_PER_MS = NS_PER_S // 1000
_SHOWN_MAX = 4
"""So many pictures of each light the judge of liveness is shown, or all that were read; of one light twice as many."""
_BLIND = 8
"""So many pictures in a row without a hand, while another light sees one, are for the judge: it may be a screen."""
_HEARD_NS = 2 * NS_PER_S
"""A light of which no picture has come for so long is no light of this station any more."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HoverRules:
    """How many good pictures are wanted, and how much patience there is. Values assumed, for a hand over a reader.

    `pictures` are read of each light in each round.
    """

    pictures: int = 2
    rounds: int = 1
    quality_min: float = 30.0
    seen_min: int = 0
    """So many good pictures of each light are wanted in a round, read or not: liveness shows in motion only."""
    apart_ms: int = 0
    """Two pictures of a round are at least so far apart: for enrolment they are to differ."""
    lost_ms: int = 700
    """A hand that is not held well for so long has to begin anew."""
    lifted_ms: int = 350
    """So long nobody may be seen before a hand counts as lifted."""
    patience_ms: int = 25_000
    """So long somebody may try before the station says that it cannot read the palm."""


@dataclasses.dataclass(frozen=True, slots=True)
class Accepted:
    """A good picture, and what was read from it."""

    image: HandImage
    seen: SeenHand
    features: Features


@dataclasses.dataclass(frozen=True, slots=True)
class Guidance:
    """What to tell the person now. `hand` is the middle of the palm and its width, as shares of the picture's width."""

    phase: Phase
    code: str = ""
    quality: float = 0.0
    reason: str = ""
    progress: float = 0.0
    hand: tuple[float, float, float] | None = None
    round: int = 1


class Hover:
    """One attempt to read a palm: `wants` a picture or not, `accept`s it, and is `ready` in the end."""

    def __init__(self, rules: HoverRules, *, lift: bool = False) -> None:
        """With `lift` a hand that is there already has to go first: it was read a moment ago."""
        self.rules = rules
        self._rounds: list[list[Accepted]] = [[]]
        self._lift = lift
        self._good: Counter[Band] = Counter()
        self._shown: deque[Shown] = deque(maxlen=4 * _SHOWN_MAX)
        self._began_ns = 0
        self._read_ns: dict[Band, int] = {}
        self._heard_ns: dict[Band, int] = {}
        self._blind: dict[Band, deque[Shown]] = {}
        self._gone_ns: int | None = None
        self._poor_ns: int | None = None

    @property
    def ready(self) -> bool:
        """Whether every round has its pictures."""
        return len(self._rounds) == self.rules.rounds and self._is_full()

    @property
    def rounds(self) -> tuple[tuple[Accepted, ...], ...]:
        """The good pictures of each round."""
        return tuple(tuple(one) for one in self._rounds)

    def clear(self) -> None:
        """Forgets every picture and begins anew."""
        self._rounds = [[]]
        self._lift = False
        self._good.clear()
        self._shown.clear()
        self._began_ns = 0
        self._read_ns.clear()
        self._blind.clear()
        self._gone_ns = self._poor_ns = None

    def is_out_of_patience(self, now_ns: int) -> bool:
        """Whether a hand has been tried for too long."""
        return bool(self._began_ns) and now_ns - self._began_ns > self.rules.patience_ms * _NS_PER_MS

    @property
    def shown(self) -> tuple[Shown, ...]:
        """Good pictures of the round that goes on, or of one that was completed just now, in order of time.

        All that were read are among them, so that nothing is compared that was not judged, beside the last ones; and
        of a light that saw no hand all the while, what it saw.
        """
        of_round = self._rounds[-1] or self._rounds[max(0, len(self._rounds) - 2)]
        read = {id(one.image) for one in of_round}
        all_shown = list(self._shown)
        there = {id(image) for image, _ in all_shown}
        # What was read long ago may have been pushed out of the last ones.
        all_shown[:0] = [(one.image, one.seen) for one in of_round if id(one.image) not in there]
        each = _SHOWN_MAX if len({image.band for image, _ in all_shown}) > 1 else 2 * _SHOWN_MAX
        room = Counter(dict.fromkeys({image.band for image, _ in all_shown}, each))
        kept: list[Shown] = []
        for image, seen in reversed(all_shown):
            if id(image) in read:
                kept.append((image, seen))
            elif room[image.band] > 0:
                room[image.band] -= 1
                kept.append((image, seen))
        blind = [one for band, pictures in self._blind.items() if not self._good[band] for one in pictures]
        return (*reversed(kept), *blind)

    def wants(self, seen: SeenHand, now_ns: int, image: HandImage, *, fresh: bool = True) -> bool:
        """Takes note of what was seen; whether that picture is to be read, and then given to `accept`.

        One that is not `fresh` is the one before it once more: it is not counted where liveness has to show in motion.
        """
        band = image.band
        self._heard_ns[band] = now_ns
        if seen.found:
            self._blind.pop(band, None)
        elif self._good:
            self._blind.setdefault(band, deque(maxlen=_BLIND)).append((image, seen))
        self._watch(seen, now_ns)
        if self._lift or self.ready or self._why_not(seen) or (self.rules.seen_min and not fresh):
            return False
        if not self._good:
            self._shown.clear()
            self._blind.clear()
        self._good[band] += 1
        self._shown.append((image, seen))
        early = now_ns - self._read_ns.get(band, -self.rules.apart_ms * _NS_PER_MS) < self.rules.apart_ms * _NS_PER_MS
        wanted = self._taken(band) < self.rules.pictures and not early
        if not wanted:
            self._close_round()
        return wanted

    def accept(self, accepted: Accepted, now_ns: int) -> None:
        """One more good picture."""
        self._rounds[-1].append(accepted)
        self._read_ns[accepted.image.band] = now_ns
        self._close_round()

    def guidance(self, seen: SeenHand, size: tuple[int, int]) -> Guidance:
        """What to tell; `size` is the picture's height and width in pixels."""
        begun = len(self._rounds) - 1 + self._share()
        progress = min(begun / self.rules.rounds, 1.0)
        number = len(self._rounds)
        if self._lift:
            return Guidance("lift", "lift", progress=progress, round=number, hand=_place(seen, size))
        if not seen.found:
            return Guidance("waiting", "no hand", progress=progress, round=number)
        why = self._why_not(seen)
        return Guidance(
            "guiding" if why else "holding",
            why,
            round(seen.quality.value, 1),
            seen.quality.reason,
            progress,
            _place(seen, size),
            number,
        )

    def _watch(self, seen: SeenHand, now_ns: int) -> None:
        """A hand that was away, or was not held well for long, may be another one: what was read of it is forgotten."""
        if self._gone_ns is not None and now_ns - self._gone_ns >= self.rules.lifted_ms * _NS_PER_MS:
            self._lift = False
            self._drop_round()
            if len(self._rounds) == 1:
                self._began_ns = 0
        if not seen.found:
            self._gone_ns = now_ns if self._gone_ns is None else self._gone_ns
            return
        self._gone_ns = None
        self._began_ns = self._began_ns or now_ns
        if not self._why_not(seen):
            self._poor_ns = None
            return
        self._poor_ns = now_ns if self._poor_ns is None else self._poor_ns
        if now_ns - self._poor_ns > self.rules.lost_ms * _NS_PER_MS and not self._lift:
            self._drop_round()

    def _drop_round(self) -> None:
        if self.ready:
            return
        self._rounds[-1].clear()
        self._good.clear()

    def _is_full(self) -> bool:
        """Whether the present round has its pictures.

        Where liveness is judged, of each light of the station, or that light saw no hand all the while.
        """
        bands = set(self._good)
        if self.rules.seen_min:
            latest_ns = max(self._heard_ns.values(), default=0)
            heard = {band for band, heard_ns in self._heard_ns.items() if latest_ns - heard_ns <= _HEARD_NS}
            bands |= {band for band in heard if len(self._blind.get(band, ())) < _BLIND}
        return bool(self._good) and all(
            self._good[band] >= self.rules.seen_min and self._taken(band) >= self.rules.pictures for band in bands
        )

    def _share(self) -> float:
        """How much of the present round is done."""
        shares = [self._taken(band) / self.rules.pictures for band in self._good]
        return min(shares, default=0.0)

    def _taken(self, band: Band) -> int:
        return sum(one.image.band == band for one in self._rounds[-1])

    def _close_round(self) -> None:
        if self._is_full() and len(self._rounds) < self.rules.rounds:
            self._rounds.append([])
            self._good.clear()
            self._read_ns.clear()
            self._lift = True

    def _why_not(self, seen: SeenHand) -> str:
        """What keeps a picture from being good; empty for nothing."""
        if not seen.found:
            return "no hand"
        if seen.guidance:
            return seen.guidance
        if seen.region is None:
            return "centre"
        return "" if seen.quality.value >= self.rules.quality_min else seen.quality.reason or "hold still"


def _place(seen: SeenHand, size: tuple[int, int]) -> tuple[float, float, float] | None:
    """Middle and width of the palm as shares of the picture's width."""
    if not seen.found or not len(seen.landmarks):
        return None
    middle = seen.landmarks.mean(axis=0)
    width = max(size[1], 1)
    x, y, across = float(middle[0]) / width, float(middle[1]) / width, float(seen.palm_width_px) / width
    return (round(x, 3), round(y, 3), round(across, 3))
