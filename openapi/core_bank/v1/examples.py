"""One example of each answer, in the answer's own type, so that an example can never part from the contract."""

from datetime import UTC, datetime
from decimal import Decimal

from kernel.banking.accounts import (
    Account,
    AccountCategory,
    AccountIdentifier,
    AccountStatus,
    AccountType,
    Balance,
    BalanceType,
    Counterparty,
    CreditLine,
    CurrencyExchange,
    Merchant,
    Scheme,
    Transaction,
    TransactionPage,
    TransactionStatus,
)
from kernel.banking.money import Money
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import Collection, DirectDebit
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.banking.records.offers import Offer, OfferKind
from kernel.banking.records.parties import AccountParty, AddressKind, Holding, Party, PostalAddress
from kernel.banking.records.products import InterestTier, OverdraftTier, Product, ProductKind
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.records.statements import (
    FeeKind,
    Statement,
    StatementAmount,
    StatementFee,
    StatementFigure,
    StatementKind,
    StatementPage,
)
from openapi.core_bank.v1 import answers

_ID = "acc-7f3c"
_OPENED = datetime(2019, 3, 4, 9, 30, tzinfo=UTC)
_BOOKED = datetime(2026, 6, 30, 14, 5, 11, 250000, tzinfo=UTC)
_NEXT = datetime(2026, 8, 1, tzinfo=UTC)
_PAYEE = Counterparty("A. Landlord", AccountIdentifier(Scheme.SORT_CODE, "00997187654321"))
_PARTY = Party(
    id="party-118",
    number="0042991",
    name="Ms Ann Other",
    email="ann@example.com",
    mobile="+44-7700900123",
    addresses=(
        PostalAddress(
            kind=AddressKind.HOME, building_number="12", street="High Street", town="Leeds", post_code="LS1 1AA", country="GB"
        ),
    ),
)
_ACCOUNTS = answers.Accounts(
    (
        Account(
            id=_ID,
            currency="GBP",
            category=AccountCategory.PERSONAL,
            type=AccountType.CURRENT,
            status=AccountStatus.ENABLED,
            status_changed_at=_OPENED,
            name="Everyday current account",
            nickname="Bills",
            identifiers=(
                AccountIdentifier(Scheme.SORT_CODE, "00997112345678", "Ms Ann Other"),
                AccountIdentifier(Scheme.IBAN, "GB33BUKB20201555555555", "Ms Ann Other"),
            ),
            servicer_bic="BUKBGB22",
            opened_at=_OPENED,
        ),
    )
)
_STATEMENT = Statement(
    id="st-2026-06",
    account_id=_ID,
    created_at=datetime(2026, 7, 1, 2, tzinfo=UTC),
    kind=StatementKind.PERIODIC,
    starts_at=datetime(2026, 6, 1, tzinfo=UTC),
    ends_at=datetime(2026, 6, 30, 23, 59, 59, 999999, tzinfo=UTC),
    reference="88",
    amounts=(
        StatementAmount(StatementFigure.OPENING_BALANCE, Money("GBP", 120_000)),
        StatementAmount(StatementFigure.CLOSING_BALANCE, Money("GBP", 97_655)),
    ),
    fees=(StatementFee(FeeKind.MONTHLY, Money("GBP", -500), "Account fee"),),
)

EXAMPLES: dict[str, object] = {
    "accounts_of": _ACCOUNTS,
    "accounts": _ACCOUNTS,
    "party_of": _PARTY,
    "balances": answers.Balances(
        (
            Balance(account_id=_ID, type=BalanceType.INTERIM_BOOKED, amount=Money("GBP", 97_655), at=_BOOKED),
            Balance(
                account_id=_ID,
                type=BalanceType.INTERIM_AVAILABLE,
                amount=Money("GBP", 145_155),
                at=_BOOKED,
                credit_lines=(CreditLine(included=True, amount=Money("GBP", 50_000)),),
            ),
        )
    ),
    "transactions": TransactionPage(
        transactions=(
            Transaction(
                id="tx-90211",
                account_id=_ID,
                sequence=7_700_123,
                amount=Money("GBP", -2_345),
                status=TransactionStatus.BOOKED,
                booked_at=_BOOKED,
                value_at=_BOOKED,
                information="LIBRAIRIE PARIS",
                code="PMNT.CCRD.POSD",
                merchant=Merchant("Librairie", "5942"),
                balance_after=Money("GBP", 97_655),
                exchange=CurrencyExchange(Money("EUR", -2_750), Decimal("0.8527")),
            ),
            Transaction(
                id="tx-90107",
                account_id=_ID,
                sequence=7_698_002,
                amount=Money("GBP", -95_000),
                status=TransactionStatus.BOOKED,
                booked_at=datetime(2026, 6, 1, 5, tzinfo=UTC),
                information="RENT JUNE",
                reference="FLAT 4",
                code="PMNT.ICDT.STDO",
                counterparty=_PAYEE,
                balance_after=Money("GBP", 100_000),
            ),
        ),
        more=True,
        as_of=7_700_300,
        first_available=_OPENED,
        last_available=_BOOKED,
    ),
    "beneficiaries": RecordPage(
        (Beneficiary(id="ben-31", account_id=_ID, created_at=_OPENED, payee=_PAYEE, reference="FLAT 4", trusted=True),), False
    ),
    "direct_debits": RecordPage(
        (
            DirectDebit(
                id="dd-5",
                account_id=_ID,
                created_at=_OPENED,
                status=MandateStatus.ACTIVE,
                creditor_name="Northern Water",
                mandate_reference="NW-00912",
                collection=Collection.VARIABLE,
                frequency=Frequency.MONTHLY,
                previous_at=_BOOKED,
                previous_amount=Money("GBP", 3_120),
            ),
        ),
        False,
    ),
    "standing_orders": RecordPage(
        (
            StandingOrder(
                id="so-2",
                account_id=_ID,
                created_at=_OPENED,
                status=MandateStatus.ACTIVE,
                payee=_PAYEE,
                reference="FLAT 4",
                frequency=Frequency.MONTHLY,
                day=1,
                next_at=_NEXT,
                next_amount=Money("GBP", 95_000),
            ),
        ),
        False,
    ),
    "scheduled_payments": RecordPage(
        (
            ScheduledPayment(
                id="sp-9", account_id=_ID, created_at=_BOOKED, due_at=_NEXT, amount=Money("GBP", 12_000), payee=_PAYEE
            ),
        ),
        False,
    ),
    "products": answers.Products(
        (
            Product(
                id="everyday",
                account_id=_ID,
                kind=ProductKind.PERSONAL_CURRENT,
                name="Everyday current account",
                monthly_maximum_charge=Money("GBP", 2_000),
                credit_interest=(InterestTier(minimum=Money("GBP", 0), annual_rate=Decimal("1.25")),),
                overdraft=(OverdraftTier(minimum=Money("GBP", 0), annual_rate=Decimal("39.9")),),
            ),
        )
    ),
    "offers": answers.Offers(
        (
            Offer(
                id="of-1",
                account_id=_ID,
                kind=OfferKind.LIMIT_INCREASE,
                description="A larger arranged overdraft",
                amount=Money("GBP", 100_000),
                rate=Decimal("35.0"),
            ),
        )
    ),
    "parties": answers.Parties((AccountParty(account_id=_ID, party=_PARTY, holding=Holding.SOLE),)),
    "statements": StatementPage((_STATEMENT,), False, _STATEMENT.starts_at, _STATEMENT.ends_at),
    "statement": _STATEMENT,
}
