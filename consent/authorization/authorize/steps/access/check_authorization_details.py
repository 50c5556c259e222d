"""Read what the request asks for in detail: the terms of a new consent, or the id of one that stands. RFC 9396 section 5. A frequency
beyond the brand's is lowered to it, and the token response says what was granted (section 7).

Its locations are the resources that the tokens are meant for; `resource` may narrow them (RFC 9396 section 6.1), never widen them.
"""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.offer.authorization_details import KIND_OF, AccountInformation, Details, granted_of, parse_details
from consent.authorization.offer.resources import resources_of
from consent.errors import AuthorizationDetailsInvalid, TargetInvalid
from kernel.access import ROLES


async def check_authorization_details(asked: AuthorizationRequest) -> None:
    text = asked.parameters.get("authorization_details")
    if text is None:
        return
    details = granted_of(parse_details(text, asked.services.clock.now()), asked.brand)
    client, kind = asked.client, KIND_OF[details.type]
    if details.type not in client.authorization_details_types or ROLES[kind] not in client.roles:
        raise AuthorizationDetailsInvalid("a type that the client is not registered for")
    _check_locations(asked, details)
    asked.is_detailed = True
    asked.consent_id = details.consent_id if isinstance(details, AccountInformation) else None
    asked.details = details if asked.consent_id is None else None


def _check_locations(asked: AuthorizationRequest, details: Details) -> None:
    locations = tuple(dict.fromkeys(details.locations))
    if not set(locations) <= set(resources_of(asked.services, asked.brand)):
        raise AuthorizationDetailsInvalid("locations that are not this brand's", public="A location is not one of this server's.")
    if not locations or asked.brand.resource_audience in locations:
        return
    if not set(asked.resources) <= set(locations):
        raise TargetInvalid("a resource that is not among the locations")
    asked.resources = asked.resources or locations
