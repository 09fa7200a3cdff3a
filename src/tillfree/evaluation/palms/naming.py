"""Whose palm a picture shows, read from where it lies and what it is called."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

import msgspec

from tillfree.evaluation.errors import EvaluationError
from tillfree.palm.samples import Band

__all__ = ["Naming", "Owner", "guess_naming", "namesakes", "pattern_naming"]

_HANDS = {"l": "left", "left": "left", "r": "right", "right": "right"}
_SESSION = re.compile(r"(?:session|sess|s)[ _-]?(\d+)$", re.IGNORECASE)
_BANDED = re.compile(
    r"(?P<person>[^_/]+)_(?P<hand>l|r|left|right)_(?P<light>\d{3,4}|[A-Za-z]{3})_(?P<number>\d+)$", re.IGNORECASE
)
_SIDED = re.compile(r"(?P<person>[^_/]+)_(?P<hand>left|right|l|r)(?:_.*)?$", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<number>\d+)$")
_PER_PERSON = re.compile(r"(?P<session>\d+)_\d+")
_NIR_FROM_NM = 700
_BANDED_PER_SESSION, _NUMBERED_PER_PALM = 3, 10


class Owner(msgspec.Struct, frozen=True):
    """Of whom a picture is: a person, one of their hands (or ""), the session (or ""), and the light if it is said."""

    person: str
    hand: str = ""
    session: str = ""
    band: Band | None = None


class Naming(msgspec.Struct, frozen=True):
    """How names are read, in words, and the function that does it: a path below the folder to an owner, or None."""

    words: str
    owner: Callable[[PurePosixPath], Owner | None]


def pattern_naming(pattern: str, *, group: int = 0, per_session: int = 0) -> Naming:
    """By a pattern of the path below the folder.

    It is a regular expression with the parts person, hand, session, number, of which person is needed; or a shape with
    {person}, {hand}, {session}, {number} and * for anything. The path is without its ending.

    Raises:
        EvaluationError: the pattern is none, or has no person.
    """
    expression = pattern if "(?P<" in pattern else _from_shape(pattern)
    try:
        compiled = re.compile(expression)
    except re.error as error:
        raise EvaluationError(f"--identity {pattern}: no regular expression ({error})") from error
    if not {"person", "number"} & set(compiled.groupindex) or (not group and "person" not in compiled.groupindex):
        raise EvaluationError(f"--identity {pattern}: it has no part (?P<person>...) or {{person}}")

    def owner(path: PurePosixPath) -> Owner | None:
        match = compiled.fullmatch(path.with_suffix("").as_posix())
        return _owner(match.groupdict(), group, per_session) if match else None

    return Naming(f"by the pattern {pattern}", owner)


def guess_naming(paths: Sequence[PurePosixPath], *, group: int = 0, per_session: int = 0) -> Naming:
    """The first layout that all pictures fit.

    1. PERSON_side_BAND_NUMBER: three consecutive numbers are a session, unless `per_session` says otherwise.
    2. PERSON_side_ANYTHING.
    3. Folders by session with numbered pictures, of which `group` (10 unless it is said) in a row show one palm.
    4. Folders by person, perhaps with folders by hand or session in them or around them; of names such as 1_01 the
       first number is the session.

    Raises:
        EvaluationError: none fits.
    """
    stems = [path.stem for path in paths]
    if not group and all(_BANDED.match(stem) for stem in stems):
        count = per_session or _BANDED_PER_SESSION
        words = f"names PERSON_side_BAND_NUMBER, {count} numbers in a row are one session"
        return Naming(words, lambda path: _named(_BANDED, path, per_session=count))
    if not group and all(_SIDED.match(stem) for stem in stems):
        return Naming("names PERSON_side_ANYTHING", lambda path: _named(_SIDED, path, per_session=per_session))
    in_sessions = all(len(path.parts) > 1 and _SESSION.match(path.parts[-2]) for path in paths)
    if all(_NUMBERED.match(stem) for stem in stems) and (group or in_sessions):
        count = group or _NUMBERED_PER_PALM
        words = f"numbered pictures, {count} in a row show one palm"
        return Naming(words, lambda path: _numbered(path, count))
    if all(len(path.parts) > 1 and _person_folders(path) for path in paths):
        numbered = all(_PER_PERSON.match(stem) for stem in stems)
        words = "a folder for each person" + (", names begin with the session" if numbered else "")
        return Naming(words, lambda path: _in_folders(path, numbered))
    raise EvaluationError(
        "the pictures lie in no layout that is known (folders by person, PERSON_side_NAME, numbered pictures in "
        "folders by session): say how they are named with --identity"
    )


def namesakes(persons: Iterable[str]) -> list[str]:
    """Names of folders that several persons have, which differ only in the folders around them."""
    count = Counter(person.rsplit("/", 1)[-1] for person in persons)
    return sorted(name for name, often in count.items() if often > 1)


def _from_shape(shape: str) -> str:
    parts = re.split(r"(\{person\}|\{hand\}|\{session\}|\{number\}|\*)", shape)
    return "".join(
        ".*" if part == "*" else f"(?P<{part[1:-1]}>[^/_]+)" if part.startswith("{") else re.escape(part)
        for part in parts
    )


def _owner(parts: dict[str, str | None], group: int, per_session: int) -> Owner:
    number = int(digits) if (digits := parts.get("number") or "").isdigit() else 0
    person = parts.get("person") or ""
    if group and number:
        person = f"{person}{(number - 1) // group}"
    session = parts.get("session") or ""
    if per_session and number and not session:
        session = str((number - 1) // per_session + 1)
    hand = (parts.get("hand") or "").lower()
    return Owner(person, _HANDS.get(hand, hand), session, _band(parts.get("light") or ""))


def _band(light: str) -> Band | None:
    if light.isdigit():
        return "nir" if int(light) >= _NIR_FROM_NM else "visible"
    return "visible" if light.lower() in {"wht", "vis", "rgb"} else None


def _named(expression: re.Pattern[str], path: PurePosixPath, *, per_session: int) -> Owner | None:
    match = expression.match(path.stem)
    return _owner(match.groupdict(), 0, per_session) if match else None


def _numbered(path: PurePosixPath, group: int) -> Owner | None:
    match = _NUMBERED.match(path.stem)
    if not match:
        return None
    session = path.parts[-2] if len(path.parts) > 1 else ""
    return Owner(str((int(match["number"]) - 1) // group + 1), session=session)


def _person_folders(path: PurePosixPath) -> list[str]:
    return [part for part in path.parts[:-1] if part.lower() not in _HANDS and not _SESSION.match(part)]


def _in_folders(path: PurePosixPath, numbered: bool) -> Owner | None:
    hands = [_HANDS[part.lower()] for part in path.parts[:-1] if part.lower() in _HANDS]
    sessions = [part for part in path.parts[:-1] if _SESSION.match(part)]
    people = _person_folders(path)
    if not people:
        return None
    match = _PER_PERSON.match(path.stem)
    session = match["session"] if numbered and match and not sessions else "/".join(sessions)
    return Owner("/".join(people), hands[-1] if hands else "", session)
