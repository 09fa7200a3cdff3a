"""Sensors that fall silent: a cut cable, a stopped tracker, a hole in a recording.

What happened meanwhile nobody knows, so every visit that overlaps an outage is in doubt, and its receipt goes to
review.
"""

from tillfree.core.events import Event, PeopleFrame, SensorIssue, WeightBatch
from tillfree.core.time import NS_PER_S

__all__ = ["Outages"]

_SILENT_NS = 3 * NS_PER_S
SOURCE = "outages"


class Outages:
    """Watches when each fixture's scales and the tracker last spoke; give it every event, in order of time."""

    def __init__(self, fixtures: list[str]) -> None:
        self._fixtures = {f"scales of fixture {fixture}" for fixture in fixtures}
        self._last_ns: dict[str, int] = {}
        self._silent: set[str] = set()
        self._issues = 0

    def update(self, event: Event, *, anybody: bool) -> list[SensorIssue]:
        """Take one event; return what fell silent, or speaks again. `anybody`: whether visitors are in the shop.

        A tracker may be silent while nobody is there.
        """
        found: list[SensorIssue] = []
        now_ns = event.time_ns
        speaker = _speaker(event)
        if speaker is not None and (speaker == "tracker" or speaker in self._fixtures):
            last_ns = self._last_ns.get(speaker)
            gone_s = 0.0 if last_ns is None else (now_ns - last_ns) / NS_PER_S
            if speaker in self._silent:
                self._silent.discard(speaker)
                found.append(self._issue(now_ns, speaker, "recovered", f"speaks again after {gone_s:.1f} s"))
            elif last_ns is not None and now_ns - last_ns > _SILENT_NS and (speaker != "tracker" or anybody):
                # Everything stopped together, as where a piece of a recording is missing: no clock ran meanwhile.
                found.append(self._issue(now_ns, speaker, "silent", f"said nothing for {gone_s:.1f} s"))
            self._last_ns[speaker] = now_ns
        for name, last_ns in self._last_ns.items():
            if now_ns - last_ns > _SILENT_NS and name not in self._silent and (name != "tracker" or anybody):
                self._silent.add(name)
                found.append(self._issue(now_ns, name, "silent", f"has said nothing for {_SILENT_NS // NS_PER_S} s"))
        return found

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


def _speaker(event: Event) -> str | None:
    if isinstance(event, WeightBatch):
        return f"scales of fixture {event.fixture}"
    return "tracker" if isinstance(event, PeopleFrame) else None
