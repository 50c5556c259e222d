"""Recalls as messages: a bank asks for a payment (camt.056), and the payee's bank refuses it (camt.029). One that agrees sends a return (returns.py)."""

import re
from datetime import datetime

from kernel.banking.iban import is_iban
from kernel.iso20022.documents import parse_apart
from kernel.iso20022.elements import Element, instant, write
from kernel.iso20022.nodes import DocumentRefused, Node
from orders.recalls.recall import RecallRefused, RecallRequest

RECALL, RESOLUTION = "camt.056.001.08", "camt.029.001.09"
REJECTED = "RJCR"  # ISO 20022 ExternalInvestigationExecutionConfirmation1Code: the cancellation request is rejected
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")


def write_recall(message_id: str, at: datetime, recall: RecallRequest) -> bytes:
    """One payment's."""
    reference: list[Element] = [("CdtrAcct", [("Id", [_number(recall.payee)])])] if recall.payee else []
    payment: list[Element] = [
        ("CxlId", recall.case),
        ("OrgnlEndToEndId", recall.end_to_end),
        ("OrgnlUETR", recall.uetr),
        ("OrgnlIntrBkSttlmAmt", recall.amount),
        ("CxlRsnInf", [("Rsn", [("Cd", recall.reason)])]),
        ("OrgnlTxRef", reference),
    ]
    assignment = _assignment(message_id, at, recall.asked_by, recall.asked_of)
    return write(RECALL, ("FIToFIPmtCxlReq", [assignment, ("Undrlyg", [("TxInf", payment)])]))


async def read_recalls(document: bytes) -> tuple[RecallRequest, ...]:
    """Raises DocumentRefused."""
    _, node = await parse_apart(document, {RECALL})
    banks = _bank(node.take("Assgnmt/Assgnr")), _bank(node.take("Assgnmt/Assgne"))
    found = tuple(_recall(each, *banks) for under in node.each("Undrlyg") for each in under.each("TxInf"))
    if not found:
        raise DocumentRefused("it recalls no payment")
    return found


def write_refusal(message_id: str, at: datetime, request: RecallRequest, reason: str) -> bytes:
    """The answer to a recall that we received."""
    payment: list[Element] = [
        ("CxlStsId", request.case),
        ("OrgnlEndToEndId", request.end_to_end),
        ("OrgnlUETR", request.uetr),
        ("CxlStsRsnInf", [("Rsn", [("Cd", reason)])]),
    ]
    content: list[Element] = [
        _assignment(message_id, at, request.asked_of, request.asked_by),
        ("Sts", [("Conf", REJECTED)]),
        ("CxlDtls", [("TxInfAndSts", payment)]),
    ]
    return write(RESOLUTION, ("RsltnOfInvstgtn", content))


async def read_refused_recalls(document: bytes) -> tuple[RecallRefused, ...]:
    """Those of a resolution that rejects. Raises DocumentRefused."""
    _, node = await parse_apart(document, {RESOLUTION})
    if node.take("Sts").optional("Conf") != REJECTED:
        return ()
    details = [detail for each in node.each("CxlDtls") for detail in each.each("TxInfAndSts")]
    return tuple(
        RecallRefused(
            case=each.optional("CxlStsId") or each.optional("OrgnlEndToEndId") or "",
            uetr=each.optional("OrgnlUETR", 36),
            reason=next((found for reason in each.each("CxlStsRsnInf") if (found := reason.optional("Rsn/Cd"))), None),
        )
        for each in details
    )


def _assignment(message_id: str, at: datetime, by: str, of: str) -> Element:
    banks = [("Agt", [("FinInstnId", [_identification(each)])]) for each in (by, of)]
    return ("Assgnmt", [("Id", message_id), ("Assgnr", [banks[0]]), ("Assgne", [banks[1]]), ("CreDtTm", instant(at))])


def _identification(bank: str) -> Element:
    return ("BICFI", bank) if _BIC.fullmatch(bank) else ("Othr", [("Id", bank)])


def _number(payee: str) -> Element:
    return ("IBAN", payee) if is_iban(payee) else ("Othr", [("Id", payee)])


def _bank(node: Node) -> str:
    institution = node.take("Agt/FinInstnId")
    for path in ("BICFI", "Othr/Id", "ClrSysMmbId/MmbId"):
        found = institution.optional(path)
        if found is not None:
            return found
    raise institution.refuse("names no bank")


def _recall(node: Node, asked_by: str, asked_of: str) -> RecallRequest:
    reasons = [found for each in node.each("CxlRsnInf") if (found := each.optional("Rsn/Cd"))]
    if len(reasons) != 1:
        raise node.refuse(f"{len(reasons)} reasons; there is one")
    account = "OrgnlTxRef/CdtrAcct/Id"
    return RecallRequest(
        case=node.text("CxlId"),
        uetr=node.text("OrgnlUETR", 36),
        amount=node.money("OrgnlIntrBkSttlmAmt"),
        reason=reasons[0],
        asked_by=asked_by,
        asked_of=asked_of,
        end_to_end=node.optional("OrgnlEndToEndId"),
        payee=node.optional(f"{account}/IBAN") or node.optional(f"{account}/Othr/Id"),
    )
