"""Say what a valid token says: whose it is, what for, under which consent."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.access import AccessToken, Caller
from kernel.operations import Operation


@dataclass(frozen=True, slots=True)
class TokenDescription:
    """The result of GET /whoami: a token and its caller."""

    token: AccessToken
    caller: Caller


@dataclass(frozen=True)
class DescribeToken:
    operations = (Operation.DESCRIBE_TOKEN,)

    async def run(self, exchange: Exchange) -> TokenDescription:
        return TokenDescription(present(exchange.token), present(exchange.caller))
