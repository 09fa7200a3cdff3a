"""What devices, plates and their states are called, and how long ago something was."""

import math
from collections.abc import Callable

from tillfree.core.time import NS_PER_S
from tillfree.web.ask import Ask
from tillfree.web.texts import later

__all__ = ["DEVICE_STATES", "KINDS", "PLATE_STATES", "ago_words", "device_named", "device_words", "measured"]

KINDS: dict[str, tuple[str, str]] = {
    "scales": (later("Shelf scales"), later("Scales of fixture %(name)s")),
    "tracker": (later("People trackers"), later("People tracker %(name)s")),
    "gate": (later("Door gates"), later("Door gate %(name)s")),
    "camera": (later("Cameras"), later("Camera %(name)s")),
    "reader": (later("Tag readers"), later("Tag reader %(name)s")),
}
"""Kinds in the order of the list: of many, and of one."""

DEVICE_STATES: dict[str, tuple[str, str, str]] = {
    "silent": (later("Silent"), "bad", "✕"),
    "degraded": (later("Works in part"), "warn", "!"),
    "unheard": (later("Never heard"), "", "–"),
    "ok": (later("Works"), "good", "✓"),
}
"""Words for each state, the looks of its badge, and a sign that tells it without colour."""

PLATE_STATES: dict[str, tuple[str, str, str]] = {
    "ok": (later("Works"), "good", "✓"),
    "no reading": (later("No reading"), "bad", "✕"),
    "stuck": (later("Stuck: always the same value"), "bad", "="),
    "restless": (later("Restless: much noise"), "warn", "~"),
    "unheard": (later("Never heard"), "", "–"),
}


def device_words(ask: Ask, device: str) -> str:
    """`Scales of fixture 3` for `scales/3`."""
    return device_named(device, ask.say)


def device_named(device: str, say: Callable[..., str]) -> str:
    """The same where texts are asked for without a request."""
    kind, _, name = device.partition("/")
    plate = device.removeprefix("plate ").rsplit("/", 2)
    if device.startswith("plate ") and len(plate) == 3:
        fixture, shelf, number = plate
        return say("Fixture %(fixture)s, shelf %(shelf)s, plate %(plate)s", fixture=fixture, shelf=shelf, plate=number)
    if kind not in KINDS or not name:
        return device
    # Many shops have one gate, which is called just that.
    return say(KINDS[kind][1], name="" if name == kind else name).strip()


def ago_words(ask: Ask, then_ns: int, now_ns: int) -> str:
    """`4 s ago`; a dash for what never was."""
    if not then_ns:
        return "–"
    seconds = max(0, now_ns - then_ns) // NS_PER_S
    if seconds < 1:
        return ask.say("now")
    if seconds < 120:
        return ask.say("%(count)s s ago", count=seconds)
    if seconds < 7200:
        return ask.say("%(count)s min ago", count=seconds // 60)
    return ask.say("%(count)s h ago", count=seconds // 3600)


def measured(value: float | None, digits: int = 0, unit: str = "") -> str:
    """A number with so many digits, a dash for none; its unit never wraps to the next line."""
    if value is None or math.isnan(value):
        return "–"
    text = f"{value:,.{digits}f}"
    if not float(text.replace(",", "")):
        text = text.removeprefix("-")
    return text + (f"\u00a0{unit}" if unit else "")
