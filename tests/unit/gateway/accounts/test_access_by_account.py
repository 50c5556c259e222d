"""A consent opens kinds of data account by account: balances of both accounts, transactions of the second alone."""

import msgspec
import pytest

from kernel.banking.consents import AccountAccess, AccountsTerms, Permission
from tests.world.gateway.snapshots import CONSENT
from tests.world.gateway.upstream import transaction
from tests.world.gateway.world import GatewayWorld

BOTH = frozenset({Permission.ACCOUNTS_BASIC, Permission.BALANCES})
MORE = BOTH | {Permission.TRANSACTIONS_BASIC, Permission.TRANSACTIONS_CREDITS, Permission.TRANSACTIONS_DEBITS}


@pytest.fixture
def detailed() -> GatewayWorld:
    made = GatewayWorld()
    first, second = CONSENT.accounts
    made.store(
        msgspec.structs.replace(
            CONSENT,
            terms=AccountsTerms(permissions=MORE),
            access=(AccountAccess(first, BOTH), AccountAccess(second, MORE)),
        )
    )
    return made


async def test_an_account_is_read_only_as_it_was_opened(detailed: GatewayWorld):
    assert [await detailed.code(path=f"/book/v1/accounts/{each}/balances") for each in ("a1", "a2")] == ["allowed", "allowed"]
    assert await detailed.code(path="/book/v1/accounts/a1/transactions") == "permission_missing"
    assert await detailed.code(path="/book/v1/accounts/a2/transactions") == "allowed"


async def test_a_list_has_what_was_opened_and_nothing_else(detailed: GatewayWorld):
    """And the bank is not asked about the other account."""
    balances, transactions = await detailed.ask(path="/book/v1/balances"), await detailed.ask(path="/book/v1/transactions")
    assert {row["account_id"] for row in msgspec.json.decode(balances.body)} == {"a1", "a2"}
    assert set(msgspec.json.decode(transactions.body)["accounts"]) <= {"a2"}
    assert [each[1] for each in detailed.upstream.asked if each[0] == "transactions"] == [("up2",)]


async def test_a_list_shows_of_each_account_the_direction_that_was_opened(detailed: GatewayWorld):
    """Credits of the first and debits of the second: the bank is asked for both, and neither account shows the other's."""
    first, second = CONSENT.accounts
    credit = BOTH | {Permission.TRANSACTIONS_BASIC, Permission.TRANSACTIONS_CREDITS}
    access = (AccountAccess(first, credit), AccountAccess(second, MORE - {Permission.TRANSACTIONS_CREDITS}))
    detailed.store(msgspec.structs.replace(CONSENT, terms=AccountsTerms(permissions=MORE), access=access))
    detailed.upstream.rows = [
        transaction(1, "up1", -5),
        transaction(2, "up1", 5),
        transaction(3, "up2", -5),
        transaction(4, "up2", 5),
    ]
    shown = msgspec.json.decode((await detailed.ask(path="/book/v1/transactions")).body)
    assert shown["ids"] == ["t3", "t2"]
