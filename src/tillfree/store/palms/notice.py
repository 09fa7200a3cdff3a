"""The notice about palms, from settings: what is kept, for what, for how long, and what people may ask for.

The sentences are our own and tell what this program does; whether they are enough where a shop stands is for its lawyer
to say. Sources of what they must tell: Regulation (EU) 2016/679, Art. 9(2)(a), 13 and 17; 740 ILCS 14/15 (Illinois
Biometric Information Privacy Act) as amended by Public Act 103-0769; Texas Business and Commerce Code, section 503.001.
"""

import dataclasses
from pathlib import Path

import msgspec

from tillfree.core.errors import TillfreeError
from tillfree.store.palms.notice_english import ENGLISH
from tillfree.store.palms.notice_french import FRENCH
from tillfree.store.palms.notice_german import GERMAN
from tillfree.store.palms.notice_settings import Law, NoticeSettings
from tillfree.store.palms.notice_spanish import SPANISH
from tillfree.store.palms.notice_wording import Part, Wording
from tillfree.store.palms.settings import PalmSettings

__all__ = ["WORDINGS", "Notice", "NoticeError", "Notices", "make_notices", "notices_of_store", "parse_notice"]

WORDINGS = {one.language: one for one in (GERMAN, ENGLISH, SPANISH, FRENCH)}
"""Our own texts, by their language."""
_TEXT_BYTES_MAX = 100_000


class NoticeError(TillfreeError):
    """The text of a notice cannot be used; says why."""


class Notice(msgspec.Struct, frozen=True):
    """A notice as it is read: headings, each with its paragraphs, all in one language; and of which laws it tells."""

    version: str
    language: str
    parts: tuple[Part, ...]
    laws: tuple[Law, ...] = ()

    @property
    def text(self) -> str:
        """The same as plain text, as `parse_notice` reads it."""
        blocks = [block for heading, those in self.parts for block in ((f"# {heading}" if heading else ""), *those)]
        return "\n\n".join(filter(None, blocks)) + "\n"


@dataclasses.dataclass(frozen=True, slots=True)
class Notices:
    """One notice in all languages that it is there in; the first is for whoever reads none of them."""

    all: tuple[Notice, ...]

    @property
    def version(self) -> str:
        """The same of each."""
        return self.all[0].version

    @property
    def languages(self) -> tuple[str, ...]:
        """In which it can be read; the first is that of the shop."""
        return tuple(one.language for one in self.all)

    def find(self, language: str) -> Notice | None:
        """The notice in that language; None where it is not there."""
        return next((one for one in self.all if one.language == language), None)


def make_notices(
    settings: NoticeSettings, *, store_name: str, version: str, inactive_days: int, simulated: bool = False
) -> Notices:
    """The notice of a store; `inactive_days` after the last use a palm is erased.

    A text of the shop's own is there in the language that the settings name, and in no other.

    Raises:
        NoticeError: a text of the shop's own cannot be read, or there is none of ours in the language of the shop.
    """
    laws = tuple(dict.fromkeys(settings.laws))
    if settings.text_file:
        parts = parse_notice(_read(Path(settings.text_file)))
        return Notices((Notice(version, settings.language, parts, laws),))
    if settings.language not in WORDINGS:
        raise NoticeError(
            f"palm.notice.language: there is no text of ours in {settings.language!r}, only in {', '.join(WORDINGS)}; "
            "name one of these, or your own text as text_file"
        )
    wordings = sorted(WORDINGS.values(), key=lambda one: one.language != settings.language)
    return Notices(
        tuple(
            Notice(version, one.language, _parts(one, settings, laws, store_name, inactive_days, simulated), laws)
            for one in wordings
        )
    )


def notices_of_store(palm: PalmSettings, store_name: str) -> Notices:
    """The notice that the settings of a store want. Raises NoticeError."""
    version, days = palm.notice_version, palm.inactive_days
    return make_notices(palm.notice, store_name=store_name, version=version, inactive_days=days)


def parse_notice(text: str) -> tuple[Part, ...]:
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


def _parts(
    wording: Wording,
    settings: NoticeSettings,
    laws: tuple[Law, ...],
    store_name: str,
    inactive_days: int,
    simulated: bool,
) -> tuple[Part, ...]:
    who = settings.controller or store_name
    where = f", {settings.address}" if settings.address else ""
    contact = " " + wording.questions.format(contact=settings.contact) if settings.contact else ""
    heading, said = wording.what
    places = {
        "who": who,
        "other_ways": settings.other_ways or wording.other_ways,
        "authority": settings.authority or wording.authority,
        "policy": settings.policy_address or wording.policy,
        "inactive_days": inactive_days,
        "policy_days": settings.policy_days,
    }
    told = [(heading, (*said, wording.demo) if simulated else said), wording.how_long, wording.choice]
    by_law = {"gdpr": wording.gdpr, "bipa": wording.bipa, "cubi": wording.cubi}
    filled = [_filled(part, places) for part in (*told, *(by_law[law] for law in laws))]
    answers = (wording.who, (f"{who}{where}.{contact}",))
    return (*filled[: len(told)], answers, *filled[len(told) :])


def _filled(part: Part, places: dict[str, object]) -> Part:
    heading, paragraphs = part
    return heading, tuple(paragraph.format_map(places) for paragraph in paragraphs)
