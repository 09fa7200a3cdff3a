"""What of a live event can be true: numbers and sizes that no shop has, and moments that have not come yet."""

import math
from collections.abc import Iterable

import msgspec
import numpy as np

from tillfree.core.events import (
    AgeChecked,
    CameraFrame,
    EntryGranted,
    EntryRefused,
    Event,
    GatePassage,
    ItemLook,
    PeopleFrame,
    SensorIssue,
    TagRead,
    TrackedPerson,
    WeightBatch,
)
from tillfree.core.time import NS_PER_MS, NS_PER_S

__all__ = ["FAR_NS", "Times", "in_time", "repaired", "unsound"]

FAR_NS = 10 * NS_PER_S
"""An event so much later than all before it is believed only when others agree."""
_AGREEING = 5
_TEXT_MAX = 500
_SAID_MAX = 2000
_PEOPLE_MAX = 5000
_JOINTS_MAX = 64
_PLACE_MAX_M = 10_000.0
_LOAD_MAX_G = 1e7
_LIKELIHOOD_MAX = 1e6
_VALUES_MAX = 1_000_000
_PRODUCTS_MAX = 10_000
_GROUP_MAX = 1000
_AGE_MAX = 150
_NUMBER_MAX = 2**62


def unsound(event: Event) -> str:
    """Why an event cannot be true, as the end of a sentence; empty if it can.

    Batches of weights that contradict themselves are counted by who reads them, and are none of this.
    """
    if not 0 < event.time_ns < _NUMBER_MAX:
        return f"is of the time {event.time_ns} ns, which is none"
    if not -_NUMBER_MAX < event.sequence < _NUMBER_MAX:
        return f"has the number {event.sequence}, which is none"
    if any(len(text) > _TEXT_MAX for text in _texts(event)):
        return f"has a name of more than {_TEXT_MAX} characters"
    if isinstance(event, PeopleFrame):
        return _unsound_people(event.people)
    return _too_much(event)


def repaired(event: Event) -> Event:
    """The event without readings that no plate can have: they are "no reading"."""
    if not isinstance(event, WeightBatch) or len(event.values) % 4:
        return event
    values = np.frombuffer(event.values, dtype="<f4")
    with np.errstate(invalid="ignore"):
        wild = ~(np.abs(values) <= _LOAD_MAX_G) & ~np.isnan(values)
    if not wild.any():
        return event
    return msgspec.structs.replace(event, values=np.where(wild, np.float32(np.nan), values).astype("<f4").tobytes())


def in_time(event: Event, now_ns: int, lateness_ms: int) -> Event:
    """What was said beside the stream, as an event of now: its clock may be another than that of the sensors.

    One of tomorrow would make everything else too late, and one that is too late would itself be left out.
    """
    slack_ns = lateness_ms * NS_PER_MS // 2
    if not now_ns or now_ns - slack_ns <= event.time_ns <= now_ns + slack_ns:
        return event
    return msgspec.structs.replace(event, time_ns=now_ns)


def _texts(event: Event) -> Iterable[str]:
    yield event.source
    match event:
        case WeightBatch():
            yield event.fixture
        case PeopleFrame():
            yield from (person.track for person in event.people)
        case GatePassage():
            yield from (event.track, event.direction, event.party)
        case ItemLook():
            yield event.track
            yield from event.log_likelihoods
        case CameraFrame():
            yield from (event.camera, event.format)
        case SensorIssue():
            yield from (event.device, event.problem)
        case TagRead():
            yield event.epc
        case EntryGranted():
            yield from (event.trip, event.role)
        case EntryRefused():
            yield event.reason
        case AgeChecked():
            yield event.trip


def _too_much(event: Event) -> str:
    problem = ""
    match event:
        case WeightBatch() if event.samples * event.shelves * event.plates > _VALUES_MAX:
            problem = f"has more than {_VALUES_MAX} weights"
        case ItemLook() if len(event.log_likelihoods) > _PRODUCTS_MAX:
            problem = f"names more than {_PRODUCTS_MAX} products"
        case ItemLook():
            values = (event.other_log_likelihood, *event.log_likelihoods.values())
            if not all(abs(value) <= _LIKELIHOOD_MAX for value in values):
                problem = "has a likelihood that is none"
        case SensorIssue() if max(len(event.detail), len(event.remedy)) > _SAID_MAX:
            problem = f"says more than {_SAID_MAX} characters"
        case EntryGranted() if not 1 <= event.group_size <= _GROUP_MAX:
            problem = f"lets {event.group_size} people in"
        case EntryGranted() | AgeChecked() if not 0 <= event.age_years <= _AGE_MAX:
            problem = f"tells of an age of {event.age_years} years"
    return problem


def _unsound_people(people: tuple[TrackedPerson, ...]) -> str:
    if len(people) > _PEOPLE_MAX:
        return f"shows more than {_PEOPLE_MAX} people"
    for person in people:
        if len(person.joints) > _JOINTS_MAX:
            return f"shows somebody of more than {_JOINTS_MAX} joints"
        for joint in person.joints:
            # A tracker may say NaN for what it did not see; what follows it can deal with that.
            if not all(math.isnan(v) or abs(v) <= _PLACE_MAX_M for v in (joint.x, joint.y, joint.z, joint.score)):
                return f"shows somebody who is more than {_PLACE_MAX_M:g} m away"
    return ""


class Times:
    """Lets through what happens about now: one clock that is wrong must not make everything else too late.

    An event far later than the newest one waits until `_AGREEING` in a row are of that time, as after a pause of the
    whole stream; then they all go on. So do the first ones. Where others come in between, what waited is left out.
    """

    def __init__(self) -> None:
        self.newest_ns = 0
        self._waiting: list[Event] = []

    def take(self, event: Event) -> tuple[list[Event], int]:
        """The events that are due, and how many were left out as being of another time."""
        if self.newest_ns and event.time_ns <= self.newest_ns + FAR_NS:
            left_out = len(self._waiting)
            self._waiting = []
            self.newest_ns = max(self.newest_ns, event.time_ns)
            return [event], left_out
        left_out = 0
        if self._waiting and abs(event.time_ns - self._waiting[-1].time_ns) > FAR_NS:
            left_out, self._waiting = len(self._waiting), []
        self._waiting.append(event)
        if len(self._waiting) < _AGREEING:
            return [], left_out
        due, self._waiting = self._waiting, []
        self.newest_ns = max(one.time_ns for one in due)
        return due, left_out

    def finish(self) -> list[Event]:
        """The stream is over: where it was too short for anything to agree, all of it is true."""
        due, self._waiting = ([] if self.newest_ns else self._waiting), []
        return due
