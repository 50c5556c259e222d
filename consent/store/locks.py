"""The locks of the consent context: kinds of rows and names, each with its rank, and the order in which tables of one rank are locked."""

from typing import Any

import sqlalchemy as sa

from consent.store.tables import idempotency_keys, lease, locks
from consent.store.tables.consents import account_references, attempts, authorisations, consents, journeys
from consent.store.tables.oauth import backchannel_requests, clients, key_sets, pushed_requests, token_families
from kernel.commands.locks import LockKind, Rank


def _consent(brand: str, consent_id: str) -> sa.Select[Any]:
    """The version alone: its snapshot is read once it cannot move any more."""
    return sa.select(consents.c.version).where(consents.c.brand == brand, consents.c.id == consent_id).with_for_update()


def _family(brand: str, family_id: str) -> sa.Select[Any]:
    return sa.select(token_families).where(token_families.c.brand == brand, token_families.c.id == family_id).with_for_update()


def _client(brand: str, client_id: str) -> sa.Select[Any]:
    return sa.select(clients).where(clients.c.brand == brand, clients.c.id == client_id).with_for_update()


CONSENT = LockKind("consent", Rank.CONSENT, _consent)
FAMILY = LockKind("family", Rank.FAMILY, _family)
CLIENT = LockKind("client", Rank.REGISTRY, _client)
RECURRING = LockKind("recurring consents", Rank.PSU)  # of a PSU
CLOSURES = LockKind("account closures", Rank.NAME)  # of a brand: shared by approvals
LODGEMENTS = LockKind("lodgements", Rank.NAME)  # of a client
REGISTRATIONS = LockKind("registrations", Rank.NAME)  # of an organisation

TABLES: tuple[tuple[sa.Table, Rank], ...] = (
    (lease, Rank.LEASE),
    (idempotency_keys, Rank.IDEMPOTENCY_KEY),
    (journeys, Rank.ANSWER),
    (backchannel_requests, Rank.ANSWER),
    (pushed_requests, Rank.ANSWER),
    (attempts, Rank.PSU),  # or Rank.PEER: of an address
    (consents, Rank.CONSENT),
    (authorisations, Rank.AUTHORISATION),
    (account_references, Rank.REFERENCE),
    (token_families, Rank.FAMILY),
    (clients, Rank.REGISTRY),
    (key_sets, Rank.REGISTRY),
    (locks, Rank.NAME),
)
