"""portcullis/core_bank/payment_checks.py: a bank that keeps the contract passes, each way of not keeping it is found, and nothing is paid
unasked."""

from dataclasses import dataclass, field, replace

import msgspec
import pytest
from rich.console import Console

from kernel.banking.abroad.exchange import Quote, Unquoted
from kernel.banking.accounts import BalanceType
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from kernel.banking.payee_checks import PayeeCheck, PayeeMatch
from kernel.clock import ManualClock
from kernel.config import ConfigurationRefused
from orders.ports import Progress, Refused, Reserved
from portcullis.cli.core_bank.commands import check_core_bank
from portcullis.cli.core_bank.report import report_core_bank
from portcullis.core_bank.checks import CHECKS
from portcullis.core_bank.payment_checks import PAYMENT_CHECKS
from portcullis.core_bank.subject import PennyPayment, account_number, open_subject, run_checks
from tests.harness.paper_bank import BRAND, TOKEN, PaperBank, served
from tests.harness.paper_payments import REJECTED, PaperPayments
from tests.harness.upstream_books import NOW

ACCOUNT = "a"
FUNDS = 10_000
NAMES = {"00997112345678": "Ms Ann Other", "GB33BUKB20201555555555": "Ms Ann Other"}  # of PaperBank's accounts
MOVES = [title for title, _ in PAYMENT_CHECKS[5:]]


@dataclass
class Core(PaperPayments):
    """Its accounts have money, and their holder a name."""

    names: dict[str, str] = field(default_factory=lambda: dict(NAMES))

    def __post_init__(self) -> None:
        for account in "abc":
            self.open_account(BRAND, account, FUNDS)


@dataclass
class Bank(PaperBank):
    """A bank whose balances are those of its core."""

    core: Core | None = None

    async def balances(self, brand, account_ids):
        said = await super().balances(brand, account_ids)
        return tuple(self._balance(brand, each) for each in said)

    def _balance(self, brand, balance):
        minor = self.core.booked[brand.name, balance.account_id]
        if balance.type is BalanceType.INTERIM_AVAILABLE:
            minor -= self.core.held(brand, balance.account_id)
        return type(balance)(account_id=balance.account_id, type=balance.type, amount=Money("GBP", minor), at=balance.at)


def penny(ending: str = "5678") -> PennyPayment:
    return PennyPayment(ACCOUNT, account_number(f"0400041234{ending}"), "A. Landlord")


async def findings_of(core, payment=None, payments=True):
    bank = Bank(rows=3, core=core)
    async with (
        served(bank, payments=core if payments else None) as url,
        open_subject(url, TOKEN, "", (), penny=payment) as subject,
    ):
        return {finding.title: finding async for finding in run_checks(subject, CHECKS[5:6] + PAYMENT_CHECKS)}


def broken(findings) -> dict[str, str]:
    return {title: finding.note for title, finding in findings.items() if finding.verdict is False}


async def test_a_bank_that_keeps_the_contract_passes_every_check_and_pays_one_penny():
    core = Core(ManualClock(NOW))
    findings = await findings_of(core, penny())
    assert {title: finding.note for title, finding in findings.items() if finding.verdict is not True} == {}
    assert (core.booked[BRAND.name, ACCOUNT], core.held(BRAND, ACCOUNT)) == (FUNDS - 1, 0)


async def test_a_payment_that_is_refused_passes_and_costs_nothing():
    core = Core(ManualClock(NOW))
    assert broken(await findings_of(core, penny(REJECTED))) == {}
    assert (core.booked[BRAND.name, ACCOUNT], core.held(BRAND, ACCOUNT)) == (FUNDS, 0)


async def test_nothing_is_paid_held_or_cancelled_unasked():
    core = Core(ManualClock(NOW))
    findings = await findings_of(core)
    assert [title for title, finding in findings.items() if finding.verdict is None] == MOVES
    assert broken(findings) == {}
    assert (core.payments, core.holds, core.closed) == ({}, {}, set())
    assert {core.booked[BRAND.name, account] for account in "abc"} == {FUNDS}


async def test_a_bank_without_payments_is_not_broken():
    findings = await findings_of(Core(ManualClock(NOW)), penny(), payments=False)
    assert broken(findings) == {}
    assert {finding.note for title, finding in findings.items() if title in MOVES} == {"the bank serves no payments"}


class HoldsTwice(Core):
    """Takes each reservation for another."""

    def held(self, brand, account_id):
        return 2 * super().held(brand, account_id)


class ForgetsReleases(Core):
    async def release(self, brand, order_id):
        self.holds.pop((brand.name, order_id), None)


class KeepsHolds(Core):
    async def release(self, brand, order_id):
        self.closed.add((brand.name, order_id))


class PaysWhatWasCancelled(Core):
    async def submit(self, brand, transfer):
        order = (brand.name, transfer.order_id)
        if self.payments.get(order, Progress(status=RailStatus.RECEIVED, at=NOW)).status is RailStatus.CANCELLED:
            self.payments[order] = Progress(status=RailStatus.RECEIVED, at=NOW)
        return await super().submit(brand, transfer)


