"""Target documents of the AutoCheckout layout (`full_targets.json`) become people frames (inches become metres)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tillfree.core.events import Joint, PeopleFrame, TrackedPerson
from tillfree.core.ids import TrackId
from tillfree.storage.importers.json_lines import DECODE_ERRORS, decode_lines
from tillfree.storage.importers.ordering import Stamped, in_time_order, time_ns_from_iso, time_ns_from_seconds
from tillfree.storage.recordings.soundness import METRES_MAX, PEOPLE_MAX, agreeing
from tillfree.storage.recordings.tally import Tally

__all__ = ["JOINTS", "TargetReader", "TargetsDocument", "targets_decoder", "targets_time_ns"]

JOINTS = ("head", "neck", "l_shoulder", "r_shoulder", "l_elbow", "r_elbow", "l_wrist", "r_wrist")
_METRES = 0.0254
_REPAIR_BYTES_MAX = 1024 * 1024
_NOT_JSON = re.compile(rb"(?<=[:\[,\s])-?(?:NaN|Infinity)(?=\s*[,}\]])")


# Bounds are checked where the line is decoded: what is outside sends the frame to `_repair`.
_Inches = Annotated[float, Meta(ge=-METRES_MAX / _METRES, le=METRES_MAX / _METRES)]


class _Spot(msgspec.Struct, frozen=True, gc=False):
    # The exporter leaves out a coordinate of exactly 0, and all three where the joint was not seen.
    x: _Inches = 0.0
    y: _Inches = 0.0
    z: _Inches = 0.0


class _JointDocument(msgspec.Struct, frozen=True, gc=False):
    point: _Spot | None = None
    score: Annotated[float, Meta(ge=0, le=1)] = 1.0


class _TargetId(msgspec.Struct, frozen=True, gc=False):
    id: str = ""


class _Target(msgspec.Struct, frozen=True):
    target_id: _TargetId
    head: _JointDocument | None = None
    neck: _JointDocument | None = None
    l_shoulder: _JointDocument | None = None
    r_shoulder: _JointDocument | None = None
    l_elbow: _JointDocument | None = None
    r_elbow: _JointDocument | None = None
    l_wrist: _JointDocument | None = None
    r_wrist: _JointDocument | None = None
    hands: msgspec.Raw = msgspec.Raw(b"[]")


class _Targets(msgspec.Struct, frozen=True):
    targets: list[_Target] = []


class _Header(msgspec.Struct, frozen=True, gc=False):
    t_issue: str | None = None


class _Body(msgspec.Struct, frozen=True):
    targets: _Targets | None = None
    header: _Header = _Header()


class TargetsDocument(msgspec.Struct, frozen=True):
    """The part of a target document that is used."""

    document: _Body
    timestamp: float | None = None


targets_decoder: "msgspec.json.Decoder[TargetsDocument]" = msgspec.json.Decoder(TargetsDocument)
_hands_decoder: "msgspec.json.Decoder[list[_JointDocument | None]]" = msgspec.json.Decoder(list[_JointDocument | None])


def targets_time_ns(document: TargetsDocument) -> int | None:
    """When the frame was taken: `timestamp`, else the header's `t_issue`, else None."""
    time_ns = time_ns_from_seconds(document.timestamp)
    return time_ns_from_iso(document.document.header.t_issue) if time_ns is None else time_ns


