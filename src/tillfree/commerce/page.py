"""A receipt as one HTML page: self-contained, readable by screen readers, in light and dark, and on paper."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from types import MappingProxyType

from tillfree.commerce.acts import describe_act
from tillfree.commerce.display import display_text, format_amount, format_probability, format_rate, format_weight
from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.core.events import Alternative, Interaction
from tillfree.core.ids import ProductId
from tillfree.core.time import format_clock, format_utc

__all__ = ["render_html"]

_SURE = 0.95
"""Lines that are less probable stand out."""
NO_NAMES: Mapping[ProductId, str] = MappingProxyType({})
_OTHERS_SHOWN = 3
_OTHERS_FROM = 0.001

_STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --soft: #595959; --rule: #b5b5b5; --alert: #8a1c00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f0f0f0; --paper: #161616; --soft: #b8b8b8; --rule: #5a5a5a; --alert: #ffb199; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0; }
p { margin: 0.25rem 0; }
.soft { color: var(--soft); font-size: 0.9rem; }
.alert { color: var(--alert); border: 2px solid; border-radius: 0.4rem; padding: 0.5rem 0.75rem; font-weight: 600;
  margin: 0.75rem 0; }
.simulated { border: 2px dashed; border-radius: 0.4rem; padding: 0.5rem 0.75rem; font-weight: 600; margin: 0.75rem 0; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; margin: 1rem 0; }
caption { text-align: left; font-weight: 600; padding-bottom: 0.25rem; }
th, td { padding: 0.35rem 0; text-align: left; vertical-align: top; }
thead th { font-size: 0.85rem; }
tr:not(:last-child) > * { padding-bottom: 0; }
tbody { border-top: 1px solid var(--rule); }
.number { width: 6rem; text-align: right; font-variant-numeric: tabular-nums; }
th[scope="row"] { font-weight: 400; }
td.why { padding-top: 0; }
.unsure { color: var(--alert); font-weight: 700; }
.total th, .total td { font-weight: 700; font-size: 1.15rem; }
ul { margin: 0.25rem 0; padding-left: 1.25rem; }
@media (max-width: 30rem) { .number { width: 5.6rem; } }
@media print {
  :root { --ink: #000; --paper: #fff; --soft: #333; --rule: #999; --alert: #000; }
  main { max-width: none; padding: 0; }
  tbody { break-inside: avoid; }
  details { display: none; }
}
"""


def render_html(
    receipt: Receipt,
    acts: Sequence[Interaction] = (),
    others: Sequence[Alternative] = (),
    *,
    names: Mapping[ProductId, str] = NO_NAMES,
    simulated: bool = False,
) -> str:
    """A whole page without scripts, links or anything fetched; every text in it is escaped.

    `acts` are the visit's, each shown with the line of its product; `others` are whole carts that might be true
    instead, shown to whoever reviews the receipt, with `names` for products that are not on it. `simulated` says on the
    page that nobody took anything.
    """
    day, _, clock = format_utc(receipt.time_ns).partition("T")
    title = f"Receipt, {_text(receipt.store)}"
    banner = '<p class="simulated">Simulated: nobody took anything, and nobody pays.</p>\n' if simulated else ""
    review = (
        '<p class="alert" role="status">For review: nobody is charged before a person has looked at this.</p>\n'
        if receipt.status == "review"
        else ""
    )
    items = "".join(
        _item(line, [act for act in acts if act.product == line.product], receipt) for line in receipt.lines
    )
    if not items:
        items = '<tbody>\n<tr><td colspan="3">Nothing taken.</td></tr>\n</tbody>\n'
    notes = "".join(f"<li>{_text(note)}</li>\n" for note in receipt.notes)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{_text(receipt.store)}</h1>
