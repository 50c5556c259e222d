"""The answers of UK Open Banking v4.0 about payees, mandates, orders, products, offers, parties and statements: held against the official
document for generated canonical data, and Basic against Detail by examples."""

import json as standard_json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from kernel import json
from kernel.banking.accounts import AccountIdentifier, Counterparty, CurrencyExchange, Scheme
from kernel.banking.consents import Permission
from kernel.banking.money import Money
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import Collection, DirectDebit
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.banking.records.offers import Offer, OfferKind
from kernel.banking.records.parties import AccountParty, AccountRole, Holding, Party
from kernel.banking.records.products import InterestTier, OverdraftTier, Product, ProductKind
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.records.statements import (
    PDF,
    FeeKind,
    InterestKind,
    Statement,
    StatementAmount,
    StatementFee,
    StatementFigure,
    StatementFile,
    StatementInterest,
    StatementKind,
)
from kernel.banking.results import PsuPartyView, RecordsView, RecordView
from openapi.codec import Rendered
from openapi.uk_obie.v4_0.aisp import offers, parties, products, statements, transactions
from openapi.uk_obie.v4_0.aisp.arrangements import beneficiaries, direct_debits, scheduled_payments, standing_orders
from openapi.uk_obie.v4_0.aisp.arrangements.standing_orders import NUMBER_OF_PAYMENTS
from openapi.uk_obie.v4_0.envelope import percentage
from tests.official import validate_answer
from tests.unit.openapi import canonical, canonical_records
from tests.unit.openapi.canonical import INTERACTION_ID, NOW, a_consent, rendering_of

HEADERS = {"x-fapi-interaction-id": INTERACTION_ID, "Content-Type": "application/json"}
CARD = Counterparty("Card company", AccountIdentifier(Scheme.PAN, "4929123456781234", "Alice Ames"), "CPLSGB2LXXX")
BOB = Counterparty("Bob Builder", AccountIdentifier(Scheme.SORT_CODE, "80200110203345"), "CPLSGB2LXXX")
BOB_SHOWN = {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "80200110203345", "Name": "Bob Builder"}
BANK_SHOWN = {"SchemeName": "UK.OBIE.BICFI", "Identification": "CPLSGB2LXXX"}
LATER = NOW + timedelta(days=30)

BULK_AND_ONE = {
    beneficiaries: ("/beneficiaries", "/accounts/a-1/beneficiaries"),
    direct_debits: ("/direct-debits", "/accounts/a-1/direct-debits"),
    standing_orders: ("/standing-orders", "/accounts/a-1/standing-orders"),
    scheduled_payments: ("/scheduled-payments", "/accounts/a-1/scheduled-payments"),
    products: ("/products", "/accounts/a-1/product"),
    offers: ("/offers", "/accounts/a-1/offers"),
    statements: ("/statements", "/accounts/a-1/statements", "/accounts/a-1/statements/s-1"),
}


def judged(path: str, wire: object) -> Any:
    body = json.encode(wire)
    validate_answer("uk_obie/v4.0", "GET", path, 200, HEADERS, body)
    assert b"UPSTREAM-SECRET" not in body
    return standard_json.loads(body)  # ours refuses some of the texts that an upstream may hold


def judge(codec: Any, view: Any, granted: frozenset[Permission]) -> None:
    for path in BULK_AND_ONE[codec]:
        judged(path, codec.encode(view, rendering_of(path, a_consent(*granted))))


@given(canonical_records.pages_of(canonical_records.beneficiaries), canonical.permission_sets)
@pytest.mark.spec("OBIE-RW-4.0-beneficiaries")
def test_payees_satisfy_the_official_schema(view: RecordsView[Beneficiary], granted: frozenset[Permission]) -> None:
    judge(beneficiaries, view, granted)


