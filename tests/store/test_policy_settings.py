"""The policy as it stands in store.toml."""

import pytest

from tillfree.commerce.policy_settings import PolicyRow
from tillfree.store.settings import SettingsError, default_toml, parse_settings


def test_a_table_of_rows_is_read_in_its_order() -> None:
    settings = parse_settings(
        b"""version = 1
[policy]
[[policy.rows]]
then = "charge"
from_probability = 0.97
[[policy.rows]]
then = "certain"
up_to_minor = 2000
goods = "without_age"
in_doubt = true
"""
    )
    assert settings.policy.rows == (
        PolicyRow(then="charge", from_probability=0.97),
        PolicyRow(then="certain", up_to_minor=2000, goods="without_age", in_doubt=True),
    )


@pytest.mark.parametrize(
    "row", ['then = "give away"', "from_probability = 2.0\nthen = 'charge'", "then = 'charge'\nwrong = 1", ""]
)
def test_a_row_that_says_something_else_is_refused_by_name(row: str) -> None:
    with pytest.raises(SettingsError, match=r"policy\.rows"):
        parse_settings(f"version = 1\n[[policy.rows]]\n{row}\n".encode())


def test_the_file_of_defaults_can_be_read_back() -> None:
    assert parse_settings(default_toml().encode()).policy.rows == ()
