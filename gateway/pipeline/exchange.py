"""One resource call on its way through the chain: what was asked, what the policies learned, what will be answered.

Fields are filled in the order of the phases. A policy reads what earlier ones wrote and calls no other.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from multidict import CIMultiDict

from gateway.pipeline.calls_in_flight import Call
from kernel.access import AccessToken, Caller
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.errors import Problem
from kernel.hot_state.checks import Check, FirstUse, Verdict, WithinRate
from kernel.http.message import Request
from kernel.tokens.presented import PresentedToken
from openapi.dialect import Dialect, Row, Service

T = TypeVar("T")


@dataclass(slots=True)
class Exchange:
    brand: Brand
    dialect: Dialect
    service: Service
    row: Row
    request: Request
    path: dict[str, str]
    received_at: datetime  # protocol time
    interaction_id: str
    served: tuple[int, ...] = ()  # the versions of the operation, in ascending order, where its caller chooses one
    call: Call | None = None  # its place among those in flight
    # identify
    token: AccessToken | None = None
    presented: PresentedToken | None = None
    proof_use: FirstUse | None = None  # of the DPoP proof, where the token is bound to a key
    # authorise, on cached snapshots
    caller: Caller | None = None  # known by a client's token, or by a certificate
    consent: Consent | None = None
    psu_present: bool = False
    command: Any = None
    idempotency_key: str = ""  # of an idempotent operation
    # decide: the questions that one call to the hot state answers
    rate: WithinRate | None = None  # the one about the caller's haste
    checks: list[Check] = field(default_factory=list)
    verdicts: dict[Check, Verdict] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)  # subject -> version that the last call found current instead of ours
    # answer
    result: Any = None
    problem: Problem | None = None
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    milliseconds: float = 0.0  # from arrival to the answer

    def begin(self) -> None:
        """Forget what the policies learned: they look again, taking afresh what `moved` names."""
        self.token = self.presented = self.proof_use = self.rate = None
        self.caller = self.consent = self.command = None
        self.checks.clear()
        self.verdicts.clear()

    def is_stale(self, subject: str) -> bool:
        """True if the last call to the hot state found another version of `subject` than the one this worker knew."""
        return subject in self.moved


def present(fact: T | None) -> T:
    """A fact that an earlier policy must have established. Its absence is a broken chain, never the caller's doing."""
    if fact is None:
        raise RuntimeError("a policy that establishes this fact is missing from the chain")
    return fact
