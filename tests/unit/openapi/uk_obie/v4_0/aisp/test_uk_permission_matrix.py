"""Which permission opens which operation and shows what: OBIE R/W 4.0 Account Access Consents, "Permission Codes", as a table.

Every cell is a whole request through the gateway, and every answer is held against the official document.
"""

from typing import Any

import msgspec
import pytest

from kernel import json
from kernel.banking.accounts import AccountIdentifier, Counterparty, Scheme
from kernel.hot_state.subjects import consent_subject
from kernel.http.message import Response
from openapi.uk_obie.v4_0.aisp.codes.consents import PERMISSIONS
from openapi.uk_obie.v4_0.aisp.wire.consents import OBInternalPermissions1Code as Code
from openapi.uk_obie.v4_0.dialect import DIALECT
from tests.official import validate_answer
from tests.world.gateway.records import furnish, statement
from tests.world.gateway.snapshots import CONSENT, opening
from tests.world.gateway.upstream import transaction
from tests.world.gateway.world import GatewayWorld

ACCOUNTS = {Code.READ_ACCOUNTS_BASIC, Code.READ_ACCOUNTS_DETAIL}
BENEFICIARIES = {Code.READ_BENEFICIARIES_BASIC, Code.READ_BENEFICIARIES_DETAIL}
STANDING_ORDERS = {Code.READ_STANDING_ORDERS_BASIC, Code.READ_STANDING_ORDERS_DETAIL}
SCHEDULED = {Code.READ_SCHEDULED_PAYMENTS_BASIC, Code.READ_SCHEDULED_PAYMENTS_DETAIL}
STATEMENTS = {Code.READ_STATEMENTS_BASIC, Code.READ_STATEMENTS_DETAIL}
TRANSACTIONS = {Code.READ_TRANSACTIONS_BASIC, Code.READ_TRANSACTIONS_DETAIL}

OPENED_BY: dict[str, set[Code]] = {
    "/accounts": ACCOUNTS,
    "/accounts/{AccountId}": ACCOUNTS,
    "/accounts/{AccountId}/balances": {Code.READ_BALANCES},
    "/balances": {Code.READ_BALANCES},
    "/accounts/{AccountId}/transactions": TRANSACTIONS,
    "/transactions": TRANSACTIONS,
    "/accounts/{AccountId}/beneficiaries": BENEFICIARIES,
    "/beneficiaries": BENEFICIARIES,
    "/accounts/{AccountId}/direct-debits": {Code.READ_DIRECT_DEBITS},
    "/direct-debits": {Code.READ_DIRECT_DEBITS},
    "/accounts/{AccountId}/standing-orders": STANDING_ORDERS,
    "/standing-orders": STANDING_ORDERS,
    "/accounts/{AccountId}/scheduled-payments": SCHEDULED,
    "/scheduled-payments": SCHEDULED,
    "/accounts/{AccountId}/product": {Code.READ_PRODUCTS},
    "/products": {Code.READ_PRODUCTS},
    "/accounts/{AccountId}/offers": {Code.READ_OFFERS},
    "/offers": {Code.READ_OFFERS},
    "/accounts/{AccountId}/parties": {Code.READ_PARTY},
    "/accounts/{AccountId}/party": {Code.READ_PARTY},
    "/party": {Code.READ_PARTY_PSU},
    "/accounts/{AccountId}/statements": STATEMENTS,
    "/statements": STATEMENTS,
    "/accounts/{AccountId}/statements/{StatementId}": STATEMENTS,
    "/accounts/{AccountId}/statements/{StatementId}/file": {Code.READ_STATEMENTS_DETAIL},
    "/accounts/{AccountId}/statements/{StatementId}/transactions": TRANSACTIONS,
}

CARD = Counterparty("Card company", AccountIdentifier(Scheme.PAN, "4929123456781234", "Alice Ames"), "CPLSGB2LXXX")
PAYEE_MEMBERS = {"CreditorAgent", "CreditorAccount"}
TRANSACTION_MEMBERS = {"TransactionInformation", "Balance", "CreditorAgent", "CreditorAccount"}

