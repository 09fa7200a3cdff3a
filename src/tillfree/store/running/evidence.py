"""What a weight change looked like: the loads around it, and pictures where there are any, kept until nobody asks."""

from collections import OrderedDict, deque
from collections.abc import Iterable

from tillfree.catalog.cameras import pixel_of
from tillfree.catalog.model import Shop, plate_point
from tillfree.core.events import CameraFrame, WeightChange
from tillfree.core.ids import EventId, FixtureId, ShelfRef
from tillfree.core.time import NS_PER_MINUTE, NS_PER_MS, NS_PER_S
from tillfree.storage.database.records import KeptFrame, WeightTrace
from tillfree.store.running.plate_watch import TRACE_HZ, PlateWatch

__all__ = ["Evidence"]

_BEFORE_NS, _AFTER_NS = 2 * NS_PER_S, NS_PER_S
_FRAMES_NS = 1500 * NS_PER_MS
_FRAMES_OF_CHANGE = 6
_FRAMES_KEPT_NS = 20 * NS_PER_S
_FRAMES_KEPT_BYTES = 64_000_000
_KEPT_BYTES = 256_000_000
_KEPT_NS = 15 * NS_PER_MINUTE
_KEPT = 20_000
# A batch tells of the time before it; a change is cut when what follows it must have come.
_SLACK_NS = 300 * NS_PER_MS


