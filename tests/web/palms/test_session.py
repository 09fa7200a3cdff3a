"""One station, person after person: what it says, and that nothing of anybody is left."""

import gc
import weakref
from typing import Any

import msgspec
import pytest

from tests.web.palms.stand_ins import GreyClerk, grey_eyes, grey_jpeg
from tillfree.palm.errors import PalmError
from tillfree.web.palms.pictures import Frame, PictureError
from tillfree.web.palms.seeing import Answer, LiveHint
from tillfree.web.palms.session import Begin, Confirm, Pin, Session, SessionRules

RULES = SessionRules(notice_version="7", purposes=frozenset({"identify", "pay"}))
AGREED = Begin("enrol", "7", ("identify",), pin="1234")
S = 1_000_000_000


class Stand:
    """A station, and somebody before it."""

    def __init__(self, hint: LiveHint | None = None, rules: SessionRules = RULES) -> None:
        self.clerk = GreyClerk()
        self.session = Session(grey_eyes(hint), self.clerk, rules)
        self.at_ns = S
        self.number = 0

    def show(self, *greys: int, every_s: float = 0.2) -> list[dict[str, Any]]:
        """Pictures of such brightnesses; everything that the station says."""
        said = []
        for grey in greys:
            self.at_ns += int(every_s * S)
            self.number += 1
            said += self.session.see(Frame(self.number, "visible", grey_jpeg(grey)), self.at_ns)
        return said

    def enrol(self, grey: int, again: int | None = None, wanted: Begin = AGREED) -> dict[str, Any]:
        self.session.begin(wanted)
        return self.show(*[grey] * 5, 0, 0, 0, *[grey if again is None else again] * 5)[-1]

    def pause(self) -> None:
        """Until the result is off the screen, and the hand away."""
        self.at_ns += 10 * S
        self.show(0, 0, 0)


def test_enrolled_once_recognised_then_deleted() -> None:
    stand = Stand()
    assert stand.enrol(100)["kind"] == "enrolled"
    assert stand.clerk.wishes[0].purposes == ("identify",)
    stand.pause()
    result = stand.show(100, 100, 100)[-1]
    assert (result["kind"], result["shown"]) == ("known", "A\u2022\u2022\u2022")
    stand.pause()
    assert stand.show(180, 180, 180)[-1]["kind"] == "unknown"
    stand.pause()
    stand.session.begin(Begin("delete"))
    assert stand.show(100, 100, 100)[-1]["k"] == "ask"
    assert stand.session.confirm(Confirm(yes=True), stand.at_ns)[0]["kind"] == "deleted"
    assert stand.clerk.known == {}


def test_guidance_comes_with_each_picture() -> None:
    stand = Stand()
    (nobody,), (near,) = stand.show(0), stand.show(250)
    assert (nobody["phase"], nobody["code"], nobody["n"]) == ("waiting", "no hand", 1)
    assert (near["phase"], near["code"]) == ("guiding", "further")
    assert near["hand"] == (0.375, 0.375, 0.25)


def test_two_hands_are_not_enrolled_as_one() -> None:
    assert Stand().enrol(100, again=160)["kind"] == "unlike"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (Begin("enrol", "6", ("identify",)), "old notice"),
        (Begin("enrol", "7"), "no consent"),
        (Begin("enrol", "7", ("identify", "age")), "not possible"),
        (Begin("enrol", "7", ("pay",)), "no consent"),
        (Begin("enrol", "7", ("identify",), pin="12"), "bad pin"),
        (Begin("enrol", "7", ("identify",), pin="12٣4"), "bad pin"),
    ],
)
def test_without_a_consent_to_the_present_notice_nothing_is_enrolled(wanted: Begin, code: str) -> None:
    stand = Stand()
    assert stand.session.begin(wanted) == [{"k": "wrong", "code": code}]
    assert stand.enrol(100, wanted=wanted)["kind"] == "unknown"
    assert stand.clerk.known == {}


def test_a_pin_is_asked_for_and_proved() -> None:
    stand = Stand()
    stand.enrol(100)
    stand.clerk.pin = "1234"
    for pin, kind in (("1111", "refused"), ("1234", "known")):
        stand.pause()
        assert stand.show(100, 100, 100)[-1]["code"] == "pin"
        assert stand.session.prove(Pin(pin), stand.at_ns)[0]["kind"] == kind


def test_a_question_that_nobody_answers_is_forgotten() -> None:
    stand = Stand()
    stand.enrol(100)
    stand.pause()
    stand.session.begin(Begin("delete"))
    stand.show(100, 100, 100)
    stand.at_ns += 30 * S
    assert stand.session.confirm(Confirm(yes=True), stand.at_ns) == [{"k": "wrong", "code": "too late"}]
    assert len(stand.clerk.known) == 1
    assert stand.session.confirm(Confirm(yes=True), stand.at_ns)[0]["code"] == "too late"


