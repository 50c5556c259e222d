"""The wire types of statements. OBIE R/W 4.0 Statements."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from openapi.uk_obie.v4_0.aisp.wire.accounts import AccountId
from openapi.uk_obie.v4_0.wire import (
    CreditDebit,
    DateTime,
    Links,
    Max35Text,
    Max40Text,
    Max500Text,
    MetaData,
    OBActiveOrHistoricCurrencyAndAmount,
    Percentage,
)

Max128Text = Annotated[str, Meta(min_length=1, max_length=128)]
StatementCode = Literal["AccountClosure", "AccountOpening", "Annual", "Interim", "RegularPeriodic"]


class StatementBenefit(Struct, rename="pascal"):
    type: str
    amount: OBActiveOrHistoricCurrencyAndAmount


class StatementFee(Struct, rename="pascal", kw_only=True):
    description: Max128Text | UnsetType = UNSET
    credit_debit_indicator: CreditDebit
    type: str
    amount: OBActiveOrHistoricCurrencyAndAmount


class StatementInterest(Struct, rename="pascal", kw_only=True):
    description: Max128Text | UnsetType = UNSET
    credit_debit_indicator: CreditDebit
    type: str
    rate: float | UnsetType = UNSET
    amount: OBActiveOrHistoricCurrencyAndAmount


class StatementAmount(Struct, rename="pascal"):
    credit_debit_indicator: CreditDebit
    type: str
    amount: OBActiveOrHistoricCurrencyAndAmount


class StatementDateTime(Struct, rename="pascal"):
    date_time: DateTime
    type: str


class StatementRate(Struct, rename="pascal"):
    rate: Percentage
    type: str


class OBStatement2(Struct, rename="pascal", kw_only=True):
    account_id: AccountId
    statement_id: Max40Text
    statement_reference: Max35Text | UnsetType = UNSET
    type: StatementCode
    start_date_time: DateTime
    end_date_time: DateTime
    creation_date_time: DateTime
    statement_description: list[Max500Text] | UnsetType = UNSET
    statement_benefit: list[StatementBenefit] | UnsetType = UNSET
    statement_fee: list[StatementFee] | UnsetType = UNSET
    statement_interest: list[StatementInterest] | UnsetType = UNSET
    statement_amount: list[StatementAmount] | UnsetType = UNSET
    statement_date_time: list[StatementDateTime] | UnsetType = UNSET
    statement_rate: list[StatementRate] | UnsetType = UNSET


class OBReadStatement2Data(Struct, rename="pascal"):
    statement: list[OBStatement2]


class OBReadStatement2(Struct, rename="pascal", kw_only=True):
    data: OBReadStatement2Data
    links: Links
    meta: MetaData
