"""A small world for the PSU's pages: one brand, real tables, hand-made customers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from consent.app import ConsentServer
from consent.authorization.authorize.pushed import PushedRequest, issue_pushed
from consent.authorization.clients.client import Client
from consent.services import NoPriorAnswers, PriorAnswers, Services
from consent.store.consents import ConsentStore
from consent.store.tables import lease
from kernel.banking.consents import AccountsTerms, Consent, ConsentKind, ConsentLodgement
from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.ids import SeededIds, hash_secret
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from kernel.storage.lease import Lease
from orders.room import Room
from orders.services import PaymentOrders
from tests.harness.books.books import Books
from tests.harness.damage.oauth import insert_clients
from tests.harness.lock_order import keeping_lock_order
from tests.world.brands import BRAND, START
from tests.world.browser import Browser
from tests.world.clients import BOROUGH, CLIENT, PERMISSIONS, REDIRECT_URI
from tests.world.customers import Accounts, Identity, Payees
from tests.world.rooms import make_services


class DirectVersions:
    """Runs the write and remembers what it said: no cache."""

    def __init__(self) -> None:
        self.published: dict[str, int] = {}
        self.unnamed: set[str] = set()  # moved without having been named: each costs a new epoch

    async def change(
        self,
        subjects: Sequence[str],
        write: Callable[[], Awaitable[tuple[Any, Mapping[str, int]]]],
    ) -> Any:
        value, versions = await write()
        self.published |= versions
        self.unnamed |= versions.keys() - set(subjects)
        return value


@dataclass
class PageWorld:
    services: Services
    store: ConsentStore
    clock: ManualClock
    identity: Identity
    versions: DirectVersions
    database: Database
    server: ConsentServer

    async def lodge(self, client: Client = CLIENT, brand: Brand = BRAND, **facts: Any) -> Consent:
        """`facts` are members of the lodgement, or of its terms of access to accounts."""
        data = {name: facts.pop(name) for name in AccountsTerms.__struct_fields__ if name in facts}
        terms = AccountsTerms(**{"permissions": PERMISSIONS} | data)
        lodgement = ConsentLodgement(**{"kind": ConsentKind.ACCOUNTS, "lodged_as": "uk_obie/v4.0", "terms": terms} | facts)
        return await self.store.lodge(brand, client.caller, lodgement)

    async def push(self, consent: Consent | None, client: Client = CLIENT, brand: Brand = BRAND) -> PushedRequest:
        secret = self.services.ids.secret()
        pushed = PushedRequest(
            brand=brand.name,
            id=hash_secret(secret),
            client_id=client.id,
            redirect_uri=REDIRECT_URI,
            scope=("openid", "accounts"),
            code_challenge="c" * 43,
            created_at=self.clock.wall(),
            expires_at=self.clock.wall() + timedelta(seconds=90),
            state="the-state",
            nonce="the-nonce",
            consent_id=consent.id if consent else None,
        )
        await self.database.write(lambda connection: issue_pushed(connection, pushed))
        return pushed

    def browser(self, **facts: Any) -> Browser:
        return Browser(self, **facts)

    @property
    def books(self) -> Books:
        return Books(self.database.read)

    def lease(self, database: Database | None = None) -> Lease:
        """One more holder of the sweeper's."""
        return Lease(database or self.database, lease, self.clock, self.services.ids, brand=BRAND.name, name="sweeper")


@asynccontextmanager
async def page_world(database_url: str, *, worker: int = 0, prior_answers: PriorAnswers | None = None, **facts: Any):
    """On a database that has its tables. `worker` 1 and more: further ones of a cluster whose first has registered the clients."""
    async with Database.open(database_url) as database:
        clock, versions = ManualClock(START), DirectVersions()
        identity = Identity(clock)
        services = make_services(
            database,
            clock=clock,
            ids=SeededIds(f"journey {worker}"),
            versions=versions,
            store_facts=facts,
            identity=identity,
            customer_accounts=Accounts(),
            payees=Payees(),
            prior_answers=prior_answers or NoPriorAnswers(),
        )

        room = Room(commands=services.commands, clock=clock, ids=services.ids, sealer=services.sealer, consents=services.store)
        services = replace(services, orders=PaymentOrders(room=room))
        if worker == 0:
            await insert_clients(database, CLIENT, BOROUGH)
        with keeping_lock_order(database):
            yield PageWorld(services, services.store, clock, identity, versions, database, ConsentServer(services, Telemetry()))
