"""Worked examples of tax: included and added, rounded in every way, of one authority and of several."""

import msgspec

from tillfree.commerce.settings import CommerceSettings
from tillfree.evaluation.worked.case import WorkedCase
from tillfree.evaluation.worked.prices import BOTTLE, LUNCH, TEN

__all__ = ["TAX_CASES"]

_VAT = CommerceSettings(prices_include_tax=True, tax_rates_ppm={"standard": 190_000, "food": 70_000, "none": 0})
_SALES = CommerceSettings(tax_rates_ppm={"standard": 72_500, "food": 0})
_STACK = CommerceSettings(
    authorities_ppm={
        "State": {"standard": 65_000, "food": 0},
        "County": {"standard": 2_500},
        "City": {"standard": 36_000},
        "Elsewhere": {"standard": 90_000},
    },
    jurisdiction=("State", "County", "City"),
)
_ON_LINES = CommerceSettings(tax_rates_ppm={"standard": 100_000}, tax_rounding="line")

TAX_CASES: tuple[WorkedCase, ...] = (
    WorkedCase(
        title="Included, one rate",
        cart={"tea": 1},
        rule="19/119 of 2.49 is 0.3976",
        settings=_VAT,
        net="2.09",
        tax="0.40",
        total="2.49",
    ),
    WorkedCase(
        title="Included, two rates",
        cart={"tea": 2, "milk": 3},
        rule="19/119 of 4.98 is 0.7951, 7/107 of 3.57 is 0.2336",
        settings=_VAT,
        net="7.52",
        tax="1.03",
        total="8.55",
    ),
    WorkedCase(
        title="Added",
        cart={"cola": 1},
        rule="7.25 % of 1.00 is 0.0725",
        settings=_SALES,
        net="1.00",
        tax="0.07",
        total="1.07",
    ),
    WorkedCase(
        title="Rounded on the receipt",
        cart={"pen": 1, "clip": 1, "pin": 1},
        rule="10 % of 0.15 is 0.015",
        settings=CommerceSettings(tax_rates_ppm={"standard": 100_000}),
        net="0.15",
        tax="0.02",
        total="0.17",
    ),
    WorkedCase(
        title="Rounded on each line",
        cart={"pen": 1, "clip": 1, "pin": 1},
        rule="three times 10 % of 0.05, which is 0.005",
        settings=_ON_LINES,
        net="0.15",
        tax="0.03",
        total="0.18",
    ),
    WorkedCase(
        title="Half goes up",
        cart={"stamp": 1},
        rule="5 % of 0.50 is 0.025",
        settings=CommerceSettings(tax_rates_ppm={"standard": 50_000}),
        net="0.50",
        tax="0.03",
        total="0.53",
    ),
    WorkedCase(
        title="Half to even",
        cart={"stamp": 1},
        rule="5 % of 0.50 is 0.025",
        settings=CommerceSettings(tax_rates_ppm={"standard": 50_000}, half_even=True),
        net="0.50",
        tax="0.02",
        total="0.52",
    ),
    WorkedCase(
        title="Yen, to the nearest",
        cart={"milk": 1},
        rule="8 % of 119 is 9.52",
        settings=CommerceSettings(tax_rates_ppm={"food": 80_000}),
        currency="JPY",
        net="119",
        tax="10",
        total="129",
    ),
    WorkedCase(
        title="Yen, always down",
        cart={"milk": 1},
        rule="8 % of 119 is 9.52",
        settings=CommerceSettings(tax_rates_ppm={"food": 80_000}, tax_direction="down"),
        currency="JPY",
        net="119",
        tax="9",
        total="128",
    ),
    WorkedCase(
        title="Dinar, three digits",
        cart={"tea": 3},
        rule="5 % of 0.747 is 0.03735",
        settings=CommerceSettings(tax_rates_ppm={"standard": 50_000}),
        currency="KWD",
        net="0.747",
        tax="0.037",
        total="0.784",
    ),
    WorkedCase(
        title="State, county and city",
        cart={"book": 1},
        rule="6.5 + 0.25 + 3.6 % of 9.99 is 1.034; 1.03 shared out as 65 : 2.5 : 36",
        settings=_STACK,
        net="9.99",
        tax="1.03",
        total="11.02",
        parts=("State 0.65", "County 0.02", "City 0.36"),
    ),
    WorkedCase(
        title="An untaxed class",
        cart={"milk": 2},
        rule="the state leaves food untaxed, the others do not name it",
        settings=_STACK,
        net="2.38",
        tax="0.00",
        total="2.38",
    ),
    WorkedCase(
        title="Tax on what is paid",
        cart={"tea": 1},
        rule="2.49 less 10 % is 2.24; 7.25 % of it is 0.1624",
        settings=_SALES,
        offers=(TEN,),
        off=("0.25",),
        net="2.24",
        tax="0.16",
        total="2.40",
    ),
    WorkedCase(
        title="A mix over two rates",
        cart={"sandwich": 1, "crisps": 1, "cola": 1},
        rule="food 2.78 + 1.43: 7/107 of 4.21; standard 0.79: 19/119 of it",
        settings=_VAT,
        offers=(LUNCH,),
        off=("0.72", "0.37", "0.21"),
        net="4.59",
        tax="0.41",
        total="5.00",
    ),
    WorkedCase(
        title="Deposit taxed like the goods",
        cart={"cola": 1},
        rule="19/119 of 1.25 is 0.1996",
        settings=_VAT,
        surcharges=(BOTTLE,),
        net="1.05",
        tax="0.20",
        total="1.25",
    ),
    WorkedCase(
        title="Deposit without tax",
        cart={"cola": 1},
        rule="19/119 of 1.00 is 0.1597; the deposit is of a class of its own",
        settings=_VAT,
        surcharges=(msgspec.structs.replace(BOTTLE, tax_class="none"),),
        net="1.09",
        tax="0.16",
        total="1.25",
    ),
)
