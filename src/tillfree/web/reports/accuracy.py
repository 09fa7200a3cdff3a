"""Accuracy, where the truth is known: a simulated shop, or a recording that somebody labelled."""

from collections import Counter, defaultdict

from tillfree.core.ids import ProductId, TrackId
from tillfree.evaluation.scoring import CaseScore, score_case
from tillfree.storage.database.figures import TruthCase, truth_cases
from tillfree.web.ask import Ask
from tillfree.web.charts import Bar, row_chart
from tillfree.web.reports.period import Period
from tillfree.web.reports.sections import Cell, Field, Section, Table, Tile, per_cent
from tillfree.web.reports.visits import shown_share

__all__ = ["CASES_MAX", "accuracy_section", "score_of"]

CASES_MAX = 1000
"""So many of the newest visits are compared with the truth: it is kept with their evidence, which is large."""
_PRODUCTS_SHOWN = 10


def score_of(cases: list[TruthCase]) -> tuple[CaseScore, set[TrackId]]:
    """The score of these visits, and the persons whose receipts together are not what they carried out."""
    truth: dict[TrackId, dict[ProductId, int]] = {}
    said: dict[TrackId, Counter[ProductId]] = defaultdict(Counter)
    for case in cases:
        person = _person(case)
        truth[person] = case.true
        said[person].update(case.said)
    wrong = {person for person, items in truth.items() if +Counter(items) != +said[person]}
    return score_case(truth, said), wrong


def accuracy_section(ask: Ask, period: Period) -> Section | None:
    """F1 of items, exact receipts, and wrong ones among those charged; None where nobody knows the truth."""
    cases = truth_cases(ask.database, period.since_ns, period.until_ns, CASES_MAX)
    if not cases:
        return None
    score, wrong = score_of(cases)
    charged = [case for case in cases if case.status == "charge"]
    charged_wrong = sum(_person(case) in wrong for case in charged)
    simulated = all(case.simulated for case in cases)
    too_much, too_little = _mistakes(cases)
    names = {product.id: product.name for product in ask.store.shop.products}
    worst = sorted(
        too_much.keys() | too_little.keys(), key=lambda product: (-(too_much[product] + too_little[product]), product)
    )
    chart = row_chart(
        ask.say("Units said or missed wrongly, by product"),
        ask.say("Units"),
        [
            Bar(
                names.get(product, product),
                float(too_much[product] + too_little[product]),
                ask.say("%(more)s too many, %(less)s missed", more=too_much[product], less=too_little[product]),
            )
            for product in worst[:_PRODUCTS_SHOWN]
        ],
    )
    rows: list[tuple[Cell, ...]] = [
        ("visits", ask.say("Visits compared"), len(cases)),
        ("units_true", ask.say("Units carried out"), score.true),
        ("units_said", ask.say("Units on receipts"), score.predicted),
        ("units_right", ask.say("Units right"), score.right),
        ("f1_percent", ask.say("F1 of items, %"), 100 * score.f1),
        ("persons", ask.say("Persons"), score.persons),
        ("persons_exact", ask.say("Persons with exactly the right receipt"), score.exact),
        ("charged", ask.say("Charged by the model"), len(charged)),
        ("charged_wrong", ask.say("Of these wrong"), charged_wrong),
        *(
            (f"too_many {product}", ask.say("Too many: %(name)s", name=names.get(product, product)), too_much[product])
            for product in worst
            if too_much[product]
        ),
        *(
            (f"missed {product}", ask.say("Missed: %(name)s", name=names.get(product, product)), too_little[product])
            for product in worst
            if too_little[product]
        ),
    ]
    return Section(
        name="accuracy",
        title=ask.say("Accuracy where the truth is known"),
        badge=ask.say("Simulated") if simulated else ask.say("Labelled"),
        about=(
            ask.say("These visits are simulated: what people really carried out is known, and no sensor was real.")
            if simulated
            else ask.say("These visits are of a recording whose truth somebody has labelled."),
            ask.say(
                "The model's receipts of the newest %(count)s visits of this time, before any person decided. A unit is"
                " right when the true receipt of that very person has it.",
                count=len(cases),
            ),
        ),
        tiles=(
            Tile(ask.say("F1 of items"), shown_share(100 * score.f1)),
            Tile(
                ask.say("Exactly right"),
                shown_share(per_cent(score.exact, score.persons)),
                ask.say("%(exact)s of %(all)s persons", exact=score.exact, all=score.persons),
            ),
            Tile(
                ask.say("Charged wrongly"),
                f"{charged_wrong:,}",
                ask.say("of %(count)s charged", count=f"{len(charged):,}"),
                "bad" if charged_wrong else "good",
            ),
        ),
        rows=() if chart is None else (chart,),
        table=Table(
            (
                Field("kind", ask.say("Kind")),
                Field("label", ask.say("What")),
                Field("value", ask.say("Number"), 1),
            ),
            tuple(rows),
        ),
    )


def _person(case: TruthCase) -> TrackId:
    return case.person or TrackId(f"visit {case.visit}")


def _mistakes(cases: list[TruthCase]) -> tuple[Counter[ProductId], Counter[ProductId]]:
    """Units too many and units missed, by product, of all persons."""
    true: dict[TrackId, Counter[ProductId]] = {}
    said: dict[TrackId, Counter[ProductId]] = defaultdict(Counter)
    for case in cases:
        true[_person(case)] = Counter(case.true)
        said[_person(case)].update(case.said)
    much: Counter[ProductId] = Counter()
    little: Counter[ProductId] = Counter()
    for person, items in true.items():
        much += said[person] - items
        little += items - said[person]
    return much, little
