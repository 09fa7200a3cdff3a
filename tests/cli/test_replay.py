"""`tillfree replay` and `tillfree explain`."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Run
from tests.cli.small_shop import JAM, TEA, events, shop
from tests.cli.small_shop import truth as small_truth
from tillfree.catalog.model import Product
from tillfree.cli.documents import ReplayDocument, encode_document
from tillfree.cli.receipts_text import render_replay
from tillfree.commerce.receipt import decode_receipt
from tillfree.core.events import SensorIssue
from tillfree.storage.recordings.mcap_writer import write_events


def test_receipt_on_a_terminal(tillfree: Run, visit: Path) -> None:
    ran = tillfree("replay", visit)
    assert (ran.code, ran.err) == (0, "")
    assert re.search(r"^  1 x Tea, 50 bags +2\.99 +(99\.\d|> 99\.9) %  4006381333931$", ran.out, re.MULTILINE)
    assert re.search(
        r"^    22:13:2\d\.\d took 1 from rack/1 plates? [\d-]+ \(-(399|400)\.\d g\)$", ran.out, re.MULTILINE
    )
    assert re.search(r"^  Total +2\.99 USD$", ran.out, re.MULTILINE)
    assert re.search(r"^Visit [2-9A-Z]{8}  person ann  ", ran.out, re.MULTILINE)


def test_json_says_all_of_it_and_twice_the_same(tillfree: Run, visit: Path) -> None:
    ran = tillfree("replay", visit, "--json")
    (found,) = ran.json["visits"]
    assert (found["person"], found["anonymous"], ran.json["anonymous"]) == ("ann", False, False)
    receipt = decode_receipt(json.dumps(found["receipt"]).encode())
    assert receipt.quantities() == {TEA: 1}
    assert receipt.lines[0].evidence
    assert ran.out == tillfree("replay", visit, "--json").out


def test_output_is_in_the_form_of_predictions(tillfree: Run, visit: Path, tmp_path: Path) -> None:
    target = tmp_path / "receipts.json"
    assert tillfree("replay", visit, "-o", target).code == 0
    assert json.loads(target.read_text()) == {"ann": {TEA: 1}}
    assert [path.name for path in tmp_path.iterdir()] == ["receipts.json"]  # nothing half-written is left


def test_each_visitor_gets_a_page_of_their_own(tillfree: Run, visit: Path, tmp_path: Path) -> None:
    ran = tillfree("replay", visit, "--html", tmp_path / "pages", "--json")
    (page,) = (tmp_path / "pages").iterdir()
    assert page.name == f"{ran.json['visits'][0]['visit']}.html"
    assert "Tea, 50 bags" in page.read_text()


def test_without_people_one_visitor_is_assumed_and_said_so(tillfree: Run, untracked: Path) -> None:
    ran = tillfree("replay", untracked)
    assert "! Nobody was tracked in this recording: one anonymous visitor is assumed" in ran.out
    assert "1 x Tea, 50 bags" in ran.out
    assert tillfree("replay", untracked, "--json").json["anonymous"] is True
    assert "hands say nothing" in tillfree("explain", untracked, "--visit", "anonymous").out


def test_settings_are_used(tillfree: Run, visit: Path, tmp_path: Path) -> None:
    settings = tmp_path / "store.toml"
    settings.write_text('version = 1\nname = "Tea & Co"\n[commerce.tax_rates_ppm]\nstandard = 100_000\n')
    ran = tillfree("replay", visit, "--json", "--settings", settings)
    receipt = ran.json["visits"][0]["receipt"]
    assert receipt["store"] == "Tea & Co"
    assert receipt["total"]["gross"] == [329, "USD"]
    settings.write_text("version = 1\n[commerce.tax_rates_ppm]\nreduced = 50_000\n")
    ran = tillfree("replay", visit, "--settings", settings)
    assert "1 for review" in ran.out
    assert "FOR REVIEW" in ran.out
    assert "no tax rate" in ran.out


def test_words_of_a_recording_cannot_command_the_terminal(tillfree: Run, tmp_path: Path) -> None:
    plain = shop()
    evil = Product(TEA, "Tea\x1b[31m\u202e\x07bags\nTotal 0.00", weight_g=400.0, price_minor=299)
    bad = type(plain)("Shop\x1b]0;owned\x07", (evil, plain.products[1]), plain.fixtures, plain.facings)
    path = tmp_path / "evil.mcap"
    write_events(path, "evil\x1b[2J", bad, events(), small_truth())
    for arguments in (("replay", path), ("explain", path, "--visit", "ann"), ("record", "info", path)):
        ran = tillfree(*arguments)
        assert ran.code == 0
        assert not set(ran.out) & {"\x1b", "\x07", "\u202e", "\r"}
        assert "\nTotal 0.00" not in ran.out
    assert JAM in {product.id for product in bad.products}


def test_issues_and_remarks_are_shown() -> None:
    issue = SensorIssue(
        time_ns=0, source="s", sequence=1, device="rack/1/2", problem="stuck", detail="same value", remedy="Check it."
    )
    document = ReplayDocument(
        recording="r",
        duration_s=1.0,
        events=0,
        anonymous=False,
        visits=(),
        issues=(issue,),
        warnings={"line is no JSON": 3},
    )
    text = render_replay(document)
    assert "! 00:00:00.0 rack/1/2: stuck: same value. Check it." in text
    many = tuple(msgspec.structs.replace(issue, device=f"rack/1/{plate}") for plate in range(1, 10))
    text = render_replay(msgspec.structs.replace(document, issues=many))
    assert "! 00:00:00.0 rack/1/1, rack/1/2, rack/1/3, rack/1/4 and 5 more: stuck: same value. Check it." in text
    assert "! 3 x line is no JSON" in text
    assert "! Nobody came in." in text
    assert encode_document(document) == encode_document(document)


# ---- explain ----------------------------------------------------------------------------------------------------


def test_explanation_shows_event_weights_people_terms_and_odds(tillfree: Run, visit: Path) -> None:
    ran = tillfree("explain", visit, "--visit", "ann")
    assert ran.code == 0
    assert re.search(
        r"weights: shelf rack/1 -\d+\.\d ± \d\.\d g from 22:13:2\d\.\d to 22:13:2\d\.\d \(plates 1: ", ran.out
    )
    assert re.search(r"people: hands and body fit \d+(\.\d)? times better if this visitor did it", ran.out)
    assert re.search(r"terms of the log-likelihood: weight [+-]\d+\.\d\d, place .*person .*habit", ran.out)
    assert re.search(r"at the time: +(99\.\d|> 99\.9) %  take 1 x 4006381333931", ran.out)
    assert "1 x Tea, 50 bags (4006381333931), weighs 400.0 g" in ran.out


def test_visit_code_and_track_id_name_the_same_visit(tillfree: Run, visit: Path) -> None:
    code = tillfree("replay", visit, "--json").json["visits"][0]["visit"]
    assert tillfree("explain", visit, "--visit", code).out == tillfree("explain", visit, "--visit", "ann").out


def test_unknown_visit_names_those_there_are(tillfree: Run, visit: Path) -> None:
    ran = tillfree("explain", visit, "--visit", "NOBODY")
    assert ran.code == 2
    assert re.search(r"no visit 'NOBODY'; there are [2-9A-Z]{8} \(person ann\)", ran.err)


# ---- real recordings --------------------------------------------------------------------------------------------


def test_real_visit_gives_its_graded_receipt(tillfree: Run, shared_data: Path, tmp_path: Path) -> None:
    """The organisers of the competition graded it: one bottle of water, nothing else, nobody else."""
    folder = shared_data / "autocheckout" / "benchmark-1"
    if not folder.is_dir():
        pytest.skip(f"no recording {folder}")
    target = tmp_path / "receipts.json"
    assert tillfree("replay", folder, "-o", target).code == 0
    assert json.loads(target.read_text()) == {"3325379692103139202": {"071142008582": 1}}


def test_real_weights_without_people_give_both_products(tillfree: Run, shared_data: Path) -> None:
    folder = shared_data / "autocheckout" / "cps-test-01"
    if not folder.is_dir():
        pytest.skip(f"no recording {folder}")
    ran = tillfree("replay", folder, "--json")
    (found,) = ran.json["visits"]
    assert found["anonymous"]
    assert [line["quantity"] for line in found["receipt"]["lines"]] == [1, 1]
    names = sorted(line["name"] for line in found["receipt"]["lines"])
    assert "FIJI" in names[0]
    assert "Taco Bell" in names[1]
