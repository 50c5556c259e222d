"""Password and code without a browser: no cookie, no page, no journey. The authorisation's id is all that a caller holds."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from consent.authentication.approval import Approval, NoAnswer, approve, reject
from consent.authentication.attempt_counts import CODES_SENT_MAX, AttemptsExhausted
from consent.authentication.attempts import BLOCKED_FOR, FAILURES_MAX, SENT_MAX
from consent.authentication.authorisations import Authorisations
from consent.authentication.challenge import AuthenticationUnavailable
from consent.authentication.consent_subject import ConsentSubject
from consent.errors import AuthorisationOver
from consent.ports import LinkedTerms, Psu, ScaEvidence
from consent.store.rows.authorisations import Approach, Shown, SubjectKind, load_authorisations
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import Consent, ConsentState
from kernel.banking.money import Money
from kernel.commands.unit_of_work import UnitOfWork
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.customers import CODE
from tests.world.pages import PageWorld

SHOWN = Shown(client_name="Acme", organisation_name="", clusters=(), until="", window="", accounts=(), page="none")
PEER = "192.0.2.9"
LINKED = LinkedTerms(Money("GBP", 100), "Merchant A", "80200110203345", "digest-1")


def room(world: PageWorld) -> Authorisations:
    return Authorisations(world.services, BRAND)


async def challenged(world: PageWorld, kind: SubjectKind, subject_id: str, linked: LinkedTerms | None = None) -> tuple[str, Psu]:
    """Bob, whose code is on its way."""
    authorisations = room(world)
    authorisation_id = await authorisations.start(kind, subject_id)
    psu = await authorisations.log_in(authorisation_id, "bob", "bob-pw", peer=PEER)
    assert psu is not None
    (method,) = authorisations.choices(psu)
    await authorisations.choose_method(authorisation_id, psu, method)
    await authorisations.begin_challenge(authorisation_id, psu, linked)
    return authorisation_id, psu


def approval_of(authorisation_id: str, psu: Psu, evidence: ScaEvidence) -> Approval:
    return Approval(psu.id, psu.customer_id, ("up-4",), (), authorisation_id, evidence, SHOWN)


def subject_of(world: PageWorld, consent: Consent) -> ConsentSubject:
    return ConsentSubject(world.services, BRAND, consent.id, CLIENT.caller)


async def test_a_consent_is_authorised_without_cookies_and_pages(both_world: PageWorld):
    """Each step shows as the state that the standards know; the answer issues nothing."""
    world = both_world
    authorisations, consent = room(world), await world.lodge()

    async def status() -> AuthorisationStatus:
        return (await authorisations.state(authorisation_id)).status

    authorisation_id = await authorisations.start(SubjectKind.CONSENT, consent.id)
    assert await status() is AuthorisationStatus.RECEIVED
    assert await authorisations.log_in(authorisation_id, "carol", "wrong", peer=PEER) is None
    psu = await authorisations.log_in(authorisation_id, "carol", "carol-pw", peer=PEER)
    assert psu is not None
    assert await status() is AuthorisationStatus.PSU_AUTHENTICATED
    (method,) = authorisations.choices(psu)
    assert method.name == "one_time_code", "a passkey needs a browser: the next method stands in"
    await authorisations.choose_method(authorisation_id, psu, method)
    assert await status() is AuthorisationStatus.METHOD_SELECTED
    challenge = await authorisations.begin_challenge(authorisation_id, psu)
    assert challenge.hint == "We have sent you a code."
    assert await status() is AuthorisationStatus.STARTED
    assert await authorisations.answer_challenge(authorisation_id, psu, "000000") is None
    evidence = await authorisations.answer_challenge(authorisation_id, psu, CODE)
    assert evidence is not None
    assert await status() is AuthorisationStatus.AUTHENTICATED
    await approve(world.services, BRAND, subject_of(world, consent), approval_of(authorisation_id, psu, evidence), NoAnswer())
    found = await authorisations.state(authorisation_id)
    assert (found.status, found.approach, found.evidence) == (AuthorisationStatus.SUCCEEDED, "embedded", evidence)
    authorised = await world.store.load(BRAND, consent.id)
    assert authorised is not None
    assert (authorised.state, authorised.psu_id) == (ConsentState.AUTHORISED, "psu-carol")
    books = world.books
    assert [await books.pages.journeys(), await books.oauth.codes(), await books.oauth.families()] == [[], [], []]


async def test_an_approval_counts_once_however_many_come_at_once(both_world: PageWorld):
    """No code and no request stand behind it: the authorisation alone is taken."""
    world = both_world
    consent = await world.lodge()
    authorisation_id, psu = await challenged(world, SubjectKind.CONSENT, consent.id)
    evidence = await room(world).answer_challenge(authorisation_id, psu, CODE)
    assert evidence is not None
    approval = approval_of(authorisation_id, psu, evidence)
    answers = await asyncio.gather(
        *(approve(world.services, BRAND, subject_of(world, consent), approval, NoAnswer()) for _ in range(3)),
        return_exceptions=True,
    )
    assert [answer for answer in answers if answer is None] == [None]
    assert [type(answer) for answer in answers if answer is not None] == [AuthorisationOver] * 2
    authorised = await world.store.load(BRAND, consent.id)
    assert authorised is not None
    assert authorised.version == 2


async def test_what_was_not_authenticated_approves_nothing(world: PageWorld):
    """Evidence that a caller makes up is not on record; another PSU's authorisation is not theirs."""
    consent = await world.lodge()
    authorisation_id, psu = await challenged(world, SubjectKind.CONSENT, consent.id)
    made_up = approval_of(authorisation_id, psu, ScaEvidence("one_time_code", world.clock.wall(), "ref"))
    subject = subject_of(world, consent)
    with pytest.raises(AuthorisationOver):
        await approve(world.services, BRAND, subject, made_up, NoAnswer())
    await room(world).answer_challenge(authorisation_id, psu, CODE)
    with pytest.raises(AuthorisationOver):
        await approve(world.services, BRAND, subject, replace(made_up, psu_id="psu-alice"), NoAnswer())
    awaiting = await world.store.load(BRAND, consent.id)
    assert awaiting is not None
    assert awaiting.state is ConsentState.AWAITING


