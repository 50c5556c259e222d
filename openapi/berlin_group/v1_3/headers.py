"""The headers of this standard and the forms they must have. NextGenPSD2 XS2A 1.3, "Request Header" of each service."""

import ipaddress
import re

from kernel.errors import HeaderInvalid, HeaderMissing
from kernel.http.message import Request
from openapi.parameters import HeaderParameter

REQUEST_ID = "X-Request-ID"
PSU_IP_ADDRESS = "PSU-IP-Address"
CONSENT_ID = "Consent-ID"
CONSENT_ID_LENGTH_MAX = 128  # of the header Consent-ID; a longer one names no consent

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


class Headers:
    """The header face."""

    interaction_header = REQUEST_ID
    parameters: tuple[HeaderParameter, ...] = (
        HeaderParameter(REQUEST_ID, "The id of this call, played back.", required=True, format="uuid"),
        HeaderParameter(CONSENT_ID, "The consent that opens the account.", required=True, only_with_consent=True),
        HeaderParameter(PSU_IP_ADDRESS, "The PSU's address, if and only if the PSU asked for this."),
    )

    def parse_interaction_id(self, request: Request) -> str | None:
        """Mandatory here, in every request."""
        value = _required(request, REQUEST_ID)
        if not _UUID.fullmatch(value):
            raise HeaderInvalid("not a UUID", path=REQUEST_ID)
        return value

    def parse_psu_present(self, request: Request) -> bool:
        """On account reads the header is there if and only if the PSU asked for this."""
        value = _single(request, PSU_IP_ADDRESS)
        if value is not None and not _is_ip_address(value):
            raise HeaderInvalid("not an IP address", path=PSU_IP_ADDRESS)
        return value is not None

    def parse_consent_id(self, request: Request) -> str | None:
        value = _required(request, CONSENT_ID)
        if not 0 < len(value) <= CONSENT_ID_LENGTH_MAX:
            raise HeaderInvalid("not an id", path=CONSENT_ID)
        return value

    def parse_idempotency_key(self, request: Request) -> str:
        """A repeated request bears its first one's id (Implementation Guidelines 1.3, section 4.8)."""
        return self.parse_interaction_id(request) or ""

    def check_headers(self, request: Request) -> None:
        """No other header of an account read has a form that we rely on."""


def _required(request: Request, name: str) -> str:
    value = _single(request, name)
    if value is None:
        raise HeaderMissing(path=name)
    return value


def _single(request: Request, name: str) -> str | None:
    """A header that may come once. Two of them say nothing."""
    values = request.headers.getall(name, [])
    if len(values) > 1:
        raise HeaderInvalid(f"{len(values)} times", path=name)
    return values[0].strip() if values else None


def _is_ip_address(text: str) -> bool:
    try:
        return getattr(ipaddress.ip_address(text), "scope_id", None) is None
    except ValueError:
        return False
