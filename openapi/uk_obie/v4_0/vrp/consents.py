"""Lodge, read and withdraw a consent to variable recurring payments. OBIE R/W 4.0, Domestic VRP Consents."""

from typing import Any

import msgspec
from msgspec import UNSET

from kernel import json
from kernel.banking.accounts import Scheme
from kernel.banking.commands import LodgeConsent, ReadConsent, WithdrawConsent
from kernel.banking.consents import Consent, ConsentKind, ConsentLodgement
from kernel.banking.money import Money
from kernel.banking.terms import VrpAuthentication, VrpTerms, VrpType
from kernel.errors import FieldMissing
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_date_time
from openapi.uk_obie.v4_0.aisp.codes.consents import ACCOUNT_CONSENT_REASONS, ACCOUNT_CONSENT_STATUSES
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.codes.schemes import SCHEME_NAMES
from openapi.uk_obie.v4_0.pisp.shared.documents import account_of, part_of, raw, remittance_of
from openapi.uk_obie.v4_0.pisp.shared.initiation import PATH, parse_account, parse_debtor, parse_name, parse_remittance
from openapi.uk_obie.v4_0.vrp import parameters, wire
from openapi.uk_obie.v4_0.vrp.codes import ALIGNMENTS, AUTHENTICATIONS, PERIODS, PRESENCES, TYPES, code_of
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/domestic-vrp-consents"
NAME_CHARACTERS_MAX = 70  # of an account, in this document; the rest is cut

EXAMPLE = (
    b'{"Data": {"ReadRefundAccount": "Yes", "ControlParameters": {"PSUAuthenticationMethods": ["UK.OBIE.SCANotRequired"],'
    b' "PSUInteractionTypes": ["OffSession"], "VRPType": ["UK.OBIE.VRPType.Sweeping"], "MaximumIndividualAmount":'
    b' {"Amount": "100.00", "Currency": "GBP"}, "PeriodicLimits": [{"PeriodType": "Month", "PeriodAlignment": "Calendar",'
    b' "Amount": "300.00", "Currency": "GBP"}]}, "Initiation": {"CreditorAccount": {"SchemeName":'
    b' "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698", "Name": "Alice Archer"}, "RemittanceInformation":'
    b' {"Unstructured": ["Sweep"]}}}, "Risk": {"PaymentContextCode": "TransferToSelf"}}'
)


def decode_lodge(request: WireRequest) -> LodgeConsent:
    """Raises RequestMalformed, the Field problems and what `parse_account` raises, with the path of the member."""
    data = json.decode(request.body, wire.OBDomesticVRPConsentRequest).data
    begins, ends = parameters.parse_validity(data.control_parameters)
    individual_max = parameters.parse_individual_max(data.control_parameters)
    initiation = data.initiation
    if initiation.creditor_account is UNSET:
        raise FieldMissing(public="A consent names the payee.", path=f"{PATH}.CreditorAccount")
    remittance, reference = parse_remittance(initiation.remittance_information, f"{PATH}.RemittanceInformation")
    terms = VrpTerms(
        individual_max=individual_max,
        limits=parameters.parse_limits(data.control_parameters, individual_max),
        creditor_name=parse_name(initiation.creditor_account.name, f"{PATH}.CreditorAccount.Name"),
        creditor_account=parse_account(initiation.creditor_account, f"{PATH}.CreditorAccount"),
        debtor_account=parse_debtor(initiation.debtor_account, f"{PATH}.DebtorAccount"),
        remittance=remittance,
        reference=reference,
        types=parameters.parse_types(data.control_parameters),
        authentications=parameters.parse_authentications(data.control_parameters),
        presences=parameters.parse_presences(data.control_parameters),
        valid_from=begins,
        returns_to_payer=data.read_refund_account == "Yes",
    )
    return LodgeConsent(
        ConsentLodgement(
            kind=ConsentKind.VRP,
            lodged_as=NAME,
            terms=terms,
            valid_until=ends,
            document=json.encode(msgspec.json.decode(request.body)),  # what it says, without white space
        ),
        until_path=parameters.TO,
    )


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["ConsentId"])


def decode_withdraw(request: WireRequest) -> WithdrawConsent:
    return WithdrawConsent(request.path["ConsentId"])


def encode_consent(consent: Consent, rendering: Rendering) -> wire.OBDomesticVRPConsentResponse:
    """Its statuses are those of a consent to account access: the standard has one list for both."""
    state = consent.effective_state(rendering.now)
    reason = ACCOUNT_CONSENT_REASONS[state]
    document = document_of(consent)
    data = document["Data"]
    return wire.OBDomesticVRPConsentResponse(
        data=wire.OBDomesticVRPConsentResponseData(
            read_refund_account=data.get("ReadRefundAccount", UNSET),
            consent_id=consent.id,
            creation_date_time=render_date_time(consent.created_at),
            status=ACCOUNT_CONSENT_STATUSES[state],
            status_reason=UNSET if reason is None else [reason],
            status_update_date_time=render_date_time(consent.effective_since(rendering.now)),
            control_parameters=raw(data["ControlParameters"]),
            initiation=raw(data["Initiation"]),
            debtor_account=_debtor_of(consent, data),
        ),
        risk=raw(document["Risk"]),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{consent.id}"),
        meta=MetaData(),
    )


def document_of(consent: Consent) -> Any:
    """The document as it was lodged; for a consent lodged in another way, the same agreement in the words of this standard."""
    if consent.lodged_as == NAME and consent.document:
        return msgspec.json.decode(consent.document)
    terms = consent.terms
    assert isinstance(terms, VrpTerms)
    return {"Data": {"ControlParameters": _parameters_of(terms), "Initiation": _initiation_of(terms)}, "Risk": {}}


def _parameters_of(terms: VrpTerms) -> dict[str, Any]:
    """A consent that names no type or authentication is answered by those of which least follows."""
    return {
        "MaximumIndividualAmount": _amount_of(terms.individual_max),
        "PeriodicLimits": [
            {
                "PeriodType": code_of(PERIODS, limit.period),
                "PeriodAlignment": code_of(ALIGNMENTS, limit.alignment),
                **_amount_of(limit.amount),
            }
            for limit in terms.limits
        ],
        "VRPType": [code_of(TYPES, each) for each in terms.types or (VrpType.OTHER,)],
        "PSUAuthenticationMethods": [
            code_of(AUTHENTICATIONS, each) for each in terms.authentications or (VrpAuthentication.NONE,)
        ],
        "PSUInteractionTypes": [code_of(PRESENCES, each) for each in terms.presences],
    }


def _amount_of(amount: Money) -> dict[str, str]:
    return {"Amount": amount.decimal(), "Currency": amount.currency}


def _initiation_of(terms: VrpTerms) -> dict[str, Any]:
    creditor = {**account_of(terms.creditor_account), "Name": terms.creditor_name}
    remittance = remittance_of(terms)
    return {"CreditorAccount": creditor} | ({"RemittanceInformation": remittance} if remittance else {})


def _debtor_of(consent: Consent, data: Any) -> Any:
    """The account that pays, once the payer has agreed: as the TPP named it, or as the bank knows it."""
    named = part_of(data["Initiation"], "DebtorAccount")
    identity = next((each.identity for each in consent.access), None)
    if named is not UNSET or identity is None or not identity.numbers:
        return named
    scheme, number = identity.numbers[0]
    name = (identity.holder or number)[:NAME_CHARACTERS_MAX]
    return wire.NamedAccount(scheme_name=SCHEME_NAMES[Scheme(scheme)], identification=number, name=name)
