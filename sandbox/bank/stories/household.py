"""A household of the synthetic bank as data (people, accounts, routine), and the story that is generated from it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.banking.accounts import AccountCategory, AccountIdentifier, AccountStatus, AccountType, Counterparty, Scheme
from kernel.banking.money import Money
from kernel.banking.records.parties import AccountParty, AccountRole, Holding, Party
from kernel.banking.records.products import Product, ProductKind
from plugins.ledger.accounts.openings import AccountOpening, Holder, Right, StatusChange
from plugins.ledger.documents import Identity
from sandbox.bank.catalogue.numbers import BIC, card_number, iban, sort_code_account
from sandbox.bank.catalogue.people import Firm, Person
from sandbox.bank.stories.days import live
from sandbox.bank.stories.routine import Errand, Routine
from sandbox.bank.stories.story import PAYMENT_IN, PAYMENT_OUT, Story

HISTORY = timedelta(days=730)
ACCOUNT_AGE = timedelta(days=365)  # accounts were opened this long before their history begins
ENDED_AT_HOUR = 11
_TYPES = {
    ProductKind.SAVINGS: AccountType.SAVINGS,
    ProductKind.PERSONAL_CARD: AccountType.CARD,
    ProductKind.BUSINESS_CARD: AccountType.CARD,
    ProductKind.PERSONAL_LOAN: AccountType.LOAN,
    ProductKind.BUSINESS_LOAN: AccountType.LOAN,
}
_IN_SWITCH_SERVICE = frozenset({ProductKind.PERSONAL_CURRENT, ProductKind.BUSINESS_CURRENT})


@dataclass(frozen=True, slots=True)
class Ended:
    """An account that was closed, its money moved to another of the household, or that was switched to another bank."""

    days_before: int
    into: str | None = None
    bank: Counterparty | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """An account to be opened. `key` names it within its household."""

    key: str
    product: Product
    currency: str = "GBP"
    nickname: str | None = None
    credit_line: int | None = None  # minor units
    eligible: bool = True
    firm: Firm | None = None  # holds the account, and the household's people act for it
    ended: Ended | None = None

    @property
    def type(self) -> AccountType:
        return _TYPES.get(self.product.kind, AccountType.CURRENT)

    @property
    def category(self) -> AccountCategory:
        return AccountCategory.PERSONAL if self.firm is None else AccountCategory.BUSINESS


@dataclass(frozen=True, slots=True)
class Household:
    """`begin` holds the balances at the start of the history, `routine` what happens each month, `end` what is still pending."""

    name: str
    people: tuple[Person, ...]
    plans: tuple[Plan, ...]
    begin: dict[str, int]
    routine: Routine
    end: Callable[[Story, datetime], None] | None = None


@dataclass(frozen=True, slots=True)
class Residents:
    """The household's parties as the bank knows them, each with its customer's id if it is one."""

    parties: tuple[tuple[Party, str | None], ...]
    account_parties: tuple[AccountParty, ...]


def open_accounts(household: Household, story: Story, customers: tuple[str, ...], anchor: datetime) -> None:
    """Give the story the household's accounts."""
    at = anchor - HISTORY - ACCOUNT_AGE
    for position, plan in enumerate(household.plans):
        story.accounts[plan.key] = _open_plan(plan, story, household, customers, position=position, at=at)


def introduce(household: Household, story: Story, customers: tuple[str, ...]) -> Residents:
    """The parties of the household, and their links to its accounts. `story` has the accounts."""
    people = [person.party(story.ids.uuid()) for person in household.people]
    firms = {plan.firm.number: plan.firm.party(story.ids.uuid()) for plan in household.plans if plan.firm is not None}
    links: list[AccountParty] = []
    for plan in household.plans:
        account_id = story.accounts[plan.key].id
        if plan.firm is not None:
            links.append(AccountParty(account_id=account_id, party=firms[plan.firm.number]))
        links += _links(account_id, people, acting=plan.firm is not None)
    parties = (*zip(people, customers, strict=True), *((firm, None) for firm in firms.values()))
    return Residents(parties, tuple(links))


def write_history(household: Household, story: Story, anchor: datetime) -> None:
    """Fill the story with all that happened on its accounts before `anchor` (a midnight)."""
    first = anchor - HISTORY
    for key, minor in household.begin.items():
        story.enter(key, first, minor, "Balance brought forward", PAYMENT_IN)
    ends = tuple(_end(plan, plan.ended) for plan in household.plans if plan.ended is not None)
    live(story, household.routine, first + timedelta(days=1), anchor, ends)
    if household.end is not None:
        household.end(story, anchor)


def _links(account_id: str, people: list[Party], *, acting: bool) -> list[AccountParty]:
    if acting:
        holdings = [(Holding.DELEGATE, AccountRole.ADMINISTRATOR), (Holding.DELEGATE, AccountRole.SENIOR_MANAGER)]
    elif len(people) > 1:
        holdings = [(Holding.JOINT, AccountRole.PRINCIPAL), (Holding.JOINT, AccountRole.SECONDARY_OWNER)]
    else:
        holdings = [(Holding.SOLE, AccountRole.PRINCIPAL)]
    return [
        AccountParty(account_id=account_id, party=party, holding=holding, role=role)
        for party, (holding, role) in zip(people, holdings, strict=False)
    ]


def _end(plan: Plan, ended: Ended) -> Errand:
    """Move the account's whole balance out, and close the account."""

    def happen(story: Story, at: datetime) -> None:
        minor = story.balances[plan.key]
        if minor > 0 and ended.into is not None:
            story.move(plan.key, ended.into, at, minor, reference="Account closed")
        elif minor > 0 and ended.bank is not None:
            information = f"Account switched to {ended.bank.name}"
            story.enter(plan.key, at, -minor, information, PAYMENT_OUT, counterparty=ended.bank)
        story.changes[plan.key] = StatusChange(
            status=AccountStatus.DELETED if ended.bank is None else AccountStatus.DISABLED,
            at=at + timedelta(minutes=1),
            eligible=False,
            switched=ended.bank is not None,
        )

    return Errand(ended.days_before, ENDED_AT_HOUR, happen)


def _open_plan(
    plan: Plan, story: Story, household: Household, customers: tuple[str, ...], *, position: int, at: datetime
) -> AccountOpening:
    """The account as it was opened: every customer of the household may approve."""
    name = " & ".join(person.display_name for person in household.people) if plan.firm is None else plan.firm.name
    return AccountOpening(
        id=story.ids.uuid(),
        currency=plan.currency,
        type=plan.type,
        category=plan.category,
        product=plan.product.name,
        product_id=plan.product.id,
        opened_at=at,
        identity=Identity(_identifiers(plan, story.rng, name), plan.nickname),
        holders=tuple(Holder(customer, Right.APPROVE, position) for customer in customers),
        eligible=plan.eligible,
        switched=False if plan.product.kind in _IN_SWITCH_SERVICE else None,
        credit_line=None if plan.credit_line is None else Money(plan.currency, plan.credit_line),
        servicer_bic=BIC,
    )


def _identifiers(plan: Plan, rng: random.Random, name: str) -> tuple[AccountIdentifier, ...]:
    if plan.type is AccountType.CARD:
        return (AccountIdentifier(Scheme.PAN, card_number(rng), name),)
    number = sort_code_account(rng)
    by_iban = AccountIdentifier(Scheme.IBAN, iban(number), name)
    return (by_iban,) if plan.currency == "EUR" else (AccountIdentifier(Scheme.SORT_CODE, number, name), by_iban)
