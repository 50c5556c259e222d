"""The common part of redeeming the result of a PSU's approval (a code, an answered backchannel request): its grant, and the tokens
issued from it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from consent.authorization.grants.grant import TokenRequest, parse_audience, render_grant, render_tokens
from consent.authorization.tokens.access import consent_claims, issue_access_token, issue_id_token
from consent.authorization.tokens.refresh import issue_refresh_token
from consent.store.locks import CONSENT, FAMILY
from consent.store.rows.families import load_family_row
from consent.store.rows.snapshots import load_consent
from kernel.access import FamilyState
from kernel.banking.consents import SIGNED_STATES, Consent
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import Problem
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry
from openapi.owners import is_owner


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A grant that was redeemed, in the transaction that also made sure of its family and consent."""

    family: sa.Row[Any]
    consent: Consent
    refresh_token: str | None
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The facts of an id_token about its PSU's authentication, and the nonce of its request."""

    at: datetime
    acr: str | None
    nonce: str | None = None


async def redeem_family(unit: UnitOfWork, asked: TokenRequest, family_id: str, *, kind: str, refuse: type[Problem]) -> Redeemed:
    """The family's first tokens are about to be issued: its refresh token is made, and the journal entry of this `kind` written. Raises
    `refuse` when the family or its consent is not in force, or TargetInvalid."""
    services, brand = asked.services, asked.brand.name
    family, consent = await _lock_grant(unit, asked, family_id, refuse)
    audience = parse_audience(asked, family.resources)
    refresh_token = None
    if "refresh_token" in asked.client.grant_types:
        refresh_token = await issue_refresh_token(
            unit.connection, services.ids, brand=brand, family_id=family.id, client_id=asked.client.id, now=services.clock.wall()
        )
    entry = Entry(
        brand=brand,
        kind=kind,
        aggregate_id=family.id,
        at=services.clock.wall(),
        actor=f"client:{asked.client.id}",
        interaction_id=interaction_id.get(),
        facts={"consent_id": family.consent_id},
    )
    unit.record(entry)
    return Redeemed(family, consent, refresh_token, audience)


async def _lock_grant(
    unit: UnitOfWork, asked: TokenRequest, family_id: str, refuse: type[Problem]
) -> tuple[sa.Row[Any], Consent]:
    """The family and its consent, both still in force and locked; the consent first, in the order of locks."""
    services, brand = asked.services, asked.brand.name
    family, consent = await load_family_row(unit.connection, brand, family_id), None
    if family is not None and await unit.lock(CONSENT.of(brand, family.consent_id)) is not None:
        consent = await load_consent(unit.connection, services.sealer, brand, family.consent_id)
    family = await unit.lock(FAMILY.of(brand, family_id))
    if family is None or family.state != FamilyState.ACTIVE.value:
        raise refuse("its family has ended")
    if consent is None or not is_owner(asked.client.caller, consent) or consent.psu_id != family.psu_id:
        raise refuse("the consent is not the one that was authorised")
    if consent.effective_state(services.clock.now()) not in SIGNED_STATES:
        raise refuse("the consent is not authorised any more")
    return family, consent


def render_redeemed(asked: TokenRequest, redeemed: Redeemed, authenticated: Authenticated) -> dict[str, Any]:
    """The token response: an id_token too, if openid was asked for."""
    services, brand, client = asked.services, asked.brand, asked.client
    family, scope = redeemed.family, tuple(redeemed.family.scope.split())
    issued = issue_access_token(
        services,
        brand,
        client,
        subject=family.subject,
        scope=scope,
        confirmation=asked.confirmation,
        family_id=family.id,
        consent_id=family.consent_id,
        audience=redeemed.audience,
    )
    answer = render_tokens(issued, scope, redeemed.refresh_token) | render_grant(brand, redeemed.consent, family)
    if "openid" in scope:
        answer["id_token"] = issue_id_token(
            services,
            brand,
            client,
            subject=family.subject,
            nonce=authenticated.nonce,
            auth_time=authenticated.at,
            acr=authenticated.acr,
            claims=consent_claims(services, redeemed.consent),
        )
    return answer
