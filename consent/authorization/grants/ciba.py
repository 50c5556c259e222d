"""grant_type=urn:openid:params:grant-type:ciba: tokens for an answered backchannel request, once, for the client that sent it.

CIBA sections 10.1 and 11. Until the customer has answered, the client gets authorization_pending, or slow_down if it polls too often.
"""

from dataclasses import dataclass
from typing import Any

from consent.authorization.backchannel.rows import BackchannelRequest, RequestState, load_request, pace_request, take_request
from consent.authorization.clients.metadata import CIBA
from consent.authorization.grants.grant import TokenRequest
from consent.authorization.grants.redemption import Authenticated, Redeemed, redeem_family, render_redeemed
from consent.errors import (
    AuthenticationDenied,
    AuthenticationPending,
    AuthenticationRequestExpired,
    AuthenticationRequestUnknown,
    PolledTooSoon,
)
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import FieldMissing, Problem
from kernel.ids import hash_secret


class Ciba:
    name = CIBA

    async def issue(self, asked: TokenRequest) -> dict[str, Any]:
        """Raises AuthenticationPending, PolledTooSoon, AuthenticationDenied, AuthenticationRequestExpired, AuthenticationRequestUnknown,
        TargetInvalid or FieldMissing."""
        presented = asked.parameters.get("auth_req_id")
        if presented is None:
            raise FieldMissing(path="auth_req_id", public="The auth_req_id is missing.")

        async with asked.services.database.read() as connection:  # nothing is begun for what does not exist
            if await load_request(connection, asked.brand.name, hash_secret(presented)) is None:
                raise AuthenticationRequestUnknown("unknown")

        outcome = await asked.services.commands.run(RedeemAnswer(asked, hash_secret(presented)))
        if isinstance(outcome, Problem):
            raise outcome
        request, redeemed = outcome
        if request.auth_time is None:
            raise RuntimeError(f"request {request.id} was approved at no time")
        return render_redeemed(asked, redeemed, Authenticated(request.auth_time, request.acr))


@dataclass(frozen=True, slots=True)
class RedeemAnswer:
    """Take the customer's answer and start its family's tokens. A refusal that is returned commits what it counted; one that is raised
    leaves the request unused."""

    name = "redeem_answer"
    locks = ()
    asked: TokenRequest
    request_id: str

    async def handle(self, unit: UnitOfWork) -> tuple[BackchannelRequest, Redeemed] | Problem:
        now = self.asked.services.clock.wall()
        request = await load_request(unit.connection, self.asked.brand.name, self.request_id)
        if request is None or request.client_id != self.asked.client.id:
            return AuthenticationRequestUnknown("unknown, or another client's")
        if request.state is RequestState.DENIED:
            return AuthenticationDenied("the customer said no")
        if request.state is RequestState.REDEEMED:
            return AuthenticationRequestUnknown("redeemed before")
        if request.expires_at <= now:
            return AuthenticationRequestExpired(f"at {request.expires_at}")
        if request.state is RequestState.PENDING:
            in_time = await pace_request(unit.connection, request, now)
            return AuthenticationPending("not answered yet") if in_time else PolledTooSoon("polled again too soon")
        if request.family_id is None or not await take_request(unit.connection, request):
            return AuthenticationRequestUnknown("redeemed by another request")
        redeemed = await redeem_family(
            unit, self.asked, request.family_id, kind="answer.redeemed", refuse=AuthenticationRequestUnknown
        )
        return request, redeemed
