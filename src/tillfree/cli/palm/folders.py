"""`tillfree palm enrol-folder`: many people at once, from pictures by person and a list of their consents."""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from tillfree.cli.palm.office import WHO, open_data
from tillfree.cli.palm.recognising import make_recogniser
from tillfree.cli.terminal import Progress, TerminalError, need_folder, refuse_overwriting, say, show, write_file
from tillfree.evaluation.palms.naming import guess_naming, pattern_naming
from tillfree.evaluation.palms.pictures import Picture, find_pictures, own_pictures, read_picture
from tillfree.palm.errors import PalmError
from tillfree.storage.palm_vault.records import HANDS, Hand
from tillfree.store.palms.batches import Outcome
from tillfree.store.palms.consent_lists import ListedConsent, read_consents
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.lists import Listed, enrol_listed, of_hand
from tillfree.store.palms.making import open_palm_vault
from tillfree.store.palms.recogniser import Recogniser, Sample

__all__ = ["BatchReport", "enrol_folder", "run_enrol_folder"]

_BY = "list"
_CONSENTS_BYTES_MAX = 64 << 20


class BatchReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of everybody in a folder and on the list; with `dry_run`, what would."""

    layout: str
    dry_run: bool
    pictures: int
    unread: tuple[str, ...]
    """Pictures in which no palm was found, or another hand than the name says, with the reason."""
    persons: tuple[Outcome, ...]


def run_enrol_folder(arguments: argparse.Namespace) -> int:
    """Enrols with the models that come with Tillfree."""
    return enrol_folder(arguments, None)


def enrol_folder(arguments: argparse.Namespace, recogniser: Recogniser | None) -> int:
    """Enrols; 1 where somebody was left out, else 0. Without a `recogniser` the models that come with Tillfree read."""
    folder: Path = arguments.folder
    if arguments.output is not None:
        need_folder(arguments.output)
        refuse_overwriting(arguments.output, folder, arguments.consents)
    settings = open_data(arguments)
    consents = read_consents(_bytes(arguments.consents), str(arguments.consents), time.time_ns(), by=_BY)
    paths = find_pictures(folder)
    naming = pattern_naming(arguments.identity) if arguments.identity else guess_naming(paths)
    pictures = own_pictures(folder, paths, naming, palms_min=1)
    say("tillfree: nobody can tell whether a picture in a file is of a living hand; a station judges that")
    palm = msgspec.structs.replace(settings.palm, liveness="off")
    recogniser = recogniser or make_recogniser(regions=arguments.regions)
    with open_palm_vault(palm, arguments.data, os.environ) as vault:
        desk = PalmDesk(vault, recogniser, palm, time.time_ns, site=settings.entry.store_code)
        report = _enrolled(desk, pictures, consents, arguments)
    report = msgspec.structs.replace(report, layout=naming.words)
    if arguments.output is not None:
        write_file(arguments.output, msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    show(_words(report))
    return 0 if all(one.done for one in report.persons) else 1


def _enrolled(
    desk: PalmDesk, pictures: Sequence[Picture], consents: dict[str, ListedConsent], arguments: argparse.Namespace
) -> BatchReport:
    by_person: dict[str, list[Picture]] = {}
    for picture in pictures:
        by_person.setdefault(picture.owner.person, []).append(picture)
    names = sorted(by_person.keys() | consents.keys())
    unread: list[str] = []
    read: list[Sample] = []
    with Progress("Reading palms") as progress:

        def reader(number: int, name: str) -> Callable[[], Sequence[Sample]]:
            def samples() -> Sequence[Sample]:
                progress.show(name, number / len(names))
                found = _samples(desk.recogniser, by_person[name], arguments, unread)
                read.extend(found)
                return found

            return samples

        listed = [
            Listed(name, consents.get(name), reader(number, name) if name in by_person else None)
            for number, name in enumerate(names)
        ]
        persons = tuple(enrol_listed(desk, listed, by=WHO, dry_run=arguments.dry_run))
    return BatchReport(layout="", dry_run=arguments.dry_run, pictures=len(read), unread=tuple(unread), persons=persons)


def _samples(
    recogniser: Recogniser, pictures: Sequence[Picture], arguments: argparse.Namespace, unread: list[str]
) -> list[Sample]:
    """One for each picture, in which there may be no palm; then it stands in `unread` as well."""
    samples = []
    for picture in pictures:
        named: Hand = next((hand for hand in HANDS if hand == picture.owner.hand), "unknown")
        try:
            image = read_picture(picture.path, arguments.band or picture.owner.band or "visible")
            sample, why = of_hand(recogniser.read([image]), named)
        except (PalmError, OSError) as error:
            sample, why = Sample(None), str(error)
        if sample.features is None:
            unread.append(f"{picture.name}: {why}")
        samples.append(sample)
    return samples


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_CONSENTS_BYTES_MAX + 1)
    except OSError as error:
        raise TerminalError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(data) > _CONSENTS_BYTES_MAX:
        raise TerminalError(f"{path}: a list of consents has at most {_CONSENTS_BYTES_MAX >> 20} MiB; split it")
    return data


def _words(report: BatchReport) -> str:
    would = "would be " if report.dry_run else ""
    count = {word: sum(one.became == word for one in report.persons) for word in ("enrolled", "enrolled anew", "there")}
    out = sum(not one.done for one in report.persons)
    lines = [
        f"{len(report.persons)} persons, {report.layout}: {count['enrolled']} {would}enrolled, "
        f"{count['enrolled anew']} {would}enrolled anew, {count['there']} enrolled before, {out} left out"
    ]
    lines += [f"! {one.name}: {one.why}" for one in report.persons if not one.done]
    lines += [f"  no palm: {one}" for one in report.unread]
    return "\n".join(lines) + "\n"
