"""Conformance checks of a core bank's payments. Those that hold, cancel or pay anything run only where a test account is named for it."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

from kernel import json
from kernel.banking.accounts import BalanceType
from kernel.banking.money import Money
from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, CreditTransfer, RailStatus
from kernel.banking.payee_checks import PayeeMatch
from kernel.clock import monotonic
from kernel.ids import RandomIds
from openapi.core_bank.v1 import answers, payment_questions
from openapi.core_bank.v1.operations import PAYMENTS_BY_NAME
from orders.ports import Progress, Refused, Reserved, Resolution
from portcullis.core_bank.quote_checks import check_quotes
from portcullis.core_bank.subject import Check, NothingThere, PennyPayment, Subject, Wrong, expect, expect_some

UNKNOWN = "no-such-id-" + "x" * 20
STRANGER = "Quillon Zachariah Vantongeren"  # a name that no holder has
FAR_TOO_MUCH = 10**14  # minor units: more than any account that is checked could pay
SETTLE_SECONDS_MAX = 60.0  # for a payment of a check to come to its end
LOOK_SECONDS = 0.5  # between two looks whether it has
REPEATS = 4  # of one question, at once

ids = RandomIds()


def served(check: Check) -> Check:
    """The check, where the bank serves payments at all."""

    async def run(subject: Subject) -> str:
        path = f"{_path(subject, 'status')}?order_id={ids.uuid()}"
        status, code, _ = await subject.raw(path)
        if (status, code) == (404, "operation_unknown"):
            raise NothingThere("the bank serves no payments")
        return await check(subject)

    return run


def with_money(check: Callable[[Subject, PennyPayment], Awaitable[str]]) -> Check:
    """The check, where a test account is named for it."""

    async def run(subject: Subject) -> str:
        if subject.penny is None:
            raise NothingThere("moves money: name a test account by --payer, --payee and --payee-name")
        return await check(subject, subject.penny)

    return served(run)


async def check_unknown_order(subject: Subject) -> str:
    found = await subject.payments.status(subject.brand, ids.uuid())
    expect(found is None, "an order that was never submitted has a status")
    return f"404 {answers.UNKNOWN}"


async def check_strictness(subject: Subject) -> str:
    """By questions without an effect alone: a bank that is not strict must not move money for it."""
    account = next(iter(subject.accounts), UNKNOWN)
    amount = {"currency": "GBP", "minor": 1}
    for what, body in {
        "a body that is no JSON": b"account_id=1",
        "an unknown member": json.encode({"account_id": account, "amount": amount, "colour": "red"}),
        "an amount of nothing": json.encode({"account_id": account, "amount": amount | {"minor": 0}}),
        "a negative amount": json.encode({"account_id": account, "amount": amount | {"minor": -1}}),
        "a fraction of a minor unit": json.encode({"account_id": account, "amount": amount | {"minor": 0.5}}),
        "no account": json.encode({"amount": amount}),
    }.items():
        status = await subject.raw_body(_path(subject, "funds"), body)
        expect(status == 400, f"answered {status} to {what}, not 400")
    return "400"


async def check_funds(subject: Subject) -> str:
    expect_some(subject.accounts, "accounts")
    for account, currency in [(each.id, each.currency) for each in await subject.bank.accounts(subject.brand, subject.accounts)]:
        await subject.payments.funds(subject.brand, account, Money(currency, 1))
        enough = await subject.payments.funds(subject.brand, account, Money(currency, FAR_TOO_MUCH))
        expect(not enough, f"an account could pay {Money(currency, FAR_TOO_MUCH).decimal()}")
    unknown = await subject.payments.funds(subject.brand, UNKNOWN, Money("GBP", 1))
    expect(not unknown, "an unknown account could pay")
    return f"{len(subject.accounts)} accounts"


async def check_payees(subject: Subject) -> str:
    """By the specimens' own names."""
    numbers = [
        number
        for each in await subject.bank.accounts(subject.brand, subject.accounts)
        for number in each.identifiers
        if number.name
    ]
    expect_some(numbers, "account numbers with a name")
    said = 0
    for number in numbers:
        check = await subject.payments.payee(subject.brand, number, number.name or "")
        other = await subject.payments.payee(subject.brand, number, STRANGER)
        expect(
            "payee" not in subject.defects, "answers what is malformed, late or not allowed, such as a name without a close match"
        )
        if PayeeMatch.NOT_AVAILABLE in (check.match, other.match):
            continue
        expect(check.match is PayeeMatch.MATCH, "the name of the holder, as the bank gives it, is no match")
        expect(other.match is PayeeMatch.NO_MATCH, "a name that no one has is the holder's")
        said += 1
    if not said:
        raise NothingThere("the bank says of none of its own accounts whose they are")
    return f"{said} account numbers"