def test_no_deletes_nothing() -> None:
    stand = Stand()
    stand.enrol(100)
    stand.pause()
    stand.session.begin(Begin("delete"))
    stand.show(100, 100, 100)
    assert stand.session.confirm(Confirm(yes=False), stand.at_ns)[0]["k"] == "begun"
    assert len(stand.clerk.known) == 1


def test_what_does_not_live_is_never_looked_for() -> None:
    stand = Stand(LiveHint(passes=False, score=0.1, reasons=("print",)))
    assert stand.show(100, 100, 100)[-1]["kind"] == "not live"
    assert stand.clerk.asked == 0


@pytest.mark.parametrize("passes", [True, False])
def test_only_a_demo_is_told_what_liveness_measured(passes: bool) -> None:
    hint = LiveHint(passes=passes, score=0.1, reasons=("print",))
    told = {}
    for explain in (False, True):
        stand = Stand(hint, msgspec.structs.replace(RULES, explain=explain))
        result = stand.show(100, 100, 100)[-1]
        told[explain] = (result["reason"], result["live"], result["against"])
    assert told == {False: ("", None, []), True: ("" if passes else "print", 0.1, ["print"])}


def test_while_a_result_is_shown_no_picture_is_looked_at() -> None:
    stand = Stand()
    stand.show(100, 100, 100)
    assert stand.show(100, 100, 100) == []
    stand.at_ns += 10 * S
    assert stand.show(100)[0]["phase"] == "lift"
    assert stand.clerk.asked == 1


def test_an_old_picture_is_refused() -> None:
    stand = Stand()
    stand.show(0)
    frame = Frame(1, "visible", grey_jpeg(100))
    assert stand.session.see(frame, stand.at_ns) == [{"k": "wrong", "code": "old picture"}]


def test_where_the_clerk_fails_the_person_hears_so() -> None:
    stand = Stand()

    def broken(*_: object) -> Answer:
        raise PalmError("the vault: is locked")

    stand.clerk.identify = broken  # type: ignore[method-assign,assignment]
    assert stand.show(100, 100, 100)[-1]["kind"] == "trouble"


def test_nothing_of_a_person_is_kept_after_the_result() -> None:
    stand = Stand()
    stand.clerk.known["ann"] = 100 / 255
    stand.show(100)
    accepted = stand.session._hover.rounds[0][0]
    pixels, embedding = weakref.ref(accepted.image.pixels), weakref.ref(accepted.features.embedding)
    del accepted
    assert pixels() is not None
    stand.show(100, 100)
    gc.collect()
    assert pixels() is None
    assert embedding() is None
    assert not stand.session._hover.shown


def test_an_undecided_try_waits_some_seconds_for_the_next_one_of_that_person() -> None:
    stand = Stand()
    stand.show(100, 100, 100)
    kept = weakref.ref(stand.session._undecided.tries[0][0].features.embedding)
    stand.at_ns += 5 * S
    stand.show(0, 0, 0, 100, 100, 100)
    assert stand.clerk.tries == 2
    stand.at_ns += 5 * S
    stand.show(0, 0, 0, 180, 180, 180)
    assert stand.clerk.tries == 1, "another hand"
    gc.collect()
    assert kept() is None
    stand.session.expire(stand.at_ns + 13 * S)
    assert stand.session._undecided.tries == []


def test_the_other_hand_is_asked_for_and_the_first_one_is_told_so() -> None:
    stand = Stand()
    stand.clerk.undecided = "other hand"
    assert stand.show(100, 100, 100)[-1]["kind"] == "other hand"
    stand.at_ns += 4 * S
    assert stand.show(0, 0, 0, 100)[-1]["code"] == "other hand"
    stand.session.begin(Begin("identify"))
    assert stand.show(100)[-1]["code"] == ""


def test_the_second_round_wants_the_hand_of_the_first_one() -> None:
    stand = Stand()
    stand.session.begin(AGREED)
    stand.show(*[100] * 5, 0, 0, 0)
    left = Frame(99, "visible", grey_jpeg(100, 240, 320))
    assert stand.session.see(left, stand.at_ns + S // 5)[0]["code"] == "other hand"


def test_a_code_to_link_a_new_palm_is_in_one_answer() -> None:
    stand = Stand()
    stand.clerk.link_code = "7KQM-24TX"
    answer = stand.enrol(100)
    assert (answer["link_code"], answer["for_ms"]) == ("7KQM-24TX", 45_000)


@pytest.mark.parametrize(
    "jpeg", [b"", b"\xff\xd8\xff", b"GIF89a", grey_jpeg(100)[:60], b"\xff\xd8\xff" + b"\xff" * 500]
)
def test_what_is_no_picture_is_refused(jpeg: bytes) -> None:
    with pytest.raises(PictureError):
        Stand().session.see(Frame(1, "visible", jpeg), S)
