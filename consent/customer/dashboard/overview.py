"""Read what a PSU has given, and what is needed to describe it: six statements, and then one question to the bank's own systems.

Nobody else's consent is ever read here: the PSU's id is part of the question.
"""

from dataclasses import dataclass
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.bank_answer import answering
from consent.authorization.clients.rows import load_clients
from consent.customer.dashboard.access import Access, Known, Parties, describe
from consent.customer.dashboard.payments import AgreedPayment, describe_payment
from consent.customer.session.problems import AccessUnknown
from consent.ports import Psu
from consent.services import Services
from consent.store.rows.consent_signers import load_cosigned
from consent.store.rows.last_used import load_last_used
from consent.store.rows.organisations import load_organisation_names
from consent.store.rows.snapshots import load_consent, load_given
from consent.store.signers import is_signed_by
from kernel.banking.accounts import Account
from kernel.banking.consents import LIVE_STATES, Consent, ConsentKind, ConsentState
from kernel.brand import Brand
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from kernel.identifiers import is_identifier

LIVE_MAX = 500  # consents shown that may still be used
ENDED_MAX = 200  # and that may not, the last ended first
PAYMENTS_MAX = 50  # shown, the last changed first
ENDED_STATES = frozenset(ConsentState) - LIVE_STATES - {ConsentState.REJECTED}


@dataclass(frozen=True, slots=True)
class Overview:
    """The consents that a PSU has agreed to: access that goes on or has ended, and payments."""

    accesses: tuple[Access, ...]
    payments: tuple[AgreedPayment, ...]


async def load_overview(services: Services, brand: Brand, psu: Psu) -> Overview:
    payment, decided = ConsentKind.PAYMENT, LIVE_STATES | ENDED_STATES
    async with services.database.read() as connection:
        cosigned = await load_cosigned(connection, services.sealer, brand.name, psu.customer_id, at_most=LIVE_MAX)
        load = partial(load_given, connection, services.sealer, brand.name, psu.id, cosigned=cosigned)
        live = await load(states=LIVE_STATES, at_most=LIVE_MAX)
        ended = await load(states=ENDED_STATES, at_most=ENDED_MAX)
        paid = await load(states=decided, at_most=PAYMENTS_MAX, kind=payment)
        parties = await _load_parties(connection, brand, (*live, *ended, *paid))
    known = Known(parties, await _load_accounts(services, brand, psu))
    return Overview(
        accesses=tuple(describe(services, brand, consent, known) for consent in (*live, *ended)),
        payments=tuple(describe_payment(services, brand, consent, known) for consent in paid),
    )


async def load_access(services: Services, brand: Brand, psu: Psu, consent_id: str) -> Access:
    """Raises AccessUnknown for what does not exist or is not this PSU's: they look the same."""
    async with services.database.read() as connection:
        consent = await load_own(connection, services, brand, psu, consent_id)
        parties = await _load_parties(connection, brand, (consent,))
    return describe(services, brand, consent, Known(parties, await _load_accounts(services, brand, psu)))


async def load_own(connection: AsyncConnection, services: Services, brand: Brand, psu: Psu, consent_id: str) -> Consent:
    """Raises AccessUnknown."""
    if not is_identifier(consent_id):
        raise AccessUnknown("not an id")
    consent = await load_consent(connection, services.sealer, brand.name, consent_id)
    if consent is None or not is_signed_by(consent, psu.id) or consent.kind != ConsentKind.ACCOUNTS:
        raise AccessUnknown("unknown, or of another PSU")
    return consent


async def _load_parties(connection: AsyncConnection, brand: Brand, consents: tuple[Consent, ...]) -> Parties:
    return Parties(
        organisations=await load_organisation_names(
            connection, brand.name, sorted({consent.organisation_id for consent in consents if not consent.client_id})
        ),
        clients=await load_clients(connection, brand.name, sorted({consent.client_id for consent in consents})),
        last_used=await load_last_used(connection, brand.name, [consent.id for consent in consents]),
    )


async def _load_accounts(services: Services, brand: Brand, psu: Psu) -> dict[str, Account] | None:
    """None when the bank's own systems do not answer: who has access can be seen, and stopped, all the same."""
    try:
        async with answering():
            accounts = await services.customer_accounts.accounts_of(brand, psu.customer_id)
    except (UpstreamFailed, UpstreamTimedOut):
        return None
    return {account.id: account for account in accounts}
