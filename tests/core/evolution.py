"""What readers of old recordings rely on in the shape of events, as data to be stored and compared."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tillfree.core.events import EVENT_KINDS

__all__ = ["Shape", "breaking_changes", "shape_of", "shapes"]

Shape = dict[str, Any]
"""`{"array": bool, "fields": {name: {"type": JSON Schema, "default": value}}}`; a required field has no default."""


def shapes() -> dict[str, Shape]:
    """The shape of every kind of event and of every struct inside events, by the name of its class."""
    return shape_of(*EVENT_KINDS.values())


def shape_of(*structs: type[msgspec.Struct]) -> dict[str, Shape]:
    """The shapes of these structs and of those that they contain, sorted by name.

    A bound on a value counts as part of its type: a tighter one refuses lines that were good when they were written.
    """
    schemas = msgspec.json.schema_components(structs, ref_template="{name}")[1]
    by_name = {struct.__name__: struct for struct in _reachable(structs)}
    return {name: _shape(by_name[name], schema) for name, schema in sorted(schemas.items())}


def _reachable(structs: tuple[type[msgspec.Struct], ...]) -> Iterator[type[msgspec.Struct]]:
    waiting: list[msgspec.inspect.Type] = list(msgspec.inspect.multi_type_info(structs))
    seen: set[type] = set()
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls in seen:
                continue
            seen.add(info.cls)
            yield info.cls
            waiting.extend(field.type for field in info.fields)
        elif isinstance(info, msgspec.inspect.UnionType):
            waiting.extend(info.types)
        elif isinstance(info, msgspec.inspect.VarTupleType):
            waiting.append(info.item_type)


def _shape(struct: type[msgspec.Struct], schema: dict[str, Any]) -> Shape:
    names = [field.encode_name for field in msgspec.structs.fields(struct)]
    if "prefixItems" in schema:
        required = names[: schema["minItems"]]
        fields = dict(zip(names, schema["prefixItems"], strict=True))
    else:
        required = schema["required"]
        fields = schema["properties"]
    # Through JSON once, so that what was stored and what is derived compare as equal (an empty tuple is a list there).
    shape: Shape = msgspec.json.decode(
        msgspec.json.encode(
            {"array": "prefixItems" in schema, "fields": {n: _field(f, n in required) for n, f in fields.items()}}
        )
    )
    return shape


def _field(schema: dict[str, Any], required: bool) -> dict[str, Any]:
    kept = {key: value for key, value in schema.items() if key not in {"default", "title", "description"}}
    return {"type": kept} if required else {"type": kept, "default": schema["default"]}


def breaking_changes(old: dict[str, Shape], new: dict[str, Shape]) -> list[str]:
    """Every change from `old` to `new` after which an old line is refused, or is read as something else."""
    found = [f"{name} is gone" for name in old.keys() - new.keys()]
    for name in old.keys() & new.keys():
        found.extend(f"{name}{change}" for change in _changes(old[name], new[name]))
    return sorted(found)


def _changes(old: Shape, new: Shape) -> Iterator[str]:
    before, after = old["fields"], new["fields"]
    if old["array"] != new["array"]:
        yield " is written as an array in one version and as an object in the other"
    if old["array"] and list(after)[: len(before)] != list(before):
        yield " is written as an array, and its fields moved"
    for name, field in before.items():
        if name not in after:
            yield f".{name} is gone"
        elif after[name]["type"] != field["type"]:
            yield f".{name} has another type"
        elif "default" in field and after[name].get("default", ...) != field["default"]:
            yield f".{name} has another default, or none"
    for name in after.keys() - before.keys():
        if "default" not in after[name]:
            yield f".{name} is new and has no default"
