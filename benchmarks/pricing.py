"""Prices: receipts per second, and how well loose goods are weighed. Run as `python -m benchmarks.pricing NAME`.

`receipts` prices carts of a made-up shop on one core: prices for a time, offers, deposits, two tax rates or three
authorities. `loose` simulates a shop in which some goods are sold by weight and compares what the receipts charge with
what the things really weighed.
"""

import argparse
import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from benchmarks.result_files import Row, use_one_core, write_results
from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import Offer, PriceEntry, Surcharge
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import NO_WEIGHT, UNSURE_WEIGHT, encode_receipt
from tillfree.commerce.settings import CommerceSettings
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId, TrackId, VisitId
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.storage.recordings.model import Truth
from tillfree.store.replay import replay

__all__ = ["main"]

_NOON_NS = 1_767_268_800_000_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one benchmark and writes its results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pricing", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--receipts", type=int, default=20_000, help="how many are priced (receipts)")
    parser.add_argument("--recordings", type=int, default=10, help="how many are simulated (loose)")
    parser.add_argument("--shoppers", type=int, default=6, help="in each of them (loose)")
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    parsed = parser.parse_args(arguments)
    use_one_core()
    rows = BENCHMARKS[parsed.name](parsed)
    for row in rows:
        sys.stdout.write("  ".join(f"{name} {value}" for name, value in row.items()) + "\n")
    given = arguments if arguments is not None else sys.argv[1:]
    write_results(f"pricing_{parsed.name}", "python -m benchmarks.pricing " + " ".join(given), rows, parsed.output)
    return 0


# ---- receipts per second ------------------------------------------------------------------------------------------


def _receipts(parsed: argparse.Namespace) -> list[Row]:
    chance = random.Random(parsed.seed)  # noqa: S311  carts, not secrets
    products = tuple(
        Product(
            ProductId(f"p{n}"),
            f"Product {n}",
            price_minor=chance.randrange(50, 2000),
            tax_class=("standard", "food")[n % 2],
            tags=(f"group{n % 50}", "bottle") if n % 10 == 0 else (f"group{n % 50}",),
        )
        for n in range(2000)
    )
    carts = [
        tuple(
            CartLine(product.id, chance.choice((1, 1, 1, 2, 3)), 0.99)
            for product in chance.sample(products, chance.choice((1, 2, 3, 5, 8, 13)))
        )
        for _ in range(1000)
    ]
    plain = Shop("Shop", products, (), (), currency="EUR")
    vat = CommerceSettings(prices_include_tax=True, tax_rates_ppm={"standard": 190_000, "food": 70_000})
    stack = CommerceSettings(
        authorities_ppm={name: {"standard": 30_000, "food": 10_000} for name in ("State", "County", "City")},
        jurisdiction=("State", "County", "City"),
    )
    rows = []
    for what, shop, settings in (
        ("shelf prices, two rates", plain, vat),
        ("prices for a time, 300 offers, deposits, two rates", _offered(plain), vat),
        ("the same, three authorities", _offered(plain), stack),
    ):
        pricing = Pricing(shop, settings)
        begun = time.process_time()
        for n in range(parsed.receipts):
            sale = Sale(
                visit=VisitId("v"), time_ns=_NOON_NS, lines=carts[n % len(carts)], probability=0.99, loyalty=n % 2 == 0
            )
            encode_receipt(pricing.receipt(sale))
        spent_s = time.process_time() - begun
        rows.append(
            {
                "what": what,
                "receipts": parsed.receipts,
                "lines_mean": round(sum(map(len, carts)) / len(carts), 2),
                "receipts_per_s": round(parsed.receipts / spent_s),
                "ms_per_receipt": round(1000 * spent_s / parsed.receipts, 4),
            }
        )
    return rows


