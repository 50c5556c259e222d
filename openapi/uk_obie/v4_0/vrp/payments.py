"""Order a payment under a consent to recurring ones, and read what became of it. OBIE R/W 4.0, Domestic VRPs, Payment Details."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from kernel import json
from kernel.banking.commands import PlacePayment, ReadPayment
from kernel.banking.consents import Consent
from kernel.banking.orders import OrderRequest, PaymentOrder
from kernel.banking.payments import PaymentTerms
from kernel.banking.terms import VrpPresence, VrpUse
from kernel.errors import ConsentMismatch
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_date_time, render_known
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.codes.schemes import SCHEME_NAMES
from openapi.uk_obie.v4_0.pisp.codes.statuses import REASON_CODES, REASON_TEXTS
from openapi.uk_obie.v4_0.pisp.shared.answers import reasons_of
from openapi.uk_obie.v4_0.pisp.shared.comparison import find_difference
from openapi.uk_obie.v4_0.pisp.shared.documents import account_of, raw, remittance_of
from openapi.uk_obie.v4_0.pisp.shared.initiation import (
    PATH,
    check_instrument,
    parse_account,
    parse_amount,
    parse_name,
    parse_remittance,
    parse_text,
)
from openapi.uk_obie.v4_0.vrp import wire
from openapi.uk_obie.v4_0.vrp.codes import AUTHENTICATIONS, PAYMENT_STATUSES, PRESENCES, TYPES, path_of
from openapi.uk_obie.v4_0.vrp.consents import NAME_CHARACTERS_MAX, document_of
from openapi.uk_obie.v4_0.vrp.parameters import parse_code
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/domestic-vrps"
INSTRUCTION = "Data.Instruction"
REMITTANCE = "RemittanceInformation"
OPEN_MEMBERS = (
    REMITTANCE,
    "UltimateCreditor",
    "CreditorPostalAddress",
)  # each order may say where its consent does not

EXAMPLE = (
    b'{"Data": {"ConsentId": "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55", "PSUAuthenticationMethod": "UK.OBIE.SCANotRequired",'
    b' "PSUInteractionType": "OffSession", "VRPType": "UK.OBIE.VRPType.Sweeping", "Initiation": {"CreditorAccount": {"SchemeName":'
    b' "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698", "Name": "Alice Archer"}, "RemittanceInformation":'
    b' {"Unstructured": ["Sweep"]}}, "Instruction": {"InstructionIdentification": "SWEEP412", "EndToEndIdentification":'
    b' "SWEEP.21302", "InstructedAmount": {"Amount": "10.00", "Currency": "GBP"}, "CreditorAccount": {"SchemeName":'
    b' "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698", "Name": "Alice Archer"}}},'
    b' "Risk": {"PaymentContextCode": "TransferToSelf"}}'
)


def decode_place(request: WireRequest) -> PlacePayment:
    """Raises RequestMalformed, the Field problems and what the parts of an initiation raise, with the path of the member."""
    data = json.decode(request.body, wire.OBDomesticVRPRequest).data
    document = msgspec.json.decode(request.body)
    order = OrderRequest(
        consent_id=data.consent_id,
        terms=_parse_terms(data),
        lodged_as=NAME,
        document=json.encode(document),
        use=_parse_use(data),
    )
    return PlacePayment(order, partial(check_agreed, document), breach_path=path_of)


def _parse_use(data: wire.OBDomesticVRPRequestData) -> VrpUse:
    presence = data.psu_interaction_type
    return VrpUse(
        type=parse_code(data.vrp_type, TYPES, "Data.VRPType"),
        authentication=parse_code(data.psu_authentication_method, AUTHENTICATIONS, "Data.PSUAuthenticationMethod"),
        presence=VrpPresence.OFF_SESSION if presence is UNSET else PRESENCES[presence],
    )


def _parse_terms(data: wire.OBDomesticVRPRequestData) -> PaymentTerms:
    instruction, debtor = data.instruction, data.initiation.debtor_account
    check_instrument(instruction.local_instrument, f"{INSTRUCTION}.LocalInstrument")
    remittance, reference = parse_remittance(instruction.remittance_information, f"{INSTRUCTION}.RemittanceInformation")
    return PaymentTerms(
        amount=parse_amount(instruction.instructed_amount, f"{INSTRUCTION}.InstructedAmount"),
        creditor_name=parse_name(instruction.creditor_account.name, f"{INSTRUCTION}.CreditorAccount.Name"),
        creditor_account=parse_account(instruction.creditor_account, f"{INSTRUCTION}.CreditorAccount"),
        debtor_account=None if debtor is UNSET else parse_account(debtor, f"{PATH}.DebtorAccount"),
        remittance=remittance,
        end_to_end_id=parse_text(instruction.end_to_end_identification, f"{INSTRUCTION}.EndToEndIdentification"),
        instruction_id=parse_text(instruction.instruction_identification, f"{INSTRUCTION}.InstructionIdentification"),
        reference=reference,
    )


def check_agreed(document: Any, consent: Consent) -> None:
    """Raises ConsentMismatch with the path of the first member in which the order differs from its consent: initiation and risk are the
    consent's own, and so is the payee of the instruction, and what else both say."""
    agreed, data = document_of(consent), document["Data"]
    initiation, instruction = agreed["Data"]["Initiation"], data["Instruction"]
    difference = (
        find_difference(initiation, data["Initiation"], PATH)
        or find_difference(agreed["Risk"], document["Risk"], "Risk")
        or find_difference(initiation["CreditorAccount"], instruction["CreditorAccount"], f"{INSTRUCTION}.CreditorAccount")
    )
    compared = (
        find_difference(ours, theirs, f"{INSTRUCTION}.{name}") for name, ours, theirs in _said_in_both(initiation, instruction)
    )
    difference = difference or next(filter(None, compared), None)
    if difference is not None:
        raise ConsentMismatch(path=difference)


