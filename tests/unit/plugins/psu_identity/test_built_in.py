"""The built-in identity beyond the contract of customer authentications."""

import asyncio
import pkgutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import IntegrityError

from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.errors import UpstreamTimedOut
from kernel.ids import RandomIds
from kernel.storage.database import Database
from kernel.storage.migrate import upgrade
from kernel.storage.sealed import Sealer
from plugins.psu_identity import methods, passwords, ports
from plugins.psu_identity.authenticator import Tools
from plugins.psu_identity.built_in import BuiltInIdentity, Enrolment, ScaMethodUnavailable, enrol
from plugins.psu_identity.methods import METHODS
from plugins.psu_identity.passwords import Passwords
from plugins.psu_identity.ports import DeviceRequest
from tests.harness.books.books import Books
from tests.harness.schemas import find_differences

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BRAND = Brand(
    "main", "Main", "https://main.test", "https://mtls.main.test", ZoneInfo("Europe/London"), (), "https://mtls.main.test"
)
SEALER = Sealer({1: b"k" * 32})
ANN = Enrolment(
    id="psu-ann",
    username="ann.other",
    password_hash="$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA",
    customer_id="customer",
    display_name="Ann Other",
    sca_methods=("passkey", "one_time_code"),
)


class Gateway:
    """A real code sender, as far as the identity can tell."""

    simulated = False

    def __init__(self, answers=True):
        self.answers = answers
        self.sent = []

    def new_code(self, ids):
        return ids.number(6)

    async def send(self, brand, psu, code, linked=None):
        self.sent.append(code)
        if not self.answers:
            await asyncio.Event().wait()
        return "your phone"


class Toy:
    simulated = True

    async def ask(self, brand, psu, authorisation_id, linked=None):
        return DeviceRequest("reference", "hint", confirmed=True)

    async def has_confirmed(self, brand, psu, reference, linked=None):
        return True


@pytest.fixture
async def database(migrated_url):
    async with Database.open(migrated_url) as database:
        await database.write(lambda connection: enrol(connection, SEALER, BRAND.name, ANN))
        yield database


def identity(database, codes=None, device=None, clock=None):
    return BuiltInIdentity(
        database, SEALER, clock or ManualClock(NOW), RandomIds(), codes=codes, devices={"device": device} if device else {}
    )


async def test_offers_only_methods_it_has(database):
    assert (await identity(database, Gateway()).find(BRAND, "psu-ann")).sca_methods == ("one_time_code",)
    psu = await identity(database).find(BRAND, "psu-ann")
    assert psu.sca_methods == ()
    for method in ("passkey", "one_time_code", "device"):
        with pytest.raises(ScaMethodUnavailable):
            await identity(database).start_sca(BRAND, psu, method, "journey")


def test_every_module_stands_in_the_list():
    modules = {module.name for module in pkgutil.iter_modules(methods.__path__)}
    tools = Tools(
        commands=None,
        sealer=SEALER,
        clock=ManualClock(NOW),
        ids=RandomIds(),
        codes=Gateway(),
        devices=dict.fromkeys(modules, Toy()),
    )
    assert modules == {authenticator.method.name for each in METHODS if (authenticator := each(tools))}


async def test_no_two_methods_have_one_name(database):
    with pytest.raises(ValueError, match="one name"):
        BuiltInIdentity(database, SEALER, ManualClock(NOW), RandomIds(), codes=Gateway(), methods=(*METHODS, *METHODS))


async def test_says_when_an_authenticator_only_pretends(database):
    assert not identity(database).simulated
    assert not identity(database, Gateway()).simulated
    assert identity(database, Gateway(), Toy()).simulated


@pytest.mark.spec("RTS-6")
async def test_names_codes_and_passwords_are_not_readable_in_the_database(database):
    gateway = Gateway()
    service = identity(database, gateway)
    await service.start_sca(BRAND, await service.find(BRAND, "psu-ann"), "one_time_code", "journey")
    text = await Books(database.read).identities.text()
    assert not any(secret in text for secret in ("ann.other", "Ann Other", gateway.sent[0]))


async def test_the_same_code_of_two_challenges_looks_different(database):
    class Constant(Gateway):
        def new_code(self, ids):
            return "123456"

    service = identity(database, Constant())
    psu = await service.find(BRAND, "psu-ann")
    for journey in ("one", "two"):
        await service.start_sca(BRAND, psu, "one_time_code", journey)
    assert len({row.code_blind for row in await Books(database.read).identities.codes()}) == 2


async def test_expired_codes_are_swept_by_the_next_one(database):
    clock = ManualClock(NOW)
    service = identity(database, Gateway(), clock=clock)
    psu = await service.find(BRAND, "psu-ann")
    for _ in range(3):
        await service.start_sca(BRAND, psu, "one_time_code", "journey")
        clock.advance(timedelta(minutes=6))
    assert len(await Books(database.read).identities.codes()) == 1


async def test_a_sender_that_does_not_answer_is_not_waited_for(database, monkeypatch):
    monkeypatch.setattr(ports, "AUTHENTICATOR_TIMEOUT_SECONDS", 0.01)
    service = identity(database, Gateway(answers=False))
    with pytest.raises(UpstreamTimedOut):
        await service.start_sca(BRAND, await service.find(BRAND, "psu-ann"), "one_time_code", "journey")


async def test_a_username_is_taken_once_in_its_brand(database):
    double = Enrolment(
        **{**{name: getattr(ANN, name) for name in ANN.__struct_fields__}, "id": "psu-two", "username": "ANN.other"}
    )
    with pytest.raises(IntegrityError):
        await database.write(lambda connection: enrol(connection, SEALER, BRAND.name, double))
    await database.write(lambda connection: enrol(connection, SEALER, replace(BRAND, name="other").name, double))


async def test_an_unknown_user_costs_the_same_work_as_a_wrong_password(database, monkeypatch):
    """Each presented password is compared with exactly one hash of the same parameters, for a known name and an unknown one."""
    compared = []
    compare = Passwords._compare
    monkeypatch.setattr(
        Passwords, "_compare", lambda self, stored, presented: compared.append(stored) or compare(self, stored, presented)
    )
    hashed = await Passwords().hash("right")
    for stored in (hashed, None):
        assert not await Passwords().verify(stored, "wrong")
    parameters = f"$argon2id$v=19$m={passwords.MEMORY_KIB},t={passwords.PASSES},p={passwords.LANES}$"
    assert len(compared) == 2
    assert all(stored.startswith(parameters) for stored in compared)


async def test_the_password_of_an_unknown_name_opens_nothing():
    assert not await Passwords().verify(None, "a stranger's password")


async def test_a_stored_hash_that_is_none_never_fits():
    assert not await Passwords().verify("not a hash", "anything")


@pytest.mark.spec("RFC9106")
async def test_a_hash_says_that_it_is_argon2id_and_how_dear():
    hashed = await Passwords().hash("right")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hashed != await Passwords().hash("right")


async def test_a_password_too_long_to_hash_is_refused_at_enrolment():
    with pytest.raises(ValueError, match="too long"):
        await Passwords().hash("x" * (passwords.PASSWORD_CHARACTERS_MAX + 1))


async def test_migrations_and_tables_agree(database_url):
    async with Database.open(database_url) as database:
        await upgrade(database, "plugins.psu_identity.migrations", "alembic_version_psu_identity")
        assert await find_differences(database, "plugins.psu_identity.migrations") == []
