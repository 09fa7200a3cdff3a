"""Many people who are enrolled at once, as from a list: who of them is known, or is two of them."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import msgspec

from tillfree.core.time import NS_PER_S
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.records import Consent, Hand, Profile, Template
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.consents import need_consent, with_consent
from tillfree.store.palms.enrolment import chosen_templates, good_samples
from tillfree.store.palms.errors import PalmDeskError
from tillfree.store.palms.galleries import KeptGallery
from tillfree.store.palms.index_settings import IndexSettings
from tillfree.store.palms.known import KnownPalms, sketches_of
from tillfree.store.palms.recogniser import Recogniser, Sample
from tillfree.store.palms.settings import PalmSettings

__all__ = ["Checked", "Newcomer", "Outcome", "check_newcomers", "keep_newcomers"]

_AT_ONCE = 100
"""So many are kept in one transaction: the disk is waited for once, and little is lost when the power goes."""
_DAY_NS = 86_400 * NS_PER_S


@dataclasses.dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody on a list: what the list calls them, samples of their hands, and their consent.

    `links` is what is linked from the start. `palm` is their name in the vault where their links are there already and
    only their templates are made anew, as after a revocation.
    """

    name: str
    samples: Sequence[Sample]
    consent: Consent
    links: Profile
    palm: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of somebody on a list.

    `became` is "enrolled" (or would be), "enrolled anew" (the same after a revocation), "there" (from an earlier run of
    the list), "refused", "known" (enrolled already, not from the list), or "double" (one person with those in `like`).
    `why` says it in words; `palm` is their name in the vault.
    """

    name: str
    became: Literal["enrolled", "enrolled anew", "there", "refused", "known", "double"]
    why: str = ""
    palm: str = ""
    hands: tuple[Hand, ...] = ()
    templates: int = 0
    like: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether they are enrolled now."""
        return self.became in ("enrolled", "enrolled anew", "there")


@dataclasses.dataclass(frozen=True, slots=True)
class Checked:
    """A newcomer with their templates, and what is to become of them."""

    newcomer: Newcomer
    outcome: Outcome
    found: dict[Hand, list[Sample]]
    templates: Sequence[Template]


def check_newcomers(
    newcomers: Sequence[Newcomer],
    gallery: KeptGallery,
    recogniser: Recogniser,
    settings: PalmSettings,
    now_ns: int,
) -> list[Checked]:
    """What is to become of each: nothing is kept yet. Searching n newcomers costs two searches for each hand.

    Somebody who would be refused alone is refused here as well, in the same words. The threshold counts newcomers like
    those who are enrolled, so that a list is no weaker and no stricter than one enrolment after the other.
    """
    checked = [_alone(one, gallery, recogniser, settings, now_ns) for one in newcomers]
    needed = gallery.threshold(max(1, gallery.persons + len(newcomers)), settings.duplicate_rate)
    like = _like_each_other(checked, gallery.site_key, recogniser, settings.index, needed)
    out: list[Checked] = []
    for at, one in enumerate(checked):
        if not one.outcome.done:
            out.append(one)
        elif like[at]:
            names = tuple(sorted(newcomers[other].name for other in like[at]))
            why = f"by their palms one person with {', '.join(names)}; find out which name is right, and leave one"
            out.append(_left_out(one, Outcome(name=one.newcomer.name, became="double", why=why, like=names)))
        elif any(_is_known(those, gallery, one.newcomer.palm, needed) for those in one.found.values()):
            why = "this palm is enrolled here already; identify it, or delete it first"
            out.append(_left_out(one, Outcome(name=one.newcomer.name, became="known", why=why)))
        else:
            out.append(one)
    return out