def _said_in_both(initiation: Any, instruction: Any) -> Iterator[tuple[str, Any, Any]]:
    """The members that an order may say where its consent does not, and that both say. The text and the references of a remittance each stand
    for themselves; an empty list says nothing."""
    for name in OPEN_MEMBERS:
        ours, theirs = initiation.get(name), instruction.get(name)
        if name == REMITTANCE and ours and theirs:
            yield from ((f"{name}.{part}", ours[part], theirs[part]) for part in ours if ours[part] and theirs.get(part))
        elif ours and theirs:
            yield name, ours, theirs


def decode_read(request: WireRequest) -> ReadPayment:
    return ReadPayment(request.path["DomesticVRPId"])


def encode_order(order: PaymentOrder, rendering: Rendering) -> wire.OBDomesticVRPResponse:
    document = _document_of(order)
    return wire.OBDomesticVRPResponse(
        data=wire.OBDomesticVRPResponseData(
            domestic_vrp_id=order.id,
            consent_id=order.consent_id,
            creation_date_time=render_date_time(order.created_at),
            status=PAYMENT_STATUSES[order.rail_status],
            status_reason=reasons_of(order),
            status_update_date_time=render_date_time(order.updated_at),
            expected_execution_date_time=render_known(order.execute_at),
            expected_settlement_date_time=render_known(order.settles_at),
            refund=_refund_of(order),
            initiation=raw(document["Data"]["Initiation"]),
            instruction=raw(document["Data"]["Instruction"]),
        ),
        risk=raw(document["Risk"]),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{order.id}"),
        meta=MetaData(),
    )


def encode_details(order: PaymentOrder, _rendering: Rendering) -> wire.OBDomesticVRPDetails:
    status = PAYMENT_STATUSES[order.rail_status]
    code = None if order.reason is None else REASON_CODES[order.reason]
    payment = wire.OBDomesticVRPDetailsPaymentStatus(
        payment_transaction_id=order.uetr,
        status=status,
        status_update_date_time=render_date_time(order.updated_at),
        status_detail=wire.StatusDetail(
            status=status,
            status_reason=UNSET if code is None else code,
            status_reason_description=UNSET if code is None else REASON_TEXTS[code],
        ),
    )
    return wire.OBDomesticVRPDetails(data=wire.OBDomesticVRPDetailsData(payment_status=[payment]))


def _document_of(order: PaymentOrder) -> Any:
    """The order as it was lodged; for one that was lodged in another way, the same payment in the words of this standard."""
    if order.lodged_as == NAME:
        return msgspec.json.decode(order.document)
    terms, own_id = order.terms, order.id.replace("-", "")[:35]  # where its TPP gave the payment no id
    creditor = {**account_of(terms.creditor_account), "Name": terms.creditor_name}
    instruction: dict[str, Any] = {
        "InstructionIdentification": terms.instruction_id or own_id,
        "EndToEndIdentification": terms.end_to_end_id or own_id,
        "InstructedAmount": {"Amount": terms.amount.decimal(), "Currency": terms.amount.currency},
        "CreditorAccount": creditor,
    }
    if remittance := remittance_of(terms):
        instruction["RemittanceInformation"] = remittance
    return {"Data": {"Initiation": {"CreditorAccount": creditor}, "Instruction": instruction}, "Risk": {}}


def _refund_of(order: PaymentOrder) -> wire.NamedAccount | UnsetType:
    account = order.refund_account
    if account is None:
        return UNSET
    return wire.NamedAccount(
        scheme_name=SCHEME_NAMES[account.scheme],
        identification=account.identification,
        name=(account.name or account.identification)[:NAME_CHARACTERS_MAX],
        secondary_identification=account.secondary or UNSET,
    )
