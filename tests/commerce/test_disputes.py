"""What a claim gives back, and when nobody has to look first."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.commerce.receipts_to_show import any_receipt, full_receipt
from tillfree.commerce.disputes import REASONS, Claim, DisputeSettings, asked_for, is_granted
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.receipt import Receipt
from tillfree.core.money import Money

SETTINGS = DisputeSettings(auto_below=0.98, auto_line_minor=500, auto_trip_minor=700, auto_day_minor=1000)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.mark.parametrize(
    ("claim", "minor"),
    [
        (Claim(line=0, reason="not_taken", really=0), 498),
        (Claim(line=0, reason="fewer", really=1), 332),
        (Claim(line=0, reason="fewer", really=2), 166),
        (Claim(line=0, reason="damaged", really=3), 498),
        (Claim(line=1, reason="not_taken", really=0), 485),
        (Claim(line=2, reason="put_back", really=1), 25),
    ],
)
def test_the_share_of_the_line_as_it_was_charged(claim: Claim, minor: int) -> None:
    assert asked_for(full_receipt(), claim) == eur(minor)


def test_where_tax_is_added_it_goes_back_too() -> None:
    receipt = full_receipt(inclusive=False)
    assert asked_for(receipt, Claim(line=0, reason="not_taken", really=0)) == eur(498 + 35)
    assert asked_for(receipt, Claim(line=1, reason="not_taken", really=0)) == eur(485 + 485 * 102 // 535)


@pytest.mark.parametrize(
    "claim",
    [
        Claim(line=3, reason="not_taken", really=0),
        Claim(line=-1, reason="not_taken", really=0),
        Claim(line=0, reason="fewer", really=3),
        Claim(line=0, reason="fewer", really=-1),
        Claim(line=1, reason="put_back", really=1),
    ],
)
def test_a_claim_that_asks_for_nothing_is_refused(claim: Claim) -> None:
    with pytest.raises(CommerceError, match="V7Q2"):
        asked_for(full_receipt(), claim)


@given(receipt=any_receipt(), data=st.data())
def test_all_lines_together_never_give_back_more_than_was_paid(receipt: Receipt, data: st.DataObject) -> None:
    assume(receipt.lines)
    total = 0
    for place, line in enumerate(receipt.lines):
        reason = data.draw(st.sampled_from(REASONS))
        claim = Claim(line=place, reason=reason, really=data.draw(st.integers(0, line.quantity - 1)))
        charged = line.charged
        assert charged is not None
        if charged.minor == 0:
            with pytest.raises(CommerceError):
                asked_for(receipt, claim)
            continue
        asked = asked_for(receipt, claim).minor
        assert asked >= 0
        total += asked
    assert total <= receipt.total.gross.minor


@given(receipt=any_receipt(), data=st.data())
def test_who_took_more_asks_for_no_more(receipt: Receipt, data: st.DataObject) -> None:
    places = [n for n, line in enumerate(receipt.lines) if line.quantity > 1 and line.charged and line.charged.minor]
    assume(places)
    place = data.draw(st.sampled_from(places))
    asked = [
        asked_for(receipt, Claim(line=place, reason="fewer", really=really)).minor
        for really in range(receipt.lines[place].quantity)
    ]
    assert asked == sorted(asked, reverse=True)


@pytest.mark.parametrize(
    ("change", "asked", "trip", "day", "granted"),
    [
        ({}, 500, 0, 0, True),
        ({}, 501, 0, 0, False),
        ({}, 500, 200, 200, True),
        ({}, 500, 201, 201, False),
        ({}, 500, 0, 500, True),
        ({}, 500, 0, 501, False),
        ({"reason": "put_back"}, 1, 0, 0, True),
        ({"reason": "fewer"}, 1, 0, 0, True),
        ({"reason": "damaged"}, 1, 0, 0, False),
        ({"reason": "price"}, 1, 0, 0, False),
        ({"reason": "other"}, 1, 0, 0, False),
    ],
)
def test_the_table_of_what_goes_back_at_once(
    change: dict[str, str], asked: int, trip: int, day: int, granted: bool
) -> None:
    claim = msgspec.structs.replace(Claim(line=0, reason="not_taken", really=0), **change)
    line = full_receipt().lines[0]
    assert is_granted(claim, line, eur(asked), SETTINGS, eur(trip), eur(day)) is granted


def test_a_line_that_the_model_is_sure_of_is_looked_at_by_a_person() -> None:
    claim, (unsure, sure, _) = Claim(line=0, reason="not_taken", really=0), full_receipt().lines
    assert is_granted(claim, unsure, eur(1), SETTINGS, eur(0), eur(0))
    assert not is_granted(claim, sure, eur(1), SETTINGS, eur(0), eur(0))
    never = msgspec.structs.replace(SETTINGS, auto_below=0.0)
    assert not is_granted(claim, unsure, eur(1), never, eur(0), eur(0))


def test_the_documentation_has_the_settings_as_they_come() -> None:
    page = (Path(__file__).parents[2] / "docs" / "receipts.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"`disputes\.(\w+)` \| ([\d.]+) \|", page))
    assert table == {name: str(getattr(DisputeSettings(), name)) for name in table}
    assert len(table) == 4
