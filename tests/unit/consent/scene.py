"""A scene on which any two commands meet: one client, one customer, one consent with a family, and what either is about to use."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec

from consent.authentication.approval import Approve, Reject, reject
from consent.authentication.consent_subject import ConsentSubject
from consent.authorization.agreement.payee import TakePayeeCheck
from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.authorize.response import RefuseRequest
from consent.authorization.authorize.stored_request import StoreRequest
from consent.authorization.backchannel.customers import ReturnLookUp, TakeLookUp
from consent.authorization.backchannel.endpoint import AskCustomer
from consent.authorization.backchannel.notifier import CloseNotification, TakeNotifications
from consent.authorization.backchannel.rows import RequestState
from consent.authorization.clients.client import Registration
from consent.authorization.clients.commands import DeactivateClient, RegisterClient, ReplaceClient, RevokeRegistrationToken
from consent.authorization.clients.registry import deactivate_client, replace_client, revoke_registration_token
from consent.authorization.grants.authorization_code import RedeemCode
from consent.authorization.grants.ciba import RedeemAnswer
from consent.authorization.grants.grant import TokenRequest
from consent.authorization.keys.rotation import ChangeKeySet, NameKeySet, begin_rotation
from consent.authorization.tokens.codes import load_code
from consent.authorization.tokens.revoke import DenyToken, EndFamily, deny_token, revoke_family
from consent.ports import AccountRemoval, Psu
from consent.store.account_removal import RecordClosure
from consent.store.consents import ChangeConsent, LodgeConsent, LodgeOnce, RemoveAccount
from consent.store.funds_checks import FundsChecks, RecordFundsCheck
from consent.store.organisations import RegisterOrganisation
from consent.store.past_rows import STALE, FailAbandoned, RemoveStale
from consent.store.rows.organisations import Organisation
from gateway.ports import Access
from kernel.access import AccessToken, Confirmation, Grant
from kernel.banking.consents import Consent
from kernel.banking.funds_checks import FundsCheck
from kernel.banking.money import Money
from kernel.ids import hash_secret
from kernel.storage.journal import Entry
from portcullis.compose.records import RecordAccesses, RecordEntries
from tests.harness.damage.oauth import change_backchannel_request, deactivate_all_but
from tests.harness.damage.rows import empty
from tests.unit.consent.bank_scene import BANK_COMMANDS, Desk
from tests.unit.consent.notice_scene import NOTICE_ACTS, NoticeDesk
from tests.unit.consent.order_scene import ORDER_ACTS, Till
from tests.unit.consent.visitor import COMMANDS, Visitor
from tests.world.approval import asked_by
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.certificates import certificate
from tests.world.keys import KEYS

Act = Callable[[], Awaitable[Any]]
REGISTRATION = Registration(token_hash="0" * 64, statement="", claims={})
ALICE = Psu(id="alice", customer_id="alice", display_name="Alice", sca_methods=("device",))


@dataclass
class Scene:
    """`code` redeems the family `family_id`; `uris` are requests that wait for an answer, one for each command that gives one."""

    world: AuthorizationWorld
    consent: Consent
    code: str
    family_id: str
    uris: list[str]
    client_id: str
    auth_req_id: str
    desk: Desk
    till: Till
    notices: NoticeDesk
    visitor: Visitor

    @classmethod
    async def make(cls, world: AuthorizationWorld) -> "Scene":
        acme, services = world.acme, world.services
        world.monotonic.seconds += 60  # no limit of an earlier scene counts
        await empty(world.database, "closed_accounts", "consent_accounts", "backchannel_requests")  # of an earlier scene
        await deactivate_all_but(world.database, [tpp.client.id for tpp in world.tpps.values()])
        consent = await world.lodge(acme)
        uris = [await world.pushed_uri(acme, consent.id) for _ in range(3)]
        code = (await world.approve(acme, uris.pop())).location["code"]
        async with world.database.read() as connection:
            row = await load_code(connection, BRAND.name, code)
        assert row is not None
        other = msgspec.structs.replace(acme.client, id=services.ids.uuid(), registration=REGISTRATION)
        await services.commands.run(RegisterClient(services=services, client=other, actor="system"))
        asked = await asked_by(world, acme, await world.pushed_uri(acme, consent.id))
        visitor = await Visitor.make(services, ALICE, asked)
        desk = await Desk.make(world)
        till, notices = await Till.make(world), await NoticeDesk.make(world)
        scene = cls(world, consent, code, row.family_id, uris, other.id, services.ids.secret(), desk, till, notices, visitor)
        await scene.ask(scene.auth_req_id)()
        answered = {"state": RequestState.APPROVED.value, "family_id": row.family_id, "auth_time": world.clock.wall()}
        await change_backchannel_request(world.database, hash_secret(scene.auth_req_id), **answered)
        return scene

    def asking(self, consent_id: str | None) -> AuthorizationRequest:
        world = self.world
        asking = AuthorizationRequest(
            world.services, BRAND, world.acme.client, world.acme.request_of(consent_id), consent_id=consent_id
        )
        asking.scope, asking.seconds = ("openid", "accounts"), 300
        asking.valid_until = world.clock.wall() + timedelta(minutes=1)
        return asking

    def run(self, command: Any) -> Act:
        return lambda: self.world.services.commands.run(command)

    def ask(self, secret: str) -> Act:
        return self.run(AskCustomer(self.asking(self.consent.id), ALICE, secret))

    def token_request(self, **parameters: str) -> TokenRequest:
        world = self.world
        bound = Confirmation("x5t#S256", certificate("acme").thumbprint)
        return TokenRequest(world.services, BRAND, world.acme.client, parameters, bound)


def _on_pages(command: Callable[[Visitor], Any]) -> Callable[[Scene], Act]:
    """Made as the act begins: each has its own ids."""
    return lambda scene: lambda: scene.world.services.commands.run(command(scene.visitor))


def _register(scene: Scene) -> Act:
    services = scene.world.services
    client = msgspec.structs.replace(scene.world.acme.client, id=services.ids.uuid(), registration=REGISTRATION)
    return scene.run(RegisterClient(services=services, client=client, actor="system"))


def _replace(scene: Scene) -> Act:
    metadata = scene.world.metadata("acme", KEYS["acme-1"])
    return lambda: replace_client(scene.world.services, BRAND, scene.client_id, metadata)


def _revoke_registration(scene: Scene) -> Act:
    return lambda: revoke_registration_token(scene.world.services, BRAND, scene.client_id, REGISTRATION, reason="test")


def _deny(scene: Scene) -> Act:
    world = scene.world
    token = AccessToken(
        jti="the same for both",
        client_id=scene.client_id,
        subject="",
        scope=frozenset(),
        grant=Grant.AUTHORIZATION_CODE,
        expires_at=world.clock.wall() + timedelta(minutes=5),
        confirmation=Confirmation("jkt", ""),
    )
    return lambda: deny_token(world.services, BRAND, token, actor="system")


def _reject(scene: Scene) -> Act:
    world = scene.world

    async def claim(_unit: Any) -> None:
        """No other PSU answers."""

    async def act() -> None:
        subject = ConsentSubject(world.services, BRAND, scene.consent.id, world.acme.client.caller)
        closing = await subject.load_subjects()
        await reject(world.services, BRAND, subject, claim, closing=closing, psu_id="alice", authorisation_id=None)

    return act


def _approve(scene: Scene) -> Act:
    uri = scene.uris.pop()
    return lambda: scene.world.approve(scene.world.acme, uri)


def _refuse(scene: Scene) -> Act:
    return scene.run(RefuseRequest(BRAND.name, hash_secret(scene.uris[-1].rsplit(":", 1)[-1])))


def _remove(scene: Scene) -> Act:
    return lambda: scene.world.services.store.remove_account(BRAND, "account-1", AccountRemoval.CLOSED)  # type: ignore[attr-defined]


def _register_organisation(scene: Scene) -> Act:
    now = scene.world.clock.wall()
    organisation = Organisation(
        brand=BRAND.name, id=scene.client_id, name="By certificate", authority_id="GB-FCA", created_at=now
    )
    return scene.run(RegisterOrganisation(organisation, "thumbprint", ["PSP_AI"]))


def _record_accesses(scene: Scene) -> Act:
    """Of this scene's consent and of two that every scene shares."""
    world, ids = scene.world, [scene.consent.id, "consent-1", "consent-2"]
    random.shuffle(ids)
    shown = Access(
        brand=BRAND.name,
        operation="read_balances",
        dialect="book",
        caller_id=scene.client_id,
        actor=f"client:{scene.client_id}",
        consent_id="",
        psu_present=True,
        account_ids=("a1",),
        status=200,
        outcome="allowed",
        at=world.clock.wall(),
        interaction_id="i",
        milliseconds=1.0,
    )
    return scene.run(RecordAccesses([replace(shown, consent_id=consent_id) for consent_id in ids], timedelta()))


