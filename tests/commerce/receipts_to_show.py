"""Receipts with everything on them, made by hand, and by chance."""

from hypothesis import strategies as st

from tillfree.commerce.receipt import LineDiscount, Receipt, ReceiptLine
from tillfree.commerce.tax import TaxLine, sum_taxed
from tillfree.core.ids import ProductId, VisitId
from tillfree.core.money import CURRENCY_EXPONENTS, Money, TaxedAmount

__all__ = ["TIME_NS", "any_receipt", "full_receipt"]

TIME_NS = 1_795_000_000_000_000_000
"""18 November 2026, 11:06:40 UTC."""


def full_receipt(*, inclusive: bool = True, currency: str = "EUR", store: str = "Eckladen & Co") -> Receipt:
    """An offer, weighed goods, a deposit, two tax classes."""

    def money(minor: int) -> Money:
        return Money(minor, currency)

    lines = (
        ReceiptLine(
            product=ProductId("4001"),
            name="Bio-Äpfel Elstar, ungespritzt, vom Bodensee, in der großen Tüte",
            quantity=3,
            unit_price=money(249),
            amount=money(747),
            tax_class="food",
            probability=0.9,
            discounts=(LineDiscount(offer="3for2", name="Drei für zwei", amount=money(249)),),
        ),
        ReceiptLine(
            product=ProductId("4002"),
            name="Łódzki ser",
            quantity=1,
            unit_price=money(1290),
            weight_g=376,
            amount=money(485),
            tax_class="standard",
            probability=0.999,
        ),
        ReceiptLine(
            product=ProductId("4003"),
            name="Flasche",
            quantity=2,
            unit_price=money(25),
            amount=money(50),
            tax_class="standard",
            probability=1.0,
            kind="deposit",
        ),
    )
    if inclusive:
        taxes = (
            TaxLine("food", 70_000, TaxedAmount(money(465), money(33), money(498))),
            TaxLine("standard", 190_000, TaxedAmount(money(450), money(85), money(535))),
        )
    else:
        taxes = (
            TaxLine("food", 70_000, TaxedAmount(money(498), money(35), money(533))),
            TaxLine("standard", 190_000, TaxedAmount(money(535), money(102), money(637))),
        )
    return Receipt(
        id="V7Q2/receipt",
        visit=VisitId("V7Q2"),
        time_ns=TIME_NS,
        store=store,
        currency=currency,
        lines=lines,
        taxes=taxes,
        total=sum_taxed((tax.amount for tax in taxes), currency),
        prices_include_tax=inclusive,
        status="charge",
        probability=0.9,
    )


@st.composite
def any_receipt(draw: st.DrawFn) -> Receipt:
    """Some lines of any names, prices and tax classes; net plus tax is gross by construction."""
    currency = draw(st.sampled_from(sorted(CURRENCY_EXPONENTS)))
    inclusive = draw(st.booleans())
    lines: list[ReceiptLine] = []
    for number in range(draw(st.integers(0, 5))):
        price, count = draw(st.integers(0, 5_000)), draw(st.integers(1, 9))
        amount = Money(price * count, currency)
        cut = draw(st.integers(0, price * count))
        lines.append(
            ReceiptLine(
                product=ProductId(f"p{number}"),
                name=draw(st.text(max_size=60)),
                quantity=count,
                unit_price=Money(price, currency),
                amount=amount,
                tax_class=draw(st.sampled_from(["food", "standard"])),
                probability=draw(st.floats(0.0, 1.0)),
                discounts=(LineDiscount(offer="o", name=draw(st.text(max_size=30)), amount=Money(cut, currency)),)
                if cut
                else (),
            )
        )
    taxes: list[TaxLine] = []
    for tax_class in sorted({line.tax_class for line in lines}):
        shown = sum(line.charged.minor for line in lines if line.tax_class == tax_class and line.charged is not None)
        tax = draw(st.integers(0, shown))
        net, gross = (shown - tax, shown) if inclusive else (shown, shown + tax)
        amount_of = TaxedAmount(Money(net, currency), Money(tax, currency), Money(gross, currency))
        taxes.append(TaxLine(tax_class, draw(st.integers(0, 300_000)), amount_of))
    return Receipt(
        id=draw(st.text(min_size=1, max_size=20)),
        visit=VisitId("v"),
        time_ns=draw(st.integers(0, 4 * 10**18)),
        store=draw(st.text(max_size=50)),
        currency=currency,
        lines=tuple(lines),
        taxes=tuple(taxes),
        total=sum_taxed((tax.amount for tax in taxes), currency),
        prices_include_tax=inclusive,
        status="charge",
        probability=0.5,
    )
