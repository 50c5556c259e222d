"""What happened to one household's money, told in order of time: entries for the ledger, balanced by the way they are made.

Codes are ISO 20022 bank transaction codes: domain, family, sub-family.
"""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from consent.ports import ScaMethod
from kernel.banking.accounts import Counterparty, Merchant
from kernel.banking.money import Money
from kernel.ids import SeededIds
from plugins.ledger.documents import Narrative
from plugins.ledger.entries import AccountOpening, LedgerEntry, Leg, Line, PendingPayment
from plugins.ledger.posting import internal_account_id

CARD_PURCHASE = "PMNT.CCRD.POSD"
CASH_WITHDRAWAL = "PMNT.CCRD.CWDL"
DIRECT_DEBIT = "PMNT.RDDT.PMDD"
STANDING_ORDER = "PMNT.ICDT.STDO"
OWN_TRANSFER_OUT = "PMNT.ICDT.BOOK"
OWN_TRANSFER_IN = "PMNT.RCDT.BOOK"
SALARY = "PMNT.RCDT.SALA"
PAYMENT_IN = "PMNT.RCDT.DMCT"
PAYMENT_OUT = "PMNT.ICDT.DMCT"
INTEREST = "ACMT.MCOP.INTR"
INTEREST_DUE = "ACMT.MDOP.INTR"

WORLD, MERCHANTS, INTEREST_PAID, EXCHANGE = "world", "merchants", "interest", "exchange"
INTERNAL_ACCOUNTS = (WORLD, MERCHANTS, INTEREST_PAID, EXCHANGE)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can log in. `password` is known to everyone: this is play money."""

    name: str
    display_name: str
    sca_methods: tuple[ScaMethod, ...]

    @property
    def password(self) -> str:
        return f"{self.name}-pw"


@dataclass(slots=True)
class Story:
    """`balances` runs along in minor units, so that the tale can heed it."""

    rng: random.Random
    ids: SeededIds
    accounts: dict[str, AccountOpening] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=list)
    pending: list[PendingPayment] = field(default_factory=list)
    balances: Counter[str] = field(default_factory=Counter)

    def amount(self, low: int, high: int) -> int:
        """Minor units between the two, small amounts likelier; rounded to what prices look like."""
        return round(self.rng.triangular(low, high, low + (high - low) / 3))

    def enter(self, account: str, at: datetime, minor: int, information: str, code: str, *, against: str = WORLD, counterparty: Counterparty | None = None, reference: str | None = None) -> None:  # fmt: skip
        """Money comes to the account, or leaves it if `minor` is negative; `against` is the bank's own account opposite."""
        narrative = Narrative(information, reference, None, counterparty)
        self._append(at, [(account, minor, narrative, code)], against)

    def buy(self, account: str, at: datetime, minor: int, merchant: Merchant, code: str = CARD_PURCHASE) -> None:
        """`minor` positive: what it costs."""
        narrative = Narrative(f"{_verb(code)} {merchant.name}", None, merchant, None)
        self._append(at, [(account, -minor, narrative, code)], MERCHANTS)

    def move(self, source: str, target: str, at: datetime, minor: int, *, reference: str | None = None) -> None:
        """Between two accounts of the household, in one currency."""
        legs = [
            (source, -minor, Narrative(f"Transfer to {self.accounts[target].product}", reference), OWN_TRANSFER_OUT),
            (target, minor, Narrative(f"Transfer from {self.accounts[source].product}", reference), OWN_TRANSFER_IN),
        ]
        self._append(at, legs, None)

    def exchange(self, source: str, target: str, at: datetime, minor: int, received_minor: int) -> None:
        """Between two accounts of the household, in two currencies: each currency balances against the bank's own position."""
        legs = [
            (source, -minor, Narrative(f"Exchange to {self.accounts[target].currency}"), OWN_TRANSFER_OUT),
            (target, received_minor, Narrative(f"Exchange from {self.accounts[source].currency}"), OWN_TRANSFER_IN),
        ]
        self._append(at, legs, EXCHANGE)

    def announce(self, account: str, at: datetime, minor: int, merchant: Merchant) -> None:
        """A card payment that is not booked yet."""
        self.pending.append(
            PendingPayment(
                id=self.ids.uuid(),
                account_id=self.accounts[account].id,
                amount=Money(self.accounts[account].currency, -minor),
                booked_at=at,
                narrative=Narrative(f"{_verb(CARD_PURCHASE)} {merchant.name}", None, merchant, None),
                code=CARD_PURCHASE,
            )
        )

    def _append(self, at: datetime, legs: Iterable[tuple[str, int, Narrative, str]], against: str | None) -> None:
        """One entry; with `against`, the bank's own account takes the other side in each currency."""
        made: list[Leg] = []
        for name, minor, narrative, code in legs:
            account = self.accounts[name]
            self.balances[name] += minor
            line = Line(id=self.ids.uuid(), booked_at=at, value_at=at, narrative=narrative, code=code)
            made.append(Leg(account.id, Money(account.currency, minor), line))
            if against is not None:
                made.append(Leg(internal_account_id(against, account.currency), Money(account.currency, -minor)))
        self.entries.append(LedgerEntry(self.ids.uuid(), tuple(made)))


def _verb(code: str) -> str:
    return {CARD_PURCHASE: "Card payment", DIRECT_DEBIT: "Direct debit", STANDING_ORDER: "Standing order"}.get(code, "Withdrawal")
