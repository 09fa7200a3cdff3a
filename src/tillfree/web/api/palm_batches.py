"""Many people who are enrolled at once over the API, by pictures and consents; as `tillfree palm enrol-folder` does."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tillfree.palm.errors import PalmError
from tillfree.store.palms.batches import Outcome
from tillfree.store.palms.consent_lists import ListedConsent, read_row
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.errors import PalmDeskError
from tillfree.store.palms.lists import Listed, enrol_listed, of_hand
from tillfree.store.palms.pictures import hand_image
from tillfree.store.palms.recogniser import Sample
from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.palm_shapes import PurposeName, asking_palms, palms_of
from tillfree.web.api.problems import Fault, Problem

__all__ = ["OPERATIONS"]

_PERSONS_MAX = 50
_PICTURES_MAX = 24
_PICTURE_TEXT_MAX = 4_000_000
_BY = "list"
Text = Annotated[str, Meta(max_length=128)]


class BatchPictureBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture of one hand."""

    picture: Annotated[bytes, Meta(max_length=_PICTURE_TEXT_MAX, description="A PNG or JPEG file, in base64.")]
    band: Annotated[Literal["visible", "nir"], Meta(description="The light that it was taken in.")] = "visible"
    hand: Annotated[Literal["left", "right", "unknown"], Meta(description="As far as it is known.")] = "unknown"


class BatchConsentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That the person has read the notice and agreed, and when."""

    notice: Annotated[str, Meta(min_length=1, max_length=40, description="The version that they read.")]
    language: Annotated[str, Meta(min_length=2, max_length=16, description="In which they read it, as `de`.")]
    purposes: Annotated[tuple[PurposeName, ...], Meta(min_length=1, max_length=6)]
    when: Annotated[
        str, Meta(max_length=40, description="A day, as `2026-11-27`, or a moment with its offset from UTC.")
    ]


class BatchPersonBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody on the list."""

    name: Annotated[
        str, Meta(min_length=1, max_length=128, description="What the list calls them, each time that it comes again.")
    ]
    pictures: Annotated[tuple[BatchPictureBody, ...], Meta(max_length=_PICTURES_MAX)] = ()
    consent: Annotated[BatchConsentBody | None, Meta(description="null: they have not agreed, and are left out.")] = (
        None
    )
    account: Annotated[str, Meta(max_length=128, description="Of the retailer's app.")] = ""
    loyalty: Text = ""
    badge: Annotated[str, Meta(max_length=64, description="Of an employee.")] = ""


class BatchBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list, or a part of one."""

    persons: Annotated[tuple[BatchPersonBody, ...], Meta(min_length=1, max_length=_PERSONS_MAX)]
    dry_run: Annotated[bool, Meta(description="Only say what would be done; nobody is enrolled.")] = False


class UnreadView(msgspec.Struct, frozen=True, kw_only=True):
    """A picture in which no palm was found, or another hand than was said. Both count from 0."""

    person: int
    picture: int
    why: str


class BatchView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each, in the order of the list; with `dry_run`, what would."""

    dry_run: bool
    persons: tuple[Outcome, ...]
    unread: tuple[UnreadView, ...]


def _enrol(call: Call) -> BatchView:
    desk, body = palms_of(call), call.sent(BatchBody)
    consents = _consents(body.persons, call.console.now_ns())
    unread: list[UnreadView] = []
    listed = [
        Listed(one.name, consent, _reader(desk, at, one.pictures, unread) if one.pictures else None)
        for at, (one, consent) in enumerate(zip(body.persons, consents, strict=True))
    ]
    with asking_palms():
        persons = enrol_listed(desk, listed, by=call.who, dry_run=body.dry_run)
    call.note("palm.batch", "", f"{sum(one.done for one in persons)} of {len(persons)}{' (tried)' * body.dry_run}")
    return BatchView(dry_run=body.dry_run, persons=tuple(persons), unread=tuple(unread))


def _consents(persons: Sequence[BatchPersonBody], now_ns: int) -> list[ListedConsent | None]:
    """What each has agreed to. Raises Problem with all that is wrong with the list: then nothing is begun."""
    found: list[ListedConsent | None] = []
    faults: list[Fault] = []
    names: set[str] = set()
    for at, one in enumerate(persons):
        try:
            if one.name in names:
                raise PalmDeskError(f"{one.name} stands there twice; leave one")
            names.add(one.name)
            found.append(None if one.consent is None else read_row(_row(one, one.consent), now_ns, by=_BY)[1])
        except PalmDeskError as error:
            faults.append(Fault(f"/persons/{at}", str(error)))
    if faults:
        raise Problem("refused", f"{faults[0].pointer}: {faults[0].detail}", errors=faults)
    return found


def _row(person: BatchPersonBody, consent: BatchConsentBody) -> dict[str, str]:
    return {
        "person": person.name,
        "version": consent.notice,
        "purposes": " ".join(consent.purposes),
        "language": consent.language,
        "when": consent.when,
        "account": person.account,
        "loyalty": person.loyalty,
        "badge": person.badge,
    }


def _reader(
    desk: PalmDesk, person: int, pictures: Sequence[BatchPictureBody], unread: list[UnreadView]
) -> Callable[[], Sequence[Sample]]:
    def samples() -> list[Sample]:
        found = []
        for at, one in enumerate(pictures):
            try:
                sample, why = of_hand(desk.recogniser.read([hand_image(one.picture, one.band)]), one.hand)
            except (PalmDeskError, PalmError) as error:
                sample, why = Sample(None), str(error)
            if sample.features is None:
                unread.append(UnreadView(person=person, picture=at, why=why))
            # Nobody can tell whether a picture in a file is of a living hand; whoever sends the list answers for that.
            found.append(dataclasses.replace(sample, live=sample.features is not None))
        return found

    return samples


OPERATIONS = (
    Operation(
        method="POST",
        path="/palms/batches",
        name="enrolPalms",
        group="Palms",
        summary="Enrol many people who have agreed to it, nobody of them twice",
        about=f"At most {_PERSONS_MAX} persons and 16 MiB at once; send a longer list in parts. Whoever is on the list "
        "twice by their palms is not enrolled (`double`), and who is enrolled already is `known`, or `there` if by the "
        "same name: the same list again changes nothing. Pictures are not signed, and whether a living hand was there "
        "cannot be told: whoever has this scope answers for it. Pictures are not kept.",
        scope="palms:batch",
        run=_enrol,
        body=BatchBody,
        answer=BatchView,
        problems=("refused", "conflict", "not-found"),
    ),
)
