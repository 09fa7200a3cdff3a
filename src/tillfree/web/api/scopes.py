"""What a key may be allowed to do: one table, read by the operations, the command line and the console."""

from typing import Literal, get_args

from tillfree.web.texts import later

__all__ = ["SCOPES", "Scope", "is_scope"]

Scope = Literal[
    "store:read",
    "products:read",
    "products:write",
    "stock:read",
    "stock:write",
    "visits:read",
    "trips:read",
    "trips:write",
    "trips:sell",
    "entries:write",
    "entries:present",
    "accounts:write",
    "palms:read",
    "palms:enrol",
    "palms:batch",
    "palms:invite",
    "palms:present",
    "palms:pay",
    "palms:write",
    "palms:export",
    "palms:manage",
    "palms:rotate",
    "palms:forget",
    "palms:prove",
    "payments:read",
    "payments:refund",
    "disputes:read",
    "disputes:decide",
    "webhooks:write",
    "events:read",
    "exports:read",
]

SCOPES: dict[Scope, str] = {
    "store:read": later("See whether the store is open and how full it is"),
    "products:read": later("Read products and prices"),
    "products:write": later("Change products and prices"),
    "stock:read": later("Read stock"),
    "stock:write": later("Enter counts of stock"),
    "visits:read": later("Read finished visits and what the model made of them"),
    "trips:read": later("Read trips and their receipts"),
    "trips:write": later("Note proofs of age, loyalty codes and coupons of trips that go on"),
    "trips:sell": later("Add to trips what staff hand over, and take it off again"),
    "entries:write": later("Issue codes with which shoppers enter"),
    "entries:present": later("Be a reader at a gate: show codes, badges and palms, and open it"),
    "accounts:write": later("Link cards, loyalty accounts and coupons to accounts"),
    "palms:read": later("Read the notice about palms, how many are enrolled, and which stations there are"),
    "palms:enrol": later("Enrol palms, with the consent of their owners"),
    "palms:batch": later("Enrol many people at once by pictures, which no station has signed"),
    "palms:invite": later("Invite people to enrol a palm at home, and send in their photos"),
    "palms:present": later("Be a palm station: recognise palms, and ask what they may do"),
    "palms:pay": later("Take money from whoever holds their hand over a palm station"),
    "palms:write": later("Change what palms are linked to, take consent back, and delete palms"),
    "palms:export": later("Export what is stored about the owner of a palm"),
    "palms:manage": later("Trust palm stations, and revoke all palms"),
    "palms:rotate": later("Wrap the keys of palms with a new one"),
    "palms:forget": later("Erase palms that are due to be forgotten"),
    "palms:prove": later("Prove that the log of the vault of palms is whole"),
    "payments:read": later("Read payments"),
    "payments:refund": later("Give money back"),
    "disputes:read": later("Read what shoppers say is wrong"),
    "disputes:decide": later("Decide what shoppers say is wrong"),
    "webhooks:write": later("Make, change, test and remove webhooks"),
    "events:read": later("Read what happened, in order"),
    "exports:read": later("Export sales and EPCIS documents"),
}


def is_scope(text: str) -> bool:
    """Whether there is such a scope."""
    return text in get_args(Scope)
