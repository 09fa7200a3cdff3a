"""The page of keys and webhooks: made here, their secrets shown once, and taken away again."""

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.webhooks.addresses import check_target
from tillfree.core.time import NS_PER_S
from tillfree.storage.database.integration.hooks import Hook
from tillfree.storage.database.integration.keys import PER_MINUTE, PER_MINUTE_MAX
from tillfree.store.webhooks.worker import ping_delivery
from tillfree.web.api.events import KINDS
from tillfree.web.api.hooks import OLD_SECRET_S
from tillfree.web.api.scopes import SCOPES, is_scope
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError, NotThere
from tillfree.web.roles import Permission
from tillfree.web.routing import act, view
from tillfree.web.texts import later

__all__ = ["routes"]

_SHOWN = 50
_STATES = {
    "active": (later("active"), "good"),
    "paused": (later("paused"), "warn"),
    "disabled": (later("switched off"), "bad"),
}
_DELIVERIES = {
    "waiting": (later("waiting"), "warn"),
    "delivered": (later("delivered"), "good"),
    "dead": (later("given up"), "bad"),
}


def routes() -> list[BaseRoute]:
    """The page, and what its buttons do."""
    need: Permission = "integrations.change"
    return [
        view("/integrations", _page, need),
        act("/integrations/keys/add", _add_key, need),
        act("/integrations/keys/revoke", _revoke_key, need),
        act("/integrations/webhooks/add", _add_hook, need),
        act("/integrations/webhooks/switch", _switch_hook, need),
        act("/integrations/webhooks/test", _test_hook, need),
        act("/integrations/webhooks/secret", _rotate_secret, need),
        act("/integrations/webhooks/redeliver", _redeliver, need),
        act("/integrations/webhooks/remove", _remove_hook, need),
        view("/integrations/webhooks/{id}", _hook_page, need),
    ]


def _page(ask: Ask) -> Response:
    return _shown(ask)


def _shown(
    ask: Ask, status: int = 200, *, secret: str = "", what: str = "", wrong: str = "", wrong_in: str = ""
) -> Response:
    """The page; a new secret stands on it once, in the answer to the very request that made it."""
    hooks = ask.database.hooks()
    return ask.page(
        "api/integrations.html",
        status,
        keys=ask.database.api_keys(),
        hooks=[(hook, ask.database.count_hook_deliveries(hook.id)) for hook in hooks],
        scopes=SCOPES,
        kinds=KINDS,
        states=_STATES,
        per_minute=PER_MINUTE,
        per_minute_max=PER_MINUTE_MAX,
        secret=secret,
        what=what,
        wrong=wrong,
        wrong_in=wrong_in,
        typed={name: ask.text(name, limit=2000) for name in ("name", "url", "note")},
    )


# ---- keys -------------------------------------------------------------------------------------------------------


def _add_key(ask: Ask) -> Response:
    name = ask.text("name", limit=200).strip()
    scopes = _many(ask, "scope")
    if not name:
        return _shown(ask, 400, wrong=ask.say("Give the key a name: who uses it?"), wrong_in="key")
    if not scopes or not all(map(is_scope, scopes)):
        return _shown(ask, 400, wrong=ask.say("Choose what the key may do."), wrong_in="key")
    per_minute = ask.number("per_minute", 1, PER_MINUTE_MAX, PER_MINUTE)
    made = ask.database.add_api_key(name, tuple(scopes), ask.reader.name, ask.console.now_ns(), per_minute=per_minute)
    ask.audit("key.add", made.key.id, f"{made.key.name}: {' '.join(made.key.scopes)}")
    return _shown(ask, secret=made.secret, what=ask.say("The key of %(name)s", name=made.key.name))


def _revoke_key(ask: Ask) -> Response:
    id_ = ask.text("id", limit=60)
    if not ask.database.revoke_api_key(id_):
        raise NotThere(ask.say("There is no such key any more."))
    ask.audit("key.revoke", id_)
    return ask.back("/integrations", done=ask.say("The key opens nothing any more."))


