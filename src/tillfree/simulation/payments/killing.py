"""A program that dies at the worst moments: between the processor and what is written down of its answers."""

from tillfree.commerce.payments.processor import Answer, Order, Processor
from tillfree.simulation.payments.campaign_options import CampaignOptions
from tillfree.simulation.payments.faults import Dice

__all__ = ["KilledError", "MortalLine"]


class KilledError(BaseException):
    """The program is gone at this very moment; nothing of it may catch this."""


class MortalLine:
    """The way to the processor, on which the program may die: before an order is sent, or after it was carried out."""

    def __init__(self, processor: Processor, options: CampaignOptions) -> None:
        self._processor = processor
        self._options = options
        self._asked = 0

    @property
    def asked(self) -> int:
        """How many requests were made."""
        return self._asked

    def ask(self, order: Order) -> Answer:
        """As `Processor.ask`, unless the program is killed."""
        self._asked += 1
        dice = Dice(self._options.seed, f"kill/{self._asked}", 1)
        if dice.falls(0, self._options.kill_ppm // 2):
            raise KilledError
        answer = self._processor.ask(order)
        if dice.falls(1, self._options.kill_ppm):
            raise KilledError
        return answer

    def look_up(self, key: str) -> Answer | None:
        """As `Processor.look_up`."""
        return self._processor.look_up(key)
