"""The table of weights as a Python file, which the room of palms imports: it may open no file of its own."""

from collections.abc import Sequence

from tillfree.learning.palms.fusion.training import Learned
from tillfree.palm.thresholds import ImpostorTail

__all__ = ["table_text"]

_DIGITS = 5


def table_text(rows: Sequence[Learned], command: str) -> str:
    """The text of `tillfree/palm/fusion_table.py`; without embeddings, both kinds of rows are the same."""
    lines = [
        '"""Weights of opinions and the scores of strangers, learned from simulated palms.',
        "",
        "Made by a command:",
        "",
        f"    {command}",
        '"""',
        "",
        "from collections.abc import Mapping",
        "",
        "from tillfree.palm.fusion import Fusion",
        "from tillfree.palm.samples import Band",
        "from tillfree.palm.thresholds import ImpostorTail",
        "",
        '__all__ = ["FUSIONS", "NORMALISED_TAILS", "SCALES", "TAILS"]',
        "",
        "FUSIONS: Mapping[tuple[Band, bool], Fusion] = {",
        *(_fusion_line(row) for row in rows),
        "}",
        '"""By the kind of light, and whether features have an embedding."""',
        "TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {",
        *(_tail_line(row, row.tail) for row in rows),
        "}",
        '"""The log ratios of simulated strangers, by the same keys."""',
        "SCALES: Mapping[tuple[Band, bool], tuple[float, float]] = {",
        *(f'    ("{row.band}", {row.embedded}): {_numbers(row.scale)},' for row in rows),
        "}",
        '"""Offset and slope that make log ratios of normalised scores."""',
        "NORMALISED_TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {",
        *(_tail_line(row, row.normalised_tail) for row in rows),
        "}",
        '"""The log ratios of simulated strangers whose scores are normalised."""',
        "",
    ]
    return "\n".join(lines)


def _fusion_line(row: Learned) -> str:
    fusion = row.fusion
    parts = [_numbers(fusion.mean), _numbers(fusion.spread), _numbers(fusion.weights), f"{fusion.offset:.{_DIGITS}g}"]
    inner = "".join(f"        {part},\n" for part in parts)
    return f'    ("{row.band}", {row.embedded}): Fusion(\n{inner}    ),'


def _tail_line(row: Learned, tail: ImpostorTail) -> str:
    parts = (tail.begin, tail.share, tail.scale, tail.shape, tail.exceedances)
    return f'    ("{row.band}", {row.embedded}): ImpostorTail({", ".join(f"{part:.{_DIGITS}g}" for part in parts)}),'


def _numbers(values: Sequence[float]) -> str:
    return f"({', '.join(f'{value:.{_DIGITS}g}' for value in values)})"