# ---- webhooks ---------------------------------------------------------------------------------------------------


def _add_hook(ask: Ask) -> Response:
    url, note = ask.text("url", limit=2000).strip(), ask.text("note", limit=200).strip()
    kinds = _many(ask, "kind")
    if any(kind not in KINDS for kind in kinds):
        raise AskError(ask.say("Choose events of the list."))
    try:
        check_target(url, ask.store.settings.webhooks)
    except ConnectorError as error:
        return _shown(ask, 400, wrong=str(error), wrong_in="hook")
    hook, secret = ask.database.add_hook(url, kinds, note, ask.console.now_ns())
    ask.audit("webhook.add", hook.id, url[:200])
    return _shown(ask, secret=secret, what=ask.say("The secret of %(url)s", url=url))


def _switch_hook(ask: Ask) -> Response:
    hook = _hook(ask)
    active = hook.state != "active"
    ask.database.change_hook(hook.id, active=active)
    ask.audit("webhook.change", hook.id, "active" if active else "paused")
    done = ask.say("It goes on; what waited is sent.") if active else ask.say("Paused: what happens waits for it.")
    return _to_hook(ask, hook, done)


def _test_hook(ask: Ask) -> Response:
    hook = _hook(ask)
    ask.database.add_hook_test(ping_delivery(hook, ask.console.now_ns()))
    return _to_hook(ask, hook, ask.say("A test message is on its way."))


def _rotate_secret(ask: Ask) -> Response:
    hook = _hook(ask)
    secret = ask.database.rotate_hook_secret(hook.id, ask.console.now_ns() + OLD_SECRET_S * NS_PER_S)
    if secret is None:
        raise NotThere(ask.say("There is no such webhook any more."))
    ask.audit("webhook.rotate", hook.id)
    return _shown(ask, secret=secret, what=ask.say("The new secret of %(url)s", url=hook.url))


def _redeliver(ask: Ask) -> Response:
    hook = _hook(ask)
    delivery = ask.text("delivery", limit=60)
    if delivery and ((known := ask.database.hook_delivery(delivery)) is None or known.hook != hook.id):
        raise NotThere(ask.say("This message is erased by now."))
    count = ask.database.redeliver_hook(hook.id, ask.console.now_ns(), delivery)
    ask.audit("webhook.redeliver", hook.id, delivery or f"{count} messages")
    return _to_hook(
        ask, hook, ask.say_many("%(count)s message is sent again.", "%(count)s messages are sent again.", count)
    )


def _remove_hook(ask: Ask) -> Response:
    hook = _hook(ask)
    ask.database.remove_hook(hook.id)
    ask.audit("webhook.remove", hook.id, hook.url[:200])
    return ask.back("/integrations", done=ask.say("The webhook is gone."))


def _hook_page(ask: Ask) -> Response:
    hook = ask.database.hook(str(ask.request.path_params["id"])[:60])
    if hook is None:
        raise NotThere(ask.say("There is no such webhook any more."))
    return ask.page(
        "api/webhook.html",
        hook=hook,
        states=_STATES,
        delivery_states=_DELIVERIES,
        counts=ask.database.count_hook_deliveries(hook.id),
        deliveries=ask.database.hook_deliveries(hook.id, limit=_SHOWN),
    )


def _hook(ask: Ask) -> Hook:
    hook = ask.database.hook(ask.text("id", limit=60))
    if hook is None:
        raise NotThere(ask.say("There is no such webhook any more."))
    return hook


def _to_hook(ask: Ask, hook: Hook, done: str) -> Response:
    return ask.back(f"/integrations/webhooks/{hook.id}", done=done)


def _many(ask: Ask, name: str) -> Sequence[str]:
    """All boxes of one name that were ticked."""
    found = [value for value in ask.form.getlist(name) if isinstance(value, str)]
    return list(dict.fromkeys(found))[:100]
