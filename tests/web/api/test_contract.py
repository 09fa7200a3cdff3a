"""The API is what its description says: all checks of schemathesis on all operations, and the document itself."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from tests.web.api.conftest import Paying, app_of
from tests.web.api.contract import try_all
from tillfree.web.api.description import description, description_text, problems_of
from tillfree.web.api.problems import PROBLEMS
from tillfree.web.api.table import OPERATIONS

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "openapi.json"


def test_the_document_is_valid_openapi() -> None:
    document = json.loads(description_text(OPERATIONS))
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_the_document_has_each_operation_and_only_those() -> None:
    paths = description(OPERATIONS)["paths"]
    found = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert found == {(operation.method, operation.path) for operation in OPERATIONS}


def test_every_problem_is_given_by_some_operation_or_by_the_guard() -> None:
    given = {name for operation in OPERATIONS for name in problems_of(operation)}
    assert set(PROBLEMS) - given == {"method", "wrong-host"}


def test_it_is_served_to_everybody(paying: Paying) -> None:
    answer = TestClient(app_of(paying.console), base_url="http://127.0.0.1").get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == json.loads(description_text(OPERATIONS))


def test_the_published_document_is_the_one_that_is_served() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == description_text(OPERATIONS), (
        "run: tillfree api describe -o docs/reference/openapi.json"
    )


def test_every_operation_does_what_the_document_says(tmp_path: Path) -> None:
    found = try_all(tmp_path, examples=2, seed=1)
    assert not found.failures, "\n\n".join(found.failures[:5])
    labels = {f"{operation.method} {operation.path}" for operation in OPERATIONS}
    assert set(found.requests) == labels
    assert {check for _, check in found.checks} >= {
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
        "response_headers_conformance", "positive_data_acceptance", "negative_data_rejection", "ignored_auth",
        "unsupported_method", "missing_required_header",
    }  # fmt: skip


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_says_what_it_needs(operation: object) -> None:
    from tillfree.web.api.operations import Operation

    assert isinstance(operation, Operation)
    node = description(OPERATIONS)["paths"][operation.path][operation.method.lower()]
    assert node["x-scope"] == operation.scope
    assert {"401", "403", "429"} <= set(node["responses"])
    key = [one for one in node.get("parameters", ()) if one["name"] == "Idempotency-Key"]
    assert len(key) == (operation.method == "POST")
    assert all(one["required"] == operation.money for one in key)
