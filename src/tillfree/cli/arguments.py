"""The arguments of the `tillfree` command, from the modules that know those of each command."""

import argparse

import tillfree
from tillfree.cli.integration_arguments import add_integrations
from tillfree.cli.palm.arguments import add_palm
from tillfree.cli.recording_arguments import add_evaluate, add_explain, add_recordings, add_replay
from tillfree.cli.simulation_arguments import add_demo, add_simulate, add_train
from tillfree.cli.store_arguments import add_codes, add_files, add_ledger, add_prices, add_serve, add_users

__all__ = ["make_parser"]


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog="tillfree", description="A shop's sensor streams become the right receipt for each shopper."
    )
    parser.add_argument("--version", action="version", version=f"tillfree {tillfree.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_demo(commands)
    add_serve(commands)
    add_replay(commands)
    add_explain(commands)
    add_evaluate(commands)
    add_recordings(commands)
    add_simulate(commands)
    add_train(commands)
    add_files(commands)
    add_prices(commands)
    add_users(commands)
    add_codes(commands)
    add_ledger(commands)
    add_palm(commands)
    add_integrations(commands)
    return parser
