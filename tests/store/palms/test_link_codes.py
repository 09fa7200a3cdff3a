"""Codes find whoever they were made for, for a while and no longer, and nothing else finds anybody."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tillfree.core.time import NS_PER_MINUTE
from tillfree.store.palms.link_codes import LIFE_MIN, LinkCodes

SUBJECTS = ("a" * 24, "b" * 24, "c" * 24)
LIFE_NS = LIFE_MIN * NS_PER_MINUTE
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("make"), st.sampled_from(SUBJECTS)),
        st.tuples(st.just("wait"), st.integers(0, 2 * LIFE_NS)),
    ),
    max_size=30,
)


class Clock:
    def __init__(self) -> None:
        self.now_ns = 1_800_000_000_000_000_000

    def __call__(self) -> int:
        return self.now_ns


@given(STEPS)
def test_only_the_newest_code_of_somebody_is_good_and_only_for_its_time(steps: list[tuple[str, str | int]]) -> None:
    clock = Clock()
    codes = LinkCodes(clock)
    made: list[tuple[str, str]] = []
    good: dict[str, tuple[str, int]] = {}
    for what, value in steps:
        if isinstance(value, int):
            assert what == "wait"
            clock.now_ns += value
        else:
            code = codes.make(value)
            made.append((code, value))
            good[value] = (code, clock.now_ns + LIFE_NS)
        for code, subject in made:
            newest, until_ns = good[subject]
            assert codes.find(code) == (subject if code == newest and clock.now_ns <= until_ns else "")


@given(st.sampled_from(SUBJECTS), st.data())
def test_case_blanks_and_hyphens_do_not_matter(subject: str, data: st.DataObject) -> None:
    codes = LinkCodes(Clock())
    code = codes.make(subject)
    assert re.fullmatch(r"[2-9A-HJ-NP-TV-Z]{4}-[2-9A-HJ-NP-TV-Z]{4}", code)
    typed = ""
    for letter in code.replace("-", ""):
        typed += data.draw(st.sampled_from([letter, letter.lower()])) + data.draw(st.sampled_from(["", " ", "-", "\t"]))
    assert codes.find(typed) == subject
    for wrong in (typed + "2", typed[1:] if typed[0] != " " else typed[2:], code[:-1] + "0", ""):
        assert codes.find(wrong) == ""


@given(st.text(max_size=30))
def test_no_text_that_was_not_given_out_finds_anybody(text: str) -> None:
    codes = LinkCodes(Clock())
    code = codes.make(SUBJECTS[0])
    if "".join(text.split()).replace("-", "").upper() != code.replace("-", ""):
        assert codes.find(text) == ""


@given(st.integers(0, 40))
def test_there_are_never_more_than_so_many_and_the_oldest_goes(more: int) -> None:
    codes = LinkCodes(Clock())
    made = [codes.make(f"{number:024}") for number in range(1000 + more)]
    found = [codes.find(code) for code in made]
    assert found[:more] == [""] * more
    assert found[more:] == [f"{number:024}" for number in range(more, 1000 + more)]


def test_no_code_is_kept_as_it_is() -> None:
    codes = LinkCodes(Clock())
    code = codes.make(SUBJECTS[0])
    assert code not in repr(vars(codes))
    assert code.replace("-", "") not in repr(vars(codes))
