"""Make the pictures of the console, seen by a real browser in a demo and in a console with staff.

    python docs/images/make_console.py           docs/images/console/*.png
    python docs/images/make_console.py --docs    the same, and docs/console_pictures.md which shows them

Needs Tillfree installed with its extras `dev` and `frames`, and Chromium on the path.
"""

import argparse
import io
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import uvicorn
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from playwright.sync_api import Error as PlaywrightError

DOCS = Path(__file__).resolve().parents[1]
# What measures the console starts demos and browsers as well; it is run from the root of the repository.
sys.path.append(str(DOCS.parent))

from benchmarks.demo_process import (  # noqa: E402  needs the line above
    DRAWN,
    LISTEN,
    DemoError,
    DemoProcess,
    heard,
    open_browser,
    post,
)
from console_tour import DEMO, STAFF, THEMES, WIDTHS, Sight, TourError, gallery, picture_name, reach  # noqa: E402
from tillfree.simulation.demo_shop import demo_shop  # noqa: E402
from tillfree.simulation.options import SimulationOptions  # noqa: E402
from tillfree.simulation.recording import simulate  # noqa: E402
from tillfree.storage.database.database import Database  # noqa: E402
from tillfree.store.running.running import RunningStore  # noqa: E402
from tillfree.store.running.sources import RecordingSource  # noqa: E402
from tillfree.web.app import make_app  # noqa: E402
from tillfree.web.console import Console  # noqa: E402
from tillfree.web.server import bound_socket  # noqa: E402

__all__ = ["main", "small_png"]

FOLDER = DOCS / "images" / "console"
PAGE = DOCS / "console_pictures.md"
OPTIONS = ("--shoppers", "9", "--awkward", "0.4", "--seed", "7", "--speed", "6")
PASSWORD = "a password for pictures"  # noqa: S105  of a console that lives as long as its pictures are taken
USERS = {"Ada": "manager", "Bela": "associate", "Chidi": "engineer", "Dana": "viewer"}
COLOURS = (128, 96, 64, 48)
BYTES_MAX = 120_000
HEIGHT_MAX = 2400
_VISITS = 15
_LIVELY_S = 150.0
_LOOK_MS = 900
_RECEIPT_AT_MS = 900
_RECEIPT_S = 90.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", action="store_true", help="write the page that shows them as well")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this page; may be repeated")
    parser.add_argument("-o", "--output", type=Path, default=FOLDER, help="folder for the pictures")
    parsed = parser.parse_args(arguments)
    # So that what was started is ended then as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parsed.output.mkdir(parents=True, exist_ok=True)
    camera = _Camera(parsed.output, frozenset(parsed.only or ()))
    try:
        with open_browser() as browser:
            with DemoProcess(*OPTIONS) as demo:
                _make_lively(browser, demo, camera)
                camera.take(browser, demo.address, DEMO)
            with _console_with_staff() as address:
                camera.take(browser, address, STAFF)
    except (DemoError, PlaywrightError) as error:
        print(error, file=sys.stderr)
        return 2
    if parsed.docs:
        made = frozenset(path.name for path in FOLDER.glob("*.png"))
        PAGE.write_text(gallery((*DEMO, *STAFF), "images/console", made), encoding="utf-8")
        print(f"{PAGE.name}: written")
    print(f"{camera.count} pictures, {camera.bytes / 1e6:.1f} MB")
    for missing in camera.missing:
        print(f"not there: {missing}", file=sys.stderr)
    return 1 if camera.missing else 0


class _Camera:
    """Takes pictures into a folder and tells what it made."""

    def __init__(self, folder: Path, only: frozenset[str]) -> None:
        self._folder = folder
        self._only = only
        self.count = 0
        self.bytes = 0
        self.missing: list[str] = []

    def wants(self, name: str) -> bool:
        """Whether this page is asked for."""
        return not self._only or name in self._only

    def take(self, browser: Browser, address: str, sights: Sequence[Sight]) -> None:
        """Every page in both themes and widths."""
        found: dict[str, str] = {}
        for theme in THEMES:
            for width in WIDTHS:
                context = _context(browser, theme, width)
                for sight in filter(lambda sight: self.wants(sight.name), sights):
                    name = picture_name(sight.name, theme, width)
                    page = context.new_page()
                    try:
                        if sight.path.startswith("/staff"):
                            _sign_in(page, address)
                        if sight.name in found:
                            page.goto(address.rstrip("/") + found[sight.name], wait_until="load")
                        else:
                            found[sight.name] = reach(page, address, sight)
                        self.keep(name, _picture(page, sight))
                    except (TourError, PlaywrightError) as error:
                        self.missing.append(f"{name}: {str(error).splitlines()[0]}")
                    page.close()
                context.close()

    def keep(self, name: str, raw: bytes) -> None:
        """Writes a picture."""
        data = small_png(raw)
        (self._folder / name).write_bytes(data)
        self.count += 1
        self.bytes += len(data)
        print(f"{name}: {len(data) / 1000:.0f} kB")


