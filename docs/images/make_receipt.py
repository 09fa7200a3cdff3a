"""Make receipt.png, the picture of the README: a receipt page of a simulated recording, seen by a real browser.

    python docs/images/make_receipt.py

Needs Tillfree installed and Chromium on the path. In the recording two simulated shoppers meet, and one may have given
the juice to the other, so the receipt is less sure of it, and it waits for a person.
"""

import re
import sys
import tempfile
from pathlib import Path

from chromium import Chromium, ChromiumError, find_chromium
from tillfree.commerce.page import render_html
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.store.replay import VisitResult, replay
from tillfree.store.settings import StoreSettings

__all__ = ["OPTIONS", "STORE", "main", "receipt_page"]

PICTURE = Path(__file__).with_name("receipt.png")
OPTIONS = SimulationOptions(shoppers=3, seed=35, awkward=0.5)
STORE = "Demo shop (simulated)"
WIDTH_PX = 640
ASK_HEIGHT = "<script>document.title = document.querySelector('main').getBoundingClientRect().height</script></body>"


def receipt_page() -> str:
    """The page of the least sure receipt of few lines; the same every time."""
    recording = simulate(demo_shop(2), OPTIONS)
    settings = StoreSettings()
    result = replay(recording, settings)
    visit = min(result.visits, key=lambda visit: (not visit.review, len(visit.lines), visit.visit))
    receipt = Pricing(result.shop, settings.commerce, STORE).receipt(_sale(visit))
    names = {product.id: product.name for product in result.shop.products}
    return render_html(receipt, visit.interactions, visit.alternatives, names=names)


def _sale(visit: VisitResult) -> Sale:
    return Sale(
        visit=visit.visit,
        time_ns=visit.receipt_ns,
        lines=visit.lines,
        probability=visit.probability,
        review=visit.review,
    )


def main() -> int:
    """Make the picture just as high as the page is."""
    program = find_chromium()
    if program is None:
        print("Chromium is needed (Debian: apt install chromium), and is not on the path.", file=sys.stderr)
        return 2
    text = receipt_page()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        browser = Chromium(program, folder / "profile")
        page, asked = folder / "receipt.html", folder / "asked.html"
        page.write_text(text, encoding="utf-8")
        # The page itself forbids scripts, so a copy of its own is asked for its height.
        policy = re.compile(r"<meta http-equiv[^>]*>")
        asked.write_text(policy.sub("", text).replace("</body>", ASK_HEIGHT), encoding="utf-8")
        try:
            # The lines must break in the copy as they do in the picture.
            browser.screenshot(page, PICTURE, width=WIDTH_PX, height=_height(browser.dom(asked, width=WIDTH_PX)))
        except ChromiumError as error:
            print(error, file=sys.stderr)
            return 2
    print(f"{PICTURE.name}: {PICTURE.stat().st_size / 1000:.0f} kB")
    return 0


def _height(dom: str) -> int:
    """The height in the title of the copy, as pixels."""
    found = re.search(r"<title>([\d.]+)</title>", dom)
    if found is None:
        raise ChromiumError("the page did not say how high it is")
    return round(float(found[1]))


if __name__ == "__main__":
    sys.exit(main())
