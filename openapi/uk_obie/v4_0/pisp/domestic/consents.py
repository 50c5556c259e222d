"""Lodge and read a domestic payment consent. OBIE R/W 4.0, Domestic Payment Consents; OBIE R/W 4.0 Profile, "CutOffDateTime Behaviour"."""

from typing import Any

import msgspec
from msgspec import UNSET

from kernel import json
from kernel.banking.commands import LodgeConsent, ReadConsent
from kernel.banking.consents import Consent, ConsentKind
from kernel.banking.payments import PaymentTerms
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_known
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.codes.schemes import BIC_SCHEME
from openapi.uk_obie.v4_0.pisp.domestic.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.shared.consent_answers import consent_members
from openapi.uk_obie.v4_0.pisp.shared.documents import account_of, raw, remittance_of
from openapi.uk_obie.v4_0.pisp.shared.lodgements import asked_of, lodge
from openapi.uk_obie.v4_0.pisp.wire.domestic import (
    OBWriteDomesticConsent4,
    OBWriteDomesticConsentResponse5,
    OBWriteDomesticConsentResponse5Data,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/domestic-payment-consents"

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
    terms = parse_initiation(lodged.data.initiation, **asked_of(lodged.data))
    return lodge(request, ConsentKind.PAYMENT, terms, lodged.data)


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["ConsentId"])


def encode_consent(consent: Consent, rendering: Rendering) -> OBWriteDomesticConsentResponse5:
    document = document_of(consent)
    data = document["Data"]
    return OBWriteDomesticConsentResponse5(
        data=OBWriteDomesticConsentResponse5Data(
            **consent_members(consent, data, rendering),
            cut_off_date_time=render_known(consent.terms.cut_off) if isinstance(consent.terms, PaymentTerms) else UNSET,
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


def initiation_of(terms: PaymentTerms, resource_id: str) -> dict[str, Any]:
    """The initiation of a payment that was asked for in other words. `resource_id` is that of its consent, or of its order."""
    own_id = resource_id.replace("-", "")[:35]  # where its TPP gave the payment no id
    initiation: dict[str, Any] = {
        "InstructionIdentification": terms.instruction_id or own_id,
        "EndToEndIdentification": terms.end_to_end_id or own_id,
        "InstructedAmount": {"Amount": terms.amount.decimal(), "Currency": terms.amount.currency},
        "CreditorAccount": {**account_of(terms.creditor_account), "Name": terms.creditor_name},
    }
    if terms.debtor_account is not None:
        initiation["DebtorAccount"] = account_of(terms.debtor_account)
    if terms.creditor_bic is not None:
        initiation["CreditorAgent"] = {"SchemeName": BIC_SCHEME, "Identification": terms.creditor_bic}
    if remittance := remittance_of(terms):
        initiation["RemittanceInformation"] = remittance
    return initiation
