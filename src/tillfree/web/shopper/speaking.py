"""The language of a shopper's page, and the page in it."""

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from tillfree.commerce.languages.choosing import LANGUAGES, choose_words
from tillfree.commerce.languages.words import Words

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["shopper_page", "words_for"]

_HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


def words_for(ask: "Ask", known: str = "") -> Words:
    """As `?lang=` or a form says, else as is known of the shopper, else as their browser says."""
    wanted = ask.form.get("lang", "")
    if not isinstance(wanted, str) or not wanted:
        wanted = ask.request.query_params.get("lang", "")
    return choose_words(wanted[:20], known, ask.request.headers.get("accept-language", ""))


def shopper_page(ask: "Ask", template: str, words: Words, status: int = 200, **values: Any) -> Response:
    """A page without anything of the console; no search engine keeps it, and no address of it is passed on."""
    page = ask.page(template, status, w=words, languages=tuple(LANGUAGES.values()), **values)
    page.headers.update(_HEADERS)
    return page
