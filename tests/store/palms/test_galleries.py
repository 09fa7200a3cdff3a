"""A gallery follows its vault, whoever changes it, and opens the templates of the few who look alike only."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.palm_vault.vaults import entry, open_vault, profile
from tests.store.palms.stand_in import StandIn, samples
from tillfree.storage.palm_vault.errors import VaultError
from tillfree.storage.palm_vault.key_rooms import KeyText
from tillfree.storage.palm_vault.records import Template
from tillfree.storage.palm_vault.rows import OpenedTemplates, Sketch
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms import galleries
from tillfree.store.palms.galleries import KeptGallery
from tillfree.store.palms.index_settings import IndexSettings
from tillfree.store.palms.roster import Roster

NEEDED = 5.0


@pytest.fixture
def vault() -> Iterator[PalmVault]:
    with memory_vault() as made:
        yield made


def memory_vault() -> PalmVault:
    return PalmVault.open(None, KeyText("test:" + "A" * 43 + "=", "the test"))


def templates(vault: PalmVault, person: int, made_ns: int = 1) -> list[Template]:
    made, key = StandIn(), vault.site_key("templates")
    return [
        Template(hand=one.hand, band="nir", scheme=made.scheme, made_ns=made_ns, data=made.protect(one, key)[0].data)
        for one in samples(person)
    ]


def enrolled(vault: PalmVault, *people: int) -> list[str]:
    return vault.enrol_many([(profile(), templates(vault, person)) for person in people], entry(), 1)


def found(gallery: KeptGallery, person: int) -> str:
    gallery.refresh()
    matches = gallery.search(samples(person, count=1))
    return matches[0].subject if matches and matches[0].log_ratio >= NEEDED else ""


class Opening:
    """Counts the persons whose templates a vault opens."""

    def __init__(self, vault: PalmVault, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        open_ = vault.templates_of

        def counted(subjects: Sequence[str]) -> OpenedTemplates:
            self.asked += subjects
            return open_(subjects)

        monkeypatch.setattr(vault, "templates_of", counted)


def test_the_next_start_opens_nobody_and_a_search_the_few_who_look_alike(
    vault: PalmVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(galleries, "_KEPT_FROM", 10)
    names = enrolled(vault, *range(1, 61))
    KeptGallery(vault, StandIn())
    opening = Opening(vault, monkeypatch)
    gallery = KeptGallery(vault, StandIn())
    assert (gallery.persons, opening.asked) == (60, [])
    assert found(gallery, 7) == names[6]
    assert 0 < len(opening.asked) <= 16
    before = len(opening.asked)
    assert found(gallery, 7) == names[6]
    assert len(opening.asked) == before  # they are open


def test_no_more_are_opened_for_a_sample_than_the_settings_say(
    vault: PalmVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = enrolled(vault, *range(1, 31))
    gallery = KeptGallery(vault, StandIn(), IndexSettings(candidates=3))
    opening = Opening(vault, monkeypatch)
    assert found(gallery, 9) == names[8]
    assert len(opening.asked) == 3


def test_no_more_stay_open_than_may(vault: PalmVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(galleries, "_OPENED_MAX", 20)
    names = enrolled(vault, *range(1, 61))
    gallery = KeptGallery(vault, StandIn())
    for person in range(1, 61):
        assert found(gallery, person) == names[person - 1]
        assert len(gallery._open) <= 20


def test_few_new_people_are_opened_and_not_written(vault: PalmVault) -> None:
    enrolled(vault, 1, 2, 3)
    assert KeptGallery(vault, StandIn()).persons == 3
    assert vault.sketches() == []


def test_a_sketch_that_cannot_be_kept_stops_nobody(
    vault: PalmVault, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(galleries, "_KEPT_FROM", 1)
    monkeypatch.setattr(galleries, "_AT_ONCE", 2)
    names = enrolled(vault, 1, 2, 3, 4, 5)

    def full(_sketches: object) -> int:
        raise VaultError("the disk is full")

    monkeypatch.setattr(vault, "keep_sketches", full)
    assert found(KeptGallery(vault, StandIn()), 5) == names[4]
    assert [one.levelname for one in caplog.records] == ["WARNING"]
    assert "the disk is full" in caplog.text


def test_sketches_of_another_scheme_or_version_are_made_anew(vault: PalmVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(galleries, "_KEPT_FROM", 1)
    names = enrolled(vault, 1, 2)
    KeptGallery(vault, StandIn())
    assert KeptGallery(vault, StandIn("another")).persons == 0
    gallery = KeptGallery(vault, StandIn())
    assert (gallery.persons, found(gallery, 2)) == (2, names[1])
    state = vault.templates_of(names).state[names[0]]
    vault.keep_sketches({names[0]: Sketch(b"of another version", state)})
    assert found(KeptGallery(vault, StandIn()), 1) == names[0]


def test_who_was_damaged_after_the_sketch_was_kept_is_not_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(galleries, "_KEPT_FROM", 1)
    with open_vault(tmp_path) as vault:
        ann, ben = enrolled(vault, 1, 2)
        KeptGallery(vault, StandIn())
        gallery = KeptGallery(vault, StandIn())
        vault._connection.execute("UPDATE templates SET sealed = zeroblob(99) WHERE subject = ?", (ann,))
        for _ in range(2):
            assert (found(gallery, 1), found(gallery, 2)) == ("", ben)
        assert gallery.broken == {ann}
        assert caplog.text.count("cannot be recognised") == 1


def test_who_is_erased_between_a_look_and_a_search_is_not_found(tmp_path: Path) -> None:
    with open_vault(tmp_path) as vault, open_vault(tmp_path) as other:
        ann, ben = enrolled(vault, 1, 2)
        gallery = KeptGallery(vault, StandIn())
        other.erase(ann, entry())
        assert ann not in {match.subject for match in gallery.search(samples(1, count=1))}
        assert gallery.score(ann, samples(1, count=1)) is None
        other.revoke_all(entry())
        other.change(ben, lambda one: one, entry(), templates=templates(other, 2))
        assert gallery.search(samples(2, count=1)) == []  # of a new key, which this gallery does not compare with yet
        assert found(gallery, 2) == ben


def test_people_come_and_go_while_somebody_looks(vault: PalmVault) -> None:
    names = enrolled(vault, *range(1, 31))
    gallery, errors = KeptGallery(vault, StandIn()), []

    def look() -> None:
        try:
            for turn in range(40):
                found(gallery, turn % 30 + 1)
        except Exception as error:  # noqa: BLE001  told below
            errors.append(error)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for name in names[::2]:
        vault.erase(name, entry())
    for thread in threads:
        thread.join()
    assert errors == []
    assert [found(gallery, person) for person in (1, 2)] == ["", names[1]]


@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["enrol", "erase", "instead", "add", "link", "revoke", "look"]), st.integers(1, 9)),
        max_size=13,  # so many are compared in full
    )
)
def test_a_gallery_that_follows_is_as_one_that_starts(acts: list[tuple[str, int]]) -> None:
    with memory_vault() as vault, pytest.MonkeyPatch.context() as patch:
        patch.setattr(galleries, "_KEPT_FROM", 2)
        gallery = KeptGallery(vault, StandIn())
        shown: dict[str, int] = {}
        for act, person in acts:
            who = sorted(shown)[person % len(shown)] if shown else ""
            match act:
                case "enrol":
                    shown[enrolled(vault, person)[0]] = person
                case "erase" if who:
                    vault.erase(who, entry())
                    del shown[who]
                case "instead" | "add" if who:
                    new = templates(vault, person, made_ns=2)
                    vault.change(who, lambda one: one, entry(), templates=new, instead=act == "instead")
                    shown[who] = person
                case "link" if who:
                    vault.change(who, lambda _: profile("other"), entry())
                case "revoke":
                    vault.revoke_all(entry())
                    shown = dict.fromkeys(shown, 0)
                case "look":
                    gallery.refresh()
        gallery.refresh()
        there = {name for name, last in shown.items() if last}
        fresh = KeptGallery(vault, StandIn())
        assert gallery.persons == fresh.persons == len(there)
        for person in range(1, 10):
            both = [
                {match.subject: match.log_ratio for match in one.search(samples(person, count=1), thorough=True)}
                for one in (gallery, fresh)
            ]
            assert both[0] == both[1]
            assert {name for name, last in shown.items() if last == person} <= set(both[0])


@given(steps=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3)), max_size=40))
def test_a_roster_is_a_dictionary_of_places(steps: list[tuple[int, int]]) -> None:
    roster, places = Roster(), dict[str, list[int]]()
    used = 0
    for number, count in steps:
        name = f"p{number}"
        if name in places:
            assert roster.remove([name, "nobody"]) == places.pop(name)
        else:
            places[name] = roster.add([(name, count)])
            assert places[name] == list(range(used, used + count))
            used += count
        assert len(roster) == len(places)
        assert {place: roster.name_of(place) for place in range(-1, used + 1) if roster.name_of(place)} == {
            place: name for name, those in places.items() for place in those
        }
        assert sorted(roster.next_ones(99)) == sorted(places)
        turns = [one for _ in places for one in roster.next_ones(1)]
        assert sorted(turns) == sorted(places)  # everybody has their turn
