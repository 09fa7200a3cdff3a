"""People give way: how far each of them is beside the way that the script planned, because others are in it.

How soon two people would touch decides how much they swerve, with the forces that Karamouzas, Skinner and Guy (2014,
"Universal power law governing pedestrian interactions") found in recordings of crowds: the energy of two people is
`k / t^2 * exp(-t / t0)`, t the time until they would touch at their present velocities, with their k and t0. Whoever
swerved comes back to the planned way like a damped spring (the driving force of Helbing and Molnar 1995, equation 2,
towards a place that moves), so that hands are where the script says when it says so. Where forces were not enough,
bodies that touch are moved apart (position-based dynamics: Weiss, Litteneker, Jiang and Terzopoulos 2017), and nobody
comes nearer to furniture than half a body, unless their planned way does.

Assumed: two bodies touch at 0.44 m; people have a slight wish to pass on the right (Moussaid et al. 2009 saw such a
bias); who stands gives way a third as readily as who walks, and who has an arm out hardly at all; nobody is more than
0.6 m beside their plan, or a little more where furniture pushes. Even a shallow rack with half a body on both sides is
deeper, so a plan and its person are never on different sides of one; in the narrowest crush people overlap instead.

People of whom nobody is near are exactly where the script has them.
"""

import collections
import dataclasses
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tillfree.simulation.people.bodies import ASIDE_HZ, Body
from tillfree.simulation.people.ground import Ground
from tillfree.simulation.script import Floats

__all__ = ["Crowd"]

_STEP_S = 1.0 / ASIDE_HZ
_STEPS = 10
_K, _FADE_S = 1.5, 3.0
_TOUCH_M, _APART_M = 0.44, 0.4
_SEEN_S = 4.0
_FORCE = 4.0
"""No force of two people on each other is greater (m/s^2)."""
_RELAX_S = 0.5
_BACK_S, _BACK_STANDING_S = 1.2, 0.5
_SWERVE_M_S = 0.8
_LEASH_M, _SLACK_M = 0.6, 0.3
_RIGHT_M = 0.05
_BODY_M = 0.22
_NEAR_M = 4.0
_WALKING_M_S = 0.15
_GIVE_STANDING, _GIVE_REACHING = 0.35, 0.03

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclasses.dataclass(slots=True)
class _Member:
    """Somebody of whom the crowd knows, and how they are beside their plan (m, m/s)."""

    body: Body
    state: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


@dataclasses.dataclass(slots=True)
class _Plan:
    """What the script says of some people for one block of time; arrays of (moments, people)."""

    x: Floats
    y: Floats
    give: Floats
    back_s: Floats
    present: Flags
    keep_m: Floats


class Crowd:
    """Steps everybody together, ten times a second, in blocks of one second; the result is in the bodies.

    What comes out depends on the bodies alone, not on when it is asked for.
    """

    def __init__(self, ground: Ground, bodies: Iterable[Body] = (), *, give_way: bool = True) -> None:
        """`bodies` in the order in which they come in; later ones with `admit`. Nobody gives way if not `give_way`."""
        self._ground = ground
        self._give_way = give_way
        self._waiting = collections.deque(_Member(body) for body in bodies)
        self._members: list[_Member] = []
        self._block = 0

    def admit(self, body: Body) -> None:
        """Somebody comes in later than all before, and not before the time to which the crowd has gone on."""
        self._waiting.append(_Member(body))

    def advance(self, until_s: float) -> None:
        """Go on to that time at least; who comes in before the end of its second must have been admitted."""
        while self._give_way and self._block < until_s:
            begin_s = float(self._block)
            while self._waiting and self._waiting[0].body.visit.entry_s < begin_s + 1.0:
                self._members.append(self._waiting.popleft())
            self._members = [member for member in self._members if member.body.visit.exit_s > begin_s]
            if len(self._members) > 1 or any(any(member.state) for member in self._members):
                self._go(begin_s)
            self._block += 1

    def _go(self, begin_s: float) -> None:
        """One block."""
        times = begin_s + np.linspace(0.0, _STEPS * _STEP_S, _STEPS + 1)
        x, y = (np.empty((_STEPS + 1, len(self._members))) for _ in range(2))
        for number, member in enumerate(self._members):
            x[:, number], y[:, number] = member.body.planned(times).T
        state = np.array([member.state for member in self._members]).T.copy()
        moving = np.hypot(np.diff(x, axis=0), np.diff(y, axis=0)) > _WALKING_M_S * _STEP_S
        one, other = _pairs(
            x[0] + state[0], y[0] + state[1], np.logical_or.reduce(moving) | np.logical_or.reduce(state)
        )
        if not len(one) and not state.any():
            return
        reaching = np.array([member.body.reaches_between(times[0], times[-1]) for member in self._members])
        entry_s, exit_s = np.array([(m.body.visit.entry_s, m.body.visit.exit_s) for m in self._members]).T
        plan = _Plan(
            x,
            y,
            np.where(moving, 1.0, np.where(reaching, _GIVE_REACHING, _GIVE_STANDING)),
            np.where(moving, _BACK_S, _BACK_STANDING_S),
            (times[:, None] >= entry_s) & (times[:, None] <= exit_s),
            np.minimum(self._ground.room(x, y), _BODY_M),
        )
        track = np.empty((_STEPS, 2, len(self._members)))
        for k in range(_STEPS):
            self._step(k, plan, state, one, other)
            track[k] = state[:2]
        for number, member in enumerate(self._members):
            before, member.state = member.state, tuple(state[:, number].tolist())
            if any(before) or any(member.state):
                member.body.step_aside(self._block * _STEPS + 1, track[:, :, number])

    def _step(self, k: int, plan: _Plan, state: Floats, one: Numbers, other: Numbers) -> None:
        """Changes the state (x, y, speeds of them; people) from moment `k` of the block to the next."""
        beside, speed = state[:2], state[2:]
        give = plan.give[k]
        # The nearer somebody is to the end of their leash, the less they care for others.
        reach = np.hypot(beside[0], beside[1])
        give = give * np.minimum(np.maximum((_LEASH_M - reach) / _SLACK_M, 0.0), 1.0)
        push = np.zeros_like(beside)
        if len(one):
            here, there = np.stack([plan.x[k], plan.y[k]]), np.stack([plan.x[k + 1], plan.y[k + 1]])
            at = np.concatenate([here + beside, (there - here) / _STEP_S + speed])
            both = plan.present[k, one] & plan.present[k, other]
            force = _forces(np.take(at, one, axis=1) - np.take(at, other, axis=1), both)
            for axis in (0, 1):
                push[axis] = np.bincount(one, force[axis], len(give)) - np.bincount(other, force[axis], len(give))
        speed += _STEP_S * ((-beside / plan.back_s[k] - speed) / _RELAX_S + give * push)
        speed *= _SWERVE_M_S / np.maximum(np.hypot(speed[0], speed[1]), _SWERVE_M_S)
        beside += _STEP_S * speed
        if len(one):
            _part(k, plan, beside, give, one, other)
        beside *= _LEASH_M / np.maximum(np.hypot(beside[0], beside[1]), _LEASH_M)
        # What is too small to matter ends, so that who is alone is exactly on their way.
        still = (np.abs(state) < 1e-3).all(axis=0)
        state[:, still] = 0.0
        self._keep_off(k + 1, plan, state)

    def _keep_off(self, k: int, plan: _Plan, state: Floats) -> None:
        """Out of furniture and walls."""
        beside, speed = state[:2], state[2:]
        room, out_x, out_y = self._ground.away(plan.x[k] + beside[0], plan.y[k] + beside[1])
        lack = plan.keep_m[k] - room
        lack[lack < 1e-9] = 0.0
        near = np.flatnonzero(lack)
        if not len(near):
            return
        way = np.stack([out_x[near], out_y[near]])
        beside[:, near] += lack[near] * way
        speed[:, near] -= np.minimum((speed[:, near] * way).sum(axis=0), 0.0) * way
        for _ in range(4):
            inside = self._ground.room(plan.x[k, near] + beside[0, near], plan.y[k, near] + beside[1, near])
            near = near[inside < plan.keep_m[k, near] - 0.03]
            if not len(near):
                return
            beside[:, near] *= 0.5
        beside[:, near] = 0.0


