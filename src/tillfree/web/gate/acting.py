"""What staff do at the gate: note a proof of age, block and unblock, close and open. All of it is in the audit log."""

from urllib.parse import quote

from starlette.responses import Response

from tillfree.core.ids import TripId
from tillfree.core.time import NS_PER_DAY
from tillfree.storage.database.entry import EVERY_GATE
from tillfree.storage.database.errors import DatabaseError
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.entry.errors import EntryError
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError
from tillfree.web.gate.words import gate_name

__all__ = ["block", "check_age", "close", "find", "reopen", "unblock"]

_PAGE = "/gate"
_NAME_MAX = 200
_CODE_MAX = 500
_WHY_MAX = 200
_DAYS_MAX = 3650
_KINDS = ("badge", "account")
_AGE_MAX = 120


def check_age(ask: Ask) -> Response:
    """Somebody saw a proof of age of everybody of a trip; 0 takes it back."""
    age_years = ask.number("age", 0, _AGE_MAX)
    try:
        _desk(ask).check_age(TripId(ask.text("trip", limit=_NAME_MAX)), age_years, by=ask.reader.name)
    except EntryError as error:
        return ask.back(_PAGE, wrong=str(error))
    if not age_years:
        return ask.back(_PAGE, done=ask.say("The proof of age is taken back."))
    return ask.back(_PAGE, done=ask.say("Noted: a proof of age of %(age)s years or more.", age=age_years))


def block(ask: Ask) -> Response:
    """The credential of a trip that goes on, a badge or an account is let in no more."""
    why, days = ask.text("why", limit=_WHY_MAX).strip(), ask.number("days", 0, _DAYS_MAX, default=0)
    if not why:
        return ask.back(_PAGE, wrong=ask.say("Say why: whoever takes the block back must know."))
    now_ns = ask.console.now_ns()
    until_ns = now_ns + days * NS_PER_DAY if days else 0
    trip = TripId(ask.text("trip", limit=_NAME_MAX))
    if trip:
        try:
            number = ask.database.block_trip(trip, why=why, by=ask.reader.name, time_ns=now_ns, until_ns=until_ns)
        except DatabaseError as error:
            return ask.back(_PAGE, wrong=str(error))
    else:
        kind, value = ask.text("kind", limit=40), ask.text("value", limit=_NAME_MAX).strip()
        if kind not in _KINDS or not value:
            return ask.back(_PAGE, wrong=ask.say("Give the number of a badge, or an account."))
        fingerprint = _desk(ask).known_as(kind, value)
        number = ask.database.add_block(fingerprint, why=why, by=ask.reader.name, time_ns=now_ns, until_ns=until_ns)
    ask.audit("gate.block", str(number))
    return ask.back(_PAGE, done=ask.say("Blocked; it is let in no more."))


def unblock(ask: Ask) -> Response:
    """Takes a block back."""
    number = ask.number("number", 1, 2**62)
    if not ask.database.remove_block(number):
        return ask.back(_PAGE, wrong=ask.say("This block is gone already."))
    ask.audit("gate.unblock", str(number))
    return ask.back(_PAGE, done=ask.say("The block is taken back."))


def find(ask: Ask) -> Response:
    """Leads to the trip of a shopper whom the retailer's system knows; what was asked for is written down nowhere."""
    code, phone = ask.text("code", limit=_CODE_MAX).strip(), ask.text("kind", limit=10) == "phone"
    if not code:
        return ask.back(_PAGE, wrong=ask.say("Scan the shopper's code, or give their phone number."))
    try:
        trip = _desk(ask).find_shopper(code, phone=phone)
    except EntryError as error:
        return ask.back(_PAGE, wrong=str(error))
    ask.audit("gate.find")
    return ask.back(f"/trips/{quote(trip, safe='')}/items")


def close(ask: Ask) -> Response:
    """Nobody but staff is let in at a gate, or at any."""
    gate = ask.text("gate", limit=_NAME_MAX)
    ask.database.close_gate(gate, ask.reader.name, ask.console.now_ns())
    ask.audit("gate.close", gate)
    return ask.back(_PAGE, done=ask.say("%(gate)s lets in nobody but staff.", gate=_named(ask, gate)))


def reopen(ask: Ask) -> Response:
    """Takes that back."""
    gate = ask.text("gate", limit=_NAME_MAX)
    ask.database.open_gate(gate)
    ask.audit("gate.open", gate)
    return ask.back(_PAGE, done=ask.say("%(gate)s is open again.", gate=_named(ask, gate)))


def _named(ask: Ask, gate: str) -> str:
    return ask.say("Every gate") if gate == EVERY_GATE else gate_name(gate, ask.say)


def _desk(ask: Ask) -> EntryDesk:
    if ask.console.desk is None:
        raise AskError(ask.say("The door of this store is open: no gate asks here."))
    return ask.console.desk
