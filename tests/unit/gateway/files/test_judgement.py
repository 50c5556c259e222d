"""The payments of a file, held against what was said of it: a file that differs in number, sum, day or account is refused whole."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gateway.files.judgement import check_payments
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.files import FILE_PAYMENTS_MAX, FilePayment, FileTerms, FileType
from kernel.errors import ConsentMismatch, FieldDuplicated, FieldInvalid, Problem

PAYEE, PAYER, OTHER = (
    AccountIdentifier(Scheme.SORT_CODE, number) for number in ("80200110203345", "08080021325698", "08080021325699")
)
DAY, ANOTHER = date(2026, 7, 3), date(2026, 7, 4)
PATHS = {name: name for name in ("file_payments", "control_sum", "file_day", "file_debtor")}


def one(number: int, **changes: Any) -> FilePayment:
    day = changes.pop("day", None)
    given = {"amount": Money("GBP", number), "creditor_name": "Bob", "creditor_account": PAYEE, "instruction_id": f"I{number}"}
    return FilePayment(PaymentTerms(**given | changes), day)


def terms(**facts: Any) -> FileTerms:
    return FileTerms(file_type=FileType.JSON, hash="", **facts)


TWO = [one(1), one(2)]


@pytest.mark.parametrize(
    "said",
    [
        terms(),
        terms(payments=2, control_sum="0.03"),
        terms(control_sum="0.030"),
        terms(control_sum="3E-2"),
    ],
)
def test_a_file_as_it_was_announced_is_taken(said: FileTerms) -> None:
    assert check_payments(said, TWO, PATHS) == TWO


@pytest.mark.parametrize(
    ("said", "payments", "refusal", "path"),
    [
        (terms(), [], FieldInvalid, ""),
        (terms(payments=3), TWO, ConsentMismatch, "file_payments"),
        (terms(control_sum="0.04"), TWO, ConsentMismatch, "control_sum"),
        (terms(control_sum="0.0300001"), TWO, ConsentMismatch, "control_sum"),
        (terms(), [one(1), one(2, amount=Money("EUR", 2))], FieldInvalid, ""),
        (terms(), [one(1), one(2, amount=Money("GBP", 10**15 - 1))], FieldInvalid, ""),  # a sum that no wire can say
        (terms(), [one(1), one(2, instruction_id="I1")], FieldDuplicated, ""),
        (terms(), [one(1, instruction_id=None)] * 2, FieldDuplicated, ""),
        (terms(asked_on=DAY), [one(1, day=ANOTHER)], ConsentMismatch, "file_day"),
        (terms(), [one(1, debtor_account=PAYER), one(2, debtor_account=OTHER)], ConsentMismatch, "file_debtor"),
        (terms(debtor_account=OTHER), [one(1, debtor_account=PAYER)], ConsentMismatch, "file_debtor"),
    ],
)
def test_another_file_is_refused(said: FileTerms, payments: list[FilePayment], refusal: type[Problem], path: str) -> None:
    with pytest.raises(refusal) as refused:
        check_payments(said, payments, PATHS)
    assert refused.value.path == path


def test_no_more_payments_than_a_file_may_have() -> None:
    most = [one(number) for number in range(1, FILE_PAYMENTS_MAX + 1)]
    assert len(check_payments(terms(), most, PATHS)) == FILE_PAYMENTS_MAX
    with pytest.raises(FieldInvalid):
        check_payments(terms(), [*most, one(FILE_PAYMENTS_MAX + 1)], PATHS)


def test_payments_without_a_day_are_made_on_that_of_the_file() -> None:
    same = [one(1), one(2, day=DAY)]
    assert [each.asked_on for each in check_payments(terms(asked_on=DAY), same, PATHS)] == [DAY, DAY]


def test_two_payments_that_are_alike_but_for_their_id_are_two() -> None:
    alike = [one(5, instruction_id="A"), one(5, instruction_id="B")]
    assert check_payments(terms(), alike, PATHS) == alike
    assert msgspec.structs.replace(alike[0].payment, instruction_id="B") == alike[1].payment
