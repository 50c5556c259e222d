"""Consents and payment orders that wait for a PSU's signature: good for nothing until everyone who must has signed.

Consents (consents.py) and orders (orders.py) are shown and answered on the same pages.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from consent.authentication.approval import Subject
from consent.authentication.bank_answer import answer_time
from consent.authorization.agreement.terms import Option, Terms, load_options, render_instant
from consent.authorization.clients.client import Client
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.session import Session
from consent.ports import LinkedTerms, Psu
from consent.services import Services
from consent.store.kinds.kind import Wording
from consent.store.kinds.words import Facts
from consent.store.rows.authorisations import Shown, SubjectKind, load_authorisation
from kernel.banking.consents import AccountReference
from kernel.banking.payee_checks import PayeeCheck
from kernel.banking.signers import Signature
from kernel.brand import Brand


@dataclass(frozen=True, slots=True)
class Unsigned:
    """One of them, as the dashboard lists it."""

    path: str
    heading: str
    name: str
    signers: tuple[str, ...]
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """One of them, as its page shows it to the PSU, with its accounts by the PSU's own names. `facts` are those of all but access to data,
    `terms` those of that alone; `linked` is the payment to which a strong authentication of its own is linked."""

    psu: Psu
    client: Client
    accounts: tuple[Option, ...]
    path: str
    after: str  # the path of the page that says what their answer has made of it
    kind: SubjectKind
    id: str
    consent_id: str  # its own id, for a consent
    subject: Subject[Any, Any]
    wording: Wording
    facts: Facts
    amount: str
    terms: Terms | None
    shown: Shown
    linked: LinkedTerms | None
    signers: tuple[str, ...]
    until: str


async def load_accounts(
    services: Services, brand: Brand, session: Session, psu: Psu, references: Iterable[AccountReference]
) -> tuple[Option, ...]:
    """The accounts that the PSU would sign for. Raises AccessUnknown, unless each is still theirs to share."""
    held = {option.upstream_id: option for option in await load_options(services, brand, psu, session.journey.id)}
    wanted = [reference.upstream_id for reference in references]
    if any(upstream_id not in held for upstream_id in wanted):
        raise AccessUnknown("an account of it is no longer the PSU's to share")
    return tuple(held[upstream_id] for upstream_id in wanted)


async def load_payee(services: Services, brand: Brand, signatures: Sequence[Signature]) -> PayeeCheck | None:
    """The check of the payee that the first signer was shown."""
    if not signatures:
        return None
    async with services.database.read() as connection:
        first = await load_authorisation(connection, services.sealer, brand.name, signatures[0].authorisation_id)
    return first.shown.payee if first is not None and first.shown is not None else None


async def load_signers(services: Services, brand: Brand, signatures: Iterable[Signature]) -> tuple[str, ...]:
    """The signers' names with the instants of their signatures, in order."""
    signers = []
    for signature in signatures:
        async with answer_time():
            psu = await services.identity.find(brand, signature.psu_id)
        name = psu.display_name if psu is not None else "Someone who is no longer our customer"
        signers.append(f"{name}, {render_instant(brand, signature.at)}")
    return tuple(signers)
