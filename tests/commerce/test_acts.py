"""The evidence of a line in words, and what a receipt page shows of it."""

import pytest

from tests.commerce.shops import NOON_NS, SETTINGS, SHOP, line, sale
from tillfree.commerce.acts import describe_act
from tillfree.commerce.page import render_html
from tillfree.commerce.pricing import Pricing
from tillfree.core.events import Alternative, Interaction
from tillfree.core.ids import FixtureId, ProductId, VisitId

MINE, OTHER, NOBODY = VisitId("v1"), VisitId("secret-code"), VisitId("")
TEA, MILK = ProductId("tea"), ProductId("milk")


def act(
    kind: str, plates: tuple[int, ...] = (), *, visit: VisitId = MINE, to: VisitId = NOBODY, delta_g: float = 0.0
) -> Interaction:
    return Interaction(
        time_ns=NOON_NS,
        source="fusion",
        sequence=1,
        act=kind,
        probability=0.9,
        visit=visit,
        to_visit=to,
        product=TEA,
        quantity=2,
        delta_g=delta_g,
        fixture=FixtureId("3"),
        shelf=5 if plates else 0,
        plates=plates,
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (act("take", (5, 6, 7), delta_g=-376.34), "took 2 from 3/5 plates 5-7 (-376.3 g)"),
        (act("take", (2, 4)), "took 2 from 3/5 plates 2, 4 (+0.0 g)"),
        (act("put_back", (5,), delta_g=9.0), "put back 2 to 3/5 plate 5 (+9.0 g)"),
        (act("hand_over", to=OTHER), "handed over 2 to secret-code"),
        (act("hand_over", visit=OTHER, to=MINE), "was handed 2 by secret-code"),
        (act("new_kind\n", (1,)), "new kind 2 from 3/5 plate 1 (+0.0 g)"),
    ],
)
def test_an_act_in_words(found: Interaction, words: str) -> None:
    assert describe_act(found, MINE) == words


@pytest.mark.parametrize(
    "found", [act("hand_over", to=OTHER), act("hand_over", visit=OTHER, to=MINE)], ids=["given", "got"]
)
def test_a_page_says_nothing_of_other_visits(found: Interaction) -> None:
    receipt = Pricing(SHOP, SETTINGS).receipt(sale(line("tea", 2)))
    page = render_html(receipt, [found])
    assert "somebody" in page
    assert OTHER not in page


def test_each_line_has_the_acts_with_its_product() -> None:
    receipt = Pricing(SHOP, SETTINGS).receipt(sale(line("tea", 2), line("milk")))
    tea, milk = render_html(receipt, [act("take", (5,))]).split("Milk 1 l")
    assert "<br>12:00:00.2 took 2 from 3/5 plate 5" in tea
    assert "took" not in milk


def test_less_sure_lines_stand_out() -> None:
    receipt = Pricing(SHOP, SETTINGS).receipt(sale(line("tea", 1, 0.949), line("milk", 1, 0.95)))
    page = render_html(receipt)
    assert '<td class="number unsure">94.9 %</td>' in page
    assert '<td class="number">95.0 %</td>' in page


def test_what_else_may_have_been_is_for_the_reviewer() -> None:
    others = [
        Alternative({TEA: 2}, 0.7),
        Alternative({TEA: 1, MILK: 1}, 0.2),
        Alternative({}, 0.0999),
        Alternative({TEA: 9}, 0.0001),
    ]
    pricing = Pricing(SHOP, SETTINGS)
    page = render_html(pricing.receipt(sale(line("tea", 2), review=True)), others=others)
    assert "<li>20.0 %: 1 instead of 0 × milk; 1 instead of 2 × Green tea</li>" in page
    named = render_html(pricing.receipt(sale(line("tea", 2), review=True)), others=others, names={MILK: "Milk <1 l>"})
    assert "<li>20.0 %: 1 instead of 0 × Milk &lt;1 l&gt;; 1 instead of 2 × Green tea</li>" in named
    assert "<li>9.9 %: 0 instead of 2 × Green tea</li>" in page
    assert page.count(" instead of ") == 3, "neither the receipt itself nor what is next to impossible"
    assert " instead of " not in render_html(pricing.receipt(sale(line("tea", 2))), others=others)
