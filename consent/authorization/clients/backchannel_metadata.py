"""The metadata of clients that ask customers on another device. OpenID CIBA Core 1.0 section 4, FAPI-CIBA-ID1 5.2.2.

Tokens are never pushed to a client (FAPI-CIBA-ID1 5.2.2-2), and customers have no user code here.
"""

from consent.authorization.clients.metadata import CIBA, ClientMetadata
from kernel.errors import FieldInvalid, FieldMissing
from kernel.jose.jwt import Algorithm

SIGNING_ALGORITHMS: tuple[Algorithm, ...] = ("PS256", "ES256")


def check_backchannel(metadata: ClientMetadata) -> None:
    """Raises FieldMissing or FieldInvalid with the member's name as path."""
    mode, endpoint = metadata.backchannel_token_delivery_mode, metadata.backchannel_client_notification_endpoint
    if (mode is not None) is not (CIBA in metadata.grant_types):
        raise FieldInvalid("of another grant type, or missing for this one", path="backchannel_token_delivery_mode")
    if mode == "ping" and endpoint is None:
        raise FieldMissing("nowhere to ping", path="backchannel_client_notification_endpoint")
    if mode != "ping" and endpoint is not None:
        raise FieldInvalid("without the delivery mode ping", path="backchannel_client_notification_endpoint")
    if metadata.backchannel_authentication_request_signing_alg not in (None, *SIGNING_ALGORITHMS):
        raise FieldInvalid("not an algorithm of FAPI-CIBA", path="backchannel_authentication_request_signing_alg")
    if metadata.backchannel_user_code_parameter:
        raise FieldInvalid("no customer has one", path="backchannel_user_code_parameter")
