"""Another bank asks for a payment back: the bank's own people find the case, refuse it or agree to it, and the answer is a document for the rail."""

import asyncio
import json

import msgspec
import pytest

from kernel.banking.accounts import AccountType, Scheme
from kernel.banking.money import Money
from kernel.storage.database import Database
from orders.recalls.recall import RecallRefused, RecallRequest
from plugins.ledger.accounts.customer_accounts import load_accounts_of
from plugins.rails.faster_payments.rules import ACCOUNT
from plugins.rails.iso20022.recalls import read_refused_recalls, write_recall
from plugins.rails.iso20022.returns import read_returns
from portcullis.cli.app import app
from portcullis.cli.control_client import ServerRefused
from portcullis.compose.keys.sealing_keys import load_sealer
from portcullis.settings.schema import Settings
from sandbox.bank.personas import load_logins
from tests.harness.books.books import Books
from tests.harness.installations import EMBEDDED
from tests.world.brands import START

ANN, BEA = ("--operator", "ann"), ("--operator", "bea")
UETR = "0d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d"
ASKED = RecallRequest(
    case="CASE-1", uetr=UETR, amount=Money("GBP", 700), reason="FRAD", asked_by="COBADEFF", asked_of="BUKBGB22", payee="70872490"
)


@pytest.fixture
def type_in(monkeypatch, capsys):
    async def typed(server, *words):
        monkeypatch.setenv("PORTCULLIS_STATE_DIR", str(server.state_dir))
        capsys.readouterr()
        await asyncio.to_thread(app, words, exit_on_error=False, result_action="return_value")
        return capsys.readouterr().out

    return typed


async def test_people_refuse_the_recall_of_another_bank(installations, type_in, tmp_path):
    question, answer = tmp_path / "question.xml", tmp_path / "answer.xml"
    question.write_bytes(write_recall("M-1", START, ASKED))
    with installations.installation(EMBEDDED) as installation:
        server = installation.start()
        with pytest.raises(ServerRefused, match="name the one of the rail"):
            await type_in(server, "reconcile", "import", str(question), *ANN)
        for _ in range(2):
            taken = await type_in(server, "reconcile", "import", str(question), "--account", ACCOUNT.number, *ANN)
            assert "arrived" in taken
        (listed,) = json.loads(await type_in(server, "recalls", "list", "--json")).values()
        (case,) = listed
        assert (case["state"], case["direction"], case["amount_minor"], case["uetr"]) == ("arrived", "received", 700, UETR)
        people = ("--ground", "g", *ANN)
        with pytest.raises(ServerRefused, match="agreement"):
            await type_in(server, "recalls", "agree", case["id"], "--entry", "stranger", *people)
        with pytest.raises(ServerRefused, match="No entry"):
            await type_in(server, "recalls", "agree", case["id"], "--entry", "stranger", "--payee-agreed", *people)
        with pytest.raises(ServerRefused, match="No agreement is proposed as version 1"):
            await type_in(server, "recalls", "approve", case["id"], "1", *BEA)
        with pytest.raises(ServerRefused, match="nothing is to be sent yet"):
            await type_in(server, "recalls", "message", case["id"], str(answer))
        assert "refused" in await type_in(server, "recalls", "refuse", case["id"], "--code", "CUST", *people)
        assert "refused by staff:ann" in await type_in(server, "recalls", "show", case["id"])
        assert await type_in(server, "recalls", "list") == ""
        await type_in(server, "recalls", "message", case["id"], str(answer))
        assert await read_refused_recalls(answer.read_bytes()) == (RecallRefused(case="CASE-1", uetr=UETR, reason="CUST"),)
        with pytest.raises(ServerRefused, match="nothing here is known"):
            await type_in(server, "recalls", "ask", "nosuch", "--reason", "DUPL", *ANN)


async def current_account(server):
    """The bank's own id of an account of Alice's, and its number."""
    sealer = load_sealer(server.state_dir / "keys" / "sealing.keys")
    (brand,) = Settings().resolved_brands()
    async with Database.open(server.database_url) as database, database.read() as connection:
        alice = next(each for each in await load_logins(database, sealer, brand.name) if each.username == "alice")
        accounts = await load_accounts_of(connection, sealer, brand.name, alice.customer_id)
    return next(
        (account.id, each.identification)
        for account in accounts
        for each in account.identifiers
        if each.scheme is Scheme.SORT_CODE and account.type is AccountType.CURRENT
    )


async def test_two_operators_send_a_payment_back_to_the_bank_that_asks_for_it(installations, type_in, tmp_path):
    question, answer = tmp_path / "question.xml", tmp_path / "answer.xml"
    with installations.installation(EMBEDDED) as installation:
        server = installation.start()
        async with Books.of(server) as books:
            account_id, number = await current_account(server)
            entry, minor = await books.bank.last_credit("main", account_id)
            before, held = (await books.bank.balances("main", account_id))[account_id]
            asked = msgspec.structs.replace(ASKED, amount=Money("GBP", minor), payee=number)
            question.write_bytes(write_recall("M-2", START, asked))
            await type_in(server, "reconcile", "import", str(question), "--account", ACCOUNT.number, *ANN)
            ((case,),) = json.loads(await type_in(server, "recalls", "list", "--json")).values()
            by_ann = ("--ground", "letter of the payee", "--payee-agreed", *ANN)
            await type_in(server, "recalls", "agree", case["id"], "--entry", entry, *by_ann)
            with pytest.raises(ServerRefused, match="Another operator"):
                await type_in(server, "recalls", "approve", case["id"], "2", *ANN)
            for _ in range(2):
                assert "returned" in await type_in(server, "recalls", "approve", case["id"], "2", *BEA)
            await type_in(server, "recalls", "message", case["id"], str(answer))
            (back,) = await read_returns(answer.read_bytes())
            assert (back.uetr, back.amount, back.reason) == (UETR, Money("GBP", minor), "FOCR")
            assert (await books.bank.balances("main", account_id))[account_id] == (before - minor, held)
        await type_in(server, "ledger", "verify")
