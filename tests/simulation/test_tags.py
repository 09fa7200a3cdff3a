"""Tags, the readers that hear them, and a store that does not mind."""

import functools
import math
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulation.scenes import small_shop
from tillfree.catalog.model import Shop
from tillfree.core.events import Event, TagRead, encode_event
from tillfree.rfid.sgtin96 import decode_sgtin96
from tillfree.simulation.options import ActRates, SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.stores.named import store_of
from tillfree.simulation.tags.radio import Antenna, Heard, answers, hear
from tillfree.simulation.tags.stories import GONE, TagStory, is_tagged
from tillfree.storage.recordings.info import describe
from tillfree.storage.recordings.mcap_file import McapRecording
from tillfree.storage.recordings.mcap_writer import write_mcap
from tillfree.store.replay import replay

Floats = npt.NDArray[np.float64]

DOWN = Antenna((0.0, 0.0, 2.5), (0.0, 0.0, -1.0), 20.0)


@functools.cache
def tagged_shop() -> Shop:
    """The kiosk, where everything has a tag."""
    shop = store_of("kiosk")
    return msgspec.structs.replace(
        shop, products=tuple(msgspec.structs.replace(product, rfid=True) for product in shop.products)
    )


def visits(shop: Shop | None = None, **options: object) -> SimulatedRecording:
    wanted = {"shoppers": 5, "seed": 9, "takes": 4.0, "awkward": 0.5, **options}
    return simulate(shop or tagged_shop(), msgspec.convert(wanted, SimulationOptions))


@functools.cache
def usual() -> SimulatedRecording:
    return visits()


@functools.cache
def usual_events() -> tuple[Event, ...]:
    return tuple(usual().events())


def reads_of(events: tuple[Event, ...] | list[Event]) -> list[TagRead]:
    return [event for event in events if isinstance(event, TagRead)]


# ---- radio ------------------------------------------------------------------------------------------------------


def heard_at(
    distance_m: float, count: int = 400, loss_db: float = 0.0, axis: tuple[float, ...] = (1.0, 0.0, 0.0)
) -> Heard:
    """Many tags straight below an antenna, all the same way round."""
    places = np.tile((0.0, 0.0, 2.5 - distance_m), (count, 1))
    rng = np.random.default_rng(1)
    return hear(DOWN, places, np.tile(axis, (count, 1)), np.full(count, loss_db), rng)


@given(st.floats(0.5, 50.0))
def test_power_falls_with_the_fourth_power_of_the_distance(distance_m: float) -> None:
    near, far = heard_at(distance_m), heard_at(2.0 * distance_m)
    assert np.allclose(near.rssi_dbm - far.rssi_dbm, 40.0 * math.log10(2.0))


def test_a_reader_far_away_reads_nothing() -> None:
    assert heard_at(1.5).strong.mean() > 0.95
    assert not heard_at(60.0).strong.any()
    assert not heard_at(60.0).rssi_dbm.max() > -80.0


def test_what_stands_in_the_way_counts_twice_and_a_dipole_is_deaf_along_its_axis() -> None:
    assert np.allclose(heard_at(2.0).rssi_dbm - heard_at(2.0, loss_db=7.0).rssi_dbm, 14.0)
    along = heard_at(2.0, axis=(0.0, 0.0, 1.0))
    assert np.allclose(heard_at(2.0).rssi_dbm - along.rssi_dbm, 40.0)


def test_an_antenna_hears_best_where_it_points() -> None:
    places = np.array([(0.0, 0.0, 1.0), (1.5, 0.0, 2.5), (0.0, 0.0, 4.0)])
    across = np.tile((0.0, 1.0, 0.0), (3, 1))
    heard = [hear(DOWN, places, across, np.zeros(3), np.random.default_rng(k)).rssi_dbm for k in range(200)]
    below, aside, above = np.mean(heard, axis=0)
    assert below - aside == pytest.approx(30.0, abs=1.5)
    assert below - above == pytest.approx(30.0, abs=1.5)


@given(st.integers(1, 300))
def test_the_more_tags_answer_the_rarer_each_is_understood(tags: int) -> None:
    rng = np.random.default_rng(tags)
    alone = np.mean([answers(1, 0.5, rng).mean() for _ in range(20)])
    among = np.mean([answers(tags, 0.5, rng).mean() for _ in range(20)])
    assert among < 1.15 * alone / max(tags / 8.0, 1.0)
    assert len(answers(0, 0.5, rng)) == 0


# ---- whose tag it is --------------------------------------------------------------------------------------------


def test_tags_say_what_they_hang_on_and_no_two_are_the_same() -> None:
    story = TagStory(tagged_shop(), usual().script, usual().options.start_ns)
    assert len(set(story.epcs)) == len(story.epcs) > 500
    gtins = {product.id.rjust(14, "0") for product in tagged_shop().products if is_tagged(product)}
    assert {decode_sgtin96(epc).gtin for epc in story.epcs} == gtins


