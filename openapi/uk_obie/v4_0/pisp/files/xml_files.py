"""Files of the type UK.OBIE.pain.001.001.08, read strictly. ISO 20022; OBIE R/W 4.0, File Payments.

A batch has one day and one account that pays. Its payments are domestic ones, as those of any other consent: what only other rails carry
is refused, never left out.
"""

from datetime import tzinfo
from decimal import Decimal, InvalidOperation

from kernel.banking.account_numbers import is_bic, is_sort_code_number
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.iban import is_iban
from kernel.banking.payments import NAME_CHARACTERS_MAX, REMITTANCE_CHARACTERS_MAX, PaymentTerms
from kernel.banking.planned.files import FilePayment
from kernel.banking.visible_text import is_name, is_visible
from kernel.errors import AccountNumberInvalid, CurrencyUnsupported, FieldInvalid
from kernel.iso20022.documents import parse
from kernel.iso20022.nodes import DocumentRefused, Node
from openapi.uk_obie.v4_0.pisp.codes.schemes import CURRENCIES

MESSAGE = "pain.001.001.08"
NAME_IN_FILE_MAX = 140  # of a name (Max140Text)
NOT_PROVIDED = "NOTPROVIDED"  # the end-to-end id of a payment that has none
_OF_OTHER_RAILS = (
    "ChqInstr",
    "XchgRateInf",
    "IntrmyAgt1",
    "CdtrAgtAcct",
    "InstrForCdtrAgt",
    "InstrForDbtrAgt",
    "RgltryRptg",
    "Tax",
)
METHOD = "TRF"  # credit transfers


def read_file(data: bytes, _zone: tzinfo) -> list[FilePayment]:
    """Raises FieldInvalid for what is no such document or contradicts itself, CurrencyUnsupported or AccountNumberInvalid."""
    try:
        _, message = parse(data, {MESSAGE})
        return _read(message)
    except DocumentRefused as refusal:
        raise FieldInvalid(str(refusal), public=f"The file is no {MESSAGE}, or not one that is taken.", path="Document") from None


def _read(message: Node) -> list[FilePayment]:
    header = message.take("GrpHdr")
    _check_reportable(header)
    batches = [_read_batch(each) for each in message.each("PmtInf")]
    payments = [payment for batch in batches for payment in batch]
    _check_sums(header, payments)
    return payments


def _read_batch(batch: Node) -> list[FilePayment]:
    batch.text("PmtInfId")  # the report names the batch by it
    if batch.text("PmtMtd", 3) != METHOD:
        raise batch.refuse("no credit transfers")
    day = batch.day("ReqdExctnDt")
    if day is None:
        raise batch.refuse("lacks ReqdExctnDt")
    debtor = _account(batch.take("DbtrAcct"))
    payments = [FilePayment(_read_payment(each, debtor), day) for each in batch.each("CdtTrfTxInf")]
    if not payments:
        raise batch.refuse("has no payments")
    _check_sums(batch, payments)
    return payments


def _check_reportable(header: Node) -> None:
    """The report repeats the id of the file, and its instant if it has one. Raises DocumentRefused."""
    header.text("MsgId")
    header.instant("CreDtTm")


def _read_payment(node: Node, debtor: AccountIdentifier) -> PaymentTerms:
    if found := [name for name in _OF_OTHER_RAILS if node.find(name) is not None]:
        raise node.refuse(f"{found[0]} is of no domestic payment")
    amount = node.take("Amt").money("InstdAmt")
    path = f"CdtTrfTxInf/{node.text('PmtId/EndToEndId')}"
    if amount.currency not in CURRENCIES:
        raise CurrencyUnsupported(path=path)
    if amount.minor <= 0:
        raise node.refuse("an amount of nothing")
    bic = node.optional("CdtrAgt/FinInstnId/BICFI") or node.optional("CdtrAgt/FinInstnId/BIC")
    if bic is not None and not is_bic(bic):
        raise AccountNumberInvalid("not a BIC", path=path)
    end_to_end = _visible(node, "PmtId/EndToEndId", 35)
    return PaymentTerms(
        amount=amount,
        creditor_name=_name(node),
        creditor_account=_account(node.take("CdtrAcct")),
        creditor_bic=bic,
        debtor_account=debtor,
        remittance=_visible(node, "RmtInf/Ustrd", REMITTANCE_CHARACTERS_MAX),
        end_to_end_id=None if end_to_end == NOT_PROVIDED else end_to_end,
        instruction_id=_visible(node, "PmtId/InstrId", 35),
        reference=_visible(node, "RmtInf/Strd/CdtrRefInf/Ref", 35),
    )


def _name(node: Node) -> str:
    name = node.text("Cdtr/Nm", min(NAME_IN_FILE_MAX, NAME_CHARACTERS_MAX))
    if not is_name(name) or name != name.strip():
        raise node.refuse("a name that hides something, or blanks around it")
    return name


def _visible(node: Node, path: str, characters: int) -> str | None:
    text = node.optional(path, characters)
    if text is not None and (not is_visible(text) or text != text.strip()):
        raise node.refuse(f"{path} has characters that do not show, or blanks around it")
    return text


def _account(node: Node) -> AccountIdentifier:
    iban, other = node.optional("Id/IBAN", 34), node.optional("Id/Othr/Id", 34)
    if iban is not None and is_iban(iban):
        return AccountIdentifier(Scheme.IBAN, iban)
    if other is not None and is_sort_code_number(other):
        return AccountIdentifier(Scheme.SORT_CODE, other)
    raise AccountNumberInvalid("neither an IBAN nor a sort code with an account number", path=node.name)


def _check_sums(node: Node, payments: list[FilePayment]) -> None:
    """The number and the sum that a header or a batch says of its payments, as far as it says them."""
    number, total = node.number("NbOfTxs"), _decimal(node)
    if number is not None and number != len(payments):
        raise node.refuse(f"NbOfTxs is not {len(payments)}")
    if total is not None and total != sum(Decimal(each.payment.amount.decimal()) for each in payments):
        raise node.refuse("CtrlSum is not the sum of its payments")


def _decimal(node: Node) -> Decimal | None:
    said = node.optional("CtrlSum", 19)
    try:
        total = None if said is None else Decimal(said)
    except InvalidOperation:
        raise node.refuse("CtrlSum is no number") from None
    if total is not None and not total.is_finite():
        raise node.refuse("CtrlSum is no number")
    return total
