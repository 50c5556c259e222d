"""Payments that come back (pacs.004). A bank may have asked for them (recalls.py)."""

from datetime import date, datetime

from kernel.iso20022.documents import parse_apart
from kernel.iso20022.elements import Element, instant, write
from kernel.iso20022.nodes import DocumentRefused, Node
from orders.settlement.returned import Returned

RETURN = "pacs.004.001.09"


async def read_returns(document: bytes) -> tuple[Returned, ...]:
    """Raises DocumentRefused."""
    _, node = await parse_apart(document, {RETURN})
    header = node.take("GrpHdr")
    found = tuple(_returned(each, header.day("IntrBkSttlmDt")) for each in node.each("TxInf"))
    if header.number("NbOfTxs") != len(found) or not found:
        raise DocumentRefused("the number of its payments is not what its header says")
    return found


def _returned(node: Node, settled_on: date | None) -> Returned:
    reasons = [each.optional("Rsn/Cd") for each in node.each("RtrRsnInf")]
    return Returned(
        id=node.text("RtrId"),
        uetr=node.text("OrgnlUETR", 36),
        amount=node.money("RtrdIntrBkSttlmAmt"),
        reason=next((each for each in reasons if each), "NARR"),
        settled_on=node.day("IntrBkSttlmDt") or settled_on,
        end_to_end=node.optional("OrgnlEndToEndId"),
        cycle=node.optional("ClrSysRef"),
    )


def write_returns(message_id: str, at: datetime, returned: tuple[Returned, ...]) -> bytes:
    """As the simulated scheme sends them."""
    header: list[Element] = [
        ("MsgId", message_id),
        ("CreDtTm", instant(at)),
        ("NbOfTxs", str(len(returned))),
        ("SttlmInf", [("SttlmMtd", "CLRG")]),
    ]
    payments: list[Element] = [("TxInf", _written(each)) for each in returned]
    return write(RETURN, ("PmtRtr", [("GrpHdr", header), *payments]))


def _written(returned: Returned) -> list[Element]:
    return [
        ("RtrId", returned.id),
        ("OrgnlEndToEndId", returned.end_to_end),
        ("OrgnlUETR", returned.uetr),
        ("RtrdIntrBkSttlmAmt", returned.amount),
        ("IntrBkSttlmDt", None if returned.settled_on is None else returned.settled_on.isoformat()),
        ("ClrSysRef", returned.cycle),
        ("RtrRsnInf", [("Rsn", [("Cd", returned.reason)])]),
    ]
