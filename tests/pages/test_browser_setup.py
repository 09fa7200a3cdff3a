"""The gate gets itself a browser where it can, and says so where it cannot."""

from pathlib import Path

import pytest

import chromium
import dev


def programs(folder: Path, **scripts: str) -> str:
    """A folder of small programs, to be the whole path."""
    for name, script in scripts.items():
        program = folder / name.replace("_", "-")
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("name", dev.BROWSERS)
def test_the_gate_and_the_tests_look_for_the_same_browsers(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not dev.has_browser()
    assert chromium.find_chromium() is None
    programs(tmp_path, **{name.replace("-", "_"): "exit 0"})
    assert dev.has_browser()
    assert chromium.find_chromium() == str(tmp_path / name)


def test_a_machine_without_apt_is_told_that_tests_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    dev.set_up_browser()
    assert "tests in a browser are skipped" in capsys.readouterr().out


def test_an_installation_that_fails_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = tmp_path / "asked"
    # Stands before root's apt-get and before sudo's alike; `env` must not find the real one.
    monkeypatch.setenv(
        "PATH",
        programs(
            tmp_path,
            apt_get="exit 100",
            sudo='[ "$2" = true ] || { shift; exec "$@"; }',
            env=f'echo "$@" >> "{asked}"; exit 100',
        ),
    )
    dev.set_up_browser()
    assert "could not be installed" in capsys.readouterr().out
    update, install = asked.read_text(encoding="utf-8").splitlines()
    assert update.startswith("DEBIAN_FRONTEND=noninteractive apt-get ")
    assert update.endswith(" update")
    assert install.endswith(" install -y --no-install-recommends chromium")


def test_a_broken_browser_says_why(tmp_path: Path) -> None:
    programs(tmp_path, chromium="echo no display >&2; exit 3", silent="exit 0")
    page = tmp_path / "page.html"
    with pytest.raises(chromium.ChromiumError, match=r"exit status 3: no display"):
        chromium.Chromium(str(tmp_path / "chromium"), tmp_path).dom(page)
    quiet = chromium.Chromium(str(tmp_path / "silent"), tmp_path)
    with pytest.raises(chromium.ChromiumError, match="no document"):
        quiet.dom(page)
    with pytest.raises(chromium.ChromiumError, match="no picture"):
        quiet.screenshot(page, tmp_path / "picture.png", width=10, height=10)
    with pytest.raises(chromium.ChromiumError, match="No such file"):
        chromium.Chromium(str(tmp_path / "missing"), tmp_path).dom(page)
