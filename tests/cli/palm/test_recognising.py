"""`tillfree palm enrol`, `identify` and `verify` with the models that come with Tillfree, on pictures in files."""

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Run
from tests.cli.palm.shown_hands import ANN, BEN, STRANGER, write_pictures
from tillfree.cli.main import main

CONSENT = ("--notice", "1", "--language", "en", "--purpose", "identify")


def enrolled(folder: Path, pictures: Sequence[Path], *more: str) -> str:
    """The name in the vault of somebody who is enrolled now."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main(["palm", "enrol", *map(str, pictures), *CONSENT, "--data", str(folder), *more]) == 0
    return said.getvalue().split()[0]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a store where Ann is enrolled, in visible light, and her name in the vault."""
    folder = tmp_path_factory.mktemp("shop")
    return folder, enrolled(folder, write_pictures(tmp_path_factory.mktemp("ann"), ANN))


def test_somebody_is_found_by_other_pictures_and_a_stranger_is_not(
    tillfree: Run, shop: tuple[Path, str], tmp_path: Path
) -> None:
    folder, ann = shop
    ran = tillfree("palm", "identify", *write_pictures(tmp_path, ANN, moment=1), "--data", folder)
    assert (ran.code, ran.out.split()[0]) == (0, ann)
    assert "a station judges that" in ran.err
    ran = tillfree("palm", "identify", *write_pictures(tmp_path, STRANGER), "--data", folder)
    assert (ran.code, "is not known here" in ran.out, ann in ran.out) == (1, True, False)


def test_a_palm_is_verified_as_its_owner_and_as_nobody_else(
    tillfree: Run, shop: tuple[Path, str], tmp_path: Path
) -> None:
    folder, ann = shop
    ran = tillfree("palm", "verify", ann, *write_pictures(tmp_path, ANN, 1, moment=1), "--data", folder)
    assert (ran.code, ran.out.split()[0]) == (0, ann)
    ran = tillfree("palm", "verify", ann, *write_pictures(tmp_path, STRANGER, 1), "--data", folder)
    assert (ran.code, "is not known here" in ran.out) == (1, True)
    ran = tillfree("palm", "verify", "0" * 24, *write_pictures(tmp_path, ANN, 1, moment=1), "--data", folder)
    assert (ran.code, "there is no palm" in ran.err) == (2, True)


def test_nobody_is_enrolled_twice(tillfree: Run, shop: tuple[Path, str], tmp_path: Path) -> None:
    folder, ann = shop
    again = write_pictures(tmp_path, ANN, moment=1)
    ran = tillfree("palm", "enrol", *again, *CONSENT, "--data", folder)
    assert (ran.code, "enrolled here already" in ran.err, ann in ran.err) == (2, True, False)


def test_the_forgotten_are_not_found(tillfree: Run, tmp_path: Path) -> None:
    pictures, folder = write_pictures(tmp_path, BEN, band="nir"), tmp_path / "data"
    folder.mkdir()
    ben = enrolled(folder, pictures, "--band", "nir")
    found = ("palm", "identify", *write_pictures(tmp_path, BEN, 2, moment=1, band="nir"), "--band", "nir")
    assert tillfree(*found, "--data", folder).out.split()[0] == ben
    assert tillfree("palm", "delete", ben, "--data", folder).code == 0
    ran = tillfree(*found, "--data", folder)
    assert (ran.code, "is not known here" in ran.out) == (1, True)


def test_pictures_of_two_people_are_not_enrolled_as_one(tillfree: Run, tmp_path: Path) -> None:
    pictures = [*write_pictures(tmp_path, BEN, 2), *write_pictures(tmp_path, STRANGER, 2)]
    ran = tillfree("palm", "enrol", *pictures, *CONSENT, "--data", tmp_path)
    assert (ran.code, "do not agree" in ran.err) == (2, True)
    assert "0 persons" in tillfree("palm", "count", "--data", tmp_path).out


def test_a_picture_without_a_hand_says_so(tillfree: Run, shop: tuple[Path, str], tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    Image.fromarray(np.full((300, 400, 3), 90, np.uint8)).save(empty)
    ran = tillfree("palm", "identify", empty, "--data", shop[0])
    assert (ran.code, "no hand" in ran.out) == (1, True)
    assert f"{empty}: no open hand was found in it" in ran.err


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"\x00\x00\x00\x18ftypmp42" + b"v" * 90, b"\x89PNG\r\n\x1a\n" + b"p" * 20]
)
def test_a_file_that_is_no_picture_is_named_and_leaves_no_vault(tillfree: Run, tmp_path: Path, data: bytes) -> None:
    wrong, folder = tmp_path / "wrong.png", tmp_path / "data"
    wrong.write_bytes(data)
    folder.mkdir()
    for act in (("identify",), ("verify", "0" * 24), ("enrol", *CONSENT)):
        ran = tillfree("palm", *act, wrong, "--data", folder)
        assert (ran.code, f"{wrong}: this is no picture" in ran.err) == (2, True)
    assert "cannot be read" in tillfree("palm", "identify", tmp_path / "missing.png", "--data", folder).err
    assert not list(folder.iterdir())


def test_a_picture_that_is_no_palm_region_is_named(tillfree: Run, tmp_path: Path) -> None:
    wide = tmp_path / "wide.png"
    Image.fromarray(np.full((100, 400), 90, np.uint8)).save(wide)
    ran = tillfree("palm", "identify", wide, "--regions", "--data", tmp_path)
    assert (ran.code, f"{wide}: 400 x 100 pixels are no palm region" in ran.err) == (2, True)
