"""Writes the script: shoppers come, act one after the other in the order of their own time, and leave.

The shopper who is furthest behind acts next, so that everything which others did before is known. An act of two people
binds both until it is over.
"""

import heapq
import math

import numpy as np

from tillfree.catalog.model import Shop
from tillfree.core.ids import TrackId
from tillfree.simulation.behaviour.act import PairAct, SoloAct
from tillfree.simulation.behaviour.floor import Floor
from tillfree.simulation.behaviour.hands import Hands
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.behaviour.table import AWKWARD, PLAIN
from tillfree.simulation.furniture import Furniture
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.agents import Agent, Party
from tillfree.simulation.people.arrivals import arrival_times
from tillfree.simulation.people.shopping_lists import ShoppingLists
from tillfree.simulation.script import Script

__all__ = ["write_script"]

_TOGETHER_S = 6.0
_END_S = 2.0
_PARTY, _PARTY_MEAN = (2, 6), 1.0
"""Least and greatest size of a party, and the mean of the distribution from which it is drawn."""


def write_script(shop: Shop, options: SimulationOptions, hz: list[float]) -> Script:
    """The whole script; `hz` gives the own frequency of each fixture.

    Raises:
        SimulationError: nothing can be taken in this shop.
    """
    furniture = Furniture(shop)
    rng = np.random.default_rng([options.seed, 1])
    agents = _arrivals(options, furniture, rng)
    scene = Scene(Floor(furniture, rng, agents, options.dwell_s), Hands(furniture, hz, options.start_ns, rng), rng)
    deadline_s = math.inf if options.duration_s is None else options.duration_s - 15.0
    awkward = [act for act in AWKWARD if getattr(options.rates, act.name) > 0.0]
    rates = np.array([getattr(options.rates, act.name) for act in awkward])
    queue = [(agent.time_s, agent.visit.number, agent.version) for agent in agents]
    heapq.heapify(queue)
    while queue:
        now_s, number, version = heapq.heappop(queue)
        agent = agents[number]
        if agent.done or version != agent.version:
            continue
        scene.floor.forget_before(now_s - 10.0)
        if agent.goals <= 0 or now_s > deadline_s:
            agent.goals = 0
            if agent.party is None or agent.party.ready:
                scene.floor.leave(agent)
                continue
            scene.floor.wait(agent, now_s + float(rng.uniform(1.5, 3.0)))
            agent.version += 1
            heapq.heappush(queue, (agent.time_s, agent.visit.number, agent.version))
            continue
        act: SoloAct | PairAct = PLAIN
        if awkward and rng.random() < options.awkward:
            act = awkward[int(rng.choice(len(awkward), p=rates / rates.sum()))]
        partner = _partner(agent, agents, rng) if act.needs_partner else None
        known = len(agents)
        _perform(act, scene, agent, partner)
        for who in (agent, partner, *agents[known:]):
            if who is not None:
                who.version += 1
                heapq.heappush(queue, (who.time_s, who.visit.number, who.version))
    _lose_tracks(agents, options, rng)
    last_s = max((agent.visit.exit_s for agent in agents), default=0.0)
    return Script(
        duration_s=max(options.duration_s or 0.0, last_s + _END_S),
        visits=tuple(sorted((agent.visit for agent in agents), key=lambda visit: visit.entry_s)),
        traces=tuple(sorted(scene.hands.traces, key=lambda trace: trace.begin_s)),
        shocks=tuple(sorted(scene.hands.shocks, key=lambda shock: shock[2].begin_s)),
        acts=tuple(sorted(scene.hands.truth, key=lambda act: act.time_ns)),
        gate=any(act.gate for act in awkward) or options.parties > 0.0,
    )


def _perform(act: SoloAct | PairAct, scene: Scene, agent: Agent, partner: Agent | None) -> None:
    """Do an act, or, where it cannot be done now, a plain take, or wait."""
    agent.goals -= 1
    done = False
    if isinstance(act, SoloAct):
        done = act.perform(scene, agent)
    elif partner is not None:
        done = act.perform(scene, agent, partner)
    if not done and act is not PLAIN:
        done = PLAIN.perform(scene, agent)
    if not done:
        agent.goals += 1
        scene.floor.wait(agent, agent.time_s + float(scene.rng.uniform(0.5, 2.0)))


