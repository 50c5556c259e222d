"""The payments of a file, compared with what its TPP said of the file before: how many, how much in all, from which account."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.files import FILE_PAYMENTS_MAX, FilePayment, FileTerms
from kernel.errors import ConsentMismatch, FieldDuplicated, FieldInvalid


def check_payments(terms: FileTerms, payments: list[FilePayment], paths: Mapping[str, str]) -> list[FilePayment]:
    """The payments, each on its day. Raises ConsentMismatch where they are not what was announced, and FieldInvalid or FieldDuplicated for what no file
    may hold."""
    if not 0 < len(payments) <= FILE_PAYMENTS_MAX:
        raise FieldInvalid(f"{len(payments)} payments", public=f"A file has from 1 to {FILE_PAYMENTS_MAX:,} payments.")
    if terms.payments is not None and terms.payments != len(payments):
        raise ConsentMismatch(f"{len(payments)} payments, and not {terms.payments}", path=paths["file_payments"])
    if len({each.payment.amount.currency for each in payments}) != 1:
        raise FieldInvalid("several currencies", public="All payments of a file are in one currency.")
    total = sum(Decimal(each.payment.amount.decimal()) for each in payments)
    if not Money(payments[0].payment.amount.currency, sum(each.payment.amount.minor for each in payments)).is_sayable():
        raise FieldInvalid(f"{total} in all", public="The payments of the file are too much in all.")
    if terms.control_sum is not None and Decimal(terms.control_sum) != total:
        raise ConsentMismatch(f"{total} in all, and not {terms.control_sum}", path=paths["control_sum"])
    _check_debtors(terms, payments, paths)
    _check_repeats(payments)
    return [_on_its_day(terms, each, paths) for each in payments]


def _on_its_day(terms: FileTerms, each: FilePayment, paths: Mapping[str, str]) -> FilePayment:
    if terms.asked_on is None or each.asked_on == terms.asked_on:
        return each
    if each.asked_on is not None:
        raise ConsentMismatch("a payment on another day than was announced", path=paths["file_day"])
    return msgspec.structs.replace(each, asked_on=terms.asked_on)


def _check_debtors(terms: FileTerms, payments: list[FilePayment], paths: Mapping[str, str]) -> None:
    """One account pays: all name the same, the consent included, as far as they name one."""
    named = {
        (account.scheme, account.identification)
        for account in (terms.debtor_account, *(each.payment.debtor_account for each in payments))
        if account is not None
    }
    if len(named) > 1:
        raise ConsentMismatch("several accounts would pay, or another than was announced", path=paths["file_debtor"])


def _check_repeats(payments: list[FilePayment]) -> None:
    """No payment is there twice: by the TPP's own id, or where it has none by all that is said of it."""
    seen: set[str | PaymentTerms] = set()
    for each in payments:
        one = each.payment.instruction_id or each.payment
        if one in seen:
            raise FieldDuplicated("a payment twice", public="A payment stands in the file twice.")
        seen.add(one)
