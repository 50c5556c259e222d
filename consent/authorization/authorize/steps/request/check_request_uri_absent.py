"""Refuse a push that refers to another request. RFC 9126 section 2.1: request_uri MUST NOT be provided."""

from consent.authorization.authorize.request import AuthorizationRequest
from kernel.errors import FieldUnexpected


async def check_request_uri_absent(asked: AuthorizationRequest) -> None:
    if "request_uri" in asked.parameters:
        raise FieldUnexpected(path="request_uri", public="A pushed request must not contain request_uri.")
