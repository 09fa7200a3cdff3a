"""The other commands, exit codes, and what a shell does to a program."""

import errno
import json
import os
import pty
import resource
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

import tillfree as package
from tests.cli.conftest import Run
from tests.cli.small_shop import TEA, write_visit
from tillfree.catalog.cameras import Camera
from tillfree.catalog.shop_file import encode_shop
from tillfree.cli.terminal import Progress, TerminalError, show, write_file
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.simulation.stores.habits import HABITS
from tillfree.simulation.stores.named import store_of
from tillfree.storage.recordings.mcap_file import McapRecording
from tillfree.storage.recordings.mcap_writer import write_mcap
from tillfree.storage.recordings.model import Recording
from tillfree.storage.recordings.opening import open_recording

COMMAND = [sys.executable, "-m", "tillfree.cli.main"]


@pytest.fixture
def environment(project_root: Path) -> dict[str, str]:
    """What a child needs to find the package, wherever it is installed."""
    return {**os.environ, "PYTHONPATH": str(project_root / "src"), "TERM": "xterm-256color", "COLUMNS": "200"}


# ---- evaluate ---------------------------------------------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with a recording, one without truth below it, and a broken one."""
    folder = tmp_path / "corpus"
    (folder / "more").mkdir(parents=True)
    write_visit(folder / "visit.mcap")
    write_visit(folder / "more" / "untold.mcap", told=False)
    (folder / "broken.mcap").write_bytes(b"no recording at all")
    return folder


def test_evaluate_scores_writes_and_reports(tillfree: Run, corpus: Path, tmp_path: Path) -> None:
    ran = tillfree("evaluate", corpus, "--predictions", tmp_path / "out", "--report", tmp_path / "report.html")
    assert ran.code == 1  # one recording could not be read
    assert "broken" in ran.err
    assert "F1 100.0 %" in ran.out
    for case in ("visit", "more/untold"):
        assert json.loads((tmp_path / "out" / case / "receipts.json").read_text()) == {"ann": {TEA: 1}}
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_evaluate_json_and_patterns(tillfree: Run, corpus: Path) -> None:
    ran = tillfree("evaluate", corpus, "--json", "--match", "*i*", "--exclude", "more/*")
    assert ran.code == 0
    assert [case["case"] for case in ran.json["cases"]] == ["visit"]
    assert ran.json["score"]["f1"] == 1.0
    (latency,) = ran.json["cases"][0]["latencies"]
    assert 0 < latency["seconds"] < 1.5


def test_evaluate_takes_a_single_recording(tillfree: Run, visit: Path) -> None:
    assert tillfree("evaluate", visit, "--json").json["score"]["cases"] == 1


