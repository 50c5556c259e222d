"""Clients that the pages name."""

import msgspec

from consent.authorization.clients.client import Client
from consent.authorization.offer.profiles import SecurityProfile
from kernel.access import Role
from kernel.banking.consents import Permission
from tests.world.brands import START

REDIRECT_URI = "https://acme.example/callback"
PERMISSIONS = frozenset(
    {
        Permission.ACCOUNTS_DETAIL,
        Permission.BALANCES,
        Permission.TRANSACTIONS_DETAIL,
        Permission.TRANSACTIONS_CREDITS,
        Permission.TRANSACTIONS_DEBITS,
    }
)
CLIENT = Client(
    id="acme-client",
    brand="main",
    version=1,
    active=True,
    name="Acme Money",
    organisation_id="acme",
    organisation_name="Acme Technologies Limited",
    software_id="acme-software",
    roles=frozenset({Role.AISP}),
    security_profile=SecurityProfile.FAPI2_SECURITY,
    token_endpoint_auth_method="private_key_jwt",
    token_endpoint_auth_signing_alg="PS256",
    sender_constraint="mtls",
    redirect_uris=(REDIRECT_URI,),
    scopes=frozenset({"openid", "accounts"}),
    grant_types=frozenset({"authorization_code", "client_credentials", "refresh_token"}),
    jwks={"keys": []},
    created_at=START,
)
BOROUGH = msgspec.structs.replace(
    CLIENT, id="borough-client", name="Borough", organisation_id="borough", organisation_name="Borough plc"
)
