"""grant_type=refresh_token: a new access token, bound to the certificate or key of this request; the refresh token stays the same.

RFC 6749 section 6, FAPI2-SP-FINAL 5.3.2.1-12 (no rotation). It works while its family is active and its consent in force.
"""

from typing import Any

from consent.authorization.grants.grant import TokenRequest, parse_audience, parse_scope, render_grant, render_tokens
from consent.authorization.tokens.access import issue_access_token
from consent.authorization.tokens.refresh import load_refresh_grant
from kernel.errors import FieldMissing
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry


class RefreshToken:
    name = "refresh_token"

    async def issue(self, asked: TokenRequest) -> dict[str, Any]:
        """Raises RefreshTokenInvalid, ScopeInvalid, TargetInvalid, FieldMissing, or Overloaded when its record cannot be taken."""
        presented = asked.parameters.get("refresh_token")
        if presented is None:
            raise FieldMissing(path="refresh_token", public="The refresh_token is missing.")
        services = asked.services
        async with services.database.read() as connection:
            family, consent = await load_refresh_grant(connection, services, asked.brand, asked.client, presented)
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
        return render_tokens(issued, scope, presented) | render_grant(asked.brand, consent, family)
