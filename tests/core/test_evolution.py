"""Recordings of earlier versions stay readable: the stored corpus, the stored shapes, and what git remembers."""

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from tests.core.evolution import breaking_changes, shape_of, shapes
from tests.core.extend_corpus import CORPUS, SHAPES, extend, read_shapes
from tests.core.samples import FULL, plain
from tillfree.core.events import EVENT_KINDS, Event, decode_event, encode_event
from tillfree.core.ids import PlateRef

LINES = CORPUS.read_bytes().splitlines()


def kind_of(line: bytes) -> str:
    return str(msgspec.json.decode(line)["kind"])


# ---- the corpus -------------------------------------------------------------------------------------------------


def says(now: object, then: object) -> bool:
    """Whether `now` says all that `then` said: it may have more fields, in objects and at the end of arrays."""
    if isinstance(then, dict) and isinstance(now, dict):
        return then.keys() <= now.keys() and all(says(now[name], then[name]) for name in then)
    if isinstance(then, list) and isinstance(now, list):
        return len(then) <= len(now) and all(map(says, now, then))
    return type(now) is type(then) and now == then


@pytest.mark.parametrize("line", LINES, ids=[f"{n}-{kind_of(line)}" for n, line in enumerate(LINES, 1)])
def test_line_of_the_corpus_keeps_its_meaning(line: bytes) -> None:
    event = decode_event(line)
    again = encode_event(event)
    assert says(msgspec.json.decode(again), msgspec.json.decode(line))
    assert decode_event(again) == event


@pytest.mark.parametrize("event", FULL, ids=lambda event: type(event).__name__)
def test_this_version_reads_and_writes_its_own_lines_to_the_byte(event: Event) -> None:
    line = encode_event(event)
    assert line in LINES, "run python -m tests.core.extend_corpus"
    assert encode_event(decode_event(line)) == line


def test_every_kind_and_every_field_stands_in_the_corpus() -> None:
    seen: dict[str, set[str]] = {}
    for line in LINES:
        seen.setdefault(kind_of(line), set()).update(msgspec.json.decode(line))
    missing = {
        f"{kind}.{field}"
        for kind, struct in EVENT_KINDS.items()
        for field in struct.__struct_fields__
        if field not in seen.get(kind, set())
    }
    assert not missing, "run python -m tests.core.extend_corpus after extending tests/core/samples.py"


def test_samples_give_every_optional_field_another_value_than_its_default() -> None:
    assert {str(event.__struct_config__.tag) for event in FULL} == set(EVENT_KINDS)
    for event in FULL:
        bare = plain(event)
        for field in msgspec.structs.fields(type(event)):
            same = getattr(event, field.name) == getattr(bare, field.name)
            assert same == field.required, f"{type(event).__name__}.{field.name}"


@pytest.mark.parametrize("event", FULL, ids=lambda event: type(event).__name__)
def test_a_field_from_the_future_is_passed_over(event: Event) -> None:
    line = msgspec.json.decode(encode_event(event))
    line["from_the_future"] = {"anything": [1, None, "x"]}
    assert decode_event(msgspec.json.encode(line)) == event


def test_an_array_like_struct_from_the_future_is_read_too() -> None:
    assert msgspec.json.decode(b'["g",1,2,"new"]', type=PlateRef) == msgspec.json.decode(b'["g",1,2]', type=PlateRef)


# ---- the shapes -------------------------------------------------------------------------------------------------


def test_shapes_are_those_stored() -> None:
    stored, now = read_shapes(SHAPES), shapes()
    assert breaking_changes(stored, now) == []
    assert now == stored, "a field or kind was added: run python -m tests.core.extend_corpus"


class Old(msgspec.Struct):
    name: str
    weight_g: float = 0.0


class Row(msgspec.Struct, array_like=True):
    left: int
    right: int


def defined(name: str, *fields: tuple[str, type] | tuple[str, type, object], array: bool = False) -> type:
    return msgspec.defstruct(name, fields, array_like=array)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (Old, defined("Old", ("name", str), ("weight_g", float, 0.0)), []),
        (Old, defined("Old", ("name", str), ("weight_g", float, 0.0), ("unit", str, "g")), []),
        (Old, defined("Old", ("name", str, ""), ("weight_g", float, 0.0)), []),
        (Old, defined("Other", ("name", str), ("weight_g", float, 0.0)), ["Old is gone"]),
        (Old, defined("Old", ("name", str)), ["Old.weight_g is gone"]),
        (Old, defined("Old", ("name", str), ("weight_g", int, 0)), ["Old.weight_g has another type"]),
        (Old, defined("Old", ("name", bytes), ("weight_g", float, 0.0)), ["Old.name has another type"]),
        (Old, defined("Old", ("name", str), ("weight_g", float, 1.0)), ["Old.weight_g has another default, or none"]),
        (Old, defined("Old", ("name", str), ("weight_g", float)), ["Old.weight_g has another default, or none"]),
        (
            Old,
            defined("Old", ("name", str), ("unit", str), ("weight_g", float, 0.0)),
            ["Old.unit is new and has no default"],
        ),
        (Row, defined("Row", ("left", int), ("right", int), ("top", int, 0), array=True), []),
        (
            Row,
            defined("Row", ("right", int), ("left", int), array=True),
            ["Row is written as an array, and its fields moved"],
        ),
        (
            Row,
            defined("Row", ("left", int), ("right", int)),
            ["Row is written as an array in one version and as an object in the other"],
        ),
    ],
)
def test_breaking_changes_are_found(old: type, new: type, expected: list[str]) -> None:
    assert breaking_changes(shape_of(old), shape_of(new)) == expected


# ---- the command that extends the corpus --------------------------------------------------------------------------


def test_extending_is_complete_and_idempotent(tmp_path: Path) -> None:
    corpus, stored = tmp_path / "events.jsonl", tmp_path / "fields.json"
    assert extend(corpus, stored) == []
    first = corpus.read_bytes()
    assert extend(corpus, stored) == []
    assert corpus.read_bytes() == first
    assert read_shapes(stored) == shapes()


def test_extending_appends_and_refuses_what_would_break(tmp_path: Path) -> None:
    corpus, stored = tmp_path / "events.jsonl", tmp_path / "fields.json"
    old_line = b'{"kind":"visit_closed","time_ns":1,"source":"s","sequence":1,"visit":"v","reason":"lost"}\n'
    corpus.write_bytes(old_line)
    assert extend(corpus, stored) == []
    assert corpus.read_bytes().startswith(old_line)

    older = shapes()
    older["VisitClosed"]["fields"]["colour"] = {"type": {"type": "string"}}
    stored.write_bytes(msgspec.json.encode(older))
    before = corpus.read_bytes()
    assert extend(corpus, stored) == ["VisitClosed.colour is gone"]
    assert corpus.read_bytes() == before


# ---- earlier commits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", ["HEAD", "HEAD~1"])
def test_the_corpus_of_earlier_commits_is_read_and_kept(revision: str, project_root: Path) -> None:
    git = shutil.which("git")
    if git is None or not (project_root / ".git").exists():
        pytest.skip("no git history here")
    path = CORPUS.relative_to(project_root).as_posix()
    shown = subprocess.run([git, "show", f"{revision}:{path}"], cwd=project_root, capture_output=True, check=False)
    if shown.returncode != 0:
        pytest.skip(f"{revision} has no corpus")
    lines = shown.stdout.splitlines()
    assert lines == LINES[: len(lines)], "the corpus is only ever appended to"
    for line in lines:
        decode_event(line)
