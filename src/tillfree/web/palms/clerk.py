"""What a station asks the desk of palms, and what it may say of the answer to whoever stands before it."""

import dataclasses
from collections.abc import Callable, Sequence

from tillfree.palm.samples import Band
from tillfree.storage.palm_vault.records import PURPOSES, Consent, Profile, Purpose
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.palms.answers import PalmAnswer
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.doors import PalmDoors, let_through
from tillfree.store.palms.entering import let_in
from tillfree.store.palms.errors import DuplicateError, NoPalmError, PalmDeskError
from tillfree.store.palms.pins import made_pin
from tillfree.store.palms.policy import Use, purposes_at
from tillfree.store.palms.recogniser import Sample
from tillfree.web.palms.seeing import Answer, AnswerKind, Reading, Wishes
from tillfree.web.palms.undecided import side_of

__all__ = ["DeskClerk", "shown_name"]

_KINDS: dict[str, AnswerKind] = {
    "": "known",
    "unknown": "unknown",
    "other hand": "other hand",
    "not live": "not live",
    "pin needed": "pin",
}
_REASONS = {"no consent": "not agreed", "unknown": "", "other hand": "", "pin needed": ""}
"""Words of the desk that mean something else at a station, or need no further word."""
_UNDECIDED = ("unknown", "other hand")


