"""The grant types that the token endpoint knows."""

from consent.authorization.grants.authorization_code import AuthorizationCode
from consent.authorization.grants.ciba import Ciba
from consent.authorization.grants.client_credentials import ClientCredentials
from consent.authorization.grants.grant import GrantType
from consent.authorization.grants.refresh_token import RefreshToken
from consent.authorization.grants.token_exchange import TokenExchange

GRANTS: tuple[GrantType, ...] = (AuthorizationCode(), ClientCredentials(), RefreshToken(), Ciba(), TokenExchange())
