"""JSON Schemas of events as viewers of recordings understand them.

Foxglove and its relatives read a subset: a root of type "object", no references, no unions, arrays of objects or plain
values only. What lies outside (a joint is an array of mixed values) is left out of the description: the schema stays
true, since a JSON Schema allows properties that it does not name.
"""

from typing import Any

from tillfree.core.events import EVENT_KINDS, event_schema

__all__ = ["channel_schema"]

_PLAIN = ("boolean", "string", "number", "integer")


def channel_schema(tag: str) -> dict[str, Any]:
    """The schema of the events of one kind, for the channel of a recording."""
    full = event_schema(EVENT_KINDS[tag])
    definitions: dict[str, Any] = full.get("$defs", {})
    root = _shown(full, definitions)
    assert root is not None, f"an event is an object: {tag}"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **root}


def _shown(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any] | None:
    """The part of a schema that can be shown, None where nothing of it can."""
    if reference := schema.get("$ref"):
        schema = definitions[str(reference).rsplit("/", 1)[-1]]
    if all(isinstance(value, str) for value in schema.get("enum", [None])):
        return {**schema, "type": "string"}
    kind = schema.get("type")
    if kind in _PLAIN:
        return schema
    if kind == "array":
        items = _shown(schema["items"], definitions) if isinstance(schema.get("items"), dict) else None
        return {**schema, "items": items} if items and items["type"] != "array" else None
    if kind != "object":
        return None
    properties = {
        name: shown
        for name, inner in schema.get("properties", {}).items()
        if (shown := _shown(inner, definitions)) is not None
    }
    rest = {key: value for key, value in schema.items() if key not in ("properties", "additionalProperties")}
    return {**rest, "properties": properties}
