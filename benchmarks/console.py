"""The console from outside: start-up, weight of pages, live updates. Run as `python -m benchmarks.console`."""

import argparse
import http.client
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from benchmarks.console_watchers import PlainClients
from benchmarks.demo_process import (
    DRAWN,
    LISTEN,
    DemoError,
    DemoProcess,
    busy_share,
    heard,
    machine_ticks,
    open_browser,
    post,
)
from benchmarks.result_files import Row, write_results
from tillfree.web.navigation import PLACES

__all__ = ["Traffic", "main", "spread"]

GROUPS = ("start", "live", "pages")
CROWDS = {10: ("--store", "convenience", "--shoppers", "10"), 100: ("--store", "grocery", "--shoppers", "100")}
_GATHER_S = 90.0
"""So long it is waited at most until about so many people are in the shop."""
_SETTLE_MS = 4000
_FIRST_PAGE_S = 60.0
_FRAME_MS = 120_000
_QUIET_MS = 600
_RESET = """() => {
  for (const list of [tillfreeLive.ages_ms, tillfreeLive.draw_ms, heard.people, heard.lags_s]) list.length = 0;
  tillfreeLive.frames = tillfreeLive.drawn = heard.bytes = 0;
}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    parser.add_argument("--group", choices=GROUPS, action="append", help="measure only this; may be repeated")
    parser.add_argument("--repeat", type=int, default=5, help="starts (default 5)")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each look at the live page (default 30)")
    parser.add_argument("--browsers", type=int, default=20, help="how many look at once (default 20)")
    parser.add_argument("--people", type=int, choices=sorted(CROWDS), action="append", help="only this crowd")
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    parsed = parser.parse_args(arguments)
    # So that demos that were started are ended then as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    groups = parsed.group or GROUPS
    rows: list[Row] = []
    try:
        with open_browser() as browser:
            if "start" in groups:
                rows.append(_show(start_row(browser, parsed.repeat)))
            for people in (parsed.people or CROWDS) if "live" in groups else ():
                rows.extend(map(_show, live_rows(browser, people, parsed.browsers, parsed.seconds)))
            if "pages" in groups:
                rows.extend(map(_show, page_rows(browser)))
    except (DemoError, PlaywrightError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        if rows:
            command = "python -m benchmarks.console " + " ".join(arguments if arguments is not None else sys.argv[1:])
            write_results("console", command.strip(), rows, parsed.output)
    return 0


def _show(row: Row) -> Row:
    sys.stdout.write("  ".join(f"{name} {value}" for name, value in row.items()) + "\n")
    sys.stdout.flush()
    return row


def spread(values: Sequence[float], digits: int = 1) -> Row:
    """The median, the 95th and 99th of a hundred, and the most; all None where there are no values."""
    if not values:
        return dict.fromkeys(("p50", "p95", "p99", "most"))
    shown = [*np.quantile(values, [0.5, 0.95, 0.99]).tolist(), max(values)]
    return dict(zip(("p50", "p95", "p99", "most"), (round(value, digits) for value in shown), strict=True))


# ---- start-up ---------------------------------------------------------------------------------------------------


def start_row(browser: Browser, repeat: int) -> Row:
    """From the start of the process to the first page, and to the first frame of the floor on a screen."""
    page_s, frame_s = [], []
    for _ in range(repeat):
        # A browser that is open already, as that of a visitor is.
        context = browser.new_context()
        page = context.new_page()
        with DemoProcess() as demo:
            _await_first_page(demo)
            page_s.append(time.monotonic() - demo.began_s)
            page.goto(demo.address, wait_until="commit")
            page.wait_for_function(DRAWN, timeout=_FRAME_MS)
            frame_s.append(time.monotonic() - demo.began_s)
        context.close()
    return {
        "kind": "start",
        "repeats": repeat,
        "first_page_s_median": round(float(np.median(page_s)), 2),
        "first_page_s_worst": round(max(page_s), 2),
        "first_frame_s_median": round(float(np.median(frame_s)), 2),
        "first_frame_s_worst": round(max(frame_s), 2),
        "chromium": browser.version,
    }


def _await_first_page(demo: DemoProcess) -> None:
    while time.monotonic() - demo.began_s < _FIRST_PAGE_S:
        connection = http.client.HTTPConnection(urlsplit(demo.address).netloc, timeout=5)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.02)
    raise DemoError(f"no page was answered in {_FIRST_PAGE_S:.0f} s: {demo.said()[-800:]}")


# ---- live updates -----------------------------------------------------------------------------------------------


def live_rows(browser: Browser, people: int, browsers: int, seconds: float) -> Iterator[Row]:
    """One browser, many browsers, and one browser among as many plain clients, on one demo."""
    with DemoProcess(*CROWDS[people]) as demo:
        contexts = [_looking(browser, demo)]
        _gather(contexts[0].pages[0], people)
        about: Row = {"kind": "live", "people_wanted": people, "options": " ".join(CROWDS[people])}
        yield about | _live_row(demo, contexts, 0, seconds)
        if browsers > 1:
            contexts += [_looking(browser, demo) for _ in range(browsers - 1)]
            yield about | _live_row(demo, contexts, 0, seconds)
            for context in contexts[1:]:
                context.close()
            with PlainClients(demo.address, browsers - 1) as clients:
                row = _live_row(demo, contexts[:1], browsers - 1, seconds, clients)
            yield about | row
        contexts[0].close()


def _looking(browser: Browser, demo: DemoProcess) -> BrowserContext:
    """A browser of its own, with its own profile, that has the floor before it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(LISTEN)
    page = context.new_page()
    page.goto(demo.address, wait_until="commit", timeout=_FRAME_MS)
    page.wait_for_function(DRAWN, timeout=_FRAME_MS)
    return context


