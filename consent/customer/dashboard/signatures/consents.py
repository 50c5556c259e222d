"""The consents that wait for this PSU's signature."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.cosignature import Cosignature
from consent.authentication.linked_terms import linked_of
from consent.authorization.agreement.payee import facts_of, goes_to_own
from consent.authorization.agreement.terms import (
    Option,
    described,
    render_instant,
    render_shown,
    render_terms,
    shown_of,
)
from consent.authorization.clients.client import Client
from consent.authorization.clients.rows import load_clients
from consent.customer.dashboard.signatures.unsigned import Unanswered, Unsigned, load_accounts, load_payee, load_signers
from consent.customer.journey.boundary import DASHBOARD
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.session import Session
from consent.ports import LinkedTerms, Psu
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.rows.authorisations import SubjectKind
from consent.store.rows.consent_signers import load_unsigned
from consent.store.rows.families import load_last_row
from consent.store.rows.snapshots import load_consent
from consent.store.signers import awaits
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.identifiers import is_identifier

SIGNATURES = f"{DASHBOARD}/signatures"
RESULTS = f"{DASHBOARD}/results"  # of what was signed or refused there
UNSIGNED_MAX = 50  # half-signed consents shown, those that wait longest first


async def load_unsigned_consents(services: Services, brand: Brand, psu: Psu) -> tuple[Unsigned, ...]:
    now, found = services.clock.now(), []
    async with services.database.read() as connection:
        for consent_id in await load_unsigned(connection, services.sealer, brand.name, psu.customer_id, at_most=UNSIGNED_MAX):
            consent = await load_consent(connection, services.sealer, brand.name, consent_id)
            if consent is not None and awaits(consent, psu.customer_id, now):
                found.append(consent)
        asking = {consent.id: await load_asking_client(connection, brand, consent) for consent in found}
    return tuple(
        [
            Unsigned(
                path=f"{SIGNATURES}/{consent.id}",
                heading=_heading_of(consent),
                name=client.name,
                signers=await load_signers(services, brand, consent.signatures),
                until=_render_lapse(brand, consent),
            )
            for consent in found
            if (client := asking[consent.id]) is not None
        ]
    )


async def load_unanswered_consent(services: Services, brand: Brand, session: Session, psu: Psu, consent_id: str) -> Unanswered:
    """Raises AccessUnknown for what does not wait for this PSU: what is unknown, another's, signed or over looks the same."""
    consent, client = await _load_one(services, brand, psu, consent_id)
    accounts = await load_accounts(services, brand, session, psu, consent.accounts)
    kind, description = kind_of(consent), described(consent)
    payee = await load_payee(services, brand, consent.signatures)
    checked = facts_of(payee, is_own=goes_to_own(consent.terms))
    facts, terms = (*description.facts, *checked), render_terms(services, brand, client, consent, options=accounts)
    shown = replace(terms, facts=(*terms.facts, *checked))
    return Unanswered(
        psu=psu,
        client=client,
        accounts=accounts,
        path=f"{SIGNATURES}/{consent.id}",
        after=f"{RESULTS}/{consent.id}" if kind.is_linked else DASHBOARD,
        kind=SubjectKind.CONSENT,
        id=consent.id,
        consent_id=consent.id,
        subject=Cosignature(services, brand, consent.id, psu.customer_id),
        wording=kind.wording,
        facts=(*facts, ("From", accounts[0].label)) if facts else (),
        amount=description.amount,
        terms=None if kind.is_linked else terms,
        shown=shown_of(client, facts, accounts, payee=payee) if kind.is_linked else render_shown(shown, accounts, payee=payee),
        linked=_linked_of(consent, accounts),
        signers=await load_signers(services, brand, consent.signatures),
        until=_render_lapse(brand, consent),
    )


def _linked_of(consent: Consent, accounts: tuple[Option, ...]) -> LinkedTerms | None:
    return linked_of(consent, accounts[0].upstream_id) if kind_of(consent).is_linked else None


async def _load_one(services: Services, brand: Brand, psu: Psu, consent_id: str) -> tuple[Consent, Client]:
    if not is_identifier(consent_id):
        raise AccessUnknown("not an id")
    async with services.database.read() as connection:
        consent = await load_consent(connection, services.sealer, brand.name, consent_id)
        if consent is None or not awaits(consent, psu.customer_id, services.clock.now()):
            raise AccessUnknown("it does not wait for this PSU's signature")
        client = await load_asking_client(connection, brand, consent)
    if client is None:
        raise AccessUnknown("no client asks any more")
    return consent, client


async def load_asking_client(connection: AsyncConnection, brand: Brand, consent: Consent) -> Client | None:
    """The client that asked the first signer: it need not be the one that lodged the consent, where an organisation owns it."""
    family = await load_last_row(connection, brand.name, consent.id)
    client_id = consent.client_id if family is None else family.client_id
    return (await load_clients(connection, brand.name, [client_id])).get(client_id)


def _heading_of(consent: Consent) -> str:
    if kind_of(consent).row is None:
        return "See accounts"
    return described(consent).summary


def _render_lapse(brand: Brand, consent: Consent) -> str:
    """By when the next must sign."""
    return "" if consent.lapses_at is None else render_instant(brand, consent.lapses_at)
