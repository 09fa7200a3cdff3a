"""The notice says what the settings say, in each language the same, and nothing that is not so."""

import re
import string
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.store.palms.notice import WORDINGS, NoticeError, Notices, make_notices, parse_notice
from tillfree.store.palms.notice_settings import LAW_DAYS, LAWS, Law, NoticeSettings
from tillfree.store.palms.notice_wording import Wording
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.settings import SettingsError, parse_settings

LAW_WORDS = {"gdpr": "GDPR|DSGVO|RGPD", "bipa": "BIPA", "cubi": "CUBI"}


def notices(settings: NoticeSettings, days: int = 200, *, simulated: bool = False) -> Notices:
    made = make_notices(settings, store_name="Corner shop", version="3", inactive_days=days, simulated=simulated)
    assert made.version == "3"
    return made


def text_of(settings: NoticeSettings, days: int = 200) -> str:
    return notices(settings, days).all[0].text


@given(st.lists(st.sampled_from(LAWS), max_size=3), st.sampled_from(sorted(WORDINGS)))
def test_each_law_that_is_set_is_told_once_and_no_other(laws: list[Law], language: str) -> None:
    made = notices(NoticeSettings(laws=tuple(laws), language=language)).all[0]
    assert (made.language, made.laws) == (language, tuple(dict.fromkeys(laws)))
    for law, words in LAW_WORDS.items():
        assert len(re.findall(rf"\((?:{words})\)", made.text)) == (law in laws)


@given(st.integers(1, 1095), st.integers(1, 365))
def test_periods_are_those_that_hold_in_every_language(inactive_days: int, policy_days: int) -> None:
    made = notices(NoticeSettings(policy_days=policy_days), inactive_days)
    assert f"not used it for {inactive_days} days" in made.all[0].text
    assert f"within {policy_days} days" in made.all[0].text
    for one in made.all:
        numbers = re.findall(r"\d+", " ".join(one.parts[1][1]))
        assert sorted(numbers) == sorted([str(inactive_days), str(policy_days)])


def test_who_answers_is_named_or_else_the_store() -> None:
    assert "Corner shop." in text_of(NoticeSettings())
    settings = NoticeSettings(
        controller="Shops {Ltd}", address="1 High St", contact="a@b.example", authority="the ICO", other_ways="cash"
    )
    for words in ("Shops {Ltd}, 1 High St.", "Questions: a@b.example.", "complain to the ICO", "can use cash,"):
        assert words in text_of(settings)
    assert all("a@b.example" in one.text for one in notices(settings).all)


def _places(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_all_languages_have_the_same_parts_and_places() -> None:
    english = WORDINGS["en"]
    for language, wording in WORDINGS.items():
        assert wording.language == language
        for name in Wording.__slots__:
            mine, theirs = getattr(wording, name), getattr(english, name)
            if isinstance(theirs, str):
                assert mine
                assert _places(mine) == _places(theirs), (language, name)
            else:
                assert [_places(one) for one in mine[1]] == [_places(one) for one in theirs[1]], (language, name)


def test_no_sentence_of_one_language_stands_in_another() -> None:
    made = notices(NoticeSettings(), simulated=True).all
    sentences = [{part for _, those in one.parts for part in those} for one in made]
    shared = {part for at, one in enumerate(sentences) for other in sentences[at + 1 :] for part in one & other}
    assert shared == {"Corner shop."}


def test_the_language_of_the_shop_comes_first() -> None:
    made = notices(NoticeSettings(language="fr"))
    assert made.languages[0] == "fr"
    assert sorted(made.languages) == sorted(WORDINGS)
    assert made.find("pl") is None
    with pytest.raises(NoticeError, match=r"no text of ours in 'pl', only in de, en, es, fr; .*text_file"):
        notices(NoticeSettings(language="pl"))


def test_a_shop_may_have_its_own_text_in_its_own_language(tmp_path: Path) -> None:
    path = tmp_path / "notice.txt"
    path.write_text("Before.\n\n# What\nOne\nline.\n\nTwo.\n\n# Why\n", encoding="utf-8")
    made = notices(NoticeSettings(text_file=str(path), language="pl"))
    assert made.languages == ("pl",)
    assert made.all[0].parts == (("", ("Before.",)), ("What", ("One line.", "Two.")), ("Why", ()))


@pytest.mark.parametrize("data", [b"", b"# only a heading\n", b"\xff\xfe", b"x" * 100_001])
def test_a_text_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "notice.txt"
    path.write_bytes(data)
    with pytest.raises(NoticeError):
        notices(NoticeSettings(text_file=str(path)))
    with pytest.raises(NoticeError):
        notices(NoticeSettings(text_file=str(tmp_path / "no")))


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        parts = parse_notice(text)
    except NoticeError:
        return
    assert any(paragraphs for _, paragraphs in parts)


@given(st.lists(st.sampled_from(LAWS), max_size=3), st.sampled_from(sorted(WORDINGS)))
def test_a_notice_as_text_reads_as_the_same_notice(laws: list[Law], language: str) -> None:
    made = notices(NoticeSettings(laws=tuple(laws), language=language)).all[0]
    assert parse_notice(made.text) == made.parts


# ---- how long ----------------------------------------------------------------------------------------------------


@given(st.sets(st.sampled_from(LAWS)), st.integers(1, 3650), st.integers(1, 3650))
def test_the_strictest_law_that_is_set_bounds_the_periods(laws: set[Law], inactive: int, policy: int) -> None:
    most = min((LAW_DAYS[law][0] for law in laws if law in LAW_DAYS), default=3650)
    notice = NoticeSettings(laws=tuple(laws), policy_days=policy)
    if max(inactive, policy) <= most:
        assert PalmSettings(inactive_days=inactive, notice=notice).inactive_days == inactive
        return
    with pytest.raises(ValueError, match=r"palm\.(inactive_days|notice\.policy_days) = \d+: (Texas|Illinois)"):
        PalmSettings(inactive_days=inactive, notice=notice)


@pytest.mark.parametrize(("laws", "inactive", "words"), [
    ('["cubi"]', 366, r"palm\.inactive_days = 366: Texas \(CUBI.*at most 365, or take 'cubi' out"),
    ('["bipa"]', 1096, r"palm\.inactive_days = 1096: Illinois \(BIPA.*at most 1095"),
    ('["gdpr"]', 1096, ""), ('["bipa"]', 1095, ""), ("[]", 3650, ""),
])  # fmt: skip
def test_a_file_that_keeps_templates_too_long_is_refused_and_names_the_law(
    laws: str, inactive: int, words: str
) -> None:
    file = f"version = 1\n[palm]\ninactive_days = {inactive}\n[palm.notice]\nlaws = {laws}\n".encode()
    if not words:
        assert parse_settings(file).palm.inactive_days == inactive
        return
    with pytest.raises(SettingsError, match=words):
        parse_settings(file)


def test_the_bounds_hold_for_changed_settings_too() -> None:
    with pytest.raises(ValueError, match="Texas"):
        msgspec.structs.replace(PalmSettings(), inactive_days=400)
