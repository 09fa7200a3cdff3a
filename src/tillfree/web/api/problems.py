"""What can go wrong with a request, as problem details (RFC 9457): one table, printed on the page of the API."""

from collections.abc import Sequence

import msgspec

from tillfree.web.errors import WebError

__all__ = ["PROBLEMS", "Fault", "Problem", "ProblemBody", "problem_uri"]

PROBLEMS: dict[str, tuple[int, str, str]] = {
    "malformed": (400, "Malformed request", "The address, a parameter or a header is not what the description says."),
    "idempotency-key-needed": (
        400,
        "Idempotency-Key is missing",
        "This request moves money: send a header Idempotency-Key with a new random text, and the same text again when "
        "the request is repeated because no answer came.",
    ),
    "unauthorised": (401, "Not authorised", "Send a key as Authorization: Bearer tf_..."),
    "forbidden": (403, "Not allowed", "The key is good, but has not the scope that is needed. Make one that has it."),
    "not-found": (404, "Not found", "There is no such address, or nothing of that name (any more)."),
    "method": (405, "Wrong method", "This address knows other methods: see the header Allow."),
    "timeout": (408, "Request not finished", "The body did not come to its end in time, or is too large."),
    "conflict": (409, "Conflict", "It contradicts the state that things are in now."),
    "in-flight": (409, "Still at work", "A request with this Idempotency-Key is at work. Repeat it in a moment."),
    "changed-meanwhile": (
        412,
        "Changed meanwhile",
        "The thing is not as it was when it was read. Read it again, and send its new ETag in If-Match.",
    ),
    "too-large": (413, "Too large", "A body has at most 1 MiB, one of palms 16 MiB."),
    "media-type": (415, "Wrong media type", "Send JSON, and say so in Content-Type."),
    "wrong-host": (421, "Wrong host", "The server does not know this name. It is started with --name."),
    "invalid": (422, "Invalid content", "The body is JSON, but not what is wanted: `errors` says where and why."),
    "key-reused": (
        422,
        "Idempotency-Key used before",
        "This Idempotency-Key was used within 24 hours for another request. Take a new one for each new request.",
    ),
    "refused": (422, "Refused", "What is asked for cannot be done: `detail` says why."),
    "condition-needed": (
        428,
        "Condition needed",
        "Send If-Match with the ETag that you read, so that no change is lost.",
    ),
    "too-many-requests": (429, "Too many requests", "Wait as many seconds as Retry-After says."),
    "internal": (500, "Our mistake", "Something went wrong on our side; the server's log says what."),
    "unavailable": (503, "Not available", "This store has no such part, or its database cannot be used now."),
}


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: `pointer` says where (RFC 6901)."""

    pointer: str
    detail: str


class ProblemBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details (RFC 9457). `type` is an address on this server that explains the kind of problem."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = ""
    errors: tuple[Fault, ...] = ()


class Problem(WebError):  # noqa: N818  what it is called where it is defined
    """A request that is answered with problem details; `name` is one of `PROBLEMS`."""

    def __init__(
        self, name: str, detail: str, *, errors: Sequence[Fault] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        assert name in PROBLEMS, name
        self.name = name
        self.errors = tuple(errors)
        self.headers = headers or {}

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return PROBLEMS[self.name][0]

    def body(self, instance: str = "") -> ProblemBody:
        """What is sent."""
        return ProblemBody(
            type=problem_uri(self.name),
            title=PROBLEMS[self.name][1],
            status=self.status,
            detail=str(self)[:2000],
            instance=instance,
            errors=self.errors,
        )


def problem_uri(name: str) -> str:
    """The type of a problem: where it is explained. It never changes."""
    return f"/api#problem-{name}"
