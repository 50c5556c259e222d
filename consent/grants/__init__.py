"""The grant types that the token endpoint knows."""

from consent.grants.authorization_code import AuthorizationCode
from consent.grants.ciba import Ciba
from consent.grants.client_credentials import ClientCredentials
from consent.grants.granting import GrantType
from consent.grants.refresh_token import RefreshToken
from consent.grants.token_exchange import TokenExchange

GRANTS: tuple[GrantType, ...] = (AuthorizationCode(), ClientCredentials(), RefreshToken(), Ciba(), TokenExchange())
