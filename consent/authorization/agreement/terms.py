"""The terms that the PSU decides about, in words: who asks, which data, for how long, over which accounts.

UK Customer Experience Guidelines, "Permissions and Data Clusters": the dialect says the words; numbers are masked to their last four.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from consent.authentication.bank_answer import answer_time
from consent.authorization.authorize.amendment import Amendment
from consent.authorization.clients.client import Client
from consent.authorization.offer.authorization_details import numbers_of
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.kind import Description
from consent.store.kinds.registry import kind_of
from consent.store.kinds.words import ACCOUNT_TYPES, Facts
from consent.store.rows.authorisations import Shown
from consent.store.signers import authorised_by
from kernel.banking.accounts import Account, AccountStatus
from kernel.banking.consents import AccountIdentity, Consent, Permission
from kernel.banking.payee_checks import PayeeCheck
from kernel.banking.terms import VrpTerms
from kernel.brand import Brand
from kernel.storage.sealed import Sealer
from openapi.dialect import Dialect
from openapi.faces import AuthorizationFace

DIGITS_SHOWN = 4  # of an account number, its last ones
DATED = frozenset(permission for permission in Permission if permission.startswith(("transactions_", "statements_")))


@dataclass(frozen=True, slots=True)
class Option:
    """One account that may be shared. `handle` means nothing outside the journey; `upstream_id` never reaches a page."""

    handle: str
    upstream_id: str
    name: str
    type: str
    ending: str  # last digits of its number, "" if it has none
    currency: str
    numbers: tuple[tuple[str, str], ...] = ()  # scheme and identification; for no page
    signatures: int = 1  # that a payment from it needs
    signers: tuple[str, ...] = ()  # the customers who may give one, where it needs several
    is_shared: bool = False  # others must agree too to what the page asks for
    holder: str = ""  # in whose name it is held, as far as the bank says; for no page

    @property
    def identity(self) -> AccountIdentity:
        return AccountIdentity(self.numbers, self.currency, self.holder)

    @property
    def label(self) -> str:
        """As a sentence names it."""
        return f"{self.name}, ending {self.ending}" if self.ending else self.name


@dataclass(frozen=True, slots=True)
class Terms:
    client_name: str
    organisation_name: str
    on_behalf_of: str  # "" unless the client is an agent
    verb: str
    clusters: tuple[tuple[str, tuple[str, ...]], ...]
    until: str
    window: str  # "" when nothing that is asked for has dates
    frequency: str  # "" when the consent asks for no number
    purpose: str  # "" when the TPP gave none
    facts: Facts  # further terms, in the words of their kind
    kind: str


async def load_options(services: Services, brand: Brand, psu: Psu, journey_id: str) -> tuple[Option, ...]:
    """The accounts that the PSU may share now. Raises UpstreamTimedOut."""
    async with answer_time():
        accounts = await load_shareable(services, brand, psu.customer_id)
    return tuple(option_of(account, _handle(services.sealer, brand, journey_id, account.id)) for account in accounts)


async def load_shareable(services: Services, brand: Brand, customer_id: str) -> tuple[Account, ...]:
    """The accounts that any customer may share now, for a caller who keeps to `answer_time`."""
    accounts = await services.customer_accounts.accounts_of(brand, customer_id)
    return tuple(account for account in accounts if account.eligible and account.status is AccountStatus.ENABLED)


def option_of(account: Account, handle: str = "") -> Option:
    """An account in the words that a PSU reads. Without a handle it is not to be chosen."""
    return Option(
        handle=handle,
        upstream_id=account.id,
        name=account.nickname or account.name,
        type=ACCOUNT_TYPES[account.type],
        ending=_last_digits(account),
        currency=account.currency,
        numbers=tuple((identifier.scheme.value, identifier.identification) for identifier in account.identifiers),
        signatures=account.signatures,
        signers=account.signers,
        holder=next((identifier.name for identifier in account.identifiers if identifier.name), ""),
    )


def dialect_of(services: Services, brand: Brand, consent: Consent) -> Dialect:
    """The dialect that the consent was lodged in, or the brand's first."""
    return services.dialects.get(consent.lodged_as) or services.dialects_of(brand)[0]


