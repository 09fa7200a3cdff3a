"""What the guide tells receivers to do, done: its program against what we send."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from tillfree.connectors.settings import WebhookSettings
from tillfree.connectors.webhooks.signing import signed_headers
from tillfree.store.webhooks.backoff import WAITS_S
from tillfree.store.webhooks.worker import TEST_KIND
from tillfree.web.api.events import KINDS

GUIDE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "A" * 32


@pytest.fixture(scope="module")
def program() -> dict[str, Any]:
    (text,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(text, "docs/webhooks.md", "exec"), names)
    return names


def test_the_program_of_the_guide_takes_our_messages_and_no_others(program: dict[str, Any]) -> None:
    is_genuine, body, now_s = program["is_genuine"], b'{"a": 1}', int(time.time())
    good = signed_headers([SECRET], "msg_1", now_s, body)
    assert is_genuine(SECRET, good, body)
    assert is_genuine(SECRET, signed_headers([OTHER, SECRET], "msg_1", now_s, body), body)
    assert not is_genuine(OTHER, good, body)
    assert not is_genuine(SECRET, good, body + b" ")
    assert not is_genuine(SECRET, good | {"webhook-id": "msg_2"}, body)
    assert not is_genuine(SECRET, signed_headers([SECRET], "msg_1", now_s - 301, body), body)


def test_the_guide_names_each_type_and_the_true_figures() -> None:
    table = GUIDE.partition("| Type |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z]+\.[a-z_]+)`", table)) == {*KINDS, TEST_KIND}
    settings = WebhookSettings()
    assert f"After {settings.give_up_h} hours" in GUIDE
    assert f"after {settings.disable_after} of those in a row" in GUIDE
    assert f"for {settings.kept_days} days" in GUIDE
    assert f"within {settings.timeout_s:.0f} seconds" in GUIDE
    said = re.findall(r"(\d+) (s|min|h)\b", GUIDE.partition("tried again after")[2].partition("each a fifth")[0])
    units = {"s": 1, "min": 60, "h": 3600}
    assert tuple(int(number) * units[unit] for number, unit in said) == WAITS_S