def small_png(raw: bytes) -> bytes:
    """The picture in few colours, and in fewer still where it is above `BYTES_MAX`."""
    pixels = np.asarray(Image.open(io.BytesIO(raw)).convert("RGB")).astype(np.int64)
    codes, where, counts = np.unique(pixels @ np.array([1 << 16, 1 << 8, 1]), return_inverse=True, return_counts=True)
    colours = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    data = b""
    for most in COLOURS:
        kept = _palette(colours[np.argsort(-counts, kind="stable")], most)
        nearest = ((colours[:, None] - kept) ** 2).sum(axis=2).argmin(axis=1).astype(np.uint8)
        picture = Image.fromarray(nearest[where].reshape(pixels.shape[:2]), "P")
        picture.putpalette(kept.astype(np.uint8).tobytes())
        out = io.BytesIO()
        picture.save(out, "PNG", optimize=True)
        data = out.getvalue()
        if len(data) <= BYTES_MAX:
            break
    return data


def _palette(colours: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """Of the colours (n, 3), commonest first: the commonest as they are, then such as are near to all others.

    The usual ways lose a small dot of another colour, and merge faint tints of large areas.
    """
    common, others, radius = colours[: most // 2], colours[most // 2 :], 4.0
    while True:
        left, chosen = others, list(common)
        for colour in common:
            left = left[((left - colour) ** 2).sum(axis=1) > radius**2]
        while len(left) and len(chosen) <= most:
            chosen.append(left[0])
            left = left[((left - left[0]) ** 2).sum(axis=1) > radius**2]
        if len(chosen) <= most:
            return np.array(chosen)
        radius *= 1.25


def _context(browser: Browser, theme: str, width: int, height: int = 1000) -> BrowserContext:
    context = browser.new_context(
        viewport=ViewportSize(width=width, height=812 if width < 500 else height),
        color_scheme="dark" if theme == "dark" else "light",
        locale="en-GB",
        timezone_id="UTC",
    )
    context.add_init_script(LISTEN)
    return context


def _picture(page: Page, sight: Sight) -> bytes:
    """The whole page, cut where it is very long."""
    if sight.then is not None:
        sight.then(page)
    if sight.path == "/":
        page.wait_for_function(DRAWN)
        page.wait_for_timeout(_LOOK_MS)
    page.wait_for_timeout(_LOOK_MS)
    # An address with `#` has scrolled, and what sticks to the top would be in the middle of the picture.
    width, height = page.evaluate("() => [scrollTo(0, 0), innerWidth, document.documentElement.scrollHeight].slice(1)")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, HEIGHT_MAX)}
    return page.screenshot(full_page=True, clip=clip, animations="disabled")  # type: ignore[arg-type]


# ---- the two consoles -------------------------------------------------------------------------------------------


def _make_lively(browser: Browser, demo: DemoProcess, camera: _Camera) -> None:
    """Until there are visits and a case for review, one sensor is broken; then the picture of the README."""
    context = _context(browser, "light", 1280, 800)
    page = context.new_page()
    page.goto(demo.address)
    until_s = time.monotonic() + _LIVELY_S
    while not _is_lively(page):
        if time.monotonic() > until_s:
            raise DemoError(f"no {_VISITS} visits and a case for review within {_LIVELY_S:.0f} s")
        page.wait_for_timeout(500)
    post(page, "/live/pace", {"pace": "1"})
    found = page.evaluate('() => fetch(\'/\').then((a) => a.text()).then((t) => /value="(plate[^"]*)"/.exec(t))')
    if found:
        post(page, "/demo/break", {"id": found[1]})
    if camera.wants("live-demo"):
        page.reload()
        page.wait_for_function(DRAWN)
        camera.keep("live-demo.png", _falling_receipt(page))
    context.close()


def _is_lively(page: Page) -> bool:
    told = heard(page)
    return told.reviews > 0 and told.score is not None and int(str(told.score["finished"])) >= _VISITS


def _falling_receipt(page: Page) -> bytes:
    """The window while a receipt lies at the exit, or as it is where none comes."""
    # So high that the whole floor is seen, with the exit where receipts fall.
    bottom = page.locator("#floor").evaluate("(floor) => floor.getBoundingClientRect().bottom")
    page.set_viewport_size(ViewportSize(width=1280, height=max(800, min(900, round(bottom) + 12))))
    page.evaluate("() => { heard.receipt_at = 0; }")
    until_s = time.monotonic() + _RECEIPT_S
    while time.monotonic() < until_s and not page.evaluate("() => heard.receipt_at"):
        page.wait_for_timeout(100)
    page.wait_for_timeout(_RECEIPT_AT_MS)
    return page.screenshot()


@contextmanager
def _console_with_staff() -> Iterator[str]:
    """A console that is no demo, on a port of this machine."""
    recording = simulate(demo_shop(2), SimulationOptions(shoppers=3, seed=7))
    with Database.open(":memory:") as database, bound_socket("127.0.0.1", 0) as listening:
        for name, role in USERS.items():
            database.add_user(name, PASSWORD, role)  # type: ignore[arg-type]
        store = RunningStore(RecordingSource(recording), store_name="Corner shop")
        store.start()
        config = uvicorn.Config(make_app(Console(store, database)), ws="websockets-sansio", log_level="error")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(10.0)
            store.stop()


def _sign_in(page: Page, address: str) -> None:
    page.goto(address + "sign-in", wait_until="load")
    if page.locator("input[name=password]").count():
        page.locator("input[name=name]").fill("Ada")
        page.locator("input[name=password]").fill(PASSWORD)
        with page.expect_navigation():
            page.locator("form:has(input[name=password]) button").click()


if __name__ == "__main__":
    sys.exit(main())
