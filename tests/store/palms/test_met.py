"""What strangers score at a place is known over restarts, and tells nothing of anybody."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from tests.storage.palm_vault.vaults import files_hold, open_vault
from tests.store.palms.stand_in import PalmClock, StandIn, agreed, make_desk, samples
from tillfree.palm.strangers import CAPACITY, ENOUGH
from tillfree.storage.palm_vault.errors import VaultError
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.galleries import KeptGallery
from tillfree.store.palms.met import MetStrangers

RATE = 1e-3


def learned(vault: PalmVault, count: int, mean: float = 9.0) -> MetStrangers:
    met = MetStrangers(vault, StandIn().scheme)
    met.scores.add(np.random.default_rng(1).normal(mean, 1.5, count).tolist())
    met.keep_now()
    return met


def test_a_raised_threshold_is_as_high_after_a_restart(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        expected = KeptGallery(vault, StandIn()).threshold(1, RATE)
        met = learned(vault, 2 * ENOUGH)
        raised = met.scores.raised(expected, RATE)
        assert raised > expected + 3
    with open_vault(tmp_path) as vault:
        assert KeptGallery(vault, StandIn()).threshold(1, RATE) == pytest.approx(raised, rel=1e-4)
        # A revocation makes new keys, and not other strangers.
        desk = make_desk(vault)
        desk.revoke_all(by="test", why="a drill")
        desk.identify(samples(1, count=1))
        assert KeptGallery(vault, StandIn()).threshold(1, RATE) == pytest.approx(raised, rel=1e-4)
        assert KeptGallery(vault, StandIn("another model")).threshold(1, RATE) == expected


def test_a_desk_keeps_what_it_learned_once_a_minute_and_at_the_end(tmp_path: Path) -> None:
    clock = PalmClock()
    desk = make_desk(tmp_path, clock=clock)
    for person in (1, 2, 3):
        desk.enrol(samples(person), agreed(), by="test")

    def kept() -> int:
        with open_vault(tmp_path) as vault:
            return len(MetStrangers(vault, StandIn().scheme).scores)

    def met() -> int:
        for _ in range(3):  # whoever is next in turn may be the one who is recognised
            desk.identify(samples(1, count=1))
        return len(desk._gallery._met.scores)

    met()
    desk.tick()
    first = kept()
    assert first > 0
    more = met()
    clock.pass_s(59)
    desk.tick()
    assert kept() == first
    clock.pass_s(1)
    desk.tick()
    assert kept() == more
    last = met()
    desk.close()
    assert kept() == last > more
    desk.vault.close()


def test_nothing_is_written_where_nothing_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_vault(tmp_path) as vault:
        met = learned(vault, 5)
        written: list[str] = []
        monkeypatch.setattr(vault, "keep_note", lambda name, _: written.append(name))
        met.keep_now()
        met.keep(1)
        assert written == []


def test_scores_are_sealed_sorted_and_of_none_the_lowest_go_first(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault:
        met = learned(vault, CAPACITY)
        plain = np.sort(np.array(met.scores.scores, "<f4")).tobytes()
        note = vault.kept_note("strangers")
        assert note is not None
        assert plain in note
        assert files_hold(tmp_path, plain[:64]) == []
        again = MetStrangers(vault, StandIn().scheme).scores
        before = np.quantile(again.scores, 0.99)
        again.add([-50.0] * (CAPACITY // 2))
        assert np.quantile(again.scores, 0.995) == pytest.approx(before, abs=0.2)


@pytest.mark.parametrize("how", ["damaged", "moved", "another form", "odd bytes"])
def test_what_does_not_open_is_warned_of_and_learned_anew(
    tmp_path: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    with open_vault(tmp_path) as vault:
        learned(vault, ENOUGH)
        vault.keep_note("other", b"\x92\xa9stand-in-1\xc4\x03abc")
        if how == "another form":
            vault.keep_note("strangers", b"\x01")
        if how == "odd bytes":
            vault.keep_note("strangers", b"\x92\xaastand-in-1\xc4\x03abc")
    raw = sqlite3.connect(tmp_path / "vault" / "palm.db", isolation_level=None)
    if how == "damaged":
        raw.execute("UPDATE notes SET sealed = x'00' WHERE name = 'strangers'")
    if how == "moved":
        raw.execute("UPDATE notes SET sealed = (SELECT sealed FROM notes WHERE name = 'other')")
    raw.close()
    with open_vault(tmp_path) as vault:
        gallery = KeptGallery(vault, StandIn())
        assert [one.levelname for one in caplog.records] == ["WARNING"]
        assert "learned anew" in caplog.text
        assert gallery.threshold(1, RATE) == StandIn().threshold(1, RATE)
        assert len(learned(vault, 5).scores) == 5  # the next note takes its place
        assert len(MetStrangers(vault, StandIn().scheme).scores) == 5


def test_that_it_cannot_be_kept_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with open_vault(tmp_path) as vault:
        met = learned(vault, 5)

        def full(_name: str, _data: bytes) -> None:
            raise VaultError("the disk is full")

        met.scores.add([1.0])
        with monkeypatch.context() as patch:
            patch.setattr(vault, "keep_note", full)
            met.keep_now()
        assert "the disk is full" in caplog.text
        assert "1.0" not in caplog.text
        met.keep_now()
        assert len(MetStrangers(vault, StandIn().scheme).scores) == 6
