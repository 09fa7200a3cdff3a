"""`tillfree evaluate`: score every recording below a folder."""

import argparse
from pathlib import Path

import msgspec

import tillfree
from tillfree.cli.terminal import (
    Progress,
    TerminalError,
    need_folder,
    refuse_overwriting,
    say,
    show,
    show_bytes,
    write_file,
)
from tillfree.evaluation.policies import PolicyTable
from tillfree.evaluation.report import EvaluationReport, evaluate
from tillfree.evaluation.solving import store_solver
from tillfree.evaluation.sources import case_names, folder_sources
from tillfree.evaluation.summary_text import render_summary
from tillfree.storage.recordings.opening import find_recordings
from tillfree.store.settings import load_settings

__all__ = ["run_evaluate"]


def run_evaluate(arguments: argparse.Namespace) -> int:
    """Evaluates; 1 where some recording or its truth could not be read, else 0."""
    folder: Path = arguments.folder
    settings = load_settings(arguments.settings) if arguments.settings else None
    recordings = find_recordings(folder)
    for output in (arguments.predictions, arguments.report):
        refuse_overwriting(output, arguments.settings, *recordings)
    need_folder(arguments.report)
    if arguments.predictions:
        # OUT/<case> would be the recording of that name, and its truth would be overwritten.
        for name, path in case_names(folder, recordings):
            refuse_overwriting(arguments.predictions / name / "receipts.json", path)
    sources = folder_sources(folder, arguments.match, arguments.exclude)
    if recordings and not sources:
        raise TerminalError(
            f"{folder}: none of its {len(recordings)} recordings has such a name; see --match and --exclude"
        )
    with Progress("Evaluating") as progress:
        done = 0

        def on_case(name: str) -> None:
            nonlocal done
            progress.show(name, done / len(sources))
            done += 1

        report = evaluate(
            sources,
            store_solver(settings),
            folder=folder.resolve().name,
            version=tillfree.__version__,
            predictions=arguments.predictions,
            on_case=on_case,
            policy=PolicyTable(settings.policy.rows, settings.payments.certain_from) if settings else None,
        )
    if arguments.report:
        write_file(arguments.report, _page(report))
    if arguments.json:
        text = msgspec.json.encode(report, order="deterministic")
        show_bytes(msgspec.json.format(text, indent=1) + b"\n")
    else:
        show(render_summary(report))
    for item in report.unreadable:
        say(f"not read: {item.case}: {item.error}")
    doubtful = [(case.case, what) for case in report.cases for what in case.warnings if "truth" in what]
    for name, what in doubtful:
        say(f"truth not as it should be: {name}: {what}")
    return 1 if report.unreadable or doubtful else 0


def _page(report: EvaluationReport) -> bytes:
    from tillfree.evaluation.page import render_page  # noqa: PLC0415  matplotlib is slow to load

    return render_page(report).encode("utf-8", "replace")
