"""An authentication for a file of payments is good for this file alone: its bytes, its sum, the account that pays."""

from datetime import date
from typing import Any

import msgspec
import pytest

from consent.authentication.linked_terms import check_linked, linked_of
from consent.authentication.order_subject import linked_of_order
from consent.errors import PaymentNotLinked
from consent.store.kinds.file import FILE
from kernel.banking.consents import AccountReference, ConsentKind
from kernel.banking.money import Money
from kernel.banking.planned.files import FileContent, FileDay, FilePayee, FileTerms, FileType
from kernel.banking.planned.instructions import Instruction, InstructionState
from tests.world.brands import START
from tests.world.orders import LODGED_AS, authorised

DAYS = (FileDay(date(2026, 7, 3), 2, Money("GBP", 303)), FileDay(date(2026, 7, 4), 5, Money("GBP", 1_000)))
CONTENT = FileContent(days=DAYS, first=(FilePayee("Bob", Money("GBP", 101)), FilePayee("Carol", Money("GBP", 202))))
TERMS = FileTerms(file_type=FileType.JSON, hash="hash", reference="Wages", content=CONTENT)


def consent_to(**changes: Any) -> Any:
    terms = msgspec.structs.replace(TERMS, **changes)
    return authorised("consent-1", kind=ConsentKind.FILE, terms=terms)


def test_an_authentication_is_linked_to_the_file() -> None:
    agreed = consent_to()
    linked = linked_of(agreed, "up-1")
    assert (linked.amount, linked.payee) == (Money("GBP", 1_303), "Bob and 6 others")
    check_linked(agreed, ("up-1",), linked.digest)
    others = [
        (consent_to(hash="other"), ("up-1",)),
        (consent_to(content=msgspec.structs.replace(CONTENT, days=DAYS[:1])), ("up-1",)),
        (msgspec.structs.replace(agreed, id="consent-2"), ("up-1",)),
        (agreed, ("up-2",)),
        (agreed, ("up-1", "up-2")),
    ]
    for other, accounts in others:
        with pytest.raises(PaymentNotLinked):
            check_linked(other, accounts, linked.digest)


def test_a_second_signer_is_linked_to_the_file_too() -> None:
    facts = {"brand": "main", "version": 1, "kind": ConsentKind.FILE, "consent_id": "c", "client_id": "a", "organisation_id": "o"}
    moments = {"created_at": START, "updated_at": START, "lodged_as": LODGED_AS, "psu_id": "psu"}
    state, payer = InstructionState.AWAITING_AUTHORISATION, AccountReference("a", "up-1")
    order = Instruction(id="i", state=state, terms=TERMS, payer=payer, **facts, **moments)
    other = msgspec.structs.replace(order, terms=msgspec.structs.replace(TERMS, hash="other"))
    assert linked_of_order(order).digest != linked_of_order(other).digest
    assert linked_of_order(order).amount == Money("GBP", 1_303)


def test_a_file_in_words() -> None:
    said = FILE.describe(TERMS)
    assert (said.summary, said.amount, said.payee) == ("7 payments, £13.03 in all", "£13.03", "Bob and 6 others")
    assert said.when == "from 3 July 2026 to 4 July 2026"
    assert said.facts == (
        ("In all", "£13.03"),
        ("Payments", "7"),
        ("To Bob", "£1.01"),
        ("To Carol", "£2.02"),
        ("And", "5 more"),
        ("3 July 2026", "2 payments, £3.03"),
        ("4 July 2026", "5 payments, £10.00"),
        ("File", "Wages"),
        ("Charges", "None"),
    )
    at_once = FILE.describe(msgspec.structs.replace(TERMS, content=msgspec.structs.replace(CONTENT, at_once=True)))
    assert (at_once.when, dict(at_once.facts)["Payment date"]) == ("", "As soon as you agree")
