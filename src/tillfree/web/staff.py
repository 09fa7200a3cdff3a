"""Staff: who may sign in and with which role, and everybody's own password."""

import threading
from typing import cast

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.storage.database.errors import DatabaseError, LockedError
from tillfree.storage.database.staff import PASSWORD_MIN, User
from tillfree.storage.database.staff import ROLES as STAFF_ROLES
from tillfree.storage.database.staff import Role as StaffRole
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError, NotThere
from tillfree.web.roles import PERMISSIONS, ROLES, Permission, Role, may
from tillfree.web.routing import act, view
from tillfree.web.texts import later

__all__ = ["routes"]

_ROLE_NAMES: dict[str, str] = {
    "viewer": later("Viewer"),
    "associate": later("Associate"),
    "manager": later("Manager"),
    "engineer": later("Engineer"),
}
_MAY_MANAGE: Permission = "staff.change"


def routes() -> list[BaseRoute]:
    """The list of staff, what is done to it, and the page of one's own password."""
    pages = _StaffPages()
    return [
        view("/staff", pages.page, "staff.change"),
        act("/staff/add", pages.add, "staff.change"),
        act("/staff/role", pages.role, "staff.change"),
        act("/staff/password", pages.password, "staff.change"),
        act("/staff/remove", pages.remove, "staff.change"),
        # Whoever is signed in may see the floor, so this is for everybody.
        view("/staff/me", _me, "live.see"),
        act("/staff/me", _change_mine, "live.see"),
    ]


class _StaffPages:
    """One lock around look and change: of two managers who remove each other, one stays."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def page(self, ask: Ask) -> Response:
        """Everybody, and what each role may."""
        return _list_page(ask)

    def add(self, ask: Ask) -> Response:
        """Somebody new; what was typed is kept where it is refused, but for the passwords."""
        name, role = ask.text("name", limit=200).strip(), ask.text("role", limit=40)
        wrong = _password_problem(ask)
        if role not in STAFF_ROLES:
            wrong = ask.say("Choose a role.")
        if not wrong and ask.database.user(name) is not None:
            wrong = ask.say("There is somebody of this name already.")
        if not wrong:
            try:
                ask.database.add_user(name, ask.text("password"), cast("StaffRole", role))
            except DatabaseError as error:
                wrong = str(error)
        if wrong:
            return _list_page(ask, 400, wrong=wrong, name=name, role=role)
        ask.audit("user.add", name, role)
        return ask.back("/staff", done=ask.say("%(name)s can sign in now.", name=name))

    def role(self, ask: Ask) -> Response:
        """Another role; whoever has it signs in again."""
        role = ask.text("role", limit=40)
        if role not in STAFF_ROLES:
            raise AskError(ask.say("Choose a role."))
        with self._lock:
            user = _user(ask)
            if user.role == role:
                return ask.back("/staff")
            if not may(role, _MAY_MANAGE) and (problem := _needed(ask, user)):
                return ask.back("/staff", wrong=problem)
            ask.database.set_role(user.name, role)
        ask.audit("user.role", user.name, f"{user.role} -> {role}")
        said = ask.say("%(name)s has another role now and must sign in again.", name=user.name)
        return ask.back("/staff", done=said)

    def password(self, ask: Ask) -> Response:
        """A new password for somebody else."""
        user = _user(ask)
        if _is_me(ask, user):
            return ask.back("/staff/me")
        if problem := _password_problem(ask):
            return ask.back("/staff", wrong=f"{user.name}: {problem}")
        ask.database.set_password(user.name, ask.text("password"))
        ask.audit("user.password", user.name)
        said = ask.say("%(name)s has a new password and must sign in again.", name=user.name)
        return ask.back("/staff", done=said)

    def remove(self, ask: Ask) -> Response:
        """Somebody may sign in no more."""
        with self._lock:
            user = _user(ask)
            if _is_me(ask, user):
                return ask.back("/staff", wrong=ask.say("Nobody can remove themself. Ask another manager."))
            if problem := _needed(ask, user):
                return ask.back("/staff", wrong=problem)
            ask.database.remove_user(user.name)
        ask.audit("user.remove", user.name, user.role)
        return ask.back("/staff", done=ask.say("%(name)s can no longer sign in.", name=user.name))


def _list_page(ask: Ask, status: int = 200, wrong: str = "", name: str = "", role: str = "associate") -> Response:
    users = ask.database.users()
    return ask.page(
        "staff.html",
        status,
        users=users,
        mine=next((user.name for user in users if _is_me(ask, user)), ""),
        role_names=_ROLE_NAMES,
        permissions=[
            (text, [may(role_name, permission) for role_name in _ROLE_NAMES])
            for permission, text in PERMISSIONS.items()
        ],
        counts={role_name: len(ROLES[cast("Role", role_name)]) for role_name in _ROLE_NAMES},
        password_min=PASSWORD_MIN,
        wrong=wrong,
        typed_name=name,
        typed_role=role,
    )


def _me(ask: Ask) -> Response:
    return _my_page(ask)


def _my_page(ask: Ask, status: int = 200, wrong: str = "") -> Response:
    known = not ask.console.demo and ask.database.user(ask.reader.name) is not None
    role = _ROLE_NAMES.get(ask.reader.role, "")
    mine = [text for permission, text in PERMISSIONS.items() if ask.may(permission)]
    return ask.page("me.html", status, known=known, role=role, mine=mine, wrong=wrong, password_min=PASSWORD_MIN)


def _change_mine(ask: Ask) -> Response:
    """One's own password: the old one must be right, since a browser may have been left open."""
    if ask.console.demo:
        raise AskError(ask.say("In the demo nobody has a password."))
    if problem := _password_problem(ask):
        return _my_page(ask, 400, problem)
    try:
        user = ask.database.check_password(ask.reader.name, ask.text("old"), ask.console.now_ns())
    except LockedError:
        return _my_page(ask, 400, ask.say("Too many wrong tries. Wait five minutes, then try again."))
    if user is None:
        ask.audit("user.password refused", ask.reader.name)
        return _my_page(ask, 400, ask.say("The old password is not right."))
    ask.database.set_password(user.name, ask.text("password"))
    ask.audit("user.password", user.name, "their own")
    # All sessions of theirs are over, this one too.
    return ask.back("/sign-in")


def _user(ask: Ask) -> User:
    user = ask.database.user(ask.text("name", limit=200))
    if user is None:
        raise NotThere(ask.say("There is nobody of this name any more."))
    return user


def _is_me(ask: Ask, user: User) -> bool:
    return not ask.console.demo and user.name.casefold() == ask.reader.name.casefold()


def _needed(ask: Ask, user: User) -> str:
    """Why this person cannot lose their role; empty where they can."""
    if _is_me(ask, user):
        return ask.say("Nobody can take away their own role. Ask another manager.")
    if may(user.role, _MAY_MANAGE):
        others = [other for other in ask.database.users() if other.name != user.name and may(other.role, _MAY_MANAGE)]
        if not others:
            return ask.say("%(name)s is the last manager: make somebody else a manager first.", name=user.name)
    return ""


def _password_problem(ask: Ask) -> str:
    password, again = ask.text("password"), ask.text("again")
    if len(password) < PASSWORD_MIN:
        return ask.say("A password has %(least)s characters or more.", least=PASSWORD_MIN)
    if password != again:
        return ask.say("The two passwords are not the same.")
    return ""
