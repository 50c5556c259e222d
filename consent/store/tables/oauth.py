"""The tables of the authorization server: clients, signing keys, requests, codes, token families, refresh tokens, denials.

Secrets (request URIs, codes, refresh tokens) are stored as their hash. What was used once keeps its row, so that a second use is
recognised for what it is. `document` columns are JSON in the format that `format` numbers; readers accept the last two.
"""

import sqlalchemy as sa

from consent.store.tables import metadata
from kernel.storage.database import Instant

BRAND = sa.String(64)
ID = sa.String(128)
HASH = sa.String(64)  # hexadecimal SHA-256

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", ID, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("organisation_id", ID, nullable=False),
    sa.Column("format", sa.SmallInteger, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Index("clients_by_organisation", "brand", "organisation_id"),
)

# TPPs that call by their certificate alone: what the first certificate said of them.
organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", ID, primary_key=True),  # the organizationIdentifier
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("authority_id", sa.String(256), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

key_sets = sa.Table(
    "key_sets",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)

signing_keys = sa.Table(
    "signing_keys",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("kid", ID, primary_key=True),
    sa.Column("alg", sa.String(16), nullable=False),
    sa.Column("purpose", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("private_jwk", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("activates_at", Instant, nullable=False),
    sa.Column("retires_at", Instant, nullable=True),
)

pushed_requests = sa.Table(
    "pushed_requests",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", HASH, primary_key=True),
    sa.Column("client_id", ID, nullable=False),
    sa.Column("format", sa.SmallInteger, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),  # when taken: the address and state alone
    sa.Column("taken", sa.Boolean, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.UniqueConstraint("id", name="pushed_requests_by_id"),
    sa.Index("pushed_requests_by_expiry", "brand", "expires_at"),
)

token_families = sa.Table(
    "token_families",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", ID, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("client_id", ID, nullable=False),
    sa.Column("consent_id", ID, nullable=False),
    sa.Column("authorisation_id", ID, nullable=False),
    sa.Column("psu_id", ID, nullable=False),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("scope", sa.Text, nullable=False),  # separated by spaces, as granted
    sa.Column("userinfo_claims", sa.Text, nullable=False, server_default=""),  # separated by spaces, as asked for
    sa.Column("resources", sa.Text, nullable=False, server_default=""),  # likewise; none: the brand's whole API
    sa.Column("is_detailed", sa.Boolean, nullable=False, server_default=sa.false()),  # by authorization_details
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=True),
    sa.UniqueConstraint("brand", "authorisation_id", name="token_families_by_authorisation"),
    sa.Index("token_families_by_consent", "brand", "consent_id"),
    sa.Index("token_families_by_subject", "brand", "client_id", "subject"),
)

codes = sa.Table(
    "codes",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", HASH, primary_key=True),
    sa.Column("family_id", ID, nullable=False),
    sa.Column("client_id", ID, nullable=False),
    sa.Column("redirect_uri", sa.Text, nullable=False),
    sa.Column("dpop_jkt", sa.String(43), nullable=True),  # the key that alone redeems it, where the request named one
    sa.Column("code_challenge", sa.String(43), nullable=True),  # null: FAPI 1.0 by value, without PKCE
    sa.Column("nonce", sa.Text, nullable=True),
    sa.Column("auth_time", Instant, nullable=False),
    sa.Column("acr", sa.String(255), nullable=True),
    sa.Column("taken", sa.Boolean, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=True),  # null from its use until its family ends: a replay must end the family
    sa.Index("codes_by_expiry", "brand", "expires_at"),
    sa.Index("codes_by_family", "brand", "family_id"),
)

# Backchannel requests (CIBA).
backchannel_requests = sa.Table(
    "backchannel_requests",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", HASH, primary_key=True),  # of the auth_req_id
    sa.Column("client_id", ID, nullable=False),
    sa.Column("consent_id", ID, nullable=False),
    sa.Column("psu_id", ID, nullable=False),  # whom it asks
    sa.Column("authorisation_id", ID, nullable=True),  # null: of a release that began it with the answer
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("format", sa.SmallInteger, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),
    sa.Column("interval_seconds", sa.Integer, nullable=False),
    sa.Column("polled_at", Instant, nullable=True),
    sa.Column("family_id", ID, nullable=True),  # this and the next two: from its approval on
    sa.Column("auth_time", Instant, nullable=True),
    sa.Column("acr", sa.String(255), nullable=True),
    sa.Column("notification", sa.LargeBinary, nullable=True),  # sealed: what its client is sent, and where; null: nothing more
    sa.Column("notify_at", Instant, nullable=True),  # null: not yet, or not any more
    sa.Column("notify_attempts", sa.SmallInteger, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index("backchannel_requests_by_psu", "brand", "psu_id", "state", "created_at"),
    sa.Index("backchannel_requests_by_consent", "brand", "consent_id"),
    sa.Index("backchannel_requests_by_notice", "brand", "notify_at"),
    sa.Index("backchannel_requests_by_expiry", "brand", "expires_at"),
)

refresh_tokens = sa.Table(
    "refresh_tokens",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", HASH, primary_key=True),
    sa.Column("family_id", ID, nullable=False),
    sa.Column("client_id", ID, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("refresh_tokens_by_family", "brand", "family_id"),
)

denied_tokens = sa.Table(
    "denied_tokens",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("jti", ID, primary_key=True),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index("denied_tokens_by_expiry", "brand", "expires_at"),
)
