"""What the pages show works: Python blocks run, `$ tillfree` commands succeed, links lead somewhere."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import generated_pages
from tests.project.pages import PAGES, Block, blocks
from tests.project.sources import ROOT, name_of
from tillfree.core.events import EVENT_KINDS
from tillfree.simulation.stores.named import STORES, store_of
from tillfree.storage.database.retention import RETENTION
from tillfree.store.settings import schema_text, settings_schema
from tillfree.store.settings_schema import walk_settings

READ = [block for page in PAGES for block in blocks(page, page.read_text(encoding="utf-8"))]
PYTHON = sorted({block.page for block in READ if block.language == "python"})
CONSOLE = sorted({block.page for block in READ if block.language == "console"})
TILLFREE = (sys.executable, "-W", "error", "-c", "import sys; from tillfree.cli.main import main; sys.exit(main())")
LINK = re.compile(r"\]\((?!https?://|#)(?P<target>[^)#]+)")


def run_python(found: list[Block]) -> None:
    """Run the blocks of one page one after the other, as a reader would in one session."""
    names: dict[str, Any] = {"__name__": "page"}
    for block in found:
        # Blank lines before the code, so that a traceback points at the line of the page.
        code = compile("\n" * (block.line - 1) + block.text, str(block.page), "exec")
        exec(code, names)


@pytest.mark.parametrize("page", PYTHON, ids=name_of)
def test_python_on_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_python([block for block in READ if block.page == page and block.language == "python"])


@pytest.mark.parametrize("page", CONSOLE, ids=name_of)
def test_commands_on_a_page_succeed(page: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("tillfree.cli.main") is None:
        pytest.skip("this version has no command line yet")
    commands = [
        line.removeprefix("$ ")
        for block in READ
        if block.page == page and block.language == "console"
        for line in block.text.splitlines()
        if line.startswith("$ ")
    ]
    assert commands
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "tillfree"
        ran = subprocess.run([*TILLFREE, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
        assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = [match["target"] for match in LINK.finditer(page.read_text(encoding="utf-8"))]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_a_wrong_example_would_be_noticed() -> None:
    page = ROOT / "docs" / "wrong.md"
    (block,) = blocks(page, "# Wrong\n\n```python\nassert 1 + 1 == 3\n```\n")
    assert (block.line, block.language) == (4, "python")
    with pytest.raises(AssertionError) as caught:
        run_python([block])
    assert caught.traceback[-1].lineno + 1 == 4


# ---- the parts made from the code -------------------------------------------------------------------------------


def test_the_table_of_events_has_every_kind_and_field() -> None:
    text = generated_pages.events()
    for tag, kind in EVENT_KINDS.items():
        section = text.split(f"### `{tag}`\n", 1)[1].split("\n### ", 1)[0]
        for field in set(kind.__struct_fields__) - {"time_ns", "source", "sequence"}:
            assert f"| `{field}` |" in section, f"{tag}.{field}"


def test_the_tables_of_settings_have_every_setting() -> None:
    text = generated_pages.settings()
    schema = settings_schema()
    for setting in walk_settings(schema):
        group = setting.path[:-1]
        heading = f"## `[{'.'.join(group)}]`\n" if group else "## The shop as a whole\n"
        section = text.split(heading, 1)[1].split("\n## ", 1)[0]
        (row,) = [line for line in section.splitlines() if line.startswith(f"| `{setting.path[-1]}` |")]
        assert setting.node["description"] in row
        assert setting.unit in row


def test_the_table_of_stores_counts_what_is_in_each() -> None:
    text = generated_pages.stores()
    for name in STORES:
        shop = store_of(name)
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{name}` |")]
        plates = sum(len(shelf.plates) for fixture in shop.fixtures for shelf in fixture.shelves)
        for count in (len(shop.fixtures), plates, len(shop.facings), len(shop.products), len(shop.cameras)):
            assert f" {count:,} " in row
    page = (ROOT / "docs" / "stores.md").read_text(encoding="utf-8")
    assert "<!-- generated: stores -->" in page
    assert all(f"`{name}`" in page for name in STORES)


def test_the_roles_and_what_is_kept_are_tables_of_the_code() -> None:
    roles = generated_pages.roles()
    assert "| See the floor, live carts and events | yes | yes | yes | yes |" in roles
    assert "demo" not in roles
    assert "| Add, change and remove staff | no | no | yes | no |" in roles
    kept = generated_pages.retention()
    assert "| The audit log | 400 days |" in kept
    assert kept.count("\n") == len(RETENTION) + 2


def test_every_published_schema_is_valid_and_that_of_the_settings_is_current() -> None:
    published = generated_pages.schemas()
    assert len(published) == len(EVENT_KINDS)
    for schema in (*published.values(), settings_schema()):
        jsonschema.Draft202012Validator.check_schema(schema)
    assert (ROOT / "docs" / "reference" / "store.schema.json").read_text(encoding="utf-8") == schema_text()


def test_an_unknown_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="horoscope"):
        generated_pages.fill("<!-- generated: horoscope -->\n", ROOT / "docs")


def test_every_marker_on_the_pages_is_filled() -> None:
    marked = [page for page in PAGES if "<!-- generated:" in page.read_text(encoding="utf-8")]
    assert len(marked) > 3
    for page in marked:
        filled = generated_pages.fill(page.read_text(encoding="utf-8"), ROOT / "docs")
        assert "<!-- generated:" not in filled, name_of(page)
