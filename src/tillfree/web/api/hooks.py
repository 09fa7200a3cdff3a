"""Webhooks: made, changed, tried, and what became of each message."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.webhooks.addresses import check_target
from tillfree.core.time import NS_PER_S
from tillfree.storage.database.integration.hooks import Delivery, Hook
from tillfree.store.webhooks.worker import ping_delivery
from tillfree.web.api.operations import Call, Operation, Page, Reply, missing
from tillfree.web.api.problems import Fault, Problem
from tillfree.web.api.shapes import Limit, Moment, TimeCursor, moment, one_page, time_cursor, write_time_cursor

__all__ = ["OLD_SECRET_S", "OPERATIONS"]

OLD_SECRET_S = 24 * 3600
Url = Annotated[str, Meta(min_length=8, max_length=2000, description="Where messages go: https, no name or password.")]
Kinds = Annotated[
    tuple[Annotated[str, Meta(min_length=3, max_length=60, pattern=r"^[a-z]+\.([a-z_]+|\*)$")], ...],
    Meta(max_length=50, description="Types of events, as `payment.captured` or `trip.*`; none means all."),
]
Note = Annotated[str, Meta(max_length=200, description="For people.")]


class HookBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A webhook to be made."""

    url: Url
    types: Kinds = ()
    note: Note = ""


class HookPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed. `active`: false pauses it, true lets it go on, also after it was switched off."""

    url: Url | UnsetType = UNSET
    types: Kinds | UnsetType = UNSET
    note: Note | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class HookView(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook. `state`: active, paused (by somebody) or disabled (by itself: `why`)."""

    id: str
    url: str
    types: tuple[str, ...]
    note: str
    created: Moment
    state: str
    why: str
    waiting: int
    delivered: int
    dead: int


