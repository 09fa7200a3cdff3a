"""What a station asks the desk of palms, and what it may say of the answer to whoever stands before it."""

from collections import Counter
from collections.abc import Callable, Sequence

from tillfree.palm.samples import Band
from tillfree.storage.palm_vault.records import PURPOSES, Profile, Purpose
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.palms.answers import PalmAnswer
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.errors import DuplicateError, NoPalmError, PalmDeskError
from tillfree.store.palms.pins import made_pin
from tillfree.store.palms.policy import Use, purposes_at
from tillfree.store.palms.recogniser import Sample
from tillfree.web.palms.seeing import Answer, AnswerKind, Reading, Wishes

__all__ = ["DeskClerk", "shown_name"]

_KINDS: dict[str, AnswerKind] = {
    "": "known",
    "unknown": "unknown",
    "other hand": "unknown",
    "not live": "not live",
    "pin needed": "pin",
}
_REASONS = {"no consent": "not agreed", "unknown": "", "pin needed": ""}
"""Words of the desk that mean something else at a station, or need no further word."""


class DeskClerk:
    """Behind the protocol `Clerk`."""

    def __init__(
        self,
        desk: PalmDesk,
        now_ns: Callable[[], int],
        *,
        purpose: Purpose = "identify",
        amount_minor: int = 0,
        entry: EntryDesk | None = None,
    ) -> None:
        """`purpose` is what a palm does at this station; with "enter" and `entry` the gate of that name opens."""
        self._desk = desk
        self._now_ns = now_ns
        self._purpose: Purpose = purpose
        self._amount_minor = amount_minor
        self._entry = entry

    def identify(self, samples: Sequence[Reading], station: str) -> Answer:
        """Whose palm it is; one that was enrolled at home is confirmed by its first hover."""
        read = _samples(samples)
        use = self._use(station)
        answer = self._desk.identify(read, use)
        if answer.reason == "unconfirmed":
            try:
                self._desk.confirm(answer.subject, read, by=station)
            except PalmDeskError:
                return self._said(answer, station)
            answer = self._desk.identify(read, use)
        return self._said(answer, station)

    def prove(self, account: str, pin: str, station: str) -> Answer:
        """Whether they may, with the PIN."""
        reason = self._desk.may(account, self._use(station, pin))
        return self._said(PalmAnswer(reason, account), station)

    def enrol(self, first: Sequence[Reading], again: Sequence[Reading], wishes: Wishes, station: str) -> Answer:
        """Enrols somebody new."""
        try:
            pin = made_pin(wishes.pin) if wishes.pin else None
        except PalmDeskError:
            return Answer(kind="refused", reason="weak pin")
        now_ns = self._now_ns()
        consent = wishes.consent(now_ns, station)
        profile = Profile(made_ns=now_ns, consents=(), pin=pin, language=wishes.language)
        try:
            made = self._desk.enrol([*_samples(first), *_samples(again)], consent, by=station, profile=profile)
        except DuplicateError:
            return Answer(kind="already")
        except PalmDeskError:
            return Answer(kind="unlike")
        return Answer(
            kind="enrolled", account=made.subject, shown=shown_name(made.subject, profile), may=consent.purposes
        )

    def delete(self, account: str, station: str) -> Answer:
        """Erases somebody; who is gone already is gone."""
        try:
            self._desk.delete(account, by=station, why="asked for with the palm itself")
        except NoPalmError:
            return Answer(kind="deleted")
        return Answer(kind="deleted")

    def _use(self, station: str, pin: str = "") -> Use:
        return Use(self._purpose, station=station, amount_minor=self._amount_minor, pin=pin)

    def _said(self, answer: PalmAnswer, station: str) -> Answer:
        kind = _KINDS.get(answer.reason, "refused")
        reason = _REASONS.get(answer.reason, answer.reason)
        if not answer.recognised:
            return Answer(kind=kind, reason=reason)
        try:
            profile = self._desk.profile(answer.subject)
        except NoPalmError:  # erased a moment ago
            return Answer(kind="unknown")
        if kind == "known" and self._purpose == "enter" and self._entry is not None:
            gate = self._entry.present(station, self._desk.match(answer))
            if not gate.opens:
                kind, reason = "refused", "gate"
        may = profile.purposes() & purposes_at(self._desk.settings, station)
        return Answer(
            kind=kind,
            account=answer.subject,
            shown=shown_name(answer.subject, profile),
            may=tuple(one for one in PURPOSES if one in may) if kind == "known" else (),
            reason=reason,
        )


def shown_name(subject: str, profile: Profile) -> str:
    """What others may read over a shoulder: the end of the card that pays, else of the random name in the vault."""
    if profile.cards:
        card = profile.cards[min(profile.default_card, len(profile.cards) - 1)]
        return f"{card.brand} \u2022\u2022 {card.last4}".strip()
    return f"\u2022\u2022 {subject[-4:]}"


def _samples(read: Sequence[Reading]) -> list[Sample]:
    """The samples of one round: a picture in visible light and one in near infrared together are one.

    A picture whose hand was taken for the other one than in most pictures is left out: its palm would be mirrored.
    """
    hand = Counter(one.features.side for one in read).most_common(1)[0][0] if read else "unknown"
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
