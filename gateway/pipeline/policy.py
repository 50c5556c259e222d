"""The protocols of a policy: one refusal or one change, judged on the request, on the hot state's verdicts, or on the answer.

A policy implements the phases it needs. `applies` decides by an operation's row, once, at boot.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from gateway.pipeline.exchange import Exchange
from kernel.http.message import Response
from openapi.dialect import Row


class Policy(Protocol):
    @property
    def name(self) -> str: ...

    def applies(self, row: Row) -> bool: ...


@runtime_checkable
class OnRequest(Protocol):
    async def on_request(self, exchange: Exchange) -> None:
        """Refuse by raising a Problem; learn by writing to the exchange; ask the hot state by adding a check. May run again, on
        newer snapshots: it has no other effect."""
        ...


@runtime_checkable
class OnDecision(Protocol):
    def on_decision(self, exchange: Exchange) -> None:
        """Read the verdict on the check that `on_request` added. Runs once, after every version proved current."""
        ...


@runtime_checkable
class OnAllowed(Protocol):
    async def on_allowed(self, exchange: Exchange) -> None:
        """Do what must be done before the operation runs, once nothing refuses the call any more. Runs once."""
        ...


@runtime_checkable
class OnResponse(Protocol):
    def on_response(self, exchange: Exchange, response: Response) -> None:
        """See the answer, whether it allows or refuses, before it begins. Raising replaces it."""
        ...


@dataclass(frozen=True, slots=True)
class Steps:
    """The chain of one operation, by phase, in order."""

    requests: tuple[OnRequest, ...]
    decisions: tuple[OnDecision, ...]
    allowances: tuple[OnAllowed, ...]
    responses: tuple[OnResponse, ...]


def derive_steps(chain: Sequence[Policy], rows: Iterable[Row]) -> Iterator[Steps]:
    """For each operation, the part of the chain that applies to it. The answer passes the chain in reverse, on its way back up. Which
    phases a policy implements is asked once, not for each operation: asking a protocol takes long."""
    requests = [policy for policy in chain if isinstance(policy, OnRequest)]
    decisions = [policy for policy in chain if isinstance(policy, OnDecision)]
    allowances = [policy for policy in chain if isinstance(policy, OnAllowed)]
    responses = [policy for policy in reversed(chain) if isinstance(policy, OnResponse)]
    for row in rows:
        yield Steps(
            requests=tuple(policy for policy in requests if policy.applies(row)),
            decisions=tuple(policy for policy in decisions if policy.applies(row)),
            allowances=tuple(policy for policy in allowances if policy.applies(row)),
            responses=tuple(policy for policy in responses if policy.applies(row)),
        )
