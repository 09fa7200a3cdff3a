"""What staff link to a palm whose owner stands before them: an account, points, a badge, a card by its token."""

from collections.abc import Callable

from starlette.responses import Response

from tillfree.storage.palm_vault.records import LinkedCard, Profile
from tillfree.store.palms.door_numbers import with_doors
from tillfree.store.palms.errors import NoPalmError, PalmDeskError
from tillfree.store.palms.linking import WORDS, with_links
from tillfree.store.palms.wallets import with_card
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError

__all__ = ["card", "doors", "link"]

_PAGE = "/palms"
_NAME_MAX = 100
_FIELDS = {"account": "linked", "loyalty": "loyalty", "badge": "badge"}
_TOKEN_MAX, _BRAND_MAX, _DIGITS = 500, 40, 4
_NUMBER_DIGITS = 10


def link(ask: Ask) -> Response:
    """Account, points and badge, in the place of what was; empty: none."""
    given = {name: _text(ask, field, WORDS[name]) for name, field in _FIELDS.items()}
    return _changed(ask, lambda one: with_links(one, **given), "palm.link")


def card(ask: Ask) -> Response:
    """One more card, which pays from now on."""
    last4 = _text(ask, "last4", _DIGITS)
    if last4 and not (last4.isascii() and last4.isdigit() and len(last4) == _DIGITS):
        return _back(ask, wrong=ask.say("Give the last four digits of the card, or none."))
    made = LinkedCard(token=_text(ask, "token", _TOKEN_MAX), brand=_text(ask, "brand", _BRAND_MAX), last4=last4)
    return _changed(ask, lambda one: with_card(one, made, default=True), "palm.card.add")


def doors(ask: Ask) -> Response:
    """Which doors of the settings open, and by which number; doors of others stay as they are."""
    desk = ask.console.palm_desk
    ours = () if desk is None else desk.settings.doors
    names = {door.name for door in ours}
    chosen = [name for name in ask.form.getlist("door") if isinstance(name, str) and name in names]
    typed = _text(ask, "number", _NUMBER_DIGITS)
    if typed and not (typed.isascii() and typed.isdigit()):
        return _back(ask, wrong=ask.say("Give the number by which the controllers of the doors know them, in digits."))

    def linked(profile: Profile) -> Profile:
        others = [name for name in profile.doors if name not in names]
        return with_doors(profile, [*others, *chosen], int(typed or 0), ours)

    return _changed(ask, linked, "palm.link")


def _changed(ask: Ask, change: Callable[[Profile], Profile], what: str) -> Response:
    desk, subject = ask.console.palm_desk, ask.text("palm", limit=_NAME_MAX)
    if desk is None:
        raise AskError(ask.say("This store knows no palms. The settings under [palm] turn them on."))
    try:
        desk.change(subject, change, by=ask.reader.name, what=what)
    except NoPalmError:
        return ask.back(_PAGE, wrong=ask.say("This palm is gone already."))
    except PalmDeskError as error:
        return _back(ask, wrong=str(error))
    ask.audit(what, subject)
    return _back(ask, done=ask.say("Linked. What the palm may be used for is what its owner agreed to."))


def _back(ask: Ask, *, wrong: str = "", done: str = "") -> Response:
    return ask.back(_PAGE, done=done, wrong=wrong, palm=ask.text("palm", limit=_NAME_MAX))


def _text(ask: Ask, name: str, longest: int) -> str:
    """What was typed. Raises AskError where it is too long, or cannot be printed."""
    given = ask.text(name, limit=longest).strip()
    if not given.isprintable():
        raise AskError(ask.say("Give printable characters only."))
    return given
