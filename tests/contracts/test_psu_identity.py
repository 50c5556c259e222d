"""The contract of every customer authentication. An implementation joins by an `Enrolled` in IDENTITIES_UNDER_TEST:
a PSU "ann" with the password "right", who can use a one-time code and a device."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consent.ports import LinkedTerms, PsuIdentity
from kernel.banking.money import Money
from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.ids import SeededIds
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.psu_identity.built_in import BuiltInIdentity, Enrolment, enrol
from plugins.psu_identity.passwords import Passwords
from plugins.psu_identity.ports import DeviceRequest

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BRAND = Brand(
    "main", "Main", "https://main.test", "https://mtls.main.test", ZoneInfo("Europe/London"), (), "https://mtls.main.test"
)
OTHER = replace(BRAND, name="other")


PAYMENT = LinkedTerms(Money("GBP", 12_350), "Merchant A", "80200110203345", "d" * 64)
OTHER_PAYMENT = replace(PAYMENT, amount=Money("GBP", 12_351), digest="e" * 64)


class Postbox:
    """Delivers one-time codes to the test."""

    simulated = True

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.linked: list[LinkedTerms | None] = []

    def new_code(self, ids):
        return ids.number(6)

    async def send(self, brand, psu, code, linked=None):
        self.codes.append(code)
        self.linked.append(linked)
        return "your phone"


class Pocket:
    """A device that confirms when the test says so."""

    simulated = True

    def __init__(self) -> None:
        self.confirmed = False
        self.psu_id = None
        self.linked = None

    async def ask(self, brand, psu, authorisation_id, linked=None):
        self.psu_id, self.linked = psu.id, linked
        return DeviceRequest("request", "your device")

    async def has_confirmed(self, brand, psu, reference, linked=None):
        return self.confirmed and (self.psu_id, self.linked) == (psu.id, linked)


@dataclass
class Enrolled:
    identity: PsuIdentity
    clock: ManualClock
    codes: list[str]
    linked: list[LinkedTerms | None]  # what went with each code
    device: Pocket


@asynccontextmanager
async def built_in(migrated_url: str) -> AsyncIterator[Enrolled]:
    async with Database.open(migrated_url) as database:
        sealer, clock, postbox, device = Sealer({1: b"k" * 32}), ManualClock(NOW), Postbox(), Pocket()
        ann = Enrolment(
            id="psu-ann",
            username="ann",
            password_hash=await Passwords().hash("right"),
            customer_id="customer-ann",
            display_name="Ann Other",
            sca_methods=("device", "one_time_code", "decoupled"),
        )
        await database.write(lambda connection: enrol(connection, sealer, BRAND.name, ann))
        identity = BuiltInIdentity(
            database, sealer, clock, SeededIds("codes"), codes=postbox, devices={"device": device, "decoupled": device}
        )
        yield Enrolled(identity, clock, postbox.codes, postbox.linked, device)


IDENTITIES_UNDER_TEST = {BuiltInIdentity.name: built_in}


@pytest.fixture(params=IDENTITIES_UNDER_TEST)
async def bank(request: pytest.FixtureRequest, migrated_url: str) -> AsyncIterator[Enrolled]:
    async with IDENTITIES_UNDER_TEST[request.param](migrated_url) as enrolled:
        yield enrolled


@pytest.fixture
async def ann(bank):
    return await bank.identity.check_password(BRAND, "ann", "right")


async def test_knows_a_psu_by_name_and_password_alone(bank):
    psu = await bank.identity.check_password(BRAND, " Ann ", "right")
    assert psu is not None
    assert (psu.customer_id, psu.display_name, psu.sca_methods) == (
        "customer-ann",
        "Ann Other",
        ("device", "one_time_code", "decoupled"),
    )
    assert await bank.identity.find(BRAND, psu.id) == psu


async def test_says_which_methods_it_carries_out_and_which_answers_are_typed(bank):
    typed = {method.name: method.is_typed for method in bank.identity.methods}
    assert typed == {"one_time_code": True, "device": False, "decoupled": False}


@pytest.mark.parametrize("password", ["wrong", "", "Right", "right ", "right" * 10_000, "\x00", "\ud800"])
async def test_refuses_every_other_password(bank, password):
    assert await bank.identity.check_password(BRAND, "ann", password) is None


@pytest.mark.parametrize("username", ["", "anne", "psu-ann", "a" * 10_000, "\x00", "\ud800"])
async def test_does_not_know_strangers(bank, username):
    assert await bank.identity.check_password(BRAND, username, "right") is None


@pytest.mark.parametrize("username", ["ann", " Ann "])
async def test_finds_a_psu_by_name(bank, ann, username):
    """The same person, and nothing is proven by it."""
    assert await bank.identity.find_by_name(BRAND, username) == ann


async def test_finds_a_psu_by_the_banks_own_reference(bank, ann):
    assert await bank.identity.find_by_customer(BRAND, "customer-ann") == ann
    assert await bank.identity.find_by_customer(BRAND, "ann") is None
    assert await bank.identity.find_by_customer(OTHER, "customer-ann") is None


@pytest.mark.parametrize("username", ["", "anne", "psu-ann", "a" * 10_000, "\x00", "\ud800"])
async def test_an_unknown_name_finds_no_psu(bank, ann, username):
    assert await bank.identity.find_by_name(BRAND, username) is None
    assert await bank.identity.find_by_name(OTHER, "ann") is None


async def test_one_brands_psu_is_unknown_to_another(bank, ann):
    assert await bank.identity.check_password(OTHER, "ann", "right") is None
    assert await bank.identity.find(OTHER, ann.id) is None


async def test_a_code_proves_the_psu_once(bank, ann):
    """The evidence is dated in protocol time, not in business time: it becomes the id_token's `auth_time`."""
    bank.clock.offset = timedelta(days=90)
    challenge = await bank.identity.start_sca(BRAND, ann, "one_time_code", "journey")
    assert bank.codes[-1] not in challenge.hint + challenge.reference
    evidence = await bank.identity.finish_sca(BRAND, ann, challenge, bank.codes[-1])
    assert evidence is not None
    assert (evidence.method, evidence.at, evidence.simulated) == ("one_time_code", NOW, True)
    assert await bank.identity.finish_sca(BRAND, ann, challenge, bank.codes[-1]) is None


