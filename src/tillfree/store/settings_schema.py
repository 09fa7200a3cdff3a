"""JSON Schema and a commented TOML file, made from settings structs: titles, bounds and units stand only there."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

__all__ = ["Setting", "commented_toml", "struct_schema", "walk_settings"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WIDTH = 110


class Setting(msgspec.Struct, frozen=True):
    """One setting as the schema describes it: `path` from the root, `node` its part of the schema."""

    path: tuple[str, ...]
    node: dict[str, Any]

    @property
    def key(self) -> str:
        """The dotted path, as it is written in messages: `sensing.calm_ms`."""
        return ".".join(self.path)

    @property
    def unit(self) -> str:
        """The unit of the value, of each value for a table of numbers, or an empty string."""
        inner = self.node.get("additionalProperties")
        unit = self.node.get("x-unit") or (inner.get("x-unit") if isinstance(inner, dict) else None)
        return str(unit or "")

    @property
    def bounds(self) -> str:
        """What may be set, in words: `20 to 500 ms`, `true or false`, `one of EUR, USD`."""
        return _bounds(self.node)


def struct_schema(kind: type[msgspec.Struct], title: str, defaults: msgspec.Struct) -> dict[str, Any]:
    """JSON Schema 2020-12 of a settings struct and of the structs in it, each key with its default value."""
    schema = msgspec.json.schema(kind)
    definitions = schema.pop("$defs")
    root = definitions.pop(schema.pop("$ref").rpartition("/")[2])
    _fill_defaults(root, definitions, msgspec.to_builtins(defaults))
    return {"$schema": _DIALECT, **root, "title": title, "$defs": definitions}


def _fill_defaults(node: dict[str, Any], definitions: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, inner in node["properties"].items():
        table = _table(inner, definitions)
        if table is None:
            inner["default"] = values[name]
        else:
            # What a table describes stands at its definition; a reference may carry neither default nor title.
            node["properties"][name] = {"$ref": _reference(inner)}
            _fill_defaults(table, definitions, values[name])


def _reference(node: dict[str, Any]) -> str | None:
    """The `$ref` of a node; msgspec wraps it in `anyOf` where the key has a default."""
    if "$ref" in node:
        return str(node["$ref"])
    options = node.get("anyOf", node.get("allOf", []))
    return str(options[0]["$ref"]) if len(options) == 1 and "$ref" in options[0] else None


def _table(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any] | None:
    reference = _reference(node)
    found: dict[str, Any] | None = None if reference is None else definitions[reference.rpartition("/")[2]]
    return found


def walk_settings(schema: dict[str, Any]) -> Iterator[Setting]:
    """Every setting that is not a table of further settings, in the order of the structs."""
    yield from _walk(schema, schema["$defs"], ())


def _walk(node: dict[str, Any], definitions: dict[str, Any], path: tuple[str, ...]) -> Iterator[Setting]:
    for name, inner in node["properties"].items():
        table = _table(inner, definitions)
        if table is None:
            yield Setting((*path, name), inner)
        else:
            yield from _walk(table, definitions, (*path, name))


def _bounds(node: dict[str, Any]) -> str:
    unit = f" {node['x-unit']}" if node.get("x-unit") else ""
    if "enum" in node:
        return "one of " + ", ".join(str(value) for value in node["enum"])
    match node.get("type"):
        case "boolean":
            return "true or false"
        case "string":
            low, high = node.get("minLength", 0), node.get("maxLength")
            return f"text of {low} to {high} characters" if high is not None else "text"
        case "object":
            return f"for each name: {_bounds(node['additionalProperties'])}"
        case "array":
            items = node["items"]
            return f"a list, each: {'a table of its own' if '$ref' in items else _bounds(items)}"
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    parts = (
        (f"{low}", low is not None),
        (f"more than {above}", above is not None),
        (f"to {high}", high is not None),
        (f"to less than {below}", below is not None),
    )
    text = " ".join(part for part, present in parts if present)
    return (text or "a number") + unit


# ---- TOML -------------------------------------------------------------------------------------------------------


def commented_toml(schema: dict[str, Any], heading: str) -> str:
    """A TOML file with every setting at its default, and above each what it is and what it may be."""
    lines = [f"# {line}" for line in textwrap.wrap(heading, _WIDTH - 2)] + [""]
    _write_table(schema, schema["$defs"], (), lines)
    return "\n".join(lines).rstrip("\n") + "\n"


def _write_table(node: dict[str, Any], definitions: dict[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    """Plain values first: in TOML, whatever follows the heading of a table belongs to that table."""
    tables: list[tuple[str, dict[str, Any]]] = []
    maps: list[tuple[str, dict[str, Any]]] = []
    for name, inner in node["properties"].items():
        table = _table(inner, definitions)
        if table is not None:
            tables.append((name, table))
        elif inner.get("type") == "object":
            maps.append((name, inner))
        else:
            lines += [*_comment(inner), f"{name} = {_literal(inner['default'])}", ""]
    for name, inner in maps:
        lines += [*_comment(inner), f"[{'.'.join((*path, name))}]"]
        lines += [f"{_literal_key(key)} = {_literal(value)}" for key, value in inner["default"].items()] + [""]
    for name, table in tables:
        lines += ["", *(f"# {line}" for line in textwrap.wrap(table.get("description", ""), _WIDTH - 2))]
        lines += [f"[{'.'.join((*path, name))}]", ""]
        _write_table(table, definitions, (*path, name), lines)


def _comment(node: dict[str, Any]) -> list[str]:
    text = f"{node.get('title', '')}: {node.get('description', '')} ({_bounds(node)})"
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH - 2)]


def _literal(value: Any) -> str:
    """A TOML value; a JSON string is one too, save for DEL, which TOML wants escaped."""
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal_key(name)} = {_literal(item)}" for name, item in value.items()) + "}"
    return json.dumps(value)


def _literal_key(key: str) -> str:
    bare = key.replace("_", "").replace("-", "")
    return key if bare.isascii() and bare.isalnum() else _literal(key)
