"""A composed server delivers its outboxes to the sinks that it was given, and says how far they are."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import pytest

from consent.authorization.keys.ring import KeyRing
from kernel import json
from kernel.clock import SystemClock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.ids import RandomIds
from kernel.observability.telemetry import Telemetry
from kernel.outbox.ports import Envelope
from kernel.storage.database import Database
from kernel.storage.journal import Event
from kernel.storage.sealed import Sealer
from plugins.key_stores.sealing_file import SealingFile
from plugins.upstreams.built_in import BuiltInBank
from portcullis.compose.composition import Parts, compose
from portcullis.compose.contexts import upgrade_contexts
from portcullis.compose.events.sinks import OpenSink
from portcullis.serving.singletons import run_singletons
from portcullis.settings.schema import Settings
from tests.harness.addresses import Addresses
from tests.harness.keys import key_pool
from tests.harness.statuses import Statuses


class AwaitedSink:
    name = "warehouse"
    at_once = 1

    def __init__(self) -> None:
        self.taken: asyncio.Queue[Envelope] = asyncio.Queue()

    async def deliver(self, envelope: Envelope) -> None:
        await self.taken.put(envelope)


@dataclass(frozen=True)
class Publish:
    name = "publish"
    locks = ()
    event: Event

    async def handle(self, unit: UnitOfWork) -> None:
        unit.publish(self.event)


def event_of(brand: str) -> Event:
    at = datetime.now(UTC)
    return Event(
        brand=brand, id=f"e-{brand}", kind="consent.lodged", aggregate_id="c-1", aggregate_version=1, at=at, body={"n": 1}
    )


async def test_an_event_reaches_the_sinks_of_its_brand(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("portcullis.compose.composition.KeyRing", partial(KeyRing, generate=key_pool()))
    clock, sealer, telemetry, settings = SystemClock(), Sealer({1: b"k" * 32}), Telemetry(), Settings()
    mine, others = AwaitedSink(), AwaitedSink()
    async with Database.open(sqlite_url) as database:
        await upgrade_contexts(database, sandbox=False)
        bank = BuiltInBank(database, sealer, clock)
        parts = Parts(
            settings=settings,
            brands=settings.resolved_brands(),
            database=database,
            clock=clock,
            ids=RandomIds(),
            sealer=sealer,
            key_store=SealingFile(sealer),
            identity=None,
            customer_accounts=bank,
            accounts=bank,
            fetcher=Addresses(),
            directories=(),
            certificate_status=Statuses(),
            telemetry=telemetry,
            sinks=(OpenSink(mine, ("main",)), OpenSink(others, ("another",))),
        )
        async with compose(parts) as composition, run_singletons(composition, parts.brands, parts.telemetry):
            await composition.services.commands.run(Publish(event_of("main")))
            envelope = await mine.taken.get()
            document = json.decode(envelope.content, dict)
            assert (document["id"], document["source"]) == ("e-main", parts.brands[0].issuer)
            assert others.taken.empty()
            said = dict(re.findall(r"^portcullis_(\S+) (\S+)$", telemetry.render().decode(), re.MULTILINE))
            labels = '{brand="main",sink="warehouse"}'
            assert said[f"events_parked{labels}"] == "0.0"
            assert f"events_age_seconds{labels}" in said
            assert f"events_delivered{labels}" in said
