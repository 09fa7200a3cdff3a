"""store.toml: what is refused and in which words, versions, and that every setting is described."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from tillfree.core.money import CURRENCY_EXPONENTS
from tillfree.store.settings import (
    MIGRATIONS,
    SETTINGS_VERSION,
    SettingsError,
    StoreSettings,
    default_toml,
    load_settings,
    migrate,
    parse_settings,
    schema_text,
    settings_schema,
)
from tillfree.store.settings_schema import Setting, walk_settings

SETTINGS = tuple(walk_settings(settings_schema()))
NUMBERS = ("integer", "number")


def parse(text: str) -> StoreSettings:
    return parse_settings(text.encode(), "shop/store.toml")


def refusal(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        parse(text)
    return str(caught.value)


# ---- what is accepted -------------------------------------------------------------------------------------------


def test_an_almost_empty_file_gives_the_defaults() -> None:
    assert parse("version = 1") == StoreSettings()
    assert StoreSettings().lateness_ms == 300


def test_values_arrive_where_they_belong() -> None:
    settings = parse(
        'version = 1\nname = "Corner"\ncurrency = "JPY"\nlateness_ms = 0\n'
        "[sensing]\nmin_change_g = 12\n[commerce]\nprices_include_tax = true\n"
        '[commerce.tax_rates_ppm]\nstandard = 100_000\n"food & drink" = 80_000\n'
    )
    assert (settings.name, settings.currency, settings.lateness_ms) == ("Corner", "JPY", 0)
    assert settings.sensing.min_change_g == 12.0
    assert settings.commerce.tax_rates_ppm == {"standard": 100_000, "food & drink": 80_000}
    assert settings.fusion == StoreSettings().fusion


def test_a_byte_order_mark_is_skipped() -> None:
    assert parse("\ufeffversion = 1") == StoreSettings()


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "store.toml"
    path.write_text('version = 1\nname = "Kiosk Zürich"\n', encoding="utf-8")
    assert load_settings(path).name == "Kiosk Zürich"


def test_the_default_file_round_trips() -> None:
    text = default_toml()
    assert parse(text) == StoreSettings()
    assert tomllib.loads(text) == json.loads(msgspec.json.encode(StoreSettings()))


def test_the_default_file_explains_every_setting() -> None:
    flowing = " ".join(default_toml().replace("\n# ", " ").split())
    for setting in SETTINGS:
        assert f"{setting.node['title']}: {setting.node['description']} ({setting.bounds})" in flowing, setting.key


# ---- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = 1\nlatenes_ms = 5", "latenes_ms is not a setting; did you mean lateness_ms?"),
        ("version = 1\n[palm.index]\nexact = 5", "palm.index.exact is not a setting"),
        ("version = 1\n[palm.index]\nshard_rows = 10", "palm.index.shard_rows"),
        ("version = 1\n[palm.index]\ncandidates = 257", "palm.index.candidates"),
        ("version = 1\n[sensing]\ncalm = 5", "sensing.calm is not a setting; did you mean sensing.calm_ms?"),
        ("version = 1\n[sensng]\ncalm_ms = 500", "sensng is not a setting; did you mean sensing?"),
        ("version = 1\ncalm_ms = 500", "calm_ms is not a setting; did you mean sensing.calm_ms?"),
        ("version = 1\n[commerce]\nzzz = 1", "commerce.zzz is not a setting; known here: prices_include_tax, "),
        ("version = 1\nlateness_ms = 10001", "lateness_ms = 10001: must be 0 to 10000 ms"),
        ("version = 1\nlateness_ms = -1", "lateness_ms = -1: must be 0 to 10000 ms"),
        ("version = 1\nlateness_ms = 2.5", "lateness_ms = 2.5: must be 0 to 10000 ms"),
        ("version = 1\nlateness_ms = true", "lateness_ms = True: must be 0 to 10000 ms"),
        ("version = 1\n[sensing]\ncalm_ms = 5", "sensing.calm_ms = 5: must be 200 to 3000 ms"),
        ("version = 1\n[sensing]\nmin_change_g = nan", "sensing.min_change_g = nan: must be 1 to 1000 g"),
        ("version = 1\n[sensing]\nmin_change_g = inf", "sensing.min_change_g = inf: must be 1 to 1000 g"),
        ("version = 1\n[shopping]\nreview_below = 1.5", "review_below = 1.5: must be 0 to 1 probability"),
        ("version = 1\nname = ''", "name = '': must be text of 1 to 100 characters"),
        ("version = 1\ncurrency = 'usd'", "currency = 'usd': must be one of AED, "),
        ('version = 1\ncurrency = "USD\\n"', "must be one of AED, "),
        ("version = 1\nsensing = 4", "sensing = 4 is one value, but must be a table: [sensing]"),
        ("version = 1\n[commerce]\nprices_include_tax = 'yes'", "prices_include_tax = 'yes': must be true or false"),
        ("version = 1\n[commerce]\ntax_rounding = 'x'", "tax_rounding = 'x': must be one of line, receipt"),
        (
            "version = 1\n[commerce.tax_rates_ppm]\nfood = 1\ndrink = 1_000_001",
            "commerce.tax_rates_ppm.drink = 1000001: must be 0 to 1000000 ppm",
        ),
        (
            "version = 1\n[commerce]\ntax_rates_ppm = 7",
            "commerce.tax_rates_ppm = 7: must be for each name: 0 to 1000000",
        ),
        ("version = 1\n[commerce.tax_rates_ppm]\n'' = 7", "commerce.tax_rates_ppm"),
        ("version = 2", "version = 2 was written for a newer Tillfree, this one knows up to 1"),
        ("version = 0", "version = 0 is too old"),
        ("version = '1'", "version is '1', not a whole number; write version = 1"),
        ("version = true", "version is True, not a whole number; write version = 1"),
        ("name = 'x'", "version is missing; write version = 1"),
        ("", "version is missing; write version = 1"),
        ("version = 1\nversion = 1", "not TOML"),
        ("version 1", "not TOML: Expected '=' after a key"),
        ("version = 1\nx = " + "[" * 5000, "nested too deep"),
    ],
)
def test_a_mistake_is_named(text: str, message: str) -> None:
    assert message in refusal(text)
    assert refusal(text).startswith("shop/store.toml")


def test_all_mistakes_are_named_at_once() -> None:
    lines = refusal("version = 1\nfoo = 1\nname = 3\n[sensing]\nblock_ms = 1\nblokk_ms = 2").splitlines()
    assert [line.split(": ")[1].split(" ")[0] for line in lines] == [
        "foo",
        "name",
        "sensing.block_ms",
        "sensing.blokk_ms",
    ]


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(refusal(f"version = 1\nlateness_ms = '{'x' * 10_000}'")) < 300


def test_text_that_is_not_utf_8_is_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "store.toml"
    path.write_bytes('version = 1\nname = "Zürich"\n'.encode("latin-1"))
    with pytest.raises(SettingsError, match=r"store\.toml, line 2: not UTF-8"):
        load_settings(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml: cannot be read \(No such file"):
        load_settings(tmp_path / "nowhere.toml")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path)


# ---- versions ---------------------------------------------------------------------------------------------------


def _rename_delay(tables: dict[str, Any]) -> dict[str, Any]:
    tables["lateness_ms"] = tables.pop("delay_s") * 1000
    return tables


def test_an_older_file_is_brought_up_to_date_step_by_step() -> None:
    def add_mark(tables: dict[str, Any]) -> dict[str, Any]:
        return {**tables, "mark": tables["version"]}

    old = {"version": 0, "delay_s": 2}
    new = migrate(old, migrations={0: _rename_delay, 1: add_mark}, target=2)
    assert new == {"version": 2, "lateness_ms": 2000, "mark": 1}
    assert old == {"version": 0, "delay_s": 2}, "the file's own tables are left as they are"


def test_a_migrated_file_is_checked_like_a_new_one() -> None:
    tables = migrate({"version": 0, "delay_s": 1}, migrations={0: _rename_delay})
    assert msgspec.convert(tables, StoreSettings).lateness_ms == 1000


def test_a_gap_between_versions_is_refused() -> None:
    with pytest.raises(SettingsError, match="version = 1 is too old"):
        migrate({"version": 0, "delay_s": 1}, migrations={0: _rename_delay}, target=3)


def test_every_step_leads_to_the_present_version() -> None:
    assert sorted(MIGRATIONS) == list(range(min(MIGRATIONS, default=SETTINGS_VERSION), SETTINGS_VERSION))


# ---- the schema -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS, ids=[setting.key for setting in SETTINGS])
def test_every_setting_is_described(setting: Setting) -> None:
    node = setting.node
    assert len(node.get("title", "")) >= 3, f"{setting.key} has no title"
    assert len(node.get("description", "")) >= 15, f"{setting.key} has no description"
    assert node["description"].endswith("."), f"{setting.key}: a description is a sentence"
    assert "default" in node, f"{setting.key} has no default"
    assert "type" in node or "enum" in node, f"{setting.key} has neither type nor choices"
    value = node.get("additionalProperties", node)
    value = value if isinstance(value, dict) else node
    if value.get("type") in NUMBERS:
        assert setting.unit, f"{setting.key} has no unit (extra_json_schema with x-unit)"
        assert "minimum" in value or "exclusiveMinimum" in value, f"{setting.key} has no lower bound"
        assert "maximum" in value or "exclusiveMaximum" in value, f"{setting.key} has no upper bound"


def test_the_walk_reaches_every_setting() -> None:
    def leaves(value: Any) -> int:
        if isinstance(value, msgspec.Struct):
            return sum(leaves(getattr(value, name)) for name in value.__struct_fields__)
        return 1

    assert len(SETTINGS) == leaves(StoreSettings())


def test_the_schema_is_valid_and_accepts_what_we_write() -> None:
    schema = settings_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(tomllib.loads(default_toml()))
    for wrong in (
        {"version": 1, "foo": 1},
        {"version": 1, "lateness_ms": 10_001},
        {"version": 1, "currency": "ZZZ"},
        {"version": 1, "sensing": {"calm_ms": 1}},
        {"version": 1, "sensing": {"foo": 1}},
        {"version": 1, "commerce": {"tax_rates_ppm": {"food": -1}}},
    ):
        assert not validator.is_valid(wrong), wrong


def test_defaults_in_the_schema_are_those_of_the_code() -> None:
    for setting in SETTINGS:
        value: Any = StoreSettings()
        for name in setting.path:
            value = getattr(value, name)
        assert setting.node["default"] == msgspec.to_builtins(value), setting.key


def test_every_known_currency_may_be_set() -> None:
    for currency in CURRENCY_EXPONENTS:
        assert parse(f'version = 1\ncurrency = "{currency}"').currency == currency


def test_the_published_schema_is_up_to_date(project_root: Path) -> None:
    path = project_root / "docs" / "reference" / "store.schema.json"
    command = "python -c 'from tillfree.store.settings import schema_text; print(schema_text(), end=\"\")'"
    assert path.exists(), f"write it anew: {command} > {path}"
    assert path.read_text(encoding="utf-8") == schema_text(), f"write it anew: {command} > {path}"
