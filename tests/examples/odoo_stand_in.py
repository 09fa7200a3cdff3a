"""A small stand-in for Odoo: its two XML-RPC services, and invoices whose totals it works out from rates of its own."""

import contextlib
import threading
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from socketserver import ThreadingMixIn
from typing import Any
from xmlrpc.server import SimpleXMLRPCRequestHandler, SimpleXMLRPCServer

__all__ = ["StandIn", "odoo"]


class StandIn:
    """The moves that were made, and the calls that came."""

    def __init__(self) -> None:
        self.url = ""
        self.rates = {11: Decimal("0.19"), 12: Decimal("0.07")}
        self.moves: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.fail_at: set[str] = set()

    def authenticate(self, database: str, user: str, password: str, _agent: dict[str, Any]) -> Any:
        return 7 if (database, user, password) == ("books", "till@example.com", "secret") else False

    def execute_kw(
        self, _database: str, user: int, _password: str, model: str, method: str, values: list[Any], named: Any
    ) -> Any:
        assert user == 7
        self.calls.append(f"{model}.{method}")
        if method in self.fail_at:
            self.fail_at.discard(method)
            raise ValueError(f"{method} failed")
        if model == "res.currency":
            assert method == "search"
            return [{"USD": 2, "EUR": 1}[values[0][0][2]]]
        assert model == "account.move"
        return getattr(self, f"_{method}")(*values, **named)

    def _search_read(self, domain: list[list[str]], fields: list[str]) -> list[dict[str, Any]]:
        ((name, _, wanted),) = domain
        return [{"id": move["id"]} | {f: move[f] for f in fields} for move in self.moves if move[name] == wanted]

    def _read(self, ids: Any, fields: list[str]) -> list[dict[str, Any]]:
        ids = ids if isinstance(ids, list) else [ids]
        return [{"id": move["id"]} | {f: move[f] for f in fields} for move in self.moves if move["id"] in ids]

    def _create(self, values: dict[str, Any]) -> int:
        total = Decimal(0)
        for _, _, line in values["invoice_line_ids"]:
            net = Decimal(str(line["price_unit"])) * line["quantity"]
            tax = sum((net * self.rates[id_] for id_ in line["tax_ids"][0][2]), Decimal(0))
            total += net + tax.quantize(Decimal("0.01"), ROUND_HALF_UP)
        id_ = len(self.moves) + 1
        self.moves.append(values | {"id": id_, "state": "draft", "amount_total": float(total)})
        return id_

    def _action_post(self, ids: Any) -> bool:
        ids = ids if isinstance(ids, list) else [ids]
        for move in self.moves:
            if move["id"] in ids:
                assert move["state"] == "draft"
                move["state"] = "posted"
        return True


class _Handler(SimpleXMLRPCRequestHandler):
    rpc_paths = ("/xmlrpc/2/common", "/xmlrpc/2/object")


class _Server(ThreadingMixIn, SimpleXMLRPCServer):
    daemon_threads = True


@contextlib.contextmanager
def odoo() -> Iterator[StandIn]:
    """It listens on a port of this machine."""
    stand_in = StandIn()
    server = _Server(("127.0.0.1", 0), _Handler, logRequests=False, allow_none=True)
    services: dict[str, Any] = {"authenticate": stand_in.authenticate, "execute_kw": stand_in.execute_kw}
    for name, service in services.items():
        server.register_function(service, name)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
