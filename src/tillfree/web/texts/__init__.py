"""Texts of the console in the language of its reader: English as it is written, others from compiled catalogues.

Templates mark texts with `_("...")`, `{% trans %}` or `ngettext`, Python with `ask.say("...")`, or `later("...")`
where a text stands in a table and is translated when it is shown. docs/console.md says how a language is added.
"""

import functools
import gettext
from collections.abc import Sequence
from pathlib import Path

__all__ = ["DOMAIN", "FOLDER", "languages", "later", "preferred", "translations"]

DOMAIN = "console"
FOLDER = Path(__file__).parent


def later(text: str) -> str:
    """Marks a text for translators and leaves it as it is."""
    return text


@functools.cache
def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """Languages that the console speaks: English, and each of which there is a compiled catalogue in the folder."""
    return ("en", *sorted(path.parent.parent.name for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))


@functools.cache
def translations(language: str, folder: Path = FOLDER) -> gettext.NullTranslations:
    """The catalogue of a language; of one that is not there, English."""
    if language not in languages(folder) or language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, folder, languages=[language])


def preferred(accepted: str, known: Sequence[str], otherwise: str = "en") -> str:
    """The language of `known` that `Accept-Language` (RFC 9110, section 12.5.4) wants most, or `otherwise`."""
    wanted: list[tuple[float, str]] = []
    for part in accepted[:200].split(","):
        name, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1.0)
        except ValueError:
            continue
        wanted.append((-quality, name.strip().lower()))
    for quality, name in sorted(wanted, key=lambda pair: pair[0]):
        for language in known:
            if quality < 0 and name.partition("-")[0] == language.partition("_")[0].lower():
                return language
    return otherwise