async def test_of_two_who_present_a_code_at_once_one_succeeds(bank, ann):
    challenge = await bank.identity.start_sca(BRAND, ann, "one_time_code", "journey")
    attempts = (bank.identity.finish_sca(BRAND, ann, challenge, bank.codes[-1]) for _ in range(5))
    assert sum(evidence is not None for evidence in await asyncio.gather(*attempts)) == 1


@pytest.mark.parametrize("response", ["", "000000", "1" * 10_000, "\x00", "\ud800", "١٢٣٤٥٦"])
async def test_a_wrong_code_proves_nothing_and_spends_nothing(bank, ann, response):
    challenge = await bank.identity.start_sca(BRAND, ann, "one_time_code", "journey")
    assert await bank.identity.finish_sca(BRAND, ann, challenge, response) is None
    assert await bank.identity.finish_sca(BRAND, ann, challenge, bank.codes[-1]) is not None


async def test_a_code_is_for_its_own_challenge_and_psu(bank, ann):
    first = await bank.identity.start_sca(BRAND, ann, "one_time_code", "one journey")
    second = await bank.identity.start_sca(BRAND, ann, "one_time_code", "another journey")
    assert await bank.identity.finish_sca(BRAND, ann, second, bank.codes[0]) is None
    assert await bank.identity.finish_sca(BRAND, replace(ann, id="someone else"), first, bank.codes[0]) is None
    assert await bank.identity.finish_sca(OTHER, ann, first, bank.codes[0]) is None


async def test_a_code_expires(bank, ann):
    challenge = await bank.identity.start_sca(BRAND, ann, "one_time_code", "journey")
    bank.clock.advance(timedelta(minutes=5))
    assert challenge.expires_at == bank.clock.wall()
    assert await bank.identity.finish_sca(BRAND, ann, challenge, bank.codes[-1]) is None


async def test_a_new_code_ends_the_earlier_one_of_its_journey(bank, ann):
    first = await bank.identity.start_sca(BRAND, ann, "one_time_code", "journey")
    await bank.identity.start_sca(BRAND, ann, "one_time_code", "journey")
    assert await bank.identity.finish_sca(BRAND, ann, first, bank.codes[0]) is None


@pytest.mark.spec("RTS-7")
@pytest.mark.parametrize("method", ["device", "decoupled"])
async def test_a_device_proves_the_psu_when_it_has_confirmed(bank, ann, method):
    challenge = await bank.identity.start_sca(BRAND, ann, method, "journey")
    assert not challenge.confirmed
    assert await bank.identity.finish_sca(BRAND, ann, challenge, "") is None
    bank.device.confirmed = True
    evidence = await bank.identity.finish_sca(BRAND, ann, challenge, "")
    assert evidence is not None
    assert (evidence.method, evidence.simulated) == (method, True)


@pytest.mark.spec("RTS-7")
async def test_a_device_confirms_for_its_own_psu_alone(bank, ann):
    challenge = await bank.identity.start_sca(BRAND, ann, "device", "journey")
    bank.device.confirmed = True
    assert await bank.identity.finish_sca(BRAND, replace(ann, id="someone else"), challenge, "") is None


async def test_a_device_that_confirms_too_late_proves_nothing(bank, ann):
    challenge = await bank.identity.start_sca(BRAND, ann, "device", "journey")
    bank.device.confirmed = True
    bank.clock.advance(timedelta(minutes=5))
    assert await bank.identity.finish_sca(BRAND, ann, challenge, "") is None


@pytest.mark.parametrize("method", ["one_time_code", "device", "decoupled"])
async def test_an_authentication_is_good_for_the_payment_it_was_asked_for(bank, ann, method):
    """RTS (EU) 2018/389 article 5(1): the PSU learns amount and payee; what they answer fits these alone, and the evidence says which."""
    bank.device.confirmed = True
    challenge = await bank.identity.start_sca(BRAND, ann, method, "journey", PAYMENT)
    shown = bank.linked[-1] if method == "one_time_code" else bank.device.linked
    assert shown == PAYMENT
    code = bank.codes[-1] if method == "one_time_code" else ""
    for other in (None, OTHER_PAYMENT):
        assert await bank.identity.finish_sca(BRAND, ann, challenge, code, other) is None
    evidence = await bank.identity.finish_sca(BRAND, ann, challenge, code, PAYMENT)
    assert evidence is not None
    assert evidence.linked == PAYMENT.digest


@pytest.mark.parametrize("method", ["one_time_code", "device", "decoupled"])
async def test_an_authentication_for_no_payment_is_good_for_none(bank, ann, method):
    bank.device.confirmed = True
    challenge = await bank.identity.start_sca(BRAND, ann, method, "journey")
    code = bank.codes[-1] if method == "one_time_code" else ""
    assert await bank.identity.finish_sca(BRAND, ann, challenge, code, PAYMENT) is None
    evidence = await bank.identity.finish_sca(BRAND, ann, challenge, code)
    assert evidence is not None
    assert evidence.linked == ""
