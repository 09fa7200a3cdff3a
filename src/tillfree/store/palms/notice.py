"""The notice about palms, from settings: what is kept, for what, for how long, and what people may ask for.

The sentences are our own and tell what this program does; whether they are enough where a shop stands is for its lawyer
to say. Sources of what they must tell: Regulation (EU) 2016/679, Art. 9(2)(a), 13 and 17; 740 ILCS 14/15 (Illinois
Biometric Information Privacy Act) as amended by Public Act 103-0769; Texas Business and Commerce Code, section 503.001.
"""

from pathlib import Path

import msgspec

from tillfree.core.errors import TillfreeError
from tillfree.store.palms.notice_settings import NoticeSettings

__all__ = ["Notice", "NoticeError", "make_notice", "parse_notice"]

_TEXT_BYTES_MAX = 100_000


class NoticeError(TillfreeError):
    """The text of a notice cannot be used; says why."""


class Notice(msgspec.Struct, frozen=True):
    """A notice as it is read: headings, each with its paragraphs."""

    version: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]


def make_notice(
    settings: NoticeSettings, *, store_name: str, version: str, inactive_days: int, simulated: bool = False
) -> Notice:
    """The notice of a store; `inactive_days` after the last use a palm is erased.

    Raises:
        NoticeError: a text of the shop's own cannot be read.
    """
    if settings.text_file:
        return Notice(version, parse_notice(_read(Path(settings.text_file))))
    who = settings.controller or store_name
    parts = [
        ("What happens", _what(simulated=simulated)),
        ("How long", _how_long(settings, inactive_days)),
        ("Your choice", _choice(settings)),
        ("Who answers for it", _who(settings, who)),
    ]
    laws = {"gdpr": _gdpr, "bipa": _bipa, "cubi": _cubi}
    parts += [laws[law](settings, who, inactive_days) for law in dict.fromkeys(settings.laws)]
    return Notice(version, tuple(parts))


def parse_notice(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """A text of the shop's own: `# Heading`, then paragraphs that blank lines part.

    Raises:
        NoticeError: there is no text in it.
    """
    parts: list[tuple[str, list[str]]] = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        words: list[str] = []
        for line in lines:
            if line.startswith("#"):
                parts.append((line.lstrip("# "), []))
            else:
                words.append(line)
        if words:
            if not parts:
                parts.append(("", []))
            parts[-1][1].append(" ".join(words))
    if not any(paragraphs for _, paragraphs in parts):
        raise NoticeError("the notice has no text: write what is kept, why and for how long, or leave text_file empty")
    return tuple((heading, tuple(paragraphs)) for heading, paragraphs in parts)


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise NoticeError(f"{path}: the notice cannot be read as UTF-8 text ({error})") from error
    if len(data) > _TEXT_BYTES_MAX:
        raise NoticeError(f"{path}: a notice of {len(data)} bytes is longer than anybody reads; write less")
    return text


def _what(*, simulated: bool) -> tuple[str, ...]:
    said = (
        "A camera looks at your open hand. From its pictures a program works out a palm template: numbers that tell "
        "your "
        "palm from others. The pictures are thrown away at once; only the template is kept, protected so that no "
        "picture "
        "can be made of it and that it says nothing in any other shop.",
        "It is used for the purposes that you tick, and for nothing else: to recognise you here when you hold your "
        "hand "
        "over a reader. It is not sold, not traded, not given to anybody, and not used to train programs.",
    )
    return (*said, "This is a demo: what it keeps is gone when it ends.") if simulated else said


def _how_long(settings: NoticeSettings, inactive_days: int) -> tuple[str, ...]:
    return (
        f"Until you take it back; otherwise until you have not used it for {inactive_days} days. Then the template, "
        f"what "
        f"was linked to it and the key without which it cannot be read are destroyed, in copies too, at the latest "
        f"within "
        f"{settings.policy_days} days. That you agreed, and that it was destroyed, stays noted under a number.",
    )


def _choice(settings: NoticeSettings) -> tuple[str, ...]:
    return (
        f"You need not do this. Instead you can use {settings.other_ways}, at the same price.",
        "You can take it back at any time, here at the station with your hand alone, or through the contact below; it "
        "is "
        "as easy as enrolling, and nothing that was right until then becomes wrong by it.",
    )


def _who(settings: NoticeSettings, who: str) -> tuple[str, ...]:
    where = f", {settings.address}" if settings.address else ""
    contact = f" Questions: {settings.contact}." if settings.contact else ""
    return (f"{who}{where}.{contact}",)


def _gdpr(settings: NoticeSettings, who: str, _days: int) -> tuple[str, tuple[str, ...]]:
    authority = settings.authority or "the data protection authority where you live or work"
    return (
        "In the European Union (GDPR)",
        (
            f"A palm template is biometric data, a special category. {who} processes it only because you agree "
            f"expressly "
            "(Art. 9(2)(a)). No decision about you is made by it beyond whether this is your palm, and it does not "
            "leave "
            "the machines of the shop.",
            "You may ask what is kept about you and receive it in a form that machines read, have it corrected or "
            "erased, "
            f"and take your consent back. You may complain to {authority}.",
        ),
    )


def _bipa(settings: NoticeSettings, who: str, days: int) -> tuple[str, tuple[str, ...]]:
    policy = settings.policy_address or "on the page Policy of this station"
    return (
        "In Illinois (BIPA)",
        (
            f"With this text {who} informs you in writing that a biometric identifier of your hand is collected and "
            "stored, for which purposes, and for how long. By pressing the button you give a written release, which "
            "may be "
            "electronic.",
            "It is destroyed when its purpose is over, or "
            f"{days} days after the last time you used it, whichever comes first, and never later than three years "
            f"after "
            f"that. Nobody profits from it, and it is disclosed to nobody. The schedule of keeping is public: "
            f"{policy}.",
        ),
    )


def _cubi(settings: NoticeSettings, who: str, _days: int) -> tuple[str, tuple[str, ...]]:
    return (
        "In Texas (CUBI)",
        (
            f"Before your hand is captured, {who} tells you that it is a biometric identifier captured for a "
            f"commercial "
            "purpose, and captures it only if you agree. It is neither sold nor leased nor disclosed, is guarded like "
            "the "
            "shop's most confidential data, and destroyed within "
            f"{settings.policy_days} days after its purpose is over, which is less than the year that the law allows.",
        ),
    )