@given(canonical_records.pages_of(canonical_records.direct_debits), canonical.permission_sets)
@pytest.mark.spec("OBIE-RW-4.0-direct-debits")
def test_direct_debits_satisfy_the_official_schema(view: RecordsView[DirectDebit], granted: frozenset[Permission]) -> None:
    judge(direct_debits, view, granted)


@given(canonical_records.pages_of(canonical_records.standing_orders), canonical.permission_sets)
@pytest.mark.spec("OBIE-RW-4.0-standing-orders")
def test_standing_orders_satisfy_the_official_schema(view: RecordsView[StandingOrder], granted: frozenset[Permission]) -> None:
    judge(standing_orders, view, granted)


@given(canonical_records.pages_of(canonical_records.scheduled_payments), canonical.permission_sets)
@pytest.mark.spec("OBIE-RW-4.0-scheduled-payments")
def test_scheduled_payments_satisfy_the_official_schema(
    view: RecordsView[ScheduledPayment], granted: frozenset[Permission]
) -> None:
    judge(scheduled_payments, view, granted)


@given(canonical_records.views_of(canonical_records.products), canonical.permission_sets)
@pytest.mark.spec("OBIE-RW-4.0-products")
def test_products_satisfy_the_official_schema(views: tuple[RecordView[Product], ...], granted: frozenset[Permission]) -> None:
    judge(products, views, granted)


@given(canonical_records.views_of(canonical_records.offers), canonical.permission_sets)
@pytest.mark.spec("OBIE-RW-4.0-offers")
def test_offers_satisfy_the_official_schema(views: tuple[RecordView[Offer], ...], granted: frozenset[Permission]) -> None:
    judge(offers, views, granted)


@given(
    canonical_records.pages_of(canonical_records.statements, canonical_records.known_instants, canonical_records.known_instants),
    canonical.permission_sets,
)
@pytest.mark.spec("OBIE-RW-4.0-statements")
def test_statements_satisfy_the_official_schema(view: RecordsView[Statement], granted: frozenset[Permission]) -> None:
    judge(statements, view, granted)
    for row in view.rows:
        path = "/accounts/a-1/statements/s-1"
        judged(path, statements.encode_one(row, rendering_of(path, a_consent(*granted))))


@given(canonical_records.views_of(canonical_records.account_parties))
@pytest.mark.spec("OBIE-RW-4.0-parties")
def test_holders_satisfy_the_official_schema(views: tuple[RecordView[AccountParty], ...]) -> None:
    for path, encode in (("/accounts/a-1/parties", parties.encode_all), ("/accounts/a-1/party", parties.encode_first)):
        judged(path, encode(views, rendering_of(path, a_consent(Permission.PARTY))))


@given(canonical_records.psu_party_views)
def test_the_psu_satisfies_the_official_schema(view: PsuPartyView) -> None:
    judged("/party", parties.encode_psu(view, rendering_of("/party", a_consent(Permission.PARTY_PSU))))


@given(canonical.transactions_views, canonical.permission_sets)
def test_a_statements_transactions_satisfy_the_official_schema(view: Any, granted: frozenset[Permission]) -> None:
    path = "/accounts/a-1/statements/s-1/transactions"
    judged(path, transactions.encode(view, rendering_of(path, a_consent(*granted))))


def rendered(codec: Any, record: Any, *granted: Permission) -> dict[str, Any]:
    """One record as its answer shows it, under these permissions."""
    path = BULK_AND_ONE[codec][0]
    row = RecordView("a-1", record)
    view = (row,) if codec in (products, offers) else RecordsView((row,))
    [[member]] = judged(path, codec.encode(view, rendering_of(path, a_consent(*granted))))["Data"].values()
    return dict(member)


def a_beneficiary(payee: Counterparty = BOB) -> Beneficiary:
    return Beneficiary(id="b-1", account_id="UPSTREAM-SECRET", created_at=NOW, payee=payee, reference="Rent", trusted=True)


