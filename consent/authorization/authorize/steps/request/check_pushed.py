"""Find the pushed request behind request_uri; of everything else that the browser carries only client_id is read.

FAPI2-SP-FINAL 5.3.2.2-3, RFC 9126 section 4.
"""

from consent.authorization.authorize.pushed import load_pushed
from consent.authorization.authorize.request import Asking
from consent.errors import PushRequired


async def check_pushed(asking: Asking) -> None:
    request_uri = asking.parameters.get("request_uri")
    if request_uri is None:
        raise PushRequired("no request_uri")
    services = asking.services
    async with services.database.read() as connection:
        asking.pushed = await load_pushed(connection, asking.brand.name, asking.client.id, request_uri, services.clock.wall())
