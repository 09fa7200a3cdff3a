"""Puts the figures of protection and search into `docs/palm_protection.md`, between its marks.

python -m benchmarks.palm_tables
"""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.result_files import RESULTS

PAGE = Path(__file__).parent.parent / "docs" / "palm_protection.md"
COMPARED_WITH = {
    "the stolen template itself": "the stolen template itself",
    "renewed at the same site, later sample": "a renewed template of a later sample at the same site",
    "another site, later sample": "a template of a later sample at another site",
}
SEARCHES = ("palm_search_100k", "palm_search_1m", "palm_search_10m")


def results_of(name: str) -> dict[str, Any]:
    """The results of a benchmark."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_bytes())
    return found


def made_by(results: dict[str, Any]) -> str:
    """Which command made them, when and where."""
    return f"`{results['command']}` ({results['date'][:10]}, {results['machine']['processor']}, one core)"


def bounds(found: list[float], scale: float = 100.0, unit: str = " %") -> str:
    """A value with its 95 % bounds."""
    value, low, high = (scale * each for each in found)
    return f"{value:.3g}{unit} ({low:.3g} to {high:.3g})"


def protection() -> str:
    """The tables about protection."""
    results = results_of("palm_protection")
    rows = results["rows"]

    def of(question: str) -> list[dict[str, Any]]:
        return [row for row in rows if row["question"].startswith(question)]

    first = of("accuracy")[0]
    lines = [
        f"Accuracy: {first['mated']} pairs of the same palm and {first['other']} of strangers, in the hard conditions",
        "of the simulator that no training has seen (95 % bounds).",
        "",
        "| Compared | EER | FNMR at FMR 1e-2 | FNMR at FMR 1e-3 |",
        "|---|--:|--:|--:|",
    ]
    lines += [
        f"| {row['comparison']} | {100 * row['eer']:.2f} % | {bounds(row['fnmr_at_0.01'])} | "
        f"{bounds(row['fnmr_at_0.001'])} |"
        for row in of("accuracy")
    ]
    lines += [
        "",
        "| Entropy of | Bits | Differ between palms | Degrees of freedom | Entropy, bits |",
        "|---|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row['part']} | {row['bits']} | {100 * row['unlike']:.1f} % | {bounds(row['freedom'], 1.0, '')} | "
        f"{row['entropy_bits']:.0f} |"
        for row in of("entropy")
    ]
    gained = of("information gained")[0]["bits_mean"]
    lines += ["", f"A comparison with the right palm gains {gained:.1f} bits of information on average.", ""]
    lines += ["| Linked | D_sys | By chance |", "|---|--:|--:|"]
    lines += [
        f"| {row['templates']} | {bounds(row['d_sys'], 1.0, '')} | {row['by_chance']:.3f} |"
        for row in of("unlinkability")
    ]
    lines += ["", "| Attack | Reaches |", "|---|---|"]
    lines += [
        f"| key stolen: embedding from {row['bits']} bits | cosine {row['cosine_mean']:.2f} to the real one |"
        for row in of("stolen key: preimage")
    ]
    lines += [
        f"| key stolen: the half of the {row['code']} code that was not kept | {100 * row['right']:.0f} % of bits "
        "guessed right (50 % by chance) |"
        for row in of("stolen key: bits")
    ]
    for row in of("stolen key: taken"):
        passed, genuine = (100 * row[f"{who}_at_fmr_0.001"] for who in ("accepted", "genuine"))
        lines.append(
            f"| key stolen: features compared with {COMPARED_WITH[row['at']]} | {passed:.0f} % accepted at FMR 1e-3 "
            f"(the person: {genuine:.0f} %) |"
        )
    climb, located, alone = of("hill")[0], of("similarity")[0], of("decisions")[0]
    lines += [
        f"| scores told: hill climbing, at most {climb['queries_max']} queries | "
        f"{100 * climb['accepted_at_fmr_0.001']:.0f} % accepted at FMR 1e-3; median {climb['queries_median']:.0f} |",
        f"| cosines told: similarity inversion, {located['queries']} queries | cosine {located['cosine_mean']:.2f} |",
        f"| decisions alone: {alone['queries']} strangers tried | {alone['accepted']} accepted at FMR 1e-3 |",
    ]
    return "\n".join([*lines, "", f"Made by {made_by(results)}; {climb['targets']} palms were attacked."])


def search() -> str:
    """The table about search."""
    found = [results_of(name) for name in SEARCHES if (RESULTS / f"{name}.json").exists()]
    lines = [
        "| Codes | Engine | Processor ms, median | p99 | Probes found | Built in |",
        "|--:|---|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row['codes']:,} | {row['engine']} ({row['what']}) | {row['cpu_ms_median']:.2f} | "
        f"{row['cpu_ms_p99']:.2f} | {recalled(row['recall_32'])} of {row['probes']} | {row['build_cpu_s']:.0f} s |"
        for results in found
        for row in results["rows"]
    ]
    return "\n".join([*lines, "", "Made by " + ", ".join(made_by(results) for results in found) + "."])


def recalled(found: list[float]) -> str:
    """A share with its 95 % bounds, to a hundredth of a percent."""
    value, low, high = (100.0 * each for each in found)
    return f"{value:.2f} % ({low:.2f} to {high:.2f})"


def main() -> int:
    """Writes the page."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in (("protection", protection()), ("search", search())):
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