def a_standing_order(payee: Counterparty = BOB, **changes: Any) -> StandingOrder:
    facts = {
        "id": "so-1", "account_id": "UPSTREAM-SECRET", "created_at": NOW, "status": MandateStatus.ACTIVE, "payee": payee,
        "reference": "Rent", "frequency": Frequency.MONTHLY, "day": 5, "payments": 12, "first_at": NOW, "previous_at": NOW,
        "previous_amount": Money("GBP", 90000), "next_at": LATER, "next_amount": Money("GBP", 95000),
    }  # fmt: skip
    return StandingOrder(**(facts | changes))


def a_scheduled_payment(payee: Counterparty = BOB) -> ScheduledPayment:
    return ScheduledPayment(
        id="sp-1", account_id="UPSTREAM-SECRET", created_at=NOW, due_at=LATER, amount=Money("GBP", 12345), payee=payee,
        reference="Deposit", own_reference="Flat",
    )  # fmt: skip


PAYING = (
    (beneficiaries, a_beneficiary, Permission.BENEFICIARIES_BASIC, Permission.BENEFICIARIES_DETAIL),
    (standing_orders, a_standing_order, Permission.STANDING_ORDERS_BASIC, Permission.STANDING_ORDERS_DETAIL),
    (scheduled_payments, a_scheduled_payment, Permission.SCHEDULED_PAYMENTS_BASIC, Permission.SCHEDULED_PAYMENTS_DETAIL),
)
paying = pytest.mark.parametrize(("codec", "record", "basic", "detail"), PAYING, ids=[row[2] for row in PAYING])


@paying
@pytest.mark.spec("OBIE-RW-4.0-creditoraccount", "OBIE-RW-4.0-creditoragent")
def test_only_detail_names_the_payee(codec: Any, record: Any, basic: Permission, detail: Permission) -> None:
    assert not {"CreditorAccount", "CreditorAgent"} & rendered(codec, record(), basic).keys()
    in_detail = rendered(codec, record(), detail)
    assert (in_detail["CreditorAccount"], in_detail["CreditorAgent"]) == (BOB_SHOWN, BANK_SHOWN)
    assert {**rendered(codec, record(), basic), "CreditorAccount": BOB_SHOWN, "CreditorAgent": BANK_SHOWN} == in_detail


@paying
def test_a_payees_card_number_is_masked_unless_it_may_be_read(
    codec: Any, record: Any, basic: Permission, detail: Permission
) -> None:
    assert rendered(codec, record(CARD), detail)["CreditorAccount"]["Identification"] == "************1234"
    assert rendered(codec, record(CARD), detail, Permission.PAN)["CreditorAccount"]["Identification"] == "4929123456781234"


@pytest.mark.spec("RTS-13")
def test_a_payee_says_whether_it_is_trusted() -> None:
    assert rendered(beneficiaries, a_beneficiary(), Permission.BENEFICIARIES_BASIC) == {
        "AccountId": "a-1",
        "BeneficiaryId": "b-1",
        "BeneficiaryType": "Trusted",
        "Reference": "Rent",
    }


def test_a_direct_debit_says_who_collects_and_how_much_last() -> None:
    mandate = DirectDebit(
        id="dd-1", account_id="UPSTREAM-SECRET", created_at=NOW, status=MandateStatus.SUSPENDED, creditor_name="Water",
        mandate_reference="W-42", collection=Collection.USAGE_BASED, frequency=Frequency.QUARTERLY, next_at=LATER,
        previous_at=NOW, previous_amount=Money("GBP", 4200),
    )  # fmt: skip
    assert rendered(direct_debits, mandate, Permission.DIRECT_DEBITS) == {
        "AccountId": "a-1",
        "DirectDebitId": "dd-1",
        "DirectDebitStatusCode": "SUSP",
        "Name": "Water",
        "MandateRelatedInformation": {
            "MandateIdentification": "W-42",
            "Classification": "USGB",
            "RecurringPaymentDateTime": "2026-07-31T09:00:00+00:00",
            "Frequency": {"Type": "QURT"},
        },
        "PreviousPaymentDateTime": "2026-07-01T09:00:00+00:00",
        "PreviousPaymentAmount": {"Amount": "42.00", "Currency": "GBP"},
    }


