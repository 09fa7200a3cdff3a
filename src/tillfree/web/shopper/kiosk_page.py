"""The kiosk: the number from the exit and an e-mail address, or a printed receipt. It shows nobody's receipt."""

from starlette.responses import RedirectResponse, Response

from tillfree.commerce.errors import CommerceError
from tillfree.commerce.escpos import EscPosPrinter, can_print, render_escpos
from tillfree.connectors.printing import PrinterUnavailable, print_bytes
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.receipts.errors import NothingAsked
from tillfree.web.ask import Ask
from tillfree.web.shopper.displays import desk_of, needs_sign_in, opened
from tillfree.web.shopper.speaking import shopper_page, words_for

__all__ = ["send", "show"]


def show(ask: Ask) -> Response:
    """The form."""
    desk_of(ask)
    answer = opened(ask)
    if answer is not None:
        return answer
    if needs_sign_in(ask):
        return RedirectResponse("/sign-in?to=/kiosk", 303)
    done = ask.query("done", limit=10)
    return _form(ask, done=done if done in ("sent", "printed") else "")


def send(ask: Ask) -> Response:
    """Sends or prints the receipt with that number."""
    desk = desk_of(ask)
    if needs_sign_in(ask):
        return RedirectResponse("/sign-in?to=/kiosk", 303)
    words = words_for(ask)
    if desk.exits.is_guessed_at(desk.now_ns()):
        answer = _form(ask, wrong=words.too_many, status=429)
        answer.headers["Retry-After"] = "60"
        return answer
    number = ask.text("number", limit=20).strip()
    if ask.text("do", "send", limit=10) == "print" and desk.settings.receipts.printer_host:
        return _print(ask, desk, number)
    address = ask.text("email", limit=300).strip()
    try:
        sent = desk.send_to(number, address, words.code)
    except NothingAsked:
        return _form(ask, wrong=words.kiosk_no_email, status=400)
    if not sent:
        return _form(ask, wrong=words.kiosk_unknown, status=404)
    return RedirectResponse(f"/kiosk?lang={words.code}&done=sent", 303)


def _print(ask: Ask, desk: ReceiptDesk, number: str) -> Response:
    words, settings = words_for(ask), desk.settings.receipts
    found = desk.numbered(number)
    if found is None:
        return _form(ask, wrong=words.kiosk_unknown, status=404)
    one, shown = found
    try:
        printer = EscPosPrinter(columns=settings.printer_columns, japanese=settings.printer_japanese)
        layout = desk.layout(shown, words.code if can_print(words.code, printer) else "en")
        link = desk.address_of(desk.make_link(shown.trip.id)) if settings.address else ""
        print_bytes(render_escpos(layout, printer, link=link), settings.printer_host, settings.printer_port)
    except (PrinterUnavailable, CommerceError) as error:
        ask.audit("receipt.print refused", detail=str(error)[:200])
        return _form(ask, wrong=words.kiosk_no_printer, status=503)
    desk.exits.used(one.number)
    return RedirectResponse(f"/kiosk?lang={words.code}&done=printed", 303)


def _form(ask: Ask, *, wrong: str = "", done: str = "", status: int = 200) -> Response:
    words, desk = words_for(ask), desk_of(ask)
    number = ask.form.get("number", "")
    return shopper_page(
        ask,
        "shopper/kiosk.html",
        words,
        status,
        wrong=wrong,
        done={"sent": words.kiosk_sent, "printed": words.kiosk_printed}.get(done, ""),
        number=number[:4] if isinstance(number, str) and wrong else "",
        prints=bool(desk.settings.receipts.printer_host),
        mails=bool(desk.settings.mail.host),
    )
