"""The operator's commands about reconciliation: import what others stated, compare, and act on breaks."""

from collections.abc import Mapping, Sequence
from typing import Any

from kernel.brand import Brand
from kernel.errors import FieldInvalid
from orders.recalls.recall import Recall
from orders.reconciliation.broken import OPEN_BREAKS, Break
from orders.reconciliation.decisions import Act, Approve, Assign, Discard, Propose
from orders.reconciliation.reconciliation import Reconciliation
from orders.settlement.cycle_settlement import CycleSettlement
from orders.settlement.ports import Against
from orders.settlement.returned import Returned
from portcullis.compose.composition import Composition
from portcullis.compose.reconciliation import open_desks
from portcullis.serving.ops.given import Given

DOCUMENT_BYTES_MAX = 16 * 1024 * 1024  # of an imported document: what a reader takes (plugins/rails/iso20022/documents.py)
REASON_CHARACTERS_MAX = 500  # of an operator's words about a resolution
NAME_CHARACTERS_MAX = 60  # of one who acts on a break
HEAD_BYTES = 1_024  # of a document, in which its namespace stands


async def import_document(composition: Composition, brand: str, given: Given) -> list[dict[str, Any]]:
    """Statements (camt.053), payments that came back (pacs.004), recalls (camt.056) or refusals of them (camt.029). Raises FieldInvalid."""
    from kernel.iso20022.nodes import DocumentRefused  # noqa: PLC0415  a server that imports nothing loads no parser

    house, document, number = composition.brands[brand], given.document, given.asked.get("account", "")
    accounts = [each for each in _accounts(composition) if number in ("", each.settlement.account.number)]
    if not accounts:
        raise FieldInvalid("account", public=f"No account {number} is reconciled here.", path="account")
    take = next((take for name, take in MESSAGES.items() if name in document[:HEAD_BYTES]), _take_statements)
    try:
        return await take(accounts, house, document)
    except DocumentRefused as refused:
        raise _refused(str(refused)) from None


async def _take_statements(accounts: Sequence[Reconciliation], house: Brand, document: bytes) -> list[dict[str, Any]]:
    from plugins.rails.iso20022.statements import read_statements  # noqa: PLC0415

    statements = await read_statements(document)
    kept = [each for account in accounts for each in await account.import_statements(house, statements)]
    if not kept:
        text = f"No statement of an account that is reconciled here: {', '.join(each.settlement.account.number for each in accounts)}."
        raise FieldInvalid("account", public=text, path="file")
    return [{"id": each.id, "verdict": each.verdict.value, "is_new": each.is_new} for each in kept]


async def _take_returns(accounts: Sequence[Reconciliation], house: Brand, document: bytes) -> list[dict[str, Any]]:
    from plugins.rails.iso20022.returns import read_returns  # noqa: PLC0415

    found = await read_returns(document)
    settling = [await _settlement_of(accounts, house, each) for each in found]  # all, before the first is taken
    for settlement, returned in zip(settling, found, strict=True):
        await settlement.take_return(house, returned)
    for desk in open_desks(tuple(accounts)):
        await desk.complete(house)
    return [{"id": each.id, "verdict": "booked", "is_new": True} for each in found]


async def _take_recalls(accounts: Sequence[Reconciliation], house: Brand, document: bytes) -> list[dict[str, Any]]:
    from plugins.rails.iso20022.recalls import read_recalls  # noqa: PLC0415

    desks, found = open_desks(tuple(accounts)), await read_recalls(document)
    inside = [[desk for desk in desks if desk.account.currency == each.amount.currency] for each in found]
    if not all(inside):
        raise _refused("it recalls a payment in a currency of which no account is reconciled here")
    if any(len(several) > 1 for several in inside):
        raise _refused("several accounts are in its currency: name the one of the rail that it came by")
    for by, each in zip(inside, found, strict=True):  # all, before the first is taken
        by[0].check_reason(each)
    made = [await by[0].receive(house, each) for by, each in zip(inside, found, strict=True)]
    return [{"id": each.id, "verdict": each.state.value, "is_new": each.version == 1} for each in made]


async def _take_refusals(accounts: Sequence[Reconciliation], house: Brand, document: bytes) -> list[dict[str, Any]]:
    from plugins.rails.iso20022.recalls import read_refused_recalls  # noqa: PLC0415

    heard: list[Recall] = []
    for refused in await read_refused_recalls(document):
        answers = [await desk.take_refusal(house, refused) for desk in open_desks(tuple(accounts))]
        found = next((each for each in answers if each is not None), None)
        if found is None:
            raise _refused(f"no payment was recalled as {refused.case}")
        heard.append(found)
    return [{"id": each.id, "verdict": each.state.value, "is_new": True} for each in heard]