def test_a_standing_order_says_when_and_how_much() -> None:
    wire = rendered(standing_orders, a_standing_order(), Permission.STANDING_ORDERS_BASIC)
    assert wire["MandateRelatedInformation"] == {
        "FirstPaymentDateTime": "2026-07-01T09:00:00+00:00",
        "Frequency": {"Type": "MNTH", "PointInTime": "05"},
    }
    assert "NumberOfPayments" not in wire
    assert (wire["NextPaymentAmount"]["Amount"], wire["LastPaymentAmount"]["Amount"]) == ("950.00", "900.00")


def test_the_number_of_payments_is_sent_by_a_brand_that_says_so() -> None:
    """It came with a later update of v4.0: a client strict about the first edition refuses an answer that has it."""
    consent = a_consent(Permission.STANDING_ORDERS_BASIC)
    rendering = replace(rendering_of("/standing-orders", consent), members_on=frozenset({NUMBER_OF_PAYMENTS}))
    [wire] = judged("/standing-orders", standing_orders.encode(RecordsView((RecordView("a-1", a_standing_order()),)), rendering))[
        "Data"
    ]["StandingOrder"]
    assert wire["NumberOfPayments"] == "12"


@pytest.mark.parametrize(
    ("reference", "remittance"),
    [
        ("Rent", {"Structured": [{"CreditorReferenceInformation": {"Reference": "Rent"}}]}),
        ("r" * 36, {"Unstructured": ["r" * 36]}),
        ("r" * 200, {"Unstructured": ["r" * 140]}),
        (None, None),
    ],
)
def test_a_reference_that_is_too_long_for_one_is_free_text(reference: str | None, remittance: Any) -> None:
    wire = rendered(standing_orders, a_standing_order(reference=reference), Permission.STANDING_ORDERS_BASIC)
    assert wire.get("RemittanceInformation") == remittance


def a_product(kind: ProductKind, **changes: Any) -> Product:
    facts = {
        "id": "p-1", "account_id": "UPSTREAM-SECRET", "kind": kind, "name": "Everyday", "notes": ("A note", ""),
        "monthly_maximum_charge": Money("GBP", 2000),
        "credit_interest": (InterestTier(minimum=Money("GBP", 0), annual_rate=Decimal("1.5"), gross_rate=Decimal("1.49")),),
        "overdraft": (
            OverdraftTier(minimum=Money("GBP", 0), maximum=Money("GBP", 50000), annual_rate=Decimal(0)),
            OverdraftTier(minimum=Money("GBP", 50001), annual_rate=Decimal("39.9")),
            OverdraftTier(minimum=Money("GBP", 0), arranged=False),
        ),
    }  # fmt: skip
    return Product(**(facts | changes))


def test_a_personal_current_account_is_described_in_words() -> None:
    wire = rendered(products, a_product(ProductKind.PERSONAL_CURRENT), Permission.PRODUCTS)
    assert (wire["ProductType"], wire["ProductName"]) == ("PersonalCurrentAccount", "Everyday")
    assert wire["PCA"] == {
        "ProductDetails": {"MonthlyMaximumCharge": "20.00", "Notes": ["A note"]},
        "CreditInterest": {
            "TierBandSet": [
                {
                    "TierBandMethod": "Whole",
                    "Destination": "SelfCredit",
                    "TierBand": [
                        {
                            "TierValueMinimum": "0.00",
                            "ApplicationFrequency": "Monthly",
                            "FixedVariableInterestRateType": "Variable",
                            "AER": "1.50",
                            "BankInterestRateType": "Gross",
                            "BankInterestRate": "1.49",
                        }
                    ],
                }
            ]
        },
        "Overdraft": {
            "OverdraftTierBandSet": [
                {
                    "TierBandMethod": "Tiered",
                    "AuthorisedIndicator": True,
                    "OverdraftTierBand": [
                        {"TierValueMin": "0.00", "TierValueMax": "500.00", "EAR": "0.00"},
                        {"TierValueMin": "500.01", "EAR": "39.90"},
                    ],
                },
                {"TierBandMethod": "Whole", "AuthorisedIndicator": False, "OverdraftTierBand": [{"TierValueMin": "0.00"}]},
            ]
        },
    }


