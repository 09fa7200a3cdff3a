"""What is shown of the console: every page of the menu, the pages behind them, and how a browser gets there."""

import csv
import io
import re
from collections.abc import Callable, Sequence

import msgspec
from playwright.sync_api import FilePayload, Page

__all__ = ["DEMO", "STAFF", "THEMES", "WIDTHS", "Sight", "TourError", "gallery", "picture_name", "reach", "spoiled"]

THEMES = ("light", "dark")
WIDTHS = {375: "phone", 1920: "desktop"}


class TourError(Exception):
    """A page could not be reached; the message says from where and what was looked for."""


class Sight(msgspec.Struct, frozen=True):
    """One page: from `path` by links that match `links` one after the other, then `then`; `says` is its sentence."""

    name: str
    title: str
    says: str
    path: str
    links: tuple[str, ...] = ()
    then: Callable[[Page], None] | None = None


def _preview_import(page: Page) -> None:
    """Choose a file in which something is wrong, and send it."""
    text = page.evaluate("() => fetch('/catalogue/export').then((answer) => answer.text())")
    file = FilePayload(name="products.csv", mimeType="text/csv", buffer=spoiled(text).encode())
    page.locator("input[type=file]").set_input_files(file)
    with page.expect_navigation():
        page.locator("form:has(input[type=file]) button").first.click()


def _stand_before(page: Page) -> None:
    """Choose the first fixture."""
    choice = page.locator("main select[name=fixture]")
    choice.select_option(index=1)
    with page.expect_navigation():
        page.locator("main form:has(select[name=fixture]) button").first.click()


def _fill(page: Page) -> None:
    """Begin to fill the first fixture of the list, or go on."""
    go_on = page.locator("main a[href^='/stock/restocking']")
    with page.expect_navigation():
        if go_on.count():
            go_on.first.click()
        else:
            page.locator("main form[action^='/stock/restocking'] button[name=do]").first.click()


DEMO = (
    Sight("live", "Live", "The floor as it is now; in the demo with the truth beside the decision.", "/"),
    Sight("gate", "Gate", "Who is inside, who was let in or refused, and whose age is to be checked.", "/gate"),
    Sight("palms", "Palms", "How many palms are kept, on what consent; revoking; never a picture.", "/palms"),
    Sight("visits", "Visits", "Every trip, and what became of it.", "/visits"),
    Sight(
        "visit", "A visit", "Route, cart, receipt and the evidence of each line.", "/visits", (r"^/visits/[^/?.]+$",)
    ),
    Sight(
        "receipt",
        "A customer's receipt",
        "What the shopper is sent.",
        "/visits",
        (r"^/visits/[^/?.]+$", r"^/visits/[^/?.]+/receipt$"),
    ),
    Sight("trips", "Trips", "What each payer's entry pays for, and how that stands.", "/trips"),
    Sight(
        "trip",
        "A trip",
        "Who came in, the receipt, the money step by step, and the books.",
        "/trips",
        (r"^/trips/[^/?.]+$",),
    ),
    Sight("review", "Review", "Visits that the model is not sure of.", "/review"),
    Sight("review-case", "A case", "Which carts are possible, and how likely.", "/review", (r"^/review/[^/?.]+$",)),
    Sight("disputes", "Disputes", "What shoppers say is wrong.", "/disputes"),
    Sight("catalogue", "Catalogue", "What is sold.", "/catalogue"),
    Sight("product", "A product", "Its price, weight and places.", "/catalogue", (r"^/catalogue/product\?",)),
    Sight("product-new", "A new product", "Added by hand.", "/catalogue/new"),
    Sight("versions", "Versions", "Every change of products and places, and the way back.", "/catalogue/versions"),
    Sight("import-file", "A file of products", "Chosen, and how much of it is to be taken.", "/catalogue/import"),
    Sight(
        "import",
        "Import of products",
        "What a file would change, and what is wrong in it, before anything is changed.",
        "/catalogue/import",
        then=_preview_import,
    ),
    Sight("planogram", "Planogram", "Which product lies where.", "/planogram"),
    Sight("planogram-fixture", "A place", "One facing, chosen to be moved or changed.", "/planogram", (r"facing=\d+",)),
    Sight("planogram-import", "A file of places", "A planogram from elsewhere.", "/planogram/import"),
    Sight("stock", "Stock", "How many units lie there, by weight, and what needs somebody.", "/stock"),
    Sight(
        "stock-count", "Counting", "A person's count, where weights are not sure.", "/stock/count", then=_stand_before
    ),
    Sight("stock-restock", "Restocking list", "What to bring from the back.", "/stock/restock"),
    Sight("stock-restocking", "Restocking", "A fixture that is being filled.", "/stock/restock", then=_fill),
    Sight("devices", "Devices", "Which sensors work, and how well.", "/devices"),
    Sight(
        "device", "A device", "Every plate of a fixture.", "/devices", (r"^/devices/(?!calibrate|now|plates).*scale",)
    ),
    Sight(
        "calibrate",
        "Calibration",
        "A plate is measured with a known weight.",
        "/devices",
        (r"^/devices/(?!calibrate|now|plates).*scale", r"^\?plate=", r"^/devices/calibrate\?"),
    ),
    Sight("ledger", "Ledger", "What stands on each account, and the proof of every sum.", "/ledger"),
    Sight("reports", "Reports", "Sales, traffic, busy hours, and how often the model was sure.", "/reports"),
    Sight("integrations", "Integrations", "Keys for other systems, and webhooks.", "/integrations"),
    Sight("audit", "Audit log", "Who saw and changed what.", "/audit"),
)
"""Pages of a demo."""

