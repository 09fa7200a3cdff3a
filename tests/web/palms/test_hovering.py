"""Which pictures of a hovering hand count, whatever comes in which order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.web.palms.stand_ins import Seen, grey_eyes, hand
from tillfree.palm.samples import Band, HandImage
from tillfree.web.palms.hovering import Accepted, Hover, HoverRules

MS = 1_000_000
GREY = np.zeros((240, 320), dtype=np.uint8)
IMAGE = HandImage(np.zeros((240, 320), dtype=np.uint8))
GONE = hand("no hand", 0.0, found=False)
READ = grey_eyes().read


def show(hover: Hover, seen: Seen, at_ms: int) -> str:
    """One picture, as a session deals with it; the phase that it leads to."""
    if hover.wants(seen, at_ms * MS, IMAGE):
        assert seen.region is not None
        hover.accept(Accepted(IMAGE, seen, READ(seen.region)), at_ms * MS)
    return hover.guidance(seen, (240, 320)).phase


def test_two_good_pictures_are_enough() -> None:
    hover = Hover(HoverRules(pictures=2))
    assert show(hover, GONE, 1) == "waiting"
    assert show(hover, hand("closer"), 100) == "guiding"
    assert show(hover, hand(), 200) == "holding"
    assert not hover.ready
    show(hover, hand(), 300)
    assert hover.ready
    assert [len(one) for one in hover.rounds] == [2]


def test_what_is_poor_is_not_read_and_the_reason_is_said() -> None:
    hover = Hover(HoverRules(quality_min=50))
    poor = hand(quality=20.0)
    assert not hover.wants(poor, 1, IMAGE)
    assert hover.guidance(poor, (240, 320)).code == "hold still"
    assert hover.guidance(hand("flatten"), (240, 320)).code == "flatten"


def test_a_second_round_wants_the_hand_lifted() -> None:
    hover = Hover(HoverRules(pictures=1, rounds=2, lifted_ms=300))
    assert show(hover, hand(), 1) == "lift"
    assert show(hover, hand(), 100) == "lift"
    show(hover, GONE, 200)
    assert show(hover, hand(), 250) == "lift"  # it was away for too short a time
    show(hover, GONE, 300)
    show(hover, GONE, 700)
    show(hover, hand(), 800)
    assert hover.ready
    assert [len(one) for one in hover.rounds] == [1, 1]


def test_pictures_of_an_enrolment_are_apart() -> None:
    hover = Hover(HoverRules(pictures=3, apart_ms=100))
    for at_ms in (10, 40, 70, 120, 150, 230):
        show(hover, hand(), at_ms)
    assert [len(one) for one in hover.rounds] == [3]


def test_a_hand_that_went_and_one_that_came_are_not_mixed() -> None:
    hover = Hover(HoverRules(pictures=2, lost_ms=500))
    show(hover, hand(grey=0.3), 1)
    for at_ms in (200, 400, 600):
        show(hover, GONE, at_ms)
    show(hover, hand(grey=0.9), 700)
    assert not hover.ready


def test_after_a_result_the_same_hand_is_not_read_again() -> None:
    hover = Hover(HoverRules(pictures=1), lift=True)
    assert show(hover, hand(), 1) == "lift"
    show(hover, GONE, 100)
    show(hover, GONE, 600)
    show(hover, hand(), 700)
    assert hover.ready


def test_patience_ends() -> None:
    hover = Hover(HoverRules(patience_ms=1000))
    assert not hover.is_out_of_patience(10**12)
    show(hover, hand("closer"), 1)
    assert not hover.is_out_of_patience(500 * MS)
    assert hover.is_out_of_patience(1100 * MS)


SEEN = st.sampled_from([GONE, hand(), hand("closer"), hand(quality=5.0)])


@given(st.lists(st.tuples(SEEN, st.integers(1, 400)), max_size=60), st.integers(1, 3), st.integers(1, 2))
def test_only_good_pictures_count_and_never_more_than_wanted(
    steps: list[tuple[Seen, int]], pictures: int, rounds: int
) -> None:
    hover, at_ms = Hover(HoverRules(pictures=pictures, rounds=rounds)), 0
    for seen, later_ms in steps:
        at_ms += later_ms
        show(hover, seen, at_ms)
        told = hover.guidance(seen, (240, 320))
        assert 0.0 <= told.progress <= 1.0
        assert all(len(one) <= pictures for one in hover.rounds)
        assert len(hover.rounds) <= rounds
        assert all(one.seen.guidance == "" and one.seen.quality.value >= 30 for r in hover.rounds for one in r)
        assert hover.ready == (len(hover.rounds) == rounds and all(len(one) == pictures for one in hover.rounds))
    hover.clear()
    assert hover.rounds == ((),)


def test_a_round_that_is_judged_wants_enough_pictures_of_each_light() -> None:
    hover = Hover(HoverRules(pictures=1, seen_min=3))
    bands: tuple[Band, ...] = ("visible", "nir", "visible", "nir", "visible")
    for number, band in enumerate(bands):
        if hover.wants(hand(), number * 100 * MS, HandImage(GREY, band)):
            region = hand().region
            assert region is not None
            hover.accept(Accepted(HandImage(GREY, band), hand(), READ(region)), number * 100 * MS)
        assert not hover.ready
    hover.wants(hand(), 500 * MS, HandImage(GREY, "nir"))
    assert hover.ready
    assert [one.image.band for one in hover.rounds[0]] == ["visible", "nir"]


def judged(hover: Hover, bands: str, at_ms: int = 0) -> list[int]:
    """The numbers of the pictures that liveness is judged by, after good ones in these lights, `v` and `n`."""
    images = [HandImage(GREY.copy(), "nir" if band == "n" else "visible") for band in bands]
    for number, image in enumerate(images):
        hover.wants(hand(), (at_ms + 70 * number) * MS, image)
    return [next(number for number, image in enumerate(images) if image is shown) for shown, _ in hover.shown]


def test_as_many_pictures_of_each_light_are_judged_however_they_come() -> None:
    rules = HoverRules(pictures=9, seen_min=4)
    assert judged(Hover(rules), "vnvnvnvnvn") == [2, 3, 4, 5, 6, 7, 8, 9]
    assert judged(Hover(rules), "nnnnvvvvvv") == [0, 1, 2, 3, 6, 7, 8, 9]
    assert judged(Hover(rules), "vvvvvvvvvv") == [2, 3, 4, 5, 6, 7, 8, 9]


def test_pictures_of_a_hand_that_went_are_not_judged_with_those_of_the_next_one() -> None:
    hover = Hover(HoverRules(pictures=9, seen_min=4))
    assert judged(hover, "vvv") == [0, 1, 2]
    show(hover, GONE, 300)
    show(hover, GONE, 900)
    assert judged(hover, "vv", 1000) == [0, 1]
    hover.clear()
    assert hover.shown == ()


def test_a_picture_that_comes_twice_counts_once_where_liveness_is_judged() -> None:
    for seen_min, again in ((4, False), (0, True)):
        hover = Hover(HoverRules(pictures=2, seen_min=seen_min))
        assert hover.wants(hand(), MS, IMAGE)
        assert hover.wants(hand(), 70 * MS, IMAGE, fresh=False) is again


def hovered(hover: Hover, pictures: str) -> list[HandImage]:
    """Pictures of a hand in these lights, `v` and `n`, or of none, `V` and `N`, until enough are read."""
    images = [HandImage(GREY.copy(), "nir" if one in "nN" else "visible") for one in pictures]
    for number, (one, image) in enumerate(zip(pictures, images, strict=True)):
        seen, now_ns = (hand() if one.islower() else GONE), (70 * number + 1) * MS
        if not hover.ready and hover.wants(seen, now_ns, image):
            region = seen.region
            assert region is not None
            hover.accept(Accepted(image, seen, READ(region)), now_ns)
    return images


@given(st.text(alphabet="vnVN", max_size=60), st.integers(1, 6), st.integers(0, 5))
def test_nothing_is_compared_that_liveness_is_not_shown(pictures: str, wanted: int, seen_min: int) -> None:
    hover = Hover(HoverRules(pictures=wanted, seen_min=seen_min))
    hovered(hover, pictures)
    judged_ids = {id(image) for image, _ in hover.shown}
    assert {id(one.image) for one in hover.rounds[-1]} <= judged_ids
    assert len(judged_ids) == len(hover.shown)


def test_what_was_read_first_is_judged_although_many_pictures_follow() -> None:
    hover = Hover(HoverRules(pictures=1, seen_min=4))
    images = hovered(hover, "v" * 3 + "n" + "v" * 30 + "n" * 2)
    assert not hover.ready
    assert any(image is images[0] for image, _ in hover.shown)


def test_a_light_that_sees_no_hand_is_waited_for_and_then_shown_to_the_judge() -> None:
    hover = Hover(HoverRules(pictures=2, seen_min=4))
    hovered(hover, "vN" * 7)
    assert not hover.ready
    hovered(hover, "vN")
    assert hover.ready
    assert [image.band for image, seen in hover.shown if not seen.found] == ["nir"] * 8
    late = Hover(HoverRules(pictures=2, seen_min=4))
    hovered(late, "vN" * 5 + "vn" * 4)
    assert late.ready
    assert all(seen.found for _, seen in late.shown)


def test_a_station_with_one_light_does_not_wait_for_another() -> None:
    hover = Hover(HoverRules(pictures=2, seen_min=4))
    hovered(hover, "v" * 4)
    assert hover.ready
