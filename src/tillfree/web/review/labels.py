"""Decided cases as labelled data: JSON, one case per line, in the order of the decisions.

Each line is an object with

* `visit`: the code of the visit, empty once the visit is erased,
* `time`: when the decision was made, ISO 8601 in UTC,
* `choice`: "alternative" (one of the model's carts), "edited" (a cart put together by hand) or "nothing",
* `chosen`: the cart that the person chose, product to quantity, without goods that could not be charged,
* `odds`: the model's probability of that cart, null where it named none,
* `model`: the cart on the model's own receipt, product to quantity,
* `alternatives`: the carts that the model thought possible, most probable first, each with `items` and `probability`,
* `simulated`: true where nobody took anything.

Who decided is not in it: labels are for learning, the audit log is for asking.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response, StreamingResponse

from tillfree.core.time import format_utc
from tillfree.storage.database.decisions import Label

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["download_labels", "label_line"]

_encoder = msgspec.json.Encoder(order="deterministic")


def download_labels(ask: "Ask") -> Response:
    """All labels as a file."""
    ask.audit("labels.download")
    lines: Iterator[bytes] = (label_line(label) for label in ask.database.labels())
    return StreamingResponse(
        lines,
        media_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="labels.jsonl"'},
    )


def label_line(label: Label) -> bytes:
    """One label as a line."""
    shown = {
        "visit": label.visit,
        "time": format_utc(label.time_ns),
        "choice": label.choice,
        "chosen": label.items,
        "odds": label.odds,
        "model": label.model_items,
        "alternatives": label.alternatives,
        "simulated": label.simulated,
    }
    return _encoder.encode(shown) + b"\n"
