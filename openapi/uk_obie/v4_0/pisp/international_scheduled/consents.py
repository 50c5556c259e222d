"""Lodge and read a consent to an international scheduled payment. OBIE R/W 4.0, International Scheduled Payment Consents."""

import msgspec

from kernel import json
from kernel.banking.abroad.planned import InternationalScheduledTerms
from kernel.banking.commands import LodgeConsent, ReadConsent
from kernel.banking.consents import Consent, ConsentKind, due_of
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_known
from openapi.uk_obie.v4_0.pisp.international_scheduled.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.shared.consent_answers import consent_members
from openapi.uk_obie.v4_0.pisp.shared.documents import raw
from openapi.uk_obie.v4_0.pisp.shared.lodgements import asked_of, lodge
from openapi.uk_obie.v4_0.pisp.shared.quotes import charges_of, rate_of
from openapi.uk_obie.v4_0.pisp.wire.international_scheduled import (
    OBWriteInternationalScheduledConsent5,
    OBWriteInternationalScheduledConsentResponse6,
    OBWriteInternationalScheduledConsentResponse6Data,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/international-scheduled-payment-consents"

EXAMPLE = (
    b'{"Data": {"Permission": "Create", "Initiation": {"InstructionIdentification": "ACME412", "EndToEndIdentification": "FRESCO.21302.GFX.20",'
    b' "RequestedExecutionDateTime": "2026-07-10T00:00:00+01:00",'
    b' "CurrencyOfTransfer": "EUR", "ChargeBearer": "Shared", "InstructedAmount": {"Amount": "165.88", "Currency": "EUR"},'
    b' "ExchangeRateInformation": {"UnitCurrency": "GBP", "RateType": "Indicative"}, "CreditorAccount": {"SchemeName":'
    b' "UK.OBIE.IBAN", "Identification": "DE89370400440532013000", "Name": "ACME GmbH"},'
    b' "RemittanceInformation": {"Unstructured": ["Internal ops code 5120101"]}}},'
    b' "Risk": {"PaymentContextCode": "TransferToThirdParty"}}'
)


def decode_lodge(request: WireRequest) -> LodgeConsent:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    lodged = json.decode(request.body, OBWriteInternationalScheduledConsent5)
    terms = parse_initiation(lodged.data.initiation, request.body, request.zone, **asked_of(lodged.data))
    return lodge(request, ConsentKind.INTERNATIONAL_SCHEDULED, terms, lodged.data)


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["ConsentId"])


def encode_consent(consent: Consent, rendering: Rendering) -> OBWriteInternationalScheduledConsentResponse6:
    terms = consent.terms
    assert isinstance(terms, InternationalScheduledTerms)
    document = msgspec.json.decode(consent.document)
    data = document["Data"]
    return OBWriteInternationalScheduledConsentResponse6(
        data=OBWriteInternationalScheduledConsentResponse6Data(
            **consent_members(consent, data, rendering),
            permission=data["Permission"],
            expected_execution_date_time=render_known(due_of(terms, rendering.zone)),
            charges=charges_of(terms.cross_border),
            exchange_rate_information=rate_of(terms.cross_border),
        ),
        risk=raw(document["Risk"]),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{consent.id}"),
        meta=MetaData(),
    )
