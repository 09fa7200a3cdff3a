"""A file that changes the shop: chosen, looked at, and exactly what was looked at taken over, or nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.catalog.errors import CatalogFileError
from tillfree.catalog.model import Shop
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError
from tillfree.web.routing import act, view
from tillfree.web.shop_editing import StaleError, editor_of
from tillfree.web.uploads import FILE_BYTES_MAX, Previews, check_table, file_name

__all__ = ["ImportPages", "Plan", "Takeover"]

_SHOWN = 200


class Plan(Protocol):
    """What a file would change."""

    @property
    def source(self) -> str:
        """The name of the file."""
        ...

    @property
    def does_nothing(self) -> bool:
        """Whether all is already as the file has it."""
        ...


class Takeover(msgspec.Struct, frozen=True):
    """How a plan is taken over: `edit` makes the new shop and raises StaleError where the old one is another by now.

    `note` is for the list of versions, `done` for the reader, `later` what is added where not all is in force at once.
    """

    edit: Callable[[Shop], Shop]
    note: str
    done: str
    later: str


AnyPlan = TypeVar("AnyPlan", bound=Plan)


class ImportPages(Generic[AnyPlan]):
    """The pages below `PLACE/import`, with templates `PLACE/import.html` and `PLACE/preview.html`.

    `scopes` are the choices of how much is taken, the usual one first; `plan` gets the bytes, the file's name, the shop
    and the scope; `shown` gives what else the preview shows.
    """

    def __init__(
        self,
        place: str,
        scopes: Sequence[str],
        plan: Callable[[bytes, str, Shop, str], AnyPlan],
        shown: Callable[[Shop], Mapping[str, Any]],
        takeover: Callable[[Ask, AnyPlan], Takeover],
    ) -> None:
        self._place = place
        self._scopes = scopes
        self._plan = plan
        self._shown = shown
        self._takeover = takeover
        self._previews: Previews[AnyPlan] = Previews()

    def routes(self) -> list[BaseRoute]:
        """Choosing, previewing, taking over."""
        path = f"/{self._place}/import"
        return [
            view(path, self._choose, "catalogue.change"),
            act(path, self._receive, "catalogue.change"),
            act(f"{path}/apply", self._apply, "catalogue.change"),
        ]

    def _choose(self, ask: Ask) -> Response:
        return ask.page(f"{self._place}/import.html", wrong="")

    async def _receive(self, ask: Ask) -> Response:
        data = await ask.file("file", FILE_BYTES_MAX)
        return await run_in_threadpool(self._preview, ask, data)

    def _preview(self, ask: Ask, data: bytes) -> Response:
        source = file_name(ask)
        scope = ask.text("scope", self._scopes[0], limit=20)
        if scope not in self._scopes:
            raise AskError(ask.say("Choose what to take from the file."))
        shop = editor_of(ask).shop
        try:
            check_table(ask, data, source)
            plan = self._plan(data, source, shop, scope)
        except (AskError, CatalogFileError) as error:
            return ask.page(f"{self._place}/import.html", 422, wrong=str(error))
        token = "" if plan.does_nothing else self._previews.keep(ask, plan)
        return ask.page(f"{self._place}/preview.html", plan=plan, token=token, shown=_SHOWN, **self._shown(shop))

    def _apply(self, ask: Ask) -> Response:
        plan = self._previews.take(ask, ask.text("token", limit=100))
        takeover = self._takeover(ask, plan)
        try:
            changed = editor_of(ask).change(ask.reader.name, takeover.note, takeover.edit)
        except StaleError as error:
            return ask.back(f"/{self._place}/import", wrong=str(error))
        ask.audit(f"{self._place}.import", plan.source, takeover.note)
        done = takeover.done if changed.in_force else f"{takeover.done} {takeover.later}"
        return ask.back(f"/{self._place}", done=done)
