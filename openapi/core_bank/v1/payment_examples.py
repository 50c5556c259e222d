"""One example of each question and answer about payments, in its own type."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from kernel.banking.abroad.exchange import AskedRate, Charge, ChargeBearer, Quote, RateType
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus
from kernel.banking.payee_checks import PayeeCheck, PayeeCode, PayeeMatch
from openapi.core_bank.v1 import payment_answers, payment_days, payment_notices, payment_questions

_ORDER = "8d0f7c0e-6f0b-4b7e-9a55-0f3f8a3f2a11"
_ACCOUNT = "acc-7f3c"
_AMOUNT = Money("GBP", 16_588)
_PAYEE = AccountIdentifier(Scheme.SORT_CODE, "00997187654321")
_AT = datetime(2026, 6, 30, 14, 5, 11, 250000, tzinfo=UTC)
_TRANSFER = payment_questions.OfTransfer(
    order_id=_ORDER,
    uetr="3f1c9f6e-53a4-4d0e-8d55-7f5f1f0a9c21",
    payer_account=_ACCOUNT,
    amount=_AMOUNT,
    creditor_name="A. Landlord",
    creditor_account=_PAYEE,
    remittance="FLAT 4",
    reference="TENANT-0412",
    end_to_end_id="RENT-2026-07",
)
_RATE = AskedRate(type=RateType.ACTUAL, unit_currency="GBP")
_OF_ORDER = payment_questions.OfOrder(order_id=_ORDER)

PAYMENT_QUESTIONS: dict[str, object] = {
    "reserve": _TRANSFER,
    "submit": _TRANSFER,
    "status": _OF_ORDER,
    "cancel": _OF_ORDER,
    "release": _OF_ORDER,
    "resolve": payment_questions.OfResolution(
        order_id=_ORDER, status=payment_questions.ResolvedStatus.SETTLED, evidence_sha256="5e" * 32
    ),
    "funds": payment_questions.OfFunds(account_id=_ACCOUNT, amount=_AMOUNT),
    "quote": payment_questions.OfQuote(
        amount=Money("EUR", 10_000), currency="EUR", bearer=ChargeBearer.SHARED, rate=_RATE, is_binding=True
    ),
    "payee": payment_questions.OfPayee(creditor_account=_PAYEE, name="Anne Landlord"),
}
PAYMENT_EXAMPLES: dict[str, object] = {
    "reserve": payment_answers.Reservation(order_id=_ORDER, amount=_AMOUNT, reserved=True),
    "submit": payment_answers.Report(order_id=_ORDER, amount=_AMOUNT, status=RailStatus.IN_PROCESS, at=_AT),
    "status": payment_answers.Report(order_id=_ORDER, amount=_AMOUNT, status=RailStatus.CREDITED, at=_AT),
    "cancel": payment_answers.Report(order_id=_ORDER, status=RailStatus.CANCELLED, at=_AT),
    "release": payment_answers.Released(order_id=_ORDER),
    "resolve": payment_answers.Report(order_id=_ORDER, amount=_AMOUNT, status=RailStatus.SETTLED, at=_AT),
    "funds": payment_answers.Funds(account_id=_ACCOUNT, amount=_AMOUNT, available=True),
    "quote": payment_answers.Exchange(
        amount=Money("EUR", 10_000),
        currency="EUR",
        quote=Quote(
            id="qt-000017",
            type=RateType.ACTUAL,
            unit_currency="GBP",
            rate=Decimal("1.1601"),
            sold=Money("GBP", 8_620),
            bought=Money("EUR", 10_000),
            charges=(Charge(bearer=ChargeBearer.SHARED, amount=Money("GBP", 100)),),
            expires_at=_AT + timedelta(minutes=30),
        ),
    ),
    "payee": PayeeCheck(match=PayeeMatch.CLOSE_MATCH, name="Ann Landlord", code=PayeeCode.NAME_CLOSE),
}
DAY_EXAMPLE = payment_days.WorkingDay(  # in London, where it is summer
    at=_AT,
    opens=datetime(2026, 6, 29, 23, tzinfo=UTC),
    cut_off=datetime(2026, 6, 30, 15, 30, tzinfo=UTC),
    late="next_day",
    valid_until=_AT + timedelta(minutes=15),
)
NOTICE_EXAMPLE = payment_notices.PaymentNotice(
    message_id="ntf-000017", order_id=_ORDER, uetr=_TRANSFER.uetr, amount=_AMOUNT, status=RailStatus.SETTLED, at=_AT
)
