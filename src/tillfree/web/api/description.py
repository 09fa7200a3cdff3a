"""The API described in OpenAPI 3.1, made from the table of operations alone."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

import tillfree
from tillfree.web.api.operations import IDEMPOTENCY_KEY, NoQuery, Operation
from tillfree.web.api.problems import PROBLEMS, ProblemBody, problem_uri
from tillfree.web.api.scopes import SCOPES

__all__ = ["description", "description_text", "parameters_of", "problems_of"]

_REF = "#/components/schemas/{name}"
_ABOUT = """Everything that a retailer's own systems need of one store, as JSON over HTTP.

Keys are made with `tillfree keys add` or in the console under Integrations, and sent as `Authorization: Bearer tf_...`.
Amounts are `{"minor": 249, "currency": "EUR"}`: whole smallest units, never a fraction. Moments are RFC 3339. Lists are
pages: follow `next` (or the header Link) until it is null. Requests with unknown fields are refused; answers may gain
fields. Errors are problem details (RFC 9457)."""
_EVERYWHERE = ("malformed", "unauthorised", "forbidden", "too-many-requests", "internal", "unavailable")
_WITH_BODY = ("timeout", "too-large", "media-type", "invalid")
_WITH_IDEMPOTENCY = ("in-flight", "key-reused")
_HEADERS: dict[str, tuple[str, dict[str, Any]]] = {
    "X-Request-Id": ("The id under which our log knows the request; one that was sent comes back.", {"type": "string"}),
    "RateLimit": ("What the key has left in this minute, and when the next one begins.", {"type": "string"}),
    "RateLimit-Policy": ("How many requests a minute the key may make.", {"type": "string"}),
}


def problems_of(operation: Operation) -> list[str]:
    """What can go wrong with an operation, by the names of `PROBLEMS`."""
    names = [*_EVERYWHERE]
    if operation.body is not None:
        names += _WITH_BODY
    if operation.method == "POST":
        names += _WITH_IDEMPOTENCY
    if operation.money:
        names.append("idempotency-key-needed")
    return sorted({*names, *operation.problems}, key=list(PROBLEMS).index)


def parameters_of(operation: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """The parameters of an operation: in the path, in the address behind `?`, and in headers."""
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
        }
        for name in operation.parameters
    ]
    if operation.query is not NoQuery:
        schema = schemas[operation.query.__name__]
        found += [
            _query_parameter(name, node, required=name in schema.get("required", ()))
            for name, node in schema["properties"].items()
        ]
    if operation.method == "POST":
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": operation.money,
                "description": "A random text, the same for each repetition of one request; kept for 24 hours.",
                "schema": {"type": "string", "pattern": IDEMPOTENCY_KEY},
            }
        )
    if operation.tagged:
        name, text = (
            ("If-None-Match", "An ETag: where it still holds, the answer is 304 without a body.")
            if operation.method == "GET"
            else ("If-Match", "The ETag of what is to be changed, as it was read.")
        )
        found.append(
            {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
        )
    return found


def _query_parameter(name: str, node: dict[str, Any], *, required: bool) -> dict[str, Any]:
    # What may be left out is never sent as null.
    alternatives = [one for one in node.get("anyOf", ()) if one.get("type") != "null"]
    schema = dict(alternatives[0]) if alternatives else {k: v for k, v in node.items() if k != "default"}
    if node.get("default") not in (None, ""):
        schema["default"] = node["default"]
    parameter: dict[str, Any] = {"name": name, "in": "query", "required": required, "schema": schema}
    if "description" in schema:
        parameter["description"] = schema.pop("description")
    return parameter


def description(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole document."""
    schemas = _schemas(operations)
    problems: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for operation in operations:
        node = _operation(operation, schemas, problems)
        paths.setdefault(operation.path, {})[operation.method.lower()] = node
    groups = dict.fromkeys(operation.group for operation in operations)
    shown = {name: node for name, node in schemas.items() if not name.endswith("Query")}
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Tillfree API",
            "version": "1",
            "summary": "One checkout-free store",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "x-tillfree": tillfree.__version__,
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "tags": [{"name": group} for group in groups],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(shown.items())),
            "responses": dict(sorted(problems.items())),
            "headers": {name: {"description": text, "schema": schema} for name, (text, schema) in _HEADERS.items()},
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key with scopes: " + ", ".join(f"`{scope}`" for scope in SCOPES),
                }
            },
        },
    }
    plain: dict[str, Any] = msgspec.to_builtins(document)
    return plain


