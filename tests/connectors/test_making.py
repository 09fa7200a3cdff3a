"""From settings and environment to a processor."""

import pytest

from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.processors.adyen import AdyenProcessor
from tillfree.connectors.processors.adyen_notices import AdyenNotices
from tillfree.connectors.processors.making import make_notice_reader, make_processor
from tillfree.connectors.processors.secret_keys import Secret, read_secret
from tillfree.connectors.processors.settings import ProcessorSettings
from tillfree.connectors.processors.stripe import StripeProcessor
from tillfree.connectors.processors.stripe_notices import StripeNotices
from tillfree.store.settings import SettingsError, StoreSettings, default_toml, parse_settings

KEYS = {"TILLFREE_PROCESSOR_KEY": "sk_1", "TILLFREE_PROCESSOR_WEBHOOK_SECRET": "whsec_1"}


def test_each_processor_and_its_webhooks() -> None:
    stripe, adyen = ProcessorSettings(kind="stripe"), ProcessorSettings(kind="adyen", merchant_account="Shop")
    assert isinstance(make_processor(stripe, KEYS), StripeProcessor)
    assert isinstance(make_notice_reader(stripe, KEYS), StripeNotices)
    assert isinstance(make_processor(adyen, KEYS), AdyenProcessor)
    assert isinstance(make_notice_reader(adyen, KEYS), AdyenNotices)


@pytest.mark.parametrize(
    ("settings", "environment", "said"),
    [
        (ProcessorSettings(), KEYS, "moves no money"),
        (ProcessorSettings(kind="stripe"), {}, "TILLFREE_PROCESSOR_KEY is not set"),
        (ProcessorSettings(kind="stripe", key_variable="MINE"), KEYS, "MINE is not set"),
        (ProcessorSettings(kind="stripe"), {"TILLFREE_PROCESSOR_KEY": "a\nb"}, "characters"),
        (ProcessorSettings(kind="adyen"), KEYS, "merchant_account"),
        (ProcessorSettings(kind="stripe", address="http://example.org"), KEYS, "https"),
    ],
)
def test_what_is_missing_is_said(settings: ProcessorSettings, environment: dict[str, str], said: str) -> None:
    with pytest.raises(ConnectorError, match=said):
        make_processor(settings, environment)


def test_a_secret_is_never_shown() -> None:
    secret = read_secret("X", "a key", {"X": " sk_hidden \n"})
    assert secret.reveal() == "sk_hidden"
    assert "sk_hidden" not in f"{secret} {secret!r} {[secret]}"
    assert not hasattr(Secret("x"), "__dict__")


def test_settings_of_a_file() -> None:
    text = 'version = 1\n[processor]\nkind = "adyen"\nmerchant_account = "Shop"\n'
    settings = parse_settings(f'{text}[processor.terminals]\ngate-1 = "V400m-1"\n'.encode())
    assert settings.processor.terminals == {"gate-1": "V400m-1"}
    assert parse_settings(default_toml().encode()) == StoreSettings()
    for wrong in ('key_variable = "sk live"', "timeout_ms = 5", 'kind = "paypal"', 'key = "sk_live_1"'):
        with pytest.raises(SettingsError):
            parse_settings(f"version = 1\n[processor]\n{wrong}\n".encode())
