"""Refuse a push whose client_id is not the client that authenticated. RFC 9126 section 2.1."""

from consent.authorization.authorize.request import AuthorizationRequest
from kernel.errors import FieldInvalid


async def check_client_id(asked: AuthorizationRequest) -> None:
    if asked.parameters.get("client_id", asked.client.id) != asked.client.id:
        raise FieldInvalid("another client", path="client_id", public="The client_id is not the authenticated client.")
