"""Say what a valid token says: whose it is, what for, under which consent."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import TokenDescription
from kernel.operations import Operation


@dataclass(frozen=True)
class DescribeToken:
    operations = (Operation.DESCRIBE_TOKEN,)

    async def run(self, exchange: Exchange) -> TokenDescription:
        return TokenDescription(present(exchange.token), present(exchange.caller))
