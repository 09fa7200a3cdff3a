"""Visits played again from sources that are made up here: two shelves, few labels, noise that hardly trembles."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.twin_cases import play_case
from benchmarks.twin_random import play_random
from benchmarks.twin_recordings import FAULTS, NO_FAULTS, Reenactment
from benchmarks.twin_sources import Sources, SourcesError, load_sources
from tillfree.core.events import WeightBatch
from tillfree.core.ids import ProductId

LIGHT, HEAVY, OTHER = "012000000010", "012000000027", "012000000034"


def _shelf(height_m: float) -> dict[str, Any]:
    plates = {str(number + 1): {"x": 0.1 * number, "width": 0.1} for number in range(9)}
    return {
        "origin": {"x": 0.0, "y": -0.4, "z": height_m},
        "depth": 0.4,
        "height": 0.3,
        "plate_z": height_m - 0.1,
        "cell": 0.3,
        "plates": plates,
    }


def _label(who: str, product: str, plates: list[int], *, back: bool = False, when: str = "1") -> dict[str, Any]:
    goods = [{"barcode": product, "weight": 1.0, "name": "x"}]
    return {"who": who, "putback": int(back), "time": when, "gondola": 1, "shelf": 4, "plates": plates} | {
        "products": goods
    }


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    folder = tmp_path / "data" / "autocheckout" / "twin-sources"
    folder.mkdir(parents=True)
    gondola = {
        "origin": {"x": 0.0, "y": 0.5, "z": 0.0},
        "yaw": 0.0,
        "shelves": {"3": _shelf(0.9), "4": _shelf(1.2)},
    }
    facings = [
        {"barcode": LIGHT, "gondola": 1, "shelf": 4, "plates": [1, 2]},
        {"barcode": HEAVY, "gondola": 1, "shelf": 4, "plates": [5]},
        {"barcode": OTHER, "gondola": 1, "shelf": 3, "plates": [3, 4, 5]},
    ]
    goods = [(LIGHT, 60.0), (HEAVY, 540.0), (OTHER, 250.0)]
    cases = [
        {
            "case": "MOVED",
            "events": [
                _label("a", HEAVY, [7, 8], when="1"),
                _label("a", HEAVY, [2], back=True, when="2"),
                _label("b", HEAVY, [2], when="3"),
            ],
        },
        {"case": "AT-ONCE", "events": [_label("a", LIGHT, [1, 2]), _label("b", LIGHT, [1, 2])]},
        {"case": "cps-nothing", "events": []},
    ]
    files = {
        "store": {"units": "m", "gondolas": {"1": gondola}},
        "planograms": {"apr": facings, "jan": facings},
        "catalogue": [{"barcode": code, "name": code, "weight": grams, "price": 1} for code, grams in goods],
        "cases": cases,
    }
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    trembling = np.random.default_rng(1).integers(-2, 3, (3, 60, 2, 9)).astype(np.int16)
    np.savez(folder / "noise.npz", noise1=trembling)
    monkeypatch.setenv("TILLFREE_SHARED", str(tmp_path))
    return load_sources()


def _carried(recording: Reenactment) -> list[dict[ProductId, int]]:
    """What each person holds in the end by the acts alone."""
    held: dict[str, dict[ProductId, int]] = {track: {} for track in recording.truth.receipts}
    for act in recording.truth.acts:
        change = {"take": 1, "put": -1, "give": -1}.get(act.kind, 0)
        for track, by in ((act.track, change), (act.to_track, 1 if act.kind == "give" else 0)):
            if by:
                held[track][act.product] = held[track].get(act.product, 0) + by
    return [{product: count for product, count in of.items() if count} for of in held.values()]


def test_absent_sources_say_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TILLFREE_SHARED", str(tmp_path / "nowhere"))
    with pytest.raises(SourcesError, match="TILLFREE_SHARED"):
        load_sources()


def test_labelled_acts_are_played_in_order_and_the_planogram_fits_them(sources: Sources) -> None:
    recording = play_case(sources, sources.cases[0], 1)
    acts = [(act.kind, act.product, act.plates) for act in recording.truth.acts]
    assert [kind for kind, *_ in acts] == ["take", "put", "take"]
    assert acts[0][2][0] in (7, 8)
    assert acts[1][2] == acts[2][2] == (2,)
    moved = [facing.plates for facing in recording.shop.facings if facing.product == HEAVY]
    assert moved == [(5,), (7, 8)]
    assert [list(bag.values()) for bag in recording.truth.receipts.values()] == [[], [1]]


def test_two_who_take_the_same_do_it_at_once(sources: Sources) -> None:
    one, other = play_case(sources, sources.cases[1], 1).truth.acts
    assert one.track != other.track
    assert 0 <= other.time_ns - one.time_ns < 600_000_000


def test_a_visit_without_labels_leaves_an_empty_receipt(sources: Sources) -> None:
    recording = play_case(sources, sources.cases[2], 1)
    assert list(recording.truth.receipts.values()) == [{}]


@pytest.mark.parametrize("shoppers", [1, 4, 12])
def test_random_visits_are_the_same_each_time_and_receipts_agree_with_the_acts(sources: Sources, shoppers: int) -> None:
    recording, again = (play_random(sources, shoppers, 3, FAULTS if shoppers == 4 else NO_FAULTS) for _ in range(2))
    assert list(recording.events()) == list(again.events())
    assert recording.truth == again.truth
    assert _carried(recording) == list(recording.truth.receipts.values())
    batches = [event for event in recording.events() if isinstance(event, WeightBatch)]
    assert {(batch.shelves, batch.plates) for batch in batches} == {(4, 5)}