<p><time datetime="{_text(format_utc(receipt.time_ns))}">{day} {clock[:8]} UTC</time></p>
<p class="soft">Receipt {_text(receipt.id)}</p>
{banner}{review}<table>
<caption>Items, prices in {_text(receipt.currency)}{" including tax" if receipt.prices_include_tax else ""}</caption>
<thead>
<tr><th scope="col">Item</th><th scope="col" class="number">Probability</th>\
<th scope="col" class="number">Amount</th></tr>
</thead>
{items}</table>
<table>
<caption>Total</caption>
{_totals(receipt)}</table>
<p>Probability that all of this is right: {_text(format_probability(receipt.probability))}</p>
{_others(receipt, others, names)}{f"<ul>{notes}</ul>" if notes else ""}
{_evidence(receipt)}</main>
</body>
</html>
"""


def _text(text: str) -> str:
    """Cleaned and escaped, for text and for attribute values alike."""
    return escape(display_text(text), quote=True)


def _item(line: ReceiptLine, acts: Sequence[Interaction], receipt: Receipt) -> str:
    amount = _text(line.problem) if line.problem or line.amount is None else format_amount(line.amount)
    unsure = " unsure" if line.probability < _SURE else ""
    why = "".join(
        f"<br>{format_clock(act.time_ns)} {_text(describe_act(act, receipt.visit, name_others=False))}"
        for act in acts
        if act.product == line.product
    )
    chance = _text(format_probability(line.probability)) if line.kind == "item" else ""
    about = f"{_how_much(line)} ({_text(line.product)}){why}"
    discounts = "".join(
        f'<tr><td colspan="2" class="why">{_text(discount.name)}</td>'
        f'<td class="number">−{format_amount(discount.amount)}</td></tr>\n'
        for discount in line.discounts
    )
    return (
        f'<tbody>\n<tr><th scope="row">{_text(line.name)}</th>'
        f'<td class="number{unsure}">{chance}</td><td class="number">{amount}</td></tr>\n'
        f'<tr><td colspan="3" class="why soft">{about}</td></tr>\n{discounts}</tbody>\n'
    )


def _how_much(line: ReceiptLine) -> str:
    if line.unit_price is None:
        return str(line.quantity)
    price = format_amount(line.unit_price)
    if line.weight_g is None:
        return f"{line.quantity} × {price}"
    return f"{line.quantity}: {format_weight(line.weight_g)} × {price} per kg"


def _totals(receipt: Receipt) -> str:
    rows = [("Net", format_amount(receipt.total.net), "")]
    for tax in receipt.taxes:
        rows.append((f"Tax {format_rate(tax.rate_ppm)} {_text(tax.tax_class)}", format_amount(tax.amount.tax), ""))
        rows += [
            (f"of it {_text(part.name)} {format_rate(part.rate_ppm)}", format_amount(part.tax), ' class="soft"')
            for part in tax.parts
        ]
    rows.append((f"Total {_text(receipt.currency)}", format_amount(receipt.total.gross), ' class="total"'))
    if receipt.saved.minor:
        rows.append(("You saved", format_amount(receipt.saved), ""))
    return "".join(
        f'<tbody{kind}>\n<tr><th scope="row">{label}</th><td class="number">{amount}</td></tr>\n</tbody>\n'
        for label, amount, kind in rows
    )


def _others(receipt: Receipt, others: Sequence[Alternative], names: Mapping[ProductId, str]) -> str:
    """What else may have been, as differences from this receipt; empty where nobody has to review it."""
    if receipt.status != "review":
        return ""
    shown = [other for other in others if other.probability >= _OTHERS_FROM and other.items != receipt.quantities()]
    items = "".join(
        f"<li>{_text(format_probability(other.probability))}: {'; '.join(_difference(receipt, other, names))}</li>\n"
        for other in shown[:_OTHERS_SHOWN]
    )
    return f"<p>If not, it is most probably one of these:</p>\n<ul>\n{items}</ul>\n" if items else ""


def _difference(receipt: Receipt, other: Alternative, names: Mapping[ProductId, str]) -> Iterator[str]:
    here = receipt.quantities()
    known = {**names, **{line.product: line.name for line in receipt.lines}}
    for product in sorted({*here, *other.items}):
        count = other.items.get(product, 0)
        if count != here.get(product, 0):
            yield f"{count} instead of {here.get(product, 0)} × {_text(known.get(product) or product)}"


def _evidence(receipt: Receipt) -> str:
    items = "".join(
        f"<li>{_text(line.name)}: {', '.join(_text(event) for event in line.evidence)}</li>\n"
        for line in receipt.lines
        if line.evidence
    )
    return f"<details><summary>Events behind each line</summary>\n<ul>\n{items}</ul>\n</details>\n" if items else ""
