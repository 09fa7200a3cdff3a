"""Orders on their way to the processor: asked once, looked up where no answer came, and tried again with patience."""

import logging
import random

import msgspec

from tillfree.commerce.payments.events import Answered, PaymentEvent, Refused
from tillfree.commerce.payments.processor import Answer, Order, Processor, ProcessorRefusal, ProcessorUnavailable
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.storage.database.money.payments import DueOrder
from tillfree.store.patience import wait_ns

__all__ = ["Sending", "Sent", "as_event"]

_log = logging.getLogger(__name__)


class Sent(msgspec.Struct, frozen=True):
    """What became of sending: an event where something was heard, and the order anew where it must be tried again."""

    order: DueOrder
    event: PaymentEvent | None
    again: DueOrder | None


class Sending:
    """Sends orders. May be called by several threads; nothing is kept here."""

    def __init__(self, processor: Processor, settings: PaymentSettings, chance: random.Random) -> None:
        self._processor = processor
        self._settings = settings
        self._chance = chance

    def send(self, due: DueOrder, order: Order, now_ns: int) -> Sent:
        """One try. `order` carries the token, where it needs one."""
        try:
            answer = self._processor.look_up(due.key) if due.sent else None
            if answer is None:
                answer = self._processor.ask(order)
        except ProcessorUnavailable as error:
            _log.info("order %s: no answer at try %d: %s", due.key, due.tries + 1, error)
            return Sent(due, None, self.later(due, now_ns))
        except ProcessorRefusal as error:
            _log.warning("order %s was refused: %s", due.key, error)
            return Sent(due, Refused(time_ns=now_ns, key=due.key, message=str(error)), None)
        if answer.key != due.key:
            # A processor that confuses its customers is not believed; it is asked again.
            _log.error("order %s: the answer is about %s; asking again", due.key, answer.key)
            return Sent(due, None, self.later(due, now_ns))
        again = self.later(due, now_ns) if answer.outcome == "pending" else None
        return Sent(due, as_event(answer, now_ns), again)

    def later(self, due: DueOrder, now_ns: int) -> DueOrder:
        """The order as it is tried again: twice as late each time, give or take, so that not all come at once."""
        first_s, longest_s = self._settings.first_retry_s, self._settings.longest_retry_s
        waits_ns = wait_ns(due.tries, self._chance.random, first_s=first_s, longest_s=longest_s, least=0.75, most=1.25)
        return msgspec.structs.replace(due, due_ns=now_ns + waits_ns, tries=due.tries + 1, sent=True)


def as_event(answer: Answer, now_ns: int) -> Answered:
    """What a processor said, as an event of the payment."""
    return Answered(
        time_ns=now_ns,
        key=answer.key,
        outcome=answer.outcome,
        minor=None if answer.amount is None else answer.amount.minor,
        currency="" if answer.amount is None else answer.amount.currency,
        reference=answer.reference,
        code=answer.code,
        expires_ns=answer.expires_ns,
    )
