"""The office of palms: all that people may want done with what is kept of them. Nothing is recognised here."""

import threading
from collections.abc import Callable, Collection

from tillfree.core.time import NS_PER_S
from tillfree.identity.badges import PalmLinks
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.records import Consent, ErasureProof, Pin, Profile, Purpose, VaultCounts
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.ages import AgeProofs
from tillfree.store.palms.answers import CardView, PalmExport, TemplateView
from tillfree.store.palms.consents import need_consent, with_consent, without_purposes
from tillfree.store.palms.errors import NoPalmError
from tillfree.store.palms.finding import each_profile, find_palm
from tillfree.store.palms.link_codes import LinkCodes
from tillfree.store.palms.pins import has_pin, is_locked, note_try
from tillfree.store.palms.policy import Use, decide_use
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.palms.stations import Stations
from tillfree.store.palms.wallets import VaultLinks, card_id

__all__ = ["CONFIRM_DAYS", "PalmOffice", "card_views", "day_of", "nobody"]

CONFIRM_DAYS = 14
"""Who enrolled at home and has not held that hand over a station by then is forgotten."""
_DAY_NS = 86_400 * NS_PER_S
_ERASE_EVERY_NS = 3_600 * NS_PER_S
_EXPORTED_LOG = 500
_CLOCK = "retention"
"""Who erases what is due by itself."""


