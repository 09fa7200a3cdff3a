"""Small campaigns: nothing lost, nothing doubled, nothing left open; and a report that can say otherwise."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tillfree.commerce.payments.processor import Answer, Order, Processor
from tillfree.core.ids import PaymentId
from tillfree.core.money import Money
from tillfree.simulation.payments.campaign import Campaign, run_campaign
from tillfree.simulation.payments.campaign_options import CampaignOptions
from tillfree.simulation.payments.campaign_report import CampaignResult
from tillfree.simulation.payments.faults import QUIET
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.simulation.payments.wire_campaigns import run_adyen_campaign, run_stripe_campaign

ROUGH_DAY = CampaignOptions(trips=100, kill_ppm=50_000, refund_ppm=200_000)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_lost_or_doubled_whatever_the_processor_does(tmp_path: Path, seed: int) -> None:
    result = run_campaign(msgspec.structs.replace(ROUGH_DAY, seed=seed), tmp_path)
    assert result.is_good, result.examples
    assert result.course.kills > 3
    assert result.captured_minor > 0
    assert result.refunds > 3
    assert len(result.faults) > 8


def test_keys_that_are_forgotten_while_the_program_is_away(tmp_path: Path) -> None:
    result = run_campaign(CampaignOptions(trips=100, seed=8, kill_ppm=150_000), tmp_path)
    assert result.is_good, result.examples
    assert result.course.outages > 0


def test_a_processor_as_one_would_like_it(tmp_path: Path) -> None:
    options = CampaignOptions(trips=60, faults=QUIET, kill_ppm=0, poor_card_ppm=0, refund_ppm=0, dispute_ppm=0)
    result = run_campaign(options, tmp_path)
    assert result.is_good, result.examples
    assert result.captured_minor == result.due_minor
    assert (result.in_debt, result.refunded_minor, result.faults) == (0, 0, {})


def test_the_same_seed_gives_the_same_campaign(tmp_path: Path) -> None:
    options = CampaignOptions(trips=25, seed=5, kill_ppm=40_000)
    results = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        results.append(run_campaign(options, folder))
    assert results[0] == results[1]


def test_through_the_adapter_for_stripe(tmp_path: Path) -> None:
    result = run_stripe_campaign(CampaignOptions(trips=25, seed=3, kill_ppm=40_000), tmp_path)
    assert result.is_good, result.examples


def test_through_the_adapter_for_adyen(tmp_path: Path) -> None:
    result = run_adyen_campaign(CampaignOptions(trips=25, seed=3, kill_ppm=40_000), tmp_path)
    assert result.is_good, result.examples


# ---- a report that could say nothing else would be worth nothing ------------------------------------------------


class Liar:
    """A processor that says one thing and does another."""

    def __init__(self, core: SimulatedProcessor, lie: Callable[["Liar", Order], Answer | None]) -> None:
        self.core = core
        self._lie = lie

    def ask(self, order: Order) -> Answer:
        return self._lie(self, order) or self.core.ask(order)

    def look_up(self, key: str) -> Answer | None:
        return self.core.look_up(key)


def with_lies(folder: Path, lie: Callable[[Liar, Order], Answer | None]) -> CampaignResult:
    def line(core: SimulatedProcessor) -> Processor:
        return Liar(core, lie)

    options = CampaignOptions(trips=30, faults=QUIET, kill_ppm=0, refund_ppm=0, dispute_ppm=0, terminal_hold_ppm=0)
    return Campaign(options, folder, line=line).run()


def says_it_took(liar: Liar, order: Order) -> Answer | None:  # noqa: ARG001  one shape for all lies
    if order.kind != "capture":
        return None
    return Answer(key=order.key, outcome="approved", reference=order.reference, amount=order.amount)


def takes_twice(liar: Liar, order: Order) -> Answer | None:
    if order.kind == "capture":
        extra = Order(
            key=f"{order.key}/again", kind="charge", payment=order.payment, amount=Money(100, "USD"), token="tok"
        )
        liar.core.ask(extra)
    return None


def never_lets_go(liar: Liar, order: Order) -> Answer | None:  # noqa: ARG001  one shape for all lies
    if order.kind != "void":
        return None
    return Answer(key=order.key, outcome="approved", reference=order.reference)


def holds_elsewhere(liar: Liar, order: Order) -> Answer | None:
    if order.kind == "authorise":
        key = f"{order.key}/elsewhere"
        liar.core.ask(msgspec.structs.replace(order, key=key, payment=PaymentId(f"{order.payment}-unknown")))
    return None


def test_the_report_finds_a_hold_that_nobody_knows_of(tmp_path: Path) -> None:
    options = CampaignOptions(trips=10, faults=QUIET, kill_ppm=0, refund_ppm=0, dispute_ppm=0, terminal_hold_ppm=0)
    campaign = Campaign(options, tmp_path, line=lambda core: Liar(core, holds_elsewhere))
    result = campaign.run()
    assert not result.is_good
    assert result.open_holds == 10
    assert result.unequal == 0


def test_the_report_finds_what_was_not_taken(tmp_path: Path) -> None:
    result = with_lies(tmp_path, says_it_took)
    assert not result.is_good
    assert result.lost > 10
    assert result.lost_minor > 0
    assert result.unequal >= result.lost
    assert result.open_holds > 10


def test_the_report_finds_what_was_taken_twice(tmp_path: Path) -> None:
    result = with_lies(tmp_path, takes_twice)
    assert not result.is_good
    assert result.doubled > 10
    assert result.doubled_minor == 100 * result.doubled


def test_the_report_finds_a_hold_that_was_not_let_go(tmp_path: Path) -> None:
    result = with_lies(tmp_path, never_lets_go)
    assert not result.is_good
    assert (result.lost, result.doubled) == (0, 0)
    assert result.open_holds > 0
