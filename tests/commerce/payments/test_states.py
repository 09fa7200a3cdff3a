"""The table of states in the documentation is the one that the machine has."""

from pathlib import Path

from tillfree.commerce.payments.states import STATES, table_text, transitions


def test_the_documentation_has_the_table_of_the_machine(project_root: Path) -> None:
    page = (project_root / "docs" / "payments.md").read_text(encoding="utf-8")
    assert table_text() in page, "write it anew: python -m tests.commerce.payments.write_table"


def test_every_state_can_be_left_or_is_an_end() -> None:
    left = {way.state for way in transitions()}
    assert set(STATES) - left == {"voided", "refunded", "adjusting", "expired", "open", "owed"}
    # The last four need another system, a card without a token, a badge or cash: see the tests of the till.
