"""Read the claims parameter: a JSON object whose sections hold null or an object per claim. OIDC Core section 5.5."""

from typing import Any

from consent.authorization.authorize.request import AuthorizationRequest
from kernel import json
from kernel.errors import FieldInvalid, Problem

CLAIMS_CHARS_MAX = 8192  # of the request parameter claims
SECTIONS = ("id_token", "userinfo")


async def check_claims(asked: AuthorizationRequest) -> None:
    text = asked.parameters.get("claims")
    if text is None:
        return
    if len(text) > CLAIMS_CHARS_MAX:
        raise _invalid("too long")
    try:
        claims = json.decode(text.encode(), dict[str, Any])
    except (Problem, UnicodeEncodeError) as error:
        raise _invalid(f"{type(error).__name__}") from None
    for section in SECTIONS:
        _check_section(claims.get(section))
    asked.claims = claims


def _check_section(section: Any) -> None:
    if section is None:
        return
    if not isinstance(section, dict) or not all(wanted is None or isinstance(wanted, dict) for wanted in section.values()):
        raise _invalid("not an object of claims")


def _invalid(detail: str) -> FieldInvalid:
    return FieldInvalid(detail, path="claims", public="The claims parameter is not a valid claims request.")
