"""Enrolling, recognising, and what people may want done with what is kept of them."""

import threading
from pathlib import Path

import msgspec
import pytest

from tests.storage.palm_vault.vaults import files_hold, open_vault
from tests.store.palms.stand_in import ALL, PalmClock, StandIn, agreed, make_desk, samples
from tillfree.core.time import NS_PER_S
from tillfree.storage.palm_vault.records import LinkedCard, Profile
from tillfree.store.palms.errors import DuplicateError, NoPalmError, PalmDeskError
from tillfree.store.palms.office import CONFIRM_DAYS
from tillfree.store.palms.pins import made_pin
from tillfree.store.palms.policy import Use
from tillfree.store.palms.recogniser import Sample
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.palms.wallets import with_card

CARD = LinkedCard(token="tok", fingerprint="fp", brand="visa", last4="4242")
DAY_S = 86_400
QUICK = {"cost": 16, "parallel": 1}


def linked(profile: Profile) -> Profile:
    return with_card(msgspec.structs.replace(profile, loyalty="club", age_over=21, doors=("north",)), CARD)


def with_pin(profile: Profile) -> Profile:
    return msgspec.structs.replace(linked(profile), pin=made_pin("4711", **QUICK))


def test_who_was_enrolled_is_recognised_and_nobody_else() -> None:
    desk = make_desk()
    ann = desk.enrol(samples(1) + samples(1, "right"), agreed(), by="test")
    assert (set(ann.hands), ann.templates) == ({"left", "right"}, 6)
    answer = desk.identify(samples(1, count=1))
    assert (answer.subject, answer.reason, answer.allowed) == (ann.subject, "", True)
    assert 0 < answer.false_match_rate < 1e-4
    assert desk.identify(samples(2, count=1)).reason == "unknown"
    assert desk.identify(samples(1, "right", 1)).subject == ann.subject
    assert desk.verify(ann.subject, samples(1, count=1)).allowed
    assert desk.verify(ann.subject, samples(2, count=1)).reason == "unknown"
    assert desk.verify("nobody", samples(1, count=1)).reason == "unknown"


def test_nobody_is_enrolled_twice() -> None:
    desk = make_desk()
    desk.enrol(samples(1), agreed(), by="test")
    with pytest.raises(DuplicateError):
        desk.enrol(samples(2) + samples(1), agreed(), by="test")
    with pytest.raises(DuplicateError):
        desk.enrol(samples(1), agreed(), by="test")
    assert desk.counts().subjects == 1


def test_two_stations_at_once_enrol_one_person_once() -> None:
    desk = make_desk()
    done: list[str] = []

    def enrol() -> None:
        try:
            done.append(desk.enrol(samples(1), agreed(), by="test").subject)
        except DuplicateError:
            done.append("")

    threads = [threading.Thread(target=enrol) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, done)) == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ([], "none of 0"),
        (samples(1, count=2), "3 are needed"),
        (samples(1, quality=5.0), "poor"),
        (samples(1, live=False), "not live"),
        ([Sample(None)], "no hand"),
        (samples(1, count=2) + samples(2, count=1), "do not agree"),
    ],
)
def test_samples_that_are_not_good_enough_are_refused(shown: list[Sample], said: str) -> None:
    desk = make_desk()
    with pytest.raises(PalmDeskError, match=said):
        desk.enrol(shown, agreed(), by="test")
    assert desk.counts().subjects == 0


def test_a_hand_that_is_not_live_spoils_the_others() -> None:
    desk = make_desk()
    desk.enrol(samples(1), agreed(), by="test")
    assert desk.identify(samples(1, count=1) + samples(1, count=1, live=False)).reason == "not live"
    unjudged = [Sample((1, "left"), "left", 80.0)]
    assert desk.identify(unjudged).reason == "not live"
    assert make_desk(settings=PalmSettings(liveness="off")).identify(unjudged).reason == "unknown"


def test_without_consent_to_the_notice_in_force_nobody_is_enrolled() -> None:
    desk = make_desk()
    for consent in (agreed(notice="0"), agreed("pay"), msgspec.structs.replace(agreed(), language="")):
        with pytest.raises(PalmDeskError):
            desk.enrol(samples(1), consent, by="test")


