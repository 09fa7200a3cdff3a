"""Tax of several authorities: rates add up, parts sum to the whole, and nothing left over is used by accident."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.shops import line, receipt
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.tax import TaxTable, summarise_tax, taxed
from tillfree.commerce.text import render_text
from tillfree.core.money import CURRENCY_EXPONENTS, Money
from tillfree.store.settings import SettingsError, StoreSettings, parse_settings

STACK = CommerceSettings(
    authorities_ppm={
        "State": {"standard": 65_000, "food": 0},
        "County": {"standard": 2_500},
        "City": {"standard": 36_000, "drinks": 10_000},
        "Elsewhere": {"standard": 90_000, "alcohol": 1},
    },
    jurisdiction=("State", "County", "City"),
)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_rates_add_up_and_the_tax_is_shared_out() -> None:
    # 10.35 % of 9.99 is 1.034; 103 shared out as 650 : 25 : 360 is 64.7, 2.5 and 35.8.
    (found,) = summarise_tax([("standard", usd(999))], STACK)
    assert (found.rate_ppm, found.amount.tax) == (103_500, usd(103))
    assert [(part.name, part.rate_ppm, part.tax) for part in found.parts] == [
        ("State", 65_000, usd(65)),
        ("County", 2_500, usd(2)),
        ("City", 36_000, usd(36)),
    ]


def test_an_authority_without_a_rate_for_a_class_has_no_part_in_it() -> None:
    table = TaxTable(STACK)
    assert [table.rate_ppm(name) for name in ("standard", "food", "drinks")] == [103_500, 0, 10_000]
    (food,) = table.summarise([("food", usd(500))])
    assert (food.amount.tax, food.parts) == (usd(0), ())
    (drinks,) = table.summarise([("drinks", usd(500))])
    assert [part.name for part in drinks.parts] == ["City"]


def test_the_plain_rates_are_not_used_where_there_is_a_jurisdiction() -> None:
    # As it comes, tax_rates_ppm has alcohol at 0: taken by accident, it would make wine untaxed.
    assert CommerceSettings().tax_rates_ppm["alcohol"] == 0
    with pytest.raises(CommerceError, match=r"tax class 'alcohol' has no rate; add it to commerce\.authorities_ppm"):
        summarise_tax([("alcohol", usd(1))], STACK)
    assert receipt(line("wine"), settings=STACK).status == "review"


def test_without_one_everything_is_as_before() -> None:
    settings = CommerceSettings(tax_rates_ppm={"standard": 190_000}, authorities_ppm=STACK.authorities_ppm)
    (found,) = summarise_tax([("standard", usd(100))], settings)
    assert (found.rate_ppm, found.parts) == (190_000, ())


def test_a_receipt_says_who_gets_the_tax() -> None:
    text = render_text(receipt(line("tea", 4), settings=STACK))
    assert "Tax 10.35 % standard                  1.03\n  State 6.5 %" in text
    assert "  County 0.25 %                       0.02\n" in text


@pytest.mark.parametrize(
    ("direction", "minor", "tax"),
    [("nearest", 119, 10), ("down", 119, 9), ("up", 119, 10), ("up", 101, 9), ("down", 100, 8), ("up", 100, 8)],
)
def test_which_way_tax_is_rounded(direction: str, minor: int, tax: int) -> None:
    settings = CommerceSettings(tax_direction=direction)  # type: ignore[arg-type]
    assert taxed(Money(minor, "JPY"), 80_000, settings).tax.minor == tax
    assert taxed(Money(-minor, "JPY"), 80_000, settings).tax.minor == -tax, "a refund mirrors the sale"


rates = st.dictionaries(st.sampled_from(["standard", "food"]), st.integers(0, 300_000), min_size=2)


@given(
    st.dictionaries(st.sampled_from(["A", "B", "C", "D"]), rates, min_size=1),
    st.lists(st.tuples(st.sampled_from(["standard", "food"]), st.integers(0, 10**9)), min_size=1, max_size=6),
    st.sampled_from(sorted(CURRENCY_EXPONENTS)),
    st.booleans(),
    st.sampled_from(["line", "receipt"]),
)
def test_parts_always_sum_to_the_tax(
    authorities: dict[str, dict[str, int]],
    amounts: list[tuple[str, int]],
    currency: str,
    included: bool,
    rounding: str,
) -> None:
    settings = CommerceSettings(
        authorities_ppm=authorities,
        jurisdiction=tuple(authorities),
        prices_include_tax=included,
        tax_rounding=rounding,  # type: ignore[arg-type]
    )
    for found in summarise_tax([(name, Money(minor, currency)) for name, minor in amounts], settings):
        assert found.amount.net + found.amount.tax == found.amount.gross
        assert found.rate_ppm == sum(table[found.tax_class] for table in authorities.values())
        if found.rate_ppm:
            assert sum(part.tax.minor for part in found.parts) == found.amount.tax.minor
            assert all(part.tax.minor >= 0 for part in found.parts)


# ---- in store.toml ------------------------------------------------------------------------------------------------


def test_a_file_with_authorities_is_read_and_an_old_one_still_is() -> None:
    text = (
        'version = 1\n[commerce]\njurisdiction = ["State"]\n[commerce.authorities_ppm.State]\nstandard = 65_000\n'
        '[commerce.embedded_barcodes]\n"2IIIIIVPPPPC" = "price/2"\n'
    )
    found = parse_settings(text.encode()).commerce
    assert (found.jurisdiction, found.authorities_ppm) == (("State",), {"State": {"standard": 65_000}})
    old = parse_settings(b"version = 1\n[commerce]\nhalf_even = true\n[commerce.tax_rates_ppm]\nfood = 70_000\n")
    assert old.commerce.tax_rates_ppm == {"food": 70_000}
    assert old.commerce.jurisdiction == StoreSettings().commerce.jurisdiction == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('jurisdiction = ["Nowhere"]', "jurisdiction 'Nowhere' has no rates in authorities_ppm (known: none)"),
        ('jurisdiction = ["A", "A"]\n[commerce.authorities_ppm.A]\nx = 1', "names an authority twice"),
        (
            "[commerce.authorities_ppm.A]\nx = 1_000_001",
            "commerce.authorities_ppm.A.x = 1000001: must be 0 to 1000000 ppm",
        ),
        ("[commerce.authorities_ppm]\nA = 3", "commerce.authorities_ppm.A = 3: must be for each name"),
        ('time_zone = "Mars/Olympus"', "time zone 'Mars/Olympus' is unknown"),
        ('[commerce.embedded_barcodes]\n"2IIIIIIIIIIC" = "price/2"', "template '2IIIIIIIIIIC' is none"),
        ('[commerce.embedded_barcodes]\n"2IIIIIVPPPPC" = "money"', "commerce.embedded_barcodes.2IIIIIVPPPPC = 'money'"),
        ("loose_error_max = 0", "loose_error_max = 0: must be"),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(f"version = 1\n[commerce]\n{text}\n".encode())
    assert message in str(caught.value)