class DeskClerk:
    """Behind the protocol `Clerk`."""

    def __init__(
        self,
        desk: PalmDesk,
        now_ns: Callable[[], int],
        *,
        purpose: Purpose = "identify",
        amount_minor: int = 0,
        age_over: int = 0,
        entry: EntryDesk | None = None,
        hold_minor: int = 0,
        doors: PalmDoors | None = None,
    ) -> None:
        """`purpose` is what a palm does at this station: with "pay" so much, with "age" to be so old.

        With "enter" it opens the gate of the station's name at `entry`, where `hold_minor` is put aside; with "door"
        that of `doors` at which the station stands.
        """
        self._desk = desk
        self._now_ns = now_ns
        self._purpose: Purpose = purpose
        self._amount_minor = amount_minor
        self._age_over = age_over
        self._entry = entry
        self._hold_minor = hold_minor
        self._doors = doors or PalmDoors([])

    def identify(self, tries: Sequence[Sequence[Reading]], station: str) -> Answer:
        """Whether they may; a palm that was enrolled at home is confirmed by its first hover."""
        answer = self._recognised(tries, self._use(station), station)
        return self._passed(answer, station)

    def find(self, tries: Sequence[Sequence[Reading]], station: str) -> Answer:
        """Whose palm it is, and nothing more."""
        answer = self._recognised(tries, Use("identify", station=station), station)
        if answer.recognised:
            answer = dataclasses.replace(answer, reason="")
        return self._said(answer, station, "identify")

    def may_be_one(self, before: Sequence[Reading], now: Sequence[Reading]) -> bool:
        """Whether two holds may be of one person."""
        sides = {side_of(before), side_of(now)} - {"unknown"}
        return len(sides) > 1 or self._desk.of_one_palm(_samples(before), _samples(now))

    def prove(self, account: str, pin: str, station: str) -> Answer:
        """Whether they may, with the PIN."""
        reason = self._desk.may(account, self._use(station, pin))
        return self._passed(PalmAnswer(reason, account), station, pin)

    def open(self, account: str, station: str) -> Answer:
        """Tells the door of somebody who may pass, as `identify` or `prove` said a moment ago."""
        may = PalmAnswer("", account)
        return self._said(
            let_through(self._desk, self._doors, self._doors.at(station), may, station=station), station, "door"
        )

    def enrol(self, first: Sequence[Reading], again: Sequence[Reading], wishes: Wishes, station: str) -> Answer:
        """Enrols somebody new, by two holds of one hand."""
        try:
            pin = made_pin(wishes.pin) if wishes.pin and not wishes.palm else None
        except PalmDeskError:
            return Answer(kind="refused", reason="weak pin")
        now_ns = self._now_ns()
        consent = wishes.consent(now_ns, station)
        profile = Profile(made_ns=now_ns, consents=(), pin=pin, language=wishes.language)
        samples = [_samples(first), _samples(again)]
        if not self._desk.of_one_palm(*samples):
            return Answer(kind="unlike", reason="two hands")
        if wishes.palm:
            return self._anew([*samples[0], *samples[1]], wishes.palm, consent, station)
        try:
            made = self._desk.enrol([*samples[0], *samples[1]], consent, by=station, profile=profile)
        except DuplicateError:
            return Answer(kind="already")
        except PalmDeskError:
            return Answer(kind="unlike")
        return Answer(
            kind="enrolled",
            account=made.subject,
            shown=shown_name(made.subject, profile),
            may=consent.purposes,
            link_code=self._desk.link_codes.make(made.subject),
        )

    def waiting(self, said: str, pin: str, station: str, *, staff: bool) -> str:
        """Who waits to enrol anew; that they were looked for by a code is written down."""
        palm = self._desk.waiting_by_word(said.strip(), pin, trusted=staff)
        if palm:
            self._desk.note_code(palm, by=station)
        return palm

    def _anew(self, samples: Sequence[Sample], palm: str, consent: Consent, station: str) -> Answer:
        """New templates for somebody whose links are there."""
        try:
            made = self._desk.re_enrol(palm, samples, consent, by=station, waiting=True)
            profile = self._desk.profile(palm)
        except NoPalmError:  # erased a moment ago
            return Answer(kind="refused", reason="not waiting")
        except DuplicateError:
            return Answer(kind="already")
        except PalmDeskError:
            return Answer(kind="unlike")
        shown = shown_name(palm, profile)
        return Answer(kind="enrolled", account=made.subject, shown=shown, may=consent.purposes, reason="links kept")

    def delete(self, account: str, station: str) -> Answer:
        """Erases somebody; who is gone already is gone."""
        try:
            self._desk.delete(account, by=station, why="asked for with the palm itself")
        except NoPalmError:
            return Answer(kind="deleted")
        return Answer(kind="deleted")

    def _use(self, station: str, pin: str = "") -> Use:
        return Use(
            self._purpose, station=station, amount_minor=self._amount_minor, pin=pin, age_over=self._age_over,
            door=self._doors.at(station),
        )  # fmt: skip

    def _recognised(self, tries: Sequence[Sequence[Reading]], use: Use, station: str) -> PalmAnswer:
        """What the desk says of the last try, or of all together."""
        read = [_samples(one) for one in tries]
        samples = read[-1]
        answer = self._desk.identify(samples, use)
        if answer.reason in _UNDECIDED and len(read) > 1:
            samples = [sample for one in read for sample in one]
            answer = self._desk.identify(samples, use)
        # Whatever they want here: a hover has judged that this hand lives, which is what a photo could not.
        return self._desk.first_hover(answer, samples, use, by=station)

    def _passed(self, answer: PalmAnswer, station: str, pin: str = "") -> Answer:
        """What comes of it: at a gate, whether that opens; at a door, that it is to be told."""
        if self._purpose == "door" and answer.allowed:
            return Answer(kind="opening", account=answer.subject)
        if self._purpose != "enter":
            return self._said(answer, station, self._purpose)
        if self._entry is None:
            return self._said(dataclasses.replace(answer, reason=answer.reason or "gate"), station, "enter")
        passed = let_in(self._desk, self._entry, station, answer, hold_minor=self._hold_minor, pin=pin)
        answer = passed.palm
        if answer.allowed and not passed.opens:
            answer = dataclasses.replace(answer, reason="gate")
        return self._said(answer, station, "enter")

    def _said(self, answer: PalmAnswer, station: str, purpose: Purpose) -> Answer:
        kind = _KINDS.get(answer.reason, "refused")
        reason = _REASONS.get(answer.reason, answer.reason)
        if not answer.recognised:
            return Answer(kind=kind, reason=reason)
        try:
            profile = self._desk.profile(answer.subject)
        except NoPalmError:  # erased a moment ago
            return Answer(kind="unknown")
        may = profile.purposes() & purposes_at(self._desk.settings, station)
        known = kind == "known"
        return Answer(
            kind=kind,
            account=answer.subject,
            shown=self._shown(answer.subject, profile, purpose if known or purpose == "door" else "identify"),
            may=tuple(one for one in PURPOSES if one in may) if known else (),
            reason=reason,
            granted=purpose if known else "",
        )

    def _shown(self, subject: str, profile: Profile, purpose: Purpose) -> str:
        """What was given, as far as others may read it."""
        match purpose:
            case "age":  # an age, and not of whom
                return f"{self._age_over}+"
            case "loyalty":
                return _masked(profile.loyalty)
            case "door":  # whoever stands behind learns nothing
                return ""
            case "pay" if not profile.cards:
                return _masked(profile.account or profile.badge)
            case _:
                return shown_name(subject, profile)


def shown_name(subject: str, profile: Profile) -> str:
    """What others may read over a shoulder: the end of the card that pays, else of the random name in the vault."""
    if profile.cards:
        card = profile.cards[min(profile.default_card, len(profile.cards) - 1)]
        return f"{card.brand} \u2022\u2022 {card.last4}".strip()
    return f"\u2022\u2022 {subject[-4:]}"


def _masked(name: str) -> str:
    """The end of a name: never more than half of it."""
    return f"\u2022\u2022 {name[len(name) - min(4, len(name) // 2) :]}".strip()


def _samples(read: Sequence[Reading]) -> list[Sample]:
    """The samples of one round: a picture in visible light and one in near infrared together are one.

    A picture whose hand was taken for the other one than in most pictures is left out: its palm would be mirrored.
    """
    hand = side_of(read)
    by_band: dict[Band, list[Reading]] = {}
    for one in sorted(read, key=lambda one: -one.quality):
        if one.features.side == hand:
            by_band.setdefault(one.features.band, []).append(one)
    samples = []
    for those in zip(*by_band.values(), strict=False):
        lives = [one.live for one in those]
        live = None if None in lives else all(lives)
        samples.append(Sample(tuple(one.features for one in those), hand, min(one.quality for one in those), "", live))
    return samples
