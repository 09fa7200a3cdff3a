"""`tillfree retailer`: the cases against a simulated retailer, right and wrong."""

import pytest

from tillfree.cli.main import main
from tillfree.simulation.retail.connectors import SimulatedRetailer
from tillfree.simulation.retail.serving import serving


def test_a_right_retailer_passes_all_cases(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(SimulatedRetailer()) as address:
        assert main(["retailer", "check", address]) == 0
    out = capsys.readouterr().out
    assert out.count("passed ") >= 100
    assert "cases: " in out
    assert "0 failed" in out


def test_a_wrong_one_fails_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    retailer = SimulatedRetailer(store_id="another")
    with serving(retailer) as address:
        assert main(["retailer", "check", address, "--connector", "identity"]) == 1
    out = capsys.readouterr().out
    assert "FAILED  identity: a shopper's code opens the gate: answered 400, not 200" in out
    assert "purchases" not in out


def test_keys_come_from_the_environment(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILLFREE_CONNECTOR_KEY", "sesame")
    with serving(SimulatedRetailer(bearer="sesame")) as address:
        assert main(["retailer", "check", address, "--connector", "scan"]) == 1
        assert main(["retailer", "check", address, "--connector", "scan", "--auth", "bearer"]) == 0
    monkeypatch.delenv("TILLFREE_CONNECTOR_KEY")
    assert main(["retailer", "check", "http://127.0.0.1:9", "--auth", "sigv4"]) == 2
    assert "TILLFREE_CONNECTOR_KEY" in capsys.readouterr().err


def test_nobody_there_is_an_error_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retailer", "check", "http://127.0.0.1:9"]) == 2
    assert "no answer" in capsys.readouterr().err


def test_a_simulated_retailer_can_be_played(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retailer", "mock", "--seconds", "0.05"]) == 0
    out = capsys.readouterr().out
    assert "http://127.0.0.1:" in out
    assert "SHOPPER-1" in out
