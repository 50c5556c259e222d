"""Statements of an account that another keeps for the bank (camt.053), and its notices of single bookings (camt.054), as they are read.

A batch entry takes its parts from its details: their amounts, not the entry's, are those of payments. A notice has no balances.
"""

from datetime import datetime

from kernel.banking.money import Money
from kernel.iso20022.documents import parse_apart
from kernel.iso20022.nodes import SIGNS, DocumentRefused, Node
from orders.reconciliation.statement import Balance, Booked, Kind, Part, References, Statement

STATEMENTS = frozenset({"camt.053.001.02", "camt.053.001.08"})
NOTICES = frozenset({"camt.054.001.02", "camt.054.001.08"})
BOOKED = "BOOK"
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)  # the codes of balances of ISO 20022 (ExternalBalanceType1Code)
NOT_PROVIDED = "NOTPROVIDED"  # the end-to-end identification of a payment whose payer gave none
NAME_CHARACTERS_MAX, TEXT_CHARACTERS_MAX = 140, 500  # of a name, and of an unstructured text, in these messages


async def read_statements(document: bytes) -> tuple[Statement, ...]:
    """All of a document: there may be several. Raises DocumentRefused."""
    message, node = await parse_apart(document, STATEMENTS | NOTICES)
    kind = Kind.STATEMENT if message in STATEMENTS else Kind.NOTICE
    group = node.take("GrpHdr")
    created = group.instant("CreDtTm")
    found = tuple(_statement(each, kind, created) for each in node.each("Stmt" if kind is Kind.STATEMENT else "Ntfctn"))
    if not found:
        raise DocumentRefused("no statement in it")
    return found


def _statement(node: Node, kind: Kind, created: datetime | None) -> Statement:
    account = node.take("Acct")
    opening, closing = (_balance(node, codes) for codes in (OPENING, CLOSING))
    entries = tuple(_booked(each) for each in node.each("Ntry") if _status(each) == BOOKED)
    currencies = {each.amount.currency for each in entries} | {each.amount.currency for each in (opening, closing) if each}
    said = account.optional("Ccy")
    if said is not None:
        currencies.add(said)
    if len(currencies) != 1:
        raise node.refuse(f"one account has one currency, and here are {len(currencies)}")
    if kind is Kind.STATEMENT and (opening is None or closing is None):
        raise node.refuse("has no opening, or no closing balance")
    at = node.instant("CreDtTm") or created
    if at is None:
        raise node.refuse("lacks CreDtTm")
    return Statement(
        kind=kind,
        id=node.text("Id"),
        account=_account(account),
        currency=currencies.pop(),
        created_at=at,
        sequence=node.number("ElctrncSeqNb"),
        opening=opening,
        closing=closing,
        entries=entries,
    )


def _account(node: Node) -> str:
    return node.optional("Id/IBAN") or node.text("Id/Othr/Id", 34)


def _status(entry: Node) -> str:
    """A code of its own element in a later version."""
    status = entry.take("Sts")
    return status.optional("Cd") or status.content()


def _balance(statement: Node, codes: tuple[str, ...]) -> Balance | None:
    for code in codes:
        found = [each for each in statement.each("Bal") if each.optional("Tp/CdOrPrtry/Cd") == code]
        if len(found) > 1:
            raise statement.refuse(f"{len(found)} balances of {code}")
        if found:
            day = found[0].day("Dt")
            if day is None:
                raise found[0].refuse("lacks Dt")
            return Balance(amount=found[0].signed(), day=day)
    return None


def _booked(node: Node) -> Booked:
    batches = [each.optional("Btch/PmtInfId") for each in node.each("NtryDtls")]
    details = [detail for each in node.each("NtryDtls") for detail in each.each("TxDtls")]
    amount = node.signed()
    parts = tuple(_part(each, amount, is_only=len(details) == 1) for each in details)
    _check_sum(node, amount, parts)
    references = References(servicer=node.optional("AcctSvcrRef"), batch=next((each for each in batches if each), None))
    return Booked(
        amount=amount,
        booked_on=node.day("BookgDt"),
        value_on=node.day("ValDt"),
        references=references,
        is_reversal=node.optional("RvslInd") in ("true", "1"),
        parts=parts,
    )


def _check_sum(node: Node, amount: Money, parts: tuple[Part, ...]) -> None:
    if parts and sum(part.amount.minor for part in parts) != amount.minor:
        raise node.refuse("the amounts of its details are not its own")


def _part(node: Node, entry: Money, *, is_only: bool) -> Part:
    """A detail without an amount is the whole of an entry that has no other."""
    sign = node.optional("CdtDbtInd") or ("CRDT" if entry.minor >= 0 else "DBIT")
    if node.find("Amt") is not None:
        amount = node.money("Amt")
    elif node.find("AmtDtls/TxAmt") is not None:
        amount = node.money("AmtDtls/TxAmt/Amt")
    elif is_only:
        amount = Money(entry.currency, abs(entry.minor))
    else:
        raise node.refuse("lacks an amount, and is one of several")
    if sign not in SIGNS or amount.currency != entry.currency:
        raise node.refuse("another currency than its entry's, or no side")
    side = "Dbtr" if sign == "CRDT" else "Cdtr"
    return Part(
        amount=Money(amount.currency, SIGNS[sign] * amount.minor),
        references=_references(node),
        name=_name(node, side),
        account=_other_account(node, f"{side}Acct"),
        remittance=_remittance(node),
        reason=node.optional("RtrInf/Rsn/Cd"),
    )


def _references(detail: Node) -> References:
    node = detail.find("Refs")
    if node is None:
        return References()
    end_to_end = node.optional("EndToEndId")
    return References(
        servicer=node.optional("AcctSvcrRef"),
        batch=node.optional("PmtInfId"),
        instruction=node.optional("InstrId"),
        end_to_end=None if end_to_end == NOT_PROVIDED else end_to_end,
        uetr=node.optional("UETR", 36),
        transaction=node.optional("TxId"),
        clearing=node.optional("ClrSysRef"),
    )


def _name(detail: Node, side: str) -> str | None:
    """A party stands in an element of its own in a later version."""
    parties = detail.find("RltdPties")
    if parties is None:
        return None
    return parties.optional(f"{side}/Pty/Nm", NAME_CHARACTERS_MAX) or parties.optional(f"{side}/Nm", NAME_CHARACTERS_MAX)


def _other_account(detail: Node, name: str) -> str | None:
    parties = detail.find("RltdPties")
    account = None if parties is None else parties.find(name)
    return None if account is None else account.optional("Id/IBAN") or account.optional("Id/Othr/Id", 34)


def _remittance(detail: Node) -> str | None:
    node = detail.find("RmtInf")
    lines = [] if node is None else [each.content(NAME_CHARACTERS_MAX) for each in node.each("Ustrd")]
    return " ".join(lines)[:TEXT_CHARACTERS_MAX] or None
