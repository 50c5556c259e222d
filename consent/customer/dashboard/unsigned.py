"""The consents that wait for this PSU's signature: half signed by others, and good for nothing until everyone who must has signed."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.bank_answer import answer_time
from consent.authorization.agreement.terms import described, render_instant
from consent.authorization.clients.client import Client
from consent.authorization.clients.rows import load_clients
from consent.customer.journey.boundary import DASHBOARD
from consent.customer.session.problems import AccessUnknown
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.rows.consent_signers import load_unsigned
from consent.store.rows.families import load_last_row
from consent.store.rows.snapshots import load_consent
from consent.store.signers import awaits
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.identifiers import is_identifier

SIGNATURES = f"{DASHBOARD}/signatures"
UNSIGNED_MAX = 50  # half-signed consents shown, those that wait longest first


@dataclass(frozen=True, slots=True)
class Unsigned:
    """One of them, as the list of accesses names it."""

    path: str
    heading: str
    name: str
    signers: tuple[str, ...]
    until: str


async def load_all_unsigned(services: Services, brand: Brand, psu: Psu) -> tuple[Unsigned, ...]:
    now, found = services.clock.now(), []
    async with services.database.read() as connection:
        for consent_id in await load_unsigned(connection, services.sealer, brand.name, psu.customer_id, at_most=UNSIGNED_MAX):
            consent = await load_consent(connection, services.sealer, brand.name, consent_id)
            if consent is not None and awaits(consent, psu.customer_id, now):
                found.append(consent)
        asking = {consent.id: await _load_client(connection, brand, consent) for consent in found}
    return tuple(
        [
            Unsigned(
                path=f"{SIGNATURES}/{consent.id}",
                heading=heading_of(consent),
                name=client.name,
                signers=await load_signers(services, brand, consent),
                until=render_lapse(brand, consent),
            )
            for consent in found
            if (client := asking[consent.id]) is not None
        ]
    )


async def load_one_unsigned(services: Services, brand: Brand, psu: Psu, consent_id: str) -> tuple[Consent, Client]:
    """Raises AccessUnknown for what does not wait for this PSU: what is unknown, another's, signed or over looks the same."""
    if not is_identifier(consent_id):
        raise AccessUnknown("not an id")
    async with services.database.read() as connection:
        consent = await load_consent(connection, services.sealer, brand.name, consent_id)
        if consent is None or not awaits(consent, psu.customer_id, services.clock.now()):
            raise AccessUnknown("it does not wait for this PSU's signature")
        client = await _load_client(connection, brand, consent)
    if client is None:
        raise AccessUnknown("no client asks any more")
    return consent, client


async def _load_client(connection: AsyncConnection, brand: Brand, consent: Consent) -> Client | None:
    """The client that asked the first signer: it need not be the one that lodged the consent, where an organisation owns it."""
    family = await load_last_row(connection, brand.name, consent.id)
    client_id = consent.client_id if family is None else family.client_id
    return (await load_clients(connection, brand.name, [client_id])).get(client_id)


async def load_signers(services: Services, brand: Brand, consent: Consent) -> tuple[str, ...]:
    """The signers' names with the instants of their signatures, in order."""
    signers = []
    for signature in consent.signatures:
        async with answer_time():
            psu = await services.identity.find(brand, signature.psu_id)
        name = psu.display_name if psu is not None else "Someone who is no longer our customer"
        signers.append(f"{name}, {render_instant(brand, signature.at)}")
    return tuple(signers)


def heading_of(consent: Consent) -> str:
    if kind_of(consent).row is None:
        return "See accounts"
    return described(consent).summary


def render_lapse(brand: Brand, consent: Consent) -> str:
    """By when the next must sign."""
    return "" if consent.lapses_at is None else render_instant(brand, consent.lapses_at)
