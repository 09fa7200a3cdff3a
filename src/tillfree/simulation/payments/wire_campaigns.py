"""Campaigns through a real adapter, over real HTTP, to a mock of that processor's API on this machine."""

from pathlib import Path

import msgspec

from tillfree.commerce.payments.processor import Answer, Order, Processor
from tillfree.connectors.processors.adyen import AdyenProcessor, adyen_caller
from tillfree.connectors.processors.adyen_notices import AdyenNotices
from tillfree.connectors.processors.secret_keys import Secret
from tillfree.connectors.processors.stripe import StripeProcessor, stripe_caller
from tillfree.connectors.processors.stripe_notices import StripeNotices, stripe_signature
from tillfree.core.time import NS_PER_S
from tillfree.simulation.payments.adyen_mock import AdyenMock
from tillfree.simulation.payments.campaign import Campaign
from tillfree.simulation.payments.campaign_options import CampaignOptions
from tillfree.simulation.payments.campaign_report import CampaignResult
from tillfree.simulation.payments.processor import Notice, SimulatedProcessor
from tillfree.simulation.payments.serving import LocalServer
from tillfree.simulation.payments.stripe_mock import StripeMock

__all__ = ["run_adyen_campaign", "run_stripe_campaign"]

_KEY = Secret("simulated-key")
_HMAC = Secret("5349" * 16)
_ACCOUNT = "Campaign"
_TIMEOUT_S = 0.2
_WEEK_S = 7 * 24 * 3600


def run_stripe_campaign(options: CampaignOptions, folder: Path) -> CampaignResult:
    """Through the adapter for Stripe, where a capture does not fail afterwards; terminals are not part of it."""
    line = _Line()

    def connect(core: SimulatedProcessor) -> Processor:
        line.stripe = StripeMock(core, _KEY.reveal(), core.now_ns)
        return line

    def hear(notice: Notice) -> list[Notice]:
        assert line.stripe is not None
        body, now_ns = line.stripe.event(notice), campaign.core.now_ns()
        if body is None:
            return []
        signature = stripe_signature(body, _KEY, now_ns // NS_PER_S)
        return [Notice(told.id, told.answer) for told in StripeNotices(_KEY).read(body, signature, now_ns)]

    faults = msgspec.structs.replace(options.faults, capture_failed_ppm=0)
    options = msgspec.structs.replace(options, faults=faults, terminal_hold_ppm=0)
    campaign = Campaign(options, folder, line=connect, hear=hear)
    assert line.stripe is not None
    with LocalServer(line.stripe.app()) as server:
        caller = stripe_caller(_KEY, address=server.address, timeout_s=_TIMEOUT_S)
        line.adapter = StripeProcessor(caller)
        result = campaign.run()
        caller.close()
    return result


def run_adyen_campaign(options: CampaignOptions, folder: Path) -> CampaignResult:
    """Through the adapter for Adyen, which sends its webhooks until they are taken, and knows a key for a week."""
    line = _Line()

    def connect(core: SimulatedProcessor) -> Processor:
        line.adyen = AdyenMock(core, _KEY.reveal(), _ACCOUNT)
        return line

    def hear(notice: Notice) -> list[Notice]:
        assert line.adyen is not None
        body = line.adyen.webhook(notice, _HMAC)
        if body is None:
            return []
        read = AdyenNotices(_HMAC, _ACCOUNT).read(body, "", campaign.core.now_ns())
        return [Notice(told.id, told.answer) for told in read]

    faults = msgspec.structs.replace(options.faults, lost_notice_ppm=0)
    options = msgspec.structs.replace(options, faults=faults, forget_after_s=_WEEK_S)
    campaign = Campaign(options, folder, line=connect, hear=hear)
    assert line.adyen is not None
    with LocalServer(line.adyen.app()) as server:
        caller = adyen_caller(_KEY, address=f"{server.address}/v71", timeout_s=_TIMEOUT_S)
        line.adapter = AdyenProcessor(caller, _ACCOUNT)
        result = campaign.run()
        caller.close()
    return result


class _Line:
    """The adapter, once the mock that it speaks to is served."""

    stripe: StripeMock | None = None
    adyen: AdyenMock | None = None
    adapter: Processor | None = None

    def ask(self, order: Order) -> Answer:
        """As `Processor.ask`."""
        assert self.adapter is not None
        return self.adapter.ask(self._with_shopper(order))

    def look_up(self, key: str) -> Answer | None:
        """As `Processor.look_up`."""
        assert self.adapter is not None
        return self.adapter.look_up(key)

    def _with_shopper(self, order: Order) -> Order:
        """Tokens of real ways to pay name the shopper, too."""
        if not order.token:
            return order
        return msgspec.structs.replace(order, token=f"shopper/{order.token}")
