"""Arabic letters as they join, and text as it runs, for papers whose maker knows neither.

Which form a letter has next to others is read from the presentation forms of Unicode (block Arabic Presentation
Forms-B, whose decompositions name the letter and the form); the order on the line is the Unicode Bidirectional
Algorithm (UAX #9), as fpdf2 has it.
"""

import functools
import unicodedata

from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

__all__ = ["joined", "visual"]

_FORMS = range(0xFE70, 0xFEFD)
_TATWEEL = "\u0640"
_LAM = "\u0644"


@functools.cache
def _forms() -> dict[str, dict[str, str]]:
    """Of each letter (or of lam with alef) its forms: isolated, final, initial, medial."""
    found: dict[str, dict[str, str]] = {}
    for code in _FORMS:
        form, *letters = unicodedata.decomposition(chr(code)).split()[:3] or [""]
        # Marks that stand on a blank or a tatweel are no letters.
        if letters and letters[0] not in ("0020", "0640"):
            base = "".join(chr(int(letter, 16)) for letter in letters)
            found.setdefault(base, {})[form.strip("<>")] = chr(code)
    return found


def joined(text: str) -> str:
    """The letters in the forms that they have beside each other; all other text is left as it is."""
    forms = _forms()
    if not any(letter in forms for letter in text):
        return text
    shown: list[str] = []
    before_joins = False
    place = 0
    while place < len(text):
        letter = text[place]
        if unicodedata.category(letter) == "Mn":  # a mark above or below changes nothing
            shown.append(letter)
            place += 1
            continue
        pair = text[place : place + 2]
        letter = pair if letter == _LAM and pair in forms else letter
        place += len(letter)
        known = forms.get(letter, {})
        takes = "final" in known or letter == _TATWEEL
        gives = "initial" in known or letter == _TATWEEL
        after = _next_letter(text, place)
        joins_after = gives and (after == _TATWEEL or "final" in forms.get(after, {}))
        joins_before = before_joins and takes
        form = ("medial" if joins_after else "final") if joins_before else ("initial" if joins_after else "isolated")
        shown.append(known.get(form, letter))
        before_joins = gives
    return "".join(shown)


def visual(text: str, *, right_to_left: bool = False) -> str:
    """One line in the order in which its letters stand from left to right.

    Names and amounts without a letter of such a script stay as they are, as if each were isolated from the rest.
    """
    if not any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):
        return text
    base = TextDirection.RTL if right_to_left else TextDirection.LTR
    return BidiParagraph(joined(text), base_direction=base).get_reordered_string()


def _next_letter(text: str, place: int) -> str:
    return next((letter for letter in text[place:] if unicodedata.category(letter) != "Mn"), "")
