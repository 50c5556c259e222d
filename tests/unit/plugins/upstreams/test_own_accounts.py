"""plugins/upstreams/own_accounts.py: the names of this bank's own accounts."""

from collections.abc import AsyncIterator

import pytest

from kernel.banking.accounts import AccountCategory, AccountIdentifier, Scheme
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeMatch
from plugins.ledger.documents import Identity
from plugins.payee_checks.confirmation import ConfirmationOfPayee
from plugins.payee_checks.matching import Holder
from plugins.upstreams.own_accounts import OwnAccounts
from tests.harness.damage.bank import lose_numbers
from tests.harness.upstream_books import BRAND, OTHER, BuiltInBooks, built_in_books

FIRM = AccountIdentifier(Scheme.SORT_CODE, "00997100000001", "Fletcher & Sons Joinery Ltd")
FIRM_IBAN = AccountIdentifier(Scheme.IBAN, "GB33BUKB20201555555555", "Fletcher & Sons Joinery Ltd")
NAMELESS = AccountIdentifier(Scheme.SORT_CODE, "00997100000002")


@pytest.fixture
async def books(migrated_sqlite_url: str) -> AsyncIterator[BuiltInBooks]:
    async with built_in_books(migrated_sqlite_url) as opened:
        await opened.open_account(BRAND, "firm", identity=Identity((FIRM, FIRM_IBAN)), category=AccountCategory.BUSINESS)
        await opened.open_account(BRAND, "nameless", identity=Identity((NAMELESS,)))
        yield opened


async def test_an_account_is_found_by_each_of_its_numbers_in_its_own_brand(books: BuiltInBooks) -> None:
    accounts = OwnAccounts(books.database, books.sealer)
    firm = Holder("Fletcher & Sons Joinery Ltd", AccountCategory.BUSINESS)
    for number in (FIRM, FIRM_IBAN):
        assert await accounts.holder_of(BRAND, AccountIdentifier(number.scheme, number.identification, "as written")) == firm
        assert await accounts.holder_of(OTHER, number) is None
    assert await accounts.holder_of(BRAND, AccountIdentifier(Scheme.SORT_CODE, "00997199999999")) is None


async def test_an_account_without_a_name_cannot_be_checked(books: BuiltInBooks) -> None:
    payees = ConfirmationOfPayee(OwnAccounts(books.database, books.sealer))
    assert await payees.check(BRAND, NAMELESS, "Ann Landlord") == NOT_AVAILABLE
    assert (await payees.check(BRAND, FIRM, "fletcher and sons joinery limited")).match is PayeeMatch.MATCH


async def test_books_that_are_gone_leave_a_payee_unchecked(books: BuiltInBooks) -> None:
    await lose_numbers(books.database)
    assert await ConfirmationOfPayee(OwnAccounts(books.database, books.sealer)).check(BRAND, FIRM, "Ann") == NOT_AVAILABLE
