"""The bank's own people reconcile: a statement comes in, what differs is a break, and two people resolve it by an entry."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from msgspec.structs import replace

from kernel.banking.money import Money
from orders.reconciliation.statement import Balance, Booked, Kind, Part, References, Statement
from plugins.rails.faster_payments.rules import ACCOUNT, FASTER_PAYMENTS
from plugins.rails.iso20022.statement_writer import write_statement
from portcullis.cli.app import app
from portcullis.cli.control_client import ServerRefused, load_ready
from portcullis.compose.keys.operator_keys import load_operator_key
from portcullis.serving.ops.commands import target_of
from portcullis.serving.ops.credentials import sign_request
from tests.harness.installations import EMBEDDED

ANN, BEA = ("--operator", "ann"), ("--operator", "bea")
STRANGER = "0d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d"


def statement() -> Statement:
    """Of a day whose cycles have closed: a payment that is not ours."""
    day = datetime.now(UTC).date() - timedelta(days=7)
    while not FASTER_PAYMENTS.calendar.is_business_day(day):
        day -= timedelta(days=1)
    cycle = FASTER_PAYMENTS.calendar.cycles_of(day)[0].id
    part = Part(amount=Money("GBP", -7_050), references=References(uetr=STRANGER, clearing=cycle), name="Zoë <Ltd>")
    entry = Booked(
        amount=part.amount, booked_on=day, value_on=day, references=References(servicer=cycle, batch=cycle), parts=(part,)
    )
    return Statement(
        kind=Kind.STATEMENT,
        id=f"S{day}",
        account=ACCOUNT.number,
        currency=ACCOUNT.currency,
        created_at=datetime.combine(day, datetime.min.time(), UTC),
        sequence=1,
        opening=Balance(amount=Money("GBP", 0), day=day),
        closing=Balance(amount=Money("GBP", -7_050), day=day),
        entries=(entry,),
    )


@pytest.fixture
def type_in(monkeypatch, capsys):
    def typed(server, *words):
        monkeypatch.setenv("PORTCULLIS_STATE_DIR", str(server.state_dir))
        capsys.readouterr()
        app(["reconcile", *words], exit_on_error=False, result_action="return_value")
        return capsys.readouterr().out

    async def away_from_the_loop(server, *words):
        return await asyncio.to_thread(typed, server, *words)

    return away_from_the_loop


async def test_a_break_is_found_and_resolved_by_two_people(installations, type_in, tmp_path):
    document = tmp_path / "statement.xml"
    document.write_bytes(write_statement(statement()))
    with installations.installation(EMBEDDED) as installation:
        server = installation.start()
        assert "no breaks" in await type_in(server, "run", *ANN)
        assert await type_in(server, "import", str(document), *ANN) == f"{statement().id}  admitted\n"
        assert await type_in(server, "import", str(document), *ANN) == f"{statement().id}  admitted (known)\n"
        report = await type_in(server, "run", *ANN)
        assert "explained by unidentified" in report
        assert "-70.50 GBP" in report
        assert await type_in(server, "run", *ANN) == report
        (listed,) = json.loads(await type_in(server, "breaks", "list", "--json")).values()
        (broken,) = listed
        name = broken["id"]
        assert (broken["kind"], broken["effect_minor"], broken["state"]) == ("unidentified", -7_050, "open")
        await type_in(server, "breaks", "assign", name, "cem", *ANN)
        why = ("--reason", "the rail confirmed it by letter 4711")
        with pytest.raises(ServerRefused, match="resolved by an entry"):
            await type_in(server, "breaks", "propose", name, *why, *ANN)
        await type_in(server, "breaks", "propose", name, *why, *ANN, "--against", "suspense")
        said = await type_in(server, "breaks", "list")
        assert "proposed, cem takes care of it" in said
        proposal = said.partition("    proposal ")[2].partition(" ")[0]
        assert f"proposal {proposal} of ann: against suspense, the rail confirmed it by letter 4711" in " ".join(said.split())
        with pytest.raises(ServerRefused, match="Another operator"):
            await type_in(server, "breaks", "approve", name, proposal, *ANN)
        with pytest.raises(ServerRefused, match="not signed by an operator"):
            await type_in(
                server, "breaks", "approve", name, proposal, *BEA, "--key", str(server.state_dir / "operators" / "ann.key")
            )
        approved = await type_in(server, "breaks", "approve", name, proposal, *BEA)
        assert approved == f"{name} is resolved, entry break:{name}\n"
        report = await type_in(server, "run", *ANN)
        assert "no breaks" in report
        assert "against suspense, by ann and bea: the rail confirmed it by letter 4711" in report
        assert await type_in(server, "report") == report
        assert await type_in(server, "breaks", "list") == ""
        with pytest.raises(ServerRefused, match="there is no break"):
            await type_in(server, "breaks", "approve", "nosuch", proposal, *BEA)


async def test_bad_documents_are_refused_and_move_nothing(installations, type_in, tmp_path):
    good = write_statement(statement())
    bad = {
        "bomb": b'<!DOCTYPE x [<!ENTITY e "1">]>' + good.partition(b"?>")[2],
        "sums": b"70.51".join(good.rsplit(b"70.50", 1)),
        "another account": write_statement(replace(statement(), account="OTHER")),
        "no document": b"hello",
        "large": bytes(17 * 1024 * 1024),
    }
    with installations.installation(EMBEDDED) as installation:
        server = installation.start()
        for name, document in bad.items():
            (tmp_path / "bad.xml").write_bytes(document)
            with pytest.raises(ServerRefused):
                print(name, await type_in(server, "import", str(tmp_path / "bad.xml"), *ANN))
        ready = load_ready(server.state_dir)
        target = target_of("/reconcile/import", "", {})
        key = load_operator_key(server.state_dir / "operators" / "ann.key")
        facts = {"audience": ready["issuer"], "target": target, "at": datetime.now(UTC), "nonce": "nonce"}
        signed = sign_request(key, "ann", body=b"another document", **facts)
        async with (
            aiohttp.ClientSession() as session,
            session.post(ready["ops"] + target, data=good, headers={"Authorization": signed}) as answer,
        ):
            assert answer.status == 403
        assert json.loads(await type_in(server, "breaks", "list", "--all", "--json")) == {"main": []}
