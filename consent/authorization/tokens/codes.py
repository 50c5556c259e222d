"""Authorization codes: stored hashed, alive for at most a minute, redeemed once. RFC 6749 section 4.1.2, FAPI2-SP-FINAL 5.3.2.1-13."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authorization.authorize.pushed import PushedRequest
from consent.authorization.offer.scopes import userinfo_claims_asked
from consent.services import Services
from consent.store.rows.families import FIRST_VERSION, issue_family
from consent.store.tables.oauth import codes
from kernel.access import FamilyState, TokenFamily
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.ids import hash_secret


async def issue_code(
    unit: UnitOfWork,
    *,
    services: Services,
    brand: Brand,
    pushed: PushedRequest,
    consent: Consent,
    authorisation_id: str,
    psu_id: str,
    subject: str,
    auth_time: datetime,
    acr: str | None,
) -> str:
    """Start the authorisation's token family and issue its code, in the caller's unit of work. `subject` is pairwise
    (consent/authorization/tokens/subject.py), `auth_time` is protocol time."""
    now = services.clock.wall()
    family = _family_of(services, brand, pushed, consent.id, psu_id)
    await issue_family(
        unit.connection, family, authorisation_id=authorisation_id, subject=subject, now=now, resources=pushed.resources
    )
    code = services.ids.secret()
    await unit.connection.execute(
        codes.insert().values(
            brand=brand.name,
            id=hash_secret(code),
            family_id=family.id,
            client_id=pushed.client_id,
            redirect_uri=pushed.redirect_uri,
            code_challenge=pushed.code_challenge,
            dpop_jkt=pushed.dpop_jkt,
            nonce=pushed.nonce,
            auth_time=auth_time,
            acr=acr,
            taken=False,
            created_at=now,
            expires_at=now + timedelta(seconds=services.settings.code_seconds),
        )
    )
    return code


def _family_of(services: Services, brand: Brand, pushed: PushedRequest, consent_id: str, psu_id: str) -> TokenFamily:
    return TokenFamily(
        id=services.ids.uuid(),
        brand=brand.name,
        version=FIRST_VERSION,
        client_id=pushed.client_id,
        consent_id=consent_id,
        psu_id=psu_id,
        state=FamilyState.ACTIVE,
        scope=pushed.scope,
        is_detailed=pushed.is_detailed,
        userinfo_claims=userinfo_claims_asked(services.dialects_of(brand), pushed.claims),
    )


async def load_code(connection: AsyncConnection, brand: str, code: str) -> sa.Row[Any] | None:
    """The code's row, taken or not: what was used once must be recognised when it is used again."""
    query = sa.select(codes).where(codes.c.brand == brand, codes.c.id == hash_secret(code))
    return (await connection.execute(query)).one_or_none()


async def take_authorization_code(connection: AsyncConnection, brand: str, code: str) -> bool:
    """Consume the code: True for exactly one of several concurrent callers. Its row now lasts as long as its family
    (consent/store/rows/families.py)."""
    taken = await connection.execute(
        codes.update()
        .where(codes.c.brand == brand, codes.c.id == hash_secret(code), codes.c.taken.is_(False))
        .values(taken=True, expires_at=None)
    )
    return taken.rowcount == 1
