"""Writes the template of all texts of the console, from which translators begin.

    python -m tests.web.extract_texts

The gate compares the file with what this would write.
"""

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from tests.conftest import ROOT

__all__ = ["TEMPLATE", "catalogue", "template_text"]

WEB = ROOT / "src" / "tillfree" / "web"
TEMPLATE = WEB / "texts" / "console.pot"
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_KEYWORDS = {
    "_": None, "gettext": None, "ngettext": (1, 2), "say": None, "later": None, "say_many": (1, 2),
}  # fmt: skip
_OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false"}}


def catalogue() -> Catalog:
    """Every text, with the files in which it stands."""
    found = Catalog(project="Tillfree", fuzzy=False)
    for name, _, message, comments, context in extract_from_dir(WEB, _METHODS, _OPTIONS, keywords=_KEYWORDS):
        found.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return found


def template_text() -> str:
    """The template as it is to be; without a date, so that it changes only with the texts."""
    out = io.BytesIO()
    write_po(out, catalogue(), sort_output=True, omit_header=True, include_lineno=False, width=110)
    head = (
        "# Texts of Tillfree's operator console.\n"
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )
    return head + out.getvalue().decode()


def main(target: Path = TEMPLATE) -> None:
    """Write it."""
    target.write_text(template_text(), encoding="utf-8")
    print(f"{target.relative_to(ROOT)}: {len(catalogue())} texts")


if __name__ == "__main__":
    main()