# (path, Basic, Detail, the members that Detail adds)
BASIC_AND_DETAIL = [
    ("/accounts", *sorted(ACCOUNTS), {"Account", "Servicer"}),
    ("/beneficiaries", *sorted(BENEFICIARIES), PAYEE_MEMBERS),
    ("/standing-orders", *sorted(STANDING_ORDERS), PAYEE_MEMBERS),
    ("/scheduled-payments", *sorted(SCHEDULED), PAYEE_MEMBERS),
    ("/statements", *sorted(STATEMENTS), {"StatementAmount"}),
    ("/accounts/{AccountId}/statements/{StatementId}", *sorted(STATEMENTS), {"StatementAmount"}),
    ("/transactions", *sorted(TRANSACTIONS), TRANSACTION_MEMBERS),
    ("/accounts/{AccountId}/statements/{StatementId}/transactions", *sorted(TRANSACTIONS), TRANSACTION_MEMBERS),
]


@pytest.fixture
def world() -> GatewayWorld:
    """A bank in which every payee is a card, and a statement lists one payment."""
    world = GatewayWorld(dialects=(DIALECT,))
    furnish(world)
    for kind in ("beneficiaries", "standing_orders", "scheduled_payments"):
        world.upstream.records[kind] = [msgspec.structs.replace(row, payee=CARD) for row in world.upstream.records[kind]]
    paid = transaction(1, booked_at=statement(3).starts_at, counterparty=CARD)
    world.upstream.rows = [msgspec.structs.replace(paid, balance_after=paid.amount)]
    world.upstream.details = {"identifiers": (CARD.identifier,), "servicer_bic": "CPLSGB2LXXX"}
    return world


async def answered(world: GatewayWorld, template: str, *granted: Code) -> Response:
    """The answer under exactly these permissions, once the official document has accepted it."""
    version = world.decisions.versions[consent_subject("main", CONSENT.id)] + 1
    world.store(msgspec.structs.replace(CONSENT, version=version, **opening(frozenset(PERMISSIONS[code] for code in granted))))
    path = DIALECT.services[0].base_path + template.format(AccountId="a1", StatementId="r3")
    response = await world.ask(path=path)
    validate_answer(DIALECT.name, "GET", template, response.status, response.headers, response.body)
    return response


def test_the_table_has_every_operation_that_a_consent_opens() -> None:
    assert set(OPENED_BY) == {row.path for row in DIALECT.rows if row.permissions}


@pytest.mark.spec("OBIE-RW-4.0-permission-codes")
@pytest.mark.parametrize("template", OPENED_BY)
async def test_an_operation_is_opened_by_its_own_permissions_alone(world: GatewayWorld, template: str) -> None:
    statuses = {code: (await answered(world, template, code)).status for code in Code}
    assert statuses == {code: 200 if code in OPENED_BY[template] else 403 for code in Code}


@pytest.mark.parametrize(("template", "basic", "detail", "added"), BASIC_AND_DETAIL, ids=[row[0] for row in BASIC_AND_DETAIL])
async def test_detail_adds_its_members_and_no_others(
    world: GatewayWorld, template: str, basic: Code, detail: Code, added: set[str]
) -> None:
    extra = {Code.READ_TRANSACTIONS_DEBITS, Code.READ_TRANSACTIONS_CREDITS}
    assert members(await answered(world, template, detail, *extra)) >= added
    assert not members(await answered(world, template, basic, *extra)) & added


@pytest.mark.parametrize(("template", "_basic", "detail", "added"), BASIC_AND_DETAIL, ids=[row[0] for row in BASIC_AND_DETAIL])
async def test_a_card_number_is_clear_with_its_own_permission_alone(
    world: GatewayWorld, template: str, _basic: Code, detail: Code, added: set[str]
) -> None:
    if "StatementAmount" in added:
        return  # names no account
    held = [detail, Code.READ_TRANSACTIONS_DEBITS]
    masked = await answered(world, template, *held)
    assert b"************1234" in (masked.body or b"")
    assert b"4929123456781234" not in (masked.body or b"")
    clear = await answered(world, template, *held, Code.READ_PAN)
    assert b"4929123456781234" in (clear.body or b"")


def members(response: Response) -> set[str]:
    """The members of the first record of an answer."""
    data: dict[str, Any] = json.decode(response.body or b"", dict)["Data"]
    [rows] = data.values()
    return set(rows[0])
