"""From settings and environment to a processor, and to the reader of its webhooks."""

import os
from collections.abc import Mapping

from tillfree.commerce.payments.processor import Processor
from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.processors.adyen import AdyenProcessor, adyen_caller
from tillfree.connectors.processors.adyen_notices import AdyenNotices
from tillfree.connectors.processors.notices import NoticeReader
from tillfree.connectors.processors.secret_keys import read_secret
from tillfree.connectors.processors.settings import ProcessorSettings
from tillfree.connectors.processors.stripe import StripeProcessor, stripe_caller
from tillfree.connectors.processors.stripe_notices import StripeNotices

__all__ = ["make_notice_reader", "make_processor"]


def make_processor(settings: ProcessorSettings, environment: Mapping[str, str] = os.environ) -> Processor:
    """The processor that the settings name.

    Raises:
        ConnectorError: the simulated one, which is no connector; a key that is not set; an account that is missing.
    """
    timeout_s = settings.timeout_ms / 1000
    if settings.kind == "stripe":
        key = read_secret(settings.key_variable, "the secret key of Stripe (sk_...)", environment)
        return StripeProcessor(stripe_caller(key, address=settings.address, timeout_s=timeout_s))
    if settings.kind == "adyen":
        _need_account(settings)
        key = read_secret(settings.key_variable, "the API key of Adyen", environment)
        caller = adyen_caller(key, address=settings.address, timeout_s=timeout_s)
        return AdyenProcessor(caller, settings.merchant_account)
    raise ConnectorError("the simulated processor moves no money; a real store sets processor.kind to stripe or adyen")


def make_notice_reader(settings: ProcessorSettings, environment: Mapping[str, str] = os.environ) -> NoticeReader:
    """The reader of that processor's webhooks. Raises as `make_processor`."""
    if settings.kind == "stripe":
        secret = read_secret(settings.webhook_variable, "the secret of the webhook's endpoint (whsec_...)", environment)
        return StripeNotices(secret, age_s=settings.webhook_age_s)
    if settings.kind == "adyen":
        _need_account(settings)
        secret = read_secret(settings.webhook_variable, "the HMAC key of Adyen's webhook", environment)
        return AdyenNotices(secret, settings.merchant_account)
    raise ConnectorError("the simulated processor sends no webhooks over a network")


def _need_account(settings: ProcessorSettings) -> None:
    if not settings.merchant_account:
        raise ConnectorError("processor.merchant_account is empty; write Adyen's name of your account there")
