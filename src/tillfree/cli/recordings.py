"""`tillfree import` and `tillfree record info`."""

import argparse

from tillfree.cli.documents import encode_document
from tillfree.cli.terminal import Progress, TerminalError, need_folder, refuse_overwriting, say, show, show_bytes
from tillfree.commerce.display import display_text
from tillfree.core.time import format_utc
from tillfree.storage.importers.autocheckout import AutoCheckoutRecording
from tillfree.storage.importers.plate_csv import PlateCsvRecording
from tillfree.storage.recordings.info import RecordingInfo, describe
from tillfree.storage.recordings.mcap_writer import write_mcap
from tillfree.storage.recordings.model import Recording
from tillfree.storage.recordings.opening import open_recording

__all__ = ["run_import", "run_info"]

_SOURCE_MAX = 60


def run_import(arguments: argparse.Namespace) -> int:
    """Writes a recording of another system as MCAP."""
    if not arguments.folder.is_dir():
        raise TerminalError(f"{arguments.folder}: there is no such folder")
    refuse_overwriting(arguments.output, arguments.folder)
    need_folder(arguments.output)
    recording: Recording
    match arguments.layout:
        case "autocheckout":
            recording = AutoCheckoutRecording(arguments.folder)
        case _:
            recording = PlateCsvRecording(arguments.folder)
    with Progress(f"Importing {recording.name}") as progress:
        progress.show("reading")
        count = write_mcap(arguments.output, recording)
    for what, times in sorted(recording.warnings.items()):
        say(f"warning: {times} x {what}")
    show(f"{display_text(str(arguments.output))}: {count} events\n")
    return 0


def run_info(arguments: argparse.Namespace) -> int:
    """Says what is in a recording."""
    recording = open_recording(arguments.recording)
    with Progress(f"Reading {recording.name}") as progress:
        progress.show("events")
        info = describe(recording)
    if arguments.json:
        show_bytes(encode_document(info))
    else:
        show(_text(info))
    return 0


def _text(info: RecordingInfo) -> str:
    made = f"{info.format}, simulated" if info.simulated else info.format
    start = "no events" if info.start_ns is None else f"from {format_utc(info.start_ns)}"
    lines = [
        f"{display_text(info.name)} ({made}): {info.duration_s:.1f} s {start}, {info.events} events",
        f"  shop: {info.fixtures} fixtures, {info.shelves} shelves, {info.plates} plates, {info.plates_with_product} "
        f"of them with a product; {info.products} products, {info.products_without_weight} without weight",
        f"  people: {info.tracks} track ids, at most {info.people_max} at once",
        f"  truth: {info.truth}",
        f"  steps back in time: {info.backward_steps}",
        f"  {'kind':16} {'source':20} {'events':>9} {'per s':>8} {'gaps > 1 s':>10} {'longest s':>10}",
    ]
    for kind in info.kinds:
        source = display_text(kind.source)
        source = source if len(source) <= _SOURCE_MAX else source[: _SOURCE_MAX - 3] + "..."
        lines.append(
            f"  {kind.kind:16} {source:20} {kind.events:9} {kind.rate_hz:8.1f} {kind.gaps:10} "
            f"{kind.longest_gap_s:10.2f}"
        )
    lines += [f"! {count} x {display_text(what)}" for what, count in sorted(info.warnings.items())]
    return "\n".join(lines) + "\n"
