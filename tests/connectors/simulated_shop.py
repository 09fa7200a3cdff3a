"""Simulated processors and their mocks, served on free ports of this machine."""

from collections.abc import Iterator
from contextlib import contextmanager

from tillfree.commerce.payments.processor import Order, OrderKind
from tillfree.connectors.processors.adyen import AdyenProcessor, adyen_caller
from tillfree.connectors.processors.secret_keys import Secret
from tillfree.connectors.processors.stripe import StripeProcessor, stripe_caller
from tillfree.core.ids import PaymentId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.simulation.payments.adyen_mock import AdyenMock
from tillfree.simulation.payments.faults import QUIET, FaultTable
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.simulation.payments.serving import LocalServer
from tillfree.simulation.payments.stripe_mock import StripeMock

KEY = "sk_test_never_to_be_logged"
ACCOUNT = "TillfreeTest"
HMAC_KEY = Secret("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056")
BEGIN_NS = 1_750_000_000 * NS_PER_S


class Clock:
    """A clock that stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now_ns = BEGIN_NS

    def __call__(self) -> int:
        return self.now_ns

    def move(self, seconds: float) -> None:
        self.now_ns += round(seconds * NS_PER_S)


def order(kind: OrderKind, minor: int | None, *, number: int = 1, reference: str = "", currency: str = "EUR") -> Order:
    return Order(
        key=f"p1/{kind}/{number}",
        kind=kind,
        payment=PaymentId("p1"),
        amount=None if minor is None else Money(minor, currency),
        reference=reference,
        token="cus_1/tok_1" if kind in ("authorise", "charge") else "",
    )


class Stripe:
    """An adapter, the mock that it speaks to, and the books behind that."""

    def __init__(self, faults: FaultTable = QUIET, *, seed: int = 0, forget_after_s: int = 0) -> None:
        self.clock = Clock()
        self.core = SimulatedProcessor(self.clock, seed=seed, faults=faults, forget_after_ns=forget_after_s * NS_PER_S)
        self.mock = StripeMock(self.core, KEY, self.clock)

    @contextmanager
    def served(self, *, key: str = KEY, timeout_s: float = 5.0) -> Iterator[StripeProcessor]:
        with LocalServer(self.mock.app()) as server:
            caller = stripe_caller(Secret(key), address=server.address, timeout_s=timeout_s)
            try:
                yield StripeProcessor(caller)
            finally:
                caller.close()


class Adyen:
    """The same for the other."""

    def __init__(self, faults: FaultTable = QUIET, *, seed: int = 0) -> None:
        self.clock = Clock()
        self.core = SimulatedProcessor(self.clock, seed=seed, faults=faults)
        self.mock = AdyenMock(self.core, KEY, ACCOUNT)

    @contextmanager
    def served(self, *, key: str = KEY, timeout_s: float = 5.0) -> Iterator[AdyenProcessor]:
        with LocalServer(self.mock.app()) as server:
            caller = adyen_caller(Secret(key), address=f"{server.address}/v71", timeout_s=timeout_s)
            try:
                yield AdyenProcessor(caller, ACCOUNT)
            finally:
                caller.close()
