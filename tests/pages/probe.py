"""Asks a browser about pages as they are, scripts and measures included: each lies in a frame of a probing page."""

from collections.abc import Mapping, Sequence
from html import escape, unescape
from pathlib import Path

import msgspec

from chromium import Chromium

__all__ = ["Seen", "probe"]

# `fetched` holds what the frame loaded or tried to load, `references` what its elements name to be loaded.
_SCRIPT = """
window.onload = () => {
  const seen = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument, root = page.documentElement;
    const named = [...page.querySelectorAll("*")].flatMap((element) => [...element.attributes]);
    return {
      title: page.title,
      text: page.body.innerText,
      width: root.clientWidth,
      needed: Math.max(root.scrollWidth, page.body.scrollWidth),
      fetched: frame.contentWindow.performance.getEntriesByType("resource").map((entry) => entry.name),
      references: named.filter((a) => /^(src|srcset|href|xlink:href|data|poster|action|background)$/.test(a.name))
        .map((a) => a.value),
      handlers: named.filter((a) => a.name.startsWith("on")).map((a) => a.name),
      scripts: page.querySelectorAll("script").length,
    };
  });
  document.getElementById("seen").textContent = JSON.stringify(seen);
};
"""


class Seen(msgspec.Struct, frozen=True):
    """What a browser found in a page: its title and rendered text, widths in pixels, and what it loads or runs."""

    title: str
    text: str
    width: int
    needed: int
    fetched: list[str]
    references: list[str]
    handlers: list[str]
    scripts: int


def probe(
    browser: Chromium, folder: Path, pages: Mapping[str, str], widths: Sequence[int]
) -> dict[tuple[str, int], Seen]:
    """Opens every page at every width in one go; `pages` are HTML by name."""
    places = [(name, width) for name in pages for width in widths]
    frames = "".join(
        f'<iframe style="width: {width}px; height: 600px; border: 0" srcdoc="{escape(pages[name])}"></iframe>'
        for name, width in places
    )
    page = folder / "probe.html"
    page.write_text(
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>probe</title></head>'
        f'<body><pre id="seen"></pre><script>{_SCRIPT}</script>{frames}</body></html>',
        encoding="utf-8",
    )
    answer = browser.dom(page).partition('<pre id="seen">')[2].partition("</pre>")[0]
    return dict(zip(places, msgspec.json.decode(unescape(answer), type=list[Seen]), strict=True))
