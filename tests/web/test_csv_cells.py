"""Cells that a spreadsheet would run are disarmed, and read back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.web.csv_cells import guarded, unguarded

BEGINNINGS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_what_would_be_run_is_not(beginning: str) -> None:
    assert guarded(f"{beginning}1+1") == f"'{beginning}1+1"


@given(st.one_of(st.text(), st.builds(str.__add__, st.sampled_from(BEGINNINGS), st.text())))
def test_what_was_disarmed_is_read_back_as_it_was(text: str) -> None:
    # A name that begins with an apostrophe before a formula cannot be told from a disarmed one.
    assert unguarded(guarded(text)) == (unguarded(text) if text.startswith("'") else text)
