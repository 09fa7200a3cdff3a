#!/usr/bin/env python3
"""The two commands of a fresh machine. Needs Python 3.11 or later, nothing else.

`python3 dev.py demo` sets Tillfree up in `.venv`, runs its main job on a recording it simulates itself, and opens a
simulated shop in the browser.
`python3 dev.py check` sets up the tools as well and runs the gate; the tests come last.

Both may be run again at any time; what is already set up is not set up again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["GATE", "SetupError", "main", "stamp"]

PYTHON_MIN = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BOOTSTRAP = ROOT / ".bootstrap"
"""A private folder for virtualenv, used only where this Python cannot make an environment by itself."""
STAMP = VENV / ".tillfree-stamp"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
QUICKSTART = "build/quickstart.mcap"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Names under which the tests of pages look for a headless browser."""

DEMO: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Simulate three shoppers", ("tillfree", "simulate", "-o", QUICKSTART, "--shoppers", "3", "--seed", "1")),
    ("Turn the recording into receipts", ("tillfree", "replay", QUICKSTART)),
)
GATE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Style (ruff)", ("python", "-m", "ruff", "check", ".")),
    ("Formatting (ruff)", ("python", "-m", "ruff", "format", "--check", ".")),
    ("Types (mypy --strict)", ("python", "-m", "mypy")),
    ("Who imports whom (import-linter)", ("lint-imports", "--no-logo")),
    (
        "Documentation (Sphinx, warnings are errors)",
        ("python", "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-b", "html", "docs", "build/docs"),
    ),
    ("Tests (pytest, warnings are errors)", ("python", "-m", "pytest", "-n", "auto", "--dist", "loadfile")),
)
"""The steps of the gate in order. Pytest stays last, so that its summary is the last line printed.

Tests run on all processors, those of a file on one: they share what is dear to make."""


class SetupError(Exception):
    """The machine lacks something; the message says what and how to get it."""


def say(text: str) -> None:
    """Print a heading at once, even when the output goes to a file."""
    print(f"\n==> {text}", flush=True)


def run(command: tuple[str, ...], environment: dict[str, str] | None = None) -> int:
    """Run a program in the project's root and return its exit status."""
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def in_venv(command: tuple[str, ...]) -> tuple[str, ...]:
    """The same command with its program taken from the environment."""
    program = PYTHON if command[0] == "python" else BIN / (command[0] + (".exe" if os.name == "nt" else ""))
    return (str(program), *command[1:])


# ---- the environment ----------------------------------------------------------------------------------------------


def has_pip() -> bool:
    """Whether the environment is there, starts, and has pip; one whose Python was removed does not start."""
    if not PYTHON.exists():
        return False
    probe = subprocess.run([str(PYTHON), "-c", "import pip"], cwd=ROOT, capture_output=True, check=False)
    return probe.returncode == 0


def with_venv() -> bool:
    """Make the environment with the standard library; Debian and Ubuntu leave ensurepip out of their Python."""
    probe = subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False)
    return probe.returncode == 0 and run((sys.executable, "-m", "venv", "--clear", str(VENV))) == 0


