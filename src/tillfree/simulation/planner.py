"""Writes the script: shoppers come, act one after the other in the order of their own time, and leave.

The shopper who is furthest behind acts next, so that everything which others did before is known. An act of two people
binds both until it is over.
"""

import heapq
import math

import numpy as np

from tillfree.catalog.model import Shop
from tillfree.core.ids import TrackId
from tillfree.simulation.acts import Acts
from tillfree.simulation.agents import Agent, Spot
from tillfree.simulation.furniture import Furniture
from tillfree.simulation.options import ActRates, SimulationOptions
from tillfree.simulation.script import Script

__all__ = ["write_script"]

_TOGETHER_S = 6.0
_END_S = 2.0


def write_script(shop: Shop, options: SimulationOptions, hz: list[float]) -> Script:
    """The whole script; `hz` gives the own frequency of each fixture.

    Raises:
        SimulationError: nothing can be taken in this shop.
    """
    furniture = Furniture(shop)
    rng = np.random.default_rng([options.seed, 1])
    agents = _arrivals(options, furniture, rng)
    acts = Acts(furniture, hz, options.start_ns, rng)
    deadline_s = math.inf if options.duration_s is None else options.duration_s - 15.0
    kinds = [name for name in ActRates.__struct_fields__ if getattr(options.rates, name) > 0.0]
    rates = np.array([getattr(options.rates, name) for name in kinds])
    queue = [(agent.time_s, agent.visit.number, agent.version) for agent in agents]
    heapq.heapify(queue)
    while queue:
        now_s, number, version = heapq.heappop(queue)
        agent = agents[number]
        if agent.done or version != agent.version:
            continue
        acts.forget_before(now_s - 10.0)
        if agent.goals <= 0 or now_s > deadline_s:
            _leave(agent, furniture)
            continue
        kind = "take"
        if kinds and rng.random() < options.awkward:
            kind = str(rng.choice(kinds, p=rates / rates.sum()))
        partner = _partner(agent, agents, rng) if kind in ("together", "hand_over") else None
        acts.perform(kind, agent, partner)
        for who in (agent, partner):
            if who is not None:
                who.version += 1
                heapq.heappush(queue, (who.time_s, who.visit.number, who.version))
    _lose_tracks(agents, options, rng)
    last_s = max((agent.visit.exit_s for agent in agents), default=0.0)
    return Script(
        duration_s=max(options.duration_s or 0.0, last_s + _END_S),
        visits=tuple(sorted((agent.visit for agent in agents), key=lambda visit: visit.entry_s)),
        traces=tuple(sorted(acts.traces, key=lambda trace: trace.begin_s)),
        shocks=tuple(sorted(acts.shocks, key=lambda shock: shock[2].begin_s)),
        acts=tuple(sorted(acts.truth, key=lambda act: act.time_ns)),
    )


def _arrivals(options: SimulationOptions, furniture: Furniture, rng: np.random.Generator) -> list[Agent]:
    spread_s = options.arrival_spread_s
    if spread_s is None and options.duration_s is not None:
        spread_s = max(options.duration_s - 25.0 - 8.0 * options.takes, 0.3 * options.duration_s)
    elif spread_s is None:
        spread_s = 5.0 * max(options.shoppers - 1, 0)
    times = np.sort(rng.uniform(0.0, spread_s, options.shoppers)) + 1.5
    agents: list[Agent] = []
    for number, entry_s in enumerate(times):
        # Two people do not come through a door at once.
        entry = max(float(entry_s), agents[-1].visit.entry_s + 0.9) if agents else float(entry_s)
        track = TrackId(str(int(rng.integers(10**18, 9 * 10**18))))
        agent = Agent(number, track, entry, furniture, rng)
        agent.goals = 1 + int(rng.poisson(max(options.takes - 1.0, 0.0)))
        agents.append(agent)
    return agents


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


def _leave(agent: Agent, furniture: Furniture) -> None:
    door = min(furniture.doors, key=lambda door: math.dist(door, agent.point))
    spot = Spot(door, door, -math.pi / 2)
    arrival_s = agent.walk(spot, agent.way(spot))
    agent.stay(arrival_s + 0.1)
    agent.visit.exit_s = agent.time_s
    agent.done = True
    for item in agent.held:
        agent.visit.bag[item.product.id] = agent.visit.bag.get(item.product.id, 0) + 1


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
