"""The API against its own description: what schemathesis finds when it tries all operations in all its ways."""

from collections import Counter
from pathlib import Path

import msgspec
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.web.api.conftest import SHORT, app_of, client_of, paying_console
from tillfree.store.entry.key_files import KeyFolder

__all__ = ["PHASES", "Contract", "try_all"]

PHASES = ("examples", "coverage", "fuzzing", "stateful")
_ACCEPTED = ["2xx", 304, 401, 403, 404, 409, 412, 422, 428]
"""Answers to requests that fit the description. Beside what schemathesis takes for granted: nothing has changed (304),
a condition that does not hold or is missing (412, 428), and what no schema can say, as a tax class without rate (422).
"""


class Contract(msgspec.Struct):
    """How often each check was made of each operation, how many requests that took, and what was found."""

    checks: Counter[tuple[str, str]]
    requests: Counter[str]
    failures: list[str]


def try_all(folder: Path, examples: int, seed: int, phases: tuple[str, ...] = PHASES) -> Contract:
    """Tries a store where people pay, whose database lies in a folder; nothing leaves the process."""
    found = Contract(Counter(), Counter(), [])
    with paying_console(SHORT, folder) as shop:
        KeyFolder(folder).make(("shopper",))
        key = client_of(shop.console).headers["authorization"]
        config = SchemathesisConfig.from_dict(
            {
                "seed": seed,
                "base-url": "http://127.0.0.1/api/v1",
                "headers": {"Authorization": key},
                "workers": 1,
                "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
                "phases": {phase: {"enabled": phase in phases} for phase in PHASES},
                "checks": {"positive_data_acceptance": {"expected-statuses": _ACCEPTED}},
            }
        )
        schema = schemathesis.openapi.from_asgi(
            "/api/v1/openapi.json", app_of(shop.console), config=config, headers={"host": "127.0.0.1"}
        )
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                _note(found, event)
            elif isinstance(event, events.FatalError | events.NonFatalError):
                found.failures.append(f"{type(event).__name__}: {event}")
    return found


def _note(found: Contract, event: events.ScenarioFinished) -> None:
    for id_, checks in event.recorder.checks.items():
        label = event.recorder.cases[id_].value.operation.label
        found.requests[label] += 1
        for check in checks:
            found.checks[label, check.name] += 1
            if check.failure_info is not None:
                failure = check.failure_info.failure
                found.failures.append(
                    f"{label}: {check.name}: {failure.title}: {failure.message} ({check.failure_info.code_sample})"
                )
