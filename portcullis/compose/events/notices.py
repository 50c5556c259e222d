"""Join notices to TPPs: the facts of the outbox that become notices, and the addresses at which clients may be notified."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from consent.authorization.clients.client import Client
from consent.authorization.clients.current_clients import CurrentClients
from consent.store import tables as consent_tables
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.http.outbound.fetcher import Fetcher, Unanswered
from kernel.ids import Ids
from kernel.observability.telemetry import Telemetry
from kernel.outbox.registered import register_sinks
from kernel.storage.lease import Lease
from notices.backlog import Backlog
from notices.dispatcher import SEND_EVERY_SECONDS, Dispatcher
from notices.janitor import CLEAN_EVERY_SECONDS, Janitor
from notices.ports import SigningKeys
from notices.room import SINK, Room
from notices.rows.subscriptions import has_subscriptions
from notices.waits import Waits
from portcullis.compose.events.singleton import Singleton


def compose_notices(commands: Commands, clock: Clock, ids: Ids) -> Room:
    return Room(commands=commands, clock=clock, ids=ids, outbox=consent_tables.OUTBOX, waits=Waits())


@dataclass(frozen=True, slots=True)
class RegisteredCallbacks:
    """The gateway's Callbacks port, and the dispatcher's Addresses: hosts that the client has registered, as far as the fetcher may ask
    them."""

    clients: CurrentClients
    fetcher: Fetcher

    async def refusal_of(self, brand: Brand, client_id: str, url: str) -> str:
        if not await self.is_registered(brand, client_id, url):
            return "not a host that the client has registered"
        try:
            await self.fetcher.judge(url)
        except Unanswered as refused:
            return str(refused)
        return ""

    async def is_registered(self, brand: Brand, client_id: str, url: str) -> bool:
        client = await self.clients.current(brand, client_id, fresh=True)
        return client is not None and client.active and urlsplit(url).hostname in hosts_of(client)


def hosts_of(client: Client) -> frozenset[str]:
    """Those of its redirect URIs, of its keys and of its other notifications."""
    named = (*client.redirect_uris, client.jwks_uri, client.backchannel_client_notification_endpoint)
    return frozenset(host for url in named if url and (host := urlsplit(url).hostname))


async def compose_notice_work(
    room: Room, brand: Brand, keys: SigningKeys, callbacks: RegisteredCallbacks, telemetry: Telemetry
) -> tuple[Singleton, ...]:
    """The singletons that send and remove the notices of one brand. Where clients have subscribed, notices are a sink of the outbox, also
    after a person forgot it."""
    dispatcher = Dispatcher(room=room, brand=brand, keys=keys, addresses=callbacks, notify=callbacks.fetcher)
    async with room.database.read() as connection:
        if await has_subscriptions(connection, brand.name):
            await register_sinks(room.commands, (room.outbox,), brand, (SINK,))
    backlog = Backlog(database=room.database, clock=room.clock, brand=brand)
    _watch(telemetry, dispatcher, backlog)

    async def send(lease: Lease) -> None:
        await backlog.refresh()
        await dispatcher.run(lease)

    janitor = Janitor(commands=room.commands, clock=room.clock, brand=brand)
    return (("notices", SEND_EVERY_SECONDS, send), ("notices-janitor", CLEAN_EVERY_SECONDS, janitor.run))


def _watch(telemetry: Telemetry, dispatcher: Dispatcher, backlog: Backlog) -> None:
    brand = dispatcher.brand.name
    age = "Age of the oldest notice that a client's address has not got, in seconds; no number on a server that does not send."
    telemetry.watch("notices_age_seconds", age, backlog.age_seconds, brand=brand)
    telemetry.watch("notices_unresponsive", "Addresses of clients that were given up.", backlog.unresponsive, brand=brand)
    telemetry.watch(
        "notices_sent", "Notices that clients' addresses took, since the start.", lambda: dispatcher.sent, brand=brand
    )
    telemetry.watch(
        "notices_failed", "Attempts at clients' addresses that failed, since the start.", lambda: dispatcher.failed, brand=brand
    )
