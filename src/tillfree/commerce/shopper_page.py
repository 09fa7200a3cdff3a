"""The receipt of a shopper as one HTML page for an e-mail: self-contained, in their language and direction."""

from html import escape

from tillfree.commerce.layout import Layout, LineLayout, SumLayout

__all__ = ["render_shopper_html"]

# Programs that show e-mail know attributes and little of CSS; tables and plain styles are what all of them show.
_BODY = "margin:0;padding:24px;background:#ffffff;color:#1a1a1a;font:16px/1.5 sans-serif"
_SOFT = "color:#595959;font-size:14px"


def render_shopper_html(layout: Layout, *, greeting: str, link: str = "", below: tuple[str, ...] = ()) -> str:
    """The whole page: a greeting, the receipt, where to say that something is wrong, and the texts `below`."""
    words = layout.words
    end = "left" if words.right_to_left else "right"
    items = "".join(_item(line, end) for line in layout.lines)
    if not items:
        items = f'<tr><td colspan="2" style="padding:8px 0">{_text(words.nothing_taken)}</td></tr>\n'
    sums = "".join(_sum(total, end) for total in layout.sums)
    simulated = f"<p><strong>{_text(words.simulated)}</strong></p>\n" if layout.simulated else ""
    away = f'<p>{_text(words.mail_link)}<br><a href="{_text(link)}">{_text(link)}</a></p>\n' if link else ""
    more = "".join(f'<p style="{_SOFT}">{_text(text)}</p>\n' for text in below)
    return f"""<!DOCTYPE html>
<html lang="{words.code}" dir="{"rtl" if words.right_to_left else "ltr"}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(words.title.format(store=layout.store))}</title></head>
<body style="{_BODY}">
<div style="max-width:520px;margin:0 auto">
<h1 style="font-size:22px;margin:0">{_text(layout.store)}</h1>
<p style="{_SOFT}">{_text(layout.when)}<br>{_text(layout.number)}</p>
{simulated}<p>{_text(greeting)}</p>
<table style="width:100%;border-collapse:collapse" cellspacing="0">
{items}{sums}</table>
<p style="{_SOFT}">{_text(layout.note)}</p>
{away}{more}</div>
</body>
</html>
"""


def _text(text: str) -> str:
    return escape(text, quote=True)


def _item(line: LineLayout, end: str) -> str:
    under = "".join(_row(row.label, row.amount, end, _SOFT) for row in line.under)
    name = f'{_text(line.name)}<br><span style="{_SOFT}"><bdi>{_text(line.detail)}</bdi></span>'
    return _cells(name, line.amount, end, "border-top:1px solid #b5b5b5;padding:8px 0 2px") + under


def _sum(total: SumLayout, end: str) -> str:
    return _row(total.label, total.amount, end, "font-weight:700;font-size:18px" if total.strong else "")


def _row(label: str, amount: str, end: str, style: str) -> str:
    return _cells(_text(label), amount, end, f"padding:2px 0;{style}")


def _cells(label: str, amount: str, end: str, style: str) -> str:
    return (
        f'<tr><td style="{style}">{label}</td>'
        f'<td style="{style};text-align:{end};vertical-align:top;white-space:nowrap"><bdi>{_text(amount)}</bdi></td>'
        "</tr>\n"
    )
