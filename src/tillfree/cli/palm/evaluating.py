"""`tillfree palm evaluate`: say how well the palms in a folder are told apart."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

import tillfree
from tillfree.cli.terminal import Progress, TerminalError, need_folder, refuse_overwriting, say, show, write_file
from tillfree.evaluation.palms.matching import MATCHERS, Matcher
from tillfree.evaluation.palms.naming import guess_naming, namesakes, pattern_naming
from tillfree.evaluation.palms.pictures import Acquired, Taker, acquire, find_pictures, own_pictures
from tillfree.evaluation.palms.report import PalmReport, Study, evaluate_palms
from tillfree.evaluation.palms.words import report_csv, report_text
from tillfree.palm.encoding import Encoder

__all__ = ["run_evaluation", "run_palm_evaluate"]

_FORMATS = (".html", ".json", ".csv")


def run_palm_evaluate(arguments: argparse.Namespace) -> int:
    """Evaluates with the models that come with Tillfree."""
    _check(arguments)
    from tillfree.cli.palm.models import open_encoder, taker_of_hands, taker_of_regions  # noqa: PLC0415  slow to load

    return run_evaluation(arguments, taker_of_regions() if arguments.regions else taker_of_hands(), open_encoder())


def run_evaluation(arguments: argparse.Namespace, take: Taker, encoder: Encoder) -> int:
    """Evaluates; 1 where a picture had no palm, else 0."""
    _check(arguments)
    folder: Path = arguments.folder
    paths = find_pictures(folder)
    naming = (
        pattern_naming(arguments.identity, group=arguments.group, per_session=arguments.per_session)
        if arguments.identity
        else guess_naming(paths, group=arguments.group, per_session=arguments.per_session)
    )
    pictures = own_pictures(folder, paths, naming)
    if alike := namesakes({picture.owner.person for picture in pictures}):
        say(
            f"folders of people in more than one place have the same name ({', '.join(alike[:3])}"
            f"{', ...' if len(alike) > 3 else ''}) and count as different people: if they are the same, "
            "as in several kinds of light, give one of the places at a time, or --identity"
        )
    begin = time.perf_counter()
    samples: list[Acquired] = []
    with Progress("Reading palms") as progress:
        for sample in acquire(pictures, take, encoder, arguments.band):
            samples.append(sample)
            progress.show(sample.picture.name, len(samples) / len(pictures))
    acquire_s = time.perf_counter() - begin
    matchers: Sequence[Matcher] = MATCHERS if arguments.matcher == "all" else (arguments.matcher,)
    if arguments.matcher == "all" and not all(each.features.embedding.size for each in samples if each.features):
        matchers = [matcher for matcher in MATCHERS if matcher != "embedding"]
    study = Study(
        folder=folder.resolve().name,
        version=tillfree.__version__,
        layout=naming.words,
        pairs=arguments.pairs,
        matchers=matchers,
        normalise=arguments.cohort == "folder",
        seed=arguments.seed,
    )
    with Progress("Comparing") as progress:
        for step in evaluate_palms(samples, study, acquire_s=acquire_s):
            if isinstance(step, PalmReport):
                return _finish(step, arguments.output)
            progress.show("", step)
    raise AssertionError("an evaluation ends with its report")


def _check(arguments: argparse.Namespace) -> None:
    for output in arguments.output:
        if output.suffix.lower() not in _FORMATS:
            raise TerminalError(f"{output}: a report is written as {', '.join(_FORMATS)}; choose one of these endings")
        need_folder(output)
        refuse_overwriting(output, arguments.folder)
    for name in ("group", "per_session", "seed"):
        if getattr(arguments, name) < 0:
            raise TerminalError(f"--{name.replace('_', '-')} {getattr(arguments, name)}: give 0 or more")


def _finish(report: PalmReport, outputs: Sequence[Path]) -> int:
    for output in outputs:
        write_file(output, _written(report, output.suffix.lower()))
    show(report_text(report))
    if report.failures:
        say(f"{len(report.failures)} of {report.pictures} pictures had no palm; they count as failures to acquire")
    return 1 if report.failures else 0


def _written(report: PalmReport, ending: str) -> bytes:
    if ending == ".html":
        from tillfree.evaluation.palms.page import render_palm_page  # noqa: PLC0415  matplotlib is slow to load

        return render_palm_page(report).encode("utf-8", "replace")
    if ending == ".csv":
        return report_csv(report).encode()
    return msgspec.json.format(msgspec.json.encode(report, order="deterministic"), indent=1) + b"\n"
