"""The screen at the exit: for some seconds the code of each receipt that was just made, without a reload."""

from urllib.parse import quote

import msgspec
from starlette.responses import RedirectResponse, Response

from tillfree.commerce.languages.words import Words
from tillfree.web.ask import Ask
from tillfree.web.shopper.codes import qr_data_uri
from tillfree.web.shopper.displays import desk_of, needs_sign_in, opened
from tillfree.web.shopper.speaking import shopper_page, words_for

__all__ = ["now", "show"]


class _Shown(msgspec.Struct, frozen=True):
    """One receipt on the screen; `link` is there in a demo, where no telephone reaches this machine."""

    number: str
    said: str
    code: str
    link: str = ""


def show(ask: Ask) -> Response:
    """The screen. Without scripts it loads itself anew every five seconds."""
    desk = desk_of(ask)
    answer = opened(ask)
    if answer is not None:
        return answer
    if needs_sign_in(ask):
        return RedirectResponse("/sign-in?to=/exit", 303)
    words, gate = words_for(ask), ask.query("gate", limit=64)
    return shopper_page(
        ask,
        "shopper/exit.html",
        words,
        receipts=_receipts(ask, words, gate),
        kiosk=desk.gives_paper_or_mail,
        feed=f"/exit/now?lang={words.code}&gate={quote(gate, safe='')}",
    )


def now(ask: Ask) -> Response:
    """What is on the screen now, for its script."""
    desk_of(ask)
    if needs_sign_in(ask):
        return ask.json({"receipts": []}, 401)
    return ask.json({"receipts": _receipts(ask, words_for(ask), ask.query("gate", limit=64))})


def _receipts(ask: Ask, words: Words, gate: str) -> list[_Shown]:
    desk = desk_of(ask)
    base = str(ask.request.base_url)
    return [
        _Shown(
            one.number,
            words.exit_number.format(number=one.number),
            qr_data_uri(desk.address_of(one.secret, base=base)),
            f"/r/{one.secret}" if ask.console.demo else "",
        )
        for one in desk.exits.showing(gate, desk.now_ns())
    ]
