"""Many people enrolled at once: nobody twice, nobody guessed, nobody by half."""

import datetime as dt

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.palms.stand_in import START_NS, agreed, make_desk, samples
from tillfree.core.time import NS_PER_S
from tillfree.storage.palm_vault.records import Consent, Profile
from tillfree.store.palms.batches import Newcomer
from tillfree.store.palms.consent_lists import read_consents
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.errors import NoPalmError, PalmDeskError
from tillfree.store.palms.recogniser import Sample

HEAD = "person,version,purposes,language,when\n"


def newcomer(name: str, shown: list[Sample], consent: Consent | None = None, palm: str = "") -> Newcomer:
    return Newcomer(name, shown, consent or agreed(), Profile(made_ns=0, consents=(), account=name), palm)


def became(desk: PalmDesk, *newcomers: Newcomer, dry_run: bool = False) -> dict[str, str]:
    return {one.name: one.became for one in desk.enrol_all(newcomers, by="test", dry_run=dry_run)}


def test_many_are_enrolled_at_once_and_each_is_recognised() -> None:
    desk = make_desk()
    outcomes = desk.enrol_all([newcomer(f"p{n}", samples(n)) for n in range(1, 120)], by="test")
    assert {one.became for one in outcomes} == {"enrolled"}
    assert len({one.palm for one in outcomes}) == 119
    for n in (1, 60, 119):
        palm = desk.identify(samples(n, count=1)).subject
        assert palm == outcomes[n - 1].palm
        profile = desk.profile(palm)
        assert (profile.listed_as, profile.account, profile.consents) == (f"p{n}", f"p{n}", (agreed(),))
    assert desk.vault.log(subject=outcomes[3].palm, limit=1)[0].entry.detail == (
        "3 templates, from a list; notice 1, en, by test"
    )
    assert desk.vault.verify_log().broken_at is None


def test_two_names_of_one_palm_are_both_left_out() -> None:
    desk = make_desk()
    outcomes = desk.enrol_all(
        [newcomer("ann", samples(1)), newcomer("bob", samples(2)), newcomer("anna", samples(1))], by="test"
    )
    assert [one.became for one in outcomes] == ["double", "enrolled", "double"]
    assert (outcomes[0].like, outcomes[2].like) == (("anna",), ("ann",))
    assert desk.identify(samples(1, count=1)).reason == "unknown"
    assert desk.counts().subjects == 1


def test_one_shared_hand_is_enough_to_be_a_double() -> None:
    desk = make_desk()
    found = became(
        desk, newcomer("a", samples(1) + samples(1, "right")), newcomer("b", samples(2) + samples(1, "right"))
    )
    assert found == {"a": "double", "b": "double"}


def test_who_is_enrolled_already_is_left_out() -> None:
    desk = make_desk()
    desk.enrol(samples(1), agreed(), by="test")
    assert became(desk, newcomer("a", samples(1)), newcomer("b", samples(2))) == {"a": "known", "b": "enrolled"}


def test_whoever_would_be_refused_alone_is_refused_here() -> None:
    desk = make_desk()
    found = desk.enrol_all(
        [
            newcomer("few", samples(1, count=1)),
            newcomer("poor", samples(2, quality=1.0)),
            newcomer("old notice", samples(3), agreed(notice="0")),
            newcomer("no identify", samples(4), agreed("pay")),
            newcomer("good", samples(5)),
        ],
        by="test",
    )
    assert [one.became for one in found] == ["refused"] * 4 + ["enrolled"]
    assert all(one.why for one in found[:4])
    assert desk.counts().subjects == 1


def test_a_dry_run_keeps_nothing() -> None:
    desk = make_desk()
    before = desk.vault.generation()
    found = became(desk, newcomer("a", samples(1)), newcomer("b", samples(2)), newcomer("c", samples(1)), dry_run=True)
    assert found == {"a": "double", "b": "enrolled", "c": "double"}
    assert desk.vault.generation() == before
    assert desk.counts().subjects == 0


def test_after_a_revocation_a_list_puts_new_templates_under_the_old_names() -> None:
    desk = make_desk()
    (one,) = desk.enrol_all([newcomer("ann", samples(1))], by="test")
    desk.revoke_all(by="test", why="a drill")
    again = newcomer("ann", samples(1), palm=one.palm)
    gone = newcomer("bob", samples(2), palm="0" * 24)
    assert became(desk, again, gone) == {"ann": "enrolled anew", "bob": "refused"}
    assert desk.identify(samples(1, count=1)).subject == one.palm
    assert desk.profile(one.palm).consents == (agreed(),)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=7))
def test_who_is_enrolled_does_not_depend_on_the_order(people: list[int]) -> None:
    def enrolled(order: list[int]) -> set[str]:
        desk = make_desk()
        found = desk.enrol_all([newcomer(f"{at} {people[at]}", samples(people[at])) for at in order], by="test")
        assert desk.counts().subjects == sum(one.done for one in found)
        return {one.name for one in found if one.done}

    order = list(range(len(people)))
    only_once = {f"{at} {person}" for at, person in enumerate(people) if people.count(person) == 1}
    assert enrolled(order) == enrolled(order[::-1]) == only_once


