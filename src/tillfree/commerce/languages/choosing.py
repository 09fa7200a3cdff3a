"""Which language a shopper is spoken to in."""

from collections.abc import Mapping
from types import MappingProxyType

from tillfree.commerce.languages import ar, de, en, es, fr, it, ja, nl, pl, pt
from tillfree.commerce.languages.words import Words

__all__ = ["LANGUAGES", "choose_words", "words_of"]

LANGUAGES: Mapping[str, Words] = MappingProxyType(
    {module.WORDS.code: module.WORDS for module in (en, de, fr, es, it, nl, pl, pt, ja, ar)}
)
"""All of them by code, English first."""
_ACCEPTED_MAX = 500


def words_of(language: str) -> Words:
    """The texts of a language (`pt`, `pt-BR`, `PT_br`); of one that is not there, English."""
    return LANGUAGES.get(_primary(language), LANGUAGES["en"])


def choose_words(wanted: str = "", known: str = "", accepted: str = "") -> Words:
    """The first that there is of: what was asked for, what is known of the shopper, what the browser accepts.

    `accepted` is the value of `Accept-Language` (RFC 9110, section 12.5.4); where nothing fits, English.
    """
    for language in (wanted, known, *_by_weight(accepted)):
        if _primary(language) in LANGUAGES:
            return LANGUAGES[_primary(language)]
    return LANGUAGES["en"]


def _primary(language: str) -> str:
    return language.strip().replace("_", "-").partition("-")[0].lower()


def _by_weight(accepted: str) -> list[str]:
    found: list[tuple[float, str]] = []
    for part in accepted[:_ACCEPTED_MAX].split(","):
        name, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1.0)
        except ValueError:
            continue
        if 0.0 < quality <= 1.0:
            found.append((-quality, name))
    return [name for _, name in sorted(found, key=lambda pair: pair[0])]