def test_a_doubtful_hand_asks_for_the_other_one_and_both_are_enough() -> None:
    desk = make_desk(settings=PalmSettings(false_identification_rate=1e-4, false_match_rate=1e-4, duplicate_rate=1e-1))
    for person in range(1, 20):
        desk.enrol(samples(person), agreed(), by="test")
    doubtful = desk.enrol(samples(150) + samples(150, "right"), agreed(), by="test")
    assert desk.identify(samples(150, count=1)).reason == "other hand"
    assert desk.identify(samples(150, count=2)).reason == "other hand"  # the same hand again is no second witness
    assert desk.identify(samples(150, count=1) + samples(150, "right", 1)).subject == doubtful.subject
    assert desk.identify(samples(150, count=1) + samples(3, "right", 1)).reason == "unknown"


def test_what_a_palm_may_do_needs_the_site_the_consent_and_a_link() -> None:
    settings = PalmSettings(may=ALL, may_at={"wine": ("identify", "age")})
    desk = make_desk(settings=settings)
    ann = desk.enrol(samples(1), agreed("identify", "pay", "age", "door"), by="test").subject
    said = {
        "identify": desk.identify(samples(1, count=1), Use("identify")).reason,
        "pay": desk.identify(samples(1, count=1), Use("pay")).reason,
        "enter": desk.identify(samples(1, count=1), Use("enter")).reason,
        "age": desk.identify(samples(1, count=1), Use("age", age_over=21)).reason,
        "door": desk.identify(samples(1, count=1), Use("door", door="north")).reason,
    }
    assert said == {"identify": "", "pay": "not linked", "enter": "no consent", "age": "too young", "door": "no door"}
    desk.change(ann, linked, by="test")
    for use in (Use("pay"), Use("age", age_over=21), Use("door", door="north")):
        assert desk.identify(samples(1, count=1), use).allowed
    assert desk.identify(samples(1, count=1), Use("age", age_over=25)).reason == "too young"
    assert desk.identify(samples(1, count=1), Use("age")).reason == "too young"
    assert desk.identify(samples(1, count=1), Use("pay", station="wine")).reason == "not allowed"
    assert desk.identify(samples(1, count=1), Use("age", station="wine", age_over=18)).allowed


def test_an_amount_asks_for_a_pin_and_a_larger_one_for_the_card() -> None:
    desk = make_desk()
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    desk.change(ann, linked, by="test")

    def pays(amount_minor: int, pin: str = "", card: str = "") -> str:
        use = Use("pay", amount_minor=amount_minor, pin=pin, card=card)
        return desk.identify(samples(1, count=1), use).reason

    assert pays(5_000) == ""
    assert pays(5_001) == "second factor needed"  # no PIN was made yet
    desk.change(ann, with_pin, by="test")
    assert [pays(5_001), pays(5_001, "0000"), pays(5_001, "4711")] == ["pin needed", "pin wrong", ""]
    assert [pays(20_001, "4711"), pays(20_001, card="other"), pays(20_001, card="fp")] == [
        "second factor needed", "second factor needed", "",
    ]  # fmt: skip


def test_wrong_pins_lock_and_a_restart_does_not_open(tmp_path: Path) -> None:
    clock = PalmClock()
    desk = make_desk(tmp_path, clock=clock)
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    desk.change(ann, with_pin, by="test")

    def pays(pin: str) -> str:
        return desk.identify(samples(1, count=1), Use("pay", amount_minor=9_000, pin=pin)).reason

    assert [pays("1"), pays("2"), pays("4711"), pays("1"), pays("2"), pays("3")] == [
        "pin wrong", "pin wrong", "", "pin wrong", "pin wrong", "locked",
    ]  # fmt: skip
    desk.vault.close()
    desk = make_desk(tmp_path, clock=clock)
    assert pays("4711") == "locked"
    clock.pass_s(30 * 60)
    assert pays("4711") == ""
    assert [row.entry.what for row in desk.vault.log()].count("palm.locked") == 1
    desk.vault.close()


