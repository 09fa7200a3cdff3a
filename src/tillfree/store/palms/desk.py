"""The desk of palms: enrolment, identification, verification, and all that people may want done with what is kept."""

import logging
import threading
from collections.abc import Callable, Collection, Sequence

import msgspec

from tillfree.core.time import NS_PER_S
from tillfree.identity.badges import PalmLinks
from tillfree.identity.credentials import PalmMatch
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.records import Consent, ErasureProof, Hand, Profile, Purpose, Template, VaultCounts
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.ages import AgeProofs
from tillfree.store.palms.answers import CardView, Enrolled, PalmAnswer, PalmExport, TemplateView
from tillfree.store.palms.consents import need_consent, with_consent, without_purposes
from tillfree.store.palms.enrolment import chosen_templates, good_enough, good_samples
from tillfree.store.palms.errors import DuplicateError, NoPalmError, PalmDeskError
from tillfree.store.palms.galleries import KeptGallery
from tillfree.store.palms.pins import has_pin, note_try
from tillfree.store.palms.policy import Use, decide_use
from tillfree.store.palms.rates import false_match_rate
from tillfree.store.palms.recogniser import Recogniser, Sample
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.palms.stations import Stations
from tillfree.store.palms.wallets import VaultLinks, card_id

__all__ = ["PalmDesk", "card_views"]

_log = logging.getLogger(__name__)
_DAY_NS = 86_400 * NS_PER_S
_ERASE_EVERY_NS = 3_600 * NS_PER_S
_EXPORTED_LOG = 500
_ANY_USE = Use()