class NewHookView(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook just made, or its new secret, which is shown this once."""

    webhook: HookView
    secret: str


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A message. `state`: waiting, delivered or dead; `status` is what the receiver said last (0: nothing)."""

    id: str
    number: int
    type: str
    time: Moment
    state: str
    attempts: int
    due: Moment | None
    last: Moment | None
    status: int
    error: str


class DeliveriesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages, the newest first."""

    state: Annotated[
        str,
        Meta(
            max_length=9,
            pattern="^(|waiting|delivered|dead)$",
            extra_json_schema={"enum": ["", "waiting", "delivered", "dead"]},
        ),
    ] = ""
    after: TimeCursor = ""
    limit: Limit = 100


class RedeliverBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message by its id, or all dead ones where there is none."""

    delivery: Annotated[str, Meta(max_length=60)] = ""


class Redelivered(msgspec.Struct, frozen=True):
    """How many messages wait to be sent again."""

    waiting: int


def _check_may_read(call: Call) -> None:
    """A webhook is told what happens: whoever may not read that must not send it to themselves instead."""
    if "events:read" not in call.key.scopes:
        raise Problem("forbidden", "a webhook is told what happens: this needs the scope events:read, too")


def _check_url(call: Call, url: str) -> None:
    """Refuses an address that no message would ever go to, before somebody relies on it."""
    try:
        check_target(url, call.console.store.settings.webhooks)
    except ConnectorError as error:
        raise Problem("refused", str(error), errors=(Fault("/url", str(error)),)) from error


def _check_types(types: tuple[str, ...]) -> None:
    """The end of a pattern lets a line break through, which no type of an event has."""
    for place, kind in enumerate(types):
        if not kind.isprintable():
            raise Problem("invalid", f"types: {kind!r} is none", errors=(Fault(f"/types/{place}", "this is no type"),))


def _view(call: Call, hook: Hook) -> HookView:
    counts = call.database.count_hook_deliveries(hook.id)
    return HookView(
        id=hook.id,
        url=hook.url,
        types=hook.kinds,
        note=hook.note,
        created=moment(hook.created_ns),
        state=hook.state,
        why=hook.why,
        waiting=counts.get("waiting", 0),
        delivered=counts.get("delivered", 0),
        dead=counts.get("dead", 0),
    )


def _list(call: Call) -> Page:
    return Page([_view(call, hook) for hook in call.database.hooks()])


def _make(call: Call) -> Reply:
    body = call.sent(HookBody)
    _check_may_read(call)
    _check_url(call, body.url)
    _check_types(body.types)
    hook, secret = call.database.add_hook(body.url, body.types, body.note, call.console.now_ns())
    call.note("webhook.add", hook.id, body.url[:200])
    headers = {"Location": f"/api/v1/webhooks/{hook.id}"}
    return Reply(NewHookView(webhook=_view(call, hook), secret=secret), headers=headers)


def _get(call: Call) -> HookView:
    return _view(call, _hook(call))


def _change(call: Call) -> HookView:
    body, hook = call.sent(HookPatch), _hook(call)
    if not (isinstance(body.url, UnsetType) and isinstance(body.types, UnsetType)):
        _check_may_read(call)
    if not isinstance(body.url, UnsetType):
        _check_url(call, body.url)
    if not isinstance(body.types, UnsetType):
        _check_types(body.types)
    changed = call.database.change_hook(
        hook.id,
        url=None if isinstance(body.url, UnsetType) else body.url,
        kinds=None if isinstance(body.types, UnsetType) else body.types,
        note=None if isinstance(body.note, UnsetType) else body.note,
        active=None if isinstance(body.active, UnsetType) else body.active,
    )
    if changed is None:
        raise missing("webhook of this id")
    call.note("webhook.change", hook.id, changed.url[:200])
    return _view(call, changed)


def _remove(call: Call) -> None:
    hook = _hook(call)
    call.database.remove_hook(hook.id)
    call.note("webhook.remove", hook.id, hook.url[:200])


def _rotate(call: Call) -> NewHookView:
    hook = _hook(call)
    secret = call.database.rotate_hook_secret(hook.id, call.console.now_ns() + OLD_SECRET_S * NS_PER_S)
    if secret is None:
        raise missing("webhook of this id")
    call.note("webhook.rotate", hook.id)
    return NewHookView(webhook=_view(call, hook), secret=secret)


def _test(call: Call) -> DeliveryView:
    delivery = ping_delivery(_hook(call), call.console.now_ns())
    call.database.add_hook_test(delivery)
    return _delivery_view(delivery)


def _deliveries(call: Call) -> Page:
    query, hook = call.asked(DeliveriesQuery), _hook(call)
    before = time_cursor(query.after)
    found = call.database.hook_deliveries(hook.id, before=before, state=query.state.strip(), limit=query.limit + 1)
    page, cursor = one_page(found, query.limit, lambda one: write_time_cursor(one.time_ns, one.id))
    return Page([_delivery_view(one) for one in page], cursor)


def _redeliver(call: Call) -> Redelivered:
    body, hook = call.sent(RedeliverBody), _hook(call)
    if body.delivery:
        known = call.database.hook_delivery(body.delivery)
        if known is None or known.hook != hook.id:
            raise Problem("refused", "this webhook has no message of that id; it may be erased by now")
    return Redelivered(call.database.redeliver_hook(hook.id, call.console.now_ns(), body.delivery))


def _hook(call: Call) -> Hook:
    hook = call.database.hook(call.path["id"])
    if hook is None:
        raise missing("webhook of this id")
    return hook


def _delivery_view(delivery: Delivery) -> DeliveryView:
    return DeliveryView(
        id=delivery.id,
        number=delivery.number,
        type=delivery.kind,
        time=moment(delivery.time_ns),
        state=delivery.state,
        attempts=delivery.attempts,
        due=moment(delivery.due_ns) if delivery.state == "waiting" else None,
        last=moment(delivery.last_ns) if delivery.last_ns else None,
        status=delivery.status,
        error=delivery.error,
    )


_THERE = ("not-found",)
OPERATIONS = (
    Operation(
        method="GET", path="/webhooks", name="listWebhooks", group="Webhooks", summary="All webhooks",
        scope="webhooks:write", run=_list, answer=HookView, paged=True,
    ),
    Operation(
        method="POST", path="/webhooks", name="makeWebhook", group="Webhooks", summary="Make a webhook",
        about="The answer holds the secret with which messages are signed; it is shown this once. The key needs the "
        "scope events:read, too.",
        scope="webhooks:write", run=_make, body=HookBody, answer=NewHookView, status=201, problems=("refused",),
        example={"url": "https://till.example/hooks", "types": ["payment.*", "receipt.final"]},
    ),
    Operation(
        method="GET", path="/webhooks/{id}", name="getWebhook", group="Webhooks", summary="One webhook",
        scope="webhooks:write", run=_get, answer=HookView, problems=_THERE,
    ),
    Operation(
        method="PATCH", path="/webhooks/{id}", name="changeWebhook", group="Webhooks", summary="Change a webhook",
        scope="webhooks:write", run=_change, body=HookPatch, answer=HookView, problems=("not-found", "refused"),
        example={"active": False},
    ),
    Operation(
        method="DELETE", path="/webhooks/{id}", name="removeWebhook", group="Webhooks", summary="Remove a webhook",
        about="What was not delivered yet never will be.",
        scope="webhooks:write", run=_remove, problems=_THERE,
    ),
    Operation(
        method="POST", path="/webhooks/{id}/secret", name="rotateWebhookSecret", group="Webhooks",
        summary="A new secret", about="For 24 hours messages are signed with the old one, too.",
        scope="webhooks:write", run=_rotate, answer=NewHookView, problems=_THERE,
    ),
    Operation(
        method="POST", path="/webhooks/{id}/test", name="testWebhook", group="Webhooks",
        summary="Send a message that tells of nothing", scope="webhooks:write", run=_test, answer=DeliveryView,
        status=202, problems=_THERE,
    ),
    Operation(
        method="GET", path="/webhooks/{id}/deliveries", name="listDeliveries", group="Webhooks",
        summary="What was sent, waits, or never got through", scope="webhooks:write", run=_deliveries,
        query=DeliveriesQuery, answer=DeliveryView, paged=True, problems=_THERE,
    ),
    Operation(
        method="POST", path="/webhooks/{id}/redeliver", name="redeliver", group="Webhooks",
        summary="Send again", scope="webhooks:write", run=_redeliver, body=RedeliverBody, answer=Redelivered,
        status=202, problems=("not-found", "refused"),
        example={},
    ),
)  # fmt: skip
