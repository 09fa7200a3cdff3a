"""The desk of palms: enrolment, identification and verification, beside what the office does."""

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from tillfree.identity.badges import LinkUse
from tillfree.identity.credentials import PalmMatch
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.errors import VaultBusyError
from tillfree.storage.palm_vault.records import Consent, Hand, Profile, Template
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.answers import Enrolled, PalmAnswer
from tillfree.store.palms.batches import Newcomer, Outcome, check_newcomers, keep_newcomers
from tillfree.store.palms.consents import need_consent, with_consent
from tillfree.store.palms.enrolment import are_of_one_palm, chosen_templates, good_enough, good_samples
from tillfree.store.palms.errors import DuplicateError, PalmDeskError
from tillfree.store.palms.galleries import KeptGallery
from tillfree.store.palms.home import HomeInvitations
from tillfree.store.palms.office import PalmOffice, day_of, nobody
from tillfree.store.palms.policy import Use
from tillfree.store.palms.rates import false_match_rate
from tillfree.store.palms.recogniser import Recogniser, Sample
from tillfree.store.palms.settings import PalmSettings

__all__ = ["PalmDesk"]

_ANY_USE = Use()
_WAIT_S, _LIST_WAIT_S = 3.0, 60.0
"""So long somebody before a station waits for others who enrol, and whoever has a list."""