@pytest.mark.parametrize(
    ("kind", "described_in"),
    [
        (ProductKind.PERSONAL_CURRENT, {"PCA"}),
        (ProductKind.BUSINESS_CURRENT, {"BCA"}),
        (ProductKind.SAVINGS, {"OtherProductType"}),
        (ProductKind.PERSONAL_CARD, {"OtherProductType"}),
        (ProductKind.PERSONAL_LOAN, {"OtherProductType"}),
        (ProductKind.OTHER, {"OtherProductType"}),
        (ProductKind.BUSINESS_CARD, set()),
        (ProductKind.BUSINESS_LOAN, set()),
    ],
)
def test_a_product_is_described_in_the_one_place_for_its_kind(kind: ProductKind, described_in: set[str]) -> None:
    wire = rendered(products, a_product(kind), Permission.PRODUCTS)
    assert {"PCA", "BCA", "OtherProductType"} & wire.keys() == described_in


def test_a_savings_product_is_described_in_codes() -> None:
    wire = rendered(products, a_product(ProductKind.SAVINGS, overdraft=()), Permission.PRODUCTS)["OtherProductType"]
    assert (wire["Name"], wire["Description"]) == ("Everyday", "Savings account")
    [band] = wire["CreditInterest"]["TierBandSet"][0]["TierBand"]
    assert (band["ApplicationFrequency"], band["FixedVariableInterestRateType"]) == ("FQMY", "INVA")
    assert "Overdraft" not in wire


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ("1.5", "1.50"),
        ("-0.00005", "0.00"),
        ("-1.25", "-1.25"),
        ("39.94999", "39.95"),
        ("3.14159", "3.1416"),
        ("1E+2", "100.00"),
        ("0", "0.00"),
    ],
)
def test_a_percentage_has_two_to_four_decimals(rate: str, text: str) -> None:
    assert percentage(Decimal(rate)) == text


def test_an_offer_says_what_it_offers() -> None:
    offer = Offer(
        id="o-1", account_id="UPSTREAM-SECRET", kind=OfferKind.LIMIT_INCREASE, description="More", starts_at=NOW, ends_at=LATER,
        amount=Money("GBP", 100000), url="https://bank.example/offer", rate=Decimal("4.9"),
    )  # fmt: skip
    assert rendered(offers, offer, Permission.OFFERS) == {
        "AccountId": "a-1",
        "OfferId": "o-1",
        "OfferType": "LimitIncrease",
        "Description": "More",
        "StartDateTime": "2026-07-01T09:00:00+00:00",
        "EndDateTime": "2026-07-31T09:00:00+00:00",
        "Rate": "4.90",
        "URL": "https://bank.example/offer",
        "Amount": {"Amount": "1000.00", "Currency": "GBP"},
    }


def test_an_address_of_the_web_is_given_whole_or_not_at_all() -> None:
    offer = Offer(id="o-1", account_id="UPSTREAM-SECRET", kind=OfferKind.OTHER, description="x", url="https://" + "u" * 300)
    assert "URL" not in rendered(offers, offer, Permission.OFFERS)


ALICE = Party(id="party-1", name="Ms Alice Ames", phone="+44-2079460000", mobile="07700 900000", email="alice@example.com")