def test_evaluating_nothing_is_an_error(tillfree: Run, tmp_path: Path) -> None:
    ran = tillfree("evaluate", tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "no recording found" in ran.err
    assert tillfree("evaluate", tmp_path / "none").code == 2


def test_evaluating_names_that_nobody_has_is_an_error(tillfree: Run, corpus: Path) -> None:
    ran = tillfree("evaluate", corpus, "--match", "SYN-*")
    assert ran.code == 2
    assert "none of its 3 recordings has such a name" in ran.err


def test_a_truth_that_cannot_be_read_is_said(tillfree: Run, tmp_path: Path) -> None:
    tillfree("simulate", "-o", tmp_path / "visit", "--format", "autocheckout", "--shoppers", "1")
    (tmp_path / "visit" / "receipts.json").write_text("{{")
    ran = tillfree("evaluate", tmp_path / "visit")
    assert ran.code == 1
    assert "truth not as it should be: visit: receipts.json: unreadable truth left out" in ran.err


# ---- recordings, settings, catalogues ---------------------------------------------------------------------------


def test_info_as_text_and_json(tillfree: Run, visit: Path) -> None:
    ran = tillfree("record", "info", visit)
    assert ran.code == 0
    assert "people_frame" in ran.out
    assert "1 fixtures, 1 shelves, 4 plates" in ran.out
    assert tillfree("record", "info", visit, "--json").json["tracks"] == 1


def test_settings_default_is_what_check_accepts(tillfree: Run, tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    file.write_text(tillfree("settings", "default").out)
    assert tillfree("settings", "check", file).code == 0
    assert tillfree("settings", "schema").json["title"]
    file.write_text("version = 1\nnmae = 'x'\n")
    ran = tillfree("settings", "check", file)
    assert ran.code == 2
    assert "did you mean name?" in ran.err
    assert tillfree("settings", "check").code == 2


def test_catalogue_with_findings_exits_with_one(tillfree: Run, tmp_path: Path) -> None:
    products, planogram = tmp_path / "products.csv", tmp_path / "planogram.csv"
    products.write_text("id,name,weight_g,price\n4006381333931,Tea,400,2.99\n96385074,Jam,650,3.49\n")
    planogram.write_text("product,fixture,shelf,plates\n4006381333931,rack,1,1-2\n")
    assert tillfree("catalog", "check", products).code == 0
    assert tillfree("catalog", "check", planogram, products).code == 0
    planogram.write_text("product,fixture,shelf,plates\n12345678,rack,1,1-2\n")
    ran = tillfree("catalog", "check", planogram, products)
    assert ran.code == 1
    assert "unknown product" in ran.out
    assert tillfree("catalog", "check", tmp_path / "none.csv").code == 2


def test_cameras_are_told_by_their_columns(tillfree: Run, tmp_path: Path) -> None:
    cameras = tmp_path / "cameras.csv"
    header = "camera,x_m,y_m,z_m,look_x_m,look_y_m,look_z_m,fov_deg,width_px,height_px\n"
    cameras.write_text(f"{header}a,0,-2,2.8,0,0,0.9,90,1920,1080\n")
    ran = tillfree("catalog", "check", cameras)
    assert (ran.code, "(cameras): 1 rows read, 1 kept, 0 findings" in ran.out) == (0, True)
    cameras.write_text(f"{header}a,0,-2,2.8,0,0,0.9,200,1920,1080\n")
    ran = tillfree("catalog", "check", cameras)
    assert (ran.code, "camera not usable" in ran.out) == (1, True)


def test_import_writes_what_replay_reads(tillfree: Run, shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "autocheckout" / "benchmark-1"
    if not folder.is_dir():
        pytest.skip(f"no recording {folder}")
    target = tmp_path / "visit.mcap"
    ran = tillfree("import", "autocheckout", folder, "-o", target)
    assert ran.code == 0
    assert "635 events" in ran.out
    assert tillfree("replay", target, "--json").json["visits"][0]["person"] == "3325379692103139202"


# ---- simulate ---------------------------------------------------------------------------------------------------


def test_simulated_visit_is_replayed_and_scored(tillfree: Run, tmp_path: Path) -> None:
    target = tmp_path / "visit.mcap"
    ran = tillfree("simulate", "-o", target, "--shoppers", "1", "--seed", "4", "--takes", "2", "--awkward", "0")
    assert ran.code == 0
    assert "1 shoppers who took" in ran.out
    assert "(simulated)" in ran.out
    scored = tillfree("evaluate", target, "--json").json
    assert (scored["score"]["f1"], scored["synthetic_cases"]) == (1.0, 1)


def test_same_seed_same_bytes(tillfree: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        assert tillfree("simulate", "-o", tmp_path / name / "x.mcap", "--shoppers", "1", "--seed", "9").code == 0
    assert (tmp_path / "a" / "x.mcap").read_bytes() == (tmp_path / "b" / "x.mcap").read_bytes()


def test_both_formats_give_the_same_receipts(tillfree: Run, tmp_path: Path) -> None:
    options = ("--shoppers", "2", "--seed", "5", "--takes", "2")
    assert tillfree("simulate", "-o", tmp_path / "one.mcap", *options).code == 0
    assert tillfree("simulate", "-o", tmp_path / "two", "--format", "autocheckout", *options).code == 0
    for name in ("one.mcap", "two"):
        assert tillfree("replay", tmp_path / name, "-o", tmp_path / f"{name}.json").code == 0
    one, two = ((tmp_path / f"{name}.json").read_bytes() for name in ("one.mcap", "two"))
    assert one == two


def test_impossible_simulations_are_refused(tillfree: Run, tmp_path: Path) -> None:
    for wrong in (("--shoppers", "-1"), ("--awkward", "2"), ("--fixtures", "0")):
        ran = tillfree("simulate", "-o", tmp_path / "x.mcap", *wrong)
        assert (ran.code, ran.out) == (2, "")
    assert not list(tmp_path.iterdir())


def test_faults_of_tracks_gates_tags_and_clocks_are_flags(tillfree: Run, tmp_path: Path) -> None:
    store = ("--store", "kiosk", "--shoppers", "2", "--seed", "2", "--takes", "2", "--parties", "0")
    faults = ("--id-switches", "0.5", "--ghosts", "20", "--latency-s", "0.2", "--gate", "--gate-missed", "0.1",
              "--gate-doubled", "0.1", "--clock-offset-s", "0.05", "--clock-drift-ppm", "20", "--rfid-shelf-s", "30",
              "--rfid-missed", "0.1", "--no-sightlines")  # fmt: skip
    kinds = []
    for name, flags in (("a", faults), ("b", ("--no-rfid",))):
        assert tillfree("simulate", *store, *flags, "-o", tmp_path / f"{name}.mcap").code == 0
        told = json.loads(tillfree("record", "info", tmp_path / f"{name}.mcap", "--json").out)
        kinds.append({kind["kind"] for kind in told["kinds"]})
    assert kinds[0] == {"weight_batch", "people_frame", "gate_passage", "tag_read"}
    assert kinds[1] == {"weight_batch", "people_frame"}
    assert "tag_read" in tillfree("record", "info", tmp_path / "a.mcap").out


def test_a_store_by_name_is_simulated_replayed_and_found_in_the_recording(tillfree: Run, tmp_path: Path) -> None:
    target = tmp_path / "day.mcap"
    ran = tillfree("simulate", "--store", "nano", "--shoppers", "2", "--hours", "0.02", "--awkward", "0.1",
                   "--seed", "3", "-o", target)  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    assert "72.0 s, 2 shoppers" in ran.out
    assert "5 fixtures, 29 shelves, 348 plates" in tillfree("record", "info", target).out
    assert len(tillfree("replay", target, "--json").json["visits"]) == 2


def test_a_store_from_a_file_is_the_same_as_by_name(tillfree: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_bytes(encode_shop(store_of("kiosk")))
    habits = ("--no-lists", "--rush", "none", "--parties", "0", "--dwell-s", "0")
    for name, store in (("a", "kiosk"), ("b", tmp_path / "shop.json")):
        (tmp_path / name).mkdir()
        ran = tillfree("simulate", "--store", store, "-o", tmp_path / name / "x.mcap", "--shoppers", "1", *habits)
        assert ran.code == 0
    assert (tmp_path / "a" / "x.mcap").read_bytes() == (tmp_path / "b" / "x.mcap").read_bytes()


def test_a_shop_file_that_does_not_say_where_its_floor_is_gets_one(tillfree: Run, tmp_path: Path) -> None:
    store = store_of("kiosk")
    doors = tuple(zone for zone in store.zones if zone.use == "exit")
    (tmp_path / "shop.json").write_bytes(encode_shop(msgspec.structs.replace(store, zones=doors)))
    target = tmp_path / "x.mcap"
    assert tillfree("simulate", "--store", tmp_path / "shop.json", "-o", target, "--shoppers", "1").code == 0
    floor = McapRecording(target).shop.zones[-1]
    assert (floor.name, floor.use) == ("floor (assumed)", "aisle")
    assert floor.x_min_m == pytest.approx(-2.49, abs=1e-3)


def test_a_store_that_nobody_knows_is_refused_by_name(tillfree: Run, tmp_path: Path) -> None:
    ran = tillfree("simulate", "--store", "corner", "-o", tmp_path / "x.mcap")
    assert (ran.code, ran.out) == (2, "")
    assert "'corner'; choose one of nano, kiosk, convenience, grocery" in ran.err
    (tmp_path / "shop.json").write_text('{"name": "x"}')
    ran = tillfree("simulate", "--store", tmp_path / "shop.json", "-o", tmp_path / "x.mcap")
    assert ran.code == 2
    assert "missing required field" in ran.err
    ran = tillfree("simulate", "--store", tmp_path, "-o", tmp_path / "x.mcap")
    assert "give a shop.json" in ran.err
    assert tillfree("simulate", "--store", "nano", "--hours", "-1", "-o", tmp_path / "x.mcap").code == 2
    assert not (tmp_path / "x.mcap").exists()


def test_who_comes_and_what_they_do_can_be_said(tillfree: Run, tmp_path: Path) -> None:
    target = tmp_path / "x.mcap"
    acts = ("--awkward", "0.8", "--rate", "all=0", "--rate", "hide=2")
    people = ("--shoppers", "3", "--rush", "0.5:0.2:4", "--parties", "0.5", "--dwell-s", "1", "--lists")
    ran = tillfree("simulate", "--seed", "3", *people, *acts, "-o", target)
    assert ran.code == 0, ran.err
    truth = open_recording(target).truth
    assert truth is not None
    assert {act.kind for act in truth.acts} == {"take", "hide"}
    ran = tillfree("simulate", "--per-hour", "400", "--duration", "60", "--takes", "1", "-o", target)
    assert ran.code == 0, ran.err
    assert open_recording(target).name == "simulated-400-an-hour-1"


def test_stores_by_name_have_habits_that_can_be_left_out(tillfree: Run, tmp_path: Path) -> None:
    options = ("simulate", "--store", "kiosk", "--shoppers", "3", "--takes", "1", "--seed", "2")
    usual = SimulationOptions(shoppers=3, takes=1.0, seed=2, **msgspec.structs.asdict(HABITS["kiosk"]))
    plain = SimulationOptions(shoppers=3, takes=1.0, seed=2)
    for given, wanted in (((), usual), (("--no-lists", "--rush", "none", "--parties", "0", "--dwell-s", "0"), plain)):
        assert tillfree(*options, *given, "-o", tmp_path / "x.mcap").code == 0
        truth = open_recording(tmp_path / "x.mcap").truth
        assert truth is not None
        assert truth.acts == simulate(store_of("kiosk"), wanted).truth.acts


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--rate", "hde=1"), "no act 'hde'"),
        (("--rate", "hide"), "'' is no number"),
        (("--rate", "hide=x"), "'x' is no number"),
        (("--rate", "hide=-1"), "rates.hide is -1"),
        (("--rush", "0.5:0.1"), "three numbers"),
        (("--rush", "0.5:0.9:2"), "shares of the time"),
        (("--rush", "a:0.9:2"), "'a' is no number"),
        (("--per-hour", "60"), "duration_s"),
        (("--per-hour", "60", "--shoppers", "2"), "not allowed with"),
        (("--parties", "2"), "parties is 2"),
    ],
)
def test_what_cannot_be_simulated_is_refused(tillfree: Run, tmp_path: Path, wrong: tuple[str, ...], said: str) -> None:
    ran = tillfree("simulate", *wrong, "-o", tmp_path / "x.mcap")
    assert ran.code == 2
    assert said in ran.err
    assert not (tmp_path / "x.mcap").exists()


def test_the_command_writes_frames_into_the_recording_and_says_so(tillfree: Run, tmp_path: Path) -> None:
    pytest.importorskip("embreex", reason="embreex, which traces the rays, has no wheel for this processor")
    kiosk = store_of("kiosk")
    small = tuple(msgspec.structs.replace(camera, width_px=160, height_px=90) for camera in kiosk.cameras)
    (tmp_path / "shop.json").write_bytes(encode_shop(msgspec.structs.replace(kiosk, cameras=small)))
    ran = tillfree("simulate", "--store", tmp_path / "shop.json", "--shoppers", "1", "--takes", "1", "-o",
                   tmp_path / "x.mcap", "--record-frames", "--cameras", "c1", "--fps", "0.2",
                   "--looks", "2")  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    assert "camera_frame" in tillfree("record", "info", tmp_path / "x.mcap").out


def test_pictures_that_have_no_place_are_refused_before_anything_is_written(tillfree: Run, tmp_path: Path) -> None:
    pytest.importorskip("embreex", reason="embreex, which traces the rays, has no wheel for this processor")
    ran = tillfree("simulate", "--store", "kiosk", "-o", tmp_path / "x", "--format", "autocheckout", "--record-frames")
    assert ran.code == 2
    assert "--record-frames" in ran.err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    ran = tillfree("simulate", "--store", "kiosk", "-o", tmp_path / "x.mcap", "--video", tmp_path / "full")
    assert ran.code == 2
    assert "is there already" in ran.err
    assert {path.name for path in tmp_path.iterdir()} == {"full"}


SHORT = ("--shoppers", "1", "--takes", "1", "--duration", "8")


@pytest.fixture
def small_store(tmp_path: Path) -> Path:
    """A shop with two small cameras, whose ids give the same name of a file."""
    kiosk = store_of("kiosk")
    small = [
        msgspec.structs.replace(camera, id=name, width_px=64, height_px=36)
        for camera, name in zip(kiosk.cameras * 2, ("a/b", "a_b"), strict=False)
    ]
    path = tmp_path / "shop.json"
    path.write_bytes(encode_shop(msgspec.structs.replace(kiosk, cameras=tuple(small))))
    return path


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("-o", "shop.json"), "shop.json: is the input itself"),
        (("-o", "link.json"), "link.json: is the input itself"),
        (("-o", "none/x.mcap"), "there is no folder none"),
        (("-o", "x.mcap", "--fps", "0"), "--fps: there are no pictures"),
        (("-o", "x.mcap", "--cameras", "zz"), "--cameras: there are no pictures"),
        (("-o", "x.mcap", "--looks", "3"), "--looks: there are no pictures"),
        (("-o", "x", "--format", "autocheckout", "--gate"), "--gate: only recordings in MCAP"),
        (("-o", "x", "--format", "autocheckout", "--rfid"), "--rfid: only recordings in MCAP"),
    ],
)
def test_what_a_simulation_must_not_write_or_cannot_do_is_refused(
    tillfree: Run, small_store: Path, monkeypatch: pytest.MonkeyPatch, wrong: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(small_store.parent)
    Path("link.json").symlink_to("shop.json")
    before = small_store.read_bytes()
    ran = tillfree("simulate", "--store", "shop.json", *SHORT, *wrong)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert small_store.read_bytes() == before
    assert {path.name for path in Path().iterdir()} == {"shop.json", "link.json"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("-o", "same", "--frames", "same"), "is the other or inside it"),
        (("-o", "x.mcap", "--frames", "x.mcap/sub"), "is the other or inside it"),
        (("-o", "f/x", "--format", "autocheckout", "--frames", "f"), "is the other or inside it"),
        (("-o", "x.mcap", "--frames", "f", "--video", "./f"), "is the other or inside it"),
        (("-o", "x.mcap", "--video", "none/f"), "there is no folder none"),
        (("-o", "x.mcap", "--frames", "/proc/none"), "/proc/none: cannot be written"),
        (("-o", "x.mcap", "--frames", "empty"), "empty: is there already"),
        (("-o", "x.mcap", "--frames", "f", "--cameras", "a_b,a_b"), "'a_b' stands there twice"),
        (("-o", "x.mcap", "--frames", "f", "--looks", "-1"), "looks -1"),
        (("-o", "x.mcap", "--frames", "f", "--fps", "0"), "0 frames a second"),
    ],
)
def test_frames_that_cannot_be_are_refused_before_the_recording_is_written(
    tillfree: Run, small_store: Path, monkeypatch: pytest.MonkeyPatch, wrong: tuple[str, ...], said: str
) -> None:
    pytest.importorskip("embreex", reason="embreex, which traces the rays, has no wheel for this processor")
    monkeypatch.chdir(small_store.parent)
    Path("empty").mkdir()
    ran = tillfree("simulate", "--store", "shop.json", *SHORT, *wrong)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert {path.name for path in Path().iterdir()} == {"shop.json", "empty"}


