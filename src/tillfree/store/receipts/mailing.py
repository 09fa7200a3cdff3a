"""E-mails with receipts: what is put down goes out, what does not go out is tried again, and nothing goes out twice."""

import logging
from collections.abc import Callable
from typing import Protocol

from tillfree.commerce.languages.formats import amount_in, day_in
from tillfree.commerce.layout import Layout
from tillfree.commerce.shopper_page import render_shopper_html
from tillfree.commerce.shopper_text import render_shopper_text
from tillfree.connectors.mail import Attachment, Mail, MailRefused, MailUnavailable
from tillfree.connectors.settings import MailSettings
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_DAY, NS_PER_S
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.deliveries import Delivery
from tillfree.store.patience import wait_ns
from tillfree.store.receipts.desk import ReceiptDesk, ShopperReceipt, refunds_of

__all__ = ["MailWorker", "Sender"]

_WAIT_MAX_S = 3600
_AT_ONCE = 20
_log = logging.getLogger(__name__)


class Sender(Protocol):
    """What sends an e-mail (`MailSender`)."""

    def send(self, mail: Mail) -> None:
        """Raises: MailRefused, MailUnavailable."""
        ...


class MailWorker:
    """Sends what is due; `tick` may wait for the mail server, so it has a thread of its own."""

    def __init__(
        self,
        database: Database,
        desk: ReceiptDesk,
        sender: Sender,
        now_ns: Callable[[], int],
        *,
        pdf: Callable[[Layout], bytes | None] = lambda _layout: None,
    ) -> None:
        """`pdf` makes a receipt into a file, or says that it cannot."""
        self._database = database
        self._desk = desk
        self._sender = sender
        self._now_ns = now_ns
        self._pdf = pdf
        self._settings: MailSettings = desk.settings.mail

    def tick(self) -> int:
        """Sends what is due; says how many e-mails went out. Where the server is not there, the others wait too."""
        sent = 0
        for delivery in self._database.due_deliveries(self._now_ns(), _AT_ONCE):
            shown = self._desk.receipt_of_trip(delivery.trip)
            if shown is None:
                self._database.end_delivery(delivery.number, "given up", self._now_ns(), "its receipt is not there")
                continue
            try:
                self._sender.send(self._mail(delivery, shown))
            except MailRefused as error:
                self._database.end_delivery(delivery.number, "refused", self._now_ns(), str(error))
                _log.warning("%s", error)
            except MailUnavailable as error:
                self._wait(delivery, error)
            else:
                self._database.end_delivery(delivery.number, "sent", self._now_ns())
                sent += 1
        return sent

    def _wait(self, delivery: Delivery, error: MailUnavailable) -> None:
        now_ns = self._now_ns()
        if delivery.tries + 1 >= self._settings.tries_max:
            self._database.end_delivery(delivery.number, "given up", now_ns, str(error))
            _log.error("an e-mail with a receipt is given up: %s", error)
            return
        first_s = self._settings.first_wait_s
        waits_ns = wait_ns(delivery.tries, lambda: 1.0, first_s=first_s, longest_s=_WAIT_MAX_S)
        self._database.try_again(delivery.number, now_ns + waits_ns, str(error))
        _log.warning("an e-mail with a receipt waits for %d s: %s", waits_ns // NS_PER_S, error)

    def _mail(self, delivery: Delivery, shown: ShopperReceipt) -> Mail:
        layout = self._desk.layout(shown, delivery.language)
        words, language, zone = layout.words, layout.words.code, self._desk.zone
        # Each try has a link of its own: only a hash of a link is kept, so an earlier one cannot be told again.
        can_link = bool(self._desk.settings.receipts.address)
        link = self._desk.address_of(self._desk.make_link(shown.trip.id)) if can_link else ""
        back = Money(sum(amount.minor for amount in refunds_of(shown).values()), shown.receipt.currency)
        if delivery.kind == "refund" and back.minor:
            greeting = words.mail_refund.format(amount=amount_in(back, language))
            subject = words.mail_subject_refund.format(store=layout.store)
        else:
            greeting = words.mail_hello.format(day=day_in(shown.receipt.time_ns, language, zone))
            subject = words.mail_subject.format(store=layout.store)
        pdf = self._pdf(layout)
        until_ns = self._now_ns() + self._desk.settings.receipts.link_days * NS_PER_DAY
        below = [words.mail_until.format(day=day_in(until_ns, language, zone))] if link else []
        below += [words.mail_attached] if pdf is not None else []
        below += [words.mail_why]
        parts = [greeting, render_shopper_text(layout).rstrip("\n")]
        parts += [f"{words.mail_link}\n{link}"] if link else []
        name = f"{''.join(letter for letter in shown.receipt.id if letter.isalnum() or letter in '-_')[:40]}.pdf"
        return Mail(
            id=f"{delivery.key}.{shown.trip.id}",
            to=delivery.address,
            subject=subject,
            text="\n\n".join([*parts, *below]) + "\n",
            html=render_shopper_html(layout, greeting=greeting, link=link, below=tuple(below)),
            language=language,
            time_ns=delivery.made_ns,
            attachments=() if pdf is None else (Attachment(name, "application/pdf", pdf),),
        )
