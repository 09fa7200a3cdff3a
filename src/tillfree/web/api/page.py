"""The routes of this room: the operations, their description, a page to read it, and the page of keys and webhooks."""

import functools
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillfree.web.api import integrations
from tillfree.web.api.calls import PREFIX, routes_of
from tillfree.web.api.description import description, description_text, problems_of
from tillfree.web.api.operations import Operation
from tillfree.web.api.problems import PROBLEMS
from tillfree.web.api.scopes import SCOPES
from tillfree.web.api.table import OPERATIONS
from tillfree.web.ask import Ask
from tillfree.web.routing import open_view

__all__ = ["routes"]


def routes() -> list[BaseRoute]:
    """All of them."""
    return [
        Route(f"{PREFIX}/openapi.json", _described, methods=["GET"]),
        *routes_of(OPERATIONS),
        open_view("/api", _page),
        *integrations.routes(),
    ]


@functools.cache
def _text() -> bytes:
    return description_text(OPERATIONS).encode()


async def _described(_request: Request) -> Response:
    return Response(_text(), media_type="application/json", headers={"Cache-Control": "public, max-age=300"})


def _page(ask: Ask) -> Response:
    document = _document()
    groups: dict[str, list[dict[str, Any]]] = {}
    for operation in OPERATIONS:
        groups.setdefault(operation.group, []).append(_shown(operation, document))
    return ask.page(
        "api/reference.html", groups=groups, problems=PROBLEMS, scopes=SCOPES, prefix=PREFIX, shapes=_shapes(document)
    )


@functools.cache
def _document() -> dict[str, Any]:
    return description(OPERATIONS)


def _shown(operation: Operation, document: dict[str, Any]) -> dict[str, Any]:
    """What the page says of an operation."""
    node = document["paths"][operation.path][operation.method.lower()]
    return {
        "operation": operation,
        "parameters": [
            (parameter["name"], parameter["in"], parameter["required"], _kind(parameter["schema"]), _about(parameter))
            for parameter in node.get("parameters", ())
        ],
        "body": None if operation.body is None else operation.body.__name__,
        "answer": getattr(operation.answer, "__name__", "") or operation.media_type,
        "problems": problems_of(operation),
    }


def _about(parameter: dict[str, Any]) -> str:
    return str(parameter.get("description", ""))


def _shapes(document: dict[str, Any]) -> list[tuple[str, str, list[tuple[str, str, bool, str]]]]:
    """Name, meaning and fields of each schema."""
    found = []
    for name, node in document["components"]["schemas"].items():
        required = set(node.get("required", ()))
        fields = [
            (field, _kind(kind), field in required, str(kind.get("description", "")))
            for field, kind in node.get("properties", {}).items()
        ]
        found.append((name, str(node.get("description", "")), fields))
    return found


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema and len(schema["enum"]) <= 6:
        return " | ".join(str(value) or '""' for value in schema["enum"])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if "format" in schema:
        return str(schema["format"])
    bounds = [str(schema[key]) for key in ("minimum", "maximum") if key in schema]
    return f"{kind} {'–'.join(bounds)}" if len(bounds) == 2 else str(kind)
