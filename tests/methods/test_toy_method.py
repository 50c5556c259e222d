"""Adding a method of strong customer authentication takes one module and one line: a toy method is used on the page of a journey, and by a
caller without a browser. The identity provider is the built-in one; the pages and the room of authentication know no method by name."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from consent.app import ConsentServer
from consent.authentication.attempt_counts import AttemptsExhausted
from consent.authentication.attempts import FAILURES_MAX
from consent.authentication.authorisations import Authorisations
from consent.ports import Psu
from consent.store.rows.authorisations import SubjectKind
from kernel.banking.consents import ConsentState
from kernel.observability.telemetry import Telemetry
from plugins.psu_identity.built_in import BuiltInIdentity, Enrolment, enrol
from plugins.psu_identity.methods import METHODS
from plugins.psu_identity.passwords import Passwords
from tests.methods.toy.riddle import ANSWER, RIDDLE, open_riddle
from tests.world.brands import BRAND
from tests.world.pages import PageWorld, page_world

METHODS_WITH_TOY = (*METHODS, open_riddle)  # the one line that plugins/psu_identity/methods/__init__.py would have


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[PageWorld]:
    """Bob logs in with a password and a riddle."""
    async with page_world(migrated_sqlite_url) as made:
        services = made.services
        bob = Enrolment(
            id="psu-bob",
            username="bob",
            password_hash=await Passwords().hash("bob-pw"),
            customer_id="c-bob",
            display_name="Bob",
            sca_methods=("device", RIDDLE.name),
        )
        await made.database.write(lambda connection: enrol(connection, services.sealer, BRAND.name, bob))
        identity = BuiltInIdentity(made.database, services.sealer, made.clock, services.ids, codes=None, methods=METHODS_WITH_TOY)
        services = replace(services, identity=identity)
        yield replace(made, services=services, server=ConsentServer(services, Telemetry()))


async def test_a_toy_method_authenticates_on_the_page_of_a_journey(world: PageWorld):
    consent = await world.lodge()
    browser = await (await world.browser().begin(await world.push(consent))).log_in("bob")
    assert browser.shows("otp")
    assert "I went out and got it" in browser.text
    await browser.post({"otp": "door"})
    assert "not right" in browser.text
    await browser.post({"otp": ANSWER})
    assert browser.path == "/consent"
    await browser.approve(0)
    assert "code" in browser.answer
    agreed = await world.store.load(BRAND, consent.id)
    assert agreed is not None
    assert (agreed.state, agreed.psu_id) == (ConsentState.AUTHORISED, "psu-bob")


async def test_a_toy_method_authenticates_without_a_browser(world: PageWorld):
    """Its typed answers are counted, which the room does for every method."""
    authorisations = Authorisations(world.services, BRAND)
    authorisation_id = await authorisations.start(SubjectKind.CONSENT, (await world.lodge()).id)
    psu = await authorisations.log_in(authorisation_id, "bob", "bob-pw", peer="192.0.2.9")
    assert isinstance(psu, Psu)
    assert authorisations.choices(psu) == (RIDDLE,)
    await authorisations.choose_method(authorisation_id, psu, RIDDLE)
    await authorisations.begin_challenge(authorisation_id, psu)
    evidence = await authorisations.answer_challenge(authorisation_id, psu, ANSWER)
    assert evidence is not None
    assert (evidence.method, evidence.simulated) == (RIDDLE.name, True)
    second = await authorisations.start(SubjectKind.CONSENT, (await world.lodge()).id)
    await authorisations.log_in(second, "bob", "bob-pw", peer="192.0.2.9")
    await authorisations.choose_method(second, psu, RIDDLE)
    await authorisations.begin_challenge(second, psu)
    for _ in range(FAILURES_MAX):
        assert await authorisations.answer_challenge(second, psu, "door") is None
    with pytest.raises(AttemptsExhausted):
        await authorisations.answer_challenge(second, psu, ANSWER)
