"""Every published case of the calls that a retailer makes, against the server."""

import pytest

from tests.web.retailer.platform_cases import CASES, PlatformCase
from tests.web.retailer.staging import Caller


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(caller: Caller, case: PlatformCase) -> None:
    trip = case.setup(caller)
    answer = caller.call(case.path, case.body(trip))
    assert answer.status_code == case.status, answer.text
    if case.status >= 400:
        assert set(answer.json()) == {"errorMsg"}
    assert case.says in answer.text
    assert case.after(caller, trip, answer), answer.text


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
