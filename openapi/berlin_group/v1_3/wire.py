"""The wire types of the account read, under the standard's own names. NextGenPSD2 XS2A 1.3, "Account Details"."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

DateTime = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
CurrencyCode = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Max70Text = Annotated[str, Meta(max_length=70)]
Max500Text = Annotated[str, Meta(max_length=500)]


class Amount(Struct, rename="camel"):
    """Signed, unlike in other standards: there is no credit/debit indicator on a balance."""

    currency: CurrencyCode
    amount: Annotated[str, Meta(pattern=r"^-?[0-9]{1,14}(\.[0-9]{1,3})?$")]


class AccountBalance(Struct, rename="camel", kw_only=True):
    balance_amount: Amount
    balance_type: Literal["closingBooked", "expected", "openingBooked", "interimAvailable", "interimBooked"]
    credit_limit_included: bool
    last_change_date_time: DateTime


class Href(Struct):
    href: str


class AccountDetails(Struct, rename="camel", kw_only=True):
    resource_id: str
    iban: str | UnsetType = UNSET
    bban: str | UnsetType = UNSET
    currency: CurrencyCode
    name: Max70Text | UnsetType = UNSET
    display_name: Max70Text | UnsetType = UNSET
    cash_account_type: str
    status: Literal["enabled", "deleted", "blocked"]
    bic: str | UnsetType = UNSET
    usage: Literal["PRIV", "ORGA"]
    balances: list[AccountBalance] | UnsetType = UNSET
    owner_name: Annotated[str, Meta(max_length=140)] | UnsetType = UNSET
    links: dict[str, Href] | UnsetType = field(default=UNSET, name="_links")


class ReadAccount(Struct, rename="camel"):
    account: AccountDetails


class AccountList(Struct):
    accounts: list[AccountDetails]


class ReadBalances(Struct):
    balances: list[AccountBalance]


class TppMessage(Struct, rename="camel", kw_only=True):
    category: Literal["ERROR", "WARNING"]
    code: str
    path: str | UnsetType = UNSET
    text: Max500Text


class ErrorInformation(Struct, rename="camel"):
    tpp_messages: list[TppMessage]
