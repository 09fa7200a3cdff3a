"""The worked examples of the documentation come out as they stand there, and the pages print all of them."""

from collections import Counter

import pytest

import generated_pages
from tests.project.sources import ROOT
from tillfree.commerce.display import format_amount
from tillfree.commerce.receipt import decode_receipt, encode_receipt
from tillfree.core.money import Money
from tillfree.evaluation.worked.case import WorkedCase, receipt_of, said_cart
from tillfree.evaluation.worked.prices import PRICE_CASES
from tillfree.evaluation.worked.taxes import TAX_CASES

CASES = (*PRICE_CASES, *TAX_CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_worked_example_comes_out_as_it_was_worked_out(case: WorkedCase) -> None:
    found = receipt_of(case)
    assert found.status == "charge", found.notes
    assert format_amount(found.total.gross) == case.total
    if case.net:
        assert (format_amount(found.total.net), format_amount(found.total.tax)) == (case.net, case.tax)
    else:
        assert found.total.tax == Money(0, case.currency), "a case about tax says how much"
    items = [line for line in found.lines if line.kind == "item"]
    off = tuple(format_amount(sum((d.amount for d in line.discounts), Money(0, case.currency))) for line in items)
    assert off == (case.off or (format_amount(Money(0, case.currency)),) * len(items))
    parts = tuple(f"{part.name} {format_amount(part.tax)}" for tax in found.taxes for part in tax.parts)
    assert parts == case.parts
    assert decode_receipt(encode_receipt(found)) == found


def test_the_examples_have_names_of_their_own() -> None:
    assert max(Counter(case.title for case in CASES).values()) == 1


@pytest.mark.parametrize(("page", "cases"), [("prices", PRICE_CASES), ("tax", TAX_CASES)])
def test_the_pages_print_every_example(page: str, cases: tuple[WorkedCase, ...]) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    filled = generated_pages.fill(text, ROOT / "docs")
    for case in cases:
        (row,) = [line for line in filled.splitlines() if line.startswith(f"| {case.title} |")]
        assert said_cart(case) in row
        assert f"| {case.total} {case.currency} |" in row
