"""Refuse a push whose client_id is not the client that authenticated. RFC 9126 section 2.1."""

from consent.authorization.authorize.request import Asking
from kernel.errors import FieldInvalid


async def check_client_id(asking: Asking) -> None:
    if asking.parameters.get("client_id", asking.client.id) != asking.client.id:
        raise FieldInvalid("another client", path="client_id", public="The client_id is not the authenticated client.")