@pytest.mark.parametrize("seed", range(6))
def test_the_tags_that_left_with_somebody_are_what_is_on_their_receipt(seed: int) -> None:
    rates = ActRates(hide=1.0, restock=0.5)
    recording = visits(seed=seed, awkward=0.8, takes=6.0, rates=msgspec.to_builtins(rates), shoppers=6)
    had: dict[str, dict[str, int]] = {track: {} for track in recording.truth.receipts}
    for epc, track in recording.truth.tags.items():
        gtin = decode_sgtin96(epc).gtin
        had[track][gtin] = had[track].get(gtin, 0) + 1
    wanted = {
        track: {product.rjust(14, "0"): count for product, count in items.items()}
        for track, items in recording.truth.receipts.items()
    }
    assert sum(map(len, wanted.values())) > 10
    assert had == wanted


def test_a_tag_is_gone_when_its_carrier_is() -> None:
    recording = usual()
    story = TagStory(tagged_shop(), recording.script, recording.options.start_ns)
    exits_s = {visit.track: visit.exit_s for visit in recording.script.visits}
    gone_s = {story.epcs[move.tag]: move.time_s for move in story.moves if move.carrier == GONE}
    assert gone_s == {epc: exits_s[track] for epc, track in recording.truth.tags.items()}
    for read in reads_of(usual_events()):
        if read.epc in gone_s:
            assert (read.time_ns - recording.options.start_ns) / 1e9 < gone_s[read.epc] + 1.0


# ---- reads in recordings ----------------------------------------------------------------------------------------


def test_what_is_carried_out_is_heard_at_a_door_when_it_leaves() -> None:
    recording = usual()
    start_ns = recording.options.start_ns
    exits_s = {visit.track: visit.exit_s for visit in recording.script.visits}
    last_s = {r.epc: (r.time_ns - start_ns) / 1e9 for r in reads_of(usual_events()) if r.source == "rfid/doors"}
    near = [exits_s[track] - last_s.get(epc, -math.inf) < 4.0 for epc, track in recording.truth.tags.items()]
    assert len(near) > 8
    assert np.mean(near) > 0.6


def test_reads_are_in_order_and_what_a_reader_would_say() -> None:
    reads = reads_of(usual_events())
    epcs = set(TagStory(tagged_shop(), usual().script, usual().options.start_ns).epcs)
    assert {read.source for read in reads} == {"rfid/doors", "rfid/shelves"}
    for source in ("rfid/doors", "rfid/shelves"):
        own = [read for read in reads if read.source == source]
        assert [read.sequence for read in own] == list(range(len(own)))
        assert [read.time_ns for read in own] == sorted(read.time_ns for read in own)
    for read in reads:
        assert read.epc in epcs
        assert -80.0 <= read.rssi_dbm < 0.0
        assert read.phase_rad is not None
        assert 0.0 <= read.phase_rad <= 6.284
        assert read.count >= 1


def test_shelves_are_read_seldom_or_never_and_lost_reads_are_lost() -> None:
    often, seldom, never = (
        sum(read.source == "rfid/shelves" for read in reads_of(list(visits(rfid_shelf_s=every_s).events())))
        for every_s in (30.0, 120.0, 0.0)
    )
    assert often > 2 * seldom > 0
    assert never == 0
    lossy = len(reads_of(list(visits(rfid_missed=0.5).events())))
    assert 0.4 < lossy / len(reads_of(usual_events())) < 0.6


def test_only_shops_with_tags_have_reads_and_they_change_nothing_else() -> None:
    silent = list(visits(rfid=False).events())
    assert reads_of(silent) == []
    assert [event for event in usual_events() if not isinstance(event, TagRead)] == silent
    assert visits(rfid=False).truth.tags == {}
    untagged = simulate(small_shop(), SimulationOptions(shoppers=1, seed=2, takes=1.0, rfid=True))
    assert reads_of(list(untagged.events())) == []


def test_the_same_seed_gives_the_same_reads() -> None:
    lines = [encode_event(read) for read in reads_of(usual_events())]
    assert lines == [encode_event(read) for read in reads_of(list(usual().events()))]
    assert lines == [encode_event(read) for read in reads_of(list(visits().events()))]
    assert lines != [encode_event(read) for read in reads_of(list(visits(seed=10).events()))]


# ---- a store that does not know tags yet ------------------------------------------------------------------------


def test_receipts_are_the_same_with_and_without_reads() -> None:
    with_reads, without = replay(usual()), replay(visits(rfid=False))
    told, untold = (
        [(v.visit, v.tracks, v.lines, v.probability, v.review, v.interactions, v.closed_ns) for v in result.visits]
        for result in (with_reads, without)
    )
    assert told == untold
    assert any(lines for _, _, lines, *_ in told)
    assert with_reads.warnings == without.warnings
    assert with_reads.events - without.events == len(reads_of(usual_events()))


def test_reads_lie_in_the_file_and_are_counted(tmp_path: Path) -> None:
    write_mcap(tmp_path / "x.mcap", usual())
    back = McapRecording(tmp_path / "x.mcap")
    assert reads_of(list(back.events())) == reads_of(usual_events())
    assert back.truth == usual().truth
    counted = {(kind.kind, kind.source): kind.events for kind in describe(back).kinds}
    for source in ("rfid/doors", "rfid/shelves"):
        assert counted["tag_read", source] == sum(read.source == source for read in reads_of(usual_events()))