class Evidence:
    """Weight changes and camera frames in; traces and frames by the id of a change out.

    `overflowed` counts changes that were forgotten though somebody who was there still is.
    """

    def __init__(self, shop: Shop, watches: dict[FixtureId, PlateWatch]) -> None:
        self._watches = watches
        self._shelves = shop.shelf_index()
        self._cameras = {camera.id: camera for camera in shop.cameras}
        self._sees: dict[tuple[str, ShelfRef], bool] = {}
        self._changes: OrderedDict[EventId, WeightChange] = OrderedDict()
        self._traces: dict[EventId, WeightTrace] = {}
        self._kept_frames: dict[EventId, tuple[KeptFrame, ...]] = {}
        self._kept_bytes = 0
        self._waiting: deque[WeightChange] = deque()
        self._frames: deque[CameraFrame] = deque()
        self._frame_bytes = 0
        self.overflowed = 0

    def frame(self, frame: CameraFrame) -> None:
        """A picture came."""
        self._frames.append(frame)
        self._frame_bytes += len(frame.data)
        oldest_ns = frame.time_ns - _FRAMES_KEPT_NS
        while self._frames and (self._frame_bytes > _FRAMES_KEPT_BYTES or self._frames[0].time_ns < oldest_ns):
            self._frame_bytes -= len(self._frames.popleft().data)

    def note(self, change: WeightChange) -> None:
        """A weight changed; what followed it is waited for."""
        self._changes[change.id] = change
        self._waiting.append(change)
        while len(self._changes) > _KEPT:
            self._forget(next(iter(self._changes)))
            self.overflowed += 1

    def change(self, change: EventId) -> WeightChange | None:
        """The change of that id, if it is remembered."""
        return self._changes.get(change)

    def settle(self, now_ns: int, *, all_of_it: bool = False) -> None:
        """Cut the traces of the changes after which enough has come; of all of them if nothing more will come."""
        for _ in range(len(self._waiting)):
            change = self._waiting.popleft()
            if all_of_it or now_ns >= change.end_ns + max(_AFTER_NS, _FRAMES_NS) + _SLACK_NS:
                self._cut(change)
            else:
                self._waiting.append(change)

    def of(self, cited: Iterable[EventId]) -> tuple[tuple[WeightTrace, ...], tuple[KeptFrame, ...]]:
        """Traces and frames of some changes, oldest first; ids that are none of a change have none."""
        changes = sorted({id_ for id_ in cited if id_ in self._changes}, key=lambda id_: self._changes[id_].start_ns)
        waiting = {change.id: change for change in self._waiting}
        for id_ in changes:
            if id_ in waiting:
                # The visit is over before all that follows came: what there is must do.
                self._cut(waiting[id_])
        traces = tuple(self._traces[id_] for id_ in changes if id_ in self._traces)
        return traces, tuple(frame for id_ in changes for frame in self._kept_frames.get(id_, ()))

    def forget(self, oldest_visit_ns: int | None, now_ns: int) -> None:
        """Forget the changes from before the oldest visit that goes on (None: nobody is there), and the oldest ones."""
        before_ns = now_ns if oldest_visit_ns is None else oldest_visit_ns
        while self._changes:
            id_, change = next(iter(self._changes.items()))
            if change.time_ns >= before_ns:
                if change.time_ns >= now_ns - _KEPT_NS:
                    return
                self.overflowed += 1
            self._forget(id_)

    def _forget(self, id_: EventId) -> None:
        self._changes.pop(id_)
        self._traces.pop(id_, None)
        self._drop_frames(id_)

    def _cut(self, change: WeightChange) -> None:
        watch = self._watches.get(change.fixture)
        shelf = self._shelves.get(ShelfRef(change.fixture, change.shelf))
        if watch is None or shelf is None or not change.plates or change.id not in self._changes:
            return
        watch.look()
        around = {*change.plates, min(change.plates) - 1, max(change.plates) + 1}
        plates = tuple(plate for plate in sorted(around) if 1 <= plate <= len(shelf.plates))
        begin_ns = max(change.start_ns - _BEFORE_NS, watch.kept_from_ns())
        rows = watch.cut([(change.shelf, plate) for plate in plates], begin_ns, change.end_ns + _AFTER_NS)
        if rows:
            self._traces[change.id] = WeightTrace(
                change=change.id,
                fixture=change.fixture,
                shelf=change.shelf,
                plates=plates,
                begin_ns=begin_ns,
                rate_hz=TRACE_HZ,
                start_ns=change.start_ns,
                end_ns=change.end_ns,
                grams=tuple(tuple(row) for row in rows),
            )
        if self._frames:
            self._keep_frames(change)

    def _keep_frames(self, change: WeightChange) -> None:
        self._drop_frames(change.id)
        frames = self._kept_frames[change.id] = self._frames_of(change)
        self._kept_bytes += sum(len(frame.data) for frame in frames)
        while self._kept_bytes > _KEPT_BYTES:
            # Weights are evidence enough where there is no room for the pictures of all that went on.
            self._drop_frames(next(iter(self._kept_frames)))

    def _drop_frames(self, id_: EventId) -> None:
        self._kept_bytes -= sum(len(frame.data) for frame in self._kept_frames.pop(id_, ()))

    def _frames_of(self, change: WeightChange) -> tuple[KeptFrame, ...]:
        ref = ShelfRef(change.fixture, change.shelf)
        near = [
            frame
            for frame in self._frames
            if change.start_ns - _FRAMES_NS <= frame.time_ns <= change.end_ns + _FRAMES_NS
            and self._shows(frame.camera, ref, change)
        ]
        near = sorted(near, key=lambda frame: abs(frame.time_ns - change.step_ns))[:_FRAMES_OF_CHANGE]
        return tuple(
            KeptFrame(change.id, frame.camera, frame.time_ns, frame.format, frame.data)
            for frame in sorted(near, key=lambda frame: (frame.time_ns, frame.camera))
        )

    def _shows(self, camera_id: str, ref: ShelfRef, change: WeightChange) -> bool:
        """Whether a camera looks at the shelf; of a camera whose place nobody knows that is taken for granted."""
        camera = self._cameras.get(camera_id)
        if camera is None:
            return True
        shelf = self._shelves[ref]
        middle = min(max(change.plates[len(change.plates) // 2], 1), len(shelf.plates))
        if (camera_id, ref) not in self._sees:
            self._sees[camera_id, ref] = pixel_of(camera, plate_point(shelf, middle)) is not None
        return self._sees[camera_id, ref]
