"""The settings of one store, `store.toml`: read, checked key by key, and brought to the present version.

Errors::

    TillfreeError
    └── SettingsError    the file cannot be read, or some of its keys or values are wrong; all of them are listed
"""

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta

from tillfree.commerce.disputes import DisputeSettings
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.commerce.policy_settings import PolicySettings
from tillfree.commerce.settings import CommerceSettings
from tillfree.connectors.processors.settings import ProcessorSettings
from tillfree.connectors.settings import MailSettings, RetailerSettings, WebhookSettings
from tillfree.core.errors import TillfreeError
from tillfree.core.money import CURRENCY_EXPONENTS
from tillfree.fusion.settings import FusionSettings
from tillfree.identity.settings import EntrySettings
from tillfree.sensing.settings import SensingSettings
from tillfree.shopping.settings import ShoppingSettings
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.receipts.settings import ReceiptSettings
from tillfree.store.settings_schema import Setting, commented_toml, struct_schema, walk_settings

__all__ = [
    "MIGRATIONS",
    "SETTINGS_VERSION",
    "Migration",
    "SettingsError",
    "StoreSettings",
    "default_toml",
    "load_settings",
    "migrate",
    "parse_settings",
    "schema_text",
    "settings_schema",
]

SETTINGS_VERSION = 1
"""The version of `store.toml` that this Tillfree writes and works with."""

SETTINGS_BYTES_MAX = 4 * 1024 * 1024

Migration = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the tables of one version and returns those of the next; the key `version` is set for it."""

MIGRATIONS: dict[int, Migration] = {}
"""One function per step, by the version that it starts from. Version 1 is the first, so there is none yet."""


class SettingsError(TillfreeError):
    """Settings cannot be used; the message lists every problem with its key, the value, and what is allowed."""


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set for one store. All keys but `version` may be left out."""

    version: Annotated[
        int,
        Meta(
            title="Version",
            description="The version of this file's form; older files are brought up to date when they are read.",
            ge=SETTINGS_VERSION,
            le=SETTINGS_VERSION,
            extra_json_schema={"x-unit": "version"},
        ),
    ] = SETTINGS_VERSION
    name: Annotated[
        str,
        Meta(title="Name", description="What the store is called on its receipts.", min_length=1, max_length=100),
    ] = "Tillfree store"
    currency: Annotated[
        str,
        Meta(
            title="Currency",
            description="ISO 4217 code of the currency that prices are in.",
            max_length=3,  # a regular expression's $ alone would let a line break follow
            pattern="^(" + "|".join(sorted(CURRENCY_EXPONENTS)) + ")$",
            extra_json_schema={"enum": sorted(CURRENCY_EXPONENTS)},
        ),
    ] = "USD"
    lateness_ms: Annotated[
        int,
        Meta(
            title="Lateness",
            description="Events are held back so long, so that late arrivals can take their place in the order of "
            "time. What arrives later still is counted and left out.",
            ge=0,
            le=10_000,
            extra_json_schema={"x-unit": "ms"},
        ),
    ] = 300
    sensing: SensingSettings = SensingSettings()
    fusion: FusionSettings = FusionSettings()
    shopping: ShoppingSettings = ShoppingSettings()
    commerce: CommerceSettings = msgspec.field(default_factory=CommerceSettings)
    entry: EntrySettings = EntrySettings()
    payments: PaymentSettings = PaymentSettings()
    receipts: ReceiptSettings = ReceiptSettings()
    disputes: DisputeSettings = DisputeSettings()
    policy: PolicySettings = PolicySettings()
    processor: ProcessorSettings = msgspec.field(default_factory=ProcessorSettings)
    mail: MailSettings = MailSettings()
    retailer: RetailerSettings = RetailerSettings()
    webhooks: WebhookSettings = WebhookSettings()
    palm: PalmSettings = msgspec.field(default_factory=PalmSettings)


# ---- what there is to set ---------------------------------------------------------------------------------------


