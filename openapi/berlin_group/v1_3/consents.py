"""Lodge, read and withdraw a consent to account information. NextGenPSD2 XS2A 1.3, "Account Information Service", consents.

Offered is the consent to account information alone, for recurring or for a single use; one that a payment shares is refused.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from kernel import json
from kernel.banking.commands import LodgeConsent, ReadConsent, WithdrawConsent
from kernel.banking.consents import Consent, ConsentKind, ConsentLodgement
from kernel.errors import FieldExpected, FieldInvalid, FieldUnexpected
from openapi.berlin_group.v1_3.codes import CONSENT_STATUSES
from openapi.berlin_group.v1_3.consent_access import parse_access
from openapi.berlin_group.v1_3.consent_wire import (
    ConsentInformationResponse,
    Consents,
    ConsentsResponse,
    ConsentStatusResponse,
)
from openapi.berlin_group.v1_3.given_access import render_access
from openapi.berlin_group.v1_3.problems import ServiceUnsupported, SessionsUnsupported
from openapi.berlin_group.v1_3.wire import Href
from openapi.codec import Rendered, Rendering, WireRequest
from openapi.parameters import AnswerHeader

NAME = "berlin_group/v1.3"
COLLECTION = "/consents"
SCA_APPROACH = "ASPSP-SCA-Approach"
LODGED_HEADERS = (
    AnswerHeader("Location", "Where the consent is."),
    AnswerHeader(SCA_APPROACH, "How its PSU authenticates: REDIRECT, which OAuth counts as."),
)
EXAMPLE = (
    b'{"access": {"balances": [], "transactions": []}, "recurringIndicator": true, "validUntil": "2026-12-31", '
    b'"frequencyPerDay": 4, "combinedServiceIndicator": false}'
)
FREQUENCY_PER_DAY_MAX = 4  # accesses a day without the PSU: RTS article 36(5)
NOT_OFFERED = frozenset({"access.restrictedTo", "access.additionalInformation.trustedBeneficiaries"})
LAST_DAY = date.max  # "9999-12-31": as long as may be


def decode_lodge(request: WireRequest) -> LodgeConsent:
    """Raises RequestMalformed, ServiceUnsupported, SessionsUnsupported or one of the Field problems, with the path of the member."""
    wanted = _parse(request.body)
    _check_offered(wanted)
    return LodgeConsent(
        ConsentLodgement(
            kind=ConsentKind.ACCOUNTS,
            lodged_as=NAME,
            terms=parse_access(wanted.access),
            valid_until=_end_of(wanted.valid_until, request.zone),
            frequency_per_day=min(wanted.frequency_per_day, FREQUENCY_PER_DAY_MAX),
            is_recurring=wanted.recurring_indicator,
            document=json.encode(wanted),
        )
    )


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["consentId"])


def decode_withdraw(request: WireRequest) -> WithdrawConsent:
    return WithdrawConsent(request.path["consentId"])


def encode_lodged(consent: Consent, rendering: Rendering) -> Rendered:
    here = f"{rendering.base_url}{COLLECTION}/{consent.id}"
    links = {
        "scaOAuth": Href(f"{rendering.issuer}/.well-known/oauth-authorization-server"),
        "self": Href(here),
        "status": Href(f"{here}/status"),
    }
    body = ConsentsResponse(consent_status=_status(consent, rendering.now), consent_id=consent.id, links=links)
    return Rendered(body=body, headers=(("Location", here), (SCA_APPROACH, "REDIRECT")))


def encode_consent(consent: Consent, rendering: Rendering) -> ConsentInformationResponse:
    last_moment = None if consent.valid_until is None else consent.valid_until - timedelta(microseconds=1)
    return ConsentInformationResponse(
        access=render_access(consent, consent.effective_state(rendering.now)),
        recurring_indicator=consent.is_recurring,
        valid_until=(LAST_DAY if last_moment is None else last_moment.astimezone(rendering.zone).date()).isoformat(),
        frequency_per_day=consent.frequency_per_day or FREQUENCY_PER_DAY_MAX,
        last_action_date=consent.effective_since(rendering.now).astimezone(rendering.zone).date().isoformat(),
        consent_status=_status(consent, rendering.now),
    )


def encode_status(consent: Consent, rendering: Rendering) -> ConsentStatusResponse:
    return ConsentStatusResponse(_status(consent, rendering.now))


def _parse(body: bytes) -> Consents:
    try:
        return json.decode(body, Consents)
    except FieldUnexpected as unexpected:
        if unexpected.path in NOT_OFFERED:
            raise ServiceUnsupported("optional, and not offered", path=unexpected.path) from None
        raise


def _check_offered(wanted: Consents) -> None:
    """Raises SessionsUnsupported, or FieldExpected for a single use that is to be repeated every day."""
    if wanted.combined_service_indicator:
        raise SessionsUnsupported("a payment shares it", path="combinedServiceIndicator")
    if not wanted.recurring_indicator and wanted.frequency_per_day != 1:
        raise FieldExpected(
            "a single use, several times", public="A consent for a single use has 1 here.", path="frequencyPerDay"
        )


def _end_of(text: str, zone: tzinfo) -> datetime | None:
    """The moment after a day of the bank; None: the last day that there is. Raises FieldInvalid."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FieldInvalid("not a date", path="validUntil") from None
    if day.isoformat() != text:
        raise FieldInvalid("another form of a date", path="validUntil")
    return None if day == LAST_DAY else datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def _status(consent: Consent, now: datetime) -> str:
    return CONSENT_STATUSES[consent.effective_state(now)]
