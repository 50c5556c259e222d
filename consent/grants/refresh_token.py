"""grant_type=refresh_token: a new access token, bound to the certificate or key of this request; the refresh token stays the same.

RFC 6749 section 6, FAPI2-SP-FINAL 5.3.2.1-12 (no rotation). It works while its family is active and its consent in force.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.errors import RefreshTokenInvalid
from consent.grants.granting import TokenRequest, parse_audience, parse_scope, render_grant, render_tokens
from consent.store.snapshots import load_consent
from consent.tokens.access import issue_access_token
from consent.tokens.families import load_family_row
from consent.tokens.refresh import load_refresh_family
from kernel.access import FamilyState
from kernel.banking.consents import Consent, ConsentState
from kernel.errors import FieldMissing
from kernel.interaction import interaction_id
from kernel.journal import Entry


class RefreshToken:
    name = "refresh_token"

    async def issue(self, asked: TokenRequest) -> dict[str, Any]:
        """Raises RefreshTokenInvalid, ScopeInvalid, TargetInvalid, FieldMissing, or Overloaded when its record cannot be taken."""
        presented = asked.parameters.get("refresh_token")
        if presented is None:
            raise FieldMissing(path="refresh_token", public="The refresh_token is missing.")
        services = asked.services
        async with services.database.read() as connection:
            family, consent = await _load_grant(connection, asked, presented)
        scope = parse_scope(asked, tuple(family.scope.split()))
        issued = issue_access_token(
            services,
            asked.brand,
            asked.client,
            subject=family.subject,
            scope=scope,
            confirmation=asked.confirmation,
            family_id=family.id,
            consent_id=family.consent_id,
            audience=parse_audience(asked, family.resources),
        )
        services.record_token(
            Entry(
                brand=asked.brand.name,
                kind="token.issued",
                aggregate_id=issued.jti,
                at=services.clock.wall(),
                actor=f"client:{asked.client.id}",
                interaction_id=interaction_id.get(),
                facts={"grant": self.name, "family_id": family.id, "consent_id": family.consent_id},
            )
        )
        return render_tokens(issued, scope, presented) | render_grant(consent, family)


async def _load_grant(connection: AsyncConnection, asked: TokenRequest, presented: str) -> tuple[sa.Row[Any], Consent]:
    """No lock: a token issued at the same moment as its family ends dies with it."""
    services, brand = asked.services, asked.brand.name
    family_id = await load_refresh_family(connection, brand, asked.client.id, presented)
    if family_id is None:
        raise RefreshTokenInvalid("unknown, or another client's")
    family = await load_family_row(connection, brand, family_id)
    if family is None or family.state != FamilyState.ACTIVE.value:
        raise RefreshTokenInvalid("its family has ended")
    consent = await load_consent(connection, services.sealer, brand, family.consent_id)
    if consent is None or consent.client_id != asked.client.id:
        raise RefreshTokenInvalid("the consent is not this client's")
    if consent.effective_state(services.clock.now()) is not ConsentState.AUTHORISED:
        raise RefreshTokenInvalid("the consent is not in force")
    return family, consent
