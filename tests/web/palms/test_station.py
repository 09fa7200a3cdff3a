"""The screen of a station in a real browser, with a film for a camera, and with simulated hands."""

import dataclasses
import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.web.palms.conftest import PalmServer, palm_server
from tillfree.palm.samples import HandImage, HandSide
from tillfree.web.palms.seeing import SeenHand

TITLE = "[data-title]"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def station() -> Iterator[PalmServer]:
    with palm_server() as found:
        yield found


@pytest.fixture(scope="module")
def samples() -> Iterator[PalmServer]:
    with palm_server(samples=True) as found:
        yield found


@pytest.fixture
def page(grey_camera: Browser) -> Iterator[Page]:
    """A page with a camera; what goes wrong in its scripts fails the test."""
    context = grey_camera.new_context(viewport={"width": 1080, "height": 1920})
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield made
    context.close()
    assert not wrong, wrong


def agree(page: Page) -> None:
    page.get_by_role("button", name="Enrol my palm").click()
    dialog = page.locator("#consent")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Recognise me here").check()
    dialog.get_by_label("I have read the notice").check()
    dialog.get_by_role("button", name="I agree").click()


def test_a_camera_is_guided_to_a_result_which_is_then_gone(station: PalmServer, page: Page) -> None:
    station.clerk.known["ann"] = 100 / 255
    page.goto(station.address + "/palm")
    expect(page.locator(TITLE)).to_have_text("A little further away", timeout=15_000)
    expect(page.locator(TITLE)).to_have_text("Welcome, A\u2022\u2022\u2022", timeout=15_000)
    expect(page.locator("main")).to_have_attribute("data-tone", "good")
    expect(page.locator("[data-may]")).to_have_text("Recognise me here")
    expect(page.locator(TITLE)).not_to_contain_text("Welcome", timeout=5_000)
    assert "A\u2022" not in page.content()
    assert re.search(r"Guidance after \d+ ms", page.locator("[data-speed]").inner_text())


def test_somebody_enrols_before_the_camera_with_the_hand_lifted_once(station: PalmServer, page: Page) -> None:
    page.goto(station.address + "/palm")
    agree(page)
    expect(page.locator(TITLE)).to_have_text("Lift your hand, then hold it here again", timeout=15_000)
    expect(page.locator(TITLE)).to_have_text("Your palm is enrolled", timeout=20_000)
    assert station.clerk.wishes[0].notice_version == "7"


def test_a_stranger_is_told_what_to_try(station: PalmServer, page: Page) -> None:
    page.goto(station.address + "/palm")
    expect(page.locator(TITLE)).to_have_text("Not recognised", timeout=20_000)
    expect(page.locator("[data-more]")).to_contain_text("other hand")
    expect(page.locator("[data-alert]")).to_contain_text("Not recognised")


def test_simulated_hands_are_enrolled_recognised_and_deleted(samples: PalmServer, browser_page: Page) -> None:
    browser_page.goto(samples.address + "/palm")
    title = browser_page.locator(TITLE)
    agree(browser_page)
    browser_page.get_by_role("button", name="Hand 2").click()
    expect(title).to_have_text("Your palm is enrolled", timeout=20_000)
    browser_page.get_by_role("button", name="Done").click()
    expect(title).to_have_text("Hold your hand over the reader")
    browser_page.get_by_role("button", name="Hand 1").click()
    expect(title).to_have_text("Not recognised", timeout=10_000)
    browser_page.get_by_role("button", name="Done").click()
    browser_page.get_by_role("button", name="Hand 2").click()
    expect(title).to_have_text("Welcome, A\u2022\u2022\u2022", timeout=10_000)
    browser_page.get_by_role("button", name="Done").click()
    browser_page.get_by_role("button", name="Delete my palm").click()
    browser_page.get_by_role("button", name="Hand 2").click()
    expect(browser_page.locator("#ask")).to_be_visible(timeout=10_000)
    browser_page.locator("#ask").get_by_role("button", name="Delete everything").click()
    expect(title).to_have_text("Everything is deleted")
    assert samples.clerk.known == {}


