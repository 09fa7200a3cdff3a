"""When a system wants to be asked again."""

import pytest

from tillfree.connectors.retry_after import retry_after_s

NOW_S = 1_750_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Sun, 15 Jun 2025 15:06:45 GMT", 5.0),
        ("Sun, 15 Jun 2025 15:00:00 GMT", 0.0),
        ("Sun, 15 Jun 3025 15:00:00 GMT", 60.0),
        ("9" * 400, 60.0),
        ("-7", 0.0),
        ("١٢", 0.0),
        ("soon", 0.0),
        ("", 0.0),
    ],
)
def test_seconds_and_moments_are_read_and_bounded(text: str, seconds: float) -> None:
    assert retry_after_s(text, NOW_S, 60.0) == seconds
