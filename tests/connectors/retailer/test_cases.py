"""The published cases of the connectors: a right retailer passes them all, a wrong one fails those that it breaks."""

import time
from collections.abc import Iterator

import pytest

from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.retailer.cases import CONNECTORS, Known, connector_cases
from tillfree.connectors.retailer.checking import Result, check_connectors
from tillfree.connectors.retailer.signing import Key
from tillfree.simulation.retail.connectors import Faults, SimulatedRetailer
from tillfree.simulation.retail.serving import serving

CASES = connector_cases(Known())


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[SimulatedRetailer, str]]:
    retailer = SimulatedRetailer()
    with serving(retailer) as address:
        yield retailer, address


@pytest.fixture(scope="module")
def results(served: tuple[SimulatedRetailer, str]) -> dict[str, Result]:
    return {result.case: result for result in check_connectors(served[1], CASES, now_ns=time.time_ns)}


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_a_right_retailer_passes(results: dict[str, Result], name: str) -> None:
    assert results[name].outcome == "passed", results[name].why


def test_there_are_cases_for_each_connector_and_names_are_unique() -> None:
    assert {case.connector for case in CASES} == set(CONNECTORS)
    assert len({case.name for case in CASES}) == len(CASES) >= 100


BROKEN: dict[str, tuple[Faults, str]] = {
    "lets everybody in as somebody unknown": (
        Faults(visitor_type="ROBOT"),
        "identity: a shopper's code opens the gate",
    ),
    "refuses everybody": (Faults(deny=True), "identity: a shopper's code opens the gate"),
    "answers nothing that can be read": (Faults(body=b"oops"), "purchases: a single item"),
    "fails": (Faults(status=500), "purchases: nothing was taken"),
    "has no ordering": (Faults(without=frozenset({"/v1/order/purchases"})), "purchases: a single item"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_wrong_retailer_fails(served: tuple[SimulatedRetailer, str], name: str) -> None:
    retailer, address = served
    retailer.faults, case = BROKEN[name]
    try:
        found = {result.case: result for result in check_connectors(address, CASES, now_ns=time.time_ns)}
    finally:
        retailer.faults = Faults()
    assert found[case].outcome == "failed"
    assert found[case].why


def test_a_retailer_without_risk_is_no_failure(served: tuple[SimulatedRetailer, str]) -> None:
    retailer, address = served
    retailer.faults = Faults(without=frozenset({"/v1/fraudandabuse/shopperauthorization"}))
    try:
        found = list(check_connectors(address, CASES, now_ns=time.time_ns))
    finally:
        retailer.faults = Faults()
    assert {r.outcome for r in found if r.connector == "risk"} == {"not there"}
    assert {r.outcome for r in found if r.connector != "risk"} == {"passed"}


def test_calls_are_signed_or_carry_a_bearer_key() -> None:
    key = Key("AKID", "s")
    for retailer in (SimulatedRetailer(keys=(key,)), SimulatedRetailer(bearer="b")):
        with serving(retailer) as address:
            cases = CASES[:2]
            right = list(
                check_connectors(
                    address, cases, now_ns=time.time_ns, key=key if retailer.keys else None, bearer=retailer.bearer
                )
            )
            assert {result.outcome for result in right} == {"passed"}
            assert {r.outcome for r in check_connectors(address, cases, now_ns=time.time_ns)} == {"failed"}


def test_nobody_there_is_an_error_that_says_so() -> None:
    with pytest.raises(ConnectorError, match="no answer"):
        list(check_connectors("http://127.0.0.1:9", CASES[:1], now_ns=time.time_ns))