def test_nothing_is_enrolled_without_a_purpose_and_a_yes(samples: PalmServer, browser_page: Page) -> None:
    browser_page.goto(samples.address + "/palm")
    browser_page.get_by_role("button", name="Enrol my palm").click()
    dialog = browser_page.locator("#consent")
    dialog.get_by_role("button", name="I agree").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Nothing is kept without your consent")
    browser_page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(browser_page.locator("[data-when=idle]")).to_be_visible()


def test_the_notice_is_read_in_the_language_that_is_chosen_and_consented_to_in_it(
    samples: PalmServer, browser_page: Page
) -> None:
    browser_page.goto(samples.address + "/palm")
    browser_page.get_by_role("button", name="Enrol my palm").click()
    dialog = browser_page.locator("#consent")
    expect(dialog.get_by_text("What happens")).to_be_visible()
    dialog.get_by_label("Language of the notice").select_option("fr")
    expect(dialog.get_by_text("Ce qui se passe")).to_be_visible()
    expect(dialog.get_by_text("What happens")).to_be_hidden()
    dialog.get_by_label("Recognise me here").check()
    dialog.get_by_label("I have read the notice").check()
    dialog.get_by_role("button", name="I agree").click()
    browser_page.get_by_role("button", name="Hand 2").click()
    expect(browser_page.locator(TITLE)).to_have_text("Your palm is enrolled", timeout=20_000)
    assert samples.clerk.wishes[-1].language == "fr"
    samples.clerk.known.clear()
    browser_page.get_by_role("button", name="Done").click()
    browser_page.get_by_role("button", name="Enrol my palm").click()
    expect(dialog.get_by_text("What happens")).to_be_visible()


@pytest.mark.parametrize("size", [(1080, 1920), (1024, 768), (390, 844), (1920, 1080)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    samples: PalmServer, chromium: Browser, size: tuple[int, int], theme: str
) -> None:
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(samples.address + "/palm")
    found = Axe().run(page, options={"runOnly": STANDARDS}).response["violations"]
    page.get_by_role("button", name="Enrol my palm").click()
    found += Axe().run(page, options={"runOnly": STANDARDS}).response["violations"]
    assert not [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    context.close()


def test_two_cameras_are_chosen_remembered_and_sent_with_their_light(launch: Callable[..., Browser]) -> None:
    browser = launch("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=device-count=2")
    bands: set[str] = set()
    with palm_server(samples=True) as server:
        room = server.console.palm_room
        assert room is not None
        look = room.eyes.look

        def noted(image: HandImage, before: SeenHand | None, wanted: HandSide) -> SeenHand:
            bands.add(image.band)
            return look(image, before, wanted)

        server.console.palm_room = dataclasses.replace(room, eyes=dataclasses.replace(room.eyes, look=noted))
        page = browser.new_page()
        page.goto(server.address + "/palm")
        page.get_by_role("button", name="Cameras").click()
        dialog = page.locator("#cameras")
        expect(dialog).to_be_visible()
        dialog.get_by_label("In visible light").select_option(index=1)
        dialog.get_by_label("In near infrared").select_option(index=1)
        dialog.get_by_role("button", name="Use these").click()
        expect(dialog.get_by_role("alert")).to_contain_text("two cameras")
        dialog.get_by_label("In near infrared").select_option(index=2)
        dialog.get_by_role("button", name="Use these").click()
        expect(dialog).to_be_hidden()
        page.reload()
        bands.clear()
        page.get_by_role("button", name="Use the camera").click()
        for _ in range(100):
            if bands == {"visible", "nir"}:
                break
            page.wait_for_timeout(100)
    browser.close()
    assert bands == {"visible", "nir"}


def test_a_keyboard_is_enough(samples: PalmServer, browser_page: Page) -> None:
    browser_page.goto(samples.address + "/palm")
    # They are there when the station's first word has come.
    for name in ("Delete my palm", "Hand 2"):
        expect(browser_page.get_by_role("button", name=name)).to_be_visible()
    reached = []
    for _ in range(12):
        browser_page.keyboard.press("Tab")
        reached.append(str(browser_page.evaluate("document.activeElement.textContent.trim()")))
    assert {"Enrol my palm", "Delete my palm", "Hand 1", "Hand 2"} <= set(reached)