def keep_newcomers(
    checked: Sequence[Checked], vault: PalmVault, entry: Callable[[str, str, str], AuditEntry], by: str, now_ns: int
) -> list[Outcome]:
    """Keeps whoever is to be enrolled, many at once; the outcomes in the order of all.

    `entry` makes an entry of the log of what was done, by whom, and a detail. Raises VaultError.
    """
    day = now_ns // _DAY_NS
    outcomes = [one.outcome for one in checked]
    fresh = [at for at, one in enumerate(checked) if one.outcome.became == "enrolled"]
    for those in _in_parts(fresh):
        persons = [(_profile(checked[at].newcomer, now_ns), checked[at].templates) for at in those]
        details = [_detail(checked[at], by) for at in those]
        subjects = vault.enrol_many(persons, entry("palm.enrol", by, ""), day, details)
        for at, subject in zip(those, subjects, strict=True):
            outcomes[at] = msgspec.structs.replace(outcomes[at], palm=subject)
    for at, one in enumerate(checked):
        if one.outcome.became == "enrolled anew" and not _keep_anew(
            one, vault, entry("palm.re-enrol", by, _detail(one, by))
        ):
            why = "they were erased meanwhile; run the list again"
            outcomes[at] = Outcome(name=one.newcomer.name, became="refused", why=why)
    return outcomes


def _keep_anew(one: Checked, vault: PalmVault, entry: AuditEntry) -> bool:
    consent = one.newcomer.consent

    def agreed(profile: Profile) -> Profile:
        return profile if consent in profile.consents else with_consent(profile, consent)

    return vault.change(one.newcomer.palm, agreed, entry, templates=one.templates, instead=True) is not None


def _alone(
    newcomer: Newcomer, gallery: KeptGallery, recogniser: Recogniser, settings: PalmSettings, now_ns: int
) -> Checked:
    """As if nobody else were on the list or enrolled."""
    try:
        need_consent(newcomer.consent, settings.notice_version)
        found = good_samples(newcomer.samples, settings, settings.samples_min)
        templates = chosen_templates(found, gallery, recogniser, settings, now_ns)
    except PalmDeskError as error:
        return Checked(newcomer, Outcome(name=newcomer.name, became="refused", why=str(error)), {}, ())
    outcome = Outcome(
        name=newcomer.name,
        became="enrolled anew" if newcomer.palm else "enrolled",
        palm=newcomer.palm,
        hands=tuple(found),
        templates=len(templates),
    )
    return Checked(newcomer, outcome, found, templates)


def _left_out(one: Checked, outcome: Outcome) -> Checked:
    return dataclasses.replace(one, outcome=outcome)


def _like_each_other(
    checked: Sequence[Checked], site_key: bytes, recogniser: Recogniser, index: IndexSettings, needed: float
) -> list[set[int]]:
    """Of each newcomer the numbers of those who are the same person: whoever of the two finds the other one."""
    templates = {str(at): one.templates for at, one in enumerate(checked)}
    gallery = recogniser.gallery(site_key, index)
    known = KnownPalms(gallery, lambda those: {name: templates[name] for name in those}, index.candidates)
    known.put({name: sketches_of(those, recogniser) for name, those in templates.items()})
    like: list[set[int]] = [set() for _ in checked]
    for at, one in enumerate(checked):
        for those in one.found.values():
            # Their own hands are the nearest of all, and take places in the short list.
            for match in known.search(those, index.candidates + len(one.templates), thorough=True):
                other = int(match.subject)
                if other != at and match.log_ratio >= needed:
                    like[at].add(other)
                    like[other].add(at)
    return like


def _is_known(samples: Sequence[Sample], gallery: KeptGallery, palm: str, needed: float) -> bool:
    best = next((one for one in gallery.search(samples, thorough=True) if one.subject != palm), None)
    return best is not None and best.log_ratio >= needed


def _profile(newcomer: Newcomer, now_ns: int) -> Profile:
    return msgspec.structs.replace(
        newcomer.links, made_ns=now_ns, consents=(newcomer.consent,), confirmed=True, listed_as=newcomer.name
    )


def _detail(one: Checked, by: str) -> str:
    consent = one.newcomer.consent
    return (
        f"{len(one.templates)} templates, from a list; notice {consent.notice}, {consent.language}, "
        f"by {consent.by or by}"
    )


def _in_parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for begin in range(0, len(numbers), _AT_ONCE):
        yield numbers[begin : begin + _AT_ONCE]
