"""Find the customer whom a request is for: by the name they log in with, or by an id_token that its client got for them. CIBA section 7.1.

Names are guessed at one's own cost: each look-up counts as a failed attempt of the client's organisation, whichever of its clients it
sends, until it has found somebody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempts import BLOCKED_SECONDS, return_attempt, take_attempt
from consent.authentication.bank_answer import answer_time
from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.keys.ring import ID_TOKEN_ALGORITHMS, KeyPurpose
from consent.errors import HintInvalid, HintUnknown
from consent.ports import Psu
from consent.store.tables.oauth import token_families
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import RateExceeded, UpstreamTimedOut
from kernel.jose.jwt import JwtInvalid, verify_jwt

UNKNOWN_MAX = 100  # look-ups within an hour by one organisation that find no customer


@dataclass(frozen=True, slots=True)
class TakeLookUp:
    """Count a look-up by name as failed until it is returned: False if there is none left."""

    name = "take_look_up"
    locks = ()  # its first statement locks the subject
    brand: str
    subject: str
    now: datetime

    async def handle(self, unit: UnitOfWork) -> bool:
        return await take_attempt(unit.connection, self.brand, self.subject, self.now, limit=UNKNOWN_MAX)


@dataclass(frozen=True, slots=True)
class ReturnLookUp:
    name = "return_look_up"
    locks = ()  # its only statement locks the subject
    brand: str
    subject: str

    async def handle(self, unit: UnitOfWork) -> None:
        await return_attempt(unit.connection, self.brand, self.subject)


async def find_customer(asked: AuthorizationRequest) -> Psu:
    """By the one hint of a request that passed its steps. Raises HintInvalid, HintUnknown, RateExceeded or UpstreamTimedOut."""
    username = asked.parameters.get("login_hint")
    return await (
        _find_by_id_token(asked, asked.parameters["id_token_hint"]) if username is None else _find_by_name(asked, username)
    )


async def _find_by_name(asked: AuthorizationRequest, username: str) -> Psu:
    services, brand = asked.services, asked.brand
    subject = f"hint/{services.sealer.blind(asked.client.organisation_id, 'attempts', brand.name)}"

    give_back = ReturnLookUp(brand.name, subject)
    if not await services.commands.run(TakeLookUp(brand.name, subject, services.clock.wall())):
        raise RateExceeded(
            f"unknown hints of organisation {asked.client.organisation_id}", rule="unknown-hints", retry_after=BLOCKED_SECONDS
        )
    try:
        async with answer_time():
            psu = await services.identity.find_by_name(brand, username)
    except UpstreamTimedOut:
        await services.commands.run(give_back)  # the look-up gave nothing away
        raise
    if psu is None:
        raise HintUnknown("no customer of that name")
    await services.commands.run(give_back)
    return psu


async def _find_by_id_token(asked: AuthorizationRequest, token: str) -> Psu:
    """By its subject, which is this client's own word for the customer; one that has expired says it as well as before."""
    subject = _verify(asked, token).get("sub")
    if not isinstance(subject, str):
        raise HintInvalid("an id_token without subject")
    async with asked.services.database.read() as connection:
        psu_id = await _load_psu_id(connection, asked, subject)
    async with answer_time():
        psu = await asked.services.identity.find(asked.brand, psu_id) if psu_id else None
    if psu is None:
        raise HintUnknown("the subject of an id_token whose customer is not known any more")
    return psu


def _verify(asked: AuthorizationRequest, token: str) -> Mapping[str, Any]:
    keys = asked.services.keys.verification_keys(asked.brand.name, KeyPurpose.ID_TOKEN)
    try:
        claims = verify_jwt(token, keys, algorithms=ID_TOKEN_ALGORITHMS, types={None, "jwt"}).claims
    except JwtInvalid as error:
        raise HintInvalid(f"id_token_hint: {error}") from None
    if claims.get("iss") != asked.brand.issuer or claims.get("aud") != asked.client.id:
        raise HintInvalid("an id_token of another issuer or client")
    return claims


async def _load_psu_id(connection: AsyncConnection, asked: AuthorizationRequest, subject: str) -> str | None:
    of_subject = (
        token_families.c.brand == asked.brand.name,
        token_families.c.client_id == asked.client.id,
        token_families.c.subject == subject,
    )
    return (await connection.execute(sa.select(token_families.c.psu_id).where(*of_subject).limit(1))).scalar()