def _arrivals(options: SimulationOptions, furniture: Furniture, rng: np.random.Generator) -> list[Agent]:
    spread_s = options.arrival_spread_s
    if spread_s is None and options.duration_s is not None:
        spread_s = max(options.duration_s - 25.0 - 8.0 * options.takes, 0.3 * options.duration_s)
    elif spread_s is None:
        spread_s = 5.0 * max(options.shoppers - 1, 0)
    count = options.shoppers if options.per_hour is None else None
    times = arrival_times(rng, spread_s, options.rushes, count=count, per_hour=options.per_hour or 0.0) + 1.5
    lists = ShoppingLists(furniture) if options.lists else None
    agents: list[Agent] = []
    party: Party | None = None
    door: tuple[float, float] | None = None
    to_come, first_s = 0, 0.0
    for number, time_s in enumerate(times.tolist()):
        if not to_come:
            to_come = _party_size(options.parties, len(times) - number, rng)
            party, door, first_s = Party() if to_come > 1 else None, None, time_s
        # Two people do not come through a door at once; a party comes when its first comes.
        entry_s = max(first_s, agents[-1].visit.entry_s + 0.9) if agents else first_s
        track = TrackId(str(int(rng.integers(10**18, 9 * 10**18))))
        agent = Agent(number, track, entry_s, furniture, rng, door)
        agent.goals = 1 + int(rng.poisson(max(options.takes - 1.0, 0.0)))
        if lists is not None:
            agent.wishes = lists.draw(agent.goals, rng)
        if party is not None:
            party.members.append(agent)
            agent.party, door = party, agent.point
            agent.visit.party = f"party-{party.members[0].visit.track}"
        agents.append(agent)
        to_come -= 1
    return agents


def _party_size(share: float, at_most: int, rng: np.random.Generator) -> int:
    """How many come in together; 1 for somebody alone.

    Sizes of groups that form freely are Poisson without the zero (Coleman and James 1961, "The equilibrium size
    distribution of freely-forming groups"); assumed: its mean, and that a store lets in no more than six on one payer.
    """
    if not share or rng.random() >= share:
        return 1
    size = 0
    while size < _PARTY[0] or size > _PARTY[1]:
        size = int(rng.poisson(_PARTY_MEAN))
    return min(size, at_most)


def _partner(agent: Agent, agents: list[Agent], rng: np.random.Generator) -> Agent | None:
    """Somebody else in the shop who is about to be free."""
    free = [
        other
        for other in agents
        if other is not agent
        and not other.done
        and other.visit.entry_s <= agent.time_s
        and other.time_s - agent.time_s < _TOGETHER_S
        and math.dist(other.point, agent.point) < 8.0
    ]
    return free[int(rng.integers(len(free)))] if free else None


def _lose_tracks(agents: list[Agent], options: SimulationOptions, rng: np.random.Generator) -> None:
    """The tracker loses people for a while and may know them under another id afterwards."""
    for agent in agents:
        visit = agent.visit
        number = int(rng.poisson(options.gaps)) if options.gaps else 0
        room_s = visit.exit_s - visit.entry_s - 5.0
        if not number or room_s < 2.0:
            continue
        track, free_s = visit.track, 0.0
        for begin_s in np.sort(rng.uniform(visit.entry_s + 2.0, visit.entry_s + 2.0 + room_s, number)):
            length_s = float(rng.uniform(0.6, 2.5))
            renamed = rng.random() < options.new_id
            if begin_s < free_s or begin_s + length_s > visit.exit_s - 1.0:
                continue
            track = TrackId(str(int(rng.integers(10**18, 9 * 10**18)))) if renamed else track
            visit.gaps.append((float(begin_s), float(begin_s) + length_s, track))
            free_s = float(begin_s) + length_s + 1.0
