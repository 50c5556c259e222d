"""Commands that change money or consents: signed by a configured operator for one request, server, minute and use."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from kernel import json
from kernel.clock import ManualClock
from kernel.http.message import Request
from kernel.jose.jwt import generate_key, sign_jwt
from portcullis.compose.keys.operator_keys import operator_of
from portcullis.serving.ops import commands, credentials
from portcullis.serving.ops.commands import ACTS, CommandGuard, OperatorCommands, target_of
from portcullis.serving.ops.credentials import (
    CommandForbidden,
    Credentials,
    OperatorRefused,
    OperatorsMissing,
    sign_request,
)
from portcullis.settings.operators import COMMANDS, OperatorSettings
from tests.harness.books.books import Books
from tests.unit.portcullis.serving.ops.test_commands import SEALER
from tests.world.brands import START
from tests.world.orders import orders_world

ANN, BEA, STRANGER = (generate_key("EdDSA") for _ in range(3))
OPERATORS = (
    operator_of("ann", ANN),
    OperatorSettings(name="bea", public_key=operator_of("bea", BEA).public_key, commands=("orders", "reconcile approve")),
)
AUDIENCE = "https://bank.example"
PATH, COMMAND = "/reconcile/import", "reconcile import"
TARGET = target_of(PATH, "main", {})
DOCUMENT = b"<Document/>"
FACTS = {"audience": AUDIENCE, "target": TARGET, "body": DOCUMENT, "at": START, "nonce": "n-1"}


def signed(key=ANN, name="ann", **other) -> str:
    return sign_request(key, name, **(FACTS | other))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def checked(clock: ManualClock) -> Credentials:
    return Credentials.of(OPERATORS, AUDIENCE, clock)


def test_the_operator_is_the_one_whose_key_signed(checked: Credentials):
    request = checked.check(COMMAND, TARGET, signed())
    assert (request.operator.name, request.operator.key, request.operator.credential) == ("ann", ANN.kid, "command n-1")
    request.check_body(DOCUMENT)
    with pytest.raises(OperatorRefused, match="another document"):
        request.check_body(DOCUMENT + b" ")


@pytest.mark.parametrize(
    "altered",
    [
        signed(STRANGER),
        signed(BEA),
        signed(name="cem"),
        signed(target=target_of("/reconcile/run", "main", {})),
        signed(target=target_of(PATH, "other", {})),
        signed(target=target_of(PATH, "main", {"break": "b"})),
        signed(audience="https://another.example"),
        signed(at=START - timedelta(seconds=61)),
        signed(at=START + timedelta(seconds=61)),
        signed(nonce=""),
        signed(nonce="n" * 65),
        signed()[:-2],
        signed().replace("Portcullis-Operator", "Bearer"),
        f"Portcullis-Operator {sign_jwt({'iss': 'ann'}, ANN, typ='JWT')}",
        f"Portcullis-Operator {sign_jwt({'iss': 'ann'}, ANN, typ=credentials.TYPE)}",
        f"Portcullis-Operator {sign_jwt({'iss': ['ann']}, ANN, typ=credentials.TYPE)}",
        "Portcullis-Operator ",
        "Portcullis-Operator \udcff.\u00e9.\u00e9",
        "",
    ],
)  # fmt: skip
def test_nothing_else_is_taken(checked: Credentials, altered: str):
    with pytest.raises(OperatorRefused):
        checked.check(COMMAND, TARGET, altered)


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        ("orders decide", True),
        ("orders hold", True),
        ("reconcile approve", True),
        ("reconcile propose", False),
        ("events resend", False),
    ],
)
def test_an_operator_gives_the_commands_that_the_configuration_names(checked: Credentials, command: str, allowed: bool):
    request = signed(BEA, "bea")
    if allowed:
        assert checked.check(command, TARGET, request).operator.name == "bea"
        return
    with pytest.raises(CommandForbidden):
        checked.check(command, TARGET, request)


def test_without_operators_nothing_is_carried_out_and_the_refusal_says_what_to_add(clock: ManualClock):
    with pytest.raises(OperatorsMissing) as refused:
        Credentials.of((), AUDIENCE, clock).check(COMMAND, TARGET, signed())
    assert "portcullis operators key" in refused.value.public


def test_one_who_was_taken_out_of_the_configuration_acts_no_more(clock: ManualClock):
    with pytest.raises(OperatorRefused, match="no such operator"):
        Credentials.of(OPERATORS[1:], AUDIENCE, clock).check(COMMAND, TARGET, signed())


def test_every_command_that_changes_money_or_consents_has_a_name_that_can_be_given():
    assert {path.removeprefix("/").replace("/", " ") for path in ACTS} == set(COMMANDS)
    assert not ACTS.keys() & commands.COMMANDS.keys()


@pytest.fixture
async def servers(migrated_url: str, monkeypatch: pytest.MonkeyPatch):
    """Two servers of one database, and what they have carried out."""
    done = []

    async def carry_out(_composition: object, brand: str, given) -> int:
        done.append((brand, given.operator.name, given.document))
        return 1

    monkeypatch.setitem(ACTS, PATH, carry_out)
    async with orders_world(migrated_url) as world:
        services = SimpleNamespace(commands=world.room.commands, clock=world.clock)
        composition = SimpleNamespace(brands={"main": None}, services=services)
        checked = Credentials.of(OPERATORS, AUDIENCE, world.clock)
        made = [OperatorCommands(composition, CommandGuard(SEALER, world.clock), checked) for _ in range(2)]
        yield SimpleNamespace(world=world, servers=made, done=done)


async def ask(server: OperatorCommands, authorization: str, document: bytes = DOCUMENT) -> tuple[int, dict]:
    headers = CIMultiDictProxy(CIMultiDict({"Authorization": authorization}))
    request = Request("POST", PATH, (("brand", "main"),), headers, document, "127.0.0.1:8445", "127.0.0.1", "public")
    response = await server.handle(request)
    return response.status, json.decode(response.body, dict)


async def test_a_request_is_carried_out_once_by_whichever_server(servers):
    first, second = servers.servers
    at = servers.world.clock.wall()
    assert await ask(first, signed(at=at)) == (200, {"main": 1})
    for server in (first, second):
        assert (await ask(server, signed(at=at)))[0] == 403
    assert servers.done == [("main", "ann", DOCUMENT)]
    assert (await ask(second, signed(at=at, nonce="n-2")))[0] == 200


async def test_a_request_with_another_document_is_not_carried_out_and_not_used_up(servers):
    first, _ = servers.servers
    at = servers.world.clock.wall()
    assert (await ask(first, signed(at=at), DOCUMENT + b" "))[0] == 403
    assert servers.done == []
    assert (await ask(first, signed(at=at)))[0] == 200


async def test_the_journal_names_the_credential(servers):
    await ask(servers.servers[0], signed(at=servers.world.clock.wall()))
    (entry,) = await Books(servers.world.room.database.read).records.entries(kind="operator.commanded")
    facts = json.decode(entry.facts, dict)
    assert (entry.actor, entry.aggregate_id, facts["command"], facts["key"]) == ("staff:ann", "n-1", PATH, ANN.kid)


async def test_the_sealing_keys_give_no_command_of_an_operator(servers):
    at = servers.world.clock.wall()
    status, said = await ask(servers.servers[0], commands.sign_command(SEALER, TARGET, at, "n-1"))
    assert (status, said["message"]) == (403, OperatorRefused.public)
    assert servers.done == []