class TargetReader:
    """Reads people frames from one `full_targets.json`."""

    def __init__(self, path: Path, tally: Tally) -> None:
        self._path = path
        self._tally = tally

    def frames(self) -> Iterator[PeopleFrame]:
        """The frames in the order of time (within a bounded window).

        Raises:
            RecordingError: the file cannot be read or is something else.
        """
        sequence = 0
        latest = -1
        for item in in_time_order(self._stamped(), self._path.name, self._tally):
            document = item.document
            assert isinstance(document, TargetsDocument)
            if item.time_ns == latest:
                self._count("second frame with the same time left out", item.number)
                continue
            latest = item.time_ns
            targets = document.document.targets
            people = self._people(targets.targets, item.number) if targets and targets.targets else ()
            yield PeopleFrame(time_ns=item.time_ns, source="targets", sequence=sequence, people=people)
            sequence += 1

    def _count(self, what: str, number: int, detail: str = "") -> None:
        self._tally.add(f"{self._path.name}: {what}", f"line {number}{', ' if detail else ''}{detail}")

    def _stamped(self) -> Iterator[Stamped]:
        for number, size, document in decode_lines(self._path, targets_decoder, self._tally, self._repair):
            time_ns = targets_time_ns(document)
            if time_ns is None:
                self._count("document without a usable time left out", number)
                continue
            yield Stamped(time_ns, "", number, size, document)

    def _people(self, targets: list[_Target], number: int) -> tuple[TrackedPerson, ...]:
        if len(targets) > PEOPLE_MAX:
            self._count(f"more than {PEOPLE_MAX} people in a frame, the rest left out", number)
            targets = targets[:PEOPLE_MAX]
        people: dict[TrackId, TrackedPerson] = {}
        for target in targets:
            track = TrackId(target.target_id.id)
            if not track:
                self._count("person without an id left out", number)
                continue
            person = TrackedPerson(track, self._joints(target, number))
            known = people.get(track)
            if known is not None:
                self._count("two people with one id in a frame: only joints that agree are kept", number)
                person = TrackedPerson(track, agreeing(known.joints, person.joints))
            people[track] = person
        return tuple(people.values())

    def _joints(self, target: _Target, number: int) -> tuple[Joint, ...]:
        left, right = target.l_wrist, target.r_wrist
        if left is None and right is None:
            right, left = self._hands(target.hands, number)
        named = zip(
            JOINTS,
            (
                target.head,
                target.neck,
                target.l_shoulder,
                target.r_shoulder,
                target.l_elbow,
                target.r_elbow,
                left,
                right,
            ),
            strict=True,
        )
        return tuple(
            [
                Joint(name, spot.x * _METRES, spot.y * _METRES, spot.z * _METRES, joint.score)
                for name, joint in named
                if joint is not None and (spot := joint.point) is not None and (spot.x or spot.y or spot.z)
            ]
        )

    def _hands(self, raw: msgspec.Raw, number: int) -> tuple[_JointDocument | None, _JointDocument | None]:
        """Right and left wrist from `hands`, for sources that give no wrists of their own."""
        if raw == b"[]":
            return None, None
        try:
            hands = _hands_decoder.decode(raw)
        except DECODE_ERRORS:
            self._count("unreadable hands left out", number)
            return None, None
        padded = [*hands[:2], None, None]
        return padded[0], padded[1]

    def _repair(self, line: bytes, where: str) -> TargetsDocument | None:
        """Keeps what can be kept of a frame that is JSON but not quite of the layout (or has NaN in it)."""
        if len(line) > _REPAIR_BYTES_MAX:
            return None
        number = int(where.removeprefix("line "))
        try:
            raw = msgspec.json.decode(_NOT_JSON.sub(b"null", line))
        except DECODE_ERRORS:
            return None
        body = raw.get("document") if isinstance(raw, dict) else None
        if not isinstance(body, dict):
            return None
        container = body.get("targets")
        targets = container.get("targets") if isinstance(container, dict) else None
        people = [self._repair_target(t, number) for t in targets[:PEOPLE_MAX]] if isinstance(targets, list) else []
        header = body.get("header")
        issue = header.get("t_issue") if isinstance(header, dict) else None
        stamp = raw.get("timestamp")
        usable = isinstance(stamp, int | float) and abs(stamp) < 1e12
        self._count("frame repaired", number)
        return TargetsDocument(
            document=_Body(
                targets=_Targets([person for person in people if person]),
                header=_Header(issue if isinstance(issue, str) else None),
            ),
            timestamp=float(stamp) if usable else None,
        )

    def _repair_target(self, raw: Any, number: int) -> _Target | None:
        holder = raw.get("target_id") if isinstance(raw, dict) else None
        identity = holder.get("id") if isinstance(holder, dict) else None
        if isinstance(identity, bool) or not isinstance(identity, str | int):
            self._count("person without an id left out", number)
            return None
        joints: dict[str, _JointDocument] = {}
        for name in JOINTS:
            if raw.get(name) is None:
                continue
            joint = _repair_joint(raw[name])
            if joint is None:
                self._count("joint at an impossible place left out", number)
            else:
                joints[name] = joint
        try:
            hands = msgspec.Raw(msgspec.json.encode(raw.get("hands") or []))
        except (TypeError, ValueError, RecursionError):
            hands = msgspec.Raw(b"[]")
        return _Target(target_id=_TargetId(str(identity)), hands=hands, **joints)


def _repair_joint(raw: object) -> _JointDocument | None:
    """A joint whose place is right, with its score brought into bounds; else None."""
    if isinstance(raw, dict) and isinstance(raw.get("score"), int | float):
        raw = {**raw, "score": min(max(raw["score"], 0), 1)}
    try:
        return msgspec.convert(raw, _JointDocument)
    except DECODE_ERRORS:
        return None
