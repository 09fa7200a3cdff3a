"""Bad recordings through the whole command, as a user runs it: an error or a counted warning, never a traceback.

What each reader makes of bad bytes is tested with the readers; here is what comes out in the end. The recording that
is damaged is simulated: one shopper who takes two things.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tillfree.simulation.autocheckout_folder import write_autocheckout
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate

COMMAND = [sys.executable, "-m", "tillfree.cli.main"]
# The same, telling its peak of memory last: kilobytes on Linux.
MEASURED = [
    sys.executable,
    "-c",
    "import sys; from tillfree.cli.main import main; from tillfree.evaluation.resources import Meter\n"
    "with Meter() as meter: code = main(sys.argv[1:])\n"
    "print(meter.cost.peak_mib, file=sys.stderr); sys.exit(code)",
]
"""Says its own peak: what `getrusage` says may be that of the process which started it."""
PLATES, PEOPLE, PLANOGRAM, PRODUCTS = "plate_data.json", "full_targets.json", "planogram.json", "products.json"
Document = dict[str, Any]
Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound recording, which is copied and then damaged."""
    folder = tmp_path_factory.mktemp("sound") / "visit"
    options = SimulationOptions(name="visit", seed=4, shoppers=1, takes=2, awkward=0.0)
    write_autocheckout(simulate(demo_shop(1, plates=(9, 12)), options), folder)
    return folder


@pytest.fixture
def visit(sound: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sound, tmp_path / "visit")


@pytest.fixture(scope="module")
def environment(project_root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(project_root / "src")}


@pytest.fixture(scope="module")
def tillfree(environment: dict[str, str]) -> Callable[..., Done]:
    """Runs the command in a process of its own; whatever it was given, there is no traceback."""

    def run(*arguments: str | Path, command: list[str] = COMMAND) -> Done:
        words = [*command, *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=60, check=False)
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return run


Tillfree = Callable[..., Done]


