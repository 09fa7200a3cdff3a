"""What an event read from a file must hold before anything else looks at it.

A file may be damaged, or made to do harm; components further down rely on shapes, bounds and finite numbers.
"""

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.core.events import (
    CameraFrame,
    Event,
    Joint,
    PeopleFrame,
    TagRead,
    TrackedPerson,
    WeightBatch,
    WeightChange,
)
from tillfree.core.ids import TrackId
from tillfree.storage.recordings.model import TruePeople, Truth
from tillfree.storage.recordings.tally import Tally

__all__ = [
    "METRES_MAX",
    "PEOPLE_MAX",
    "PLATES_MAX",
    "QUANTITY_MAX",
    "RATE_HZ_MAX",
    "SAMPLES_MAX",
    "SHELVES_MAX",
    "agreeing",
    "sound",
    "sound_people",
    "sound_truth",
    "without_impossible",
]

SAMPLES_MAX = 10_000
SHELVES_MAX = 100
PLATES_MAX = 1000
RATE_HZ_MAX = 10_000.0
PEOPLE_MAX = 256
METRES_MAX = 1000.0
QUANTITY_MAX = 10_000
_GRAMS_MAX = 1e6
"""A reading beyond a tonne is no reading."""
_SIDE_MAX_PX = 16_384
_TIME_NS_MAX = 4_102_444_800_000_000_000  # 2100-01-01
_SAME_PLACE_M = 0.05
_HEX = frozenset("0123456789ABCDEFabcdef")


def sound(event: Event, tally: Tally, where: str) -> Event | None:
    """The event, repaired where that is safe (and counted), or None where it must be left out (and counted)."""
    if not 0 <= event.time_ns < _TIME_NS_MAX:
        tally.add("event without a usable time left out", where)
        return None
    if isinstance(event, WeightBatch):
        return _sound_batch(event, tally, where)
    if isinstance(event, PeopleFrame):
        return _sound_frame(event, tally, where)
    wrong = _what_is_wrong(event)
    if wrong:
        tally.add(f"{wrong} left out", where)
        return None
    return event


def _what_is_wrong(event: Event) -> str:
    """In words; nothing for an event that may be."""
    match event:
        case CameraFrame():
            possible = 0 < event.width <= _SIDE_MAX_PX and 0 < event.height <= _SIDE_MAX_PX
            return "" if possible else "picture of an impossible size"
        case TagRead():
            return "" if _is_sound_read(event) else "tag read that cannot be"
        case WeightChange():
            alike = len(event.plates) == len(event.delta_g) == len(event.sigma_g)
            return "" if alike else "weight change with lists of different lengths"
        case _:
            return ""


def _is_sound_read(read: TagRead) -> bool:
    """Whether a reader may have said this: a number of at most 496 bits, as the longest EPC has, and finite levels."""
    digits = 0 < len(read.epc) <= 124 and all(digit in _HEX for digit in read.epc)
    phase = read.phase_rad is None or abs(read.phase_rad) < 1e3
    return digits and phase and 0 <= read.antenna < 65_536 and read.count >= 1 and abs(read.rssi_dbm) < 300.0


def sound_people(people: TruePeople, tally: Tally, where: str) -> TruePeople | None:
    """True places as they are, or None where they are impossible (and counted)."""
    expected = len(people.tracks) * len(people.names) * 12
    if (
        0 <= people.time_ns < _TIME_NS_MAX
        and len(people.tracks) == len(set(people.tracks)) <= PEOPLE_MAX
        and all(people.tracks)
        and len(people.joints) == expected
        and bool((np.abs(people.places_m()) < METRES_MAX).all())
    ):
        return people
    tally.add("impossible true places left out", where)
    return None


def sound_truth(truth: Truth, tally: Tally) -> Truth:
    """The truth without quantities that nobody can have (counted)."""
    receipts = {
        person: {product: quantity for product, quantity in items.items() if 0 <= quantity <= QUANTITY_MAX}
        for person, items in truth.receipts.items()
    }
    lost = sum(len(items) - len(receipts[person]) for person, items in truth.receipts.items())
    if not lost:
        return truth
    tally.add("impossible quantity in the truth left out", "", lost)
    return msgspec.structs.replace(truth, receipts=receipts)


