"""grant_type=client_credentials: a token in the client's own name. RFC 6749 section 4.4. It stores nothing, so no refresh token."""

from typing import Any

from consent.authorization.grants.grant import TokenRequest, parse_audience, parse_scope, render_tokens
from consent.authorization.tokens.access import issue_access_token
from consent.errors import ScopeInvalid
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry


class ClientCredentials:
    name = "client_credentials"

    async def issue(self, asked: TokenRequest) -> dict[str, Any]:
        """Raises ScopeInvalid, TargetInvalid, or Overloaded when its record cannot be taken."""
        services, client = asked.services, asked.client
        scope = parse_scope(asked, tuple(sorted(client.scopes - {"openid"})))
        if not scope:
            raise ScopeInvalid("the client has no scope of its own")
        issued = issue_access_token(
            services,
            asked.brand,
            client,
            subject=client.id,
            scope=scope,
            confirmation=asked.confirmation,
            audience=parse_audience(asked),
        )
        services.record_token(
            Entry(
                brand=asked.brand.name,
                kind="token.issued",
                aggregate_id=issued.jti,
                at=services.clock.wall(),
                actor=f"client:{client.id}",
                interaction_id=interaction_id.get(),
                facts={"grant": self.name, "scope": list(scope)},
            )
        )
        return render_tokens(issued, scope, None)
