"""Reports on the payments of a batch (pain.002): the word on the whole, on a batch, or on one payment, the nearest of which counts."""

import msgspec

from kernel.banking.orders import RailStatus
from kernel.iso20022.documents import parse_apart
from kernel.iso20022.nodes import Node

MESSAGES = frozenset({"pain.002.001.03", "pain.002.001.10"})


class StatusReport(msgspec.Struct, frozen=True, kw_only=True):
    """The word on one payment, or on a batch with all that it holds (`instruction` and `uetr` None). `reason` is a code of ISO 20022."""

    status: RailStatus
    message: str
    batch: str | None = None
    instruction: str | None = None
    end_to_end: str | None = None
    uetr: str | None = None
    reason: str | None = None


async def read_status_reports(document: bytes) -> tuple[StatusReport, ...]:
    """In their order. A status that is no payment's, such as PART, says nothing of one. Raises DocumentRefused."""
    _, node = await parse_apart(document, MESSAGES)
    group = node.take("OrgnlGrpInfAndSts")
    message = group.text("OrgnlMsgId")
    found = [_report(group, "GrpSts", message, None)]
    for batch in node.each("OrgnlPmtInfAndSts"):
        name = batch.text("OrgnlPmtInfId")
        found.append(_report(batch, "PmtInfSts", message, name))
        found += [_report(each, "TxSts", message, name) for each in batch.each("TxInfAndSts")]
    return tuple(each for each in found if each is not None)


def _report(node: Node, status: str, message: str, batch: str | None) -> StatusReport | None:
    word = node.optional(status)
    if word not in list(RailStatus):
        return None
    reasons = [each.optional("Rsn/Cd") for each in node.each("StsRsnInf")]
    return StatusReport(
        status=RailStatus(word),
        message=message,
        batch=batch,
        instruction=node.optional("OrgnlInstrId"),
        end_to_end=node.optional("OrgnlEndToEndId"),
        uetr=node.optional("OrgnlUETR", 36),
        reason=next((each for each in reasons if each), None),
    )