class PalmDesk(PalmOffice):
    """All palms of a site. Methods may be called by any thread."""

    def __init__(
        self,
        vault: PalmVault,
        recogniser: Recogniser,
        settings: PalmSettings,
        now_ns: Callable[[], int],
        *,
        site: str = "store-1",
    ) -> None:
        """`site` is what the store is called in signed statements.

        Raises:
            VaultError: the vault cannot be read.
        """
        super().__init__(vault, settings, now_ns, site=site)
        self.recogniser = recogniser
        self._gallery = KeptGallery(vault, recogniser, settings.index)
        self._enrolling = threading.Lock()
        self.home = HomeInvitations(vault, self.enrol, now_ns)

    # ---- enrolling ----------------------------------------------------------------------------------------------

    def enrol(
        self,
        samples: Sequence[Sample],
        consent: Consent,
        *,
        by: str,
        profile: Profile | None = None,
        confirmed: bool = True,
        once: AuditEntry | None = None,
    ) -> Enrolled:
        """Enrols somebody new by samples of one hand, or of both.

        `profile` is what is linked from the start; its consents are those of the vault's own. `confirmed` is False for
        an enrolment at home, which the first hover at a station confirms. `once` is what may be done once, and is
        written down together with it.

        Raises:
            DoneBeforeError: `once` was done already.
            DuplicateError: one of the palms is enrolled already.
            PalmDeskError: too few good samples, samples of two palms, or no consent to the notice that is in force.
        """
        need_consent(consent, self.settings.notice_version)
        found = good_samples(samples, self.settings, self.settings.samples_min)
        now_ns = self._now_ns()
        made = profile or Profile(made_ns=now_ns, consents=())
        made = msgspec.structs.replace(made, made_ns=now_ns, consents=(consent,), confirmed=confirmed)
        # One at a time, so that nobody is enrolled twice at two stations at once, or by two processes.
        with self._alone():
            templates = self._new_templates(found, "", now_ns)
            detail = f"{len(templates)} templates; notice {consent.notice}, {consent.language}, by {consent.by or by}"
            entry = self._entry("palm.enrol", by, detail)
            subject = self.vault.enrol(made, templates, entry, day_of(now_ns), once=once)
            self._gallery.refresh()
        return Enrolled(subject, tuple(found), len(templates))

    def enrol_all(self, newcomers: Sequence[Newcomer], *, by: str, dry_run: bool = False) -> list[Outcome]:
        """Enrols many people at once: each is looked for among those who are enrolled, and among the others.

        Where two newcomers are one person by their palms, neither is enrolled: which of the names is right cannot be
        told from a hand. Interrupted, as many are there as were kept by then, each of them whole. With `dry_run`
        nothing is kept. One outcome for each newcomer, in their order.

        Raises:
            VaultError: the vault cannot be written.
        """
        with self._alone(_LIST_WAIT_S):
            self._gallery.refresh()
            checked = check_newcomers(newcomers, self._gallery, self.recogniser, self.settings, self._now_ns())
            if dry_run:
                return [one.outcome for one in checked]
            kept = keep_newcomers(checked, self.vault, self._entry, by, self._now_ns())
            self._gallery.refresh()
        return kept

    def re_enrol(
        self, subject: str, samples: Sequence[Sample], consent: Consent, *, by: str, waiting: bool = False
    ) -> Enrolled:
        """New templates for somebody whose links are there: after a revocation, or when hands have changed.

        With `waiting` only for somebody who has none: of two who come with one code the first is taken.

        Raises:
            NoPalmError: there is nobody of that name.
            DuplicateError, PalmDeskError: as `enrol`.
        """
        need_consent(consent, self.settings.notice_version)
        return self._more(
            subject, samples, lambda one: with_consent(one, consent), "palm.re-enrol", by, instead=True, waiting=waiting
        )

    def add_hand(self, subject: str, samples: Sequence[Sample], *, by: str) -> Enrolled:
        """More templates beside those there are, as of the other hand. Raises as `re_enrol`."""
        return self._more(subject, samples, lambda one: one, "palm.add", by)

    def confirm(self, subject: str, samples: Sequence[Sample], *, by: str) -> Enrolled:
        """The first hover at a station after an enrolment at home: its samples are kept, too, and the palm is good.

        Raises:
            NoPalmError, DuplicateError, PalmDeskError: as `re_enrol`; or it is another palm.
        """
        if self.verify(subject, samples).subject != subject:
            raise PalmDeskError("this is not the palm that was enrolled at home; enrol it here anew")
        return self._more(subject, samples, _confirmed, "palm.confirm", by, least=1)

    @contextmanager
    def _alone(self, wait_s: float = _WAIT_S) -> Iterator[None]:
        """Nobody else enrols, in no thread and no process. Raises VaultBusyError where somebody does, for long."""
        if not self._enrolling.acquire(timeout=wait_s):
            raise VaultBusyError("somebody else is being enrolled, and it takes long; try again in a minute")
        try:
            with self.vault.alone(wait_s):
                yield
        finally:
            self._enrolling.release()

    def _more(
        self,
        subject: str,
        samples: Sequence[Sample],
        change: Callable[[Profile], Profile],
        what: str,
        by: str,
        *,
        instead: bool = False,
        waiting: bool = False,
        least: int | None = None,
    ) -> Enrolled:
        found = good_samples(samples, self.settings, self.settings.samples_min if least is None else least)
        with self._alone():
            if waiting and self.vault.template_count(subject):
                raise DuplicateError("somebody was quicker: this palm is enrolled anew already")
            templates = self._new_templates(found, subject, self._now_ns())
            entry = self._entry(what, by, f"{len(templates)} templates")
            if self.vault.change(subject, change, entry, templates=templates, instead=instead) is None:
                raise nobody(subject)
            self._gallery.refresh()
        return Enrolled(subject, tuple(found), len(templates))

    def _new_templates(self, found: dict[Hand, list[Sample]], subject: str, now_ns: int) -> list[Template]:
        self._gallery.refresh()
        needed = self._gallery.threshold(max(1, self._gallery.persons), self.settings.duplicate_rate)
        for those in found.values():
            best = next((one for one in self._gallery.search(those, thorough=True) if one.subject != subject), None)
            if best is not None and best.log_ratio >= needed:
                raise DuplicateError("this palm is enrolled here already; identify it, or delete it first")
        return chosen_templates(found, self._gallery, self.recogniser, self.settings, now_ns)

    # ---- recognising --------------------------------------------------------------------------------------------

    def identify(self, samples: Sequence[Sample], use: Use = _ANY_USE) -> PalmAnswer:
        """Who holds their hand here, of all who are enrolled, and whether they may do what they want.

        Show the samples of a second hand together with those of the first one: they are two witnesses.
        """
        reason = self._poor(samples)
        if reason:
            return PalmAnswer(reason, guidance=samples[0].guidance if samples else "")
        good = [sample for sample in samples if not good_enough(sample, self.settings)]
        self._gallery.refresh()
        size = max(1, self._gallery.persons)
        needed = self._gallery.threshold(size, self.settings.false_identification_rate)
        found = self._gallery.search(good, needed)
        two = len(found) > 1 and found[1].log_ratio >= needed  # it cannot be both: nobody is charged on a guess
        if two or not found or found[0].log_ratio < needed:
            promising = self._gallery.threshold(1, self.settings.false_identification_rate)
            one_hand = len({sample.hand for sample in good}) == 1
            again = bool(found) and found[0].log_ratio >= promising and one_hand
            return PalmAnswer("other hand" if again else "unknown")
        return self._decided(found[0].subject, found[0].log_ratio, size, use)

    def verify(self, subject: str, samples: Sequence[Sample], use: Use = _ANY_USE) -> PalmAnswer:
        """Whether it is this person, and whether they may do what they want."""
        reason = self._poor(samples)
        if reason:
            return PalmAnswer(reason, guidance=samples[0].guidance if samples else "")
        good = [sample for sample in samples if not good_enough(sample, self.settings)]
        self._gallery.refresh()
        ratio = self._gallery.score(subject, good)
        if ratio is None or ratio < self._gallery.threshold(1, self.settings.false_match_rate):
            return PalmAnswer("unknown")
        return self._decided(subject, ratio, 1, use)

    def attend(self, samples: Sequence[Sample], use: Use, *, by: str, palm: str = "") -> PalmAnswer:
        """`identify`, or `verify` with a `palm`, at the station `by`: who enrolled at home is confirmed there.

        It does so only where stations sign and each sample was judged to be of a living hand: with anything less, a
        photo would confirm a photo.
        """
        answer = self.verify(palm, samples, use) if palm else self.identify(samples, use)
        if self.settings.attested and all(sample.live is True for sample in samples):
            return self.first_hover(answer, samples, use, by=by)
        return answer

    def first_hover(self, answer: PalmAnswer, samples: Sequence[Sample], use: Use, *, by: str) -> PalmAnswer:
        """The answer after somebody who was recognised, and is not confirmed yet, has been confirmed by these samples.

        The caller knows that a living hand was there.
        """
        if not answer.recognised:
            return answer
        try:
            if not self.profile(answer.subject).confirmed:
                self.confirm(answer.subject, samples, by=by)
                return dataclasses.replace(answer, reason=self.may(answer.subject, use))
        except (PalmDeskError, VaultBusyError):
            return answer
        return answer

    def of_one_palm(self, first: Sequence[Sample], again: Sequence[Sample]) -> bool:
        """Whether two holds, of samples with features, are of one palm; nobody is looked for."""
        self._gallery.refresh()
        return are_of_one_palm(first, again, self._gallery, self.recogniser)

    def _poor(self, samples: Sequence[Sample]) -> str:
        """Why none of the samples can be compared. A hand that was judged not to be live spoils the others."""
        reasons = [good_enough(sample, self.settings) for sample in samples] or ["no hand"]
        if any(sample.live is False for sample in samples) and self.settings.liveness == "required":
            return "not live"
        return "" if "" in reasons else reasons[0]

    def _decided(self, subject: str, log_ratio: float, size: int, use: Use) -> PalmAnswer:
        reason = self.may(subject, use)
        if reason == "unknown":  # erased a moment ago
            return PalmAnswer(reason)
        self.vault.note_use(subject, day_of(self._now_ns()))
        return PalmAnswer(reason, subject, false_match_rate(log_ratio, size))

    def match(self, answer: PalmAnswer, use: LinkUse = "enter", card: str = "") -> PalmMatch:
        """Somebody who was recognised, as a gate, a cart, a lane or a till wants it; `card` is the one that pays."""
        assert answer.recognised, "nobody was recognised"
        return PalmMatch(account=answer.subject, use=use, card=card)

    def tick(self) -> None:
        """What is due is erased, about once an hour; what strangers scored here is kept, at most once a minute."""
        super().tick()
        self._gallery.keep_strangers(self._now_ns())

    def close(self) -> None:
        """Keeps what was learned; the vault stays open, for whoever opened it."""
        self._gallery.keep_strangers()

    def _forgotten(self) -> None:
        self._gallery.refresh()


def _confirmed(profile: Profile) -> Profile:
    return msgspec.structs.replace(profile, confirmed=True)
