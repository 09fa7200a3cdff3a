"""Every kind of announcement is told of in words."""

import re
from pathlib import Path

import tillfree
from tillfree.store.retailer.event_feed import FAMILIES
from tillfree.web.api.events import KINDS

SOURCES = Path(tillfree.__file__).parent
ANNOUNCED = re.compile(r'announce(?:_trip|ment_row)?\([^"()]*(?:\([^()]*\)[^"()]*)*"([a-z]+\.[a-z]+)"')


def test_the_api_the_webhooks_and_the_event_feed_know_the_same_kinds() -> None:
    assert set(FAMILIES) | {"catalogue.changed"} == set(KINDS)


def test_whatever_is_announced_is_a_kind_that_a_webhook_can_ask_for() -> None:
    found = {kind for path in SOURCES.rglob("*.py") for kind in ANNOUNCED.findall(path.read_text(encoding="utf-8"))}
    assert {"trip.opened", "order.bad", "catalogue.changed"} <= found
    assert found <= set(KINDS)
