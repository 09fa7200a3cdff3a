"""Addresses that machines call, never browsers: no cookie and no page there, and errors in a form that programs read.

Below `/api/` is Tillfree's own API, whose errors are problem details (RFC 9457). Below `/v1/` is the retailer API,
whose errors are `{"errorMsg": ...}`. Below `/webhooks/` payment processors tell what happened.
"""

import http

import msgspec
from starlette.responses import Response

from tillfree.web.api.problems import PROBLEMS, ProblemBody, problem_uri

__all__ = [
    "API",
    "PROCESSORS",
    "RETAILER",
    "STATION_STREAM",
    "body_bytes_max",
    "is_for_machines",
    "machine_error",
    "problem_type",
]

API = "/api/"
RETAILER = "/v1/"
PROCESSORS = "/webhooks/"
STATION_STREAM = "/palm/stream"
"""The WebSocket of palm stations, the only one that takes pictures."""
_MIB = 1024 * 1024
_PALMS = "/api/v1/palms"
_BODY_BYTES_MAX = {
    _PALMS: 16 * _MIB,
    API: _MIB,
    PROCESSORS: _MIB,
    RETAILER: 16 * _MIB,
}
"""The first that fits counts. An enrolment is three captures of eight pictures or more, each some 100 kB as JPEG and a
third more in base64; the retailer API takes catalogues of 10,000 items at once."""
_TYPES = {
    400: "malformed",
    401: "unauthorised",
    403: "forbidden",
    404: "not-found",
    405: "method",
    408: "timeout",
    409: "conflict",
    412: "changed-meanwhile",
    413: "too-large",
    415: "media-type",
    421: "wrong-host",
    422: "invalid",
    428: "condition-needed",
    429: "too-many-requests",
    500: "internal",
    503: "unavailable",
}


def is_for_machines(path: str) -> bool:
    """Whether an address belongs to one of the interfaces for machines."""
    return path.startswith(tuple(_BODY_BYTES_MAX))


def body_bytes_max(path: str) -> int:
    """The largest body of a request to such an address."""
    return next(most for begin, most in _BODY_BYTES_MAX.items() if path.startswith(begin))


def problem_type(status: int) -> str:
    """The last word of a problem's type where nothing more exact is known than its status."""
    return _TYPES.get(status, "other")


def machine_error(path: str, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """What a machine is told that called a wrong address, or in a wrong way."""
    if path.startswith(RETAILER):
        body, media_type = msgspec.json.encode({"errorMsg": message}), "application/json"
    else:
        name = problem_type(status)
        title = PROBLEMS[name][1] if name in PROBLEMS else http.HTTPStatus(status).phrase
        problem = ProblemBody(type=problem_uri(name), title=title, status=status, detail=message)
        body, media_type = msgspec.json.encode(problem), "application/problem+json"
    return Response(body, status, headers, media_type)