async def test_steps_out_of_turn_change_nothing(world: PageWorld):
    authorisations, consent = room(world), await world.lodge()
    bob, alice = world.identity.psu("bob"), world.identity.psu("alice")
    authorisation_id = await authorisations.start(SubjectKind.CONSENT, consent.id, bob)
    assert (await authorisations.state(authorisation_id)).status is AuthorisationStatus.PSU_IDENTIFIED
    (method,) = authorisations.choices(bob)
    for step in (
        authorisations.choose_method(authorisation_id, bob, method),
        authorisations.begin_challenge(authorisation_id, bob),
        authorisations.answer_challenge(authorisation_id, bob, CODE),
        authorisations.exempt(authorisation_id),
        authorisations.state("another"),
    ):
        with pytest.raises(AuthorisationOver):
            await step
    assert await authorisations.log_in(authorisation_id, "alice", "alice-pw", peer=PEER) is None, "another PSU was named"
    await authorisations.log_in(authorisation_id, "bob", "bob-pw", peer=PEER)
    with pytest.raises(AuthorisationOver):
        await authorisations.choose_method(authorisation_id, alice, authorisations.choices(alice)[0])
    with pytest.raises(AuthorisationOver):
        await authorisations.begin_challenge(authorisation_id, bob)
    assert world.identity.started == []
    assert (await authorisations.state(authorisation_id)).status is AuthorisationStatus.PSU_AUTHENTICATED


async def test_an_exempted_authorisation_is_over_and_needs_no_challenge(world: PageWorld):
    authorisations, consent = room(world), await world.lodge()
    authorisation_id = await authorisations.start(SubjectKind.CONSENT, consent.id)
    psu = await authorisations.log_in(authorisation_id, "bob", "bob-pw", peer=PEER)
    assert psu is not None
    await authorisations.exempt(authorisation_id)
    found = await authorisations.state(authorisation_id)
    assert (found.status, found.ended_at) == (AuthorisationStatus.EXEMPTED, world.clock.wall())
    with pytest.raises(AuthorisationOver):
        await authorisations.choose_method(authorisation_id, psu, authorisations.choices(psu)[0])


async def test_a_customer_confirms_on_another_device(world: PageWorld, monkeypatch: pytest.MonkeyPatch):
    """Decoupled: named by who asks, known by the device alone; asking what they did guesses nothing."""
    monkeypatch.setitem(world.identity.enrolled, "bob", ("one_time_code", "decoupled"))
    authorisations, consent, bob = room(world), await world.lodge(), world.identity.psu("bob")
    authorisation_id = await authorisations.start(SubjectKind.CONSENT, consent.id, bob, approach=Approach.DECOUPLED)
    challenge = await authorisations.ask_device(authorisation_id, bob)
    assert challenge.method == "decoupled"
    for _ in range(FAILURES_MAX + 1):
        assert await authorisations.answer_challenge(authorisation_id, bob, "") is None
        assert (await authorisations.state(authorisation_id)).status is AuthorisationStatus.STARTED
    world.identity.confirmed = True
    evidence = await authorisations.answer_challenge(authorisation_id, bob, "")
    assert evidence is not None
    approval = approval_of(authorisation_id, bob, evidence)
    await approve(world.services, BRAND, subject_of(world, consent), approval, NoAnswer())
    found = await authorisations.state(authorisation_id)
    assert (found.status, found.method) == (AuthorisationStatus.SUCCEEDED, "decoupled")


