"""Enrolment at home in a browser: photos are looked at, and what was read of them is given to the desk."""

from collections.abc import Callable, Sequence

from tillfree.palm.samples import HandImage
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.errors import DuplicateError, PalmDeskError
from tillfree.store.palms.home import Invitation
from tillfree.store.palms.recogniser import Sample
from tillfree.web.palms.seeing import Answer, Eyes, Wishes

__all__ = ["HomeEnrolment"]

_WHO = "home"


class HomeEnrolment:
    """Makes links and takes photos. Methods may be called by any thread."""

    def __init__(self, desk: PalmDesk, eyes: Eyes, now_ns: Callable[[], int]) -> None:
        self._desk = desk
        self._eyes = eyes
        self._now_ns = now_ns

    def invite(self, account: str, *, by: str) -> str:
        """The secret of a new link. Raises PalmDeskError where no account is called like that."""
        return self._desk.home.invite(account, by=by)

    def read(self, secret: str) -> Invitation | None:
        """What a link says; None where it is not ours, was used, or is out of date."""
        return self._desk.home.read(secret)

    def enrol(self, invitation: Invitation, photos: Sequence[HandImage], wishes: Wishes) -> Answer:
        """`enrolled`, but not confirmed; `already`, `unlike`, or `unread` with what to do better."""
        samples = []
        for photo in photos:
            seen = self._eyes.look(photo, None, "unknown")
            if not seen.found or seen.region is None or seen.quality.value < self._desk.settings.quality_min:
                return Answer(kind="unread", reason=seen.guidance or "hold still")
            samples.append(Sample((self._eyes.read(seen.region),), seen.side, seen.quality.value))
        consent = wishes.consent(self._now_ns(), _WHO)
        try:
            made = self._desk.home.enrol(invitation, samples, consent, language=wishes.language)
        except DuplicateError:
            return Answer(kind="already")
        except PalmDeskError:
            return Answer(kind="unlike")
        return Answer(kind="enrolled", account=made.subject)
