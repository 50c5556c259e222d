"""The authentication of the caller: one client, by exactly the method that it is registered for. RFC 6749 section 2.3, FAPI2-SP-FINAL 5.3.2.1-6.

No client is public and none has a secret: what presents one, or nothing, or two things, is not authenticated.
"""

from structlog.contextvars import bind_contextvars

from consent.authorization.client_authentication import METHODS
from consent.authorization.client_authentication.method import Attempt
from consent.authorization.clients.client import Client
from consent.authorization.messages.parameters import Parameters
from consent.callers import note_known
from consent.errors import ClientUnauthenticated
from consent.services import Services
from kernel.brand import Brand
from kernel.http.message import Request


async def authenticate_client(services: Services, brand: Brand, request: Request, parameters: Parameters) -> Client:
    """The active client behind the request. Raises ClientUnauthenticated, or Overloaded when a replay cannot be ruled out."""
    if "Authorization" in request.headers:
        raise ClientUnauthenticated("Authorization header", challenge=True)
    if "client_secret" in parameters:
        raise ClientUnauthenticated("client_secret")
    attempt = Attempt(services, brand, request, parameters)
    for method in METHODS:
        if method.is_used(attempt):
            client = await method.authenticate(attempt)
            bind_contextvars(client_id=client.id)  # of the log lines from here on
            note_known()
            return client
    raise ClientUnauthenticated("no method of authentication")
