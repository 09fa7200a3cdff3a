"""People on a list, who are enrolled at once; who is there already, has not agreed or has no picture is left out."""

import dataclasses
from collections.abc import Callable, Sequence

from tillfree.storage.palm_vault.records import Hand
from tillfree.store.palms.batches import Newcomer, Outcome
from tillfree.store.palms.consent_lists import ListedConsent
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.finding import each_profile
from tillfree.store.palms.recogniser import Sample

__all__ = ["Listed", "enrol_listed", "of_hand"]


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """Somebody on a list: what it calls them, what they agreed to, and how samples of their hands are read.

    `consent` is None where they have not agreed, `read` where there is no picture of them.
    """

    name: str
    consent: ListedConsent | None
    read: Callable[[], Sequence[Sample]] | None


def enrol_listed(desk: PalmDesk, persons: Sequence[Listed], *, by: str, dry_run: bool = False) -> list[Outcome]:
    """Enrols them; one outcome for each, in their order. The same list again changes nothing.

    Pictures are read only of people who are to be enrolled. With `dry_run` nobody is.

    Raises:
        PalmError: a part that reads palms is missing.
        VaultError: the vault cannot be written.
    """
    known = {profile.listed_as: subject for subject, profile in each_profile(desk.vault) if profile.listed_as}
    outcomes: dict[int, Outcome] = {}
    newcomers: dict[int, Newcomer] = {}
    for at, one in enumerate(persons):
        palm = known.get(one.name, "")
        if palm and desk.vault.template_count(palm):
            outcomes[at] = Outcome(name=one.name, became="there", palm=palm)
        elif one.consent is None:
            outcomes[at] = _refused(one.name, "no consent: the list has no row for them; ask them first")
        elif one.read is None:
            outcomes[at] = _refused(one.name, "no picture: there is none of them")
        else:
            newcomers[at] = Newcomer(one.name, one.read(), one.consent.consent, one.consent.links, palm)
    done = desk.enrol_all(tuple(newcomers.values()), by=by, dry_run=dry_run)
    outcomes |= dict(zip(newcomers, done, strict=True))
    return [outcomes[at] for at in range(len(persons))]


def of_hand(sample: Sample, named: Hand) -> tuple[Sample, str]:
    """The sample of a picture that is said to show this hand; and why it is none: no palm, or the other hand."""
    if sample.features is None:
        return sample, sample.guidance or "no hand"
    if "unknown" not in (named, sample.hand) and named != sample.hand:
        return Sample(None), f"the name says {named}, and it looks like the other hand"
    return (dataclasses.replace(sample, hand=named) if sample.hand == "unknown" else sample), ""


def _refused(name: str, why: str) -> Outcome:
    return Outcome(name=name, became="refused", why=why)
