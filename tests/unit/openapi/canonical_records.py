"""Generated canonical data of what belongs to accounts, without balances and transactions: within what the gateway's guard admits."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from kernel.banking.accounts import Counterparty
from kernel.banking.money import Money
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import Collection, DirectDebit
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.banking.records.offers import Offer, OfferKind
from kernel.banking.records.parties import AccountParty, AccountRole, AddressKind, Holding, LegalForm, Party, PostalAddress
from kernel.banking.records.products import InterestPeriod, InterestTier, OverdraftTier, Product, ProductKind
from kernel.banking.records.scheduled_payments import Due, ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.records.statements import (
    BenefitKind,
    FeeKind,
    InterestKind,
    RateKind,
    Statement,
    StatementAmount,
    StatementBenefit,
    StatementDate,
    StatementDay,
    StatementFee,
    StatementFigure,
    StatementInterest,
    StatementKind,
    StatementRate,
)
from kernel.banking.results import PsuPartyView, RecordsView, RecordView
from tests.unit.openapi.canonical import account_ids, identifiers, ids, instants, moneys, texts

UPSTREAM = st.just("UPSTREAM-SECRET")
sizes = st.builds(Money, st.sampled_from(["GBP", "EUR", "JPY", "KWD"]), st.integers(0, 10**12))
rates = st.decimals("-999.9", "999.9", places=5) | st.sampled_from([Decimal(0), Decimal("0.00001"), Decimal("1E+2")])
known_texts = st.none() | texts
known_instants = st.none() | instants
known_sizes = st.none() | sizes
payees = st.builds(Counterparty, known_texts, identifiers, st.none() | st.just("CPLSGB2LXXX"))


def tuples(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=3).map(tuple)


beneficiaries = st.builds(
    Beneficiary,
    id=ids,
    account_id=UPSTREAM,
    created_at=instants,
    payee=payees,
    reference=known_texts,
    trusted=st.booleans(),
)
direct_debits = st.builds(
    DirectDebit,
    id=ids,
    account_id=UPSTREAM,
    created_at=instants,
    status=st.sampled_from(MandateStatus),
    creditor_name=texts.filter(bool),
    mandate_reference=known_texts,
    collection=st.none() | st.sampled_from(Collection),
    frequency=st.sampled_from(Frequency),
    first_at=known_instants,
    next_at=known_instants,
    final_at=known_instants,
    previous_at=known_instants,
    previous_amount=known_sizes,
    reason=known_texts,
)
standing_orders = st.builds(
    StandingOrder,
    id=ids,
    account_id=UPSTREAM,
    created_at=instants,
    status=st.sampled_from(MandateStatus),
    payee=payees,
    reference=known_texts,
    frequency=st.sampled_from(Frequency),
    day=st.none() | st.integers(1, 31),
    payments=st.none() | st.integers(1, 10_000),
    first_at=known_instants,
    first_amount=known_sizes,
    previous_at=known_instants,
    previous_amount=known_sizes,
    next_at=known_instants,
    next_amount=known_sizes,
    final_at=known_instants,
    final_amount=known_sizes,
)
scheduled_payments = st.builds(
    ScheduledPayment,
    id=ids,
    account_id=UPSTREAM,
    created_at=instants,
    due_at=instants,
    due=st.sampled_from(Due),
    amount=sizes,
    payee=payees,
    reference=known_texts,
    own_reference=known_texts,
)
interest_tiers = st.builds(
    InterestTier,
    minimum=sizes,
    maximum=known_sizes,
    annual_rate=rates,
    gross_rate=st.none() | rates,
    fixed=st.booleans(),
    paid=st.sampled_from(InterestPeriod),
)
overdraft_tiers = st.builds(
    OverdraftTier, minimum=sizes, maximum=known_sizes, annual_rate=st.none() | rates, arranged=st.booleans()
)
products = st.builds(
    Product,
    id=ids,
    account_id=UPSTREAM,
    kind=st.sampled_from(ProductKind),
    name=texts,
    description=known_texts,
    marketing_id=known_texts,
    monthly_maximum_charge=known_sizes,
    credit_interest=tuples(interest_tiers),
    overdraft=tuples(overdraft_tiers),
    notes=tuples(texts),
)
offers = st.builds(
    Offer,
    id=ids,
    account_id=UPSTREAM,
    kind=st.sampled_from(OfferKind),
    description=texts,
    starts_at=known_instants,
    ends_at=known_instants,
    rate=st.none() | rates,
    amount=known_sizes,
    fee=known_sizes,
    term=known_texts,
    url=known_texts,
)
addresses = st.builds(
    PostalAddress,
    kind=st.sampled_from(AddressKind),
    building_name=known_texts,
    building_number=known_texts,
    street=known_texts,
    town=known_texts,
    subdivision=known_texts,
    post_code=known_texts,
    country=st.none() | st.sampled_from(["GB", "DE", "", "gb", "Great Britain"]),
    lines=st.lists(texts, max_size=9).map(tuple),
)
phones = st.none() | st.sampled_from(["+44-2079460000", "+353-(1)555-0100", "02079460000", "", "+44 20 7946 0000"])
parties = st.builds(
    Party,
    id=ids,
    number=known_texts,
    name=texts,
    legal_name=known_texts,
    legal_form=st.sampled_from(LegalForm),
    beneficial_owner=st.none() | st.booleans(),
    email=known_texts,
    phone=phones,
    mobile=phones,
    addresses=tuples(addresses),
)
account_parties = st.builds(
    AccountParty,
    account_id=UPSTREAM,
    party=parties,
    holding=st.sampled_from(Holding),
    role=st.sampled_from(AccountRole),
)
statements = st.builds(
    Statement,
    id=ids,
    account_id=UPSTREAM,
    created_at=instants,
    kind=st.sampled_from(StatementKind),
    starts_at=instants,
    ends_at=instants,
    reference=known_texts,
    descriptions=tuples(texts),
    amounts=tuples(st.builds(StatementAmount, st.sampled_from(StatementFigure), moneys)),
    fees=tuples(st.builds(StatementFee, st.sampled_from(FeeKind), moneys, known_texts)),
    interest=tuples(st.builds(StatementInterest, st.sampled_from(InterestKind), moneys, known_texts, st.none() | rates)),
    benefits=tuples(st.builds(StatementBenefit, st.sampled_from(BenefitKind), moneys)),
    dates=tuples(st.builds(StatementDate, st.sampled_from(StatementDay), instants)),
    rates=tuples(st.builds(StatementRate, st.sampled_from(RateKind), rates)),
)


def views_of(records: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[RecordView[Any], ...]]:
    return tuples(st.builds(RecordView, account_ids, records))


def pages_of(records: st.SearchStrategy[Any], *span: st.SearchStrategy[Any]) -> st.SearchStrategy[RecordsView[Any]]:
    return st.builds(RecordsView, views_of(records), st.none() | ids, *span)


psu_party_views = st.builds(PsuPartyView, parties)
