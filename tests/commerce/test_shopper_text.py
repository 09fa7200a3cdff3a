"""The receipt in columns: exactly as it is printed, and never wider than the paper."""

from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.receipts_to_show import any_receipt, full_receipt
from tillfree.commerce.display import display_width
from tillfree.commerce.languages.choosing import LANGUAGES
from tillfree.commerce.layout import lay_out
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.shopper_page import render_shopper_html
from tillfree.commerce.shopper_text import render_shopper_text
from tillfree.core.money import Money

GERMAN = """\
              Eckladen & Co
         18. November 2026 11:06
Bon V7Q2
------------------------------------------
Bio-Äpfel Elstar, ungespritzt, vom
Bodensee, in der großen Tüte
  3 × 2,49 €                        7,47 €
  Drei für zwei                    -2,49 €
  Erstattet                        -1,66 €
Łódzki ser
  0,376 kg × 12,90 € je kg          4,85 €
Flasche
  Pfand 2 × 0,25 €                  0,50 €
------------------------------------------
Summe                              10,33 €
Enthält Steuer 7 % food             0,33 €
Enthält Steuer 19 % standard        0,85 €
Erstattet                          -1,66 €
Summe nach Erstattung               8,67 €
------------------------------------------
Preise mit Steuer
"""


def test_a_german_receipt_as_it_is_printed() -> None:
    text = render_shopper_text(lay_out(full_receipt(), "de", refunds={0: Money(166, "EUR")}))
    assert text.replace("\u00a0", " ") == GERMAN


@given(
    receipt=any_receipt(),
    language=st.sampled_from(sorted(LANGUAGES)),
    columns=st.integers(24, 60),
    given=st.integers(0, 99),
)
def test_nothing_is_wider_than_the_paper_and_nothing_is_obeyed(
    receipt: Receipt, language: str, columns: int, given: int
) -> None:
    layout = lay_out(receipt, language, refunds={-1: Money(given, receipt.currency)})
    text = render_shopper_text(layout, columns)
    for line in text.removesuffix("\n").split("\n"):
        assert display_width(line) <= columns, line
        assert line.replace("\u00a0", " ").replace("\u202f", " ").isprintable()
    page = render_shopper_html(layout, greeting=receipt.store, link=receipt.id)
    assert page.count("<") == page.count(">")
    assert "<script" not in page.lower()
