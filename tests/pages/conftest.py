"""Two pages made from simulated recordings, and a browser to look at them with."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from chromium import Chromium, ChromiumError, find_chromium
from make_receipt import receipt_page
from tillfree.evaluation.page import render_page
from tillfree.evaluation.report import Source, evaluate
from tillfree.evaluation.solving import store_solver
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate

LONG_NAME = "a recording " + "with-a-very-long-name-in-one-word-" * 4


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Chromium:
    """A browser that was seen to work; skips where there is none."""
    program = find_chromium()
    if program is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on the path (Debian: apt install chromium)")
    folder = tmp_path_factory.mktemp("browser")
    page = folder / "trial.html"
    page.write_text("<!DOCTYPE html><html><title>trial</title><body>It works.</body></html>", encoding="utf-8")
    found = Chromium(program, folder / "profile")
    try:
        dom = found.dom(page)
    except ChromiumError as error:
        pytest.skip(f"the browser does not start here: {error}")
    if "It works." not in dom:
        pytest.skip(f"{program} cannot read {page}: some are packed so that they see the home folder only")
    return found


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A receipt for review, and a report of two recordings of which one cannot be read."""
    folder = tmp_path_factory.mktemp("pages")
    texts = {"receipt": receipt_page(), "report": _report_page()}
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


def _report_page() -> str:
    options = SimulationOptions(shoppers=2, seed=3, takes=2.0, name=LONG_NAME)

    def open_simulated() -> SimulatedRecording:
        return simulate(demo_shop(1), options)

    def open_nothing() -> SimulatedRecording:
        return simulate(demo_shop(0), options)  # raises: a shop has fixtures

    sources: Sequence[Source] = [(LONG_NAME, open_simulated), ("unreadable", open_nothing)]
    return render_page(evaluate(sources, store_solver(), folder="simulated", version="1.2.3"))
