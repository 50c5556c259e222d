"""Refuse a request object of a client whose profile has none: its parameters would be read from two places. RFC 9101 section 10.2."""

from consent.authorize.asking import Asking
from consent.errors import RequestObjectUnsupported


async def check_request_object_absent(asking: Asking) -> None:
    if "request" in asking.parameters:
        raise RequestObjectUnsupported(f"client {asking.client.id} sent a request object")
