"""The protocol of a use case: it answers one or more operations in canonical words, the same for every dialect."""

from typing import Any, Protocol

from gateway.pipeline.exchange import Exchange
from kernel.operations import Operation


class UseCase(Protocol):
    @property
    def operations(self) -> tuple[Operation, ...]: ...

    async def run(self, exchange: Exchange) -> Any:
        """The canonical result of `exchange.command`, for the row's encoder. The chain has allowed the request."""
        ...
