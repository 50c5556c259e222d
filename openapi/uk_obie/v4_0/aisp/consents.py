"""Lodge, read and withdraw an account-access consent. OBIE R/W 4.0 Account Access Consents."""

from collections.abc import Set as AbstractSet
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from kernel import json
from kernel.banking.commands import LodgeConsent, ReadConsent, WithdrawConsent
from kernel.banking.consents import (
    DIRECTIONS,
    READ_ACCOUNTS,
    READ_TRANSACTIONS,
    AccountsTerms,
    Consent,
    ConsentKind,
    ConsentLodgement,
    Permission,
)
from kernel.errors import FieldDateInvalid, FieldExpected, FieldInvalid, FieldMissing
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import parse_date_time, render_date_time
from openapi.uk_obie.v4_0.aisp.codes.consents import (
    ACCOUNT_CONSENT_REASONS,
    ACCOUNT_CONSENT_STATUSES,
    PERMISSION_CODES,
    PERMISSIONS,
)
from openapi.uk_obie.v4_0.aisp.wire.consents import (
    OBInternalPermissions1Code,
    OBReadConsent1,
    OBReadConsentResponse1,
    OBReadConsentResponse1Data,
    OBRisk2,
)
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/account-access-consents"
PERMISSIONS_LISTED_MAX = 100  # several times as many as there are; the standard's own tests repeat some
PATHS = {
    "permissions": "Data.Permissions",
    "valid_until": "Data.ExpirationDateTime",
    "transactions_from": "Data.TransactionFromDateTime",
    "transactions_to": "Data.TransactionToDateTime",
}

EXAMPLE = b'{"Data": {"Permissions": ["ReadAccountsDetail", "ReadBalances"]}, "Risk": {}}'


def decode_lodgement(body: bytes) -> ConsentLodgement:
    """The consent that the caller requests. The use case checks whether a date lies in the past: it has the clock.

    Raises RequestMalformed or one of the Field problems, with the path of the member."""
    lodged = json.decode(body, OBReadConsent1)
    data = lodged.data
    if len(data.permissions) > PERMISSIONS_LISTED_MAX:
        raise FieldInvalid(f"{len(data.permissions)} permissions", public="Too many permissions.", path=PATHS["permissions"])
    data.permissions = list(dict.fromkeys(data.permissions))
    permissions = frozenset(PERMISSIONS[code] for code in data.permissions)
    check_permissions(permissions)
    since = _parse(data.transaction_from_date_time, "transactions_from")
    until = _parse(data.transaction_to_date_time, "transactions_to")
    if since is not None and until is not None and since > until:
        raise FieldDateInvalid(
            f"{since} is after {until}", public="The period ends before it begins.", path=PATHS["transactions_to"]
        )
    return ConsentLodgement(
        kind=ConsentKind.ACCOUNTS,
        lodged_as=NAME,
        terms=AccountsTerms(permissions=permissions, transactions_from=since, transactions_to=until),
        valid_until=_parse(data.expiration_date_time, "valid_until"),
        document=json.encode(lodged),  # what it says, without repetition and white space
    )


def check_permissions(permissions: AbstractSet[Permission]) -> None:
    """Refuse what cannot be consented to together. OBIE R/W 4.0 Account Access Consents, "Permission Codes"."""
    path = PATHS["permissions"]
    if not permissions:
        raise FieldMissing(public="At least one permission is required.", path=path)
    if not permissions & READ_ACCOUNTS:
        raise FieldExpected(public="ReadAccountsBasic or ReadAccountsDetail is expected.", path=path)
    if permissions & READ_TRANSACTIONS and not permissions & DIRECTIONS:
        raise FieldExpected(public="ReadTransactionsCredits or ReadTransactionsDebits is expected.", path=path)
    if permissions & DIRECTIONS and not permissions & READ_TRANSACTIONS:
        raise FieldExpected(public="ReadTransactionsBasic or ReadTransactionsDetail is expected.", path=path)


def decode_lodge(request: WireRequest) -> LodgeConsent:
    return LodgeConsent(decode_lodgement(request.body))


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["ConsentId"])


def decode_withdraw(request: WireRequest) -> WithdrawConsent:
    return WithdrawConsent(request.path["ConsentId"])


def encode_consent(consent: Consent, rendering: Rendering) -> OBReadConsentResponse1:
    state = consent.effective_state(rendering.now)
    reason = ACCOUNT_CONSENT_REASONS[state]
    return OBReadConsentResponse1(
        data=OBReadConsentResponse1Data(
            consent_id=consent.id,
            status=ACCOUNT_CONSENT_STATUSES[state],
            status_reason=[reason] if reason else UNSET,
            creation_date_time=render_date_time(consent.created_at),
            status_update_date_time=render_date_time(consent.effective_since(rendering.now)),
            permissions=_permissions_as_lodged(consent),
            expiration_date_time=_render(consent.valid_until),
            transaction_from_date_time=_render(consent.data.transactions_from),
            transaction_to_date_time=_render(consent.data.transactions_to),
        ),
        risk=OBRisk2(),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{consent.id}"),
        meta=MetaData(),
    )


def _permissions_as_lodged(consent: Consent) -> list[OBInternalPermissions1Code]:
    """In the caller's own order, each once; in our order if the consent was lodged in another way."""
    if consent.lodged_as == NAME and consent.document:
        return msgspec.json.decode(consent.document, type=OBReadConsent1).data.permissions
    return [code for permission, code in PERMISSION_CODES.items() if permission in consent.permissions]


def _parse(text: str | UnsetType, field: str) -> datetime | None:
    return None if text is UNSET else parse_date_time(text, PATHS[field])


def _render(instant: datetime | None) -> str | UnsetType:
    return UNSET if instant is None else render_date_time(instant)
