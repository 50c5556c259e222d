"""grant_type=authorization_code: the code is redeemed once, by its client, with its verifier, while its consent stands.

RFC 6749 section 4.1.3, RFC 7636 section 4.6, RFC 9449 section 10. A second presentation of a code ends every token that was issued from
it.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from consent.authorization.grants.grant import TokenRequest
from consent.authorization.grants.redemption import Authenticated, Redeemed, redeem_family, render_redeemed
from consent.authorization.tokens.codes import load_code, take_authorization_code
from consent.authorization.tokens.revoke import revoke_family
from consent.errors import CodeInvalid
from kernel.access import Confirmation
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import FieldMissing

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Replayed:
    """The code was used before."""

    family_id: str


class AuthorizationCode:
    name = "authorization_code"

    async def issue(self, asked: TokenRequest) -> dict[str, Any]:
        """Raises CodeInvalid, TargetInvalid or FieldMissing."""
        presented = asked.parameters.get("code")
        if presented is None:
            raise FieldMissing(path="code", public="The code is missing.")

        async with asked.services.database.read() as connection:  # nothing is begun for what does not exist
            if await load_code(connection, asked.brand.name, presented) is None:
                raise CodeInvalid("unknown")

        outcome = await asked.services.commands.run(RedeemCode(asked, presented))
        if isinstance(outcome, Replayed):
            actor = f"client:{asked.client.id}"
            await revoke_family(asked.services, asked.brand, outcome.family_id, actor=actor, reason="code presented twice")
            raise CodeInvalid("presented twice: its family has ended")
        code, redeemed = outcome
        return render_redeemed(asked, redeemed, Authenticated(code.auth_time, code.acr, code.nonce))


@dataclass(frozen=True, slots=True)
class RedeemCode:
    """Take the code and start its family's tokens. Raising leaves the code unused."""

    name = "redeem_code"
    locks = ()
    asked: TokenRequest
    presented: str

    async def handle(self, unit: UnitOfWork) -> tuple[sa.Row[Any], Redeemed] | Replayed:
        asked, brand = self.asked, self.asked.brand.name
        code = await load_code(unit.connection, brand, self.presented)
        if code is None or code.client_id != asked.client.id:
            raise CodeInvalid("unknown, or another client's")
        if not await take_authorization_code(unit.connection, brand, self.presented):
            return Replayed(code.family_id)
        if code.expires_at <= asked.services.clock.wall():
            raise CodeInvalid(f"expired at {code.expires_at}")
        _check_request(asked, code)
        return code, await redeem_family(unit, asked, code.family_id, kind="code.redeemed", refuse=CodeInvalid)


def _check_request(asked: TokenRequest, code: sa.Row[Any]) -> None:
    if code.dpop_jkt is not None and asked.confirmation != Confirmation("jkt", code.dpop_jkt):
        raise CodeInvalid("another key than its request named")
    redirect_uri = asked.parameters.get("redirect_uri", code.redirect_uri)
    if redirect_uri != code.redirect_uri:
        raise CodeInvalid("redirect_uri is not the pushed one")
    if code.code_challenge is None:
        _check_no_verifier(asked)
        return
    verifier = asked.parameters.get("code_verifier", "")
    if not _VERIFIER.fullmatch(verifier):
        raise CodeInvalid("code_verifier is missing or malformed")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not hmac.compare_digest(challenge, code.code_challenge):
        raise CodeInvalid("code_verifier does not fit the challenge")


def _check_no_verifier(asked: TokenRequest) -> None:
    """RFC 9700 section 4.8.2: a verifier without a challenge means that someone took the challenge out of the request."""
    if "code_verifier" in asked.parameters:
        raise CodeInvalid("a code_verifier for a code without challenge")
