"""An order to a file rail to carry out credit transfers: pain.001.001.09, with one batch.

A rail's form carries less than a standard for TPPs: a name or a text that is longer than the form's is refused, never cut.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import msgspec

from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money
from kernel.iso20022.elements import Element, account, instant, write
from plugins.rails.iso20022.statements import NAME_CHARACTERS_MAX, NOT_PROVIDED

MESSAGE = "pain.001.001.09"
IDENTIFIER_CHARACTERS_MAX = 35  # of an identification in the message (Max35Text)
REMITTANCE_CHARACTERS_MAX = 140  # of an unstructured text in the message (Max140Text)
TRANSFERS_MAX = 50_000  # of one message


class TransferUnwritable(Exception):
    """A payment that the message has no room for. The text is for the log."""


class BatchTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """One payment of a batch. `id` is ours, by which the rail reports on it; `uetr` goes with it to the payee's bank."""

    id: str
    uetr: str
    amount: Money
    creditor_name: str
    creditor_account: AccountIdentifier
    creditor_bic: str | None = None
    end_to_end_id: str | None = None
    remittance: str | None = None
    reference: str | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Payments from one account on one day."""

    message_id: str
    id: str
    created_at: datetime
    initiator: str
    debtor_name: str
    debtor_account: AccountIdentifier
    debtor_bic: str
    execute_on: date
    transfers: Sequence[BatchTransfer]


def write_batch(batch: Batch) -> bytes:
    """Raises TransferUnwritable."""
    _check(batch)
    count, total = str(len(batch.transfers)), _total(batch.transfers)
    payments: list[Element] = [
        ("PmtInfId", batch.id),
        ("PmtMtd", "TRF"),
        ("NbOfTxs", count),
        ("CtrlSum", total),
        ("ReqdExctnDt", [("Dt", batch.execute_on.isoformat())]),
        ("Dbtr", [("Nm", batch.debtor_name)]),
        ("DbtrAcct", account(batch.debtor_account)),
        ("DbtrAgt", _agent(batch.debtor_bic)),
        *(("CdtTrfTxInf", _transfer(each)) for each in batch.transfers),
    ]
    header: list[Element] = [
        ("MsgId", batch.message_id),
        ("CreDtTm", instant(batch.created_at)),
        ("NbOfTxs", count),
        ("CtrlSum", total),
        ("InitgPty", [("Nm", batch.initiator)]),
    ]
    return write(MESSAGE, ("CstmrCdtTrfInitn", [("GrpHdr", header), ("PmtInf", payments)]))


def _total(transfers: Sequence[BatchTransfer]) -> str:
    return Money(transfers[0].amount.currency, sum(each.amount.minor for each in transfers)).decimal()


def _transfer(transfer: BatchTransfer) -> Iterable[Element]:
    structured = None
    if transfer.reference is not None:
        structured = [("CdtrRefInf", [("Ref", transfer.reference)])]
    identification: list[Element] = [
        ("InstrId", transfer.id),
        ("EndToEndId", transfer.end_to_end_id or NOT_PROVIDED),
        ("UETR", transfer.uetr),
    ]
    return [
        ("PmtId", identification),
        ("Amt", [("InstdAmt", transfer.amount)]),
        ("CdtrAgt", None if transfer.creditor_bic is None else _agent(transfer.creditor_bic)),
        ("Cdtr", [("Nm", transfer.creditor_name)]),
        ("CdtrAcct", account(transfer.creditor_account)),
        ("RmtInf", [("Ustrd", transfer.remittance), ("Strd", structured)]),
    ]


def _agent(bic: str) -> Iterable[Element]:
    return [("FinInstnId", [("BICFI", bic)])]


def _check(batch: Batch) -> None:
    if not 0 < len(batch.transfers) <= TRANSFERS_MAX:
        raise TransferUnwritable(f"{len(batch.transfers)} payments")
    if len({each.amount.currency for each in batch.transfers}) > 1:
        raise TransferUnwritable("several currencies")
    limits = [(batch.debtor_name, NAME_CHARACTERS_MAX), (batch.initiator, NAME_CHARACTERS_MAX)]
    limits += [(each, IDENTIFIER_CHARACTERS_MAX) for each in (batch.message_id, batch.id)]
    for transfer in batch.transfers:
        limits += [(transfer.creditor_name, NAME_CHARACTERS_MAX), (transfer.id, IDENTIFIER_CHARACTERS_MAX)]
        limits.append((transfer.remittance or "-", REMITTANCE_CHARACTERS_MAX))
        limits += [(each or "-", IDENTIFIER_CHARACTERS_MAX) for each in (transfer.end_to_end_id, transfer.reference)]
    if any(not text or len(text) > most for text, most in limits):
        raise TransferUnwritable("a name or a text is empty, or longer than its place")