def _sound_batch(batch: WeightBatch, tally: Tally, where: str) -> WeightBatch | None:
    if not (
        0 < batch.samples <= SAMPLES_MAX
        and 0 < batch.shelves <= SHELVES_MAX
        and 0 < batch.plates <= PLATES_MAX
        and 1.0 <= batch.rate_hz <= RATE_HZ_MAX
    ):
        tally.add("batch with an impossible shape or rate left out", where)
        return None
    if len(batch.values) != batch.samples * batch.shelves * batch.plates * 4:
        tally.add("batch whose data do not fill its shape left out", where)
        return None
    grams = np.frombuffer(batch.values, dtype="<f4")
    cleaned = without_impossible(grams, tally, where)
    if cleaned is grams:
        return batch
    return WeightBatch(
        time_ns=batch.time_ns,
        source=batch.source,
        sequence=batch.sequence,
        fixture=batch.fixture,
        rate_hz=batch.rate_hz,
        samples=batch.samples,
        shelves=batch.shelves,
        plates=batch.plates,
        values=cleaned.tobytes(),
    )


def without_impossible(grams: npt.NDArray[np.float32], tally: Tally, where: str) -> npt.NDArray[np.float32]:
    """The readings (contiguous, float32, grams) with NaN for impossible ones; the same array where there are none."""
    # The sum of squares bounds the greatest of them; NaN compares false and makes us look closer.
    if np.vdot(grams, grams) < _GRAMS_MAX**2:
        return grams
    with np.errstate(all="ignore"):
        wrong = np.abs(grams) > _GRAMS_MAX
    count = int(np.count_nonzero(wrong))
    if count:
        grams = grams.copy()
        grams[wrong] = np.nan
        tally.add("impossible readings left out", where, count)
    if np.isnan(grams).all():
        tally.add("batch without a single reading", where)
    return grams


def _sound_frame(frame: PeopleFrame, tally: Tally, where: str) -> PeopleFrame:
    people, limit = frame.people, METRES_MAX
    if _are_sound(people):
        return frame
    if len(people) > PEOPLE_MAX:
        tally.add(f"more than {PEOPLE_MAX} people in a frame, the rest left out", where)
    kept: dict[TrackId, TrackedPerson] = {}
    for person in people[:PEOPLE_MAX]:
        if not person.track:
            tally.add("person without an id left out", where)
            continue
        joints = tuple(
            Joint(joint.name, joint.x, joint.y, joint.z, min(max(joint.score, 0.0), 1.0))
            for joint in person.joints
            if max(abs(joint.x), abs(joint.y), abs(joint.z)) < limit
        )
        if len(joints) < len(person.joints):
            tally.add("joint at an impossible place left out", where, len(person.joints) - len(joints))
        known = kept.get(person.track)
        if known is not None:
            tally.add("two people with one id in a frame: only joints that agree are kept", where)
            joints = agreeing(known.joints, joints)
        kept[person.track] = TrackedPerson(person.track, joints)
    return PeopleFrame(time_ns=frame.time_ns, source=frame.source, sequence=frame.sequence, people=tuple(kept.values()))


def _are_sound(people: tuple[TrackedPerson, ...]) -> bool:
    """Whether there is nothing to repair."""
    tracks = {person.track for person in people}
    if len(people) > PEOPLE_MAX or len(tracks) < len(people) or "" in tracks:
        return False
    limit = METRES_MAX
    for person in people:
        for joint in person.joints:
            if not (
                -limit < joint.x < limit
                and -limit < joint.y < limit
                and -limit < joint.z < limit
                and 0.0 <= joint.score <= 1.0
            ):
                return False
    return True


def agreeing(one: tuple[Joint, ...], other: tuple[Joint, ...]) -> tuple[Joint, ...]:
    """Joints that both have in the same place.

    Which of two people with one id is meant cannot be told from the frame: a guess might put a hand into a shelf where
    its owner never was, while a person without joints is only somebody not seen for a moment.
    """
    places = {joint.name: joint for joint in other}
    return tuple(
        joint
        for joint in one
        if (twin := places.get(joint.name))
        and abs(twin.x - joint.x) + abs(twin.y - joint.y) + abs(twin.z - joint.z) < _SAME_PLACE_M
    )
