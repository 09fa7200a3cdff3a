"""The notice says what the settings say, and nothing that is not so."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.store.palms.notice import NoticeError, make_notice, parse_notice
from tillfree.store.palms.notice_settings import LAWS, Law, NoticeSettings


def text_of(settings: NoticeSettings, days: int = 200) -> str:
    made = make_notice(settings, store_name="Corner shop", version="3", inactive_days=days)
    assert made.version == "3"
    return "\n".join(f"{heading}\n" + "\n".join(paragraphs) for heading, paragraphs in made.parts)


@given(st.lists(st.sampled_from(LAWS), max_size=3))
def test_each_law_that_is_set_is_told_once_and_no_other(laws: list[Law]) -> None:
    text = text_of(NoticeSettings(laws=tuple(laws)))
    for law, words in (("gdpr", "Art. 9(2)(a)"), ("bipa", "written release"), ("cubi", "In Texas (CUBI)")):
        assert text.count(words) == (law in laws)


@given(st.integers(1, 1095), st.integers(1, 365))
def test_periods_are_those_that_hold(inactive_days: int, policy_days: int) -> None:
    text = text_of(NoticeSettings(policy_days=policy_days), inactive_days)
    assert f"not used it for {inactive_days} days" in text
    assert f"within {policy_days} days" in text


def test_who_answers_is_named_or_else_the_store() -> None:
    assert "Corner shop." in text_of(NoticeSettings())
    settings = NoticeSettings(controller="Shops Ltd", address="1 High St", contact="a@b.example", authority="the ICO")
    for words in ("Shops Ltd, 1 High St.", "Questions: a@b.example.", "complain to the ICO"):
        assert words in text_of(settings)


def test_a_shop_may_have_its_own_text(tmp_path: Path) -> None:
    path = tmp_path / "notice.txt"
    path.write_text("Before.\n\n# What\nOne\nline.\n\nTwo.\n\n# Why\n", encoding="utf-8")
    made = make_notice(NoticeSettings(text_file=str(path)), store_name="x", version="1", inactive_days=1)
    assert made.parts == (("", ("Before.",)), ("What", ("One line.", "Two.")), ("Why", ()))


@pytest.mark.parametrize("data", [b"", b"# only a heading\n", b"\xff\xfe", b"x" * 100_001])
def test_a_text_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "notice.txt"
    path.write_bytes(data)
    with pytest.raises(NoticeError):
        make_notice(NoticeSettings(text_file=str(path)), store_name="x", version="1", inactive_days=1)
    with pytest.raises(NoticeError):
        make_notice(NoticeSettings(text_file=str(tmp_path / "no")), store_name="x", version="1", inactive_days=1)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        parts = parse_notice(text)
    except NoticeError:
        return
    assert any(paragraphs for _, paragraphs in parts)
