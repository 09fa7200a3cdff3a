"""Offers, deposits and fees out of a TOML file, `offers.toml`, and the schema of that file.

People write decimals where the program counts in smallest units: `percent`, `amount`, `price` and `spend` in the file
are `rate_ppm`, `amount_minor`, `price_minor` and `spend_minor` of `catalog.offers`. All else has the same name.
"""

import difflib
import inspect
import json
import re
import tomllib
from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from tillfree.catalog.errors import CatalogError, CatalogFileError
from tillfree.catalog.model import Product
from tillfree.catalog.offers import PRICE_MAX, Offer, Surcharge, offer_problems, surcharge_problems
from tillfree.catalog.report import CatalogIssue, CatalogReport, IssueKind, printable
from tillfree.core.money import CURRENCY_EXPONENTS, Money

__all__ = ["OfferFile", "offer_schema_text", "read_offers"]

_BYTES_MAX = 4 * 1024 * 1024
_COUNT_MAX = 10_000
_PPM = 1_000_000
_TABLES: dict[str, type[Offer | Surcharge]] = {"offer": Offer, "deposit": Surcharge, "fee": Surcharge}
_MONEY = {"amount": "amount_minor", "price": "price_minor", "spend": "spend_minor"}
_PERCENT = "percent"
_HEADING = re.compile(r"^[ \t]*\[\[[ \t]*(offer|deposit|fee)[ \t]*\]\]", re.MULTILINE)
_INSIDE = {"rate_ppm": _PERCENT, **{inside: outside for outside, inside in _MONEY.items()}}


class OfferFile(msgspec.Struct, frozen=True):
    """What a file holds that could be understood."""

    offers: tuple[Offer, ...]
    surcharges: tuple[Surcharge, ...]


def read_offers(
    data: bytes, source: str, currency: str = "USD", products: Collection[Product] = ()
) -> tuple[OfferFile, CatalogReport]:
    """The offers, deposits and fees of a file in its order, and what was wrong with it.

    One that is not understood is left out as a whole. Where `products` are given, names and tags that none of them has
    are reported.

    Raises:
        CatalogFileError: the file is no TOML, too large, or holds tables of another kind.
        MoneyError: `currency` is unknown.
    """
    Money(0, currency)
    tables, lines = _tables(data, source)
    issues: list[CatalogIssue] = []
    found: dict[str, Offer | Surcharge] = {}
    ids = {product.id for product in products}
    tags = {tag for product in products for tag in product.tags}
    for (kind, table), line in zip(tables, lines, strict=True):
        subject = f"{kind} {printable(str(table.get('id', '')), 64) or 'without id'}"
        try:
            thing = _thing(kind, table, currency)
        except CatalogError as error:
            issues.append(CatalogIssue(IssueKind.BAD_VALUE, source, line, subject, str(error), "left out"))
            continue
        if thing.id in found:
            detail = "the id was used before; every offer, deposit and fee needs its own"
            issues.append(CatalogIssue(IssueKind.DUPLICATE, source, line, subject, detail, "left out"))
            continue
        found[thing.id] = thing
        if products:
            issues += [
                CatalogIssue(IssueKind.UNKNOWN_PRODUCT, source, line, subject, problem, "kept")
                for problem in _strangers(thing, ids, tags)
            ]
    offers = tuple(thing for thing in found.values() if isinstance(thing, Offer))
    surcharges = tuple(thing for thing in found.values() if isinstance(thing, Surcharge))
    return OfferFile(offers, surcharges), CatalogReport(len(tables), len(found), tuple(issues))


def _tables(data: bytes, source: str) -> tuple[list[tuple[str, dict[str, Any]]], list[int]]:
    """Every table with its kind, and the line on which it begins (0 where that is not to be seen)."""
    if len(data) > _BYTES_MAX:
        raise CatalogFileError(source, f"over {_BYTES_MAX >> 20} MiB, which no file of offers has")
    try:
        text = data.decode("utf-8-sig")
        root = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise CatalogFileError(source, "not UTF-8; save it so", data[: error.start].count(b"\n") + 1) from error
    except tomllib.TOMLDecodeError as error:
        raise CatalogFileError(source, f"not TOML: {error}") from error
    except RecursionError as error:
        raise CatalogFileError(source, "brackets are nested too deep") from error
    for name, value in root.items():
        if name not in _TABLES:
            raise CatalogFileError(
                source, f"{printable(name, 40)!r} is unknown; write [[offer]], [[deposit]] or [[fee]]"
            )
        if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
            raise CatalogFileError(source, f"{name} must be a list of tables: write [[{name}]] above each")
    count = sum(map(len, root.values()))
    if count > _COUNT_MAX:
        raise CatalogFileError(source, f"{count} tables, where {_COUNT_MAX} is the most")
    places: dict[str, list[int]] = {name: [] for name in _TABLES}
    for heading in _HEADING.finditer(text):
        places[heading[1]].append(text.count("\n", 0, heading.start()) + 1)
    tables, lines = [], []
    for name in _TABLES:
        of_kind = root.get(name, [])
        tables += [(name, table) for table in of_kind]
        lines += places[name] if len(places[name]) == len(of_kind) else [0] * len(of_kind)
    return tables, lines


