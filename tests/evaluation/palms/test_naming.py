from pathlib import PurePosixPath

import pytest

from tillfree.evaluation.errors import EvaluationError
from tillfree.evaluation.palms.naming import Naming, Owner, guess_naming, pattern_naming


def _owner(naming: Naming, path: str) -> Owner | None:
    return naming.owner(PurePosixPath(path))


def _guess(*paths: str, group: int = 0, per_session: int = 0) -> list[Owner | None]:
    below = [PurePosixPath(path) for path in paths]
    naming = guess_naming(below, group=group, per_session=per_session)
    return [naming.owner(path) for path in below]


def test_names_with_person_side_light_and_number() -> None:
    assert _guess("007_l_940_03.jpg", "007_r_460_04.jpg", "deep/008_left_850_01.jpg") == [
        Owner("007", "left", "1", "nir"),
        Owner("007", "right", "2", "visible"),
        Owner("008", "left", "1", "nir"),
    ]
    assert _guess("007_l_940_03.jpg", per_session=2) == [Owner("007", "left", "2", "nir")]


def test_names_with_person_and_side() -> None:
    owners = _guess("12_left_Hand_0001.jpg", "13_right_Hand_0002.jpg")
    assert owners == [Owner("12", "left"), Owner("13", "right")]


def test_numbered_pictures_in_folders_by_session() -> None:
    owners = _guess("roi/session1/00001.bmp", "roi/session1/00010.bmp", "roi/session2/00011.bmp")
    assert owners == [Owner("1", "", "session1"), Owner("1", "", "session1"), Owner("2", "", "session2")]
    assert _guess("session1/05.png", "session1/06.png", group=5) == [
        Owner("1", "", "session1"),
        Owner("2", "", "session1"),
    ]


def test_numbered_pictures_in_no_session_need_to_be_told_how_many_are_a_palm() -> None:
    with pytest.raises(EvaluationError, match="--identity"):
        _guess("1.bmp", "2.bmp")
    assert _guess("1.bmp", "12.bmp", group=10) == [Owner("1"), Owner("2")]


def test_folders_by_person() -> None:
    assert _guess("001/1_01_s.bmp", "002/2_01_s.bmp") == [Owner("001", "", "1"), Owner("002", "", "2")]
    assert _guess("anna/left/a.png", "bert/right/b.png") == [Owner("anna", "left"), Owner("bert", "right")]
    assert _guess("session1/anna/x.png", "anna/session_2/left/y.png") == [
        Owner("anna", "", "session1"),
        Owner("anna", "left", "session_2"),
    ]


def test_patterns() -> None:
    shape = pattern_naming("{person}-{hand}/{session}_*")
    assert _owner(shape, "p3-L/s2_99.jpg") == Owner("p3", "left", "s2")
    assert _owner(shape, "elsewhere/s2_99.jpg") is None
    expression = pattern_naming(r"(?P<session>\w)/(?P<person>\d{3}).*")
    assert _owner(expression, "b/123456.jpg") == Owner("123", "", "b")
    numbered = pattern_naming(r".*?(?P<number>\d+)", group=4)
    assert _owner(numbered, "x/9.bmp") == Owner("2")


def test_patterns_that_name_nobody_are_refused() -> None:
    with pytest.raises(EvaluationError, match="person"):
        pattern_naming("{session}/*")
    with pytest.raises(EvaluationError, match="regular expression"):
        pattern_naming("(?P<person>[")
