"""Scenes told to the inference alone: visits, people frames and weight changes in, beliefs out."""

from collections.abc import Iterable

from tests.scenes import Scene, ns
from tillfree.core.events import CartBelief, Event, Interaction, VisitClosed, VisitOpened
from tillfree.core.ids import ProductId, TrackId, VisitId
from tillfree.fusion.inference import WhoTookWhat
from tillfree.fusion.settings import FusionSettings

__all__ = ["Told", "events_of", "tell"]

Cart = dict[ProductId, int]


def events_of(scene: Scene, extra: Iterable[Event] = ()) -> list[Event]:
    """What the inference hears of a scene: each walker is a visit of that name, closed 0.8 s after the last frame."""
    events: list[Event] = [*scene.weight_changes(), *extra]
    for number, (name, walker) in enumerate(scene.walkers.items()):
        visit, track = VisitId(name), TrackId(name)
        opened, gone = ns(walker.path[0][0]), ns(walker.path[-1][0] + 0.8)
        events.append(
            VisitOpened(time_ns=opened, source="visits", sequence=2 * number, visit=visit, track=track, code=name)
        )
        events.append(VisitClosed(time_ns=gone, source="visits", sequence=2 * number + 1, visit=visit, reason="exit"))
    # At one and the same time a visit opens before its person is seen.
    people = [(frame.time_ns, 1, frame.sequence, frame) for frame in scene.frames()]
    others = [(e.time_ns, 0 if isinstance(e, VisitOpened) else 2, n, e) for n, e in enumerate(events)]
    return [e for *_, e in sorted([*people, *others], key=lambda row: row[:3])]


class Told:
    """The beliefs of every visit, in order, as they came out."""

    def __init__(self, beliefs: Iterable[CartBelief]) -> None:
        self.all = list(beliefs)
        self.by_visit: dict[VisitId, list[CartBelief]] = {}
        for belief in self.all:
            self.by_visit.setdefault(belief.visit, []).append(belief)

    def final(self, name: str) -> CartBelief:
        """The belief after the exit."""
        last = self.by_visit[VisitId(name)][-1]
        assert last.final
        return last

    def cart(self, name: str) -> Cart:
        """The most probable cart in the end."""
        return self.final(name).alternatives[0].items

    def chance(self, name: str, cart: Cart) -> float:
        """The final probability of exactly this cart."""
        return next((a.probability for a in self.final(name).alternatives if a.items == cart), 0.0)

    def at(self, name: str, second: float) -> Cart:
        """The most probable cart at a moment."""
        beliefs = [b for b in self.by_visit.get(VisitId(name), ()) if b.time_ns <= ns(second)]
        return beliefs[-1].alternatives[0].items if beliefs else {}

    def acts(self, name: str) -> list[Interaction]:
        """What the best explanation says that the visit did."""
        return list(self.final(name).interactions)


def tell(scene: Scene, extra: Iterable[Event] = (), settings: FusionSettings | None = None) -> Told:
    """Run a scene through the inference alone."""
    fusion = WhoTookWhat(scene.shop, settings or FusionSettings())
    return Told(belief for event in events_of(scene, extra) for belief in fusion.update(event))