MESSAGES = {b"pacs.004.": _take_returns, b"camt.056.": _take_recalls, b"camt.029.": _take_refusals}  # by its namespace


async def run_reconciliation(composition: Composition, brand: str, _given: Given) -> list[object]:
    """The report of each account."""
    return [await account.run(composition.brands[brand]) for account in _accounts(composition)]


async def report_reconciliation(composition: Composition, brand: str, _asked: Mapping[str, str]) -> list[object]:
    """As `run_reconciliation`, and nothing is changed."""
    return [await account.report(composition.brands[brand]) for account in _accounts(composition)]


async def list_breaks(composition: Composition, brand: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Those that are open, or all."""
    found: list[Break] = []
    for account in _accounts(composition):
        found += (await account.breaks(composition.brands[brand], () if asked.get("all") else OPEN_BREAKS)).values()
    return [_summary(each) for each in found]


async def assign_break(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """The break after the act; None if this brand has no such break. Raises FieldInvalid."""
    return await _act(composition, brand, given, Assign(by=given.operator, owner=_name(given.asked, "owner")))


async def propose_resolution(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """As `assign_break`."""
    reason, against = _reason(given.asked), given.asked.get("against", "")
    if against and against not in list(Against):
        raise FieldInvalid("against", public=f"The other side is one of {', '.join(Against)}.", path="against")
    act = Propose(by=given.operator, reason=reason, against=Against(against) if against else None)
    return await _act(composition, brand, given, act)


async def propose_discard(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """As `assign_break`."""
    return await _act(composition, brand, given, Discard(by=given.operator, reason=_reason(given.asked)))


async def approve_resolution(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """As `assign_break`."""
    return await _act(composition, brand, given, Approve(by=given.operator, proposal=given.asked.get("proposal", "")))


async def _act(composition: Composition, brand: str, given: Given, act: Act) -> dict[str, Any] | None:
    for account in _accounts(composition):
        made = await account.act(composition.brands[brand], given.asked.get("break", ""), act)
        if made is not None:
            return _summary(made)
    return None


def _reason(asked: Mapping[str, str]) -> str:
    reason = asked.get("reason", "").strip()
    if not reason or len(reason) > REASON_CHARACTERS_MAX:
        raise FieldInvalid("reason", public=f"Say why, in at most {REASON_CHARACTERS_MAX} characters.", path="reason")
    return reason


def _name(asked: Mapping[str, str], path: str) -> str:
    name = asked.get(path, "").strip()
    if not name or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise FieldInvalid(path, public="Name a person.", path=path)
    return name


def _accounts(composition: Composition) -> tuple[Reconciliation, ...]:
    if not composition.reconciliations:
        raise FieldInvalid("no ledger", public="The bank's own core keeps its books: nothing is reconciled here.", path="brand")
    return composition.reconciliations


async def _settlement_of(accounts: Sequence[Reconciliation], brand: Brand, returned: Returned) -> CycleSettlement:
    """That of the rail which carried the payment; of a payment that is not known here, the only one in its currency."""
    currency = returned.amount.currency
    inside = [each.settlement for each in accounts if each.settlement.account.currency == currency]
    if not inside:
        raise _refused(f"no account in {currency} is reconciled here")
    rail = await inside[0].rail_of(brand, returned.uetr)
    found = [each for each in inside if rail in (None, each.account.rail)]
    if len(found) != 1:
        raise _refused(
            f"{returned.id} came by no account of the rail that carried its payment"
            if rail
            else f"{returned.id} is of a payment that is not known here, and there are several accounts in {currency}: name the one that it came by"
        )
    return found[0]


def _refused(why: str) -> FieldInvalid:
    return FieldInvalid("document", public=f"The document is refused: {why}.", path="file")


def _summary(each: Break) -> dict[str, Any]:
    proposal = each.proposal
    return {
        "id": each.id,
        "kind": each.kind,
        "state": each.state,
        "severity": each.severity,
        "effect_minor": each.effect.minor,
        "currency": each.effect.currency,
        "first_seen": each.first_seen,
        "owner": each.owner,
        "order": each.order_id,
        "detail": each.detail,
        "action": each.action,
        "proposal": each.proposed or None,
        "proposed_by": None if proposal is None else proposal.by,
        "discards": proposal is not None and proposal.discards,
        "against": None if proposal is None else proposal.against,
        "reason": None if proposal is None else proposal.reason,
        "approved_by": each.approved_by,
        "entry": each.entry_id,
    }
