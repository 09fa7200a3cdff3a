"""The page of cases lists exactly those that the tests run, each as passed."""

from tests.web.retailer.write_cases import PAGE, names, page


def test_the_page_of_cases_is_up_to_date() -> None:
    wanted = page({name: "passed" for name, _ in names()})
    assert PAGE.read_text(encoding="utf-8") == wanted, "run: python -m tests.web.retailer.write_cases"


def test_no_two_cases_have_one_name() -> None:
    assert len(dict(names())) == len(names()) >= 300