def receipts(folder: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads((folder / "receipts.json").read_text())
    return found


def replayed(tillfree: Tillfree, folder: Path) -> Document:
    """What a replay says as JSON; it must succeed and say nothing on standard error."""
    done = tillfree("replay", folder, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document: Document = json.loads(done.stdout)
    return document


def charged(document: Document) -> dict[str, dict[str, int]]:
    """Who is charged for what, without review."""
    return {
        visit["person"]: {line["product"]: line["quantity"] for line in visit["receipt"]["lines"]}
        for visit in document["visits"]
        if visit["receipt"]["status"] == "charge"
    }


def warned(document: Document, words: str) -> int:
    return sum(count for what, count in document["warnings"].items() if re.search(words, what))


def edit(file: Path, change: Callable[[Document], object]) -> None:
    """Changes every document of a file of JSON lines; one for which the change says False is left out."""
    documents = [json.loads(line) for line in file.read_text().splitlines()]
    kept = [document for document in documents if change(document) is not False]
    file.write_text("".join(json.dumps(document) + "\n" for document in kept))


def test_a_sound_recording_gives_its_receipt(tillfree: Tillfree, sound: Path) -> None:
    document = replayed(tillfree, sound)
    assert charged(document) == receipts(sound)
    assert document["warnings"] == {}


# ---- errors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["replay", "evaluate"])
def test_an_empty_folder_is_an_error(tillfree: Tillfree, tmp_path: Path, command: str) -> None:
    done = tillfree(command, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.match(rf"tillfree: .*{tmp_path.name}.*\n$", done.stderr)


def garbage(path: Path) -> Path:
    """Three gigabytes that hold nothing; they take no room on the disk."""
    with path.open("wb") as file:
        file.write(b"\x00\xff garbage \xfe" * 100)
        file.truncate(3 * 1024**3)
    return path


@pytest.mark.parametrize("name", ["garbage", "garbage.mcap", f"folder/{PLATES}"])
def test_three_gigabytes_of_garbage_are_an_error_and_take_no_memory(
    tillfree: Tillfree, sound: Path, tmp_path: Path, name: str
) -> None:
    recording = tmp_path / name
    if recording.parent != tmp_path:
        shutil.copytree(sound, recording.parent)
        recording.unlink()
    garbage(recording)
    done = tillfree("replay", tmp_path / name.split("/", maxsplit=1)[0], command=MEASURED)
    assert (done.returncode, done.stdout) == (2, "")
    message, peak_mib = done.stderr.splitlines()
    assert message.startswith(f"tillfree: {recording}")
    assert float(peak_mib) < 300


def test_garbage_beside_a_recording_does_not_stop_an_evaluation(
    tillfree: Tillfree, visit: Path, tmp_path: Path
) -> None:
    garbage(tmp_path / "garbage.mcap")
    (tmp_path / "cut").mkdir()
    for file in visit.iterdir():
        (tmp_path / "cut" / file.name).write_bytes(file.read_bytes()[: 0 if file.name == PRODUCTS else None])
    done = tillfree("evaluate", tmp_path, "--json", "--predictions", tmp_path / "out")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert [case["case"] for case in report["cases"]] == ["visit"]
    assert sorted(item["case"] for item in report["unreadable"]) == ["cut", "garbage"]
    assert report["score"]["f1"] == 1.0
    assert len(done.stderr.splitlines()) == 2
    assert json.loads((tmp_path / "out" / "visit" / "receipts.json").read_text()) == receipts(visit)


# ---- warnings ---------------------------------------------------------------------------------------------------


def test_cut_off_lines_are_counted_and_the_rest_is_read(tillfree: Tillfree, visit: Path) -> None:
    lines = (visit / PLATES).read_bytes().splitlines()
    lines[20] = lines[20][:200]
    (visit / PLATES).write_bytes(b"\n".join(lines)[:-300])
    with (visit / PEOPLE).open("ab") as file:
        file.write(b'{"timestamp": 18934')
    document = replayed(tillfree, visit)
    assert charged(document) == receipts(visit)
    assert warned(document, rf"{PLATES}: .*last line is cut off") == 1
    assert warned(document, rf"{PLATES}: unreadable line left out \(first: line 21") == 1
    assert warned(document, rf"{PEOPLE}: .*last line is cut off") == 1
    shown = tillfree("replay", visit).stdout
    assert "last line is cut off" in shown.split("\nVisit")[0]
    assert "last line is cut off" in shown


def test_wrong_base64_throughout_is_an_error(tillfree: Tillfree, visit: Path) -> None:
    def spoil(document: Document) -> None:
        values = document["document"]["plate_data"]["values"]
        values["data"] = "@" + values["data"][1:]

    edit(visit / PLATES, spoil)
    ran = tillfree("replay", visit)
    assert ran.returncode == 2
    assert "base64" in ran.stderr


def test_wrong_base64_in_some_batches_is_counted(tillfree: Tillfree, visit: Path) -> None:
    def spoil(document: Document) -> None:
        if document["timestamp"] % 3 < 0.2:
            document["document"]["plate_data"]["values"]["data"] = "@@@"

    edit(visit / PLATES, spoil)
    document = replayed(tillfree, visit)
    assert warned(document, "wrong base64") >= 3
    assert charged(document) in ({}, receipts(visit))


def test_nan_everywhere_charges_nobody(tillfree: Tillfree, visit: Path) -> None:
    def empty(document: Document) -> None:
        values = document["document"]["plate_data"]["values"]
        values["data"] = base64.b64encode(np.full(values["shape"], np.nan, "<f4").tobytes()).decode()

    edit(visit / PLATES, empty)
    document = replayed(tillfree, visit)
    assert charged(document) == {}
    assert warned(document, "batch without a single reading") > 50
    assert {issue["problem"] for issue in document["issues"]} == {"dead"}


def test_people_who_are_nowhere_charge_nobody(tillfree: Tillfree, visit: Path) -> None:
    text = (visit / PEOPLE).read_text()
    (visit / PEOPLE).write_text(re.sub(r'"([xyz])":-?[\d.]+', r'"\1":NaN', text))
    done = tillfree("replay", visit, "--json")
    assert done.returncode in (0, 2)
    if done.returncode:
        assert PEOPLE in done.stderr
    else:
        assert charged(json.loads(done.stdout)) == {}
        assert warned(json.loads(done.stdout), PEOPLE) > 0


def taken(visit: Path) -> tuple[str, int]:
    """The first product that is taken, and its shelf."""
    first = json.loads((visit / "events.json").read_text())["events"][0]
    return first["barcode"], first["shelf"]


def test_a_product_that_the_planogram_lacks_is_never_charged_as_another(tillfree: Tillfree, visit: Path) -> None:
    product, _ = taken(visit)
    edit(visit / PLANOGRAM, lambda facing: facing["planogram_product_id"]["id"] != product)
    document = replayed(tillfree, visit)
    assert charged(document) == {}
    assert warned(document, "plate without a product in the planogram") > 0


def test_a_shelf_that_the_planogram_lacks_is_said(tillfree: Tillfree, visit: Path) -> None:
    product, shelf = taken(visit)
    edit(visit / PLANOGRAM, lambda facing: facing["plate_ids"][0]["shelf_id"]["shelf_index"] != shelf)
    document = replayed(tillfree, visit)
    assert warned(document, rf"weighs but is not in the planogram.*shelf {shelf}") > 0
    assert all(product not in items for items in charged(document).values())


def test_a_product_without_weight_is_said(tillfree: Tillfree, visit: Path) -> None:
    product, _ = taken(visit)

    def forget(document: Document) -> None:
        if document["product_id"]["id"] == product:
            del document["metadata"]["weight"]

    edit(visit / PRODUCTS, forget)
    document = replayed(tillfree, visit)
    assert warned(document, "weight missing") == 1
    assert charged(document) in ({}, receipts(visit))


def test_time_going_backwards_is_counted_never_passed_over(tillfree: Tillfree, visit: Path) -> None:
    lines = (visit / PLATES).read_text().splitlines()
    (visit / PLATES).write_text("\n".join([*lines[40:], *lines[:40]]) + "\n")
    document = replayed(tillfree, visit)
    assert warned(document, "time goes backwards") >= 40
    assert warned(document, "later than the lateness allowed, left out") >= 40
    (visit / PLATES).write_text(
        "\n".join([line for pair in zip(lines[1::2], lines[::2], strict=False) for line in pair])
    )
    document = replayed(tillfree, visit)
    assert warned(document, "time goes backwards") > 30
    assert charged(document) == receipts(visit)


def test_two_people_with_one_id_are_one_and_counted(tillfree: Tillfree, visit: Path) -> None:
    def double(document: Document) -> None:
        targets = document["document"]["targets"]
        if "targets" in targets:
            targets["targets"] *= 2

    edit(visit / PEOPLE, double)
    document = replayed(tillfree, visit)
    assert warned(document, "two people with one id") > 100
    assert charged(document) == receipts(visit)
