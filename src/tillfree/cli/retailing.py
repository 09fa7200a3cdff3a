"""`tillfree retailer`: checks somebody's connectors by the published cases, or plays a retailer for a try."""

import argparse
import os
import threading
import time
import uuid

from tillfree.cli.terminal import TerminalError, show
from tillfree.commerce.display import display_text
from tillfree.connectors.retailer.cases import CONNECTORS, Known, connector_cases
from tillfree.connectors.retailer.checking import Result, check_connectors
from tillfree.connectors.retailer.signing import keys_of

__all__ = ["run_check", "run_mock"]

_WORDS = {"passed": "passed", "failed": "FAILED", "not there": "-"}


def run_check(arguments: argparse.Namespace) -> int:
    """Runs the cases against an address and prints a line for each; 1 where any fails."""
    secret = os.environ.get(arguments.key_env, "").strip()
    if arguments.auth != "none" and not secret:
        raise TerminalError(f"put the key of the connectors into the environment variable {arguments.key_env}")
    known = Known(
        store_id=arguments.store_id,
        shopper=arguments.shopper_code,
        associate=arguments.associate_code,
        loyalty=arguments.loyalty_code,
        phone=arguments.phone,
        sku=arguments.sku,
        other_sku=arguments.other_sku or arguments.sku,
        barcode=arguments.barcode,
        shopper_id=arguments.shopper_id,
        loyalty_id=arguments.loyalty_id,
        run=str(uuid.uuid4()),  # a purchase of an earlier run must not answer for one of this
    )
    wanted = set(arguments.connector or CONNECTORS)
    cases = [case for case in connector_cases(known) if case.connector in wanted]
    results: list[Result] = []
    for result in check_connectors(
        arguments.url,
        cases,
        now_ns=time.time_ns,
        key=keys_of(secret)[0] if arguments.auth == "sigv4" else None,
        region=arguments.region,
        bearer=secret if arguments.auth == "bearer" else "",
    ):
        results.append(result)
        line = f"{_WORDS[result.outcome]:7} {result.case}"
        show(f"{line}: {display_text(result.why)}\n" if result.why else f"{line}\n")
    counts = {word: sum(result.outcome == word for result in results) for word in _WORDS}
    show(
        f"{len(results)} cases: {counts['passed']} passed, {counts['failed']} failed, "
        f"{counts['not there']} of connectors that are not there\n"
    )
    return 1 if counts["failed"] else 0


def run_mock(arguments: argparse.Namespace) -> int:
    """Serves a simulated retailer until it is stopped."""
    from tillfree.simulation.retail.connectors import DEMO_CODES, SimulatedRetailer  # noqa: PLC0415  with a server
    from tillfree.simulation.retail.serving import serving  # noqa: PLC0415

    retailer = SimulatedRetailer(store_id=arguments.store_id)
    retailer.faults.status = arguments.status
    retailer.faults.delay_s = arguments.delay_ms / 1000
    retailer.faults.deny = arguments.deny
    with serving(retailer, arguments.port) as address:
        show(f"a simulated retailer answers at {address} (retailer.endpoint); store {retailer.store_id}\n")
        show(f"codes that it knows: {', '.join(DEMO_CODES)}\n")
        threading.Event().wait(arguments.seconds or None)
    show(f"{len(retailer.calls)} calls, {retailer.ordered} purchases\n")
    return 0
