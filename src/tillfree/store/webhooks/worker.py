"""From announcements to messages that have arrived. `tick()` is called about every second and never raises for a shop.

Each message is sent until the receiver says 2xx, for days if need be. A receiver that fails is left in peace for a
while, with all that waits for it; one that says 410, or that lost several messages for good, is switched off. Messages
may come twice or out of order: the id says what is the same, the number in them what was first.
"""

import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.settings import WebhookSettings
from tillfree.connectors.webhooks.addresses import ForbiddenAddressError, target_of
from tillfree.connectors.webhooks.sending import Sent, post
from tillfree.connectors.webhooks.signing import signed_headers
from tillfree.core.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_S
from tillfree.storage.database.database import Database
from tillfree.storage.database.integration.hooks import CONSUMER, Attempt, Delivery, Hook, delivery_of
from tillfree.storage.database.money.announcements import Announcement
from tillfree.store.webhooks.backoff import next_try_ns
from tillfree.store.webhooks.telling import told

__all__ = ["TEST_KIND", "WebhookWorker", "message_body", "ping_delivery"]

TEST_KIND = "webhook.test"
_AT_ONCE = 500
_SENDERS = 4
_SEND_S = 20.0
"""So long may one receiver be sent to before the others have their turn again."""
_GONE = 410
_encoder = msgspec.json.Encoder(order="deterministic")
_log = logging.getLogger(__name__)


def message_body(announcement: Announcement) -> bytes:
    """What is sent, the same bytes at each try: type, time, number, subject, and what there is to say."""
    return _encoder.encode(told(announcement))


def ping_delivery(hook: Hook, now_ns: int) -> Delivery:
    """A message that tells of nothing."""
    said = Announcement(number=0, time_ns=now_ns, kind=TEST_KIND, subject=hook.id, body={"hello": "from Tillfree"})
    return delivery_of(hook, said, message_body(said), now_ns)


class WebhookWorker:
    """All webhooks of a store. One thread calls `tick`; several would send some messages twice."""

    def __init__(
        self,
        database: Database,
        settings: WebhookSettings,
        now_ns: Callable[[], int],
        *,
        randomness: Callable[[], float] = random.random,
    ) -> None:
        """`now_ns` is the wall clock; `randomness` gives numbers from 0 to 1."""
        self._database = database
        self._settings = settings
        self._now_ns = now_ns
        self._random = randomness
        self._cleaned_day = -1
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="webhooks")

    def close(self) -> None:
        """Ends the threads; what waits is sent after the next start."""
        self._senders.shutdown(wait=True, cancel_futures=True)

    def tick(self) -> int:
        """Deals out what was announced and sends what is due; gives how many tries were made."""
        while self._deal_out():
            pass
        tries = sum(self._senders.map(self._send_all, self._database.due_hooks(self._now_ns())))
        self._clean()
        return tries

    # ---- dealing out ----------------------------------------------------------------------------------------

    def _deal_out(self) -> bool:
        """One page of announcements; whether there may be more."""
        after = self._database.cursor(CONSUMER)
        found = self._database.announcements(after, _AT_ONCE)
        if not found:
            return False
        now_ns = self._now_ns()
        hooks = self._database.hooks()
        deliveries = [
            delivery_of(hook, announcement, message_body(announcement), now_ns)
            for announcement in found
            for hook in hooks
            if hook.wants(announcement)
        ]
        self._database.put_hook_deliveries(deliveries, found[-1].number)
        return len(found) == _AT_ONCE

    # ---- sending --------------------------------------------------------------------------------------------

    def _send_all(self, hook: Hook) -> int:
        """What is due to one hook, one by one; the first that fails ends it for this time."""
        until_s = time.monotonic() + _SEND_S
        tries = 0
        for delivery in self._database.due_hook_deliveries(hook.id, self._now_ns(), _AT_ONCE):
            tries += 1
            if not self._send(hook, delivery) or time.monotonic() > until_s:
                break
        return tries

    def _send(self, hook: Hook, delivery: Delivery) -> bool:
        now_ns = self._now_ns()
        sent, forbidden = self._post(hook, delivery, now_ns)
        if sent.arrived:
            self._database.note_hook_attempt(
                delivery.id, Attempt(time_ns=now_ns, state="delivered", status=sent.status, due_ns=delivery.due_ns)
            )
            return True
        aside_s = sent.retry_after_s
        next_ns = next_try_ns(delivery.attempts + 1, now_ns, self._random, at_least_s=aside_s)
        quiet_ns = next_try_ns(hook.failures + 1, now_ns, self._random, at_least_s=aside_s)
        over = forbidden or next_ns - delivery.made_ns > self._settings.give_up_h * NS_PER_HOUR
        attempt = Attempt(
            time_ns=now_ns,
            state="dead" if over else "waiting",
            status=sent.status,
            error=sent.error,
            due_ns=next_ns,
            quiet_until_ns=now_ns if over else quiet_ns,
        )
        dead = self._database.note_hook_attempt(delivery.id, attempt)
        if sent.status == _GONE:
            self._disable(hook, "the receiver says that it is gone for good (410)")
        elif dead >= self._settings.disable_after:
            self._disable(hook, f"{dead} messages in a row never got through; the last time: {sent.error}")
        return False

    def _post(self, hook: Hook, delivery: Delivery, now_ns: int) -> tuple[Sent, bool]:
        """What the receiver said, and whether the message must not go there at all."""
        secrets = self._database.hook_secrets(hook.id, now_ns).secrets
        try:
            target = target_of(hook.url, allow_http=self._settings.allow_http)
            headers = signed_headers(secrets, delivery.id, now_ns // NS_PER_S, delivery.body)
            return (
                post(
                    target,
                    delivery.body,
                    headers,
                    timeout_s=self._settings.timeout_s,
                    allow_private=self._settings.allow_private,
                ),
                False,
            )
        except ForbiddenAddressError as error:
            return Sent(0, str(error)), True
        except ConnectorError as error:
            return Sent(0, str(error)), False

    def _disable(self, hook: Hook, why: str) -> None:
        self._database.disable_hook(hook.id, why)
        _log.warning("webhook %s was switched off: %s", hook.id, why)

    def _clean(self) -> None:
        now_ns = self._now_ns()
        today = now_ns // NS_PER_DAY
        if today != self._cleaned_day:
            self._cleaned_day = today
            before_ns = now_ns - self._settings.kept_days * NS_PER_DAY
            given_up_ns = min(before_ns, now_ns - self._settings.give_up_h * NS_PER_HOUR)
            self._database.forget_hook_deliveries(before_ns, given_up_ns)
