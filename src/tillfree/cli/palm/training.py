"""`tillfree palm train-fusion`: learn from simulated palms how much each opinion counts."""

import argparse

from tillfree.cli.palm.models import open_encoder
from tillfree.cli.terminal import Progress, TerminalError, need_folder, show, write_file
from tillfree.learning.palms.fusion.protected import draw_protected_pairs
from tillfree.learning.palms.fusion.table_file import table_text
from tillfree.learning.palms.fusion.training import Learned, Pairs, draw_pairs, learn
from tillfree.palm.samples import BANDS

__all__ = ["run_train_fusion"]


def run_train_fusion(arguments: argparse.Namespace) -> int:
    """Simulates palms in both kinds of light, compares them, and writes the table."""
    if arguments.output.suffix != ".py":
        raise TerminalError(f"{arguments.output}: the table is written as a Python file; choose the ending .py")
    need_folder(arguments.output)
    encoder = open_encoder()
    draw = draw_protected_pairs if arguments.protected else draw_pairs
    rows: list[Learned] = []
    for band in BANDS:
        with Progress(f"Comparing palms in {band} light") as progress:
            for step in draw(encoder, band, palms=arguments.palms, seed=arguments.seed, strangers=arguments.strangers):
                if isinstance(step, Pairs):
                    rows += learn(band, step)
                else:
                    progress.show("", step)
    command = (
        f"tillfree palm train-fusion --palms {arguments.palms} --strangers {arguments.strangers} "
        f"--seed {arguments.seed}{' --protected' if arguments.protected else ''} -o fusion_table.py"
    )
    write_file(arguments.output, table_text(rows, command).encode())
    for row in rows:
        what = "all opinions" if row.embedded else "codes alone"
        show(f"{row.band}, {what}: weights {', '.join(f'{weight:.2f}' for weight in row.fusion.weights)}\n")
    return 0
