"""What an act is: a name, how often it happens, what it is, where that is known from, and how it is performed."""

from abc import ABC, abstractmethod
from typing import ClassVar

from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["ASSUMED", "Act", "PairAct", "SoloAct"]

ASSUMED = "assumed"
"""The source of what no recording known to us shows."""


class Act(ABC):
    """One kind of behaviour. An act has no state: everything that it changes is in the scene and in the people."""

    name: ClassVar[str]
    """As in `ActRates`."""
    rate: ClassVar[float]
    """How often it happens relative to the others unless told otherwise; 0 for never."""
    meaning: ClassVar[str]
    """A sentence of what happens, for the table of acts."""
    source: ClassVar[str] = ASSUMED
    """Where its course is known from."""
    gate: ClassVar[bool] = False
    """Whether the shop must have a gate for it to show; then everybody's passages are events."""

    @property
    @abstractmethod
    def needs_partner(self) -> bool:
        """Whether two people do it."""


class SoloAct(Act):
    """An act that one person begins."""

    @property
    def needs_partner(self) -> bool:
        """Nobody else is bound by it."""
        return False

    @abstractmethod
    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Do it from `agent.time_s` on; False where it cannot be done now, and then nothing is left of it."""


class PairAct(Act):
    """An act of two people, both of whom are bound until it is over."""

    @property
    def needs_partner(self) -> bool:
        """Somebody must be there and about to be free."""
        return True

    @abstractmethod
    def perform(self, scene: Scene, agent: Agent, partner: Agent) -> bool:
        """Do it once both are free; False where it cannot be done now, and then nothing is left of it."""
