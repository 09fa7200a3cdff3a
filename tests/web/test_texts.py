"""Texts of the console: ready for translators, in the language of the reader, and none forgotten."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from playwright.sync_api import Browser

from tests.web.conftest import OwnServer, console_on, served
from tests.web.extract_texts import TEMPLATE, catalogue, template_text
from tillfree.web.navigation import PLACES
from tillfree.web.texts import DOMAIN, languages, preferred, translations

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
CODE = re.compile(r"\b[2-9A-HJ-NP-Z]{8}\b")


def test_the_template_for_translators_is_up_to_date() -> None:
    assert TEMPLATE.read_text(encoding="utf-8") == template_text(), "run python -m tests.web.extract_texts"


def test_no_script_holds_a_text_of_its_own() -> None:
    # A sentence in a script would not be translated: what is shown comes from the page that loads it.
    sentence = re.compile(r"""(?:textContent|innerText|title|ariaLabel)\s*=\s*(["'`])[A-Z][a-z]+ """)
    for script in sorted(TEMPLATE.parent.parent.glob("static/*.js")):
        assert not sentence.search(script.read_text(encoding="utf-8")), script.name


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de-CH,de;q=0.9,en;q=0.5", "de"),
        ("fr;q=0.2, de;q=0.1", "de"),
        ("en, de", "en"),
        ("de;q=0, en", "en"),
        ("pt-BR", "pt_BR"),
        ("de;q=x", "en"),
        (";;;,,q=", "en"),
        ("*" * 5000, "en"),
    ],
)
def test_the_browser_says_which_language(accepted: str, language: str) -> None:
    assert preferred(accepted, ("en", "de", "pt_BR")) == language


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language in which each text stands in brackets."""
    folder = tmp_path_factory.mktemp("texts")
    made = Catalog(locale="de", fuzzy=False)
    for message in catalogue():
        if not message.id:
            continue
        if isinstance(message.id, tuple):
            made.add(message.id, tuple(f"⟦{one}⟧" for one in message.id))
        else:
            made.add(message.id, f"⟦{message.id}⟧")
    target = folder / "de" / "LC_MESSAGES" / f"{DOMAIN}.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, made)
    return folder


@pytest.fixture(scope="module")
def translated(pseudo: Path) -> Iterator[OwnServer]:
    """A demo console that speaks it."""
    with console_on(demo=True, speed=8.0) as console:
        console.texts = pseudo
        with served(console) as found:
            yield found


def test_a_catalogue_is_found_and_read(pseudo: Path) -> None:
    assert languages(pseudo) == ("en", "de")
    assert translations("de", pseudo).gettext("Live") == "⟦Live⟧"
    assert translations("de").gettext("Live") == "Live"
    assert translations("../..", pseudo).gettext("Live") == "Live"


def _untranslated(text: str) -> str:
    """What is left without everything in brackets; a text may stand in another."""
    # The code of a visit is no word, whatever letters chance puts side by side in it.
    text, before = CODE.sub("", PLACEHOLDER.sub("", text)), ""
    while text != before:
        before, text = text, re.sub(r"⟦[^⟦⟧]*⟧", "", text)
    return text


@pytest.mark.parametrize("path", [place.path for place in PLACES])
def test_every_text_of_a_page_is_translated(translated: OwnServer, chromium: Browser, path: str) -> None:
    context = chromium.new_context(locale="de-DE", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(translated.address + path)
    assert page.locator("html").get_attribute("lang") == "de"
    for selector in ("h1", "h2", "h3", "label", "button", "th[scope=col]", "dt", "caption", "legend", "summary"):
        for text in page.locator(f"main {selector}").all_text_contents():
            assert not re.search(r"[A-Za-z]{3,}", _untranslated(text)), f"{path} {selector}: {text!r}"
    context.close()


def test_each_language_has_templates_of_its_own(translated: OwnServer) -> None:
    def heading(language: str) -> str:
        headers = {"accept-language": language}
        return httpx2.get(translated.address + "/stock", headers=headers).text.split("<h1>")[1].split("</h1>")[0]

    assert [heading("de"), heading("en"), heading("de")] == ["⟦Stock⟧", "Stock", "⟦Stock⟧"]
