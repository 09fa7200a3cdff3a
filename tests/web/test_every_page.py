"""Every page of the console in a real browser: both themes, phone and desktop, found by following its own links."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.web.conftest import OPTIONS, OwnServer, console_on, served, wait_until_ended
from tillfree.web.navigation import PLACES

PHONE, DESK = (375, 800), (1920, 1080)
_PARTICULAR = re.compile(r"(?<=/)[^/?]*\d[^/?]*|[?#].*")
"""What tells one visit, product or fixture from another in an address: one page of each kind is enough."""
_STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def quiet() -> Iterator[OwnServer]:
    """A demo console whose recording is over, so that its pages stand still."""
    with console_on(OPTIONS, demo=True) as console:
        wait_until_ended(console.store)
        with served(console) as found:
            yield found


@pytest.fixture(scope="module")
def addresses(quiet: OwnServer, chromium: Browser) -> list[str]:
    """One address of each kind of page: those of the menu, and what they and their own pages lead to."""
    page = chromium.new_page()
    kinds: dict[str, str] = {}
    waiting = [place.path for place in PLACES]
    while waiting:
        path = waiting.pop(0)
        kind = _PARTICULAR.sub("*", path)
        if kind in kinds or path.partition("?")[0].endswith((".csv", ".jsonl", "/floor", "/evidence", "/now")):
            continue
        answer = page.goto(quiet.address + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        kinds[kind] = path
        hrefs = page.locator("main a[href^='/']:not([download])").evaluate_all(
            "links => links.map((link) => link.getAttribute('href'))"
        )
        waiting += [href for href in hrefs if not re.search(r"\.(csv|jsonl|json)\b|/frames/", href)]
    page.close()
    return sorted(kinds.values())


def test_the_pages_are_all_there(addresses: list[str]) -> None:
    assert {place.path for place in PLACES} <= set(addresses)
    assert len(addresses) >= len(PLACES) + 6, addresses


def _trouble(page: Page, axe: Axe, where: str, width: int) -> list[str]:
    """What is wrong with a page as it is shown."""
    found = []
    results = axe.run(page, options={"runOnly": _STANDARDS})
    for violation in results.response["violations"]:
        nodes = [node["html"][:160] for node in violation["nodes"][:3]]
        found.append(f"{where}: axe {violation['id']} ({violation['impact']}): {nodes}")
    if page.locator("h1").count() != 1:
        found.append(f"{where}: {page.locator('h1').count()} first headings")
    wide = int(page.evaluate("document.documentElement.scrollWidth"))
    if wide > width:
        found.append(f"{where}: {wide} px wide")
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [PHONE, DESK])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    quiet: OwnServer, chromium: Browser, addresses: list[str], theme: str, width: int, height: int
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page, axe, found = context.new_page(), Axe(), []
    page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
    page.on("console", lambda message: found.append(f"{page.url}: {message.text}") if message.type == "error" else None)
    for path in addresses:
        page.goto(quiet.address + path)
        found += _trouble(page, axe, f"{path} {theme} {width}", width)
    context.close()
    assert not found, "\n".join(found)


def test_everything_can_be_reached_with_the_keyboard(quiet: OwnServer, browser_page: Page) -> None:
    browser_page.goto(quiet.address + "/visits")
    browser_page.keyboard.press("Tab")
    assert browser_page.evaluate("document.activeElement.className") == "skip"
    browser_page.keyboard.press("Enter")
    browser_page.keyboard.press("Tab")
    assert browser_page.evaluate("document.querySelector('main').contains(document.activeElement)")
    reached = set()
    browser_page.goto(quiet.address + "/")
    for _ in range(60):
        browser_page.keyboard.press("Tab")
        reached.add(str(browser_page.evaluate("document.activeElement.getAttribute('href')")))
    assert {place.path for place in PLACES} <= reached
