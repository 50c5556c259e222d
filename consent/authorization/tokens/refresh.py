"""Refresh tokens: random, stored hashed, bound to the client and not to a key; they do not rotate. FAPI2-SP-FINAL 5.3.2.1-12.

A refresh token lives as long as its family, which ends with its consent. Once a payment is ordered it works for as long as the order's repeat
is known: a TPP whose access token ran out meanwhile must be able to ask what became of its order.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authorization.clients.client import Client
from consent.errors import RefreshTokenInvalid
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.rows.families import load_family_row
from consent.store.rows.snapshots import load_consent
from consent.store.tables.oauth import refresh_tokens
from kernel.access import FamilyState
from kernel.banking.consents import SIGNED_STATES, Consent, ConsentState
from kernel.brand import Brand
from kernel.commands.idempotency import KEPT
from kernel.ids import Ids, hash_secret
from openapi.owners import is_owner


async def issue_refresh_token(
    connection: AsyncConnection, ids: Ids, *, brand: str, family_id: str, client_id: str, now: datetime
) -> str:
    token = ids.secret()
    await connection.execute(
        refresh_tokens.insert().values(
            brand=brand, id=hash_secret(token), family_id=family_id, client_id=client_id, created_at=now
        )
    )
    return token


async def load_refresh_family(connection: AsyncConnection, brand: str, client_id: str, token: str) -> str | None:
    """The family of this client's refresh token; None for an unknown one and for another client's."""
    query = sa.select(refresh_tokens.c.family_id).where(
        refresh_tokens.c.brand == brand,
        refresh_tokens.c.id == hash_secret(token),
        refresh_tokens.c.client_id == client_id,
    )
    return (await connection.execute(query)).scalar()


async def load_refresh_grant(
    connection: AsyncConnection, services: Services, brand: Brand, client: Client, token: str
) -> tuple[sa.Row[Any], Consent]:
    """The family's row behind this client's refresh token and its consent, both in force. No lock: an access token issued at the
    same moment as its family ends dies with it. Raises RefreshTokenInvalid."""
    family_id = await load_refresh_family(connection, brand.name, client.id, token)
    if family_id is None:
        raise RefreshTokenInvalid("unknown, or another client's")
    family = await load_family_row(connection, brand.name, family_id)
    if family is None or family.state != FamilyState.ACTIVE.value:
        raise RefreshTokenInvalid("its family has ended")
    consent = await load_consent(connection, services.sealer, brand.name, family.consent_id)
    if consent is None or not is_owner(client.caller, consent):
        raise RefreshTokenInvalid("the consent is not this client's")
    now = services.clock.now()
    if consent.effective_state(now) not in SIGNED_STATES and not _may_be_repeated(consent, now):
        raise RefreshTokenInvalid("the consent is not in force")
    return family, consent


def _may_be_repeated(consent: Consent, now: datetime) -> bool:
    """True while the order that used the consent up may be sent again: a fresh token opens that repeat and nothing else."""
    is_used = consent.state is ConsentState.CONSUMED and kind_of(consent).is_given_once
    return is_used and now < consent.state_changed_at + KEPT
