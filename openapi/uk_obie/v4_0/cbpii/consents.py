"""Lodge, read and withdraw a consent to checks of funds. OBIE R/W 4.0, Confirmation of Funds Consents."""

from typing import Any

import msgspec
from msgspec import UNSET

from kernel import json
from kernel.banking.commands import LodgeConsent, ReadConsent, WithdrawConsent
from kernel.banking.consents import Consent, ConsentKind, ConsentLodgement
from kernel.banking.terms import FundsTerms
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import parse_date_time, render_date_time, render_known
from openapi.uk_obie.v4_0.aisp.codes.consents import ACCOUNT_CONSENT_REASONS, ACCOUNT_CONSENT_STATUSES
from openapi.uk_obie.v4_0.cbpii.wire import (
    OBFundsConfirmationConsent1,
    OBFundsConfirmationConsentResponse1,
    OBFundsConfirmationConsentResponse1Data,
)
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.shared.documents import account_of, raw
from openapi.uk_obie.v4_0.pisp.shared.initiation import parse_account
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/funds-confirmation-consents"
EXPIRATION = "Data.ExpirationDateTime"
ACCOUNT = "Data.DebtorAccount"

EXAMPLE = (
    b'{"Data": {"DebtorAccount": {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "80200110203345",'
    b' "Name": "Alice Archer"}}}'
)


def decode_lodge(request: WireRequest) -> LodgeConsent:
    """Raises RequestMalformed, the Field problems and what `parse_account` raises."""
    data = json.decode(request.body, OBFundsConfirmationConsent1).data
    expiration = data.expiration_date_time
    return LodgeConsent(
        ConsentLodgement(
            kind=ConsentKind.FUNDS,
            lodged_as=NAME,
            terms=FundsTerms(account=parse_account(data.debtor_account, ACCOUNT)),
            valid_until=None if expiration is UNSET else parse_date_time(expiration, EXPIRATION),
            document=json.encode(msgspec.json.decode(request.body)),  # what it says, without white space
        )
    )


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["ConsentId"])


def decode_withdraw(request: WireRequest) -> WithdrawConsent:
    return WithdrawConsent(request.path["ConsentId"])


def encode_consent(consent: Consent, rendering: Rendering) -> OBFundsConfirmationConsentResponse1:
    """Its statuses are those of a consent to account access: the standard has one list for both."""
    state = consent.effective_state(rendering.now)
    reason = ACCOUNT_CONSENT_REASONS[state]
    return OBFundsConfirmationConsentResponse1(
        data=OBFundsConfirmationConsentResponse1Data(
            consent_id=consent.id,
            creation_date_time=render_date_time(consent.created_at),
            status=ACCOUNT_CONSENT_STATUSES[state],
            status_reason=UNSET if reason is None else [reason],
            status_update_date_time=render_date_time(consent.effective_since(rendering.now)),
            expiration_date_time=render_known(consent.valid_until),
            debtor_account=raw(_account_of(consent)),
        ),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{consent.id}"),
        meta=MetaData(),
    )


def _account_of(consent: Consent) -> Any:
    """The account as it was lodged; for a consent lodged in another way, in the words of this standard."""
    if consent.lodged_as == NAME and consent.document:
        return msgspec.json.decode(consent.document)["Data"]["DebtorAccount"]
    assert isinstance(consent.terms, FundsTerms)
    return account_of(consent.terms.account)