async def check_reservation(subject: Subject, penny: PennyPayment) -> str:
    transfer = await _transfer(subject, penny)
    before = await _balance(subject, penny, BalanceType.INTERIM_AVAILABLE)
    replies = await asyncio.gather(*(subject.payments.reserve(subject.brand, transfer) for _ in range(REPEATS)))
    try:
        expect(all(reply == Reserved() for reply in replies), f"of {REPEATS} reservations of one order some were refused")
        expect(
            await subject.payments.status(subject.brand, transfer.order_id) is None, "an order that is only reserved has a status"
        )
        held = before - await _balance(subject, penny, BalanceType.INTERIM_AVAILABLE)
        expect(
            held == transfer.amount.minor,
            f"{REPEATS} reservations of one order hold {held} minor units, not {transfer.amount.minor}",
        )
    finally:
        await subject.payments.release(subject.brand, transfer.order_id)
    await subject.payments.release(subject.brand, transfer.order_id)
    left = await _balance(subject, penny, BalanceType.INTERIM_AVAILABLE)
    expect(left == before, "what was held is not free after the release")
    return f"once for {REPEATS} questions"


async def check_release(subject: Subject, penny: PennyPayment) -> str:
    transfer = await _transfer(subject, penny)
    await subject.payments.release(subject.brand, transfer.order_id)
    late = await subject.payments.reserve(subject.brand, transfer)
    expect(isinstance(late, Refused), "a reservation that comes after the release of its order is held")
    await _expect_refused(subject, transfer, "released")
    return "refused"


async def check_cancellation(subject: Subject, penny: PennyPayment) -> str:
    transfer = await _transfer(subject, penny)
    cancelled = await subject.payments.cancel(subject.brand, transfer.order_id)
    expect(cancelled.status in REFUSED_STATUSES, f"an order that never arrived is {cancelled.status} after its cancellation")
    await subject.payments.reserve(subject.brand, transfer)
    await _expect_refused(subject, transfer, "cancelled")
    await subject.payments.release(subject.brand, transfer.order_id)
    return "refused"


async def check_resolution(subject: Subject, penny: PennyPayment) -> str:
    """By a rejection alone: it moves no money."""
    transfer = await _transfer(subject, penny)
    before = await _balance(subject, penny, BalanceType.INTERIM_AVAILABLE)
    reserved = await subject.payments.reserve(subject.brand, transfer)
    expect(reserved == Reserved(), "the test account cannot pay the smallest amount")
    rejected = Resolution(status=RailStatus.REJECTED, evidence_sha256=hashlib.sha256(b"Portcullis check").hexdigest())
    try:
        for _ in range(2):
            answer = await subject.payments.resolve(subject.brand, transfer.order_id, rejected)
            expect(answer.status in REFUSED_STATUSES, f"an order that people rejected is {answer.status}")
        left = await _balance(subject, penny, BalanceType.INTERIM_AVAILABLE)
        expect(left == before, "what was held is not free after people rejected the order")
        await _expect_refused(subject, transfer, "rejected by people")
    finally:
        await subject.payments.release(subject.brand, transfer.order_id)
    return "let go of"