def _thing(kind: str, table: dict[str, Any], currency: str) -> Offer | Surcharge:
    made = _TABLES[kind]
    values: dict[str, Any] = {}
    if made is Surcharge:
        values["kind"] = kind
    known = _names(made)
    for name, value in table.items():
        if name not in known or (made is Surcharge and name == "kind"):
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
            raise CatalogError(f"{printable(name, 40)!r} is unknown; {hint}")
        if name in _MONEY:
            digits = CURRENCY_EXPONENTS[currency]
            wanted = f"an amount of {currency}, from 0 to {Money(PRICE_MAX, currency)}"
            values[_MONEY[name]] = _scaled(name, value, digits, PRICE_MAX, wanted)
        elif name == _PERCENT:
            wanted = "a rate from 0 to 100 per cent with at most four digits after the point"
            values["rate_ppm"] = _scaled(name, value, 4, _PPM, wanted)
        else:
            # TOML has dates of its own; they mean the same as the texts.
            values[name] = value.isoformat() if isinstance(value, date) else value
    try:
        thing = msgspec.convert(values, made)
    except msgspec.ValidationError as error:
        text = str(error).replace("`$.", "`").replace("Object missing required field", "it lacks")
        raise CatalogError(text) from error
    problems = list(offer_problems(thing) if isinstance(thing, Offer) else surcharge_problems(thing))
    if problems:
        raise CatalogError("; ".join(problems))
    return thing


def _names(made: type[Offer | Surcharge]) -> list[str]:
    return [_INSIDE.get(field.encode_name, field.encode_name) for field in msgspec.structs.fields(made)]


def _scaled(name: str, value: object, digits: int, most: int, wanted: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise CatalogError(f"{name} is not {wanted}")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise CatalogError(f"{name} = {printable(str(value), 40)} is not {wanted}") from error
    # The arithmetic of decimals rounds what has more digits than 28, without a word.
    _, figures, exponent = number.as_tuple()
    exact = isinstance(exponent, int) and len(figures) <= 28 and exponent >= -28 and number.adjusted() <= 18
    if not exact or number.scaleb(digits) % 1:
        raise CatalogError(f"{name} = {printable(str(value), 40)} is not {wanted}")
    scaled = int(number.scaleb(digits))
    if not 0 <= scaled <= most:
        raise CatalogError(f"{name} = {number} is not {wanted}")
    return scaled


def _strangers(thing: Offer | Surcharge, ids: Collection[str], tags: Collection[str]) -> Iterator[str]:
    unknown = [product for product in thing.products if product not in ids]
    if unknown:
        yield f"{len(unknown)} of its products are not in the catalogue, such as {unknown[0]!r}"
    asked = (*thing.tags, *thing.except_tags) if isinstance(thing, Offer) else thing.tags
    lost = [tag for tag in asked if tag not in tags]
    if lost:
        yield f"no product has the tag {lost[0]!r}"


# ---- the schema -------------------------------------------------------------------------------------------------


def offer_schema_text() -> str:
    """JSON Schema 2020-12 of `offers.toml`, as it is published in `docs/reference/offers.schema.json`."""
    _, definitions = msgspec.json.schema_components((Offer, Surcharge), ref_template="#/$defs/{name}")
    for definition in definitions.values():
        properties = definition["properties"]
        definition["description"] = _outside(inspect.cleandoc(definition["description"]))
        for inside, outside in _INSIDE.items():
            if inside in properties:
                properties[outside] = _decimal(outside)
                del properties[inside]
        definition["required"] = [_INSIDE.get(name, name) for name in definition["required"]]
        definition["additionalProperties"] = False
    surcharges = definitions["Surcharge"]
    del surcharges["properties"]["kind"]
    surcharges["required"].remove("kind")
    root = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Offers, deposits and fees of a Tillfree store",
        "type": "object",
        "properties": {
            name: {"type": "array", "maxItems": _COUNT_MAX, "items": {"$ref": f"#/$defs/{made.__name__}"}}
            for name, made in _TABLES.items()
        },
        "additionalProperties": False,
        "$defs": definitions,
    }
    return json.dumps(root, indent=2, ensure_ascii=False) + "\n"


def _outside(text: str) -> str:
    """A docstring in the words of the file."""
    for inside, outside in (*_INSIDE.items(), ("begin", "from"), ("end", "until")):
        text = text.replace(f"`{inside}`", f"`{outside}`")
    return text


def _decimal(name: str) -> dict[str, Any]:
    if name == _PERCENT:
        return {"type": ["number", "string"], "minimum": 0, "maximum": 100, "description": "Per cent, such as 12.5."}
    text = "An amount in units of the currency, such as 1.50; as text it is safe from programs that round."
    return {"type": ["number", "string"], "minimum": 0, "description": text}
