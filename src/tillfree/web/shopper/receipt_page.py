"""The page behind a secret link: the receipt, its PDF, and what is wrong with it, line by line."""

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import RedirectResponse, Response

from tillfree.commerce.display import display_text
from tillfree.commerce.disputes import REASONS, Claim
from tillfree.commerce.languages.formats import amount_in, day_in
from tillfree.commerce.languages.words import Words
from tillfree.commerce.layout import LineLayout
from tillfree.store.receipts.desk import ReceiptDesk, ShopperReceipt
from tillfree.store.receipts.errors import NothingAsked, NotOurs, TooLate
from tillfree.web.ask import Ask
from tillfree.web.shopper.displays import desk_of
from tillfree.web.shopper.guessing import Guesses, client_address
from tillfree.web.shopper.speaking import shopper_page, words_for

if TYPE_CHECKING:
    from tillfree.web.shopper.pdf import PdfMaker

__all__ = ["ReceiptPages"]

_NOTE_MAX = 500
_TOLD = ("refunded", "open", "already")
_SENSORS = ("not_taken", "fewer", "put_back")


class _Line(msgspec.Struct, frozen=True):
    """A line with what was said against it, and whether that can still be done."""

    line: LineLayout
    said: str
    answer: str
    disputable: bool


class _Open(msgspec.Struct, frozen=True):
    """A receipt that somebody has the link of."""

    desk: ReceiptDesk
    shown: ShopperReceipt
    words: Words
    secret: str

    @property
    def address(self) -> str:
        return f"/r/{self.secret}"


