"""Receipts and reports in a real browser: they show what they should, fit, load nothing and run nothing."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.image import imread

from chromium import Chromium
from make_receipt import STORE
from tests.commerce.shops import SHOP, line, receipt
from tests.evaluation.stand_ins import FakeRecording, answering, prediction, truth_of
from tests.pages.probe import Seen, probe
from tillfree.commerce.page import render_html
from tillfree.core.events import Alternative, Interaction
from tillfree.core.ids import FixtureId, ProductId, VisitId
from tillfree.evaluation.page import render_page
from tillfree.evaluation.report import evaluate

WIDTHS = (375, 1280)
HOSTILE = (
    "<script>document.title = 'run'</script>",
    "</title></style></script><script>document.title = 'run'</script>",
    "<img src=x onerror=\"document.title = 'run'\">",
    '" onmouseover="document.title = \'run\'" autofocus onfocus="document.title = \'run\'" x="',
    "<svg onload=\"document.title = 'run'\"><iframe src=http://127.0.0.1:9/ onload=\"document.title = 'run'\">",
    "&lt;script&gt;document.title = 'run'&lt;/script&gt;<link rel=stylesheet href=http://127.0.0.1:9/x.css>",
)
POLICY = re.compile(r"<meta http-equiv=[^>]*>")


@pytest.fixture(scope="module")
def seen(
    browser: Chromium, pages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, int], Seen]:
    texts = {name: page.read_text(encoding="utf-8") for name, page in pages.items()}
    return probe(browser, tmp_path_factory.mktemp("probe"), texts, WIDTHS)


@pytest.mark.parametrize("page", ["receipt", "report"])
def test_a_page_opens_with_its_title_and_its_tables(page: str, browser: Chromium, pages: dict[str, Path]) -> None:
    dom = browser.dom(pages[page])
    title = {"receipt": f"Receipt, {STORE}", "report": "Evaluation of simulated"}[page]
    assert f"<title>{title}</title>" in dom
    # The parser of a browser mends what is wrong, so what is right comes back with the same elements.
    written = re.sub(r"<metadata>.*?</metadata>", "", pages[page].read_text(encoding="utf-8"), flags=re.DOTALL)
    for tag in ("tr", "th", "td", "h1", "h2", "path", "figure"):
        assert len(re.findall(f"<{tag}[ >]", dom)) == len(re.findall(f"<{tag}[ >]", written)), tag


@pytest.mark.parametrize("width", WIDTHS)
def test_a_receipt_shows_every_line_with_its_probability_and_evidence(
    width: int, seen: dict[tuple[str, int], Seen], pages: dict[str, Path]
) -> None:
    text = seen["receipt", width].text
    cell = r'<td class="number[^"]*">([^<]*)</td>'
    rows = re.findall(f'<tr><th scope="row">([^<]*)</th>{cell}{cell}', pages["receipt"].read_text(encoding="utf-8"))
    assert len(rows) >= 2
    for name, probability, amount in rows:
        assert f"{unescape(name)}\t{unescape(probability)}\t{amount}\n" in text
    assert text.count("took 1 from") >= len(rows)
    assert "For review: nobody is charged" in text
    assert "instead of" in text
    assert "(simulated)" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_a_report_shows_its_figures_and_sections(width: int, seen: dict[tuple[str, int], Seen]) -> None:
    text = seen["report", width].text
    for part in ("F1 of items", "Does it know when it is unsure?", "Is it fast enough?", "unreadable", "simulated"):
        assert part in text
    assert "share right" in text, "the plots have their axes as text"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", ["receipt", "report"])
def test_a_page_fits_its_window(page: str, width: int, seen: dict[tuple[str, int], Seen]) -> None:
    found = seen[page, width]
    assert found.width == width
    assert found.needed <= width


@pytest.mark.parametrize("page", ["receipt", "report"])
def test_a_page_needs_nothing_from_elsewhere(page: str, seen: dict[tuple[str, int], Seen]) -> None:
    found = seen[page, WIDTHS[0]]
    assert found.fetched == []
    assert [reference for reference in found.references if not reference.startswith("#")] == []
    assert found.scripts == 0
    assert found.handlers == []


def test_the_probe_sees_what_is_wrong(browser: Chromium, tmp_path: Path) -> None:
    page = (
        "<!DOCTYPE html><html><head><title>quiet</title></head><body onclick='0'><div style='width: 500px'>wide</div>"
        "<script>document.title = 'run'</script><img src='http://127.0.0.1:9/missing.png'></body></html>"
    )
    found = probe(browser, tmp_path, {"bad": page}, [375])["bad", 375]
    assert (found.title, found.width, found.needed) == ("run", 375, 508)
    assert found.fetched == found.references == ["http://127.0.0.1:9/missing.png"]
    assert (found.scripts, found.handlers) == (1, ["onclick"])


# ---- hostile texts ----------------------------------------------------------------------------------------------


def hostile_receipt(name: str) -> str:
    tea = msgspec.structs.replace(SHOP.products[0], name=name)
    found = receipt(
        line("tea", 1, 0.5, name), line(name, 2), shop=msgspec.structs.replace(SHOP, name=name, products=(tea,))
    )
    act = Interaction(
        time_ns=1,
        source="plates",
        sequence=1,
        act=name,
        probability=0.5,
        visit=VisitId("v1"),
        product=ProductId("tea"),
        quantity=1,
        fixture=FixtureId(name),
        shelf=1,
        plates=(1,),
    )
    return render_html(found, [act], [Alternative({ProductId(name): 3}, 0.4)])


def hostile_report(name: str) -> str:
    truth = truth_of(**{name: {ProductId(name): 1}})
    solver = answering(prediction(name, {ProductId("tea"): 1}, 0.5))
    sources = [
        (name, lambda: FakeRecording(name, truth, (name,))),
        (f"broken {name}", lambda: FakeRecording(name, truth, (name,), broken=True)),
    ]
    return render_page(evaluate(sources, solver, folder=name, version=name))


def test_hostile_texts_are_shown_and_not_obeyed(browser: Chromium, tmp_path: Path) -> None:
    # Without the policy of the page, which would stop them too: each of the two must hold alone.
    texts = {f"receipt {number}": POLICY.sub("", hostile_receipt(name)) for number, name in enumerate(HOSTILE)}
    texts["report"] = POLICY.sub("", hostile_report(" ".join(HOSTILE)))
    for place, found in probe(browser, tmp_path, texts, [WIDTHS[0]]).items():
        assert found.title.startswith(("Receipt, ", "Evaluation of ")), place
        assert (found.scripts, found.handlers, found.fetched) == (0, [], []), place
        assert [reference for reference in found.references if not reference.startswith("#")] == [], place
        assert found.needed <= found.width, place
        assert "document.title = 'run'" in found.text, place


@pytest.mark.parametrize("page", ["receipt", "report"])
def test_the_policy_of_a_page_stops_a_script_by_itself(
    page: str, browser: Chromium, pages: dict[str, Path], tmp_path: Path
) -> None:
    text = pages[page].read_text(encoding="utf-8")
    attack = text.replace("</body>", "<script>document.title = 'run'</script></body>")
    unguarded = POLICY.sub("", attack)
    assert attack != text
    assert unguarded != attack
    found = probe(browser, tmp_path, {"guarded": attack, "unguarded": unguarded}, [WIDTHS[0]])
    assert found["unguarded", WIDTHS[0]].title == "run"
    assert found["guarded", WIDTHS[0]].title != "run"


# ---- pictures ---------------------------------------------------------------------------------------------------


def luminance(picture: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Of each pixel, 0 to 1, by the weights of ITU-R BT.709."""
    return np.asarray(picture[..., :3] @ np.array([0.2126, 0.7152, 0.0722]), dtype=np.float64)


@pytest.mark.parametrize(("width", "dark"), [(375, False), (1280, True)])
@pytest.mark.parametrize("page", ["receipt", "report"])
def test_a_page_is_drawn_on_light_and_dark_paper(
    page: str, width: int, dark: bool, browser: Chromium, pages: dict[str, Path], tmp_path: Path
) -> None:
    target = tmp_path / "page.png"
    browser.screenshot(pages[page], target, width=width, height=800, dark=dark)
    picture: npt.NDArray[Any] = imread(target)
    assert picture.shape[:2] == (800, width)
    light = luminance(picture)
    paper = float(np.median(light))
    assert paper < 0.15 if dark else paper > 0.95
    assert 0.01 < np.mean(np.abs(light - paper) > 0.3) < 0.4, "there is ink on the paper, and not too much"
