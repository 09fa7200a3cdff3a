"""The repository does what its pages promise: one gate, declared dependencies, contracts for every package."""

import ast
import re
import sys
import tomllib
from typing import Any

import pytest

import dev
from tests.project.sources import PACKAGE, PURE, ROOT, modules, tree_of

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirement_names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~\[; ]", requirement)[0].replace("-", "_").lower() for requirement in requirements}


def test_the_build_server_runs_what_a_person_runs() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "exec python3 dev.py check"


def test_the_gate_is_complete_and_ends_with_the_tests() -> None:
    commands = [" ".join(command) for _, command in dev.GATE]
    for part in ("ruff check", "ruff format --check", "mypy", "lint-imports", "sphinx -W"):
        assert any(part in command for command in commands), part
    assert commands[-1].startswith("python -m pytest")
    assert PROJECT["tool"]["mypy"]["strict"] is True
    assert PROJECT["tool"]["pytest"]["ini_options"]["filterwarnings"][0] == "error"


def test_every_package_has_a_floor() -> None:
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = {name.strip() for layer in layers for name in layer.split("|")}
    there = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert placed == there
    pure = PROJECT["tool"]["importlinter"]["contracts"][2]["source_modules"]
    assert pure == [f"tillfree.{name}" for name in PURE]


def test_every_package_has_a_page_of_reference() -> None:
    pages = {page.stem for page in (ROOT / "docs" / "api").glob("*.md")}
    there = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert pages == there
    index = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^api/(\w+)$", index, re.MULTILINE)) == there


def imported_packages() -> set[str]:
    found: set[str] = set()
    for module in modules():
        for node in ast.walk(tree_of(module)):
            match node:
                case ast.Import(names=names):
                    found.update(name.name.split(".")[0] for name in names)
                case ast.ImportFrom(module=str() as name, level=0):
                    found.add(name.split(".")[0])
    # Some packages are imported under another name than they are installed.
    named = {
        "PIL": "pillow",
        "jwt": "pyjwt",
        "fpdf": "fpdf2",
        "fontTools": "fonttools",
        "cv2": "opencv_python_headless",
        "faiss": "faiss_cpu",
    }
    return {named.get(name, name) for name in found - set(sys.stdlib_module_names) - {"tillfree"}}


def test_what_is_imported_is_declared() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    optional = [requirement for name in ("frames", "vision", "palm", "learning") for requirement in extras[name]]
    assert imported_packages() <= requirement_names([*PROJECT["project"]["dependencies"], *optional])


def test_each_dependency_names_its_user() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extras = PROJECT["project"]["optional-dependencies"]
    optional = [requirement for extra in extras.values() for requirement in extra]
    for requirement in [*PROJECT["project"]["dependencies"], *optional]:
        assert re.search(rf'^    "{re.escape(requirement)}",\s+# \w+', text, re.MULTILINE), requirement


def test_decision_notes_are_numbered_titled_and_short() -> None:
    notes = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for number, note in enumerate(notes, 1):
        text = note.read_text(encoding="utf-8")
        assert note.name.startswith(f"{number:04d}-")
        assert text.startswith(f"# {number}. ")
        for part in ("Status: ", "## Context", "## Decision", "## Consequences"):
            assert part in text, f"{note.name} lacks {part!r}"
        assert len(text.split()) <= 600, f"{note.name} is longer than a page"


def test_the_changelog_has_a_heading_for_what_changes_receipts() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for version in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        assert version.split("\n### ")[1].startswith("Changes that affect receipts\n")


@pytest.mark.parametrize("extras", [frozenset[str](), frozenset({"dev", "docs"})])
def test_the_stamp_of_an_environment_depends_on_what_it_was_made_from(extras: frozenset[str]) -> None:
    digest, *names = dev.stamp(extras).split()
    assert len(digest) == 64
    assert frozenset(names) == extras
    assert dev.stamp(extras) == dev.stamp(extras)


def test_commands_come_from_the_environment() -> None:
    assert dev.in_venv(("python", "-m", "pytest"))[0] == str(dev.PYTHON)
    assert dev.in_venv(("lint-imports",))[0].startswith(str(dev.BIN))
