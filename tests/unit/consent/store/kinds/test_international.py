"""A payment abroad in words: what leaves the account, what arrives, at which rate; the authentication covers all of it."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from consent.authentication.linked_terms import check_linked, linked_of
from consent.errors import PaymentNotLinked
from consent.store.kinds.international import INTERNATIONAL
from kernel.banking.abroad.exchange import RateType
from kernel.banking.consents import ConsentKind, debit_of
from kernel.banking.money import Money
from tests.world.abroad import abroad
from tests.world.orders import authorised

TERMS = abroad(datetime(2026, 7, 1, 12, tzinfo=UTC))
QUOTE = TERMS.cross_border.quote
assert QUOTE is not None


def quoted_as(**changes):
    quote = msgspec.structs.replace(QUOTE, **changes)
    return msgspec.structs.replace(TERMS, cross_border=msgspec.structs.replace(TERMS.cross_border, quote=quote))


def test_the_payer_reads_both_amounts_the_charge_and_the_rate():
    described = INTERNATIONAL.describe(TERMS)
    facts = dict(described.facts)
    assert facts["You pay"] == "£87.20, including a charge of £1.00"
    assert facts["They receive"] == "€100.00"
    assert facts["Exchange rate"] == "1 GBP = 1.1601 EUR"
    assert facts["The rate"] == "Fixed until 12:30 UTC on 01 July 2026"
    assert (described.summary, described.amount) == ("€100.00 to ACME GmbH", "£87.20")


def test_an_estimate_is_called_one():
    described = INTERNATIONAL.describe(quoted_as(type=RateType.INDICATIVE, expires_at=None))
    assert described.amount == "about £87.20"
    assert dict(described.facts)["The rate"].startswith("An estimate")


def test_a_contract_is_named():
    described = INTERNATIONAL.describe(quoted_as(type=RateType.AGREED, contract_id="FX-1"))
    assert dict(described.facts)["The rate"].startswith("As agreed in contract FX-1")


@pytest.mark.spec("RTS-5")
@pytest.mark.parametrize(
    "changes",
    [
        {"rate": Decimal("1.1602")},
        {"sold": Money("GBP", 8_621)},
        {"bought": Money("EUR", 9_999)},
        {"charges": ()},
        {"id": "quote-2"},
        {"expires_at": None},
    ],
)
def test_an_authentication_is_linked_to_the_rate_and_to_every_amount(changes):
    consent = authorised("consent-1", kind=ConsentKind.INTERNATIONAL, terms=TERMS)
    linked = linked_of(consent, "up-1")
    assert linked.amount == debit_of(TERMS) == Money("GBP", 8_720)
    check_linked(consent, ("up-1",), linked.digest)
    with pytest.raises(PaymentNotLinked):
        check_linked(msgspec.structs.replace(consent, terms=quoted_as(**changes)), ("up-1",), linked.digest)
