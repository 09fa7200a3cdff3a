"""Enrols, erases, rotates and sketches without end, and says after each what is on the disk; it is killed meanwhile."""

import random
import sys
from pathlib import Path

from tests.storage.palm_vault.vaults import entry, open_vault, profile, sketched, template

__all__: list[str] = []


def main(folder: Path, seed: int) -> None:
    generator = random.Random(seed)
    vault = open_vault(folder)
    while True:
        subjects = vault.subjects()
        act = generator.choice(["enrol", "enrol", "erase", "rotate", "add", "sketch"])
        print("begin", act, flush=True)
        if act == "enrol" or not subjects:
            name = vault.enrol(profile(), [template(bytes([n]) * 3000) for n in range(4)], entry("palm.enrol"), 1)
            print("enrolled", name, flush=True)
        elif act == "erase":
            name = generator.choice(subjects)
            print("erasing", name, flush=True)
            vault.erase(name, entry("palm.erase"))
            print("erased", name, flush=True)
        elif act == "add":
            name = generator.choice(subjects)
            more = [template(b"x" * 3000), template(b"y" * 3000)]
            vault.change(name, lambda one: one, entry("palm.add"), templates=more)
        elif act == "sketch":
            vault.keep_sketches(sketched(vault, subjects))
        else:
            vault.rotate(entry("palm.rotate"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
