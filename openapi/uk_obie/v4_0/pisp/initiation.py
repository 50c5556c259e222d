"""A domestic initiation in canonical words, and the comparison of an order with the consent that it is made under. OBIE R/W 4.0, Domestic
Payment Consents, Domestic Payments ("the initiation and risk must match the consent").
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from kernel.banking.account_numbers import is_bic, is_sort_code_number
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.iban import is_iban
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.visible_text import is_name, is_visible
from kernel.errors import (
    AccountNumberInvalid,
    CurrencyUnsupported,
    FieldExpected,
    FieldInvalid,
    InstrumentUnsupported,
    SchemeUnsupported,
    SecondaryNumberUnsupported,
)
from openapi.uk_obie.v4_0.pisp.codes.schemes import BIC_SCHEME, CURRENCIES, INSTRUMENTS, SCHEMES
from openapi.uk_obie.v4_0.pisp.wire.domestic import InstructedAmount, OBDomestic2
from openapi.uk_obie.v4_0.pisp.wire.parties import CreditorAccount, CreditorAgent, DebtorAccount
from openapi.uk_obie.v4_0.pisp.wire.remittance import OBRemittanceInformation2

PATH = "Data.Initiation"
UNSTRUCTURED_MAX = 1  # lines of text for the payee that a rail carries
SECONDARY_CHARACTERS_MAX = 18  # the roll number of a building society
_AMOUNT = re.compile(r"\d{1,13}(\.\d{1,5})?", re.ASCII)
_IS_NUMBER: dict[Scheme, Callable[[str], bool]] = {Scheme.SORT_CODE: is_sort_code_number, Scheme.IBAN: is_iban}


def parse_initiation(initiation: OBDomestic2, *, returns_to_payer: bool = False, signed_by_one: bool = False) -> PaymentTerms:
    """The terms of the payment. Raises the Field problems, CurrencyUnsupported, SchemeUnsupported, AccountNumberInvalid,
    SecondaryNumberUnsupported and InstrumentUnsupported, with the path of the member."""
    instrument = initiation.local_instrument
    if instrument is not UNSET and instrument not in INSTRUMENTS:
        raise InstrumentUnsupported(path=f"{PATH}.LocalInstrument")
    creditor = initiation.creditor_account
    if not is_name(creditor.name) or creditor.name != creditor.name.strip():
        raise FieldInvalid("a name that hides something, or blanks around it", path=f"{PATH}.CreditorAccount.Name")
    remittance, reference = _parse_remittance(initiation.remittance_information)
    return PaymentTerms(
        amount=_parse_amount(initiation.instructed_amount),
        creditor_name=creditor.name,
        creditor_account=_parse_account(creditor, f"{PATH}.CreditorAccount"),
        creditor_bic=_parse_bic(initiation.creditor_agent),
        debtor_account=None
        if initiation.debtor_account is UNSET
        else _parse_account(initiation.debtor_account, f"{PATH}.DebtorAccount"),
        remittance=remittance,
        end_to_end_id=_visible(initiation.end_to_end_identification, f"{PATH}.EndToEndIdentification"),
        instruction_id=_visible(initiation.instruction_identification, f"{PATH}.InstructionIdentification"),
        reference=reference,
        returns_to_payer=returns_to_payer,
        signed_by_one=signed_by_one,
    )


def _parse_amount(asked: InstructedAmount) -> Money:
    path = f"{PATH}.InstructedAmount"
    if asked.currency not in CURRENCIES:
        raise CurrencyUnsupported(path=f"{path}.Currency")
    try:
        amount = Money.parse(asked.amount, asked.currency)
    except ValueError as error:
        raise FieldInvalid(str(error), public="The amount does not fit its currency.", path=f"{path}.Amount") from None
    if amount.minor <= 0:
        raise FieldInvalid("an amount of nothing", public="The amount must be more than nothing.", path=f"{path}.Amount")
    return amount


def _parse_account(account: CreditorAccount | DebtorAccount, path: str) -> AccountIdentifier:
    scheme = SCHEMES.get(account.scheme_name)
    if scheme is None:
        raise SchemeUnsupported(path=f"{path}.SchemeName")
    if account.proxy is not UNSET:
        raise SchemeUnsupported(public="Proxies are not offered: name the account itself.", path=f"{path}.Proxy")
    if not _IS_NUMBER[scheme](account.identification):
        raise AccountNumberInvalid(path=f"{path}.Identification")
    secondary = account.secondary_identification
    if secondary is UNSET:
        return AccountIdentifier(scheme, account.identification)
    if scheme is not Scheme.SORT_CODE or len(secondary) > SECONDARY_CHARACTERS_MAX or not is_visible(secondary):
        raise SecondaryNumberUnsupported(path=f"{path}.SecondaryIdentification")
    return AccountIdentifier(scheme, account.identification, secondary=secondary)


def _parse_bic(agent: CreditorAgent | UnsetType) -> str | None:
    if agent is UNSET or agent.identification is UNSET:
        return None
    if agent.scheme_name is UNSET:
        raise FieldExpected("an identification without its scheme", path=f"{PATH}.CreditorAgent.SchemeName")
    if agent.scheme_name != BIC_SCHEME:
        raise SchemeUnsupported(path=f"{PATH}.CreditorAgent.SchemeName")
    if not is_bic(agent.identification):
        raise AccountNumberInvalid("not a BIC", path=f"{PATH}.CreditorAgent.Identification")
    return agent.identification


def _parse_remittance(remittance: OBRemittanceInformation2 | UnsetType) -> tuple[str | None, str | None]:
    """The text for the payee, and the payee's own reference."""
    path = f"{PATH}.RemittanceInformation"
    if remittance is UNSET:
        return None, None
    lines = [] if remittance.unstructured is UNSET else remittance.unstructured
    if len(lines) > UNSTRUCTURED_MAX:
        raise FieldInvalid(f"{len(lines)} lines", public="One line of text is offered.", path=f"{path}.Unstructured")
    text = _visible(lines[0], f"{path}.Unstructured[0]") if lines else None
    references = [] if remittance.structured is UNSET else [one.creditor_reference_information for one in remittance.structured]
    if len(references) > 1:
        raise FieldInvalid(
            f"{len(references)} references", public="One structured reference is offered.", path=f"{path}.Structured"
        )
    found = references[0].reference if references and references[0] is not UNSET else UNSET
    if found is UNSET:
        return text, None
    return text, _visible(found, f"{path}.Structured[0].CreditorReferenceInformation.Reference")