def _gather(page: Page, people: int) -> None:
    """Until about so many people are in the shop, or it takes too long; the row tells how many there were."""
    until_s = time.monotonic() + _GATHER_S
    while time.monotonic() < until_s and max(heard(page).people[-20:], default=0) < 0.9 * people:
        page.wait_for_timeout(500)


def _live_row(
    demo: DemoProcess,
    contexts: Sequence[BrowserContext],
    plain: int,
    seconds: float,
    clients: PlainClients | None = None,
) -> Row:
    pages = [context.pages[0] for context in contexts]
    pages[0].wait_for_timeout(_SETTLE_MS)
    for page in pages:
        page.evaluate(_RESET)
    if clients is not None:
        clients.forget()
    usage, ticks = demo.usage(), machine_ticks()
    pages[0].wait_for_timeout(seconds * 1000)
    after, busy = demo.usage(), busy_share(ticks, machine_ticks())
    passed_s = after.time_s - usage.time_s
    ages = clients.ages_ms() if clients is not None else []
    stats: list[dict[str, Any]] = [page.evaluate("() => tillfreeLive") for page in pages]
    told = heard(pages[0])
    rates = [stat["frames"] / passed_s for stat in stats]
    drawn = [sum(1 for _ in stat["ages_ms"]) / passed_s for stat in stats]
    row: Row = {
        "browsers": len(pages),
        "plain_clients": plain,
        "seconds": round(passed_s, 1),
        "people_mean": round(float(np.mean(told.people)), 1) if told.people else None,
        "updates_per_s": round(float(np.mean(rates)), 2),
        "updates_per_s_least": round(min(rates), 2),
        "updates_shown_per_s": round(float(np.mean(drawn)), 2),
        "age_ms": spread([age for stat in stats for age in stat["ages_ms"]]),
        "draw_ms": spread([cost for stat in stats for cost in stat["draw_ms"]], 2),
        "kilobytes_per_s_each": round(told.bytes / passed_s / 1000, 1),
        "server_cpu_share": round(after.cpu_share_since(usage), 3),
        "server_rss_mib": round(after.rss_mib, 1),
        "lag_s_begin_end_most": [told.lags_s[0], told.lags_s[-1], max(told.lags_s)] if told.lags_s else None,
        "machine_busy_share": round(busy, 3),
        "note": "browsers and server shared the cores of this machine",
    }
    if ages:
        row["plain_age_ms"] = spread(ages)
    return row


# ---- the weight of pages ----------------------------------------------------------------------------------------


class Traffic:
    """Counts what a page loads, by the events of the browser's own protocol (Network domain of CDP)."""

    def __init__(self) -> None:
        self.requests = 0
        self.from_cache = 0
        self.wire_bytes = 0
        self._open: set[str] = set()

    def begun(self, event: dict[str, Any]) -> None:
        """Network.requestWillBeSent; what is written in the page itself (`data:`) is no request."""
        if not event["request"]["url"].startswith("data:"):
            self.requests += 1
            self._open.add(event["requestId"])

    def cached(self, event: dict[str, Any]) -> None:
        """Network.requestServedFromCache: from memory."""
        self.from_cache += event["requestId"] in self._open

    def answered(self, event: dict[str, Any]) -> None:
        """Network.responseReceived; tells whether it came from the disk."""
        self.from_cache += event["requestId"] in self._open and bool(event["response"].get("fromDiskCache"))

    def ended(self, event: dict[str, Any]) -> None:
        """Network.loadingFinished; bytes as they were on the wire, with headers, nothing where a cache had it."""
        if event["requestId"] in self._open:
            self.wire_bytes += int(event["encodedDataLength"])

    def row(self) -> Row:
        """The figures."""
        return {"wire_bytes": self.wire_bytes, "requests": self.requests, "from_cache": self.from_cache}


def page_rows(browser: Browser) -> Iterator[Row]:
    """Every page of the menu, once with an empty cache and once again."""
    with DemoProcess("--speed", "8") as demo:
        watcher = _looking(browser, demo)
        page = watcher.pages[0]
        until_s = time.monotonic() + _GATHER_S
        while time.monotonic() < until_s and not _has_visits(page):
            page.wait_for_timeout(500)
        post(page, "/live/pace", {"pace": "1"})
        page.wait_for_timeout(_SETTLE_MS)
        watcher.close()
        for place in PLACES:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            first = _weighed(context, demo.address + place.path.lstrip("/"))
            again = _weighed(context, demo.address + place.path.lstrip("/"))
            context.close()
            yield {"kind": "page", "page": place.path, "first": first, "again": again}


def _has_visits(page: Page) -> bool:
    told = heard(page)
    return told.reviews > 0 and told.score is not None and int(str(told.score["finished"])) >= 20


def _weighed(context: BrowserContext, address: str) -> Row:
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    traffic = Traffic()
    protocol.on("Network.requestWillBeSent", traffic.begun)
    protocol.on("Network.requestServedFromCache", traffic.cached)
    protocol.on("Network.responseReceived", traffic.answered)
    protocol.on("Network.loadingFinished", traffic.ended)
    protocol.send("Network.enable")
    answer = page.goto(address, wait_until="load")
    page.wait_for_timeout(_QUIET_MS)
    timing = page.evaluate("() => performance.getEntriesByType('navigation')[0].toJSON()")
    row = {
        "status": answer.status if answer is not None else None,
        **traffic.row(),
        "dom_elements": page.evaluate("() => document.getElementsByTagName('*').length"),
        "dom_content_loaded_ms": round(timing["domContentLoadedEventEnd"], 1),
        "server_ms": round(timing["responseStart"] - timing["requestStart"], 1),
    }
    page.close()
    return row


if __name__ == "__main__":
    sys.exit(main())