def _pairs(x: Floats, y: Floats, alive: Flags) -> tuple[Numbers, Numbers]:
    """Who may meet within a block: near each other, and not both at rest where they should be."""
    one, other = np.triu_indices(len(x), 1)
    apart = np.hypot(x[one] - x[other], y[one] - y[other])
    kept = (apart < _NEAR_M) & (alive[one] | alive[other] | (apart < _TOUCH_M))
    return one[kept], other[kept]


def _forces(apart: Floats, both: Flags) -> tuple[Floats, Floats]:
    """On the first of each pair, in x and in y (m/s^2, for people of one mass).

    `apart` is its offset and velocity relative to the second, (x, y, x speed, y speed; pairs).
    The force is minus the gradient of the energy, and nothing where they never touch, or only long after.
    """
    x, y, vx, vy = apart
    closing = -(x * vx + y * vy)
    square = np.maximum(vx * vx + vy * vy, 1e-9)
    # A little to the side, or two who meet head on would only stop.
    speed = np.sqrt(square)
    x, y = x - _RIGHT_M * vy / speed, y + _RIGHT_M * vx / speed
    gap = np.maximum(x * x + y * y - _TOUCH_M**2, 1e-4)
    root = np.sqrt(np.maximum(closing * closing - square * gap, 1e-6))
    until_s = np.maximum((closing - root) / square, 0.05)
    meet = both & (closing > 0.0) & (closing * closing > square * gap) & (until_s < _SEEN_S)
    strength = np.exp(-until_s / _FADE_S) * _K / (square * until_s**2) * (2.0 / until_s + 1.0 / _FADE_S)
    along = closing / root
    fx, fy = strength * (x * square / root + vx * along - vx), strength * (y * square / root + vy * along - vy)
    limit = np.where(meet, np.minimum(_FORCE / np.maximum(np.hypot(fx, fy), 1e-9), 1.0), 0.0)
    return fx * limit, fy * limit


def _part(k: int, plan: _Plan, beside: Floats, give: Floats, one: Numbers, other: Numbers) -> None:
    """Moves those apart who touch, each by how readily they give way."""
    x, y = plan.x[k + 1] + beside[0], plan.y[k + 1] + beside[1]
    apart_x, apart_y = x[one] - x[other], y[one] - y[other]
    apart = np.hypot(apart_x, apart_y)
    touch = np.flatnonzero((apart < _APART_M) & plan.present[k + 1, one] & plan.present[k + 1, other])
    if not len(touch):
        return
    first, second = one[touch], other[touch]
    # Two in the very same place part along x.
    length = np.maximum(apart[touch], 1e-3)
    way = np.stack([np.where(apart[touch] < 1e-3, 1e-3, apart_x[touch]), apart_y[touch]]) / length
    both = give[first] + give[second]
    share = (_APART_M - apart[touch]) / np.maximum(both, 1e-6)
    share = np.where(both > 1e-6, share, 0.0)
    for axis in (0, 1):
        beside[axis] += np.bincount(first, way[axis] * share * give[first], len(give))
        beside[axis] -= np.bincount(second, way[axis] * share * give[second], len(give))
