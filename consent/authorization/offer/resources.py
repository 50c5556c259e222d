"""Resource indicators: for which part of the brand's API a token is meant. RFC 8707.

A brand's whole API is one resource, each of its dialects a part of it, and each service of a dialect a part of that. A request that names none asks for the whole.
"""

from collections.abc import Sequence

from consent.errors import TargetInvalid
from consent.services import Services
from kernel import json
from kernel.brand import Brand
from kernel.errors import Problem

RESOURCES_MAX = 16  # resource parameters in one request
CHARS_MAX = 4096  # of each request parameter resource


def resources_of(services: Services, brand: Brand) -> tuple[str, ...]:
    """Everything that may be named: the whole first."""
    paths = (
        path
        for dialect in services.dialects_of(brand)
        for path in (dialect.audience_path, *(service.base_path for service in dialect.services))
    )
    return tuple(dict.fromkeys((brand.resource_audience, *(brand.mtls_url + path for path in paths))))


def parse_resources(services: Services, brand: Brand, text: str | None) -> tuple[str, ...]:
    """The resources that a parameter names, each once, in its order: one, or several as a JSON array (consent/authorization/messages/parameters.py). Compared
    as they are written, so a fragment, another case or a trailing slash names nothing of ours. Raises TargetInvalid."""
    if text is None:
        return ()
    named = tuple(dict.fromkeys(list_named(text)))
    if not named or len(named) > RESOURCES_MAX or not set(named) <= set(resources_of(services, brand)):
        raise TargetInvalid("not resources of this brand")
    return named


def narrow(services: Services, brand: Brand, text: str | None, granted: Sequence[str]) -> tuple[str, ...]:
    """The audience of a token whose request names `text`, out of what was granted (nothing: the whole). Raises TargetInvalid."""
    granted = tuple(granted) or (brand.resource_audience,)
    wanted = parse_resources(services, brand, text)
    if brand.resource_audience not in granted and not set(wanted) <= set(granted):
        raise TargetInvalid("more than was granted")
    return wanted or granted


def list_named(text: str) -> list[str]:
    """The resources that a parameter names, one or several. Raises TargetInvalid."""
    if len(text) > CHARS_MAX:
        raise TargetInvalid("too long")
    if not text.startswith("["):
        return [text]
    try:
        return json.decode(text.encode(), list[str])
    except (Problem, UnicodeEncodeError):
        raise TargetInvalid("not a list of resources") from None
