"""Lodge and read a consent to an international payment. OBIE R/W 4.0, International Payment Consents."""

import msgspec

from kernel import json
from kernel.banking.abroad.cross_border import InternationalTerms
from kernel.banking.commands import LodgeConsent, ReadConsent
from kernel.banking.consents import Consent, ConsentKind
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_known
from openapi.uk_obie.v4_0.pisp.international.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.shared.consent_answers import consent_members
from openapi.uk_obie.v4_0.pisp.shared.documents import raw
from openapi.uk_obie.v4_0.pisp.shared.lodgements import asked_of, lodge
from openapi.uk_obie.v4_0.pisp.shared.quotes import charges_of, rate_of
from openapi.uk_obie.v4_0.pisp.wire.international import (
    OBWriteInternationalConsent5,
    OBWriteInternationalConsentResponse6,
    OBWriteInternationalConsentResponse6Data,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/international-payment-consents"

EXAMPLE = (
    b'{"Data": {"Initiation": {"InstructionIdentification": "ACME412", "EndToEndIdentification": "FRESCO.21302.GFX.20",'
    b' "CurrencyOfTransfer": "EUR", "ChargeBearer": "Shared", "InstructedAmount": {"Amount": "165.88", "Currency": "EUR"},'
    b' "ExchangeRateInformation": {"UnitCurrency": "GBP", "RateType": "Actual"}, "CreditorAccount": {"SchemeName":'
    b' "UK.OBIE.IBAN", "Identification": "DE89370400440532013000", "Name": "ACME GmbH"},'
    b' "RemittanceInformation": {"Unstructured": ["Internal ops code 5120101"]}}},'
    b' "Risk": {"PaymentContextCode": "TransferToThirdParty"}}'
)


def decode_lodge(request: WireRequest) -> LodgeConsent:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    lodged = json.decode(request.body, OBWriteInternationalConsent5)
    terms = parse_initiation(lodged.data.initiation, request.body, **asked_of(lodged.data))
    return lodge(request, ConsentKind.INTERNATIONAL, terms, lodged.data)


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["ConsentId"])


def encode_consent(consent: Consent, rendering: Rendering) -> OBWriteInternationalConsentResponse6:
    terms = consent.terms
    assert isinstance(terms, InternationalTerms)
    document = msgspec.json.decode(consent.document)
    data = document["Data"]
    return OBWriteInternationalConsentResponse6(
        data=OBWriteInternationalConsentResponse6Data(
            **consent_members(consent, data, rendering),
            cut_off_date_time=render_known(terms.payment.cut_off),
            charges=charges_of(terms.cross_border),
            exchange_rate_information=rate_of(terms.cross_border),
        ),
        risk=raw(document["Risk"]),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{consent.id}"),
        meta=MetaData(),
    )