@pytest.mark.parametrize("kind", ["frames", "video"])
def test_frames_are_there_as_a_whole_or_not_at_all(
    tillfree: Run, small_store: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    pytest.importorskip("embreex", reason="embreex, which traces the rays, has no wheel for this processor")
    pytest.importorskip("av", reason="av, which writes videos, is not installed")
    from tillfree.simulation.rendering.film import Film, Shot

    monkeypatch.chdir(small_store.parent)
    command = ("simulate", "--store", "shop.json", *SHORT, "-o", "x.mcap", "--fps", "1", f"--{kind}")
    assert tillfree(*command, "whole").code == 0
    assert Path("whole").stat().st_mode & 0o777 == 0o777 & ~current_umask()
    names = {path.name for path in Path("whole").iterdir()}
    assert names == ({"a_b", "a_b-2", "annotations.json"} if kind == "frames" else {"a_b.mp4", "a_b-2.mp4"})
    largest = max(path.stat().st_size for path in Path("whole").rglob("*") if path.is_file())

    draw, shots = Film.shot, 0

    def stopped(film: Film, camera: Camera, time_s: float) -> Shot:
        nonlocal shots
        shots += 1
        if shots > 5:
            raise KeyboardInterrupt
        return draw(film, camera, time_s)

    with monkeypatch.context() as patch:
        patch.setattr(Film, "shot", stopped)
        assert tillfree(*command, "stopped").code == 130

    write = write_mcap
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def then_full(path: Path, recording: Recording) -> int:
        count = write(path, recording)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest - 1, limits[1]))
        return count

    with monkeypatch.context() as patch:
        patch.setattr("tillfree.cli.simulating.write_mcap", then_full)
        try:
            ran = tillfree(*command, "full")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (ran.code, ran.err) == (2, "tillfree: full: cannot be written (File too large)\n")
    assert {path.name for path in Path().iterdir()} == {"shop.json", "x.mcap", "whole"}


