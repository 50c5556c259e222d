"""Lodge and read a consent to an international standing order. OBIE R/W 4.0, International Standing Order Consents."""

import msgspec

from kernel import json
from kernel.banking.abroad.planned import InternationalStandingOrderTerms
from kernel.banking.commands import LodgeConsent, ReadConsent
from kernel.banking.consents import Consent, ConsentKind
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.v4_0.pisp.international_standing_orders.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.shared.consent_answers import consent_members
from openapi.uk_obie.v4_0.pisp.shared.documents import raw
from openapi.uk_obie.v4_0.pisp.shared.lodgements import asked_of, lodge
from openapi.uk_obie.v4_0.pisp.shared.quotes import charges_of
from openapi.uk_obie.v4_0.pisp.wire.international_standing_orders import (
    OBWriteInternationalStandingOrderConsent6,
    OBWriteInternationalStandingOrderConsentResponse7,
    OBWriteInternationalStandingOrderConsentResponse7Data,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/international-standing-order-consents"

EXAMPLE = (
    b'{"Data": {"Permission": "Create", "Initiation": {"MandateRelatedInformation": {"FirstPaymentDateTime": "2026-07-10T00:00:00+01:00",'
    b' "FinalPaymentDateTime": "2027-07-10T00:00:00+01:00", "Frequency": {"Type": "MNTH", "PointInTime": "10"}},'
    b' "CurrencyOfTransfer": "EUR",'
    b' "InstructedAmount": {"Amount": "165.88", "Currency": "EUR"}, "CreditorAccount": {"SchemeName": "UK.OBIE.IBAN",'
    b' "Identification": "DE89370400440532013000", "Name": "ACME GmbH"},'
    b' "RemittanceInformation": {"Structured": [{"CreditorReferenceInformation": {"Reference": "Rent"}}]}}},'
    b' "Risk": {"PaymentContextCode": "TransferToThirdParty"}}'
)


def decode_lodge(request: WireRequest) -> LodgeConsent:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    lodged = json.decode(request.body, OBWriteInternationalStandingOrderConsent6)
    terms = parse_initiation(lodged.data.initiation, request.zone, **asked_of(lodged.data))
    return lodge(request, ConsentKind.INTERNATIONAL_STANDING_ORDER, terms, lodged.data)


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["ConsentId"])


def encode_consent(consent: Consent, rendering: Rendering) -> OBWriteInternationalStandingOrderConsentResponse7:
    terms = consent.terms
    assert isinstance(terms, InternationalStandingOrderTerms)
    document = msgspec.json.decode(consent.document)
    data = document["Data"]
    return OBWriteInternationalStandingOrderConsentResponse7(
        data=OBWriteInternationalStandingOrderConsentResponse7Data(
            **consent_members(consent, data, rendering),
            permission=data["Permission"],
            charges=charges_of(terms.cross_border),
        ),
        risk=raw(document["Risk"]),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{consent.id}"),
        meta=MetaData(),
    )
