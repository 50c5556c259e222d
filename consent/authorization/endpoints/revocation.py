"""POST /revoke: a client gives up one of its own tokens. RFC 7009 section 2.

The answer is the same for a token that is unknown, expired, revoked before or another client's: the answer reveals nothing.
"""

from multidict import CIMultiDict

from consent.authorization.client_authentication.authenticate import authenticate_client
from consent.authorization.clients.client import Client
from consent.authorization.keys.refresh import refresh_keys
from consent.authorization.messages.json_response import NOT_STORED
from consent.authorization.messages.parameters import TOKEN_FORM_BYTES_MAX, receive_form
from consent.authorization.tokens.refresh import load_refresh_family
from consent.authorization.tokens.revoke import deny_token, revoke_family
from consent.authorization.tokens.verify import TokenVerifier
from consent.services import Services
from kernel.access import AccessToken
from kernel.brand import Brand
from kernel.errors import FieldMissing, TokenExpired, TokenInvalid
from kernel.http.message import Request, Response


async def revoke(services: Services, brand: Brand, request: Request) -> Response:
    """`token_type_hint` is only a hint, and both kinds are cheap to try."""
    parameters = await receive_form(request, limit=TOKEN_FORM_BYTES_MAX)
    client = await authenticate_client(services, brand, request, parameters)
    token = parameters.get("token")
    if token is None:
        raise FieldMissing(path="token", public="The token is missing.")
    async with services.database.read() as connection:
        family_id = await load_refresh_family(connection, brand.name, client.id, token)
    if family_id is not None:
        await revoke_family(services, brand, family_id, actor=f"client:{client.id}", reason="refresh token revoked")
        return _done()
    await refresh_keys(services, brand.name)  # a token of the newest keys must not count as unknown
    if (access_token := _own_access_token(services, brand, client, token)) is not None:
        await deny_token(services, brand, access_token, actor=f"client:{client.id}")
    return _done()


def _done() -> Response:
    return Response(200, headers=CIMultiDict(NOT_STORED))


def _own_access_token(services: Services, brand: Brand, client: Client, presented: str) -> AccessToken | None:
    try:
        token = TokenVerifier(services.keys, services.clock).verify_issued(brand, presented)
    except (TokenInvalid, TokenExpired):
        return None
    return token if token.client_id == client.id else None
