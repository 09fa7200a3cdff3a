"""Rules of the house that no tool checks: docstrings of packages, length and names of modules, purity of floors."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.sources import PACKAGE, PACKAGES, PURE, modules, name_of, text_files, tree_of

LINES_MAX = 500
VAGUE = {"util", "utils", "helper", "helpers", "common", "manager", "misc"}
MODULES = modules()


@pytest.mark.parametrize("package", [p for p in PACKAGES if p != PACKAGE], ids=name_of)
def test_a_package_says_its_job_in_one_sentence(package: Path) -> None:
    text = ast.get_docstring(tree_of(package / "__init__.py"))
    assert text, "the package has no docstring"
    sentence = " ".join(text.split("\n\n")[0].split())
    assert sentence.endswith(".")
    assert not re.search(r"[.!?] [A-Z]", sentence), f"more than one sentence: {sentence}"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_module_is_short_and_named_for_what_it_is(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) < LINES_MAX
    assert not {module.stem, *module.relative_to(PACKAGE).parts} & VAGUE


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_public_names_stand_in_all(module: Path) -> None:
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    tree = tree_of(module)
    public = {n.name for n in tree.body if isinstance(n, definitions) and not n.name.startswith("_")}
    stated = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)
    ]
    if not public and not stated:
        return
    assert len(stated) == 1, "the module has public names and no __all__"
    loaded = importlib.import_module(dotted(module))
    assert [name for name in stated[0] if not hasattr(loaded, name)] == []


def dotted(module: Path) -> str:
    parts = module.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("module", [m for m in MODULES if m.relative_to(PACKAGE).parts[0] in PURE], ids=name_of)
def test_pure_floors_read_no_clock_open_no_file_and_seed_their_randomness(module: Path) -> None:
    """The import contract keeps whole modules out; this finds what hides in modules that are allowed."""
    found = [
        f"line {getattr(node, 'lineno', 0)}: {impurity(node)}" for node in ast.walk(tree_of(module)) if impurity(node)
    ]
    assert found == []


def impurity(node: ast.AST) -> str:
    """What a call does that a pure floor must not do; empty for nothing."""
    match node:
        case ast.Call(func=ast.Name(id="open" | "print" | "input" as name)):
            return f"{name}()"
        case ast.Call(func=ast.Attribute(attr="now" | "today" | "utcnow" as name)):
            return f"clock: .{name}()"
        case ast.Call(func=ast.Attribute(attr="default_rng"), args=[], keywords=[]):
            return "default_rng() without a seed"
        case ast.Call(func=ast.Attribute(attr="read_text" | "read_bytes" | "write_text" | "write_bytes" as name)):
            return f"file: .{name}()"
        case ast.Global():
            return "global state"
    return ""


@pytest.mark.parametrize(
    "code",
    ["open('x')", "datetime.now(UTC)", "np.random.default_rng()", "path.read_text()", "def f():\n  global x\n  x = 1"],
)
def test_impurity_is_found(code: str) -> None:
    assert any(impurity(node) for node in ast.walk(ast.parse(code)))


@pytest.mark.parametrize("code", ["np.random.default_rng(seed)", "file.read()", "datetime.fromtimestamp(1, UTC)"])
def test_purity_is_not_mistaken(code: str) -> None:
    assert not any(impurity(node) for node in ast.walk(ast.parse(code)))


# Assembled, so that this file does not find itself.
ABSOLUTE = re.compile(r"(?<![\w./~-])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers")) + r")/\w")
UNFINISHED = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b(?!\")")


@pytest.mark.parametrize("pattern", [ABSOLUTE, UNFINISHED], ids=["absolute path", "unfinished"])
def test_no_file_holds(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name_of(path)}:{number}: {line.strip()[:100]}"
        for path in text_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_the_store_starts_without_the_plotting_library() -> None:
    # Half a second of start for every command, where only the report of an evaluation draws.
    code = "import sys, tillfree.store; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
