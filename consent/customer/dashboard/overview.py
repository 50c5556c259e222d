"""Read a PSU's consents, and the data that describes them: a few statements, and then one question to the bank's own systems.

Every statement asks by the PSU's id, so no consent of another PSU is read.
"""

from dataclasses import dataclass
from functools import partial
from itertools import chain

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.bank_answer import answer_time
from consent.authorization.clients.rows import load_clients
from consent.customer.dashboard.access import Access, Known, Parties, describe
from consent.customer.dashboard.agreed import Agreed, Section, describe_agreed, describe_section
from consent.customer.dashboard.payments.own_orders import NO_ORDERS, OwnOrders, load_own_orders
from consent.customer.session.problems import AccessUnknown
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.registry import BY_NAME, kind_of
from consent.store.rows.consent_signers import load_cosigned
from consent.store.rows.last_used import load_last_used
from consent.store.rows.organisations import load_organisation_names
from consent.store.rows.snapshots import load_consent, load_given
from consent.store.signers import is_signed_by
from kernel.banking.accounts import Account
from kernel.banking.consents import LIVE_STATES, Consent, ConsentState
from kernel.banking.planned.instructions import Placed
from kernel.brand import Brand
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from kernel.identifiers import is_identifier

LIVE_MAX = 500  # consents shown that may still be used
ENDED_MAX = 200  # consents shown that have ended, the last ended first
AGREED_MAX = 50  # consents shown of each other kind, the last changed first
ENDED_STATES = frozenset(ConsentState) - LIVE_STATES - {ConsentState.REJECTED}


@dataclass(frozen=True, slots=True)
class Overview:
    """The consents that a PSU has agreed to: access that goes on or has ended, and the rest by kind."""

    accesses: tuple[Access, ...]
    sections: tuple[Section, ...]


async def load_overview(services: Services, brand: Brand, psu: Psu) -> Overview:
    agreeing = [kind for kind in BY_NAME.values() if kind.row is not None]
    async with services.database.read() as connection:
        cosigned = await load_cosigned(connection, services.sealer, brand.name, psu.customer_id, at_most=LIVE_MAX)
        load = partial(load_given, connection, services.sealer, brand.name, psu.id, cosigned=cosigned)
        accesses = [
            consent
            for kind in BY_NAME.values()
            if kind.row is None
            for states, at_most in ((LIVE_STATES, LIVE_MAX), (ENDED_STATES, ENDED_MAX))
            for consent in await load(states=states, at_most=at_most, kind=kind.name)
        ]
        agreed = {
            kind.name: await load(states=LIVE_STATES | ENDED_STATES, at_most=AGREED_MAX, kind=kind.name) for kind in agreeing
        }
    given = (*accesses, *chain(*agreed.values()))
    orders = await load_own_orders(services, brand, psu, given)
    known = await load_known(services, brand, psu, given, orders)
    return Overview(
        accesses=tuple(describe(services, brand, consent, known) for consent in accesses),
        sections=tuple(describe_section(services, brand, kind, agreed[kind.name], known) for kind in agreeing),
    )


async def load_access(services: Services, brand: Brand, psu: Psu, consent_id: str) -> Access:
    """Raises AccessUnknown for what does not exist, is not this PSU's or is no access to data: they look the same."""
    consent, known = await _load_known(services, brand, psu, consent_id)
    if kind_of(consent).row is not None:
        raise AccessUnknown("no access to data")
    return describe(services, brand, consent, known)


async def load_stoppable(services: Services, brand: Brand, psu: Psu, consent_id: str) -> Access | Agreed:
    """The row of a consent that its PSU may stop here, or could have stopped while it lasted. Raises AccessUnknown as `load_access`
    does."""
    consent, known = await _load_known(services, brand, psu, consent_id)
    if kind_of(consent).row is None:
        return describe(services, brand, consent, known)
    return describe_agreed(services, brand, consent, known)


async def _load_known(services: Services, brand: Brand, psu: Psu, consent_id: str) -> tuple[Consent, Known]:
    async with services.database.read() as connection:
        consent = await load_own(connection, services, brand, psu, consent_id)
    return consent, await load_known(services, brand, psu, (consent,))


async def load_known(
    services: Services, brand: Brand, psu: Psu, consents: tuple[Consent, ...], orders: OwnOrders = NO_ORDERS
) -> Known:
    """The data that describes them."""
    async with services.database.read() as connection:
        parties = await _load_parties(connection, brand, consents, orders)
    return Known(parties, await _load_accounts(services, brand, psu), orders)


async def load_own(connection: AsyncConnection, services: Services, brand: Brand, psu: Psu, consent_id: str) -> Consent:
    """A consent of the PSU's that has a page of its own. Raises AccessUnknown."""
    if not is_identifier(consent_id):
        raise AccessUnknown("not an id")
    consent = await load_consent(connection, services.sealer, brand.name, consent_id)
    if consent is None or not is_signed_by(consent, psu.id) or not _may_be_stopped(consent):
        raise AccessUnknown("unknown, or of another PSU")
    return consent


def _may_be_stopped(consent: Consent) -> bool:
    row = kind_of(consent).row
    return row is None or row.may_be_stopped


async def _load_parties(connection: AsyncConnection, brand: Brand, consents: tuple[Consent, ...], orders: OwnOrders) -> Parties:
    owned: tuple[Consent | Placed, ...] = (*consents, *orders.by_consent.values(), *orders.cosigned)
    return Parties(
        organisations=await load_organisation_names(
            connection, brand.name, sorted({each.organisation_id for each in owned if not each.client_id})
        ),
        clients=await load_clients(connection, brand.name, sorted({each.client_id for each in owned})),
        last_used=await load_last_used(connection, brand.name, [consent.id for consent in consents]),
    )


async def _load_accounts(services: Services, brand: Brand, psu: Psu) -> dict[str, Account] | None:
    """None when the bank's own systems do not answer: who has access can be seen, and stopped, all the same."""
    try:
        async with answer_time():
            accounts = await services.customer_accounts.accounts_of(brand, psu.customer_id)
    except (UpstreamFailed, UpstreamTimedOut):
        return None
    return {account.id: account for account in accounts}