# ---- errors and exit codes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("replay",), ("record", "info"), ("explain", "--visit", "x"), ("evaluate",)])
def test_what_is_wrong_with_the_world_is_one_message(tillfree: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    ran = tillfree(*command, tmp_path / "nothing.mcap")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("tillfree: ")
    assert "nothing.mcap" in ran.err
    assert "Traceback" not in ran.err


def test_wrong_arguments_exit_with_two(tillfree: Run) -> None:
    assert tillfree().code == 2
    assert tillfree("replay").code == 2
    assert tillfree("frobnicate").code == 2


def test_version(tillfree: Run) -> None:
    ran = tillfree("--version")
    assert (ran.code, ran.out) == (0, f"tillfree {package.__version__}\n")


def test_output_that_cannot_be_written_is_an_error(tillfree: Run, visit: Path, tmp_path: Path) -> None:
    for option in ("-o", "--html"):
        (tmp_path / "file").write_text("")
        ran = tillfree("replay", visit, option, tmp_path / "file" / "inner")
        assert ran.code == 2
        assert "cannot be" in ran.err


def test_a_missing_folder_is_told_before_the_work(
    tillfree: Run, visit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillfree.cli.replaying.replay", lambda *_: pytest.fail("worked for nothing"))
    ran = tillfree("replay", visit, "-o", tmp_path / "none" / "receipts.json")
    assert ran.code == 2
    assert f"there is no folder {tmp_path / 'none'}; make it first" in ran.err


def test_too_little_memory_is_one_message(tillfree: Run, visit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("tillfree.cli.replaying.open_recording", exhaust)
    ran = tillfree("replay", visit)
    assert ran.code == 2
    assert ran.err.startswith("tillfree: there is not enough memory")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_do_no_harm(visit: Path, tmp_path: Path, environment: dict[str, str], closed: str) -> None:
    out = tmp_path / "receipts.json"
    command = shlex.join([*COMMAND, "replay", str(visit), "-o", str(out)])
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} {closed}"], capture_output=True, env=environment, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(out.read_text()) == {"ann": {TEA: 1}}


def test_interrupted_is_130(tillfree: Run, visit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tillfree.cli.replaying.open_recording", interrupt)
    ran = tillfree("replay", visit)
    assert (ran.code, ran.err) == (130, "tillfree: interrupted\n")


def test_reader_that_leaves_early_sees_no_complaint(visit: Path, environment: dict[str, str]) -> None:
    child = subprocess.Popen(
        [*COMMAND, "replay", str(visit), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert child.stdout is not None
    child.stdout.close()
    assert child.stderr is not None
    complaint = child.stderr.read()
    child.stderr.close()
    assert (child.wait(timeout=60), complaint) == (141, b"")


def test_quick_commands_load_nothing_slow(environment: dict[str, str]) -> None:
    code = (
        "import sys, tillfree.cli.main as m; m.make_parser(); "
        "print(sorted({'numpy', 'matplotlib', 'mcap', 'rich', 'msgspec'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


def test_replay_does_not_load_matplotlib(visit: Path, environment: dict[str, str]) -> None:
    code = (
        "import sys; from tillfree.cli.main import main; "
        f"main(['replay', {str(visit)!r}]); assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment)


# ---- terminals --------------------------------------------------------------------------------------------------


def on_a_terminal(command: list[str], environment: dict[str, str]) -> str:
    """What a command writes when standard output and error are a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen(command, stdout=follower, stderr=follower, stdin=follower, env=environment) as child:
        os.close(follower)
        seen = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError as error:  # Linux says EIO when the other side has closed
                if error.errno != errno.EIO:
                    raise
                break
            if not part:
                break
            seen += part
        os.close(leader)
        assert child.wait(timeout=60) == 0
    return seen.decode()


def test_terminal_gets_colour_and_a_pipe_does_not(visit: Path, environment: dict[str, str]) -> None:
    command = [*COMMAND, "replay", str(visit)]
    coloured = on_a_terminal(command, {k: v for k, v in environment.items() if k != "NO_COLOR"})
    assert "\x1b[1m" in coloured
    assert "\x1b[" not in on_a_terminal(command, {**environment, "NO_COLOR": "1"})
    piped = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert b"\x1b" not in piped.stdout


def test_progress_is_for_terminals_only(environment: dict[str, str]) -> None:
    code = (
        "import time\nfrom tillfree.cli.terminal import Progress\n"
        "with Progress('Working') as progress:\n"
        "    for n in range(5):\n        time.sleep(0.1)\n        progress.show('step', n / 4)\n"
    )
    shown = on_a_terminal([sys.executable, "-c", code], environment)
    assert "Working [" in shown
    assert "step" in shown
    assert shown.endswith("\r")  # and it is wiped away at the end
    piped = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment)
    assert piped.stderr == b""


def test_ctrl_c_stops_at_once(environment: dict[str, str]) -> None:
    # A shell that starts tests in the background makes their children deaf to Ctrl-C; this one shall hear it.
    code = (
        "import signal, sys, time\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import tillfree.cli.replaying as r\nfrom tillfree.cli.main import main\n"
        "def wait(path):\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "r.open_recording = wait\nsys.exit(main(['replay', 'x']))\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        begin = time.monotonic()
        child.send_signal(signal.SIGINT)
        try:
            _, complaint = child.communicate(timeout=30)
        finally:
            child.kill()
    assert (child.returncode, complaint) == (130, b"tillfree: interrupted\n")
    assert time.monotonic() - begin < 10


def test_old_terminals_see_question_marks(environment: dict[str, str]) -> None:
    code = "from tillfree.cli.terminal import show; show('Café ± 1 – ok\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={**environment, "PYTHONIOENCODING": "ascii"}
    )
    assert done.stdout == b"Caf? ? 1 ? ok\n"


def test_show_replaces_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    show("a\x1b[31mb\x9bc\u202ed\r\ne\n")
    assert capsys.readouterr().out == "a\ufffd[31mb\ufffdc\ufffdd\ufffd\ne\n"


# ---- files ------------------------------------------------------------------------------------------------------


def test_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    write_file(file, b"new")
    assert file.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.stat().st_mode & 0o777 == 0o666 & ~current_umask()


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_devices_can_be_written(tmp_path: Path) -> None:
    write_file(Path("/dev/null"), b"gone")
    with pytest.raises(TerminalError, match="cannot be written"):
        write_file(tmp_path / "no" / "file", b"")
    with pytest.raises(TerminalError, match="cannot be written"):
        write_file(tmp_path, b"")


def test_progress_without_a_terminal_keeps_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("Working") as progress:
        progress.show("step", 0.5)
    assert capsys.readouterr().err == ""


# ---- record truth -----------------------------------------------------------------------------------------------


def test_the_truth_is_written_as_tables(tillfree: Run, tmp_path: Path) -> None:
    assert tillfree("simulate", "-o", tmp_path / "a.mcap", "--shoppers", "2", "--seed", "5").code == 0

    ran = tillfree("record", "truth", tmp_path / "a.mcap", "-o", tmp_path / "tables")

    assert ran.code == 0, ran.err
    truth = McapRecording(tmp_path / "a.mcap").truth
    assert truth is not None
    assert json.loads((tmp_path / "tables" / "receipts.json").read_text()) == truth.receipts
    rows = {name: (tmp_path / "tables" / f"{name}.csv").read_text().splitlines() for name in ("acts", "reaches")}
    assert len(rows["acts"]) == 1 + len(truth.acts) > 1
    assert len(rows["reaches"]) == 1 + len(truth.reaches) > 1
    assert f"{len(truth.reaches)} reaches" in ran.out
    assert "simulated" in ran.out


def test_a_truth_is_not_invented_and_nothing_is_written_over(tillfree: Run, tmp_path: Path) -> None:
    write_visit(tmp_path / "untold.mcap", told=False)
    write_visit(tmp_path / "told.mcap")
    (tmp_path / "there").mkdir()

    untold = tillfree("record", "truth", tmp_path / "untold.mcap", "-o", tmp_path / "new")
    there = tillfree("record", "truth", tmp_path / "told.mcap", "-o", tmp_path / "there")
    nowhere = tillfree("record", "truth", tmp_path / "told.mcap", "-o", tmp_path / "no" / "new")

    assert (untold.code, there.code, nowhere.code) == (2, 2, 2)
    assert "no truth" in untold.err
    assert "is there already" in there.err
    assert "no folder" in nowhere.err
    assert not (tmp_path / "new").exists()
    assert list((tmp_path / "there").iterdir()) == []


def test_a_damaged_file_says_so_beside_its_truth(tillfree: Run, tmp_path: Path) -> None:
    assert tillfree("simulate", "-o", tmp_path / "a.mcap", "--shoppers", "1", "--seed", "5").code == 0
    whole = (tmp_path / "a.mcap").read_bytes()
    (tmp_path / "cut.mcap").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bad.mcap").write_bytes(whole.replace(b'{"receipts":', b'{"receipts"!', 1))

    cut = tillfree("record", "truth", tmp_path / "cut.mcap", "-o", tmp_path / "one")
    bad = tillfree("record", "truth", tmp_path / "bad.mcap", "-o", tmp_path / "two")

    assert cut.code == 0
    assert "damaged or cut off" in cut.err
    assert bad.code == 2
    assert "its truth is damaged" in bad.err
