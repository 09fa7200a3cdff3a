"""Every event survives being written and read; what is not an event is refused in words."""

import builtins
import contextlib
import json
import typing
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.samples import FULL
from tillfree.core import events as module
from tillfree.core.events import EVENT_KINDS, Event, decode_event, encode_event, event_schema
from tillfree.core.ids import FixtureId, PlateRef, ShelfRef

finite = st.floats(allow_nan=False, allow_infinity=False)  # JSON has neither; see the last tests here
int64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Any value that a field of this annotation may hold."""
    if isinstance(annotation, typing.NewType):
        return values_of(annotation.__supertype__)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return structs(annotation)
    inner = [values_of(part) for part in typing.get_args(annotation) if part is not ...]
    if not inner:
        return {int: int64, float: finite}.get(annotation, st.from_type(annotation))
    match typing.get_origin(annotation):
        case builtins.tuple:
            return st.lists(inner[0], max_size=3).map(tuple)
        case builtins.dict:
            return st.dictionaries(*inner, max_size=3)
        case _:
            return st.one_of(inner)


def structs(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Any value of a struct, all of its fields chosen."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{name: values_of(hints[name]) for name in kind.__struct_fields__})


any_event = st.one_of([structs(kind) for kind in EVENT_KINDS.values()])


@pytest.mark.parametrize("tag", EVENT_KINDS)
@given(data=st.data())
def test_reading_is_the_inverse_of_writing(tag: str, data: st.DataObject) -> None:
    event = data.draw(structs(EVENT_KINDS[tag]))
    line = encode_event(event)
    again = decode_event(line)
    assert type(again) is EVENT_KINDS[tag]
    assert again == event
    assert encode_event(again) == line


@given(any_event)
def test_a_line_is_json_without_a_line_break_and_names_its_kind(event: Event) -> None:
    line = encode_event(event)
    assert b"\n" not in line
    assert EVENT_KINDS[json.loads(line)["kind"]] is type(event)


@pytest.mark.parametrize("event", FULL, ids=lambda event: type(event).__name__)
def test_schema_is_valid_and_accepts_what_is_written(event: Event) -> None:
    schema = event_schema(type(event))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    line = json.loads(encode_event(event))
    assert validator.is_valid(line)
    line["time_ns"] = "noon"
    assert not validator.is_valid(line)


@given(st.dictionaries(st.text(max_size=3), st.floats(-9, 0), min_size=2, max_size=6))
def test_order_of_a_mapping_does_not_change_the_bytes(looks: dict[str, float]) -> None:
    def look(items: list[tuple[str, float]]) -> bytes:
        return msgspec.json.encode(
            {
                "kind": "item_look",
                "time_ns": 1,
                "source": "c",
                "sequence": 1,
                "track": "t",
                "log_likelihoods": dict(items),
            }
        )

    items = list(looks.items())
    assert encode_event(decode_event(look(items))) == encode_event(decode_event(look(items[::-1])))


def test_union_table_and_tags_agree() -> None:
    assert set(EVENT_KINDS.values()) == set(typing.get_args(Event))
    for tag, kind in EVENT_KINDS.items():
        assert kind.__struct_config__.frozen
        assert kind.__struct_config__.tag == tag
        assert kind.__name__ in module.__all__


def test_id_is_source_and_sequence() -> None:
    assert FULL[0].id == "plates/1#9"


def test_events_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        FULL[0].sequence = 10  # type: ignore[misc]


def test_references_are_ordered_by_place_and_read_well() -> None:
    plates = [PlateRef(FixtureId("b"), 1, 1), PlateRef(FixtureId("a"), 2, 1), PlateRef(FixtureId("a"), 1, 10)]
    assert [str(plate) for plate in sorted(plates)] == ["a/1/10", "a/2/1", "b/1/1"]
    assert plates[0].shelf_ref == ShelfRef(FixtureId("b"), 1)
    assert str(plates[0].shelf_ref) == "b/1"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"", "truncated"),
        (b'{"kind":"visit_closed","time_ns":1', "truncated"),
        (b"\x00\xff", "malformed"),
        (b"[]", "Expected `object`"),
        (b'{"kind":"\xff"}', "not UTF-8"),
        (b'{"kind":"visit_closed","time_ns":1,"source":"\xff","sequence":1,"visit":"v","reason":"exit"}', "not UTF-8"),
        (b'{"kind":"telepathy","time_ns":1,"source":"s","sequence":1}', "telepathy"),
        (b'{"time_ns":1,"source":"s","sequence":1}', "kind"),
        (b'{"kind":"visit_closed","time_ns":1,"source":"s","sequence":1,"visit":"v"}', "reason"),
        (b'{"kind":"visit_closed","time_ns":1.5,"source":"s","sequence":1,"visit":"v","reason":"exit"}', "time_ns"),
        (
            b'{"kind":"weight_batch","time_ns":1,"source":"s","sequence":1,"fixture":"f","rate_hz":60,'
            b'"samples":1,"shelves":1,"plates":1,"values":"not base64!"}',
            "values",
        ),
    ],
)
def test_what_is_not_an_event_is_refused_and_says_why(line: bytes, complaint: str) -> None:
    with pytest.raises(msgspec.DecodeError, match=complaint):
        decode_event(line)


@given(st.sampled_from(FULL), st.data())
def test_a_damaged_line_is_an_event_or_a_decode_error_and_nothing_else(event: Event, data: st.DataObject) -> None:
    line = bytearray(encode_event(event))
    for _ in range(data.draw(st.integers(1, 3))):
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(msgspec.DecodeError):
        decode_event(bytes(line[: data.draw(st.integers(0, len(line)))]))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_never_read_as_another(value: float) -> None:
    change = FULL[4]
    assert isinstance(change, module.WeightChange)
    line = encode_event(msgspec.structs.replace(change, total_g=value))
    with pytest.raises(msgspec.ValidationError, match=r"total_g"):
        decode_event(line)
