"""The index of consents by signer, signed or waiting, written in the same transaction as each consent's sealed snapshot.

Customers are found by a keyed digest of the bank's own reference.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.tables.consents import consent_signers, consents
from kernel.banking.consents import Consent, ConsentState
from kernel.storage.sealed import Sealer


async def index_signers(connection: AsyncConnection, sealer: Sealer, before: Consent, after: Consent) -> None:
    """Make the index say who must sign `after` and who has, where `before` says something else."""
    if not after.signing_rules or (before.signing_rules, before.signatures) == (after.signing_rules, after.signatures):
        return
    signed = {signature.customer_id: signature.at for signature in after.signatures}
    customers = sorted({customer for rule in after.signing_rules for customer in rule.customers} | set(signed))
    mine = (consent_signers.c.brand == after.brand, consent_signers.c.consent_id == after.id)
    await connection.execute(consent_signers.delete().where(*mine))
    rows = [
        {
            "brand": after.brand,
            "customer_blind": _blind(sealer, after.brand, customer_id),
            "consent_id": after.id,
            "signed_at": signed.get(customer_id),
        }
        for customer_id in customers
    ]
    await connection.execute(consent_signers.insert(), rows)


async def load_unsigned(
    connection: AsyncConnection, sealer: Sealer, brand: str, customer_id: str, *, at_most: int
) -> tuple[str, ...]:
    """The ids of the consents that are half signed and lack this customer's signature, those that wait longest first."""
    waiting = consents.c.state == ConsentState.PARTIALLY_AUTHORISED.value
    found = (
        _of_customer(sealer, brand, customer_id, consent_signers.c.signed_at.is_(None), waiting)
        .order_by(consents.c.state_changed_at, consents.c.id)
        .limit(at_most)
    )
    return tuple(await connection.scalars(found))


async def load_cosigned(
    connection: AsyncConnection, sealer: Sealer, brand: str, customer_id: str, *, at_most: int
) -> tuple[str, ...]:
    """The ids of the consents that several must sign and this customer has signed, the last signed first."""
    found = (
        _of_customer(sealer, brand, customer_id, consent_signers.c.signed_at.is_not(None))
        .order_by(consent_signers.c.signed_at.desc(), consents.c.id)
        .limit(at_most)
    )
    return tuple(await connection.scalars(found))


def _of_customer(sealer: Sealer, brand: str, customer_id: str, *where: sa.ColumnElement[bool]) -> sa.Select[tuple[str]]:
    same = sa.and_(consents.c.brand == consent_signers.c.brand, consents.c.id == consent_signers.c.consent_id)
    return (
        sa.select(consents.c.id)
        .join(consent_signers, same)
        .where(consent_signers.c.brand == brand, consent_signers.c.customer_blind == _blind(sealer, brand, customer_id), *where)
    )


def _blind(sealer: Sealer, brand: str, customer_id: str) -> str:
    return sealer.blind(customer_id, "consent_signers", "customer_blind", brand)
