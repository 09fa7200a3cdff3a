"""What a fault of the simulated processor looks like from outside: silence, a 5xx, or a 429."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tillfree.simulation.payments.faults import SimulatedFault

__all__ = ["fault_response"]

_POLL_S = 0.01
_SILENT_S = 30.0


async def fault_response(request: Request, fault: SimulatedFault) -> Response:
    """An answer to nobody: of a timeout there is none before the caller has given up."""
    if fault.kind == "throttled":
        return JSONResponse({"error": {"type": "rate_limit"}}, 429, headers={"Retry-After": "1"})
    if fault.kind == "timeout":
        for _ in range(int(_SILENT_S / _POLL_S)):
            if await request.is_disconnected():
                break
            await asyncio.sleep(_POLL_S)
    return JSONResponse({"error": {"type": "api_error", "message": "simulated"}}, 503)
