"""Pieces of HTML, and numbers as a person reads them; every text is escaped where it becomes HTML."""

import html
import math
from collections.abc import Iterable, Sequence

from tillfree.evaluation.intervals import Interval

__all__ = [
    "STYLE",
    "Cell",
    "between",
    "certainty",
    "document",
    "escape",
    "figures",
    "number",
    "percent",
    "plots",
    "table",
]

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #22313f; --soft: #55636f; --faint: #b8c4cc; --rule: #e3e8eb;
        --accent: #1f6f8b; --bad: #b5452e; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14191e; --ink: #e6ebef; --soft: #a9b6c0; --faint: #51606b; --rule: #2b343c;
          --accent: #5bb3d0; --bad: #f08a70; }
}
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
       max-width: 70rem; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
p.note { color: var(--soft); max-width: 52rem; margin: .3rem 0 .8rem; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(12.5rem, 45%), 1fr)); gap: .7rem;
           margin: 1rem 0; }
.figures div { border: 1px solid var(--faint); border-radius: .4rem; padding: .5rem .8rem; }
.figures b { display: block; font-size: 1.35rem; font-weight: 600; }
.figures span { color: var(--soft); font-size: .85rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); gap: 1rem;
         margin-top: 1rem; }
.plots figure { margin: 0; } .plots svg { width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .85rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .88rem; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.long { min-width: 18rem; } td.bad { color: var(--bad); font-weight: 600; }
@media (max-width: 30rem) { body { padding: 1rem; } }
@media print { .wide { overflow: visible; } figure, tr { break-inside: avoid; } }
"""

Cell = tuple[str, str]
"""Text of a cell, not yet escaped, and its class ("" for none)."""


def escape(text: str) -> str:
    """Escaped, and without control characters."""
    return html.escape("".join(c if c.isprintable() else " " for c in text))


def percent(share: float | None, digits: int = 1) -> str:
    """A share as `97.3 %`; a dash where there is none."""
    return "–" if share is None or math.isnan(share) else f"{100 * share:.{digits}f} %"


def certainty(probability: float | None) -> str:
    """A probability in per cent, which never reads 100 %: no model may claim certainty."""
    return "> 99.9 %" if probability is not None and probability >= 0.9995 else percent(probability)


def number(value: float | None, digits: int = 2) -> str:
    """A number, or a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def between(interval: Interval, digits: int = 1) -> str:
    """The bounds of an interval in percent."""
    return f"{percent(interval.low, digits)} to {percent(interval.high, digits)}"


def table(head: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> str:
    """A table with a head; it scrolls by itself where the window is narrow."""

    def line(cells: Sequence[Cell], tag: str) -> str:
        classes = [f' class="{kind}"' if kind else "" for _, kind in cells]
        parts = [f"<{tag}{kind}>{escape(text)}</{tag}>" for (text, _), kind in zip(cells, classes, strict=True)]
        return f"<tr>{''.join(parts)}</tr>"

    body = "\n".join(line(row, "td") for row in rows)
    return f'<div class="wide"><table><thead>{line(head, "th")}</thead><tbody>\n{body}\n</tbody></table></div>'


def figures(values: Sequence[tuple[str, str]]) -> str:
    """Great numbers with small words below: (number, words)."""
    inner = "".join(f"<div><b>{escape(value)}</b><span>{escape(what)}</span></div>" for value, what in values)
    return f'<div class="figures">{inner}</div>'


def plots(drawings: Sequence[tuple[str, str]]) -> str:
    """Plots side by side: (SVG, caption)."""
    inner = "".join(f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>" for svg, caption in drawings)
    return f'<div class="plots">{inner}</div>'


def document(title: str, subtitle: str, sections: Iterable[str]) -> str:
    """A page that needs nothing else and may load nothing else; sections are markup, title and subtitle are text."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    policy = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
    top = f'<h1>{escape(title)}</h1>\n<p class="note">{escape(subtitle)}</p>'
    body = "\n".join([top, *filter(None, sections)])
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}{viewport}{policy}</head>\n<body>\n{body}\n</body></html>\n'