def test_a_holder_is_given_with_role_and_account() -> None:
    view = RecordView(
        "a-1", AccountParty(account_id="UPSTREAM-SECRET", party=ALICE, holding=Holding.JOINT, role=AccountRole.SECONDARY_OWNER)
    )
    path = "/accounts/a-1/parties"
    [wire] = judged(path, parties.encode_all((view,), rendering_of(path, a_consent(Permission.PARTY))))["Data"]["Party"]
    assert wire == {
        "PartyId": "party-1",
        "PartyType": "Joint",
        "Name": "Ms Alice Ames",
        "LegalStructure": "UK.OBIE.Individual",
        "AccountRole": "UK.OBIE.SecondaryOwner",
        "EmailAddress": "alice@example.com",
        "Phone": "+44-2079460000",
        "Relationships": {"Account": {"Related": "https://localhost:8444/base/accounts/a-1", "Id": "a-1"}},
    }


def test_the_psu_is_given_without_an_account() -> None:
    path = "/party"
    wire = judged(path, parties.encode_psu(PsuPartyView(ALICE), rendering_of(path, a_consent(Permission.PARTY_PSU))))
    assert not {"PartyType", "AccountRole", "Relationships"} & wire["Data"]["Party"].keys()


def test_an_account_with_an_unknown_holder_gives_none() -> None:
    rendering = rendering_of("/accounts/a-1/party", a_consent(Permission.PARTY))
    assert judged("/accounts/a-1/party", parties.encode_first((), rendering))["Data"] == {}


def a_statement() -> Statement:
    return Statement(
        id="s-1", account_id="UPSTREAM-SECRET", created_at=LATER, kind=StatementKind.PERIODIC, starts_at=NOW, ends_at=LATER,
        reference="7", descriptions=("July",), amounts=(StatementAmount(StatementFigure.CLOSING_BALANCE, Money("GBP", -500)),),
        fees=(StatementFee(FeeKind.MONTHLY, Money("GBP", -300)),),
        interest=(StatementInterest(InterestKind.TOTAL, Money("GBP", 7), "Credit interest", Decimal("1.5")),),
    )  # fmt: skip


def test_only_detail_gives_a_statements_amounts() -> None:
    assert "StatementAmount" not in rendered(statements, a_statement(), Permission.STATEMENTS_BASIC)
    wire = rendered(statements, a_statement(), Permission.STATEMENTS_DETAIL)
    assert wire["StatementAmount"] == [
        {
            "CreditDebitIndicator": "Debit",
            "Type": "UK.OBIE.ClosingBalance",
            "Amount": {"Amount": "5.00", "Currency": "GBP"},
        }
    ]
    assert wire["StatementFee"][0]["CreditDebitIndicator"] == "Debit"
    assert wire["StatementInterest"][0]["Rate"] == 1.5


def test_a_statements_file_is_sent_as_it_is() -> None:
    rendering = rendering_of("/x", a_consent(Permission.STATEMENTS_DETAIL))
    assert statements.encode_file(StatementFile(PDF, b"%PDF-1.7"), rendering) == Rendered(body=b"%PDF-1.7", media_type=PDF)


def test_an_exchange_of_currencies_is_given_with_its_rate() -> None:
    exchange = CurrencyExchange(Money("EUR", -1000), Decimal("0.8567"))
    transaction = canonical.a_transaction(-857, exchange=exchange)
    wire = transactions.encode(
        canonical.a_transactions_view(transaction), rendering_of("/transactions", a_consent(Permission.TRANSACTIONS_BASIC))
    )
    assert judged("/transactions", wire)["Data"]["Transaction"][0]["CurrencyExchange"] == {
        "SourceCurrency": "EUR",
        "TargetCurrency": "GBP",
        "UnitCurrency": "EUR",
        "ExchangeRate": 0.8567,
        "InstructedAmount": {"Amount": "10.00", "Currency": "EUR"},
    }
