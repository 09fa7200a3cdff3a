"""The eyes of a station with the models that come with Tillfree, and the room that the settings of a store want."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.palm.shown_hands import ANN, STRANGER, held
from tillfree.cli.palm.demo import PEOPLE
from tillfree.cli.palm.eyes import shipped_eyes
from tillfree.cli.palm.sample_hands import SampleHands
from tillfree.cli.palm.serving import palm_desk_of
from tillfree.cli.palm.station import palm_room_of
from tillfree.palm.comparison import compare
from tillfree.palm.samples import HandImage
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.notice_settings import StationSettings
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.settings import StoreSettings
from tillfree.web.palms.pictures import Frame, decode_picture
from tillfree.web.palms.room import PalmRoom
from tillfree.web.palms.seeing import Eyes, Reading, Wishes
from tillfree.web.palms.session import Begin, Session

EVERY_NS = 70_000_000
"""As often as the page of a station sends pictures."""
PALMS = PalmSettings(enabled=True, samples_min=2, station=StationSettings(enabled=True, name="north"))
WISHES = Wishes(notice_version="1", purposes=("identify",))


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return shipped_eyes()[0]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PalmDesk]:
    with palm_desk_of(StoreSettings(palm=PALMS), tmp_path_factory.mktemp("data")) as made:
        assert made is not None
        yield made


@pytest.fixture(scope="module")
def room(desk: PalmDesk) -> PalmRoom:
    made = palm_room_of(StoreSettings(palm=PALMS), desk, None)
    assert made is not None
    return made


def readings(eyes: Eyes, frames: tuple[HandImage, ...]) -> list[Reading]:
    out = []
    for frame in frames:
        seen = eyes.look(frame, None, "unknown")
        assert seen.region is not None
        out.append(Reading(eyes.read(seen.region), seen.quality.value, live=True))
    return out


def test_one_hand_is_alike_at_two_moments_and_two_people_are_not(eyes: Eyes) -> None:
    before, after, other = (readings(eyes, held(*which)[:2]) for which in ((ANN, 0), (ANN, 1), (STRANGER, 0)))
    for band in range(2):
        assert compare(after[band].features, before[band].features).log_ratio > 15
        assert compare(other[band].features, before[band].features).log_ratio < 5


def test_a_look_says_which_hand_it_is_and_that_another_one_is_wanted(eyes: Eyes) -> None:
    image = held(ANN)[0]
    side = eyes.look(image, None, "unknown").side
    assert eyes.look(image, None, side).guidance == ""
    assert eyes.look(image, None, "left" if side == "right" else "right").guidance == "other hand"


def test_a_hand_that_hovers_is_taken_for_a_living_one_and_a_still_picture_is_not(eyes: Eyes) -> None:
    frames = held(ANN, pairs=6)[:8]
    assert eyes.judge is not None
    assert eyes.judge(frames, [eyes.look(frame, None, "unknown") for frame in frames]).passes
    still = (*[frames[0]] * 4, *[frames[1]] * 4)
    hint = eyes.judge(still, [eyes.look(frame, None, "unknown") for frame in still])
    assert (hint.passes, hint.reasons) == (False, ("a still picture",))  # said once, though both lights show it


def test_a_store_without_palms_has_no_desk_and_makes_no_vault(tmp_path: Path) -> None:
    with palm_desk_of(StoreSettings(), tmp_path) as made:
        assert made is None
    assert not list(tmp_path.iterdir())


def test_a_store_without_a_station_in_a_browser_has_no_room(desk: PalmDesk) -> None:
    assert palm_room_of(StoreSettings(), desk, None) is None
    assert palm_room_of(StoreSettings(palm=PALMS), None, None) is None


def test_a_station_knows_who_was_enrolled_until_they_are_forgotten(room: PalmRoom) -> None:
    assert (room.rules.station, room.rules.live, room.home) == ("north", True, None)
    first, again, later, other = (
        readings(room.eyes, held(*which)) for which in ((ANN, 0), (ANN, 1), (ANN, 1), (STRANGER, 0))
    )
    made = room.clerk.enrol(first, again, WISHES, "north")
    assert made.kind == "enrolled"
    assert room.clerk.enrol(first, again, WISHES, "north").kind == "already"
    known = room.clerk.identify([later], "north")
    assert (known.kind, known.account) == ("known", made.account)
    assert room.clerk.identify([other], "north").kind == "unknown"
    assert room.clerk.delete(made.account, "north").kind == "deleted"
    assert room.clerk.identify([later], "north").kind == "unknown"


def test_the_hands_of_the_demo_do_not_look_alike(eyes: Eyes) -> None:
    hands = SampleHands(PEOPLE)
    frames = range(2, 4)
    read = {
        (person, frame): eyes.read(region)
        for person in range(PEOPLE)
        for frame in frames
        if (region := eyes.look(shown(hands, person, frame), None, "unknown").region) is not None
    }
    assert len(read) == PEOPLE * len(frames)
    alike = max(
        compare(read[one, frame], read[other, frame]).log_ratio
        for frame in frames
        for one, other in itertools.permutations(range(PEOPLE), 2)
    )
    assert alike < 8


def shown(hands: SampleHands, person: int, frame: int) -> HandImage:
    return decode_picture(hands.picture(person, frame), "nir" if hands.band(frame) else "visible")


class Screen:
    """A station before which the hands of the demo are held, whose pictures go forth and back: some come twice."""

    def __init__(self, room: PalmRoom) -> None:
        self._session = Session(room.eyes, room.clerk, room.rules)
        self._hands = SampleHands(2, ("tablet",))
        self._number = 0

    def hold(self, person: int, want: Begin) -> str:
        """What comes of it."""
        self._number += 1000  # time in which what was said before has gone from the screen
        assert self._session.begin(want)[0]["k"] == "begun"
        held = list(range(2, self._hands.frames))
        for frame in ([0] * 8 + [1] + (held + held[-2:0:-1]) * 3) * 2:
            self._number += 1
            sent = Frame(
                self._number, "nir" if self._hands.band(frame) else "visible", self._hands.picture(person, frame)
            )
            said = self._session.see(sent, self._number * EVERY_NS)
            if len(said) > 1:
                return str(said[1]["kind"])
        return "nothing"


def test_a_living_hand_enrols_at_a_station_and_is_known_and_a_screen_is_not(room: PalmRoom) -> None:
    screen = Screen(room)
    assert screen.hold(0, Begin("enrol", "1", ("identify",))) == "enrolled"
    assert screen.hold(0, Begin("identify")) == "known"
    assert screen.hold(1, Begin("identify")) == "unknown"
    assert screen.hold(2, Begin("identify")) == "not live"
