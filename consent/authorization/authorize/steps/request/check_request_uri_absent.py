"""Refuse a push that refers to another request. RFC 9126 section 2.1: request_uri MUST NOT be provided."""

from consent.authorization.authorize.request import Asking
from kernel.errors import FieldUnexpected


async def check_request_uri_absent(asking: Asking) -> None:
    if "request_uri" in asking.parameters:
        raise FieldUnexpected(path="request_uri", public="A pushed request must not contain request_uri.")
