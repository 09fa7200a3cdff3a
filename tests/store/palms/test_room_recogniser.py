"""The room of palms behind the desk: simulated features, really protected and searched."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.storage.palm_vault.vaults import open_vault
from tests.store.palms.stand_in import agreed
from tillfree.palm.features import Features
from tillfree.palm.index.gallery import PalmIndex
from tillfree.palm.protection.fusion_table import TAILS
from tillfree.palm.samples import BANDS, REGION_PX, Band, HandImage, HandSide, PalmRegion, Quality
from tillfree.palm.thresholds import fpir_for_gallery
from tillfree.simulation.palms.features import FeatureModel
from tillfree.storage.palm_vault.records import Hand
from tillfree.store.palms import room_recogniser
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.index_settings import IndexSettings
from tillfree.store.palms.rates import false_match_rate
from tillfree.store.palms.recogniser import Sample
from tillfree.store.palms.room_recogniser import Judged, RoomRecogniser, Seen, scheme_of
from tillfree.store.palms.settings import PalmSettings

MODEL = FeatureModel(cosine=0.9, bits_unlike=0.12)
START_NS = 1_800_000_000_000_000_000


@dataclasses.dataclass(frozen=True)
class Look:
    region: PalmRegion | None
    side: HandSide
    quality: Quality
    guidance: str = ""


@dataclasses.dataclass(frozen=True)
class Verdict:
    passes: bool
    reasons: tuple[str, ...]


def picture(palm: int, sample: int, band: Band = "nir") -> HandImage:
    """The first pixels say which simulated palm it is, and which sample of it; 0 is no hand."""
    pixels = np.zeros((64, 64), np.uint8)
    pixels[0, :2] = palm, sample
    return HandImage(pixels, band)


def look(image: HandImage) -> Seen:
    palm, sample = int(image.pixels[0, 0]), int(image.pixels[0, 1])
    if not palm:
        return Look(None, "unknown", Quality(0.0), "no hand")
    field = np.zeros((REGION_PX, REGION_PX), np.float32)
    field[0, :2] = palm, sample
    side: HandSide = "right" if palm % 2 else "left"
    return Look(PalmRegion(field, np.ones(field.shape, bool), image.band, side), side, Quality(40.0 + sample))


def encode(region: PalmRegion) -> Features:
    palm, sample = (int(value) for value in region.pixels[0, :2])
    return dataclasses.replace(MODEL.palm(3, palm, sample), band=region.band, side=region.side)


def judge(frames: Sequence[HandImage], looks: Sequence[Seen]) -> Judged:
    assert len(frames) == len(looks)
    return Verdict(bool(frames[0].pixels[0, 1] != 99), ("flat",) if frames[0].pixels[0, 1] == 99 else ())


def recogniser() -> RoomRecogniser:
    return RoomRecogniser(look, encode, scheme_of(b"model"), judge)


def read(palm: int, *numbers: int, band: Band = "nir") -> list[Sample]:
    made = recogniser()
    return [made.read([picture(palm, number, band)]) for number in numbers]


def desk_on(folder: Path) -> PalmDesk:
    return PalmDesk(open_vault(folder), recogniser(), PalmSettings(), lambda: START_NS)


@settings(deadline=None, max_examples=25)
@given(persons=st.integers(1, 10_000_000), exponent=st.floats(-9.0, -2.1))
def test_so_often_at_most_holds_with_bounds_for_a_gallery_of_any_size(persons: int, exponent: float) -> None:
    """The upper bound of what simulated strangers let expect stays below the setting, or honest ratios keep it."""
    rate = 10.0**exponent
    threshold = recogniser().threshold(persons, rate)
    tails = [dataclasses.replace(TAILS[(band, True)], shape=max(0.0, TAILS[(band, True)].shape)) for band in BANDS]
    by_tail = max(fpir_for_gallery(tail.fmr(max(threshold, tail.begin)).high, persons) for tail in tails)
    by_ratio = false_match_rate(threshold, persons)
    assert min(by_tail, by_ratio) <= rate * (1 + 1e-6)
    assert recogniser().threshold(2 * persons, rate) >= threshold - 1e-6
    assert recogniser().threshold(persons, rate / 2) >= threshold - 1e-6


def test_the_best_picture_of_each_band_is_read() -> None:
    sample = recogniser().read([picture(4, 1), picture(4, 7), picture(4, 3, "visible"), picture(0, 0)])
    assert (sample.hand, sample.quality, sample.live) == ("left", 47.0, True)
    assert isinstance(sample.features, tuple)
    assert {one.band for one in sample.features} == {"nir", "visible"}
    nothing = recogniser().read([picture(0, 0)])
    assert (nothing.features, nothing.guidance) == (None, "no hand")
    flat = recogniser().read([picture(4, 99)])
    assert (flat.live, flat.live_reasons) == (False, ("flat",))
    assert RoomRecogniser(look, encode, "x").read([picture(4, 1)]).live is None


def test_people_are_enrolled_found_after_a_restart_and_forgotten(tmp_path: Path) -> None:
    desk = desk_on(tmp_path)
    names = {palm: desk.enrol(read(palm, 1, 2, 3), agreed(), by="test").subject for palm in (2, 4, 6)}
    desk.vault.close()
    desk = desk_on(tmp_path)
    for palm, name in names.items():
        answer = desk.identify(read(palm, 8))
        assert (answer.subject, answer.reason) == (name, "")
        assert desk.verify(name, read(palm, 9)).recognised
    assert desk.identify(read(8, 8)).reason == "unknown"
    assert not desk.verify(names[2], read(4, 8)).recognised
    desk.delete(names[4], by="test")
    assert desk.identify(read(4, 8)).reason == "unknown"
    assert desk.identify(read(6, 8)).subject == names[6]
    desk.vault.close()


def test_both_bands_and_both_hands_find_the_same_person(tmp_path: Path) -> None:
    desk = desk_on(tmp_path)
    both = [recogniser().read([picture(4, n), picture(4, n, "visible")]) for n in (1, 2, 3)]
    name = desk.enrol([*both, *read(5, 1, 2, 3)], agreed(), by="test").subject
    hands: set[Hand] = {one.template.hand for one in desk.vault.templates(name)}
    assert (hands, desk.counts().templates) == ({"left", "right"}, 9)
    assert desk.identify(read(4, 8, band="visible")).subject == name
    assert desk.identify(read(4, 8) + read(5, 8)).subject == name
    assert desk.identify(read(4, 8) + read(7, 8)).reason in ("unknown", "other hand", "")
    desk.vault.close()


def test_after_a_revocation_old_templates_are_of_no_use(tmp_path: Path) -> None:
    desk = desk_on(tmp_path)
    name = desk.enrol(read(4, 1, 2, 3), agreed(), by="test").subject
    old = [one.template.data for one in desk.vault.templates(name)]
    desk.revoke_all(by="test", why="a drill")
    assert desk.identify(read(4, 8)).reason == "unknown"
    desk.re_enrol(name, read(4, 1, 2, 3), agreed(), by="test")
    assert desk.identify(read(4, 8)).subject == name
    assert not set(old) & {one.template.data for one in desk.vault.templates(name)}
    desk.vault.close()


def test_two_templates_of_one_sample_have_nothing_in_common() -> None:
    made = recogniser()
    (sample,) = read(4, 1)
    first, second = (made.protect(sample, b"s" * 32)[0].data for _ in range(2))
    assert first != second
    assert len(first) == len(second)
    assert "1," not in repr(made.protect(sample, b"s" * 32)[0])


def test_a_sketch_says_of_each_bit_what_most_templates_say() -> None:
    made, key = recogniser(), b"s" * 32
    data = [made.protect(one, key)[0].data for one in read(4, 1, 2, 3)]
    (one,), (three,) = made.sketches(data[:1]), made.sketches(data)
    assert len(one) == len(three) == 129
    bits = np.array([np.unpackbits(np.frombuffer(made.sketches([each])[0][1:], np.uint8)) for each in data])
    assert np.array_equal(np.unpackbits(np.frombuffer(three[1:], np.uint8)), bits.sum(axis=0) >= 2)
    both = np.unpackbits(np.frombuffer(made.sketches(data[:2])[0][1:], np.uint8))
    assert np.array_equal(both, bits[0])  # of two that differ, the first
    visible = [made.protect(one, key)[0].data for one in read(4, 1, band="visible")]
    assert len(made.sketches([*data, *visible])) == 2


def test_settings_of_the_index_reach_it_and_people_are_found_past_the_exact_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[dict[str, int]] = []

    class Noted(PalmIndex):
        def __init__(self, key_id: bytes, code_bytes: int, **how: int) -> None:
            made.append(how)
            super().__init__(key_id, code_bytes, **how)

    monkeypatch.setattr(room_recogniser, "PalmIndex", Noted)
    index = IndexSettings(exact_max=2, shard_rows=100_000, looked_at=32, candidates=1)
    with open_vault(tmp_path) as vault:
        desk = PalmDesk(vault, recogniser(), PalmSettings(index=index), lambda: START_NS)
        names = {palm: desk.enrol(read(palm, 1, 2, 3), agreed(), by="test").subject for palm in (2, 4, 6, 8)}
        assert {palm: desk.identify(read(palm, 8)).subject for palm in names} == names
    assert made == [{"exact_max": 2, "shard_rows": 100_000, "looked_at": 32}]


def test_what_is_put_into_a_gallery_can_be_taken_out() -> None:
    made, key = recogniser(), b"s" * 32
    gallery = made.gallery(key, IndexSettings())
    data = [[made.protect(one, key)[0].data for one in read(palm, 1, 2)] for palm in range(1, 7)]
    gallery.put(range(6), [made.sketches(each)[0] for each in data])
    gallery.put([6], [made.sketches(data[0])[0][:1]])  # without an embedding
    probe = gallery.probe(read(3, 8)[0])
    assert (list(gallery.near(probe, 1)), len(gallery)) == ([2, 6], 7)
    gallery.remove([2, 6, 99])
    assert 2 not in gallery.near(probe, 9)
    assert len(gallery) == 5
