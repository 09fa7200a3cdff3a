"""What `tillfree replay` says where one pays for several."""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.small_shop import START_NS, TEA, events, shop
from tillfree.core.events import Event, GatePassage
from tillfree.core.ids import TrackId
from tillfree.storage.recordings.mcap_writer import write_events


@pytest.fixture
def family(tmp_path: Path) -> Path:
    """Ann comes with somebody who is never tracked and takes nothing."""
    gates: list[Event] = [
        GatePassage(
            time_ns=START_NS + 1, source="gate", sequence=n, track=TrackId(track), direction="in", party="\x1bfamily"
        )
        for n, track in enumerate(("ann", "bob"))
    ]
    path = tmp_path / "family.mcap"
    write_events(path, "family", shop(), sorted([*gates, *events()], key=lambda event: event.time_ns), None)
    return path


def test_the_payer_sees_all_that_is_to_be_paid(tillfree: Run, family: Path) -> None:
    ran = tillfree("replay", family)
    assert ran.code == 0
    assert re.search(r"^Party .?family: one pays for [2-9A-Z]{8}, [2-9A-Z]{8}$", ran.out, re.MULTILINE)
    block = ran.out[ran.out.index("\nParty ") :]
    assert re.search(r"^  1 x Tea, 50 bags +(9\d\.\d|> 99\.9) %  4006381333931$", block, re.MULTILINE)
    assert re.search(r"^  Total +2\.99 USD$", block, re.MULTILINE)
    assert re.search(r"^  All of it is right with a probability of (9\d\.\d|> 99\.9) %", block, re.MULTILINE)
    assert "\x1b" not in ran.out


def test_the_party_is_in_the_json(tillfree: Run, family: Path, visit: Path, tmp_path: Path) -> None:
    ran = tillfree("replay", family, "--json")
    (party,) = ran.json["parties"]
    assert party["cart"]["members"] == [v["visit"] for v in ran.json["visits"]]
    assert [(line["product"], line["quantity"]) for line in party["cart"]["lines"]] == [(TEA, 1)]
    assert (party["total"]["gross"], party["status"]) == ([299, "USD"], "review")
    assert tillfree("replay", visit, "--json").json["parties"] == []
    # No tax rate: the receipt of a member goes to review, and the party with it.
    settings = tmp_path / "store.toml"
    settings.write_text("version = 1\n[commerce.tax_rates_ppm]\nreduced = 50_000\n")
    ran = tillfree("replay", family, "--json", "--settings", settings)
    assert ran.json["parties"][0]["status"] == "review"
    assert "FOR REVIEW" in tillfree("replay", family, "--settings", settings).out.split("\nParty ")[1]
