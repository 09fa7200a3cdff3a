"""A demo for an hour while it is looked at: cost, memory, how right it is. Run as `python -m benchmarks.demo_hour`."""

import argparse
import itertools
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import msgspec
import numpy as np
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from benchmarks.demo_process import DRAWN, LISTEN, DemoError, DemoProcess, Heard, Usage, heard, open_browser
from benchmarks.result_files import Row, write_results
from tillfree.web.navigation import PLACES

__all__ = ["Sample", "main", "minute_rows", "slope_per_h", "summary"]

_SAMPLE_S = 10.0
_TOUR_S = 60.0
_WARM_S = 300.0
"""Memory is compared with what it was after so long: caches, and buffers of the first visits, are full by then."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the server and at the page that shows the floor."""

    at_s: float
    usage: Usage
    frames: int
    people: int
    lag_s: float
    heap_mib: float
    """What the scripts of the page hold."""
    score: dict[str, object]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs, samples, and writes whatever there is at the end, or at Ctrl+C."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo_hour", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="default 60")
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    parsed = parser.parse_args(arguments)
    over = _Over()
    samples: list[Sample] = []
    failed = ""
    pages_seen = [0]
    try:
        with open_browser() as browser, DemoProcess() as demo:
            looker = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            looker.add_init_script(LISTEN)
            looker.goto(demo.address)
            looker.wait_for_function(DRAWN)
            visitor = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            _watch(demo, looker, visitor, parsed.minutes * 60.0, over, samples, pages_seen)
    except (DemoError, PlaywrightError) as error:
        # The browser ends at Ctrl+C by itself.
        failed = "" if over.asked else str(error).splitlines()[0]
    if len(samples) < 2:
        sys.stderr.write(f"nothing was measured. {failed}\n")
        return 2
    total = summary(samples)
    total |= {"pages_visited": pages_seen[0], "ended_early": over.asked or bool(failed), "failed": failed}
    sys.stdout.write("  ".join(f"{name} {value}" for name, value in total.items()) + "\n")
    command = "python -m benchmarks.demo_hour " + " ".join(arguments if arguments is not None else sys.argv[1:])
    write_results("demo_hour", command.strip(), [total, *minute_rows(samples)], parsed.output)
    return 1 if failed else 0


class _Over:
    """Whether Ctrl+C was pressed: then what is there is written, rather than lost."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def _watch(
    demo: DemoProcess,
    looker: Page,
    visitor: Page,
    seconds: float,
    over: _Over,
    samples: list[Sample],
    pages_seen: list[int],
) -> None:
    begin_s = time.monotonic()
    next_sample_s = next_tour_s = begin_s
    left = iter(PLACES)
    while not over.asked and time.monotonic() - begin_s <= seconds + _SAMPLE_S / 2:
        now_s = time.monotonic()
        if now_s >= next_sample_s:
            samples.append(_sample(demo, looker, now_s - begin_s))
            next_sample_s = max(next_sample_s + _SAMPLE_S, now_s)
        place = next(left, None)
        if place is not None:
            # One page at a time, so that a slow one does not delay a sample by more than itself.
            visitor.goto(demo.address + place.path.lstrip("/"))
            pages_seen[0] += 1
        elif now_s >= next_tour_s + _TOUR_S:
            next_tour_s, left = now_s, iter(PLACES)
        looker.wait_for_timeout(500)


def _sample(demo: DemoProcess, looker: Page, at_s: float) -> Sample:
    told: Heard = heard(looker)
    return Sample(
        at_s=at_s,
        usage=demo.usage(),
        frames=told.frames,
        people=told.people[-1] if told.people else 0,
        lag_s=max(told.lags_s[-100:], default=0.0),
        heap_mib=looker.evaluate("() => performance.memory.usedJSHeapSize") / 2**20,
        score=told.score or {},
    )


# ---- figures ----------------------------------------------------------------------------------------------------


def slope_per_h(times_s: Sequence[float], values: Sequence[float]) -> float:
    """How fast a value grows in an hour, by the line of least squares; 0 of fewer than two different times."""
    if len(set(times_s)) < 2:
        return 0.0
    return float(np.polyfit(np.asarray(times_s), np.asarray(values), 1)[0]) * 3600.0


def _shares(samples: Sequence[Sample]) -> list[float]:
    return [after.usage.cpu_share_since(before.usage) for before, after in itertools.pairwise(samples)]


def summary(samples: Sequence[Sample]) -> Row:
    """The figures of the whole run; needs two samples."""
    first, last = samples[0], samples[-1]
    warm = next((sample for sample in samples if sample.at_s >= min(_WARM_S, last.at_s / 4)), last)
    half = [sample for sample in samples if sample.at_s >= last.at_s / 2]
    times_s = [sample.at_s for sample in half]
    memory = [sample.usage.rss_mib for sample in samples]
    return {
        "kind": "run",
        "minutes": round(last.at_s / 60, 1),
        "cpu_share_mean": round(last.usage.cpu_share_since(first.usage), 3),
        "cpu_share_most_in_10_s": round(max(_shares(samples)), 3),
        "rss_mib_start": round(first.usage.rss_mib, 1),
        "rss_mib_warm": round(warm.usage.rss_mib, 1),
        "rss_mib_most": round(max(memory), 1),
        "rss_mib_end": round(last.usage.rss_mib, 1),
        "rss_slope_mib_per_h_last_half": round(slope_per_h(times_s, [s.usage.rss_mib for s in half]), 2),
        "page_heap_mib_warm": round(warm.heap_mib, 1),
        "page_heap_mib_end": round(last.heap_mib, 1),
        "page_heap_slope_mib_per_h_last_half": round(slope_per_h(times_s, [s.heap_mib for s in half]), 2),
        "threads_warm_end": [warm.usage.threads, last.usage.threads],
        "files_warm_end": [warm.usage.files, last.usage.files],
        "updates_per_s": round((last.frames - first.frames) / (last.at_s - first.at_s), 2),
        "lag_s_most": max(sample.lag_s for sample in samples),
        "people_mean": round(float(np.mean([sample.people for sample in samples])), 1),
        **_score(last),
    }


def _score(sample: Sample) -> Row:
    score = sample.score
    f1 = score.get("f1")
    return {
        "visits": score.get("finished"),
        "f1": round(f1, 4) if isinstance(f1, float) else f1,
        "charged": score.get("charged"),
        "charged_wrong": score.get("charged_wrong"),
        "review": score.get("review"),
        "review_wrong": score.get("review_wrong"),
    }


def minute_rows(samples: Sequence[Sample]) -> list[Row]:
    """One row per minute: share of a core on average and in the busiest ten seconds, and how it stood at its end."""
    rows: list[Row] = []
    for minute in range(int(samples[-1].at_s // 60) + 1):
        within = [sample for sample in samples if minute * 60 <= sample.at_s]
        # The first sample of the next minute ends this one.
        within = within[: sum(1 for sample in within if sample.at_s < (minute + 1) * 60) + 1]
        if len(within) < 2:
            continue
        first, last = within[0], within[-1]
        rows.append(
            {
                "kind": "minute",
                "minute": minute,
                "cpu_share_mean": round(last.usage.cpu_share_since(first.usage), 3),
                "cpu_share_most": round(max(_shares(within)), 3),
                "rss_mib": round(last.usage.rss_mib, 1),
                "page_heap_mib": round(last.heap_mib, 1),
                "updates_per_s": round((last.frames - first.frames) / (last.at_s - first.at_s), 2),
                "people": last.people,
                "lag_s_most": max(sample.lag_s for sample in within),
                **_score(last),
            }
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
