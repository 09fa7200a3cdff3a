"""Runs the published test cases against somebody's connectors, and says which they pass."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import httpx2
import msgspec

from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.retailer.cases import CONNECTORS, Case
from tillfree.connectors.retailer.signing import Key, sign

__all__ = ["Outcome", "Result", "check_connectors"]

Outcome = Literal["passed", "failed", "not there"]
_TIMEOUT_S = 10.0
_MISSING = 404
_SAID_MAX = 120


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a case; `why` says what was wrong."""

    case: str
    connector: str
    outcome: Outcome
    status: int = 0
    why: str = ""


def check_connectors(
    base: str,
    cases: Iterable[Case],
    *,
    now_ns: Callable[[], int],
    key: Key | None = None,
    region: str = "us-east-1",
    bearer: str = "",
    transport: httpx2.BaseTransport | None = None,
) -> Iterator[Result]:
    """The result of each case, as it comes. An optional connector that is not there at all is no failure.

    Raises:
        ConnectorError: nobody answers at that address.
    """
    with httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False, transport=transport) as http:

        def send(path: str, body: bytes) -> httpx2.Response:
            url = base.rstrip("/") + path
            headers = {"content-type": "application/json"}
            if key is not None:
                headers = sign("POST", url, body, key, region=region, now_ns=now_ns())
            elif bearer:
                headers["authorization"] = f"Bearer {bearer}"
            try:
                return http.post(url, content=body, headers=headers)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise ConnectorError(f"{url}: no answer ({type(error).__name__}: {error}); is it running?") from error

        absent: dict[str, bool] = {}
        for case in cases:
            if case.optional and case.connector not in absent:
                absent[case.connector] = send(CONNECTORS[case.connector], _encoded(case.body)).status_code == _MISSING
            if absent.get(case.connector):
                why = "the connector answers 404: it is not configured"
                yield Result(case=case.name, connector=case.connector, outcome="not there", status=_MISSING, why=why)
            else:
                yield _run(case, send)


def _run(case: Case, send: Callable[[str, bytes], httpx2.Response]) -> Result:
    path = CONNECTORS[case.connector]
    answer = send(path, _encoded(case.body))
    why = _wrong(case, answer)
    if not why and case.repeats and isinstance(case.body, dict):
        # The same once more, as after a lost answer: with a request id of its own.
        second = send(path, _encoded(case.body | {"requestId": str(uuid.uuid4())}))
        why = _wrong(case, second)
        if not why and _json(second) != _json(answer):
            why = "the second answer differs from the first"
    outcome: Outcome = "failed" if why else "passed"
    return Result(case=case.name, connector=case.connector, outcome=outcome, status=answer.status_code, why=why)


def _wrong(case: Case, answer: httpx2.Response) -> str:
    if answer.status_code not in case.expect:
        wanted = " or ".join(str(status) for status in sorted(case.expect))
        said = " ".join(answer.text.split())[:_SAID_MAX]
        return f"answered {answer.status_code}, not {wanted}" + (f": {said}" if said else "")
    if case.check is None:
        return ""
    found = _json(answer)
    return case.check(found) if isinstance(found, dict) else "the answer is no JSON object"


def _encoded(body: dict[str, Any] | bytes) -> bytes:
    return body if isinstance(body, bytes) else msgspec.json.encode(body)


def _json(answer: httpx2.Response) -> Any:
    try:
        return msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, RecursionError):
        return None
