"""Token families: all tokens that grew from one authorisation of a PSU, ended together.

A family ends when its code is presented twice (RFC 6749 section 4.1.2), when its refresh token is revoked (RFC 7009 section 2.1) and
when somebody ends its consent; one whose consent has run out is refused because of that. An ended family never returns.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.tables.oauth import codes, refresh_tokens, token_families
from kernel.access import FamilyState, TokenFamily
from kernel.commands.unit_of_work import UnitOfWork
from kernel.hot_state.subjects import family_subject

FIRST_VERSION = 1


async def issue_family(
    connection: AsyncConnection,
    family: TokenFamily,
    *,
    authorisation_id: str,
    subject: str,
    now: datetime,
    resources: tuple[str, ...] = (),
) -> None:
    """`resources` are those it is restricted to (consent/authorization/offer/resources.py)."""
    await connection.execute(
        token_families.insert().values(
            brand=family.brand,
            id=family.id,
            version=family.version,
            state=family.state.value,
            client_id=family.client_id,
            consent_id=family.consent_id,
            authorisation_id=authorisation_id,
            psu_id=family.psu_id,
            subject=subject,
            scope=" ".join(family.scope),
            userinfo_claims=" ".join(family.userinfo_claims),
            resources=" ".join(resources),
            is_detailed=family.is_detailed,
            created_at=now,
        )
    )


async def load_family(connection: AsyncConnection, brand: str, family_id: str, *, lock: bool = False) -> TokenFamily | None:
    """The family's current version. `lock` keeps it from ending until the transaction is over."""
    row = await load_family_row(connection, brand, family_id, lock=lock)
    return None if row is None else family_of(row)


async def load_family_row(connection: AsyncConnection, brand: str, family_id: str, *, lock: bool = False) -> sa.Row[Any] | None:
    query = sa.select(token_families).where(token_families.c.brand == brand, token_families.c.id == family_id)
    return (await connection.execute(query.with_for_update() if lock else query)).one_or_none()


async def load_last_row(connection: AsyncConnection, brand: str, consent_id: str) -> sa.Row[Any] | None:
    """The family of a consent's last authorisation, living or ended: what is granted by OAuth's words."""
    query = (
        sa.select(token_families)
        .where(token_families.c.brand == brand, token_families.c.consent_id == consent_id)
        .order_by(token_families.c.created_at.desc(), token_families.c.id)
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none()


async def load_active_families(connection: AsyncConnection, brand: str, consent_id: str) -> list[str]:
    """The ids of a consent's active families."""
    query = sa.select(token_families.c.id).where(
        token_families.c.brand == brand,
        token_families.c.consent_id == consent_id,
        token_families.c.state == FamilyState.ACTIVE.value,
    )
    return list(await connection.scalars(query))


def family_of(row: sa.Row[Any]) -> TokenFamily:
    return TokenFamily(
        id=row.id,
        brand=row.brand,
        version=row.version,
        client_id=row.client_id,
        consent_id=row.consent_id,
        psu_id=row.psu_id,
        state=FamilyState(row.state),
        scope=tuple(row.scope.split()),
        is_detailed=row.is_detailed,
        userinfo_claims=tuple(row.userinfo_claims.split()),
    )


async def end_families(unit: UnitOfWork, brand: str, consent_id: str, now: datetime) -> None:
    """End every active family of a consent, when the unit of work commits."""
    await _end(unit, brand, now, token_families.c.consent_id == consent_id)


async def end_family(unit: UnitOfWork, brand: str, family_id: str, now: datetime) -> bool:
    """End one family. False if it had ended or never was."""
    return await _end(unit, brand, now, token_families.c.id == family_id)


async def _end(unit: UnitOfWork, brand: str, now: datetime, where: sa.ColumnElement[bool]) -> bool:
    """With the families, their used codes are over, since nothing is left that a replay could end, and their refresh tokens go."""
    rows = await unit.connection.execute(
        token_families.update()
        .where(token_families.c.brand == brand, where, token_families.c.state == FamilyState.ACTIVE.value)
        .values(state=FamilyState.ENDED.value, version=token_families.c.version + 1, ended_at=now)
        .returning(token_families.c.id, token_families.c.version)
    )
    ended = {row.id: row.version for row in rows}
    if not ended:
        return False
    for family_id, version in ended.items():
        unit.move(family_subject(brand, family_id), version)
    await _retire(unit.connection, brand, [*ended], now)
    mine = (refresh_tokens.c.brand == brand, refresh_tokens.c.family_id.in_(ended))
    await unit.connection.execute(refresh_tokens.delete().where(*mine))
    return True


async def retire_codes(connection: AsyncConnection, brand: str, consent_id: str, now: datetime) -> None:
    """The used codes of a consent that has run out are over, though its families are not ended: a replay could end nothing."""
    await _retire(connection, brand, await load_active_families(connection, brand, consent_id), now)


async def _retire(connection: AsyncConnection, brand: str, family_ids: list[str], now: datetime) -> None:
    used = (codes.c.brand == brand, codes.c.family_id.in_(family_ids), codes.c.taken.is_(True))
    await connection.execute(codes.update().where(*used).values(expires_at=now))