def render_terms(
    services: Services,
    brand: Brand,
    client: Client,
    consent: Consent,
    *,
    amendment: Amendment | None = None,
    options: tuple[Option, ...] = (),
) -> Terms:
    """The terms of a consent as text for its page. `options`: the accounts it is about; a consent that names accounts lists the data of
    each."""
    face = dialect_of(services, brand, consent).authorization
    asked = msgspec.structs.replace(consent, authorised_at=None)  # what an agreement earlier on has settled is settled again
    opened = tuple((option.label, consent.data.asked_of(option.identity)) for option in options if consent.data.named)
    return Terms(
        client_name=client.name,
        organisation_name=client.organisation_name,
        on_behalf_of=client.on_behalf_of,
        verb=_verb(client, consent, amendment) or face.select_verb,
        clusters=render_clusters(face, consent, opened),
        until=render_until(brand, asked),
        window=render_window(brand, asked),
        frequency=render_frequency(brand, consent),
        purpose=consent.purpose,
        facts=described(consent).facts,
        kind=consent.kind,
    )


def render_clusters(
    face: AuthorizationFace, consent: Consent, opened: tuple[tuple[str, frozenset[Permission]], ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The data that may be read, under the standard's own headings; with `opened`, under the label of each account."""
    if not opened:
        return tuple((heading, tuple(sentences)) for heading, sentences in face.clusters(consent.permissions))
    return tuple(
        (label, tuple(sentence for _heading, sentences in face.clusters(permissions) for sentence in sentences))
        for label, permissions in opened
    )


def described(consent: Consent) -> Description:
    return kind_of(consent).describe(consent.terms)


def render_shown(terms: Terms, options: tuple[Option, ...], *, payee: PayeeCheck | None = None, page: str = "") -> Shown:
    """The record of the page as the PSU saw it. `options`: the accounts that were chosen."""
    return Shown(
        client_name=terms.client_name,
        organisation_name=terms.organisation_name,
        clusters=terms.clusters,
        until=terms.until,
        window=terms.window,
        frequency=terms.frequency,
        purpose=terms.purpose,
        accounts=tuple(option.label for option in options),
        payment=terms.facts,
        payee=payee,
        page=page or terms.kind,
    )


def shown_of(
    client: Client, facts: Facts, options: tuple[Option, ...], *, payee: PayeeCheck | None = None, page: str = "payment"
) -> Shown:
    """The record of a payment's page as the PSU saw it. `options`: the one account that was chosen."""
    return Shown(
        client_name=client.name,
        organisation_name=client.organisation_name,
        clusters=(),
        until="",
        window="",
        accounts=tuple(option.label for option in options),
        page=page,
        payment=facts,
        payee=payee,
    )


def acr_of(services: Services, brand: Brand, consent: Consent, requested: tuple[str, ...]) -> str | None:
    """The authentication context class that strong authentication meets: the first requested one that the dialect knows."""
    known = dialect_of(services, brand, consent).authorization.acr_values
    return next((value for value in (*requested, *known) if value in known), None)


def choose(options: tuple[Option, ...], handles: tuple[str, ...]) -> tuple[Option, ...]:
    """The options that the form names; what it invents is ignored."""
    return tuple(option for option in options if option.handle in handles)


def kept(consent: Consent, options: tuple[Option, ...]) -> tuple[Option, ...]:
    """The options that the consent covers already: authorised again or added to, it goes on sharing them."""
    covered = {account.upstream_id for account in consent.accounts}
    return tuple(option for option in options if option.upstream_id in covered)


def settled(consent: Consent, options: tuple[Option, ...]) -> tuple[Option, ...]:
    """Of the options that are offered, those that are not for the PSU to choose: the consent covers them, or its TPP fixed them."""
    is_named = kind_of(consent).is_of_one_account and bool(numbers_of(consent))
    return options if consent.data.is_fixed or is_named else kept(consent, options)


def withheld(consent: Consent, options: tuple[Option, ...]) -> int:
    """The number of accounts that the consent names and the PSU cannot share."""
    return sum(not any(each.names(option.identity) for option in options) for each in consent.data.named)


def identities_of(options: tuple[Option, ...]) -> dict[str, AccountIdentity]:
    """By the bank's own ids."""
    return {option.upstream_id: option.identity for option in options}


def _fits(consent: Consent, option: Option) -> bool:
    return kind_of(consent).fits(consent.terms, option)


def needs_others(consent: Consent, option: Option) -> bool:
    """True if others than the PSU must sign too, under the rules of the consent's dialect."""
    return option.signatures > 1 and authorised_by(consent) != "one"


def _can_ask(consent: Consent, option: Option, amendment: Amendment | None) -> bool:
    """False where others must sign and cannot be asked: the consent is for one to give, the bank does not say who they are, or the PSU
    changes what was given before."""
    if not needs_others(consent, option):
        return True
    return authorised_by(consent) != "alone" and len(option.signers) > 0 and amendment is None


def offered(consent: Consent, options: tuple[Option, ...], amendment: Amendment | None = None) -> tuple[Option, ...]:
    """The accounts that a PSU may share under the consent: those that it covers; if it covers none yet or is to be amended, also others, but
    only those that its client named, if it named any by number. An account for which others must sign who cannot be asked is left out."""
    able = (option for option in _named(consent, options, amendment) if _fits(consent, option))
    return tuple(
        replace(option, is_shared=needs_others(consent, option)) for option in able if _can_ask(consent, option, amendment)
    )


def withheld_options(consent: Consent, options: tuple[Option, ...]) -> tuple[Option, ...]:
    """The accounts that would be offered, if those who must sign too could be asked."""
    able = (option for option in _named(consent, options, None) if _fits(consent, option))
    return tuple(option for option in able if not _can_ask(consent, option, None))


def _named(consent: Consent, options: tuple[Option, ...], amendment: Amendment | None) -> tuple[Option, ...]:
    """The accounts that the request is about."""
    staying, numbers = kept(consent, options), numbers_of(consent)
    if consent.accounts and amendment is None:
        return staying
    asked = (option for option in options if not consent.data.named or consent.data.asked_of(option.identity))
    return tuple(option for option in asked if option in staying or not numbers or numbers.intersection(option.numbers))


def _verb(client: Client, consent: Consent, amendment: Amendment | None) -> str:
    """The verb of the page's question, where it is not simply to choose accounts."""
    if amendment is not None:
        return f"Change what you share with {client.name}"
    return f"Keep sharing with {client.name}" if consent.accounts else ""


def _handle(sealer: Sealer, brand: Brand, journey_id: str, upstream_id: str) -> str:
    message = "\n".join((brand.name, journey_id, upstream_id)).encode()
    return hashlib.blake2b(message, key=sealer.derive("journey-account"), digest_size=16).hexdigest()


def _last_digits(account: Account) -> str:
    return account.identifiers[0].identification[-DIGITS_SHOWN:] if account.identifiers else ""


def render_until(brand: Brand, consent: Consent) -> str:
    if not consent.is_recurring and consent.authorised_at is None:
        return "Once, in the minutes after you agree"
    begins_at = consent.terms.valid_from if isinstance(consent.terms, VrpTerms) else None
    begins = "" if begins_at is None else f"From {render_instant(brand, begins_at)}. "
    if consent.valid_until is None:
        what = "Access" if consent.permissions else "It"
        return f"{begins}No end date. {what} goes on until you or they stop it."
    return f"{begins}Until {render_instant(brand, consent.valid_until)}"


def render_window(brand: Brand, consent: Consent) -> str:
    if not consent.permissions & DATED:
        return ""
    start, end, days = consent.opened_from, consent.data.transactions_to, consent.data.look_back_days
    if days is not None and consent.authorised_at is None:
        return f"The last {days} days before you agree" if days > 1 else "The last day before you agree"
    if start and end:
        return f"From {render_date(brand, start)} to {render_date(brand, end)}"
    if start:
        return f"From {render_date(brand, start)} onwards"
    if end:
        return f"Up to {render_date(brand, end)}"
    return "All that we show you ourselves"


def render_frequency(brand: Brand, consent: Consent) -> str:
    """The number of times a day that the third party may look without the PSU, where the consent has a number of its own."""
    times = brand.granted_frequency(consent.frequency_per_day)
    if times is None:
        return ""
    return "Once a day" if times == 1 else f"Up to {times} times a day"


def render_date(brand: Brand, at: datetime) -> str:
    local = at.astimezone(brand.zone)
    return f"{local.day} {local:%B %Y}"


def render_instant(brand: Brand, at: datetime) -> str:
    return f"{render_date(brand, at)} at {at.astimezone(brand.zone):%H:%M}"
