"""The truth beside an AutoCheckout recording: `receipts.json`, `events.json`, `meta.json`, where they are present."""

from pathlib import Path
from typing import TypeVar

import msgspec

from tillfree.core.ids import ProductId, TrackId
from tillfree.storage.importers.json_lines import DECODE_ERRORS
from tillfree.storage.importers.ordering import time_ns_from_seconds
from tillfree.storage.importers.small_file import read_small_file
from tillfree.storage.recordings.model import RecordingError, Truth, TruthAct
from tillfree.storage.recordings.tally import Tally

__all__ = ["is_marked_synthetic", "read_truth"]


_MARKER = "SYNTHETIC"
_QUANTITY_MAX = 10_000


class _Act(msgspec.Struct, frozen=True):
    target_id: str
    kind: str
    timestamp: float
    barcode: str | None = None
    weight: float | None = None
    gondola: int | str | None = None
    shelf: int | None = None
    plates: list[int] | None = None
    to_target: str | None = None


class _Acts(msgspec.Struct, frozen=True):
    events: list[_Act] = []
    synthetic: bool = False


class _Meta(msgspec.Struct, frozen=True):
    aliases: dict[str, str] = {}
    synthetic: bool = False


Document = TypeVar("Document")


def read_truth(folder: Path, tally: Tally) -> Truth | None:
    """The truth, None where the folder has none (or only an unreadable one, which is counted)."""
    receipts = _read(folder / "receipts.json", dict[str, dict[str, int]], tally)
    if receipts is None:
        return None
    receipts = {person: _countable(items, tally) for person, items in receipts.items()}
    acts = _read(folder / "events.json", _Acts, tally) or _Acts()
    meta = _read(folder / "meta.json", _Meta, tally) or _Meta()
    return Truth(
        receipts={
            TrackId(person): {ProductId(barcode): quantity for barcode, quantity in items.items()}
            for person, items in receipts.items()
        },
        acts=tuple(_act(act) for act in acts.events),
        aliases={TrackId(alias): TrackId(person) for alias, person in meta.aliases.items()},
        synthetic=acts.synthetic or meta.synthetic or (folder / _MARKER).exists(),
    )


def _countable(items: dict[str, int], tally: Tally) -> dict[str, int]:
    """Items in quantities that somebody can have; none of an item is no mistake."""
    kept = {barcode: quantity for barcode, quantity in items.items() if 0 <= quantity <= _QUANTITY_MAX}
    if len(kept) < len(items):
        wrong = next(barcode for barcode in items if barcode not in kept)
        tally.add(
            "receipts.json: impossible quantity in the truth left out",
            f"{items[wrong]:.6g} x {wrong}" if abs(items[wrong]) < 1e300 else wrong,
            len(items) - len(kept),
        )
    return kept


def is_marked_synthetic(folder: Path) -> bool:
    """Whether the folder says that it is simulated, with or without a truth in it."""
    meta = _read(folder / "meta.json", _Meta, Tally())
    return (folder / _MARKER).exists() or (meta is not None and meta.synthetic)


def _act(act: _Act) -> TruthAct:
    return TruthAct(
        time_ns=time_ns_from_seconds(act.timestamp) or 0,
        track=TrackId(act.target_id),
        kind=act.kind,
        product=ProductId(act.barcode or ""),
        weight_g=act.weight or 0.0,
        fixture="" if act.gondola is None else str(act.gondola),
        shelf=act.shelf or 0,
        plates=tuple(act.plates or ()),
        to_track=TrackId(act.to_target or ""),
    )


def _read(path: Path, kind: type[Document], tally: Tally) -> Document | None:
    if not path.exists():
        return None
    try:
        data = read_small_file(path)
    except RecordingError as error:
        tally.add(f"{path.name}: truth cannot be read", str(error))
        return None
    try:
        return msgspec.json.decode(data, type=kind)
    except DECODE_ERRORS as error:
        tally.add(f"{path.name}: unreadable truth left out", str(error))
        return None