def test_of_many_pins_at_once_no_more_are_judged_than_may_be_wrong() -> None:
    desk = make_desk()
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    desk.change(ann, with_pin, by="test")
    said: list[str] = []

    def guess(number: int) -> None:
        said.append(desk.may(ann, Use("pay", amount_minor=9_000, pin=f"{number:04}")))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count("pin wrong") <= 2
    assert said.count("pin wrong") + said.count("locked") == 12
    assert desk.may(ann, Use("pay", amount_minor=9_000, pin="4711")) == "locked"


def test_pins_that_are_guessed_first_are_refused() -> None:
    for digits in ("", "12", "1111", "1234", "9876", "4321", "abcd", "4" * 13, "４７１１"):
        with pytest.raises(PalmDeskError):
            made_pin(digits, **QUICK)


def test_who_is_deleted_is_not_recognised_any_more(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    proof = desk.delete(ann, by="test")
    assert (proof.subject, proof.templates) == (ann, 3)
    assert desk.identify(samples(1, count=1)).reason == "unknown"
    with pytest.raises(NoPalmError):
        desk.delete(ann, by="test")
    desk.enrol(samples(1), agreed(), by="test")
    desk.vault.close()


def test_who_is_deleted_by_another_process_is_not_recognised_here(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    with open_vault(tmp_path) as other:
        there = make_desk(other)
        ben = there.enrol(samples(2), agreed(), by="test").subject
        assert desk.identify(samples(2, count=1)).subject == ben
        there.delete(ann, by="test")
        assert desk.identify(samples(1, count=1)).reason == "unknown"
        assert there.revoke_all(by="test", why="a drill") == 1
        assert desk.identify(samples(2, count=1)).reason == "unknown"
    desk.vault.close()


def test_withdrawing_one_purpose_leaves_the_others_and_the_last_one_erases() -> None:
    desk = make_desk()
    ann = desk.enrol(samples(1), agreed("identify", "pay", "loyalty"), by="test").subject
    desk.change(ann, linked, by="test")
    assert desk.withdraw(ann, {"pay"}, by="test") is None
    assert desk.identify(samples(1, count=1), Use("pay")).reason == "no consent"
    assert desk.identify(samples(1, count=1), Use("loyalty")).allowed
    kept = {one.purposes: bool(one.withdrawn_ns) for one in desk.profile(ann).consents}
    assert kept == {("identify", "loyalty"): False, ("pay",): True}
    desk.agree(ann, agreed("identify", "pay"), by="test")
    assert desk.identify(samples(1, count=1), Use("pay")).allowed
    assert desk.withdraw(ann, {"identify"}, by="test") is not None
    assert desk.counts().subjects == 0


def test_revocation_voids_all_templates_and_links_wait_for_the_next_tap() -> None:
    desk = make_desk()
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    ben = desk.enrol(samples(2), agreed(), by="test").subject
    desk.change(ann, linked, by="test")
    assert desk.waits_for("fp") == ""
    assert desk.revoke_all(by="test", why="the site key was stolen") == 2
    assert desk.identify(samples(1, count=1)).reason == "unknown"
    assert (desk.waits_for("fp"), desk.waits_for(""), desk.waits_for("other")) == (ann, "", "")
    desk.change(ben, lambda one: with_card(one, LinkedCard(token="t2", fingerprint="fp2")), by="test")
    assert desk.waits_for("fp2") == ben
    desk.re_enrol(ann, samples(1), agreed(), by="test")
    assert desk.waits_for("fp") == ""
    assert desk.identify(samples(1, count=1), Use("pay")).allowed
    with pytest.raises(DuplicateError):
        desk.re_enrol(ben, samples(1), agreed(), by="test")
    with pytest.raises(NoPalmError):
        desk.re_enrol("nobody", samples(5), agreed(), by="test")


def test_who_is_not_seen_for_long_is_erased() -> None:
    clock = PalmClock()
    desk = make_desk(settings=PalmSettings(inactive_days=100), clock=clock)
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    desk.enrol(samples(2), agreed(), by="test")
    clock.pass_s(60 * DAY_S)
    assert desk.identify(samples(1, count=1)).subject == ann
    clock.pass_s(60 * DAY_S)
    desk.tick()
    assert desk.vault.subjects() == [ann]
    assert desk.identify(samples(2, count=1)).reason == "unknown"
    clock.pass_s(60 * DAY_S)
    assert desk.erase_inactive() == 1


def test_who_enrolled_at_home_and_never_came_is_erased_by_the_clock() -> None:
    clock = PalmClock()
    desk = make_desk(clock=clock)
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    desk.enrol(samples(2), agreed(), by="home", confirmed=False)
    clock.pass_s((CONFIRM_DAYS - 1) * DAY_S)
    desk.tick()
    assert len(desk.vault.subjects()) == 2
    clock.pass_s(2 * DAY_S)
    desk.tick()
    assert desk.vault.subjects() == [ann]


def test_an_enrolment_at_home_counts_when_a_station_has_confirmed_it() -> None:
    desk = make_desk()
    ann = desk.enrol(samples(1), agreed(), by="app", confirmed=False).subject
    answer = desk.identify(samples(1, count=1), Use("identify"))
    assert (answer.subject, answer.reason) == (ann, "unconfirmed")
    with pytest.raises(PalmDeskError, match="not the palm"):
        desk.confirm(ann, samples(2), by="station")
    desk.confirm(ann, samples(1), by="station")
    assert desk.identify(samples(1, count=1)).allowed
    assert desk.counts().templates == 6


def test_the_other_hand_is_added_and_one_of_somebody_else_is_not() -> None:
    desk = make_desk()
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    desk.enrol(samples(2), agreed(), by="test")
    desk.add_hand(ann, samples(1, "right"), by="test")
    assert desk.identify(samples(1, "right", 1)).subject == ann
    with pytest.raises(DuplicateError):
        desk.add_hand(ann, samples(2), by="test")


def test_an_export_has_all_but_tokens_and_templates() -> None:
    desk = make_desk()
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    desk.change(ann, with_pin, by="test")
    made = desk.export(ann, by="test")
    text = msgspec.json.encode(made)
    assert (made.palm, made.loyalty, made.age_over, made.has_pin, len(made.templates)) == (ann, "club", 21, True, 3)
    assert {what for _, _, what, _ in made.log} == {"palm.enrol", "palm.link", "palm.export"}
    kept = desk.vault.templates(ann)[0].template.data
    for secret in (b"tok", kept, kept.hex().encode(), desk.profile(ann).pin.hash):  # type: ignore[union-attr]
        assert secret not in text


def test_nothing_about_a_palm_is_logged_or_stands_in_a_representation(caplog: pytest.LogCaptureFixture) -> None:
    desk = make_desk()
    sample = samples(7)[0]
    ann = desk.enrol(samples(7), agreed(), by="test").subject
    desk.identify(samples(7, count=1))
    desk.delete(ann, by="test")
    assert caplog.text == ""
    assert "(7," not in repr(sample)


def test_templates_of_another_scheme_are_not_compared(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    desk.vault.close()
    newer = make_desk(tmp_path, recogniser=StandIn("stand-in-2"))
    assert newer.identify(samples(1, count=1)).reason == "unknown"
    newer.re_enrol(ann, samples(1), agreed(), by="test")
    assert newer.identify(samples(1, count=1)).subject == ann
    newer.vault.close()


def test_somebody_whose_rows_were_changed_is_left_out_and_the_others_are_recognised(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import sqlite3

    desk = make_desk(tmp_path)
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    ben = desk.enrol(samples(2), agreed(), by="test").subject
    desk.vault.close()
    raw = sqlite3.connect(tmp_path / "vault" / "palm.db", isolation_level=None)
    raw.execute("UPDATE templates SET sealed = zeroblob(100) WHERE subject = ?", (ann,))
    raw.close()
    desk = make_desk(tmp_path)
    assert desk.identify(samples(2, count=1)).subject == ben
    assert desk.identify(samples(1, count=1)).reason == "unknown"
    assert "cannot be recognised" in caplog.text
    desk.delete(ann, by="test")
    desk.vault.close()


def test_no_file_holds_a_template_in_the_clear(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    ann = desk.enrol(samples(1), agreed(), by="test").subject
    data = desk.vault.templates(ann)[0].template.data
    assert files_hold(tmp_path, data) == []
    desk.delete(ann, by="test")
    assert files_hold(tmp_path, data) == []
    assert desk.vault.verify_log().broken_at is None
    assert desk.settings.inactive_days * DAY_S * NS_PER_S > 0
    desk.vault.close()