class PaysEachTime(Core):
    async def submit(self, brand, transfer):
        progress = await super().submit(brand, transfer)
        if progress.status is RailStatus.CREDITED:
            self.booked[brand.name, transfer.payer_account] -= transfer.amount.minor
        return progress


class ForgetsOrders(Core):
    async def status(self, brand, order_id):
        return None


class InventsOrders(Core):
    async def status(self, brand, order_id):
        return self.payments.get((brand.name, order_id)) or Progress(status=RailStatus.RECEIVED, at=NOW)


class TakesItBack(Core):
    """Cancels what was paid."""

    async def cancel(self, brand, order_id):
        return Progress(status=RailStatus.CANCELLED, at=NOW)


class KeepsWhatPeopleRejected(Core):
    async def resolve(self, brand, order_id, resolution):
        return Progress(status=RailStatus.REJECTED, at=NOW)


class PaysWhatPeopleRejected(Core):
    async def resolve(self, brand, order_id, resolution):
        return await super().resolve(brand, order_id, replace(resolution, status=RailStatus.SETTLED))


class Generous(Core):
    async def funds(self, brand, account_id, amount):
        return True


class Agreeable(Core):
    async def payee(self, brand, creditor_account, name):
        return PayeeCheck(match=PayeeMatch.MATCH)


class Doubtful(Core):
    async def payee(self, brand, creditor_account, name):
        return PayeeCheck(match=PayeeMatch.NO_MATCH)


class RepeatsQuotes(Core):
    async def quote(self, brand, asked):
        quote = await super().quote(brand, asked)
        return msgspec.structs.replace(quote, id="q-1") if isinstance(quote, Quote) else quote


class QuotesAnything(Core):
    async def quote(self, brand, asked):
        found = await super().quote(
            brand, msgspec.structs.replace(asked, amount=Money("EUR", asked.amount.minor), currency="EUR")
        )
        return Unquoted.AMOUNT if asked.currency != "EUR" else found


class Miscalculates(Core):
    async def quote(self, brand, asked):
        quote = await super().quote(brand, asked)
        return msgspec.structs.replace(quote, sold=Money("GBP", quote.sold.minor + 1)) if isinstance(quote, Quote) else quote


class Refusing(Core):
    async def reserve(self, brand, transfer):
        return Refused(Reason.FUNDS_INSUFFICIENT) if self.holds else await super().reserve(brand, transfer)


class ReservesLate(Core):
    async def reserve(self, brand, transfer):
        return Reserved()


@pytest.mark.parametrize(
    ("core", "title"),
    [
        (HoldsTwice, "holds an order once, and lets go of it"),
        (KeepsHolds, "holds an order once, and lets go of it"),
        (InventsOrders, "holds an order once, and lets go of it"),
        (Refusing, "holds an order once, and lets go of it"),
        (ForgetsReleases, "refuses what comes after a release"),
        (ReservesLate, "refuses what comes after a release"),
        (PaysWhatWasCancelled, "refuses what comes after a cancellation"),
        (KeepsWhatPeopleRejected, "lets go of what people rejected"),
        (PaysWhatPeopleRejected, "lets go of what people rejected"),
        (PaysEachTime, "pays an order once"),
        (ForgetsOrders, "pays an order once"),
        (TakesItBack, "pays an order once"),
        (InventsOrders, "knows no order that was never submitted"),
        (Generous, "checks funds"),
        (Agreeable, "confirms payees"),
        (Doubtful, "confirms payees"),
        (RepeatsQuotes, "quotes rates that add up"),
        (QuotesAnything, "quotes rates that add up"),
        (Miscalculates, "quotes rates that add up"),
    ],
)
async def test_finds_what_a_bank_does_wrong(core, title):
    assert title in broken(await findings_of(core(ManualClock(NOW)), penny()))


async def test_a_bank_that_shows_names_without_a_close_match_is_broken():
    """The type of the answer would refuse it here too, so the bank says it in its own words."""

    class Indiscreet(Core):
        async def payee(self, brand, creditor_account, name):
            return {"match": "no_match", "name": "Ms Ann Other"}

    assert "a close match" in broken(await findings_of(Indiscreet(ManualClock(NOW))))["confirms payees"]


async def test_the_report_says_what_was_paid(capsys):
    core = Core(ManualClock(NOW))
    async with served(Bank(rows=9, core=core), payments=core) as url:
        assert await report_core_bank(Console(width=200), url, TOKEN, "", (), penny=penny())
    assert "ACCC, booked once for 5 submissions" in capsys.readouterr().out


def test_a_payer_without_a_payee_is_refused():
    with pytest.raises(ConfigurationRefused, match="--payer, --payee and --payee-name"):
        check_core_bank("http://127.0.0.1:1", payer="a")
