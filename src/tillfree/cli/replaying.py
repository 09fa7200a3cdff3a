"""`tillfree replay`: a recording becomes receipts."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from tillfree.cli.documents import ReplayDocument, document_of, encode_document
from tillfree.cli.receipts_text import render_replay
from tillfree.cli.terminal import Progress, TerminalError, need_folder, refuse_overwriting, show, show_bytes, write_file
from tillfree.core.ids import ProductId
from tillfree.storage.recordings.info import is_simulated
from tillfree.storage.recordings.model import Recording
from tillfree.storage.recordings.opening import open_recording
from tillfree.store.replay import ReplayResult, replay
from tillfree.store.settings import StoreSettings, load_settings

__all__ = ["replayed", "run_replay", "settings_of"]


def run_replay(arguments: argparse.Namespace) -> int:
    """Replays a recording, prints its receipts, and writes what was asked for."""
    for output in (arguments.output, arguments.html):
        refuse_overwriting(output, arguments.recording, arguments.settings)
    need_folder(arguments.output)
    settings = settings_of(arguments.settings)
    recording = open_recording(arguments.recording)
    result = replayed(recording, settings)
    store = settings.name if arguments.settings else ""
    document = document_of(recording.name, result, settings, store, simulated=is_simulated(recording))
    if arguments.output:
        receipts = msgspec.json.encode(result.receipts(), order="deterministic")
        write_file(arguments.output, msgspec.json.format(receipts, indent=1) + b"\n")
    if arguments.html:
        _write_pages(arguments.html, document, {product.id: product.name for product in result.shop.products})
    if arguments.json:
        show_bytes(encode_document(document))
    else:
        show(render_replay(document))
    return 0


def settings_of(path: Path | None) -> StoreSettings:
    """The settings in a file, or the defaults."""
    return load_settings(path) if path else StoreSettings()


def replayed(recording: Recording, settings: StoreSettings) -> ReplayResult:
    """The replay of a recording, with progress on standard error where that is a terminal."""
    with Progress(f"Replaying {recording.name}") as progress:
        return replay(recording, settings, _share_of(recording.duration_ns(), progress))


def _share_of(duration_ns: int | None, progress: Progress) -> Callable[[int], None]:
    """Turns stream time into progress: a bar where the duration is known, else the seconds done."""
    first_ns: int | None = None

    def update(time_ns: int) -> None:
        nonlocal first_ns
        if first_ns is None:
            first_ns = time_ns
        done_ns = time_ns - first_ns
        share = done_ns / duration_ns if duration_ns else None
        progress.show(f"{done_ns / 1e9:.0f} s of the recording", share)

    return update


def _write_pages(folder: Path, document: ReplayDocument, names: Mapping[ProductId, str]) -> None:
    """One page per visitor: a receipt is nobody else's business."""
    from tillfree.commerce.page import render_html  # noqa: PLC0415  rarely asked for

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TerminalError(f"{folder}: cannot be made a folder ({error.strerror or error})") from error
    for visit in document.visits:
        page = render_html(
            visit.receipt, visit.interactions, visit.alternatives, names=names, simulated=document.simulated
        )
        write_file(folder / f"{visit.visit}.html", page.encode("utf-8", "replace"))