def with_virtualenv() -> bool:
    """Make the environment with virtualenv, fetched by pip into a private folder where it is not installed."""
    make = (sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(VENV))
    probe = subprocess.run([sys.executable, "-c", "import virtualenv"], capture_output=True, check=False)
    if probe.returncode == 0:
        return run(make) == 0
    fetch = (sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", str(BOOTSTRAP), "virtualenv")
    if run(fetch, {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}) != 0:
        return False
    return run(make, {**os.environ, "PYTHONPATH": str(BOOTSTRAP)}) == 0


def with_uv() -> bool:
    """Make the environment with uv where that is on the path."""
    uv = shutil.which("uv")
    return uv is not None and run((uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(VENV))) == 0


def make_environment() -> None:
    """Make `.venv` in the first way that works on this machine."""
    for way in (with_venv, with_virtualenv, with_uv):
        if VENV.exists():
            shutil.rmtree(VENV)
        if way() and has_pip():
            return
    raise SetupError(
        f"cannot make a virtual environment with {sys.executable}: it has no ensurepip, and virtualenv could not be "
        "fetched by pip either.\nInstall one of them and run this command again, for example\n"
        "    apt install python3-venv        (Debian, Ubuntu)\n"
        "    python3 -m pip install --user virtualenv"
    )


def stamp(extras: frozenset[str]) -> str:
    """What an installation depends on, as one line: project file, interpreter, place, and the extras asked for."""
    digest = hashlib.sha256()
    for part in ((ROOT / "pyproject.toml").read_bytes(), sys.version.encode(), str(ROOT).encode()):
        digest.update(hashlib.sha256(part).digest())
    return " ".join((digest.hexdigest(), *sorted(extras)))


def is_installed(extras: frozenset[str]) -> bool:
    """Whether the environment holds this project with at least these extras."""
    if not STAMP.exists():
        return False
    found, *have = STAMP.read_text().split()
    return found == stamp(frozenset()) and extras <= frozenset(have) and has_pip()


def set_up(extras: frozenset[str]) -> None:
    """Bring `.venv` to the state that the project file describes; quick when it already is."""
    if is_installed(extras):
        return
    if not has_pip():
        say("Make the virtual environment .venv")
        make_environment()
    wanted = f".[{','.join(sorted(extras))}]" if extras else "."
    say(f"Install {wanted} into .venv")
    options = ("--quiet", "--disable-pip-version-check", "--no-warn-script-location")
    if run((str(PYTHON), "-m", "pip", "install", *options, "--editable", wanted)) != 0:
        raise SetupError(
            "pip could not install the project (see its message above). It needs a package index: "
            "where the machine has none, set PIP_INDEX_URL or PIP_FIND_LINKS and run this command again."
        )
    STAMP.write_text(stamp(extras) + "\n")


# ---- the browser --------------------------------------------------------------------------------------------------


def has_browser() -> bool:
    """Whether a browser that the tests of pages can use is on the path."""
    return any(map(shutil.which, BROWSERS))


def as_root() -> tuple[str, ...] | None:
    """What goes before a command that needs root: nothing for root, sudo where that asks nothing; None: impossible."""
    if getattr(os, "geteuid", lambda: -1)() == 0:
        return ()
    sudo = shutil.which("sudo")
    if sudo is None or subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode != 0:
        return None
    return (sudo, "-n")


def set_up_browser() -> None:
    """Install Debian's Chromium where no browser is and that can be done; a machine without one is not an error."""
    if has_browser():
        return
    root = as_root() if shutil.which("apt-get") else None
    if root is None:
        say(f"No {', '.join(BROWSERS)} on the path, and apt-get cannot be used: tests in a browser are skipped")
        return
    say("Install Chromium with apt-get, for the tests of pages")
    quiet = (*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120")
    for step in (("update",), ("install", "-y", "--no-install-recommends", "chromium")):
        # Where the update fails, the lists that are there may still do. Errors go to stderr and are shown.
        subprocess.run((*quiet, *step), stdout=subprocess.DEVNULL, check=False)
    if not has_browser():
        say("Chromium could not be installed (see above): tests in a browser are skipped")


# ---- the commands -------------------------------------------------------------------------------------------------


def run_steps(steps: tuple[tuple[str, tuple[str, ...]], ...]) -> int:
    """Run the steps in order, a heading before each; stop at the first that fails and return its exit status."""
    for heading, command in steps:
        say(heading)
        begin = time.monotonic()
        program, *options = in_venv(command)
        status = run((program, *options))
        if status != 0:
            alone = " ".join((str(Path(program).relative_to(ROOT)), *options))
            print(f"\nFAILED: {heading} (exit status {status}). To run it alone: {alone}", file=sys.stderr)
            return status
        if command is not steps[-1][1]:
            print(f"    ok, {time.monotonic() - begin:.1f} s", flush=True)
    return 0


def demo() -> int:
    """Set up, print receipts of a small simulated recording, and open a simulated shop where there is a terminal."""
    set_up(frozenset())
    (ROOT / QUICKSTART).parent.mkdir(exist_ok=True)
    status = run_steps(DEMO)
    if status != 0:
        return status
    command = in_venv(("tillfree", "demo"))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        say(f"Nobody sits at this terminal, so the living shop is not opened; to see it: {' '.join(command)}")
        return 0
    say("Open a simulated shop in the browser; Ctrl+C ends it")
    return run(command)


def check() -> int:
    """Set up with all tools and run the gate."""
    set_up(frozenset({"dev", "docs", "frames", "palm"}))
    set_up_browser()
    return run_steps(GATE)


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two commands and return its exit status."""
    parser = argparse.ArgumentParser(prog="dev.py", description="Set up Tillfree and run its demo or its gate.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "demo", help="set up, print the receipts of three simulated shoppers, open a simulated shop in the browser"
    )
    commands.add_parser("check", help="set up with all tools, run the gate; the tests come last")
    chosen = parser.parse_args(arguments)
    if sys.version_info < PYTHON_MIN:
        wanted, found = ".".join(map(str, PYTHON_MIN)), sys.version.split()[0]
        print(f"Tillfree needs Python {wanted} or later; {sys.executable} is {found}.", file=sys.stderr)
        return 2
    try:
        return demo() if chosen.command == "demo" else check()
    except SetupError as error:
        print(f"\nSETUP FAILED: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
