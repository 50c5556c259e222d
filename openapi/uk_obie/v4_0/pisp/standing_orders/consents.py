"""Lodge and read a consent to a domestic standing order. OBIE R/W 4.0, Domestic Standing Order Consents."""

import msgspec

from kernel import json
from kernel.banking.commands import LodgeConsent, ReadConsent
from kernel.banking.consents import Consent, ConsentKind
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.v4_0.pisp.shared.consent_answers import consent_members
from openapi.uk_obie.v4_0.pisp.shared.documents import raw
from openapi.uk_obie.v4_0.pisp.shared.lodgements import asked_of, lodge
from openapi.uk_obie.v4_0.pisp.standing_orders.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.wire.standing_orders import (
    OBWriteDomesticStandingOrderConsent5,
    OBWriteDomesticStandingOrderConsentResponse6,
    OBWriteDomesticStandingOrderConsentResponse6Data,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/domestic-standing-order-consents"

EXAMPLE = (
    b'{"Data": {"Permission": "Create", "Initiation": {"MandateRelatedInformation": {"FirstPaymentDateTime": "2026-07-10T00:00:00+01:00",'
    b' "FinalPaymentDateTime": "2027-07-10T00:00:00+01:00", "Frequency": {"Type": "MNTH", "PointInTime": "10"}},'
    b' "FirstPaymentAmount": {"Amount": "6.66", "Currency": "GBP"}, "RecurringPaymentAmount": {"Amount": "7.00", "Currency": "GBP"},'
    b' "FinalPaymentAmount": {"Amount": "7.77", "Currency": "GBP"}, "CreditorAccount": {"SchemeName":'
    b' "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698", "Name": "Bob Clements"},'
    b' "RemittanceInformation": {"Structured": [{"CreditorReferenceInformation": {"Reference": "Pocket money"}}]}}},'
    b' "Risk": {"PaymentContextCode": "TransferToThirdParty"}}'
)


def decode_lodge(request: WireRequest) -> LodgeConsent:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    lodged = json.decode(request.body, OBWriteDomesticStandingOrderConsent5)
    terms = parse_initiation(lodged.data.initiation, request.zone, **asked_of(lodged.data))
    return lodge(request, ConsentKind.STANDING_ORDER, terms, lodged.data)


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["ConsentId"])


def encode_consent(consent: Consent, rendering: Rendering) -> OBWriteDomesticStandingOrderConsentResponse6:
    document = msgspec.json.decode(consent.document)
    data = document["Data"]
    return OBWriteDomesticStandingOrderConsentResponse6(
        data=OBWriteDomesticStandingOrderConsentResponse6Data(
            **consent_members(consent, data, rendering),
            permission=data["Permission"],
        ),
        risk=raw(document["Risk"]),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{consent.id}"),
        meta=MetaData(),
    )
