"""Runs every published case and writes the table of the documentation: `python -m tests.web.retailer.write_cases`."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.web.retailer.platform_cases import CASES
from tests.web.retailer.staging import KEYS, calling
from tillfree.connectors.retailer.cases import Known, connector_cases
from tillfree.connectors.retailer.checking import check_connectors
from tillfree.simulation.retail.connectors import SimulatedRetailer
from tillfree.simulation.retail.serving import serving

PAGE = Path(__file__).resolve().parents[3] / "docs" / "retailer_cases.md"
CONNECTOR_TEST = "tests/connectors/retailer/test_cases.py"
PLATFORM_TEST = "tests/web/retailer/test_platform_cases.py"


def names() -> list[tuple[str, str]]:
    """Every case with the test that runs it."""
    ours = [(case.name, CONNECTOR_TEST) for case in connector_cases(Known())]
    return ours + [(case.name, PLATFORM_TEST) for case in CASES]


def connector_results() -> Iterator[tuple[str, str]]:
    """Each case of the connectors against the simulated retailer."""
    with serving(SimulatedRetailer()) as address:
        for result in check_connectors(address, connector_cases(Known()), now_ns=time.time_ns):
            yield result.case, result.outcome


def platform_results() -> Iterator[tuple[str, str]]:
    """Each case of the calls against the server."""
    os.environ["TILLFREE_RETAILER_KEYS"] = KEYS
    with calling() as caller:
        for case in CASES:
            processor = caller.world.processor
            processor.declines.clear()
            processor.pending.clear()
            caller.world.till.tick()
            processor.done.clear()
            trip = case.setup(caller)
            answer = caller.call(case.path, case.body(trip))
            right = answer.status_code == case.status and case.says in answer.text
            yield case.name, "passed" if right and case.after(caller, trip, answer) else "failed"


def page(results: dict[str, str]) -> str:
    """The page, from the result of each case."""
    tables = []
    for title, test in (("The retailer's connectors", CONNECTOR_TEST), ("Calls to the store", PLATFORM_TEST)):
        rows = [name for name, by in names() if by == test]
        passed = sum(results[name] == "passed" for name in rows)
        lines = [f"## {title}", "", f"{len(rows)} cases, {passed} passed; run by `{test}`.", "", "| Case | Result |"]
        lines += ["|---|---|", *(f"| {name} | {results[name]} |" for name in rows)]
        tables.append("\n".join(lines))
    head = (
        "# Test cases of the retailer API\n\n"
        "Written by `python -m tests.web.retailer.write_cases` from the tables that the tests run. The first table is "
        "what\n`tillfree retailer check` runs against your connectors; here it ran against the simulated retailer. The "
        "second ran\nagainst Tillfree's own server. No case was run against a system of Amazon.\n"
    )
    return head + "\n" + "\n\n".join(tables) + "\n"


def main() -> int:
    """Runs all, writes the page, says how many failed."""
    results = dict(connector_results()) | dict(platform_results())
    PAGE.write_text(page(results), encoding="utf-8")
    failed = [name for name, outcome in results.items() if outcome != "passed"]
    print(f"{len(results)} cases, {len(failed)} failed: {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
