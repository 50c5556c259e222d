"""Refuse a request for tokens that are meant for anything but this brand's API, or a part of it. RFC 8707 section 2.1."""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.offer.resources import parse_resources


async def check_resource(asked: AuthorizationRequest) -> None:
    asked.resources = parse_resources(asked.services, asked.brand, asked.parameters.get("resource"))
