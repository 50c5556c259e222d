"""The story of one household's money in order of time: ledger entries, each balanced when it is made.

Codes are ISO 20022 bank transaction codes: domain, family, sub-family.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from kernel.banking.accounts import Counterparty, CurrencyExchange, Merchant
from kernel.banking.money import Money, exponent
from kernel.ids import SeededIds
from plugins.ledger.accounts.internal import internal_account_id
from plugins.ledger.accounts.openings import AccountOpening, StatusChange
from plugins.ledger.documents import Narrative
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line, PendingPayment
from sandbox.bank.catalogue.products import FOREIGN_FEE_PERCENT

CARD_PURCHASE = "PMNT.CCRD.POSD"
CARD_REFUND = "PMNT.CCRD.RIMB"
CARD_FEE = "PMNT.CCRD.FEES"
CASH_WITHDRAWAL = "PMNT.CCRD.CWDL"
DIRECT_DEBIT = "PMNT.RDDT.PMDD"
DIRECT_DEBIT_UNPAID = "PMNT.RDDT.UPDD"
STANDING_ORDER = "PMNT.ICDT.STDO"
OWN_TRANSFER_OUT = "PMNT.ICDT.BOOK"
OWN_TRANSFER_IN = "PMNT.RCDT.BOOK"
SALARY = "PMNT.RCDT.SALA"
PAYMENT_IN = "PMNT.RCDT.DMCT"
PAYMENT_OUT = "PMNT.ICDT.DMCT"
PAYMENT_RETURNED = "PMNT.ICDT.RRTN"
INTEREST = "ACMT.MCOP.INTR"
INTEREST_DUE = "ACMT.MDOP.INTR"
ACCOUNT_FEE = "ACMT.MDOP.FEES"

WORLD, MERCHANTS, INTEREST_PAID, EXCHANGE, FEES = "world", "merchants", "interest", "exchange", "fees"


class Paid(NamedTuple):
    at: datetime
    minor: int


@dataclass(slots=True)
class Story:
    """One household's entries as they accumulate. `balances`: current, in minor units, read to decide the next payments; `paid`:
    payments by payee, so that mandates, orders and payees name payments that were made."""

    rng: random.Random
    ids: SeededIds
    accounts: dict[str, AccountOpening] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=list)
    pending: list[PendingPayment] = field(default_factory=list)
    changes: dict[str, StatusChange] = field(default_factory=dict)
    balances: Counter[str] = field(default_factory=Counter)
    paid: defaultdict[tuple[str, str], list[Paid]] = field(default_factory=lambda: defaultdict(list))

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
        self.paid[account, merchant.name].append(Paid(at, minor))

    def buy_abroad(self, account: str, at: datetime, price: Money, rate: Decimal, merchant: Merchant) -> None:
        """A purchase in another currency, and the bank's fee for it. `rate`: units of the account's currency for one."""
        minor = self.convert(account, price, rate)
        exchange = CurrencyExchange(Money(price.currency, -price.minor), rate)
        narrative = Narrative(f"{_verb(CARD_PURCHASE)} {merchant.name}", None, merchant, None, exchange)
        self._append(at, [(account, -minor, narrative, CARD_PURCHASE)], MERCHANTS)
        fee = round(minor * FOREIGN_FEE_PERCENT / 100)
        if fee:
            later = at + timedelta(seconds=1)
            self.enter(account, later, -fee, "Non-sterling transaction fee", CARD_FEE, against=FEES)

    def convert(self, account: str, price: Money, rate: Decimal) -> int:
        """Minor units of the account's currency. `rate`: units of that currency for one."""
        return round(price.minor * rate * Decimal(10) ** (exponent(self.accounts[account].currency) - exponent(price.currency)))

    def refund(self, account: str, at: datetime, minor: int, merchant: Merchant, what: str = "Refund from") -> None:
        """`minor` positive: what comes back."""
        narrative = Narrative(f"{what} {merchant.name}", None, merchant, None)
        self._append(at, [(account, minor, narrative, CARD_REFUND)], MERCHANTS)

    def bounce(self, account: str, at: datetime, minor: int, merchant: Merchant) -> None:
        """A direct debit is returned unpaid."""
        narrative = Narrative(f"Direct debit returned unpaid {merchant.name}", None, merchant, None)
        self._append(at, [(account, minor, narrative, DIRECT_DEBIT_UNPAID)], MERCHANTS)

    def pay(self, account: str, at: datetime, minor: int, payee: Counterparty, *, reference: str | None = None, code: str = PAYMENT_OUT) -> None:  # fmt: skip
        """`minor` positive: what the payee gets."""
        information = f"{'Standing order' if code == STANDING_ORDER else 'Payment'} to {payee.name}"
        self.enter(account, at, -minor, information, code, counterparty=payee, reference=reference)
        self.paid[account, payee.name or ""].append(Paid(at, minor))

    def move(self, source: str, target: str, at: datetime, minor: int, *, reference: str | None = None) -> None:
        """Between two accounts of the household, in one currency."""
        legs = [
            (source, -minor, Narrative(f"Transfer to {self.accounts[target].product}", reference), OWN_TRANSFER_OUT),
            (target, minor, Narrative(f"Transfer from {self.accounts[source].product}", reference), OWN_TRANSFER_IN),
        ]
        self._append(at, legs, None)

    def exchange(self, source: str, target: str, at: datetime, minor: int, rate: Decimal) -> None:
        """Between two accounts of the household, in two currencies: each currency balances against the bank's own position."""
        mine, other = self.accounts[source].currency, self.accounts[target].currency
        facts = CurrencyExchange(Money(mine, minor), rate)
        legs = [
            (source, -minor, Narrative(f"Exchange to {other}"), OWN_TRANSFER_OUT),
            (target, round(minor * rate), Narrative(f"Exchange from {mine}", exchange=facts), OWN_TRANSFER_IN),
        ]
        self._append(at, legs, EXCHANGE)

    def announce(self, account: str, at: datetime, minor: int, information: str, code: str, *, merchant: Merchant | None = None, counterparty: Counterparty | None = None) -> None:  # fmt: skip
        """Add a pending payment. Negative minor units leave the account."""
        self.pending.append(
            PendingPayment(
                id=self.ids.uuid(),
                account_id=self.accounts[account].id,
                amount=Money(self.accounts[account].currency, minor),
                booked_at=at,
                narrative=Narrative(information, None, merchant, counterparty),
                code=code,
            )
        )

    def announce_purchase(self, account: str, at: datetime, minor: int, merchant: Merchant) -> None:
        """A card payment that is not booked yet. `minor` positive: what it costs."""
        self.announce(account, at, -minor, f"{_verb(CARD_PURCHASE)} {merchant.name}", CARD_PURCHASE, merchant=merchant)

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
    return {CARD_PURCHASE: "Card payment", DIRECT_DEBIT: "Direct debit"}.get(code, "Withdrawal")