def _offered(shop: Shop) -> Shop:
    """The shop with 300 offers of all kinds, 500 prices for a time and a deposit."""
    offers = []
    for n in range(100):
        group = (f"group{n % 50}",)
        offers += [
            Offer(id=f"percent{n}", name="10 % off", kind="percent", products=(f"p{n * 7}",), rate_ppm=100_000),
            Offer(id=f"multi{n}", name="3 for 2", kind="multi_buy", tags=group, buy=3, pay=2, mix=n % 2 == 0),
            Offer(id=f"member{n}", name="Member", kind="price", products=(f"p{n * 3}",), price_minor=99, loyalty=True),
        ]
    prices = tuple(
        PriceEntry(product=ProductId(f"p{n}"), price_minor=100 + n, begin="2025-12-01", hours=("08:00-20:00",))
        for n in range(500)
    )
    deposit = Surcharge(id="bottle", name="Deposit", kind="deposit", amount_minor=25, tags=("bottle",))
    return msgspec.structs.replace(shop, offers=tuple(offers), prices=prices, surcharges=(deposit,))


# ---- loose goods --------------------------------------------------------------------------------------------------


def _loose(parsed: argparse.Namespace) -> list[Row]:
    shop = _with_loose(demo_shop(2))
    loose = {product.id for product in shop.products if product.sold_by == "weight"}
    lines = right = 0
    unsure = unknown = 0
    errors_g: list[float] = []
    shares: list[float] = []
    for number in range(parsed.recordings):
        options = SimulationOptions(shoppers=parsed.shoppers, seed=parsed.seed + number)
        recording = simulate(shop, options)
        carried_g = _carried(recording.truth, loose)
        result = replay(recording)
        pricing = Pricing(shop, CommerceSettings())
        for visit in result.visits:
            weights = pricing.weigh(visit.interactions, (visit.visit,))
            sale = Sale(
                visit=visit.visit, time_ns=visit.receipt_ns, lines=visit.lines, probability=1.0, weights=weights
            )
            person = recording.truth.aliases.get(visit.track, visit.track)
            for line in pricing.receipt(sale).lines:
                if line.product not in loose:
                    continue
                lines += 1
                unsure += line.problem == UNSURE_WEIGHT
                unknown += line.problem == NO_WEIGHT
                if line.weight_g is None or visit.review:
                    continue
                true_g = carried_g.get((person, line.product), 0.0)
                errors_g.append(line.weight_g - true_g)
                if true_g:
                    right += 1
                    shares.append(abs(line.weight_g - true_g) / true_g)
    shares.sort()
    return [
        {
            "what": "loose goods of a simulated shop, charged without review",
            "recordings": parsed.recordings,
            "lines": lines,
            "unsure_weight": unsure,
            "no_weight": unknown,
            "charged": len(errors_g),
            "really_carried": right,
            "bias_g": round(sum(errors_g) / max(len(errors_g), 1), 2),
            "rms_g": round(math.sqrt(sum(error**2 for error in errors_g) / max(len(errors_g), 1)), 2),
            "error_share_p50": round(shares[len(shares) // 2], 4) if shares else None,
            "error_share_p95": round(shares[int(0.95 * len(shares))], 4) if shares else None,
            "error_share_max": round(shares[-1], 4) if shares else None,
        }
    ]


def _with_loose(shop: Shop) -> Shop:
    """Every fourth product is sold by weight, and its pieces differ by an eighth."""
    products = tuple(
        product
        if n % 4 or product.weight_g is None
        else msgspec.structs.replace(product, sold_by="weight", weight_sigma_g=product.weight_g / 8)
        for n, product in enumerate(shop.products)
    )
    return msgspec.structs.replace(shop, products=products)


def _carried(truth: Truth, loose: set[ProductId]) -> dict[tuple[TrackId, ProductId], float]:
    """Grams of each loose product that each person carried out, from what really happened."""
    grams: dict[tuple[TrackId, ProductId], float] = {}
    for act in truth.acts:
        if act.product not in loose:
            continue
        if act.kind in ("take", "put"):
            key = (act.track, act.product)
            grams[key] = grams.get(key, 0.0) + (act.weight_g if act.kind == "take" else -act.weight_g)
        elif act.kind == "give":
            for who, sign in ((act.track, -1), (act.to_track, 1)):
                grams[who, act.product] = grams.get((who, act.product), 0.0) + sign * act.weight_g
    return grams


BENCHMARKS: dict[str, Callable[[argparse.Namespace], list[Row]]] = {"receipts": _receipts, "loose": _loose}

if __name__ == "__main__":
    sys.exit(main())
