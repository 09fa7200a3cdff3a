"""Sensors that fall silent: a cut cable, a stopped tracker, a hole in a recording.

What happened meanwhile nobody knows, so every visit that overlaps an outage is in doubt, and its receipt goes to
review.
"""

from collections.abc import Callable

from tillfree.core.events import Event, PeopleFrame, SensorIssue, WeightBatch
from tillfree.core.time import NS_PER_S

__all__ = ["Outages"]

_SILENT_NS = 3 * NS_PER_S
SOURCE = "outages"
_TRACKER = "tracker"


class Outages:
    """Watches when each fixture's scales and the tracker last spoke; give it every event, in order of time."""

    def __init__(self, fixtures: list[str]) -> None:
        self._scales: dict[str, str] = {fixture: f"scales of fixture {fixture}" for fixture in fixtures}
        self._last_ns: dict[str, int] = {}
        self._begun_ns: int | None = None
        self._silent: set[str] = set()
        self._issues = 0
        # No speaker's silence is long enough to be noticed before this time, so until then nobody is looked at.
        self._look_after_ns = 0

    def update(self, event: Event, anybody: Callable[[], bool]) -> list[SensorIssue]:
        """Take one event; return what fell silent, or speaks again. `anybody`: whether visitors are in the shop.

        A tracker may be silent while nobody is there.
        """
        found: list[SensorIssue] = []
        if self._begun_ns is None:
            self._begun_ns = event.time_ns
        speaker = self._speaker(event)
        if speaker is not None:
            self._hear(speaker, event.time_ns, anybody, found)
        if event.time_ns > self._look_after_ns:
            self._look(event.time_ns, anybody, found)
        return found

    def _hear(self, speaker: str, now_ns: int, anybody: Callable[[], bool], found: list[SensorIssue]) -> None:
        """Somebody speaks: again, if they were silent."""
        last_ns = self._last_ns.get(speaker, now_ns)
        self._last_ns[speaker] = now_ns
        if speaker in self._silent:
            self._silent.discard(speaker)
            gone_s = (now_ns - last_ns) / NS_PER_S
            found.append(self._issue(now_ns, speaker, "recovered", f"speaks again after {gone_s:.1f} s"))
        elif now_ns - last_ns > _SILENT_NS and (speaker != _TRACKER or anybody()):
            # Everything stopped together, as where a piece of a recording is missing: no clock ran meanwhile.
            gone_s = (now_ns - last_ns) / NS_PER_S
            found.append(self._issue(now_ns, speaker, "silent", f"said nothing for {gone_s:.1f} s"))

    def _look(self, now_ns: int, anybody: Callable[[], bool], found: list[SensorIssue]) -> None:
        """Note whose silence has become too long, and when the next one's may."""
        if (
            self._begun_ns is not None
            and now_ns - self._begun_ns > _SILENT_NS
            and len(self.unheard) == len(self._scales)
        ):
            # Not a single scale speaks: that is no fixture without scales, it is an outage from the beginning on.
            self._last_ns.update(dict.fromkeys(self._scales.values(), self._begun_ns))
        for name, last_ns in self._last_ns.items():
            if now_ns - last_ns > _SILENT_NS and name not in self._silent and (name != _TRACKER or anybody()):
                self._silent.add(name)
                found.append(self._issue(now_ns, name, "silent", f"has said nothing for {_SILENT_NS // NS_PER_S} s"))
        waiting = [last_ns for name, last_ns in self._last_ns.items() if name not in self._silent]
        self._look_after_ns = min(waiting, default=now_ns) + _SILENT_NS

    @property
    def unheard(self) -> list[str]:
        """Fixtures whose scales have not said anything yet, nor been missed."""
        return [fixture for fixture, name in self._scales.items() if name not in self._last_ns]

    @property
    def any_silent(self) -> bool:
        """Whether anything is silent now."""
        return bool(self._silent)

    def _issue(self, time_ns: int, device: str, problem: str, detail: str) -> SensorIssue:
        self._issues += 1
        remedy = "check its power and network; visits of this time are under review" if problem == "silent" else ""
        return SensorIssue(
            time_ns=time_ns,
            source=SOURCE,
            sequence=self._issues,
            device=device,
            problem=problem,
            detail=detail,
            remedy=remedy,
        )

    def _speaker(self, event: Event) -> str | None:
        if isinstance(event, WeightBatch):
            return self._scales.get(event.fixture)
        return _TRACKER if isinstance(event, PeopleFrame) else None