class PalmDesk:
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
        self.vault, self.recogniser, self.settings, self.site = vault, recogniser, settings, site
        self._now_ns = now_ns
        self._gallery = KeptGallery(vault, recogniser)
        self._enrolling = threading.Lock()
        self._waiting_lock = threading.Lock()
        self._waiting: tuple[int, dict[str, str]] | None = None
        self._next_erase_ns = 0
        self.stations = Stations(vault, settings.challenge_s, now_ns)
        self.ages = AgeProofs(vault, site, settings.age_attribute_s, now_ns)

    # ---- enrolling ----------------------------------------------------------------------------------------------

    def enrol(
        self,
        samples: Sequence[Sample],
        consent: Consent,
        *,
        by: str,
        profile: Profile | None = None,
        confirmed: bool = True,
    ) -> Enrolled:
        """Enrols somebody new by samples of one hand, or of both.

        `profile` is what is linked from the start; its consents are those of the vault's own. `confirmed` is False for
        an enrolment at home, which the first hover at a station confirms.

        Raises:
            DuplicateError: one of the palms is enrolled already.
            PalmDeskError: too few good samples, samples of two palms, or no consent to the notice that is in force.
        """
        need_consent(consent, self.settings.notice_version)
        found = good_samples(samples, self.settings, self.settings.samples_min)
        now_ns = self._now_ns()
        made = profile or Profile(made_ns=now_ns, consents=())
        made = msgspec.structs.replace(made, made_ns=now_ns, consents=(consent,), confirmed=confirmed)
        # One at a time, so that nobody is enrolled twice at two stations at once.
        with self._enrolling:
            templates = self._new_templates(found, "", now_ns)
            detail = f"{len(templates)} templates; notice {consent.notice}, {consent.language}, by {consent.by or by}"
            subject = self.vault.enrol(made, templates, self._entry("palm.enrol", by, detail), _day(now_ns))
            self._gallery.refresh()
        return Enrolled(subject, tuple(found), len(templates))

    def re_enrol(self, subject: str, samples: Sequence[Sample], consent: Consent, *, by: str) -> Enrolled:
        """New templates for somebody whose links are there: after a revocation, or when hands have changed.

        Raises:
            NoPalmError: there is nobody of that name.
            DuplicateError, PalmDeskError: as `enrol`.
        """
        need_consent(consent, self.settings.notice_version)
        return self._more(subject, samples, lambda one: with_consent(one, consent), "palm.re-enrol", by, instead=True)

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

    def _more(
        self,
        subject: str,
        samples: Sequence[Sample],
        change: Callable[[Profile], Profile],
        what: str,
        by: str,
        *,
        instead: bool = False,
        least: int | None = None,
    ) -> Enrolled:
        found = good_samples(samples, self.settings, self.settings.samples_min if least is None else least)
        with self._enrolling:
            templates = self._new_templates(found, subject, self._now_ns())
            entry = self._entry(what, by, f"{len(templates)} templates")
            if self.vault.change(subject, change, entry, templates=templates, instead=instead) is None:
                raise _nobody(subject)
            self._gallery.refresh()
        return Enrolled(subject, tuple(found), len(templates))

    def waits_for(self, card: str) -> str:
        """Who linked a card (by its fingerprint) and has no template any more, after a revocation; empty: nobody."""
        self._gallery.refresh()
        with self._waiting_lock:
            if self._waiting is None or self._waiting[0] != self._gallery.epoch:
                self._waiting = (self._gallery.epoch, self._all_waiting())
            subject = self._waiting[1].get(card, "") if card else ""
        profile = self.vault.profile(subject) if subject and not self._gallery.has(subject) else None
        return subject if profile is not None and any(one.fingerprint == card for one in profile.cards) else ""

    def _all_waiting(self) -> dict[str, str]:
        """Persons without templates by the fingerprints of their cards: looked up once after each revocation."""
        held = set(self.vault.template_numbers().values())
        found: dict[str, str] = {}
        for subject in self.vault.subjects():
            profile = None if subject in held else self.vault.profile(subject)
            for card in () if profile is None else profile.cards:
                if card.fingerprint:
                    found[card.fingerprint] = subject
        return found

    def _new_templates(self, found: dict[Hand, list[Sample]], subject: str, now_ns: int) -> list[Template]:
        self._gallery.refresh()
        needed = self.recogniser.threshold(max(1, self._gallery.persons), self.settings.duplicate_rate)
        for those in found.values():
            best = next((one for one in self._gallery.search(those) if one.subject != subject), None)
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
        needed = self.recogniser.threshold(size, self.settings.false_identification_rate)
        found = self._gallery.search(good)
        two = len(found) > 1 and found[1].log_ratio >= needed  # it cannot be both: nobody is charged on a guess
        if two or not found or found[0].log_ratio < needed:
            promising = self.recogniser.threshold(1, self.settings.false_identification_rate)
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
        if ratio is None or ratio < self.recogniser.threshold(1, self.settings.false_match_rate):
            return PalmAnswer("unknown")
        return self._decided(subject, ratio, 1, use)

    def may(self, subject: str, use: Use) -> str:
        """Whether somebody who was recognised a moment ago may do something more: a word of `PALM_REASONS`."""
        profile = self.vault.profile(subject)
        if profile is None:
            return "unknown"
        now_ns = self._now_ns()
        reason = decide_use(self.settings, profile, use, now_ns)
        return self._try_pin(subject, use.pin, now_ns) if reason == "pin needed" and use.pin else reason

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
        self.vault.note_use(subject, _day(self._now_ns()))
        return PalmAnswer(reason, subject, false_match_rate(log_ratio, size))

    def _try_pin(self, subject: str, digits: str, now_ns: int) -> str:
        """Counts the try in the same transaction in which it is judged: two at once are two."""
        said = ["locked"]

        def tried(profile: Profile) -> Profile:
            if profile.pin is None or now_ns < profile.locked_until_ns:
                return profile
            right = has_pin(profile.pin, digits)
            said[0] = "" if right else "pin wrong"
            return note_try(
                profile, now_ns, right=right, wrong_max=self.settings.wrong_pins_max, lock_min=self.settings.lock_min
            )

        before = self.vault.profile(subject)
        after = self.vault.change(subject, tried, None)
        if after is not None and before is not None and after.locked_until_ns > before.locked_until_ns:
            self.vault.note(self._entry("palm.locked", "desk", "too many wrong PINs", subject))
            return "locked"
        return said[0]

    # ---- what people may want done ------------------------------------------------------------------------------

    def profile(self, subject: str) -> Profile:
        """What is linked to a palm. Raises NoPalmError."""
        found = self.vault.profile(subject)
        if found is None:
            raise _nobody(subject)
        return found

    def change(
        self, subject: str, change: Callable[[Profile], Profile], *, by: str, what: str = "palm.link"
    ) -> Profile:
        """Changes what is linked to a palm; `change` is a function of `wallets`, or like one.

        Raises:
            NoPalmError: there is nobody of that name.
            PalmDeskError: what `change` says.
        """
        with self._waiting_lock:
            self._waiting = self._waiting if self._gallery.has(subject) else None
        return self._change(subject, change, what, by)

    def agree(self, subject: str, consent: Consent, *, by: str) -> Profile:
        """Somebody agrees to more purposes, or to a new notice. Raises NoPalmError, PalmDeskError."""
        need_consent(consent, self.settings.notice_version)
        detail = f"notice {consent.notice}, {consent.language}: {', '.join(consent.purposes)}"
        return self._change(subject, lambda one: with_consent(one, consent), "palm.consent", by, detail)

    def withdraw(self, subject: str, purposes: Collection[Purpose], *, by: str) -> ErasureProof | None:
        """Somebody withdraws their consent; who no longer agrees to be identified is erased at once.

        Raises:
            NoPalmError: there is nobody of that name.
        """
        if "identify" in purposes:
            return self.delete(subject, by=by, why="consent withdrawn")
        now_ns = self._now_ns()
        detail = ", ".join(sorted(purposes))
        self._change(subject, lambda one: without_purposes(one, purposes, now_ns), "palm.withdraw", by, detail)
        return None

    def delete(self, subject: str, *, by: str, why: str = "asked for") -> ErasureProof:
        """Erases somebody: their key, their rows, and their place in the gallery. Raises NoPalmError."""
        proof = self.vault.erase(subject, self._entry("palm.erase", by, why))
        if proof is None:
            raise _nobody(subject)
        self._gallery.refresh()
        return proof

    def export(self, subject: str, *, by: str) -> PalmExport:
        """All that is stored about somebody. Raises NoPalmError."""
        profile = self.profile(subject)
        self.vault.note(self._entry("palm.export", by, "", subject))
        templates = tuple(
            TemplateView(
                hand=one.template.hand, band=one.template.band, scheme=one.template.scheme,
                made_ns=one.template.made_ns, size_bytes=len(one.template.data),
            )
            for one in self.vault.templates(subject)
        )  # fmt: skip
        log = self.vault.log(subject=subject, limit=_EXPORTED_LOG)
        return PalmExport(
            palm=subject,
            made_ns=profile.made_ns,
            last_seen_day=self.vault.used_day(subject) or 0,
            erased_after_days=self.settings.inactive_days,
            confirmed=profile.confirmed,
            consents=profile.consents,
            cards=card_views(profile),
            account=profile.account,
            loyalty=profile.loyalty,
            badge=profile.badge,
            role=profile.role,
            age_over=profile.age_over,
            age_proof=profile.age_proof,
            doors=profile.doors,
            email=profile.email,
            language=profile.language,
            has_pin=profile.pin is not None,
            wrong_pins=profile.wrong_pins,
            locked_until_ns=profile.locked_until_ns,
            templates=templates,
            log=tuple((row.entry.time_ns, row.entry.who, row.entry.what, row.entry.detail) for row in log),
        )

    # ---- the whole site -----------------------------------------------------------------------------------------

    def revoke_all(self, *, by: str, why: str) -> int:
        """Every template of the site is void from now on; how many persons keep their links and enrol anew."""
        count = self.vault.revoke_all(self._entry("palm.revoke all", by, why))
        self._gallery.refresh()
        return count

    def rotate_keys(self, *, by: str) -> int:
        """Wraps all keys with a new one; how many."""
        return self.vault.rotate(self._entry("palm.rotate", by, "keys wrapped anew"))

    def counts(self) -> VaultCounts:
        """How much there is."""
        return self.vault.counts()

    def erase_inactive(self) -> int:
        """Erases whoever was not recognised for as many days as the settings say; how many."""
        day = _day(self._now_ns()) - self.settings.inactive_days
        gone = 0
        for subject in self.vault.unused_since(day):
            gone += (
                self.vault.erase(subject, self._entry("palm.erase", "retention", "not seen for too long")) is not None
            )
        if gone:
            self._gallery.refresh()
        return gone

    def tick(self) -> None:
        """What is due is erased, about once an hour."""
        now_ns = self._now_ns()
        if now_ns >= self._next_erase_ns:
            self._next_erase_ns = now_ns + _ERASE_EVERY_NS
            self.erase_inactive()

    # ---- what others ask ----------------------------------------------------------------------------------------

    def links(self, accounts: PalmLinks) -> PalmLinks:
        """What the gate asks; `accounts` know those of the retailer's app."""
        return VaultLinks(self.vault, accounts)

    def match(self, answer: PalmAnswer) -> PalmMatch:
        """Somebody who was recognised, as the gate wants it."""
        assert answer.recognised, "nobody was recognised"
        return PalmMatch(account=answer.subject)

    def _change(
        self, subject: str, change: Callable[[Profile], Profile], what: str, by: str, detail: str = ""
    ) -> Profile:
        changed = self.vault.change(subject, change, self._entry(what, by, detail))
        if changed is None:
            raise _nobody(subject)
        return changed

    def _entry(self, what: str, by: str, detail: str = "", subject: str = "") -> AuditEntry:
        return AuditEntry(time_ns=self._now_ns(), who=by, what=what, subject=subject, detail=detail)


def card_views(profile: Profile) -> tuple[CardView, ...]:
    """The wallet as its owner may see it."""
    return tuple(
        CardView(
            card=card_id(card), name=card.name, brand=card.brand, last4=card.last4, expires=card.expires,
            default=at == profile.default_card,
        )
        for at, card in enumerate(profile.cards)
    )  # fmt: skip


def _confirmed(profile: Profile) -> Profile:
    return msgspec.structs.replace(profile, confirmed=True)


def _day(time_ns: int) -> int:
    """Days since 1970."""
    return time_ns // _DAY_NS


def _nobody(subject: str) -> NoPalmError:
    return NoPalmError(f"there is no palm {subject[:40]!r}; it may be erased by now")