async def test_a_device_is_asked_only_where_the_customer_is_decoupled_and_has_one(
    world: PageWorld, monkeypatch: pytest.MonkeyPatch
):
    authorisations, consent, bob = room(world), await world.lodge(), world.identity.psu("bob")
    decoupled = await authorisations.start(SubjectKind.CONSENT, consent.id, bob, approach=Approach.DECOUPLED)
    with pytest.raises(AuthenticationUnavailable):
        await authorisations.ask_device(decoupled, bob)
    monkeypatch.setitem(world.identity.enrolled, "bob", ("decoupled",))
    bob = world.identity.psu("bob")
    embedded = await authorisations.start(SubjectKind.CONSENT, consent.id, bob)
    for authorisation_id, psu in ((embedded, bob), (decoupled, world.identity.psu("alice"))):
        with pytest.raises(AuthorisationOver):
            await authorisations.ask_device(authorisation_id, psu)
    assert world.identity.started == []
    for _ in range(CODES_SENT_MAX):
        await authorisations.ask_device(decoupled, bob)
    with pytest.raises(AttemptsExhausted):
        await authorisations.ask_device(decoupled, bob)


async def test_wrong_codes_count_in_the_authorisation_and_with_those_of_the_pages(world: PageWorld):
    """RTS (EU) 2018/389 article 4(3)(b): five, whichever way they come."""
    consent = await world.lodge()
    authorisation_id, psu = await challenged(world, SubjectKind.CONSENT, consent.id)
    for _ in range(FAILURES_MAX):
        assert await room(world).answer_challenge(authorisation_id, psu, "000000") is None
    with pytest.raises(AttemptsExhausted):
        await room(world).answer_challenge(authorisation_id, psu, CODE)
    browser = await (await world.browser().begin(await world.push(await world.lodge()))).log_in("bob")
    await browser.post({"otp": CODE})
    assert browser.path == "/sca", "the customer is blocked there too"
    world.clock.advance(BLOCKED_FOR)
    await room(world).begin_challenge(authorisation_id, psu)
    with pytest.raises(AttemptsExhausted):
        await room(world).answer_challenge(authorisation_id, psu, CODE)


async def test_wrong_passwords_and_sendings_count_in_the_authorisation(world: PageWorld):
    authorisations, consent = room(world), await world.lodge()
    authorisation_id = await authorisations.start(SubjectKind.CONSENT, consent.id)
    for name in ("alice", "bob", "carol", "dave", "gale"):
        assert await authorisations.log_in(authorisation_id, name, "wrong", peer=PEER) is None
    with pytest.raises(AttemptsExhausted):
        await authorisations.log_in(authorisation_id, "bob", "bob-pw", peer=PEER)
    authorisation_id, psu = await challenged(world, SubjectKind.CONSENT, consent.id)
    for _ in range(CODES_SENT_MAX - 1):
        await authorisations.begin_challenge(authorisation_id, psu)
    with pytest.raises(AttemptsExhausted):
        await authorisations.begin_challenge(authorisation_id, psu)
    assert CODES_SENT_MAX < SENT_MAX


@dataclass
class ToyOrder:
    """A subject that is no consent: it is paid, or it is not."""

    id: str
    fate: list[str] = field(default_factory=list)

    async def load_subjects(self, psu_id: str | None = None) -> Sequence[str]:
        return ()

    async def hold(self, _unit: UnitOfWork, approval: Approval) -> str:
        if approval.linked != LINKED.digest:
            raise AuthorisationOver("linked to something else")
        return self.id

    async def authorise(self, _unit: UnitOfWork, held: str, _approval: Approval) -> str:
        self.fate.append(f"{held} is paid")
        return held

    async def lock(self, _unit: UnitOfWork) -> None:
        """A toy is alone."""

    async def reject(self, _unit: UnitOfWork, psu_id: str) -> None:
        self.fate.append(f"refused by {psu_id}")


@dataclass
class Receipt:
    async def claim(self, _unit: UnitOfWork) -> None:
        """Anyone may have one."""

    async def issue(self, _unit: UnitOfWork, given: str) -> str:
        return f"receipt for {given}"


async def test_another_subject_than_a_consent_fits(world: PageWorld):
    """Authenticated for its own terms (RTS article 5) and approved with an answer of its own; rejected likewise."""
    order = ToyOrder("order-1")
    authorisation_id, psu = await challenged(world, SubjectKind.ORDER, order.id, LINKED)
    assert await room(world).answer_challenge(authorisation_id, psu, CODE) is None, "for no payment"
    evidence = await room(world).answer_challenge(authorisation_id, psu, CODE, LINKED)
    assert evidence is not None
    receipt = await approve(world.services, BRAND, order, approval_of(authorisation_id, psu, evidence), Receipt())
    assert (receipt, order.fate) == ("receipt for order-1", ["order-1 is paid"])
    other, _ = await challenged(world, SubjectKind.ORDER, order.id, LINKED)
    await reject(world.services, BRAND, order, Receipt().claim, closing=(), psu_id=psu.id, authorisation_id=other)
    assert order.fate[1:] == ["refused by psu-bob"]
    async with world.database.read() as connection:
        kept = await load_authorisations(connection, world.services.sealer, BRAND.name, order.id, SubjectKind.ORDER)
        none = await load_authorisations(connection, world.services.sealer, BRAND.name, order.id)
    assert [one.status for one in kept] == [AuthorisationStatus.SUCCEEDED, AuthorisationStatus.FAILED]
    assert none == ()
