"""Take the token with which a client that is pinged will know us; it must bring one. CIBA section 7.1 (client_notification_token)."""

import re

from consent.authorization.authorize.request import AuthorizationRequest
from kernel.errors import FieldInvalid, FieldMissing

CHARS_MAX = 1024  # of the request parameter client_notification_token: CIBA Core 7.1
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")  # RFC 6750 section 2.1, and not to be guessed


async def check_notification_token(asked: AuthorizationRequest) -> None:
    if asked.client.backchannel_token_delivery_mode != "ping":
        return
    token = asked.parameters.get("client_notification_token")
    if token is None:
        raise FieldMissing(path="client_notification_token", public="The client_notification_token is missing.")
    if len(token) > CHARS_MAX or not _TOKEN.fullmatch(token):
        raise FieldInvalid(
            "not a bearer token", path="client_notification_token", public="The client_notification_token is not a bearer token."
        )
    asked.notification_token = token