def description_text(operations: Sequence[Operation]) -> str:
    """The document as it is published in `docs/reference/openapi.json`."""
    return json.dumps(description(operations), indent=2, ensure_ascii=False) + "\n"


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    kinds: list[Any] = [ProblemBody]
    for operation in operations:
        kinds += [kind for kind in (operation.query, operation.body, operation.answer) if kind is not None]
    _, components = msgspec.json.schema_components(dict.fromkeys(kinds), ref_template=_REF)
    plain: dict[str, Any] = msgspec.to_builtins(components)
    return plain


def _operation(operation: Operation, schemas: dict[str, Any], problems: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.group],
        "summary": operation.summary,
        "description": f"{operation.about}\n\nScope: `{operation.scope}`".strip(),
        "x-scope": operation.scope,
        "parameters": parameters_of(operation, schemas),
        "responses": _responses(operation, problems),
    }
    if operation.body is not None:
        kinds = ["application/json"] + (["application/merge-patch+json"] if operation.method == "PATCH" else [])
        content: dict[str, Any] = {"schema": {"$ref": _REF.format(name=operation.body.__name__)}}
        if operation.example is not None:
            content["example"] = operation.example
        found["requestBody"] = {"required": True, "content": dict.fromkeys(kinds, content)}
    if not found["parameters"]:
        del found["parameters"]
    return found


def _responses(operation: Operation, problems: dict[str, Any]) -> dict[str, Any]:
    """The answers by status; `problems` gathers those that many operations share."""
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
    good: dict[str, Any] = {"description": operation.summary, "headers": dict(headers)}
    if operation.tagged:
        good["headers"]["ETag"] = {"description": "The state of this thing.", "schema": {"type": "string"}}
    if operation.paged:
        good["headers"]["Link"] = {"description": "The next page (RFC 8288).", "schema": {"type": "string"}}
    schema = _answer_schema(operation)
    status = str(operation.status)
    if schema is not None:
        good["content"] = {operation.media_type: {"schema": schema}}
    else:
        status = "204"
    found = {status: good}
    if operation.method == "PUT":
        found["201"] = good
    if operation.tagged and operation.method == "GET":
        found["304"] = {"description": "Nothing has changed.", "headers": dict(headers)}
    by_status: dict[int, list[str]] = {}
    for name in problems_of(operation):
        by_status.setdefault(PROBLEMS[name][0], []).append(name)
    for code, names in sorted(by_status.items()):
        key = f"{code}-{'-or-'.join(names)}"
        problems[key] = {
            "description": "; ".join(f"{PROBLEMS[name][1]} (`{problem_uri(name)}`)" for name in names),
            "headers": dict(headers),
            "content": {"application/problem+json": {"schema": {"$ref": _REF.format(name="ProblemBody")}}},
        }
        found[str(code)] = {"$ref": f"#/components/responses/{key}"}
    return found


def _answer_schema(operation: Operation) -> dict[str, Any] | None:
    if operation.media_type != "application/json":
        return {"type": "string"} if operation.media_type.startswith("text/") else {"type": "object"}
    if operation.answer is None:
        return None
    inner = {"$ref": _REF.format(name=operation.answer.__name__)}
    if not operation.paged:
        return inner
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": inner},
            "next": {"type": ["string", "null"], "description": "The cursor of the next page: send it as `after`."},
        },
    }
