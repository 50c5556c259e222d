"""Find the pushed request behind request_uri; of everything else that the browser carries only client_id is read.

FAPI2-SP-FINAL 5.3.2.2-3, RFC 9126 section 4.
"""

from consent.authorization.authorize.pushed import load_pushed
from consent.authorization.authorize.request import AuthorizationRequest
from consent.errors import PushRequired


async def check_pushed(asked: AuthorizationRequest) -> None:
    request_uri = asked.parameters.get("request_uri")
    if request_uri is None:
        raise PushRequired("no request_uri")
    services = asked.services
    async with services.database.read() as connection:
        asked.pushed = await load_pushed(connection, asked.brand.name, asked.client.id, request_uri, services.clock.wall())