def _visible(text: str, path: str) -> str:
    if not is_visible(text) or text != text.strip():
        raise FieldInvalid("characters that do not show, or blanks around the text", path=path)
    return text


def find_difference(agreed: Any, ordered: Any, path: str) -> str | None:
    """The path of the first member in which two documents differ, field by field; None if they do not. The order of members does not
    count, and neither do zeros at the end of an amount."""
    if isinstance(agreed, dict) and isinstance(ordered, dict):
        for name in [*agreed, *(name for name in ordered if name not in agreed)]:
            if name not in agreed or name not in ordered:
                return f"{path}.{name}"
            is_amount = name == "Amount" and isinstance(agreed[name], str) and isinstance(ordered[name], str)
            one, other = (_decimal(agreed[name]), _decimal(ordered[name])) if is_amount else (agreed[name], ordered[name])
            if found := find_difference(one, other, f"{path}.{name}"):
                return found
        return None
    if isinstance(agreed, list) and isinstance(ordered, list) and len(agreed) == len(ordered):
        pairs = enumerate(zip(agreed, ordered, strict=True))
        return next((found for place, (one, other) in pairs if (found := find_difference(one, other, f"{path}[{place}]"))), None)
    return None if type(agreed) is type(ordered) and agreed == ordered else path


def _decimal(text: str) -> Decimal | str:
    """The number, of an amount as the standard writes it; any other text stands for itself alone."""
    return Decimal(text) if _AMOUNT.fullmatch(text) else text


def find_difference_in_terms(agreed: PaymentTerms, ordered: PaymentTerms) -> str | None:
    """The path of the first term in which an order differs from a consent that was lodged in other words. What the consent leaves open
    (the two ids, the account that pays) the order may name."""
    named: tuple[tuple[str, Any, Any, bool], ...] = (
        ("InstructedAmount", agreed.amount, ordered.amount, True),
        ("CreditorAccount.Name", agreed.creditor_name, ordered.creditor_name, True),
        ("CreditorAccount", _number(agreed.creditor_account), _number(ordered.creditor_account), True),
        ("CreditorAgent", agreed.creditor_bic, ordered.creditor_bic, True),
        ("RemittanceInformation.Unstructured", agreed.remittance, ordered.remittance, True),
        ("RemittanceInformation.Structured", agreed.reference, ordered.reference, True),
        ("DebtorAccount", _number(agreed.debtor_account), _number(ordered.debtor_account), True),
        ("EndToEndIdentification", agreed.end_to_end_id, ordered.end_to_end_id, agreed.end_to_end_id is not None),
    )
    return next((f"{PATH}.{name}" for name, ours, theirs, counts in named if counts and ours != theirs), None)


def _number(account: AccountIdentifier | None) -> tuple[str, str, str | None] | None:
    return None if account is None else (account.scheme, account.identification, account.secondary)


def raw(document: Any) -> Any:
    """A part of a document as it was lodged, for an answer that repeats it: members that the standard leaves open stay."""
    return msgspec.Raw(msgspec.json.encode(document))