STAFF = (
    Sight("sign-in", "Sign-in", "A real store lets in only whom it knows.", "/sign-in"),
    Sight("staff", "Staff", "Who may do what.", "/staff"),
    Sight("password", "One's own password", "Changed by whoever is signed in.", "/staff/me"),
)
"""Pages that a demo, where everybody is let in, does not show."""


def reach(page: Page, address: str, sight: Sight) -> str:
    """Goes to where the page is; returns its path, so that it need not be looked for again.

    Raises:
        TourError: a link or the page is not there.
    """
    _go(page, address + sight.path.lstrip("/"), sight)
    for pattern in sight.links:
        links: list[str] = page.evaluate(
            "() => [...document.querySelectorAll('main a[href]')].map((a) => a.getAttribute('href'))"
        )
        found = [link for link in links if re.search(pattern, link)]
        if not found:
            raise TourError(f"{sight.name}: {page.url} has no link like {pattern}")
        there: str = page.evaluate("(link) => new URL(link, location).href", found[0])
        _go(page, there, sight)
    return page.url.removeprefix(address.rstrip("/"))


def _go(page: Page, address: str, sight: Sight) -> None:
    answer = page.goto(address, wait_until="load")
    if answer is None or not answer.ok:
        raise TourError(f"{sight.name}: {address} answered {answer.status if answer else 'nothing'}")


def spoiled(text: str) -> str:
    """A table of products as somebody might send it: two prices changed, one row new, and two that are wrong."""
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows[:2]:
        row["price"] = "2.49"
    if len(rows) > 3:
        rows[2]["price"] = "two fifty"
        rows[3]["weight_g"] = "-5"
    rows.append(
        dict.fromkeys(rows[0], "")
        | {"product": "lemonade-500", "name": "Lemonade 500 ml", "price": "1.79", "weight_g": "531", "sold_by": "unit"}
    )
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def picture_name(name: str, theme: str, width: int) -> str:
    """Of a picture's file."""
    return f"{name}-{theme}-{width}.png"


def gallery(sights: Sequence[Sight], folder: str, made: frozenset[str]) -> str:
    """The page that shows all pictures that were made, as Markdown; `folder` is where they lie, seen from the page."""
    parts = [_HEAD]
    for sight in sights:
        names = [picture_name(sight.name, theme, width) for theme in THEMES for width in WIDTHS]
        if not made.issuperset(names):
            continue
        parts.append(f"## {sight.title}\n\n{sight.says}\n\n| | Phone | Desktop |\n|---|---|---|\n")
        for theme in THEMES:
            cells = [
                f"![{sight.title}, {theme}, on a {kind}]({folder}/{picture_name(sight.name, theme, width)})"
                for width, kind in WIDTHS.items()
            ]
            parts.append(f"| {theme.capitalize()} | {' | '.join(cells)} |\n")
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


_HEAD = """# Pictures of the console

Every page of the console, at 375 and at 1920 pixels wide, light and dark; long pages are cut. People, goods and
sensors in them are **simulated**: the pages of `tillfree demo`, and sign-in and staff of a console with staff. One
command makes all pictures and this page:

```text
python docs/images/make_console.py --docs
```

"""
