"""Who took what: multi-hypothesis inference over weight changes, hands and possession.

For each change every hypothesis of the group concerned is continued by every explanation of it (`explain`), the best
few are kept, and equal futures are merged: multiple hypothesis tracking (Reid 1979; Cox and Hingorani, An Efficient
Implementation of Reid's Multiple Hypothesis Tracking Algorithm, IEEE PAMI 18(2), 1996) over discrete acts, with the
weights of items kept as Gaussians inside each hypothesis (Rao-Blackwellisation: Doucet et al., UAI 2000). It was
chosen over particles because the acts behind a change are few and can be listed, so that nothing is left to chance
and a replay is exact; and over message passing because possession couples acts that lie minutes apart. Nothing is
decided until a visit closes: a later put-back by somebody else can still turn an earlier take into a hand-over.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable
from functools import partial

import msgspec
import numpy as np

from tillfree.catalog.model import Shop
from tillfree.core.events import (
    CartBelief,
    Event,
    ItemLook,
    PeopleFrame,
    SensorIssue,
    TrackJoined,
    TrackParted,
    VisitClosed,
    VisitOpened,
    WeightChange,
)
from tillfree.core.ids import EventId, FixtureId, ShelfRef, VisitId
from tillfree.core.time import NS_PER_MS
from tillfree.fusion.beliefs import Distribution, alternatives_of, distribution_of, interactions_of, lines_of
from tillfree.fusion.blind import BlindReach, BlindReaches
from tillfree.fusion.bodies import Bodies, Reach
from tillfree.fusion.branches import continued, hand_overs, unseen_takes
from tillfree.fusion.clocks import ClockOffset, LeavingHands
from tillfree.fusion.explain import Explanation, Scene, explanations, view_of
from tillfree.fusion.fits import Key, ShelfFits
from tillfree.fusion.groups import Group, Groups
from tillfree.fusion.loads import Floats, Load, load_of, overlaps, steps_of, with_open_loads
from tillfree.fusion.meetings import HandMeeting, Meetings
from tillfree.fusion.options import ShelfOptions
from tillfree.fusion.parameters import MODEL, Model
from tillfree.fusion.relevance import groups_at_shelf, groups_in_hands, held_beside
from tillfree.fusion.settings import FusionSettings
from tillfree.fusion.shelves import ShelfGrid
from tillfree.fusion.state import Hypothesis, Item, OpenLoad

__all__ = ["WhoTookWhat"]

SOURCE = "fusion"
# The wrist lies in the shelf from about 0.8 s before the weight goes to 0.1-0.7 s after (measured); what is left of the
# difference between the clocks of plates and tracks, after it was estimated, is well below these.
_BEFORE_NS = 350 * NS_PER_MS
_AFTER_NS = 350 * NS_PER_MS
_REACH_SPAN = 7.0
# A meeting of hands that speaks more strongly than this against a hand-over is not followed up.
_HARDLY = -2.0
# How often loads are looked at that no change has explained yet, and how long after their hand has left.
_LOOK_EVERY_NS = 200 * NS_PER_MS
_RELEASE_NS = 700 * NS_PER_MS
_LOOK_LIMIT = 12.0
# What follows a change of the same plates so soon may be its aftermath.
_REST_NS = 1000 * NS_PER_MS
_FRAME_GAP_NS = 30 * NS_PER_MS


class WhoTookWhat:
    """Visits, people frames and weight changes in (in order of time); beliefs about carts out."""

    def __init__(self, shop: Shop, settings: FusionSettings, model: Model = MODEL) -> None:
        self._shop = shop
        self._settings = settings
        self._model = model
        self._grids = {ref: ShelfGrid(shelf) for ref, shelf in shop.shelf_index().items()}
        self._shelves: dict[ShelfRef, ShelfOptions] = {}
        self._bodies = Bodies()
        self._meetings = Meetings(shop.fixtures)
        self._groups = Groups(settings.hypotheses_max, math.log(settings.prune_below))
        self._runners_up: dict[EventId, dict[str, float]] = {}
        self._told_at: deque[tuple[int, EventId]] = deque()
        self._opened: dict[VisitId, int] = {}
        self._silent: set[str] = set()
        self._told: dict[VisitId, Distribution] = {}
        self._sequence: dict[VisitId, int] = defaultdict(int)
        self._identity: dict[VisitId, float] = defaultdict(lambda: 1.0)
        self._blind = BlindReaches()
        self._products = shop.product_index()
        self._last_change_ns: dict[ShelfRef, int] = {}
        self._shaken: dict[ShelfRef, tuple[int, Floats]] = {}
        self._hands = LeavingHands()
        self._last_frame_ns = -(2**62)
        self._next_look_ns = 0
        self.unexplained = 0

    @property
    def clock_offset(self) -> ClockOffset:
        """How late the tracks are against the plates."""
        return self._hands.offset

    def update(self, event: Event) -> list[CartBelief]:
        """Take one event; return the beliefs that changed."""
        match event:
            case PeopleFrame():
                return self._on_people(event)
            case WeightChange():
                return self._on_change(event)
            case ItemLook():
                return self._on_look(event)
            case SensorIssue():
                self._on_issue(event)
            case VisitOpened():
                self._groups.open(event.visit)
                self._opened[event.visit] = event.time_ns
                if self._silent:
                    self._identity[event.visit] *= self._model.outage_trust
                self._bodies.link(event.track, event.visit)
                if event.anonymous:
                    self._bodies.assume(event.visit)
            case TrackJoined():
                self._bodies.link(event.track, event.visit)
                # If it was somebody else, this cart may be wrong in ways that no hypothesis knows of.
                self._identity[event.visit] *= event.probability
            case TrackParted():
                return self._on_parted(event)
            case VisitClosed():
                return self._on_closed(event)
        return []

    # ---- people ---------------------------------------------------------------------------------------------

    def _on_people(self, frame: PeopleFrame) -> list[CartBelief]:
        if frame.time_ns - self._last_frame_ns < _FRAME_GAP_NS:
            # Trackers send bursts of nearly equal frames; the second of two says nothing new.
            return []
        self._last_frame_ns = frame.time_ns
        now = self._bodies.update(frame)
        beliefs: list[CartBelief] = []
        for meeting in self._meetings.update(now, frame.time_ns):
            beliefs += self._on_meeting(meeting, frame.time_ns)
        self._hands.look(self._bodies, frame.time_ns)
        if frame.time_ns >= self._next_look_ns:
            self._next_look_ns = frame.time_ns + _LOOK_EVERY_NS
            beliefs += self._release_loads(frame.time_ns)
        for reach in self._blind.update(now, frame.time_ns):
            beliefs += self._on_blind_reach(reach, frame.time_ns)
        return beliefs

    def _on_parted(self, event: TrackParted) -> list[CartBelief]:
        """Two people had been taken for one: what was seen since then goes to the one who was seen."""
        if not {event.visit, event.to_visit} <= self._opened.keys():
            return []
        self._bodies.part(event.visit, event.to_visit, event.since_ns)
        self._groups.part(event.visit, event.to_visit, event.since_ns)
        for visit in (event.visit, event.to_visit):
            # Whatever the hidden one did meanwhile went to others.
            self._identity[visit] *= self._model.parted_trust
        return self._beliefs({event.visit, event.to_visit}, event.time_ns)

    def _release_loads(self, time_ns: int) -> list[CartBelief]:
        """Loads that no hand holds any more were no hands: such explanations lose most of their weight."""
        beliefs: list[CartBelief] = []
        for group in self._groups.doubtful:
            loads = {load.key: load for h in group.hypotheses for load in h.open}
            stale = {key for key, load in loads.items() if self._is_released(load, time_ns)}
            if stale:
                beliefs += self._replace(group, [self._without_loads(h, stale) for h in group.hypotheses], time_ns)
        return beliefs

    def _replace(self, group: Group, hypotheses: list[Hypothesis], time_ns: int) -> list[CartBelief]:
        """New hypotheses for a group, and what follows for the carts of everybody in it."""
        members = set(group.visits)
        self._groups.replace(group, hypotheses)
        return self._beliefs(members | group.visits, time_ns)

    def _is_released(self, load: OpenLoad, time_ns: int) -> bool:
        if time_ns - load.time_ns < _RELEASE_NS:
            return False
        if time_ns - load.time_ns > self._settings.unsettled_after_ms * NS_PER_MS:
            return True
        grid = self._grids[load.shelf]
        late_ns = self._hands.offset.nanoseconds
        start_ns = time_ns - _RELEASE_NS + late_ns
        return not self._bodies.anybody_at(grid.point(load.centre), grid.into, start_ns, time_ns + late_ns)

    def _without_loads(self, hypothesis: Hypothesis, stale: set[EventId]) -> Hypothesis:
        penalty = sum(
            self._model.log_unsettled * min(1.0, (load.size_g / self._model.unsettled_g) ** 2)
            for load in hypothesis.open
            if load.key in stale
        )
        left = tuple(load for load in hypothesis.open if load.key not in stale)
        return msgspec.structs.replace(hypothesis, log_weight=hypothesis.log_weight + penalty, open=left)

    def _without_hands(self, group: Group) -> Group:
        """The group as it would be if no hand were on any shelf any more."""
        unsettled = [self._without_loads(h, {load.key for load in h.open}) for h in group.hypotheses]
        total = float(np.logaddexp.reduce([h.log_weight for h in unsettled]))
        weighed = [msgspec.structs.replace(h, log_weight=h.log_weight - total) for h in unsettled]
        return Group(sorted(weighed, key=lambda h: -h.log_weight), group.kept)

    def _on_issue(self, issue: SensorIssue) -> None:
        if issue.plate is None and issue.problem == "silent":
            # Anything may have been taken or put back meanwhile, by anybody who is here.
            self._silent.add(issue.device)
            for visit in self._opened:
                self._identity[visit] *= self._model.outage_trust
        elif issue.plate is None:
            self._silent.discard(issue.device)
        if issue.plate is None or issue.plate.shelf_ref not in self._grids:
            return
        if issue.problem == "dead":
            grid = self._grids[issue.plate.shelf_ref]
            self._blind.died(issue.plate, grid.point(issue.plate.plate - 0.5), grid.into)
        else:
            self._blind.recovered(issue.plate)

    def _on_blind_reach(self, reach: BlindReach, time_ns: int) -> list[CartBelief]:
        """Branch every hypothesis: nothing was taken from the dead plate, or one unit of what lies there."""
        products = {f.product for f in self._shop.facings_on(reach.plate.shelf_ref) if reach.plate.plate in f.plates}
        if reach.visit not in self._opened or not products or self._weighed(reach):
            return []
        event = EventId(f"blind#{reach.start_ns}-{reach.visit}-{reach.plate}")
        known = (self._products.get(product) for product in products)
        weights = {product.id: product.weight_g or 0.0 for product in known if product is not None}
        group = self._groups.join(())
        branched = [new for h in group.hypotheses for new in unseen_takes(h, reach, weights, event, self._model)]
        return self._replace(group, branched, time_ns)

    def _weighed(self, reach: BlindReach) -> bool:
        """Whether neighbours of the dead plate saw something meanwhile, which then explains the reach."""
        last_ns = self._last_change_ns.get(reach.plate.shelf_ref, -(2**62))
        return reach.start_ns - NS_PER_MS * 500 <= last_ns <= reach.end_ns + NS_PER_MS * 500

    def _on_meeting(self, meeting: HandMeeting, time_ns: int) -> list[CartBelief]:
        """Branch every hypothesis: nothing was passed, or one item went from one to the other."""
        pair = {meeting.first, meeting.second}
        if not pair <= self._opened.keys():
            return []
        groups = [group for visit in sorted(pair) for group in self._groups.of(visit) if group.visits & pair]
        if not groups:
            return []
        if meeting.log_ratio < _HARDLY:
            # Hardly anything was passed: that is not worth a second story, but what little it may be is not denied.
            for visit in pair:
                self._identity[visit] *= 1.0 - self._model.meeting_gives * math.exp(meeting.log_ratio)
            return []
        group = self._groups.join(groups)
        event = EventId(f"meeting#{meeting.start_ns}-{meeting.first}-{meeting.second}")
        branched = [new for h in group.hypotheses for new in hand_overs(h, meeting, event, time_ns, self._model)]
        return self._replace(group, branched, time_ns)

    def _on_look(self, look: ItemLook) -> list[CartBelief]:
        """A camera's opinion of an item in somebody's hand: one more likelihood, the inference stays as it is."""
        visit = self._bodies.visit_of(look.track)
        if visit is None or visit not in self._opened:
            return []
        group = self._groups.join(self._groups.of(visit))
        weighed = []
        for hypothesis in group.hypotheses:
            seen = [_look_ratio(look, item) for item in hypothesis.held.get(visit, ())]
            ratio = float(np.logaddexp.reduce(seen)) - math.log(len(seen)) if seen else _look_ratio(look, None)
            weighed.append(msgspec.structs.replace(hypothesis, log_weight=hypothesis.log_weight + ratio))
        return self._replace(group, weighed, look.time_ns)

    # ---- changes of weight ----------------------------------------------------------------------------------

    def _on_change(self, change: WeightChange) -> list[CartBelief]:
        ref = ShelfRef(FixtureId(change.fixture), change.shelf)
        if ref not in self._grids:
            return []
        shelf = self._shelves.get(ref)
        if shelf is None:
            shelf = self._shelves[ref] = ShelfOptions(self._shop, ref, self._grids[ref], self._model)
        load = load_of(change, self._grids[ref].plates)
        self._last_change_ns[ref] = change.step_ns
        before_g = self._shaken_g(ref, load, change)
        reaches: dict[tuple[int, int], dict[VisitId, Reach]] = {}
        steps_ns = steps_of(change, self._grids[ref].plates)

        def reach(visit: VisitId, centre: float) -> Reach:
            step_ns = steps_ns[min(max(int(centre), 0), len(steps_ns) - 1)]
            cell = (round(centre * 2), step_ns)
            if cell not in reaches:
                seen_ns = step_ns + self._hands.offset.nanoseconds
                reaches[cell] = self._bodies.reaches(
                    shelf.grid.point(cell[0] / 2), shelf.grid.into, seen_ns - _BEFORE_NS, seen_ns + _AFTER_NS
                )
            return reaches[cell].get(visit, Reach(-6.0, math.nan))

        people = self._near(load, reach)
        near_shelf = groups_at_shelf(self._groups, shelf.grid, ref, load)
        if not people and not near_shelf:
            self.unexplained += 1
            return []
        plate = int(np.argmax(np.abs(load.delta)))
        self._hands.watch(
            {visit: reach(visit, plate + 0.5) for visit in people}, shelf.grid, plate + 0.5, steps_ns[plate]
        )
        groups: list[Group] = []
        scene = Scene(
            change.id,
            change.time_ns,
            change.step_ns,
            shelf,
            people,
            reach,
            partial(held_beside, self._groups, groups),
            self._model,
            before_g,
            ShelfFits(shelf),
        )
        readings = self._readings(scene, load, near_shelf)
        full = groups_in_hands(self._groups, self._meetings.met, scene, load, readings)
        groups.append(self._groups.join([*near_shelf, *full]))
        group = groups[0]
        explained, told = self._continue(group, scene, load, change)
        self._runners_up[change.id] = told
        self._told_at.append((change.time_ns, change.id))
        return self._replace(group, explained, change.time_ns)

    def _shaken_g(self, ref: ShelfRef, load: Load, change: WeightChange) -> float:
        """How much the same plates changed a moment ago, in grams: they may still be coming to rest."""
        moved = self._grids[ref].moved(load.delta, load.sigma)
        last = self._shaken.get(ref)
        self._shaken[ref] = (change.time_ns, load.delta)
        if last is None or change.start_ns - last[0] > _REST_NS:
            return 0.0
        return abs(float(last[1][moved].sum()))

    def _readings(self, scene: Scene, load: Load, near_shelf: list[Group]) -> dict[Key, Load]:
        """The change alone, and with the open loads that hypotheses know of on its plates."""
        readings: dict[Key, Load] = {
            tuple(o.key for o in settled): whole
            for group in near_shelf
            for settled, whole in (self._reading(hypothesis, scene, load) for hypothesis in group.hypotheses)
        }
        readings.setdefault((), load)
        return readings

    def _near(self, load: Load, reach: Callable[[VisitId, float], Reach]) -> tuple[VisitId, ...]:
        """The visits whose hands may have done it, best first."""
        strong = np.flatnonzero(np.abs(load.delta) >= 0.15 * np.abs(load.delta).max())
        best: dict[VisitId, float] = {}
        visits = self._groups.visits
        for plate in strong.tolist():
            for visit in visits:
                best[visit] = max(best.get(visit, -math.inf), reach(visit, plate + 0.5).log_ratio)
        if not best:
            return ()
        floor = max(best.values()) - _REACH_SPAN
        ranked = sorted((-ratio, visit) for visit, ratio in best.items() if ratio >= floor)
        return tuple(visit for _, visit in ranked[: self._settings.people_max])

    def _continue(
        self, group: Group, scene: Scene, load: Load, change: WeightChange
    ) -> tuple[list[Hypothesis], dict[str, float]]:
        """Every hypothesis with every explanation; also the explanations in words with their probabilities."""
        scored: list[tuple[float, int, int, Hypothesis, Explanation]] = []
        log_floor = math.log(self._settings.prune_below)
        top = -math.inf
        for rank, hypothesis in enumerate(group.hypotheses):
            settled, whole_load = self._reading(hypothesis, scene, load)
            view = view_of(scene, hypothesis, whole_load, settled)
            for number, way in enumerate(explanations(scene, view, whole_load)):
                score = hypothesis.log_weight + way.log_likelihood
                top = max(top, score)
                if score < top + log_floor:
                    break
                scored.append((score, -rank, -number, hypothesis, way))
        scored.sort(key=lambda s: s[:3], reverse=True)
        kept = [s for s in scored[: self._settings.hypotheses_max * 2] if s[0] >= top + log_floor]
        made = [continued(hypothesis, way, score, change) for score, _, _, hypothesis, way in kept]
        told: dict[str, float] = defaultdict(float)
        total = float(np.logaddexp.reduce([s[0] for s in kept]))
        for score, _, _, _, way in kept:
            told[_words(way)] += math.exp(score - total)
        best = sorted(told.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
        return made, {words: round(p, 6) for words, p in best if p >= 1e-4}

    def _reading(self, hypothesis: Hypothesis, scene: Scene, load: Load) -> tuple[tuple[OpenLoad, ...], Load]:
        """The change together with the loads on these plates that are still unexplained.

        Nothing is lost by taking them together: a take beside a resting hand stays open with it, until the hand leaves.
        """
        oldest_ns = scene.time_ns - self._settings.unsettled_after_ms * NS_PER_MS
        near = tuple(
            o for o in hypothesis.open if o.shelf == scene.shelf.ref and o.time_ns >= oldest_ns and overlaps(o, load)
        )
        return near, with_open_loads(load, near) if near else load

    # ---- what is told ---------------------------------------------------------------------------------------

    def _beliefs(self, visits: set[VisitId], time_ns: int) -> list[CartBelief]:
        beliefs: list[CartBelief] = []
        for visit in sorted(visits):
            groups = self._groups.of(visit)
            if not groups:
                continue
            distribution = distribution_of(groups, visit, self._identity[visit])
            if self._told.get(visit, ()) != distribution:
                self._told[visit] = distribution
                beliefs.append(self._belief(visit, groups, distribution, time_ns))
        return beliefs

    def _belief(
        self, visit: VisitId, groups: list[Group], distribution: Distribution, time_ns: int, *, final: bool = False
    ) -> CartBelief:
        self._sequence[visit] += 1
        return CartBelief(
            time_ns=time_ns,
            source=f"{SOURCE}/{visit}",
            sequence=self._sequence[visit],
            visit=visit,
            lines=lines_of(distribution, groups, visit),
            alternatives=alternatives_of(distribution),
            interactions=interactions_of(groups, visit, SOURCE, self._runners_up) if final else (),
            final=final,
        )

    def _on_closed(self, event: VisitClosed) -> list[CartBelief]:
        visit = event.visit
        if visit not in self._opened:
            return []
        for meeting in self._meetings.ending(visit):
            self._on_meeting(meeting, event.time_ns)
        final = [self._without_hands(group) for group in self._groups.of(visit)]
        distribution = distribution_of(final, visit, self._identity[visit])
        belief = self._belief(visit, final, distribution, event.time_ns, final=True)
        self._groups.close(visit)
        self._bodies.forget(visit)
        self._meetings.forget(visit)
        self._blind.forget(visit)
        self._told.pop(visit, None)
        self._sequence.pop(visit, None)
        self._identity.pop(visit, None)
        self._opened.pop(visit, None)
        oldest_ns = min(self._opened.values(), default=2**62)
        while self._told_at and self._told_at[0][0] < oldest_ns:
            # Nobody who is still here was here then: nobody will ask.
            self._runners_up.pop(self._told_at.popleft()[1], None)
        return [belief]


def _words(way: Explanation) -> str:
    """An explanation in a few plain words, for people."""
    said = []
    for act in way.acts:
        who = act.visit or "nobody seen"
        what = f"{act.quantity} x {act.product}" if act.product else ""
        to = f" to {act.to_visit}" if act.to_visit else ""
        said.append(f"{act.kind.replace('_', ' ')} {what} by {who}{to}".replace("  ", " "))
    return " and ".join(said)


def _look_ratio(look: ItemLook, item: Item | None) -> float:
    """What a look says of an item held (None: of empty hands), within bounds: no camera is infinitely sure."""
    other = look.other_log_likelihood
    ratio = look.log_likelihoods.get(item.product, other) if item is not None else other
    return min(max(ratio, -_LOOK_LIMIT), _LOOK_LIMIT) if not math.isnan(ratio) else 0.0
