"""Lodge and read a domestic payment consent. OBIE R/W 4.0, Domestic Payment Consents."""

from datetime import timedelta
from typing import Any

import msgspec
from msgspec import UNSET

from kernel import json
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.commands import LodgeConsent, ReadConsent
from kernel.banking.consents import Consent, ConsentKind, ConsentLodgement
from kernel.banking.payments import PaymentTerms
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import parse_date_time, render_date_time
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.codes.schemes import BIC_SCHEME, SCHEME_NAMES
from openapi.uk_obie.v4_0.pisp.codes.statuses import CONSENT_REASONS, CONSENT_STATUSES
from openapi.uk_obie.v4_0.pisp.initiation import parse_initiation, raw
from openapi.uk_obie.v4_0.pisp.wire.domestic import (
    OBWriteDomesticConsent4,
    OBWriteDomesticConsentResponse5,
    OBWriteDomesticConsentResponse5Data,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/domestic-payment-consents"
LIFETIME = timedelta(hours=24)  # of a payment consent, from its lodging; ordered later than that, the payment is refused
COMPLETION = "Data.Authorisation.CompletionDateTime"

EXAMPLE = (
    b'{"Data": {"Initiation": {"InstructionIdentification": "ACME412", "EndToEndIdentification": "FRESCO.21302.GFX.20",'
    b' "InstructedAmount": {"Amount": "165.88", "Currency": "GBP"}, "CreditorAccount": {"SchemeName":'
    b' "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698", "Name": "ACME Inc"},'
    b' "RemittanceInformation": {"Unstructured": ["Internal ops code 5120101"]}}},'
    b' "Risk": {"PaymentContextCode": "TransferToThirdParty"}}'
)


def decode_lodge(request: WireRequest) -> LodgeConsent:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    lodged = json.decode(request.body, OBWriteDomesticConsent4)
    data = lodged.data
    authorisation = data.authorisation
    terms = parse_initiation(
        data.initiation,
        returns_to_payer=data.read_refund_account == "Yes",
        signed_by_one=authorisation is not UNSET and authorisation.authorisation_type == "Single",
    )
    completion = UNSET if authorisation is UNSET else authorisation.completion_date_time
    return LodgeConsent(
        ConsentLodgement(
            kind=ConsentKind.PAYMENT,
            lodged_as=NAME,
            terms=terms,
            valid_until=None if completion is UNSET else parse_date_time(completion, COMPLETION),
            valid_for=LIFETIME,
            document=json.encode(msgspec.json.decode(request.body)),  # what it says, without white space
        ),
        until_path=COMPLETION,
    )


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["ConsentId"])


def encode_consent(consent: Consent, rendering: Rendering) -> OBWriteDomesticConsentResponse5:
    state = consent.effective_state(rendering.now)
    reason = CONSENT_REASONS[state]
    document = document_of(consent)
    data = document["Data"]
    return OBWriteDomesticConsentResponse5(
        data=OBWriteDomesticConsentResponse5Data(
            consent_id=consent.id,
            creation_date_time=render_date_time(consent.created_at),
            status=CONSENT_STATUSES[state],
            status_reason=UNSET if reason is None else [reason],
            status_update_date_time=render_date_time(consent.effective_since(rendering.now)),
            read_refund_account=data.get("ReadRefundAccount", UNSET),
            initiation=raw(data["Initiation"]),
            authorisation=_part(data, "Authorisation"),
            sca_support_data=_part(data, "SCASupportData"),
        ),
        risk=raw(document["Risk"]),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{consent.id}"),
        meta=MetaData(),
    )


def document_of(consent: Consent) -> Any:
    """The document as it was lodged; for a consent lodged in another way, the same payment in the words of this standard."""
    if consent.lodged_as == NAME and consent.document:
        return msgspec.json.decode(consent.document)
    assert isinstance(consent.terms, PaymentTerms)
    return {"Data": {"Initiation": initiation_of(consent.terms, consent.id)}, "Risk": {}}


def _part(data: Any, name: str) -> Any:
    return raw(data[name]) if name in data else UNSET


def initiation_of(terms: PaymentTerms, resource_id: str) -> dict[str, Any]:
    """The initiation of a payment that was asked for in other words. `resource_id` is that of its consent, or of its order."""
    own_id = resource_id.replace("-", "")[:35]  # where its TPP gave the payment no id
    initiation: dict[str, Any] = {
        "InstructionIdentification": terms.instruction_id or own_id,
        "EndToEndIdentification": terms.end_to_end_id or own_id,
        "InstructedAmount": {"Amount": terms.amount.decimal(), "Currency": terms.amount.currency},
        "CreditorAccount": {**_account_of(terms.creditor_account), "Name": terms.creditor_name},
    }
    if terms.debtor_account is not None:
        initiation["DebtorAccount"] = _account_of(terms.debtor_account)
    if terms.creditor_bic is not None:
        initiation["CreditorAgent"] = {"SchemeName": BIC_SCHEME, "Identification": terms.creditor_bic}
    if terms.remittance is not None:
        initiation["RemittanceInformation"] = {"Unstructured": [terms.remittance]}
    return initiation


def _account_of(account: AccountIdentifier) -> dict[str, str]:
    named = {"SchemeName": SCHEME_NAMES[account.scheme], "Identification": account.identification}
    return named if account.secondary is None else named | {"SecondaryIdentification": account.secondary}
