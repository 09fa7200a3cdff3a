"""`tillfree palm enrol`, `identify` and `verify`: pictures in files, compared with the vault of a store."""

import argparse
import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tillfree.cli.palm.eyes import shipped_eyes
from tillfree.cli.palm.office import WHO, consent_of, open_data
from tillfree.cli.terminal import TerminalError, say, show
from tillfree.palm.capture.regions import region_of_square
from tillfree.palm.embedding import Embedder
from tillfree.palm.encoding import Encoder
from tillfree.palm.errors import PalmError
from tillfree.palm.samples import HandImage, PalmRegion, Quality
from tillfree.storage.models import palm_model
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.enrolment import good_enough
from tillfree.store.palms.errors import PalmDeskError
from tillfree.store.palms.making import open_palm_vault
from tillfree.store.palms.pictures import PICTURE_BYTES_MAX, hand_image
from tillfree.store.palms.policy import Use
from tillfree.store.palms.recogniser import Sample
from tillfree.store.palms.room_recogniser import RoomRecogniser, Seen, scheme_of

__all__ = ["make_recogniser", "run_recognise"]

_REGION_QUALITY = 100.0
_WHY = {
    "no hand": "no open hand was found in it; it is not compared",
    "poor": "its quality is below palm.quality_min; it is not compared",
}
_RATE_SHOWN_MIN = 1e-6
"""Rarer than what any simulation has shown."""


def run_recognise(arguments: argparse.Namespace) -> int:
    """Enrols, identifies or verifies; 1 where somebody was not recognised."""
    settings = open_data(arguments)
    # Before anything is opened or made: a wrong name leaves no trace.
    images = [_picture(path, arguments) for path in arguments.pictures]
    say("tillfree: nobody can tell whether a picture in a file is of a living hand; a station judges that")
    palm = msgspec.structs.replace(settings.palm, liveness="off")
    recogniser = make_recogniser(regions=arguments.regions)
    with open_palm_vault(palm, arguments.data, os.environ) as vault:
        desk = PalmDesk(vault, recogniser, palm, time.time_ns, site=settings.entry.store_code)
        with contextlib.closing(desk):
            return {"enrol": _enrol, "identify": _identify, "verify": _identify}[arguments.act](desk, images, arguments)


def make_recogniser(*, regions: bool = False) -> RoomRecogniser:
    """The models that come with Tillfree; with `regions` pictures are palm regions, and no hand is looked for.

    Raises:
        PalmError: a package is missing.
    """
    if not regions:
        return shipped_eyes()[1]
    model = palm_model()
    return RoomRecogniser(_square, Encoder(Embedder(model)).features, scheme_of(model))


def _square(image: HandImage) -> Seen:
    return _Square(region_of_square(image.pixels, image.band))


class _Square:
    """A picture that is a palm region as it is."""

    def __init__(self, region: PalmRegion) -> None:
        self.region: PalmRegion | None = region
        self.side = region.side
        self.quality = Quality(_REGION_QUALITY)
        self.guidance = ""


def _enrol(desk: PalmDesk, images: Sequence[HandImage], arguments: argparse.Namespace) -> int:
    consent = consent_of(arguments)
    palm = desk.named(arguments.palm) if arguments.palm else ""
    samples = _samples(desk, images, arguments)
    made = desk.re_enrol(palm, samples, consent, by=WHO) if palm else desk.enrol(samples, consent, by=WHO)
    anew = " anew, with the links that were there" if palm else ""
    show(f"{made.subject} is enrolled{anew}: {', '.join(made.hands)} hand, {made.templates} templates\n")
    return 0


def _identify(desk: PalmDesk, images: Sequence[HandImage], arguments: argparse.Namespace) -> int:
    palm = desk.named(arguments.palm) if arguments.act == "verify" else ""
    samples = _samples(desk, images, arguments)
    use = Use("identify")
    answer = desk.verify(palm, samples, use) if palm else desk.identify(samples, use)
    if not answer.recognised:
        show(f"{answer.message} ({answer.guidance or answer.reason})\n")
        return 1
    rate = answer.false_match_rate
    rare = f"{rate:.1g}" if rate > _RATE_SHOWN_MIN else f"less than {_RATE_SHOWN_MIN:.0e}"
    show(f"{answer.subject} (strangers who are like simulated ones reach this in {rare} of tries)\n")
    if answer.reason:
        show(f"{answer.message}\n")
    return 0


def _samples(desk: PalmDesk, images: Sequence[HandImage], arguments: argparse.Namespace) -> list[Sample]:
    """One for each picture; of those that are of no use it is said which, and why."""
    samples = []
    for path, image in zip(arguments.pictures, images, strict=True):
        try:
            sample = desk.recogniser.read([image])
        except PalmError as error:  # no palm region, where pictures are said to be some
            raise TerminalError(f"{path}: {error}") from error
        why = _WHY.get(good_enough(sample, desk.settings))
        if why:
            say(f"tillfree: {path}: {why}")
        samples.append(sample)
    return samples


def _picture(path: Path, arguments: argparse.Namespace) -> HandImage:
    try:
        with path.open("rb") as file:
            data = file.read(PICTURE_BYTES_MAX + 1)
    except OSError as error:
        raise TerminalError(f"{path}: cannot be read ({error.strerror or error})") from error
    try:
        return hand_image(data, arguments.band)
    except (PalmDeskError, PalmError) as error:
        raise TerminalError(f"{path}: {error}") from error
