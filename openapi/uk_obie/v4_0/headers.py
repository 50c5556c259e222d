"""The headers of this standard and the forms they must have. OBIE R/W 4.0 Profile, "Headers"; RFC 9110 section 5.6.7."""

import ipaddress
import re
from datetime import date

from kernel.errors import HeaderInvalid, HeaderMissing
from kernel.http.message import Request
from kernel.identifiers import is_storable
from openapi.parameters import HeaderParameter

INTERACTION_ID = "x-fapi-interaction-id"
CUSTOMER_IP_ADDRESS = "x-fapi-customer-ip-address"
AUTH_DATE = "x-fapi-auth-date"
IDEMPOTENCY_KEY = "x-idempotency-key"
IDEMPOTENCY_KEY_CHARACTERS_MAX = 40  # the standard's own limit

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_IMF_FIXDATE = re.compile(
    rf"({'|'.join(_WEEKDAYS)}), (\d{{2}}) ({'|'.join(_MONTHS)}) (\d{{4}}) ([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60) (?:GMT|UTC)",
    re.ASCII,
)


class Headers:
    """The header face."""

    interaction_header = INTERACTION_ID
    parameters: tuple[HeaderParameter, ...] = (
        HeaderParameter(INTERACTION_ID, "An id of this call, played back; made up if it is absent.", format="uuid"),
        HeaderParameter(CUSTOMER_IP_ADDRESS, "The PSU's address, if and only if the PSU is present."),
        HeaderParameter(AUTH_DATE, "When the PSU last logged in with the caller, as an IMF-fixdate."),
        HeaderParameter("x-customer-user-agent", "The user agent that the PSU uses."),
    )

    def parse_interaction_id(self, request: Request) -> str | None:
        value = _single(request, INTERACTION_ID)
        if value is not None and not _UUID.fullmatch(value):
            raise HeaderInvalid("not a UUID", path=INTERACTION_ID)
        return value

    def parse_psu_present(self, request: Request) -> bool:
        value = _single(request, CUSTOMER_IP_ADDRESS)
        if value is not None and not is_ip_address(value):
            raise HeaderInvalid("not an IP address", path=CUSTOMER_IP_ADDRESS)
        return value is not None

    def parse_consent_id(self, request: Request) -> str | None:
        """None: requests of this standard name their consent by the token alone."""
        return None

    def parse_idempotency_key(self, request: Request) -> str:
        """R/W 4.0 Profile, "Idempotency": at most 40 characters, no blanks around them."""
        values = request.headers.getall(IDEMPOTENCY_KEY, [])
        if not values:
            raise HeaderMissing(path=IDEMPOTENCY_KEY)
        key = values[0]
        if len(values) > 1 or not 0 < len(key) <= IDEMPOTENCY_KEY_CHARACTERS_MAX or key != key.strip() or not is_storable(key):
            raise HeaderInvalid("not a key", path=IDEMPOTENCY_KEY)
        return key

    def check_headers(self, request: Request) -> None:
        value = _single(request, AUTH_DATE)
        if value is not None and not is_imf_fixdate(value):
            raise HeaderInvalid("not an IMF-fixdate", path=AUTH_DATE)


def is_ip_address(text: str) -> bool:
    """IPv4 or IPv6, without a zone: a zone means nothing to anyone else."""
    try:
        return getattr(ipaddress.ip_address(text), "scope_id", None) is None
    except ValueError:
        return False


def is_imf_fixdate(text: str) -> bool:
    """The one date form that senders may use, with a weekday that fits the day."""
    match = _IMF_FIXDATE.fullmatch(text)
    if match is None:
        return False
    try:
        day = date(int(match[4]), _MONTHS.index(match[3]) + 1, int(match[2]))
    except ValueError:
        return False
    return _WEEKDAYS[day.weekday()] == match[1]


def _single(request: Request, name: str) -> str | None:
    """A header that may come once. Two of them say nothing."""
    values = request.headers.getall(name, [])
    if len(values) > 1:
        raise HeaderInvalid(f"{len(values)} times", path=name)
    return values[0].strip() if values else None
