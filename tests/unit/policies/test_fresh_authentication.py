"""When a PSU must come back: never, unless the brand says so; then after some days for everything, or lately for what is not exempt."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from kernel.banking import commands
from kernel.banking.consents import Permission
from kernel.errors import ReauthenticationRequired
from kernel.operations import Operation
from openapi.dialect import Row
from policies.fresh_authentication import EXEMPT, EXEMPT_TRANSACTIONS, EXEMPT_WHEN_RECENT, FreshAuthentication
from tests.unit.policies.test_policies import exchange_of
from tests.world.brands import START
from tests.world.gateway.dialect import AC, BRAND
from tests.world.gateway.snapshots import CONSENT, within
from tests.world.gateway.world import GatewayWorld

DAY = timedelta(days=1)
WITHOUT_PSU_DATA = {
    Operation.LODGE_ACCOUNT_CONSENT,
    Operation.READ_ACCOUNT_CONSENT,
    Operation.WITHDRAW_ACCOUNT_CONSENT,
    Operation.DESCRIBE_TOKEN,
}


def row(operation: Operation) -> Row:
    return Row("GET", "/x", operation, lambda wire: None, None, permissions=frozenset({Permission.BALANCES}), **AC)


async def judge(operation, *, age, brand=None, consent=None, command=None):
    """True if an answer is allowed `age` after the PSU authenticated."""
    made = GatewayWorld()
    exchange = exchange_of()
    exchange.row = row(operation)
    exchange.brand = replace(BRAND, **(brand or {}))
    exchange.consent = msgspec.structs.replace(CONSENT, authorised_at=START, **(consent or {}))
    exchange.command = command
    made.clock.offset = age
    try:
        await FreshAuthentication(made.clock).on_request(exchange)
    except ReauthenticationRequired:
        return False
    return True


def asking(days_back):
    start = None if days_back is None else START - timedelta(days=days_back)
    return commands.ReadTransactions(booked_from=start)


@pytest.mark.spec("UK-RTS-10A")
@pytest.mark.parametrize("operation", [operation for operation in Operation if operation not in WITHOUT_PSU_DATA])
async def test_by_default_no_customer_has_to_come_back(operation):
    assert await judge(operation, age=3650 * DAY, command=asking(None))


@pytest.mark.parametrize("operation", [Operation.LIST_ACCOUNTS, Operation.READ_BALANCES, Operation.READ_BENEFICIARIES])
async def test_a_brand_may_want_them_back_after_some_days_for_everything(operation):
    brand = {"sca_required_after_days": 90}
    assert await judge(operation, age=90 * DAY, brand=brand)
    assert not await judge(operation, age=90 * DAY + timedelta(microseconds=1), brand=brand)


@pytest.mark.parametrize("operation", sorted(EXEMPT))
async def test_what_is_exempt_needs_no_recent_authentication(operation):
    assert await judge(operation, age=DAY, brand={"sca_recent_minutes": 5})


@pytest.mark.parametrize("operation", sorted(set(Operation) - EXEMPT - EXEMPT_WHEN_RECENT - WITHOUT_PSU_DATA))
async def test_everything_else_needs_one(operation):
    brand = {"sca_recent_minutes": 5}
    assert await judge(operation, age=timedelta(minutes=5), brand=brand)
    assert not await judge(operation, age=timedelta(minutes=5, microseconds=1), brand=brand)


@pytest.mark.parametrize("operation", sorted(EXEMPT_WHEN_RECENT))
@pytest.mark.parametrize(
    ("days_back", "consent", "exempt"),
    [
        (10, {}, True),
        (89, {}, True),
        (91, {}, False),
        (None, {}, False),
        (None, within(transactions_from=START - 30 * DAY), True),
        (400, within(transactions_from=START - 30 * DAY), True),
        (400, within(transactions_from=START - 365 * DAY), False),
    ],
)
@pytest.mark.spec("UK-RTS-10")
async def test_transactions_are_exempt_for_ninety_days_back(operation, days_back, consent, exempt):
    brand, age = {"sca_recent_minutes": 5}, timedelta(hours=1)
    assert timedelta(days=90) == EXEMPT_TRANSACTIONS
    assert await judge(operation, age=age, brand=brand, consent=consent, command=asking(days_back)) is exempt
    assert await judge(operation, age=timedelta(minutes=1), brand=brand, consent=consent, command=asking(days_back))


@pytest.mark.parametrize(("age", "code"), [(90 * DAY, "allowed"), (91 * DAY, "reauthentication_required")])
async def test_the_refusal_passes_the_whole_chain(age, code):
    made = GatewayWorld()
    made.brand = replace(made.brand, sca_required_after_days=90)
    made.decide_with(made.decisions)
    made.store(msgspec.structs.replace(CONSENT, authorised_at=START))
    made.clock.offset = age
    assert await made.code("GET", "/book/v1/accounts/a1/balances", token="psu-token") == code
