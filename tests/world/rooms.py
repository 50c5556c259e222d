"""The services of a consent server on a real database: whole, but for those that a world makes its own."""

from typing import Any

from consent.authorization.clients.client_keys import ClientKeys
from consent.authorization.clients.current_clients import CurrentClients
from consent.authorization.keys.ring import KeyRing
from consent.services import Services
from consent.store.consents import ConsentStore
from consent.store.current_snapshots import ConsentSnapshots
from consent.store.tables import idempotency_keys, journal, locks, outbox
from kernel.clock import ManualClock
from kernel.commands.runner import Commands
from kernel.ids import Ids
from kernel.storage.database import Database
from kernel.storage.journal import Journal
from kernel.storage.sealed import Sealer
from openapi import DIALECTS
from plugins.key_stores.sealing_file import SealingFile
from tests.harness.addresses import Addresses
from tests.harness.keys import key_pool
from tests.harness.statuses import Statuses

SEALER = Sealer({1: b"k" * 32})


def make_services(
    database: Database, *, clock: ManualClock, ids: Ids, versions: Any, store_facts: dict[str, Any] | None = None, **own: Any
) -> Services:
    """`own` replaces members; `store_facts` go to the consent store."""
    record = Journal(journal, outbox)
    commands = Commands(
        database=database, clock=clock, versions=versions, journal=record, locks=locks, idempotency_keys=idempotency_keys
    )
    members = {
        "snapshots": ConsentSnapshots(database, SEALER),
        "clients": CurrentClients(database),
        "keys": KeyRing(database, SealingFile(SEALER), key_pool()),
        "identity": None,  # the PSU's pages are not opened
        "customer_accounts": None,
        "dialects": {dialect.name: dialect for dialect in DIALECTS},
        "store": ConsentStore(commands=commands, clock=clock, ids=ids, sealer=SEALER, **(store_facts or {})),
        "certificate_status": Statuses(),
        "record_token": lambda entry: None,
        "client_keys": ClientKeys(Addresses(), lambda: 0.0),
        **own,
    }
    return Services(
        database=database, commands=commands, versions=versions, clock=clock, ids=ids, sealer=SEALER, journal=record, **members
    )
