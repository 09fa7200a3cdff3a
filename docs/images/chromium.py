"""Pages seen by a real browser: a Chromium without a window, one process per question.

The tests of pages and the pictures of the documentation use it; it is no part of the package.
"""

import shutil
import subprocess
from pathlib import Path

__all__ = ["Chromium", "ChromiumError", "find_chromium"]

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",  # it refuses to start as root otherwise; it sees our own pages only
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers have little of it
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_TIMEOUT_S = 60.0


class ChromiumError(Exception):
    """The browser did not start, did not end, or wrote nothing; the message holds the end of what it said."""


def find_chromium() -> str | None:
    """The program on the path; None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


class Chromium:
    """A browser with a profile of its own: `profile` is a folder that is made when it is missing."""

    def __init__(self, program: str, profile: Path) -> None:
        self._program = program
        self._profile = profile

    def dom(self, page: Path, *, width: int = 1280) -> str:
        """The document in a window `width` pixels wide, after it was loaded and its scripts have run, as HTML.

        Raises:
            ChromiumError: see there.
        """
        text = self._run(page, f"--window-size={width},1000", "--dump-dom").decode("utf-8", "replace")
        if "</html>" not in text:
            raise ChromiumError(f"{self._program}: gave no document for {page.name}: {text[-500:]!r}")
        return text

    def screenshot(self, page: Path, target: Path, *, width: int, height: int, dark: bool = False) -> None:
        """Writes what a window of `width` by `height` pixels shows into a PNG file.

        Raises:
            ChromiumError: see there.
        """
        target.unlink(missing_ok=True)
        scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
        self._run(page, scheme, f"--window-size={width},{height}", f"--screenshot={target}")
        if not target.exists():
            raise ChromiumError(f"{self._program}: made no picture of {page.name}")

    def _run(self, page: Path, *options: str) -> bytes:
        command = (self._program, *_FLAGS, f"--user-data-dir={self._profile}", *options, page.resolve().as_uri())
        try:
            done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ChromiumError(f"{self._program}: {error}") from error
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip()[-500:]
            raise ChromiumError(f"{self._program}: exit status {done.returncode}: {said}")
        return done.stdout
