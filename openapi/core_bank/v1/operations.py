"""The operations that a bank's own core implements for us: one row each. Those of accounts are questions without an effect; those of
payments have one, are keyed by the id of our order, and are safe to repeat.

Paths lie below the base URL that the bank names, e.g. `https://core.bank.example/core-bank/v1`. The brand stands in the path, so
that a core which serves several can never answer for another one by forgetting a parameter.
"""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from kernel.banking.accounts import TransactionPage
from kernel.banking.payee_checks import PayeeCheck
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.parties import Party
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.records.statements import PDF, Statement, StatementPage
from openapi.core_bank.v1 import answers, payment_answers, payment_days, payment_questions, questions

VERSION: Final = "1.3.0"
NAME: Final = "core_bank/v1"
BASE_PATH: Final = "/core-bank/v1"
HEALTH_PATH: Final = "/health"
JSON: Final = "application/json"
JSON_BYTES_MAX: Final = 4 * 1024 * 1024  # of one JSON answer of the core bank
QUESTION_BYTES_MAX: Final = 16_384  # of the body of one question about a payment

INTERACTION_HEADER: Final = "Interaction-Id"
DEADLINE_HEADER: Final = "Deadline-Ms"


@dataclass(frozen=True, slots=True)
class Row:
    """One operation. `name` is also the port's method; `answer` None: a file in the media type that `Accept` names. The question is the
    query of a GET, and the body of a POST."""

    name: str
    path: str  # below /brands/{brand}
    question: type[msgspec.Struct]
    answer: type | None
    summary: str
    may_be_unknown: bool = False  # 404 with the code `unknown` is an answer
    method: Literal["GET", "POST"] = "GET"


ROWS: Final = (
    Row(
        "accounts_of",
        "/customer-accounts",
        questions.OfCustomer,
        answers.Accounts,
        "The accounts that a customer may share, in the customer's own order. Empty for an unknown customer.",
    ),
    Row("party_of", "/customer-party", questions.OfCustomer, Party, "A customer themself.", True),
    Row("accounts", "/accounts", questions.OfAccounts, answers.Accounts, "Accounts, in the order asked for."),
    Row("balances", "/balances", questions.OfAccounts, answers.Balances, "Balances of each account, in the order asked for."),
    Row(
        "transactions",
        "/transactions",
        questions.OfTransactions,
        TransactionPage,
        "One page of transactions over all the given accounts, newest first by (booked_at, account_id, id), as the books stood at "
        "booking sequence `as_of`; without it, now.",
    ),
    Row("beneficiaries", "/beneficiaries", questions.OfRecords, RecordPage[Beneficiary], "One page of payees, newest first."),
    Row("direct_debits", "/direct-debits", questions.OfRecords, RecordPage[DirectDebit], "One page of mandates, newest first."),
    Row(
        "standing_orders", "/standing-orders", questions.OfRecords, RecordPage[StandingOrder], "One page of orders, newest first."
    ),
    Row(
        "scheduled_payments",
        "/scheduled-payments",
        questions.OfRecords,
        RecordPage[ScheduledPayment],
        "One page of payments still to be made, newest first.",
    ),
    Row("products", "/products", questions.OfAccounts, answers.Products, "The product of each account, in the order asked for."),
    Row("offers", "/offers", questions.OfAccounts, answers.Offers, "Offers in force now, by account in the order asked for."),
    Row("parties", "/parties", questions.OfAccounts, answers.Parties, "Who holds each account, its principal holder first."),
    Row("statements", "/statements", questions.OfStatements, StatementPage, "One page of statements, newest first."),
    Row("statement", "/statement", questions.OfStatement, Statement, "One statement of an account.", True),
    Row(
        "statement_file",
        "/statement-file",
        questions.OfStatement,
        None,
        f"A statement as its customer would print it, in the media type that `Accept` names, e.g. {PDF}.",
        True,
    ),
)

BY_NAME: Final = {row.name: row for row in ROWS}

PAYMENT_ROWS: Final = (
    Row(
        "reserve",
        "/payment-reservation",
        payment_questions.OfTransfer,
        payment_answers.Reservation,
        "Hold the amount of an order on the payer's account until the order is submitted, cancelled or released. A repeat is answered as "
        "the first. An order that was released before is refused: its reservation comes too late.",
        method="POST",
    ),
    Row(
        "submit",
        "/payment-submission",
        payment_questions.OfTransfer,
        payment_answers.Report,
        "Carry out an order, once however often it is submitted: a repeat carries out nothing, and is answered with how far the first has "
        "come. An order that was cancelled or released before is never carried out, and is answered by its refusal.",
        method="POST",
    ),
    Row(
        "status",
        "/payment-status",
        payment_questions.OfOrder,
        payment_answers.Report,
        "How far an order has come. `unknown`: no submission of it has arrived, and it was not cancelled.",
        True,
    ),
    Row(
        "cancel",
        "/payment-cancellation",
        payment_questions.OfOrder,
        payment_answers.Report,
        "Stop an order if that is still possible, and say what has become of it. One that never arrived is cancelled too: a submission that "
        "arrives later is refused. What is held for it may be kept until it is released.",
        method="POST",
    ),
    Row(
        "release",
        "/payment-release",
        payment_questions.OfOrder,
        payment_answers.Released,
        "Let go of what is held for an order that will not be carried out, for good: a reservation or submission that arrives later is "
        "refused. Of an order that is carried out nothing changes.",
        method="POST",
    ),
    Row(
        "resolve",
        "/payment-resolution",
        payment_questions.OfResolution,
        payment_answers.Report,
        "Bring the books to the end of an order that people named by evidence, because no answer could be had: `ACSC`, what is held is booked; "
        "`RJCT`, it is let go of, and a submission that arrives later is refused. An order that has come to an end keeps it, and is answered "
        "with that.",
        method="POST",
    ),
    Row(
        "funds",
        "/funds-check",
        payment_questions.OfFunds,
        payment_answers.Funds,
        "Whether an account could pay an amount now. Nothing is held. An unknown account could not.",
        method="POST",
    ),
    Row(
        "quote",
        "/exchange-quote",
        payment_questions.OfQuote,
        payment_answers.Exchange,
        "The rate and the charges of a payment in another currency. A binding quote is used by one order, whose reservation names it, before "
        "it expires; a reservation at any other is refused. A bank without such payments refuses every `currency`.",
        method="POST",
    ),
    Row(
        "payee",
        "/payee-check",
        payment_questions.OfPayee,
        PayeeCheck,
        "Compare a name with that of the holder of an account, here or at another bank. `not_available` where that bank does not say in time.",
        method="POST",
    ),
)

PAYMENTS_BY_NAME: Final = {row.name: row for row in PAYMENT_ROWS}

PAYMENT_DAY: Final = Row(
    "payment_day",
    "/payment-day",
    payment_days.OfDay,
    payment_days.WorkingDay,
    "The working day on which a payment that comes at an instant is made, and its cut-off. Optional, and asked only for brands whose "
    "configuration says so. `unknown` (or `operation_unknown`, as of any path that the bank has not): the bank leaves it to that configuration.",
    True,
)

ALL_ROWS: Final = (*ROWS, *PAYMENT_ROWS, PAYMENT_DAY)
