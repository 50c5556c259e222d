"""The acts of the control API. Each goes through a port that production also has."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authorization.backchannel.outcome import load_waiting_request
from consent.ports import Psu
from consent.services import Services
from consent.store.tables import metadata as consent_metadata
from kernel.brand import Brand
from kernel.errors import FieldInvalid
from kernel.ids import hash_secret
from notices.tables import metadata as notices_metadata
from orders.tables import metadata as orders_metadata
from plugins.ledger.tables import metadata as ledger_metadata
from plugins.psu_identity.tables import metadata as psu_identity_metadata
from sandbox.bank.erasure import erase
from sandbox.bank.source import Source
from sandbox.bank.tables import metadata as bank_metadata
from sandbox.clock import METADATA as CLOCK_METADATA
from sandbox.clock import MovedClock
from sandbox.control.clerk import find_persona, names_of, not_one
from sandbox.control.surface import Answer, Decision
from sandbox.decisions.backchannel import decide_request, find_waiting
from sandbox.decisions.stored import decide
from sandbox.decisions.tables import METADATA as DECISIONS_METADATA
from sandbox.tpps.new_tpp import NewTpp
from sandbox.tpps.tpps import Tpps

METADATA_OF_ALL = (
    consent_metadata,
    orders_metadata,
    notices_metadata,
    DECISIONS_METADATA,
    ledger_metadata,
    psu_identity_metadata,
    bank_metadata,
    CLOCK_METADATA,
)
KEPT_AT_RESET = frozenset({"clients", "key_sets", "signing_keys", "hot_state_epoch", "lease"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    services: Services
    moved_clock: MovedClock
    tpps: Tpps
    source: Source
    reload_certificates: Callable[[], Awaitable[None]]
    resetting: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    async def decide(self, brand: Brand, consent_id: str, approve: bool, decision: Decision) -> None:
        """A persona's answer to the consent: to the backchannel request that waits for it, else to the page that is due, or the next one.
        Raises FieldInvalid, ConsentUnknown and what else forbids the answer."""
        psu = await find_persona(self.services.identity, brand, decision.persona)
        chosen = await self._chosen(brand, psu, decision.accounts) if approve and decision.accounts is not None else None
        request_id = await find_waiting(self.services, brand, consent_id)
        if request_id is not None:
            await decide_request(self.services, brand, request_id, psu, approve=approve, upstream_ids=chosen)
            return
        await decide(self.services, brand, consent_id=consent_id, client_id=None, approve=approve, psu=psu, upstream_ids=chosen)

    async def answer(self, brand: Brand, auth_req_id: str, approve: bool, answer: Answer) -> None:
        """Raises FieldInvalid, AuthenticationAnswered and what else forbids the answer."""
        request_id = hash_secret(auth_req_id)
        waiting = await load_waiting_request(self.services, brand, request_id)
        if answer.persona is not None:
            psu = await find_persona(self.services.identity, brand, answer.persona)
        else:
            asked = await self.services.identity.find(brand, waiting.request.psu_id)
            assert asked is not None, "personas are never removed"
            psu = asked
        chosen = await self._chosen(brand, psu, answer.accounts) if approve and answer.accounts is not None else None
        await decide_request(self.services, brand, request_id, psu, approve=approve, upstream_ids=chosen)

    async def new_tpp(self, brand: Brand, asked: NewTpp) -> dict[str, Any]:
        """As `portcullis tpp new`: the content of client.json, and where it lies."""
        folder = self.tpps.free_folder(asked.name)
        made = await self.tpps.ensure(brand, asked)
        return {**made, "folder": str(folder)}

    async def revoke_tpp(self, name: str) -> dict[str, Any]:
        """The TPP's transport certificate is on the authority's list, and the server has read it, when this returns."""
        revoked = await self.tpps.revoke(name)
        await self.reload_certificates()
        return revoked

    async def renew_tpp(self, brand: Brand, name: str) -> dict[str, Any]:
        """New certificates for a TPP: as new_tpp."""
        renewed = await self.tpps.renew(brand, name)
        return {**renewed, "folder": str(self.tpps.directory_path / name)}

    async def reset(self, brand: Brand) -> None:
        """Remove every consent, token and journey, rebuild the bank as on its first day, and set the clock right. Clients and keys stay.

        Runs to its end even if the caller has gone or its request timed out, so the bank is always complete. A second caller
        meanwhile waits for the same end."""
        if not self.resetting:
            task = asyncio.create_task(self._reset(brand), name="reset")
            self.resetting.add(task)
            task.add_done_callback(self.resetting.discard)
        await asyncio.shield(next(iter(self.resetting)))

    async def _reset(self, brand: Brand) -> None:
        async def work(connection: AsyncConnection) -> None:
            tables = [table for metadata in METADATA_OF_ALL for table in reversed(metadata.sorted_tables)]
            await erase(connection, [table for table in tables if table.name not in KEPT_AT_RESET], brand.name)

        log.info("reset_began", removes=["consents", "tokens", "journeys", "the clock's offset"], keeps=["TPPs", "keys"])
        await self.services.database.write(work)
        await self.services.versions.forget()
        await self.moved_clock.load()
        await self.source.make(self.services.database, self.services.sealer, self.moved_clock.clock, brand)
        log.info("reset_done", bank=self.source.description)

    async def _chosen(self, brand: Brand, psu: Psu, asked: list[str]) -> tuple[str, ...]:
        """The bank's ids of the accounts asked for by nickname, name, number or id. Raises FieldInvalid for one that is none."""
        accounts = await self.services.customer_accounts.accounts_of(brand, psu.customer_id)
        chosen = []
        for number, wanted in enumerate(asked):
            found = [account.id for account in accounts if account.eligible and wanted in names_of(account)]
            if len(found) != 1:
                raise FieldInvalid(
                    public=not_one(account for account in accounts if account.eligible), path=f"accounts[{number}]"
                )
            chosen += found
        return tuple(dict.fromkeys(chosen))