class ReceiptPages:
    """The pages; who tries links that lead nowhere has to wait."""

    def __init__(self) -> None:
        self._guesses = Guesses()
        self._makers: dict[str, PdfMaker] = {}

    def show(self, ask: Ask) -> Response:
        """The receipt."""
        found = self._open(ask)
        if isinstance(found, Response):
            return found
        layout = found.desk.layout(found.shown, found.words.code)
        now_ns = found.desk.now_ns()
        told = ask.query("told", limit=20)
        return shopper_page(
            ask,
            "shopper/receipt.html",
            found.words,
            layout=layout,
            address=found.address,
            lines=[self._line(found, line, now_ns) for line in layout.lines],
            link_until=day_in(found.shown.until_ns, found.words.code, found.desk.zone),
            open_until=day_in(found.shown.open_until_ns, found.words.code, found.desk.zone),
            still_open=now_ns < found.shown.open_until_ns,
            pays_here=found.shown.pays_here,
            has_pdf=self._maker(found.desk).can_make(layout),
            told=self._told(found, told, ask.query("line", limit=6)) if told in _TOLD else "",
        )

    def pdf(self, ask: Ask) -> Response:
        """The same as a file."""
        found = self._open(ask)
        if isinstance(found, Response):
            return found
        data = self._maker(found.desk)(found.desk.layout(found.shown, found.words.code))
        if data is None:
            return _gone(ask, found.words, found.words.no_pdf)
        return Response(
            data,
            media_type="application/pdf",
            headers={
                "Content-Disposition": 'inline; filename="receipt.pdf"',
                "X-Robots-Tag": "noindex, nofollow",
                "Cache-Control": "no-store",
                "Content-Language": found.words.code,
            },
        )

    def ask_what(self, ask: Ask) -> Response:
        """The form: what is wrong with this line."""
        found = self._open(ask)
        return found if isinstance(found, Response) else self._form(ask, found)

    def tell(self, ask: Ask) -> Response:
        """A shopper says what is wrong."""
        found = self._open(ask)
        if isinstance(found, Response):
            return found
        place = int(ask.request.path_params["line"])
        reason, note = ask.text("reason", limit=20), ask.text("note", limit=4 * _NOTE_MAX)[:_NOTE_MAX]
        really = ask.text("really", "0", limit=6).strip()
        if reason not in REASONS or not (really.isascii() and really.isdigit()):
            return self._form(ask, found, wrong=found.words.fewer_please)
        taken = int(really) if reason in _SENSORS else 0
        claim = Claim(line=place, reason=reason, really=taken, note=note)
        try:
            made, new = found.desk.dispute(found.shown, claim)
        except (NothingAsked, NotOurs):
            return self._form(ask, found, wrong=found.words.fewer_please)
        except TooLate:
            return self._form(ask, found, wrong=found.words.wrong_over)
        told = ("open" if made.status == "open" else "refunded") if new else "already"
        return RedirectResponse(f"{found.address}?lang={found.words.code}&told={told}&line={place}#told", 303)

    def _form(self, ask: Ask, found: _Open, wrong: str = "") -> Response:
        place = int(ask.request.path_params["line"])
        layout = found.desk.layout(found.shown, found.words.code)
        now_ns = found.desk.now_ns()
        line = self._line(found, layout.lines[place], now_ns) if place < len(layout.lines) else None
        if line is None or not line.disputable:
            return RedirectResponse(f"{found.address}?lang={found.words.code}", 303)
        reason, many = ask.form.get("reason", ""), found.shown.receipt.lines[place].quantity
        return shopper_page(
            ask,
            "shopper/wrong.html",
            found.words,
            400 if wrong else 200,
            layout=layout,
            address=found.address,
            line=line.line,
            quantity=many,
            reasons=[(key, getattr(found.words, f"reason_{key}")) for key in REASONS if key != "fewer" or many > 1],
            chosen=reason if isinstance(reason, str) else "",
            wrong=wrong,
            note_max=_NOTE_MAX,
        )

    def _line(self, found: _Open, line: LineLayout, now_ns: int) -> _Line:
        dispute = found.shown.dispute_of(line.number)
        kept = found.shown.receipt.lines[line.number]
        charged = kept.charged
        can = dispute is None and charged is not None and charged.minor > 0
        can = can and found.shown.pays_here and now_ns < found.shown.open_until_ns
        # What went back stands under the line already.
        said = {"open": found.words.status_open, "rejected": found.words.status_rejected}
        answer = "" if dispute is None else display_text(dispute.answer)
        return _Line(
            line,
            "" if dispute is None else said.get(dispute.status, ""),
            found.words.answer.format(answer=answer) if answer else "",
            can,
        )

    def _told(self, found: _Open, told: str, place: str) -> str:
        """What is said once after a form was sent."""
        if told == "already":
            return found.words.already
        number = int(place) if place.isascii() and place.isdigit() else -1
        dispute = found.shown.dispute_of(number)
        if dispute is None:
            return ""
        if dispute.given.minor:
            return found.words.thanks_refunded.format(amount=amount_in(dispute.given, found.words.code))
        return found.words.thanks_open

    def _open(self, ask: Ask) -> _Open | Response:
        """The receipt that the address leads to, or what is answered instead; the same whatever is wrong with it."""
        desk = desk_of(ask)
        whose, now_ns = client_address(ask), ask.console.now_ns()
        if self._guesses.too_many(whose, now_ns):
            words = words_for(ask)
            answer = _gone(ask, words, words.too_many, 429)
            answer.headers["Retry-After"] = "60"
            return answer
        secret = str(ask.request.path_params["secret"])
        shown = desk.receipt_of(secret)
        if shown is None:
            self._guesses.wrong(whose, now_ns)
            words = words_for(ask)
            return _gone(ask, words, words.gone)
        return _Open(desk, shown, words_for(ask, shown.trip.language), secret)

    def _maker(self, desk: ReceiptDesk) -> "PdfMaker":
        # What makes PDFs takes a second to load, which a console should not wait for at its start.
        from tillfree.web.shopper.pdf import PdfMaker  # noqa: PLC0415

        font = desk.settings.receipts.pdf_font
        if font not in self._makers:
            self._makers[font] = PdfMaker(font)
        return self._makers[font]


def _gone(ask: Ask, words: Words, message: str, status: int = 404) -> Response:
    return shopper_page(ask, "shopper/gone.html", words, status, message=message, title=words.gone_title)
