"""Every account operation, for every persona, under several sets of permissions, judged by a foreign validator. The run ends with the table."""

import pytest

from sandbox.tpp_kit.knobs import Knobs
from tests.harness.judged import JudgedTpp
from tests.journeys.scene import PRESENT
from tests.official import COUNTS, unreadable

PERSONAS = ("alice", "bob", "carol", "erin", "frank", "heavy")
RECORDS = (
    "beneficiaries",
    "direct-debits",
    "standing-orders",
    "offers",
    "scheduled-payments",
    "statements",
    "transactions",
    "balances",
)
BULK = ("/accounts", *(f"/{name}" for name in RECORDS), "/products", "/party")
ONE = ("", *(f"/{name}" for name in RECORDS), "/product", "/parties", "/party")
ALL = (
    "ReadAccountsDetail", "ReadBalances", "ReadBeneficiariesDetail", "ReadDirectDebits", "ReadOffers", "ReadPAN", "ReadParty", "ReadPartyPSU", "ReadProducts",
    "ReadScheduledPaymentsDetail", "ReadStandingOrdersDetail", "ReadStatementsDetail", "ReadTransactionsCredits", "ReadTransactionsDebits", "ReadTransactionsDetail",
)  # fmt: skip
BASIC = tuple(name.replace("Detail", "Basic") for name in ALL if name != "ReadPAN")
FEW = ("ReadAccountsBasic", "ReadBalances")
SETS = {"all": ALL, "basic": BASIC, "few": FEW}


async def walk(tpp: JudgedTpp, persona: str, permissions: tuple[str, ...]) -> dict[str, int]:
    """The status of every read; each answer has been judged on its way."""
    grant = await tpp.granted(persona, permissions=permissions)
    statuses: dict[str, int] = {}

    async def read(path: str, name: str, **headers: str) -> dict:
        answer = await tpp.get(path, grant.token, knobs=Knobs(headers={**PRESENT, **headers}))
        statuses[name] = answer.status
        return answer.json() if answer.status == 200 and headers.get("Accept") != "application/pdf" else {"Data": {}}

    accounts = (await read("/accounts", "/accounts"))["Data"]["Account"]
    for path in BULK[1:]:
        await read(path, path)
    for account in accounts[:2]:
        base = f"/accounts/{account['AccountId']}"
        for suffix in ONE:
            document = await read(base + suffix, f"/accounts/{{AccountId}}{suffix}")
            if suffix == "/statements" and document["Data"].get("Statement"):
                statement = f"{base}/statements/{document['Data']['Statement'][0]['StatementId']}"
                name = "/accounts/{AccountId}/statements/{StatementId}"
                await read(statement, name)
                await read(f"{statement}/transactions", f"{name}/transactions")
                await read(f"{statement}/file", f"{name}/file", Accept="application/pdf")
    return statuses


@pytest.mark.skipif(unreadable("uk_obie/v4.0") is not None, reason="the official documents are not there to judge by")
@pytest.mark.parametrize("permissions", SETS)
async def test_every_operation_is_valid_for_every_persona(acme, server, permissions):
    table = {persona: await walk(acme, persona, SETS[permissions]) for persona in PERSONAS}
    operations = sorted({name for row in table.values() for name in row})
    upstream = "core_bank over HTTP" if "core_bank" in server.ready else "built in"
    COUNTS.tables.append(rendered(f"{upstream}, permissions: {permissions}", operations, table))
    for persona, row in table.items():
        for name, status in row.items():
            assert status == expected(permissions, name), f"{persona} {name}"
    if permissions == "all":
        assert len(operations) == 26, "the 29 operations less the three of the consent itself"


def expected(permissions: str, name: str) -> int:
    """200 where the set permits the operation, 403 where it does not."""
    if permissions == "basic":
        return 403 if name.endswith("/file") else 200
    if permissions == "few":
        return 200 if name in {"/accounts", "/accounts/{AccountId}", "/balances", "/accounts/{AccountId}/balances"} else 403
    return 200


def rendered(title: str, operations: list[str], table: dict[str, dict[str, int]]) -> str:
    lines = [f"{title:72}" + "".join(f"{persona:>7}" for persona in PERSONAS)]
    lines += [f"  {name:70}" + "".join(f"{table[persona].get(name, '-'):>7}" for persona in PERSONAS) for name in operations]
    return "\n".join(lines)