def _record_funds_check(scene: Scene) -> Act:
    """Of the scene's consent: the lock is the same for every kind."""
    services = scene.world.services
    checks = FundsChecks(commands=services.commands, clock=services.clock, sealer=services.sealer)
    check = FundsCheck(
        id=services.ids.uuid(),
        consent_id=scene.consent.id,
        reference="Purchase02",
        amount=Money("GBP", 2_000),
        is_available=True,
        at=services.clock.now(),
    )
    return scene.run(RecordFundsCheck(checks, BRAND.name, scene.world.acme.client.caller, check))


def _record_entries(scene: Scene) -> Act:
    entry = Entry(brand=BRAND.name, kind="access.refused", aggregate_id="acme", at=scene.world.clock.wall(), actor="client:acme")
    return scene.run(RecordEntries([entry, entry]))


def _remove_stale(scene: Scene) -> Act:
    """All that other commands lock, as if a day had passed."""
    later = scene.world.clock.wall() + timedelta(days=2)
    removals = [
        RemoveStale(brand=BRAND.name, stale=stale, now=later, most=500)
        for stale in STALE
        if stale.table.name in {"locks", "codes"}
    ]

    async def act() -> None:
        for removal in removals:
            await scene.run(removal)()

    return act


def _fail_abandoned(scene: Scene) -> Act:
    return scene.run(FailAbandoned(brand=BRAND.name, now=scene.world.clock.wall() + timedelta(days=2), most=500))


