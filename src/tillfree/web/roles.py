"""Who may do what: one table, read by every page and printed in the documentation."""

from typing import Literal, get_args

from tillfree.web.texts import later

__all__ = ["PERMISSIONS", "ROLES", "Permission", "Role", "may"]

Role = Literal["viewer", "associate", "manager", "engineer", "demo"]
Permission = Literal[
    "live.see",
    "visits.see",
    "evidence.see",
    "review.decide",
    "catalogue.see",
    "catalogue.change",
    "stock.see",
    "stock.change",
    "devices.see",
    "devices.change",
    "reports.see",
    "staff.change",
    "audit.see",
    "gate.see",
    "gate.change",
    "payments.see",
    "payments.refund",
    "disputes.decide",
    "integrations.change",
    "palms.see",
    "palms.change",
]

PERMISSIONS: dict[Permission, str] = {
    "live.see": later("See the floor, live carts and events"),
    "visits.see": later("See finished visits and their receipts"),
    "evidence.see": later("See the evidence of a line: route, hands, weights, pictures"),
    "review.decide": later("Decide cases that the model is unsure of"),
    "catalogue.see": later("See products and the planogram"),
    "catalogue.change": later("Change products, prices and the planogram"),
    "stock.see": later("See stock, alerts and the restocking list"),
    "stock.change": later("Count, restock, acknowledge alerts"),
    "devices.see": later("See the health of devices"),
    "devices.change": later("Calibrate plates; apply a new planogram at once"),
    "reports.see": later("See and export reports"),
    "staff.change": later("Add, change and remove staff"),
    "audit.see": later("See who saw and changed what"),
    "gate.see": later("See who was let in or refused at the gate, and why"),
    "gate.change": later("Check ages; serve shoppers; block and unblock credentials; close the gate"),
    "payments.see": later("See trips, payments and the ledger"),
    "payments.refund": later("Refund, and write off what cannot be collected"),
    "disputes.decide": later("Decide what shoppers say is wrong"),
    "integrations.change": later("Make keys for other systems and webhooks"),
    "palms.see": later("See how many palms are known, what their owners agreed to, and open a palm station"),
    "palms.change": later("Delete palms of an account, and revoke all"),
}

_VIEWER: frozenset[Permission] = frozenset({"live.see", "catalogue.see", "stock.see", "devices.see"})
_ASSOCIATE: frozenset[Permission] = _VIEWER.union(
    (
        "visits.see",
        "evidence.see",
        "review.decide",
        "stock.change",
        "gate.see",
        "gate.change",
        "disputes.decide",
        "palms.see",
    )
)
_MANAGER: frozenset[Permission] = _ASSOCIATE.union(
    ("catalogue.change", "reports.see", "staff.change", "audit.see", "payments.see", "payments.refund", "palms.change")
)
_ENGINEER: frozenset[Permission] = _VIEWER.union(
    (
        "visits.see",
        "evidence.see",
        "devices.change",
        "reports.see",
        "audit.see",
        "gate.see",
        "integrations.change",
        "palms.see",
    )
)

ROLES: dict[Role, frozenset[Permission]] = {
    "viewer": _VIEWER,
    "associate": _ASSOCIATE,
    "manager": _MANAGER,
    "engineer": _ENGINEER,
    # Everybody who opens the demo; there is no such role in a real shop.
    "demo": frozenset(get_args(Permission)),
}
"""What each role may do. Money and people are the manager's, devices the engineer's: neither may do everything."""


def may(role: str, permission: Permission) -> bool:
    """Whether somebody of that role may; a role that nobody knows may nothing."""
    return any(name == role and permission in allowed for name, allowed in ROLES.items())
