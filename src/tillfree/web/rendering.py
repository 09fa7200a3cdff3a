"""Pages from templates, and tables as CSV."""

import csv
import functools
import hashlib
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from starlette.responses import Response

from tillfree.commerce.display import display_text, format_amount, format_probability
from tillfree.core.money import Money
from tillfree.web.csv_cells import guarded
from tillfree.web.navigation import places_for
from tillfree.web.texts import translations

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["STATIC", "csv_response", "render", "static_url"]

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


@functools.cache
def static_url(name: str) -> str:
    """The address of a file of ours, with its digest, so that browsers may keep it for ever."""
    digest = hashlib.blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?v={digest}"


@functools.cache
def _environment(language: str, folder: Path) -> jinja2.Environment:
    """One for each language: what is compiled of a template knows its texts."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,  # every template, whatever its name
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters |= {
        "clean": display_text,
        "amount": _amount,
        "chance": format_probability,
        "number": _number,
    }
    environment.globals |= {"static": static_url}
    environment.install_gettext_translations(translations(language, folder), newstyle=True)  # type: ignore[attr-defined]
    return environment


def render(ask: "Ask", template: str, values: Mapping[str, Any]) -> str:
    """A template filled in; texts in it are the reader's language, and everything is escaped."""
    environment = _environment(ask.language, ask.console.texts)
    return environment.get_template(template).render(
        ask=ask,
        console=ask.console,
        store=ask.store,
        reader=ask.reader,
        places=places_for(ask),
        theme=_theme(ask.request.cookies.get("theme", "")),
        notices=ask.console.take_notices(ask.reader.key) if ask.reader.key else [],
        **values,
    )


def _theme(wanted: str) -> str:
    return wanted if wanted in ("light", "dark") else ""


def _amount(money: Money | None) -> str:
    """`12.50 EUR`, a dash where there is none."""
    return "–" if money is None else f"{format_amount(money)}\u00a0{money.currency}"


def _number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """A number with so many digits, or a dash; the unit behind it never wraps to the next line."""
    if value is None or value != value:  # noqa: PLR0124  NaN
        return "–"
    return f"{value:,.{digits}f}" + (f"\u00a0{unit}" if unit else "")


def csv_response(name: str, rows: Iterable[Iterable[object]], header: Iterable[str]) -> Response:
    """A CSV file (RFC 4180) that is saved, not shown; a cell that a spreadsheet would run gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return Response(
        text.getvalue().encode(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cell(value: object) -> object:
    if isinstance(value, Money):
        return format_amount(value)
    if isinstance(value, str):
        return guarded(value)
    return "" if value is None else value
