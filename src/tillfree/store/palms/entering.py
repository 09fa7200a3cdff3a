"""A palm at a gate: whoever is recognised comes in on what they linked, as with any other credential."""

import dataclasses
from collections.abc import Sequence

from tillfree.store.entry.desk import EntryAnswer, EntryDesk
from tillfree.store.palms.answers import PalmAnswer
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.policy import Use
from tillfree.store.palms.recogniser import Sample

__all__ = ["PalmEntry", "enter_by_palm", "let_in"]


@dataclasses.dataclass(frozen=True, slots=True)
class PalmEntry:
    """What the desk of palms said, and the gate; `gate` is None where the palm was not recognised, or may not enter."""

    palm: PalmAnswer
    gate: EntryAnswer | None = None

    @property
    def opens(self) -> bool:
        """Whether the gate opens."""
        return self.gate is not None and self.gate.opens

    @property
    def message(self) -> str:
        """What the display says."""
        return self.palm.message if self.gate is None else self.gate.message


def enter_by_palm(
    palms: PalmDesk,
    entry: EntryDesk,
    gate: str,
    samples: Sequence[Sample],
    *,
    group_size: int = 1,
    hold_minor: int = 0,
    pin: str = "",
    card: str = "",
) -> PalmEntry:
    """Recognises, and opens the gate. `hold_minor` is what is put aside at the gate: over an amount it asks for a PIN.

    That nobody was recognised is told to the gate's statistics; a hand that could not be read is not.
    """
    answer = palms.attend(samples, Use("enter", station=gate), by=gate)
    return let_in(palms, entry, gate, answer, group_size=group_size, hold_minor=hold_minor, pin=pin, card=card)


def let_in(
    palms: PalmDesk,
    entry: EntryDesk,
    gate: str,
    answer: PalmAnswer,
    *,
    group_size: int = 1,
    hold_minor: int = 0,
    pin: str = "",
    card: str = "",
) -> PalmEntry:
    """The same after the desk of palms has answered whether somebody may enter, as where a PIN was asked for since."""
    if answer.reason == "unknown":
        entry.turned_away(gate, "palm", "unknown")
    if answer.allowed and palms.profile(answer.subject).role == "shopper":
        pays = Use("pay", station=gate, amount_minor=hold_minor, pin=pin, card=card)
        reason = palms.may(answer.subject, pays)
        answer = dataclasses.replace(answer, reason=reason)
    if not answer.allowed:
        return PalmEntry(answer)
    return PalmEntry(answer, entry.present(gate, palms.match(answer), group_size=group_size))