def test_two_people_who_hold_their_hands_in_turn_are_not_one() -> None:
    desk = make_desk()
    with pytest.raises(PalmDeskError, match="do not agree"):
        desk.enrol([*samples(1, count=2), *samples(2, count=2)], agreed(), by="test")
    with pytest.raises(PalmDeskError, match="do not agree"):
        desk.enrol([*samples(1, count=3), *samples(2, count=1)], agreed(), by="test")
    assert desk.counts().subjects == 0


# ---- finding ----------------------------------------------------------------------------------------------------


def test_somebody_is_found_by_what_is_linked_and_never_guessed() -> None:
    desk = make_desk()
    found = desk.enrol_all([newcomer("ann", samples(1)), newcomer("bob", samples(2))], by="test")
    ann, bob = (one.palm for one in found)
    assert desk.named(ann) == desk.named("account:ann") == desk.named("listed:ann") == ann
    for who in ("account:zoe", "0" * 24):
        with pytest.raises(NoPalmError):
            desk.named(who)
    for who in ("name:ann", "account:"):
        with pytest.raises(PalmDeskError, match="is found by"):
            desk.named(who)
    desk.change(bob, lambda one: msgspec.structs.replace(one, account="ann"), by="test")
    with pytest.raises(PalmDeskError, match="2 palms have"):
        desk.named("account:ann")


def test_who_was_revoked_is_found_by_account_and_badge() -> None:
    desk = make_desk()
    (one,) = desk.enrol_all([newcomer("ann", samples(1))], by="test")
    desk.change(one.palm, lambda profile: msgspec.structs.replace(profile, badge="17"), by="test")
    assert desk.waits_for(account="ann") == ""
    desk.revoke_all(by="test", why="a drill")
    assert desk.waits_for(account="ann") == desk.waits_for(badge="17") == one.palm
    assert desk.waits_for(account="bob") == desk.waits_for() == desk.waits_for("ann") == ""
    desk.re_enrol(one.palm, samples(1), agreed(), by="test")
    assert desk.waits_for(account="ann") == ""


# ---- lists of consents ------------------------------------------------------------------------------------------


def test_a_list_of_consents_is_read_with_what_is_linked() -> None:
    text = (
        "when,person,purposes,language,version,account\n"
        '2026-11-27,ann,identify pay,en,1,app-1\n2026-11-27T14:05+01:00,"bob, jr",identify,de,2,\n'
    )
    found = read_consents(b"\xef\xbb\xbf" + text.encode(), "list.csv", START_NS, by="list")
    assert list(found) == ["ann", "bob, jr"]
    day_ns = int(dt.datetime(2026, 11, 27, tzinfo=dt.UTC).timestamp()) * NS_PER_S
    assert found["ann"].consent == Consent(
        notice="1", language="en", purposes=("identify", "pay"), given_ns=day_ns, by="list"
    )
    assert found["ann"].links.account == "app-1"
    assert found["bob, jr"].consent.given_ns == day_ns + (13 * 60 + 5) * 60 * NS_PER_S


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("person,version\n", "lacks purposes, language, when"),
        ("person,version,purposes,language,when,pin\n", "has unknown pin"),
        ("person,version,purposes,language,when,when\n", "has twice when"),
        ("", "lacks person"),
        (HEAD + "ann,1,identify,en\n", "line 2: it has more or fewer fields"),
        (HEAD + "ann,1,identify,en,2026-11-27,x\n", "line 2: it has more or fewer fields"),
        (HEAD + "ann,,identify,en,2026-11-27\n", "line 2: version is empty"),
        (HEAD + "ann,1,identify sell,en,2026-11-27\n", "'sell' is no purpose"),
        (HEAD + "ann,1,identify,en,yesterday\n", "when is 'yesterday'"),
        (HEAD + "ann,1,identify,en,2026-11-27T10:00\n", "of which clock"),
        (HEAD + "ann,1,identify,en,2126-11-27\n", "has not come yet"),
        (HEAD + "ann,1,identify,en,2026-11-27\n" * 2, "line 3: ann stands there twice"),
        (HEAD + "a\x07,1,identify,en,2026-11-27\n", "printable"),
        (HEAD + ",,,,\n" * 9, "and 4 more"),
        (HEAD + '"ann', "no list of consents"),
    ],
)
def test_what_is_wrong_with_a_list_is_told(text: str, said: str) -> None:
    with pytest.raises(PalmDeskError, match=said):
        read_consents(text.encode(), "list.csv", START_NS, by="list")


def test_a_list_in_another_encoding_is_refused() -> None:
    with pytest.raises(PalmDeskError, match="UTF-8"):
        read_consents((HEAD + "zoë,1,identify,en,2026-11-27\n").encode("latin-1"), "list.csv", START_NS, by="list")