async def check_payment(subject: Subject, penny: PennyPayment) -> str:
    transfer = await _transfer(subject, penny)
    before = await _balance(subject, penny, BalanceType.INTERIM_BOOKED)
    reserved = await subject.payments.reserve(subject.brand, transfer)
    expect(reserved == Reserved(), "the test account cannot pay the smallest amount")
    await asyncio.gather(*(subject.payments.submit(subject.brand, transfer) for _ in range(REPEATS)))
    last = await _last_word(subject, transfer.order_id)
    again = await subject.payments.submit(subject.brand, transfer)
    late = await subject.payments.cancel(subject.brand, transfer.order_id)
    ends = PAID_STATUSES if last.status in PAID_STATUSES else REFUSED_STATUSES
    expect(again.status in ends, f"a payment that is {last.status} is {again.status} when it is submitted again")
    expect(late.status in ends, f"a payment that is {last.status} is {late.status} after a late cancellation")
    if ends is REFUSED_STATUSES:
        await subject.payments.release(subject.brand, transfer.order_id)
    moved = before - await _balance(subject, penny, BalanceType.INTERIM_BOOKED)
    expected = transfer.amount.minor if ends is PAID_STATUSES else 0
    expect(
        moved == expected,
        f"{REPEATS + 1} submissions of one order that is {last.status} booked {moved} minor units, not {expected}",
    )
    return f"{last.status}, booked once for {REPEATS + 1} submissions"


async def _expect_refused(subject: Subject, transfer: CreditTransfer, ended: str) -> None:
    """Raises Wrong if an order that was ended is carried out."""
    for _ in range(2):
        answer = await subject.payments.submit(subject.brand, transfer)
        expect(answer.status in REFUSED_STATUSES, f"an order that was {ended} is {answer.status} when it is submitted later")


async def _last_word(subject: Subject, order_id: str) -> Progress:
    """Raises Wrong."""
    deadline = monotonic() + SETTLE_SECONDS_MAX
    while True:
        progress = await subject.payments.status(subject.brand, order_id)
        if progress is None:
            raise Wrong("a submitted order has no status")
        if progress.status in PAID_STATUSES | REFUSED_STATUSES:
            return progress
        if monotonic() > deadline:
            raise Wrong(f"a payment is {progress.status} after {SETTLE_SECONDS_MAX:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)


async def _transfer(subject: Subject, penny: PennyPayment) -> CreditTransfer:
    """A payment of the smallest amount, under an order that no one has seen."""
    found = await subject.bank.accounts(subject.brand, (penny.payer_account,))
    expect(len(found) == 1, "the test account does not exist")
    return payment_questions.OfTransfer(
        order_id=ids.uuid(),
        uetr=ids.uuid(),
        payer_account=penny.payer_account,
        amount=Money(found[0].currency, 1),
        creditor_name=penny.payee_name,
        creditor_account=penny.payee_account,
        remittance="Portcullis check",
    ).transfer


async def _balance(subject: Subject, penny: PennyPayment, kind: BalanceType) -> int:
    for each in await subject.guarded.balances(subject.brand, (penny.payer_account,)):
        if each.type is kind:
            return each.amount.minor
    raise Wrong(f"the test account has no balance of the type {kind}")


def _path(subject: Subject, name: str) -> str:
    return f"/brands/{subject.brand.name}{PAYMENTS_BY_NAME[name].path}"


PAYMENT_CHECKS: tuple[tuple[str, Check], ...] = (
    ("knows no order that was never submitted", served(check_unknown_order)),
    ("refuses questions about payments it does not understand", served(check_strictness)),
    ("checks funds", served(check_funds)),
    ("confirms payees", served(check_payees)),
    ("quotes rates that add up", served(check_quotes)),
    ("holds an order once, and lets go of it", with_money(check_reservation)),
    ("refuses what comes after a release", with_money(check_release)),
    ("refuses what comes after a cancellation", with_money(check_cancellation)),
    ("lets go of what people rejected", with_money(check_resolution)),
    ("pays an order once", with_money(check_payment)),
)
