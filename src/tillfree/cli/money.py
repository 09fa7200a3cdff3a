"""Entry and money of a store that is served, by its settings: the till, the desk, and all work beside the stream."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from tillfree.catalog.model import Shop
from tillfree.cli.terminal import TerminalError, say
from tillfree.commerce.payments.processor import Processor
from tillfree.connectors.mail import MailSender
from tillfree.connectors.processors.making import make_processor
from tillfree.connectors.processors.secret_keys import read_secret
from tillfree.connectors.processors.settings import ProcessorSettings
from tillfree.connectors.processors.stripe import stripe_caller
from tillfree.connectors.terminals.nexo_terminal import NexoTerminal
from tillfree.connectors.terminals.stripe_reader import StripeReader
from tillfree.connectors.terminals.taps import Terminal
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.storage.database.database import Database
from tillfree.store.counter import Counter
from tillfree.store.entry.accounts import KeptAccounts
from tillfree.store.entry.terminal_gate import TerminalGate
from tillfree.store.palms.office import PalmOffice
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.receipts.mailing import MailWorker
from tillfree.store.retailer.house import RetailerHouse, retailer_gate
from tillfree.store.settings import StoreSettings
from tillfree.store.stream_clock import StreamClock
from tillfree.store.webhooks.worker import WebhookWorker
from tillfree.store.workers import Worker
from tillfree.web.shopper.pdf import PdfMaker

__all__ = ["beside", "counter_of", "receipt_desk"]

_SALE = "tillfree"


@contextmanager
def counter_of(
    database: Database, settings: StoreSettings, shop: Shop, palms: PalmOffice | None = None
) -> Iterator[Counter | None]:
    """Till and desk as the settings want them, `palms` open the gate, too; None where a store only makes receipts.

    Raises:
        TerminalError: the settings and the shop are in two currencies.
        TillfreeError: a key is missing, or a file of keys cannot be read.
    """
    if settings.processor.kind == "none":
        yield None
        return
    if settings.currency != shop.currency:
        raise TerminalError(
            f"the shop is priced in {shop.currency}, the settings say currency = {settings.currency!r}; "
            "money is taken in one currency only: set the same"
        )
    clock = StreamClock()
    simulated = settings.processor.kind == "simulated"
    processor = _simulated(clock) if simulated else make_processor(settings.processor)
    budget_s = settings.entry.retailer_budget_ms * NS_PER_MS / NS_PER_S
    retailer = retailer_gate(settings, time.time_ns, timeout_s=budget_s)
    links = None if palms is None else palms.links(KeptAccounts(database))
    counter = Counter(database, settings, processor, clock, retailer=retailer, palms=links, simulated=simulated)
    try:
        yield counter
    finally:
        counter.close()


def _simulated(clock: StreamClock) -> Processor:
    from tillfree.simulation.payments.processor import SimulatedProcessor  # noqa: PLC0415  rarely wanted here

    say("tillfree: the payment processor is simulated (processor.kind): no money moves")
    return SimulatedProcessor(clock)


def receipt_desk(counter: Counter, database: Database, settings: StoreSettings, zone: ZoneInfo) -> ReceiptDesk:
    """Where shoppers get their receipts."""
    return ReceiptDesk(database, settings, counter.till, counter.clock, book=database, zone=zone)


def beside(
    counter: Counter,
    receipts: ReceiptDesk,
    database: Database,
    settings: StoreSettings,
    shop: Callable[[], Shop],
) -> list[Worker]:
    """All work beside the stream that the settings want, as a table.

    Raises:
        TillfreeError: mail, the retailer's systems or a terminal cannot be used as they are set.
    """
    hooks = WebhookWorker(database, settings.webhooks, time.time_ns)
    house = RetailerHouse(database, database, counter.till, settings, shop, counter.clock)
    table = [
        Worker("receipts", receipts.tick, 0.5),
        Worker("webhooks", hooks.tick, close=hooks.close, remedy="see the page of integrations"),
    ]
    if settings.mail.host:
        mail = MailWorker(
            database, receipts, MailSender(settings.mail, os.environ), counter.clock,
            pdf=PdfMaker(settings.receipts.pdf_font),
        )  # fmt: skip
        table.append(Worker("e-mail", mail.tick, 2.0, "check mail.host and the network; e-mails wait"))
    if house.is_needed:
        table.append(Worker("retailer", house.tick, close=house.close, remedy="see the page of the retailer's orders"))
    else:
        house.close()
    return [*table, *_terminals(counter, settings)]


def _terminals(counter: Counter, settings: StoreSettings) -> list[Worker]:
    """A thread for the card terminal of each gate."""
    hold = Money(settings.payments.hold_minor, settings.currency)
    table = []
    for gate, name in settings.processor.terminals.items():
        turns = TerminalGate(gate, _terminal(settings.processor, name), counter.desk, counter.processor, hold)
        table.append(
            Worker(
                f"terminal of gate {gate}",
                turns.turn,
                0.1,
                "see the terminal's cable, its network and processor.terminals in the settings",
                interrupt=turns.close,
            )
        )
    return table


def _terminal(settings: ProcessorSettings, name: str) -> Terminal:
    """Raises: TillfreeError: there is no key, or no address."""
    if settings.kind == "stripe":
        key = read_secret(settings.key_variable, "the secret key of Stripe (sk_...)")
        over = threading.Event()
        caller = stripe_caller(key, address=settings.terminal_address, timeout_s=settings.timeout_ms / 1000)
        return StripeReader(caller, name, now_ns=time.time_ns, pause=over.wait, wait_s=settings.terminal_wait_s)
    return NexoTerminal(
        address=settings.terminal_address,
        poi=name,
        sale=_SALE,
        now_ns=time.time_ns,
        key=read_secret(settings.key_variable, "the API key of Adyen") if settings.kind == "adyen" else None,
        wait_s=settings.terminal_wait_s,
    )