def settings_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of `store.toml`: each setting with title, description, bounds, default, unit (`x-unit`)."""
    return struct_schema(StoreSettings, "Settings of a Tillfree store", StoreSettings())


def schema_text() -> str:
    """The schema as it is published in `docs/reference/store.schema.json`."""
    return json.dumps(settings_schema(), indent=2, ensure_ascii=False) + "\n"


def default_toml() -> str:
    """A `store.toml` with every setting at its default, each with a comment; it reads back as `StoreSettings()`."""
    heading = (
        "Settings of one Tillfree store. Every key may be left out and then has the value shown here, "
        "except version. Unknown keys are errors."
    )
    return commented_toml(settings_schema(), heading)


# ---- reading ----------------------------------------------------------------------------------------------------


def load_settings(path: Path) -> StoreSettings:
    """The settings in a TOML file.

    Raises:
        SettingsError: the file cannot be read, is not TOML, or holds unknown keys or values out of bounds.
    """
    try:
        # Anything else, such as a pipe or a device, may never end.
        if path.exists() and not path.is_file():
            raise SettingsError(f"{path}: cannot be read (not a regular file); give a TOML file")
        with path.open("rb") as file:
            data = file.read(SETTINGS_BYTES_MAX + 1)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check the name and its permissions") from error
    if len(data) > SETTINGS_BYTES_MAX:
        raise SettingsError(f"{path}: over {SETTINGS_BYTES_MAX >> 20} MiB, which no settings have; give a TOML file")
    return parse_settings(data, str(path))


def parse_settings(data: bytes, source: str = "store.toml") -> StoreSettings:
    """The settings in the text of a TOML file; `source` names it in messages. Raises as `load_settings`."""
    try:
        # A byte-order mark, as some editors write it, means nothing in UTF-8.
        tables = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SettingsError(f"{source}, line {line}: not UTF-8; save the file in that encoding") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source}: not TOML: {error}") from error
    except RecursionError as error:
        raise SettingsError(f"{source}: not settings: brackets are nested too deep") from error
    tables = migrate(tables, source)
    settings = {setting.path: setting for setting in walk_settings(settings_schema())}
    problems = list(_problems(tables, StoreSettings, (), settings))
    if problems:
        raise SettingsError("\n".join(f"{source}: {problem}" for problem in problems))
    try:
        return msgspec.convert(tables, StoreSettings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{source}: {error}") from error


def migrate(
    tables: dict[str, Any],
    source: str = "store.toml",
    migrations: Mapping[int, Migration] = MIGRATIONS,
    target: int = SETTINGS_VERSION,
) -> dict[str, Any]:
    """The tables of an older file as they are written today, one step per version; the argument is left as it is.

    Raises:
        SettingsError: no version, one from the future, or one that is too old to be brought up to date.
    """
    version = tables.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        found = "is missing" if version is None else f"is {version!r}, not a whole number"
        raise SettingsError(f"{source}: version {found}; write version = {target} on the first line")
    if version > target:
        raise SettingsError(
            f"{source}: version = {version} was written for a newer Tillfree, this one knows up to {target}; "
            "update Tillfree, or use an older file"
        )
    while version < target:
        step = migrations.get(version)
        if step is None:
            raise SettingsError(
                f"{source}: version = {version} is too old to be read; start from a new file (version = {target})"
            )
        version += 1
        tables = {**step(dict(tables)), "version": version}
    return tables


# ---- checking ---------------------------------------------------------------------------------------------------


def _problems(
    tables: Mapping[str, Any],
    kind: type[msgspec.Struct],
    path: tuple[str, ...],
    settings: Mapping[tuple[str, ...], Setting],
) -> Iterator[str]:
    """What is wrong with the keys and values of one table, in the order of the file."""
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name, value in tables.items():
        here = (*path, name)
        field = fields.get(name)
        if field is None:
            yield f"{'.'.join(here)} is not a setting; {_suggestion(name, path, settings, tuple(fields))}"
        elif isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            if isinstance(value, dict):
                yield from _problems(value, field.type, here, settings)
            else:
                yield f"{'.'.join(here)} = {_shown(value)} is one value, but must be a table: [{'.'.join(here)}]"
        else:
            yield from _value_problems(value, field.type, settings[here])


def _value_problems(value: object, kind: Any, setting: Setting) -> Iterator[str]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        if setting.node.get("type") == "object" and isinstance(value, dict):
            # The message of msgspec names the entry as `$[...]`; say which it is instead.
            item_kind = kind.__origin__.__args__[1] if hasattr(kind, "__origin__") else kind.__args__[1]
            inner = cast("dict[str, Any]", setting.node["additionalProperties"])
            for name, item in value.items():
                yield from _value_problems(item, item_kind, Setting((*setting.path, name), inner))
        elif isinstance(value, list) and "$ref" in setting.node.get("items", {}):
            yield f"{setting.key}, {_place_in_list(error)}: {_reason(error)}"
        else:
            reason = "" if "enum" in setting.node else f" ({_reason(error)})"
            yield f"{setting.key} = {_shown(value)}: must be {setting.bounds}{reason}"


def _place_in_list(error: msgspec.ValidationError) -> str:
    """Which table of a list, the first being 1, and which key of it."""
    found = re.search(r" - at `\$\[(\d+)\](?:\.(\w+))?", str(error))
    if found is None:
        return "the list"
    return f"table {int(found[1]) + 1}" + (f", {found[2]}" if found[2] else "")


def _reason(error: msgspec.ValidationError) -> str:
    return str(error).partition(" - at ")[0].replace("`", "")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _suggestion(
    name: str,
    path: tuple[str, ...],
    settings: Mapping[tuple[str, ...], Setting],
    siblings: tuple[str, ...],
) -> str:
    """The key that was probably meant: one like it in the same table, else the same key in another table."""
    close = difflib.get_close_matches(name, siblings, n=1, cutoff=0.6)
    if close:
        return f"did you mean {'.'.join((*path, close[0]))}?"
    elsewhere = {known[-1]: setting.key for known, setting in settings.items()}
    close = difflib.get_close_matches(name, elsewhere, n=1, cutoff=0.8)
    if close:
        return f"did you mean {elsewhere[close[0]]}?"
    return f"known here: {', '.join(siblings)}"
