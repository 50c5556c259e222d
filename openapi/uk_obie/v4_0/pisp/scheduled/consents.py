"""Lodge and read a consent to a domestic scheduled payment. OBIE R/W 4.0, Domestic Scheduled Payment Consents."""

import msgspec

from kernel import json
from kernel.banking.commands import LodgeConsent, ReadConsent
from kernel.banking.consents import Consent, ConsentKind, due_of
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_known
from openapi.uk_obie.v4_0.pisp.scheduled.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.shared.consent_answers import consent_members
from openapi.uk_obie.v4_0.pisp.shared.documents import raw
from openapi.uk_obie.v4_0.pisp.shared.lodgements import asked_of, lodge
from openapi.uk_obie.v4_0.pisp.wire.scheduled import (
    OBWriteDomesticScheduledConsent4,
    OBWriteDomesticScheduledConsentResponse5,
    OBWriteDomesticScheduledConsentResponse5Data,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/domestic-scheduled-payment-consents"

EXAMPLE = (
    b'{"Data": {"Permission": "Create", "Initiation": {"InstructionIdentification": "ACME412", "EndToEndIdentification":'
    b' "FRESCO.21302.GFX.20", "RequestedExecutionDateTime": "2026-07-10T00:00:00+01:00",'
    b' "InstructedAmount": {"Amount": "165.88", "Currency": "GBP"}, "CreditorAccount": {"SchemeName":'
    b' "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698", "Name": "ACME Inc"},'
    b' "RemittanceInformation": {"Unstructured": ["Internal ops code 5120101"]}}},'
    b' "Risk": {"PaymentContextCode": "TransferToThirdParty"}}'
)


def decode_lodge(request: WireRequest) -> LodgeConsent:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    lodged = json.decode(request.body, OBWriteDomesticScheduledConsent4)
    terms = parse_initiation(lodged.data.initiation, request.zone, **asked_of(lodged.data))
    return lodge(request, ConsentKind.SCHEDULED, terms, lodged.data)


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["ConsentId"])


def encode_consent(consent: Consent, rendering: Rendering) -> OBWriteDomesticScheduledConsentResponse5:
    document = msgspec.json.decode(consent.document)
    data = document["Data"]
    return OBWriteDomesticScheduledConsentResponse5(
        data=OBWriteDomesticScheduledConsentResponse5Data(
            **consent_members(consent, data, rendering),
            permission=data["Permission"],
            expected_execution_date_time=render_known(due_of(consent.terms, rendering.zone)),
        ),
        risk=raw(document["Risk"]),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{consent.id}"),
        meta=MetaData(),
    )