class PalmOffice:
    """All palms of a site, as far as no hand is held anywhere. Methods may be called by any thread."""

    def __init__(
        self, vault: PalmVault, settings: PalmSettings, now_ns: Callable[[], int], *, site: str = "store-1"
    ) -> None:
        """`site` is what the store is called in signed statements."""
        self.vault, self.settings, self.site = vault, settings, site
        self._now_ns = now_ns
        self._waiting_lock = threading.Lock()
        self._waiting: tuple[int, dict[tuple[str, str], str]] | None = None
        self._next_erase_ns = 0
        self.stations = Stations(vault, settings.challenge_s, now_ns)
        self.link_codes = LinkCodes(now_ns)
        self.ages = AgeProofs(vault, site, settings.age_attribute_s, now_ns)

    # ---- what people may want done ------------------------------------------------------------------------------

    def knows(self, subject: str) -> bool:
        """Whether the vault gave this name to somebody, whatever became of their rows."""
        return self.vault.used_day(subject) is not None

    def profile(self, subject: str) -> Profile:
        """What is linked to a palm. Raises NoPalmError."""
        found = self.vault.profile(subject)
        if found is None:
            raise nobody(subject)
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
            self._waiting = self._waiting if self.vault.template_count(subject) else None
        return self._change(subject, change, what, by)

    def note_code(self, subject: str, *, by: str) -> None:
        """Writes down that somebody was looked for by the code that was shown after enrolment."""
        self.vault.note(self._entry("palm.code", by, "", subject))

    def note_door(self, door: str, *, by: str, silent: bool = False) -> None:
        """Writes down that a door is told of a palm at a station, or did not hear of it; of whose palm is not said.

        Raises:
            VaultError: the vault cannot be written.
        """
        self.vault.note(self._entry("palm.door.silent" if silent else "palm.door", by, door))

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
            raise nobody(subject)
        self._forgotten()
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
            listed_as=profile.listed_as,
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
        self._forgotten()
        return count

    def rotate_keys(self, *, by: str) -> int:
        """Wraps all keys with a new one; how many."""
        return self.vault.rotate(self._entry("palm.rotate", by, "keys wrapped anew"))

    def counts(self) -> VaultCounts:
        """How much there is."""
        return self.vault.counts()

    def erase_inactive(self, *, by: str = _CLOCK) -> int:
        """Erases whoever was not recognised for as many days as the settings say; how many."""
        day = day_of(self._now_ns()) - self.settings.inactive_days
        gone = 0
        for subject in self.vault.unused_since(day):
            gone += self._erased(subject, by, "not seen for too long", unused_since=day)
        if gone:
            self._forgotten()
        return gone

    def erase_unconfirmed(self, *, by: str = _CLOCK) -> int:
        """Erases whoever enrolled at home and did not come in CONFIRM_DAYS; how many."""
        before_ns = self._now_ns() - CONFIRM_DAYS * _DAY_NS
        gone = 0
        for subject, profile in list(each_profile(self.vault)):
            if not profile.confirmed and profile.made_ns <= before_ns:
                gone += self._erased(subject, by, "enrolled at home and never confirmed", unconfirmed=True)
        if gone:
            self._forgotten()
        return gone

    def _erased(
        self, subject: str, by: str, why: str, *, unused_since: int | None = None, unconfirmed: bool = False
    ) -> bool:
        entry = self._entry("palm.erase", by, why)
        return self.vault.erase(subject, entry, unused_since=unused_since, unconfirmed=unconfirmed) is not None

    def tick(self) -> None:
        """What is due is erased, about once an hour."""
        now_ns = self._now_ns()
        if now_ns >= self._next_erase_ns:
            self._next_erase_ns = now_ns + _ERASE_EVERY_NS
            self.erase_inactive()
            self.erase_unconfirmed()

    def named(self, who: str) -> str:
        """The name in the vault of one person: by that name, or by `account:`, `badge:`, `loyalty:`, `listed:`.

        Raises:
            NoPalmError: there is nobody.
            PalmDeskError: no such handle, or several people have it.
        """
        return find_palm(self.vault, who)

    def waits_for(self, card: str = "", *, account: str = "", badge: str = "") -> str:
        """Who linked a card (by its fingerprint), an account or a badge, and has no template any more.

        That is so after a revocation. Empty: nobody, or nothing is asked for.
        """
        epoch = self.vault.generation()[1]
        with self._waiting_lock:
            if self._waiting is None or self._waiting[0] != epoch:
                self._waiting = (epoch, self._all_waiting())
            asked = [one for one in (("card", card), ("account", account), ("badge", badge)) if one[1]]
            subject = next((found for one in asked if (found := self._waiting[1].get(one, ""))), "")
        profile = self.vault.profile(subject) if subject and not self.vault.template_count(subject) else None
        return subject if profile is not None and set(asked) & set(_handles(profile)) else ""

    def waiting_by_word(self, said: str, pin: str = "", *, trusted: bool = False) -> str:
        """Who waits to enrol anew, by what they say of themselves: a code of the staff, an account, or a badge.

        A code is proof enough. An account or a badge may be anybody's guess: it needs their PIN, or, where it is
        `trusted`, somebody of the staff who knows them. Empty: nobody, or it was not proved.
        """
        coded = self.link_codes.find(said)
        if coded:
            profile = self.vault.profile(coded)
            return coded if profile is not None and not self.vault.template_count(coded) else ""
        subject = self.waits_for(account=said, badge=said) if said else ""
        if not subject or trusted:
            return subject
        return subject if pin and not self._try_pin(subject, pin, self._now_ns()) else ""

    def _all_waiting(self) -> dict[tuple[str, str], str]:
        """Persons without templates by what they linked: looked up once after each revocation."""
        held = set(self.vault.template_numbers().values())
        return {
            handle: subject
            for subject, profile in each_profile(self.vault)
            if subject not in held
            for handle in _handles(profile)
        }

    def may(self, subject: str, use: Use) -> str:
        """Whether somebody who was recognised a moment ago may do something more: a word of `PALM_REASONS`."""
        profile = self.vault.profile(subject)
        if profile is None:
            return "unknown"
        now_ns = self._now_ns()
        reason = decide_use(self.settings, profile, use, now_ns)
        return self._try_pin(subject, use.pin, now_ns) if reason == "pin needed" and use.pin else reason

    def _try_pin(self, subject: str, digits: str, now_ns: int) -> str:
        """A try is counted as a wrong one before it is judged, and taken back if it was right.

        So of many at once only as many are judged as may be wrong, and the vault does not wait for the hash.
        """
        pins: list[Pin] = []

        def counted(profile: Profile) -> Profile:
            if profile.pin is None or is_locked(profile, now_ns):
                return profile
            pins.append(profile.pin)
            return self._after_try(profile, now_ns, right=False)

        after = self.vault.change(subject, counted, None)
        if after is None or not pins:
            return "locked"
        if has_pin(pins[0], digits):
            self.vault.change(subject, lambda one: self._after_try(one, now_ns, right=True), None)
            return ""
        if not is_locked(after, now_ns):
            return "pin wrong"
        self.vault.note(self._entry("palm.locked", "desk", "too many wrong PINs", subject))
        return "locked"

    def _after_try(self, profile: Profile, now_ns: int, *, right: bool) -> Profile:
        wrong_max, lock_min = self.settings.wrong_pins_max, self.settings.lock_min
        return note_try(profile, now_ns, right=right, wrong_max=wrong_max, lock_min=lock_min)

    # ---- what others ask ----------------------------------------------------------------------------------------

    def links(self, accounts: PalmLinks) -> PalmLinks:
        """What the gate asks; `accounts` know those of the retailer's app."""
        return VaultLinks(self.vault, accounts)

    def _forgotten(self) -> None:
        """Templates went: whoever keeps some in memory drops them here."""

    def _change(
        self, subject: str, change: Callable[[Profile], Profile], what: str, by: str, detail: str = ""
    ) -> Profile:
        changed = self.vault.change(subject, change, self._entry(what, by, detail))
        if changed is None:
            raise nobody(subject)
        return changed

    def _entry(self, what: str, by: str, detail: str = "", subject: str = "") -> AuditEntry:
        return AuditEntry(time_ns=self._now_ns(), who=by, what=what, subject=subject, detail=detail)


def _handles(profile: Profile) -> list[tuple[str, str]]:
    """By what somebody is known who waits to enrol anew."""
    found = [("card", card.fingerprint) for card in profile.cards]
    return [one for one in (*found, ("account", profile.account), ("badge", profile.badge)) if one[1]]


def card_views(profile: Profile) -> tuple[CardView, ...]:
    """The wallet as its owner may see it."""
    return tuple(
        CardView(
            card=card_id(card), name=card.name, brand=card.brand, last4=card.last4, expires=card.expires,
            default=at == profile.default_card,
        )
        for at, card in enumerate(profile.cards)
    )  # fmt: skip


def day_of(time_ns: int) -> int:
    """Days since 1970."""
    return time_ns // _DAY_NS


def nobody(subject: str) -> NoPalmError:
    """There is nobody of that name."""
    return NoPalmError(f"there is no palm {subject[:40]!r}; it may be erased by now")
