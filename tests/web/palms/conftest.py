"""A console whose palms are grey pictures, and a browser whose camera is a file."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.web.conftest import OwnServer, console_on, served, wait_until_ended
from tests.web.palms.stand_ins import GreyClerk, grey_eyes, grey_jpeg
from tillfree.simulation.options import SimulationOptions
from tillfree.store.palms.notice import make_notices
from tillfree.store.palms.notice_settings import NoticeSettings
from tillfree.web.console import Console
from tillfree.web.palms.room import PalmRoom
from tillfree.web.palms.session import SessionRules

__all__ = ["GreySamples", "PalmServer", "grey_camera", "palm_room", "palm_server"]

RULES = SessionRules(
    shown_s=1.5, refused_s=1.0, code_s=1.5, notice_version="7", purposes=frozenset({"identify", "pay"})
)
NOTICES = make_notices(NoticeSettings(), store_name="Corner shop", version="7", inactive_days=365)


class GreySamples:
    """Two people, of whom nothing is seen at first."""

    people = 2
    frames = 6

    def band(self, frame: int) -> int:
        return 0 * frame

    def kind(self, person: int) -> str:
        return "" if person < 2 else "tablet"

    def picture(self, person: int, frame: int) -> bytes:
        return grey_jpeg(0 if frame == 0 else 250 if frame == 1 else 100 + 60 * person)


@dataclasses.dataclass
class PalmServer:
    """A console on a port, and who knows its palms."""

    address: str
    console: Console
    clerk: GreyClerk


def palm_room(clerk: GreyClerk, *, samples: bool = False, rules: SessionRules = RULES) -> PalmRoom:
    return PalmRoom(eyes=grey_eyes(), clerk=clerk, rules=rules, samples=GreySamples() if samples else None)


@contextmanager
def palm_server(*, samples: bool = False, rules: SessionRules = RULES) -> Iterator[PalmServer]:
    """A demo console whose recording is over."""
    clerk = GreyClerk()
    with console_on(SimulationOptions(shoppers=1, seed=2), demo=True) as console:
        wait_until_ended(console.store)
        console.palm_room, console.palm_notices = palm_room(clerk, samples=samples, rules=rules), NOTICES
        with served(console) as found:
            assert isinstance(found, OwnServer)
            yield PalmServer(found.address, console, clerk)


def write_camera(path: Path, greys: list[int], width: int = 320, height: int = 240) -> None:
    """A film of ten pictures a second as YUV4MPEG2, which a browser plays as its camera, again and again."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode())
        for grey in greys:
            file.write(b"FRAME\n" + bytes([grey]) * (width * height) + bytes([128]) * (width * height // 2))


@pytest.fixture(scope="module")
def grey_camera(launch: Callable[..., Browser], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Nothing, then a hand that is too near, then one that is held for some seconds."""
    path = tmp_path_factory.mktemp("camera") / "camera.y4m"
    write_camera(path, [0] * 15 + [250] * 8 + [100] * 30)
    browser = launch(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    )
    yield browser
    browser.close()
