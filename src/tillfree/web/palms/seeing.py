"""What a station needs of those who look at hands and remember them; each has one implementation elsewhere."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.palm.features import Features
from tillfree.palm.samples import HandImage, HandSide, PalmRegion, Quality
from tillfree.storage.palm_vault.records import PURPOSES, Consent

__all__ = ["Answer", "AnswerKind", "Clerk", "Eyes", "LiveHint", "Reading", "SampleHands", "SeenHand", "Wishes"]


class SeenHand(Protocol):
    """What was seen in one picture; `guidance` is what to tell the person, empty where the picture is good."""

    @property
    def found(self) -> bool:
        """Whether there is a hand."""

    @property
    def landmarks(self) -> npt.NDArray[np.floating[Any]]:
        """(n, 2): x and y in pixels of the picture."""

    @property
    def side(self) -> HandSide:
        """Left or right, as far as that can be told."""

    @property
    def region(self) -> PalmRegion | None:
        """The palm, where it can be cut out."""

    @property
    def quality(self) -> Quality:
        """How useful it is, 0 to 100."""

    @property
    def guidance(self) -> str:
        """A code: `closer`, `flatten`, ..."""

    @property
    def palm_width_px(self) -> float:
        """Across the palm, in pixels."""


@dataclasses.dataclass(frozen=True, slots=True)
class LiveHint:
    """Whether those pictures show a living hand: `score` 0 to 1 (1: surely), and why not, in codes."""

    passes: bool
    score: float
    reasons: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Eyes:
    """Looks at pictures: finds the hand, reads the palm, and judges whether it lives.

    `look` is given what was seen in the picture a moment before, too, where there was one: whether a hand moves; and
    which hand is wanted, or unknown: its guidance then says where it is the other one.
    `judge` is None where nobody judges: the screen then says that liveness is not checked.
    """

    look: Callable[[HandImage, SeenHand | None, HandSide], SeenHand]
    read: Callable[[PalmRegion], Features]
    judge: Callable[[Sequence[HandImage], Sequence[SeenHand]], LiveHint] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What was read from one good picture: `live` is None where nobody judges."""

    features: Features
    quality: float = 0.0
    live: bool | None = None


AnswerKind = Literal[
    "known", "unknown", "other hand", "refused", "pin", "opening", "enrolled", "already", "unlike", "deleted",
    "not live", "unread", "trouble",
]  # fmt: skip
"""`other hand`: perhaps known, if the other hand says so, too. `unlike`: the two rounds of an enrolment are not of one
palm. `opening`: they may pass, and the door is to be told now. `unread`: no good picture came in time."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a station tells a person.

    `account` never leaves the server, and is there wherever it is known who it is, also where they may not do what they
    want; `shown` is what of it may be shown where others can read it. `may` says what the palm opens here: `pay`,
    `loyalty`, `door`, `badge`, `age`. `reason` is a code. `granted` is the purpose of the station where that was given;
    `link_code` what staff find a new palm by, to be shown once.
    """

    kind: AnswerKind
    account: str = ""
    shown: str = ""
    may: tuple[str, ...] = ()
    reason: str = ""
    granted: str = ""
    link_code: str = ""


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who enrols has agreed to: the version of the notice, and the purposes that they ticked."""

    notice_version: str
    purposes: tuple[str, ...]
    pin: str = ""
    language: str = "en"
    palm: str = ""
    """Whose links are kept, of those who wait to enrol anew; empty for somebody new."""

    def consent(self, given_ns: int, by: str) -> Consent:
        """What is kept of it; a purpose that is none is left out."""
        purposes = tuple(one for one in PURPOSES if one in self.purposes)
        return Consent(notice=self.notice_version, language=self.language, purposes=purposes, given_ns=given_ns, by=by)


class Clerk(Protocol):
    """Who knows the palms of a site. Methods take their time, and may be called by any thread."""

    def identify(self, tries: Sequence[Sequence[Reading]], station: str) -> Answer:
        """Whether somebody may do what is done there: `known`, `unknown`, `other hand`, `refused`, `pin` or `opening`.

        The last try is judged by itself; where that decides nothing, together with those before it.
        """

    def find(self, tries: Sequence[Sequence[Reading]], station: str) -> Answer:
        """Whose palm it is, whatever they may do: nothing opens by it. `known`, `unknown` or `other hand`."""

    def may_be_one(self, before: Sequence[Reading], now: Sequence[Reading]) -> bool:
        """Whether two holds may be of one person: of one hand they have to agree, of two nobody can tell."""

    def prove(self, account: str, pin: str, station: str) -> Answer:
        """After `pin`: `known`, `opening` or `refused`."""

    def open(self, account: str, station: str) -> Answer:
        """After `opening`: tells the door at which the station stands. `known` or `refused`, in about a second."""

    def enrol(self, first: Sequence[Reading], again: Sequence[Reading], wishes: Wishes, station: str) -> Answer:
        """Remembers a palm that was held twice, also one that waits: `enrolled`, `already`, `unlike` or `refused`."""

    def waiting(self, said: str, pin: str, station: str, *, staff: bool) -> str:
        """Who waits to enrol anew, by what was typed; `staff` stand by who know them. Empty: nobody, or not proved."""

    def delete(self, account: str, station: str) -> Answer:
        """Forgets everything of an account: `deleted`, or `refused`."""


class SampleHands(Protocol):
    """Pictures for a station without a camera; they are simulated, and only a demo has them."""

    @property
    def people(self) -> int:
        """So many people."""

    @property
    def frames(self) -> int:
        """So many pictures of each: the hand comes near, is held, and shakes a little."""

    def picture(self, person: int, frame: int) -> bytes:
        """A JPEG; both count from 0."""

    def band(self, frame: int) -> int:
        """The light of a picture: 0 visible, 1 near infrared."""

    def kind(self, person: int) -> str:
        """Empty for a hand, else what is held up instead of the first one: `tablet`, ..."""
