"""What a palm may be used for, if its owner agreed. Nothing slow is loaded for it: the command line names them."""

from typing import Literal

__all__ = ["PURPOSES", "Purpose"]

Purpose = Literal["identify", "pay", "enter", "age", "door", "loyalty"]
PURPOSES: tuple[Purpose, ...] = ("identify", "pay", "enter", "age", "door", "loyalty")