def _at_till(act: Callable[[Till], Act]) -> Callable[[Scene], Act]:
    return lambda scene: act(scene.till)


def _of_notices(act: Callable[[NoticeDesk], Act]) -> Callable[[Scene], Act]:
    return lambda scene: act(scene.notices)


def _at_desk(make: Callable[[Desk], Any]) -> Callable[[Scene], Act]:
    return lambda scene: scene.run(make(scene.desk))


LOOK_UPS, PAYEES = "hint/of one organisation", "payee/of one customer"
ACTS: dict[type, Callable[[Scene], Act]] = {
    RegisterClient: _register,
    ReplaceClient: _replace,
    RevokeRegistrationToken: _revoke_registration,
    DeactivateClient: lambda scene: lambda: deactivate_client(scene.world.services, BRAND, scene.client_id),
    EndFamily: lambda scene: lambda: revoke_family(scene.world.services, BRAND, scene.family_id, actor="system", reason="test"),
    DenyToken: _deny,
    RedeemCode: lambda scene: scene.run(RedeemCode(scene.token_request(), scene.code)),
    RedeemAnswer: lambda scene: scene.run(RedeemAnswer(scene.token_request(), hash_secret(scene.auth_req_id))),
    StoreRequest: lambda scene: scene.run(StoreRequest(scene.asking(None), scene.world.services.ids.secret())),
    RefuseRequest: _refuse,
    AskCustomer: lambda scene: scene.ask(scene.world.services.ids.secret()),
    TakePayeeCheck: lambda scene: scene.run(TakePayeeCheck(BRAND.name, PAYEES, scene.world.clock.wall())),
    TakeLookUp: lambda scene: scene.run(TakeLookUp(BRAND.name, LOOK_UPS, scene.world.clock.wall())),
    ReturnLookUp: lambda scene: scene.run(ReturnLookUp(BRAND.name, LOOK_UPS)),
    TakeNotifications: lambda scene: scene.run(TakeNotifications(BRAND.name, scene.world.clock.wall())),
    CloseNotification: lambda scene: scene.run(CloseNotification(BRAND.name, hash_secret(scene.auth_req_id))),
    NameKeySet: lambda scene: scene.run(NameKeySet(BRAND.name)),
    ChangeKeySet: lambda scene: lambda: begin_rotation(scene.world.services, BRAND.name),
    LodgeConsent: lambda scene: lambda: scene.world.lodge(scene.world.acme),
    LodgeOnce: lambda scene: lambda: scene.world.lodge_once(scene.world.acme),
    ChangeConsent: lambda scene: (
        lambda: scene.world.services.store.withdraw(BRAND, scene.world.acme.client.caller, scene.consent.id)
    ),
    RecordClosure: _remove,
    RecordFundsCheck: _record_funds_check,
    RegisterOrganisation: _register_organisation,
    RecordAccesses: _record_accesses,
    RecordEntries: _record_entries,
    RemoveStale: _remove_stale,
    FailAbandoned: _fail_abandoned,
    RemoveAccount: _remove,
    Approve: _approve,
    Reject: _reject,
    **{kind: _at_till(act) for kind, act in ORDER_ACTS.items()},
    **{kind: _of_notices(act) for kind, act in NOTICE_ACTS.items()},
    **{kind: _at_desk(make) for kind, make in BANK_COMMANDS.items()},
    **{kind: _on_pages(command) for kind, command in COMMANDS.items()},
}
