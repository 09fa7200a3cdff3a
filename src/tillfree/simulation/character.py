"""What people and sensors are like, as numbers.

The defaults are what the modules that use them say they assume. A benchmark that copies other recordings gives others.
"""

import msgspec

__all__ = ["USUAL", "Character"]


class Character(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers per joint stand in the order of `bodies.JOINT_NAMES`; spreads are 1 standard deviation."""

    jitter_m: tuple[float, ...] = (0.004, 0.004, 0.004, 0.004, 0.006, 0.006, 0.008, 0.008)
    jitter_tail: float = 4.0
    """Degrees of freedom of Student's t: the fewer, the heavier the tails."""
    jitter_memory_s: float = 0.3
    """How long a joint's error lasts. 0: each frame errs for itself."""
    twin_jitter: float = 1.0
    """Further error of the second frame of a burst, as a share of `jitter_m`."""
    repeats: float = 0.395
    """Share of the joints of a burst's second frame that are exactly those of its first."""
    wild_wrist: float = 0.015
    """Share of wrists that are some centimetres off."""
    missing: tuple[float, ...] = (0.006,) * 8
    hidden: tuple[float, ...] = (0.02, 0.02, 0.04, 0.04, 0.7, 0.7, 0.4, 0.4)
    """How often each joint is hidden in a crowd, as a share of the option `occlusion`."""
    lost_tick: float = 0.04
    """Share of the ticks of the tracker that give no frame."""
    swaps: int = 1
    """How many times, in each half second, two people who stand close together may be given a wrist of the other's."""
    swaps_seen: bool = False
    """Whether only a wrist that is seen can be given to somebody else."""
    unrest: float = 0.45
    """By how much a person who stands before a fixture makes its noise larger."""
    bursts_per_s: float = 0.4
    """Knocks and touches per second that somebody stands at a fixture."""
    footstep: float = 4.0
    """Median of how many times as loud as calm a step makes a fixture, beside it; 0: steps are not felt."""
    shakes_per_s: float = 0.08
    """Knocks that the floor feels, for each second that somebody is in the shop."""
    shake: float = 8.0
    """Median of how many times as loud as calm a knock makes a fixture, beside it."""
    board_repeats: float = 0.0565
    """Share of readings that the boards of plates give twice."""
    wander: float = 0.15
    """How much the level of a plate wanders within some seconds, as a share of its calm noise."""
    press_g: tuple[float, float] = (10.0, 60.0)
    """Half of the takes press by so much before."""
    press_share: float = 0.25
    """The others press or lift by up to this share of the weight."""
    put_press_g: tuple[float, float] = (100.0, 200.0)
    """A hand that puts something down presses by so much; half of it where the thing weighs less than 80 g."""
    shock_g: float = 20.0
    """Median of what other plates of the shelf swing by when 200 g come or go."""
    shock_spread: float = 0.6
    """Spread of its logarithm."""
    put_hold_s: tuple[float, float] = (0.3, 0.5)
    """For so long that hand presses."""
    ring: float = 0.04
    """Median of the share of a step by which its plates swing beyond it."""
    ring_spread: float = 1.1
    """Spread of its logarithm."""
    lasting_g: float = 1.7
    """Spread of what a plate farther away keeps, up or down, when something of 100 g or more came or went."""
    brush: float = 0.5
    """Share of takes and put-backs in which a hand pushes on a plate beside."""
    stand_spread: float = 0.022
    """Share by which a reading errs for where a unit stands on its plate."""
    unit_spread: float = 0.03
    """Share by which units of one product differ in weight."""


USUAL = Character()
"""What everything is like where nothing else is said."""
