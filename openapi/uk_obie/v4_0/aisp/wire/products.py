"""The wire types of products and offers. OBIE R/W 4.0 Products and Offers.

Personal and business current accounts and other products say the same things in words of their own: the same types here, with
each family's words from codes_products.py.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.aisp.wire.accounts import AccountId
from openapi.uk_obie.v4_0.wire import (
    DateTime,
    Links,
    Max35Text,
    Max40Text,
    Max256Text,
    Max350Text,
    Max500Text,
    MetaData,
    OBActiveOrHistoricCurrencyAndAmount,
    Percentage,
)

Max2000Text = Annotated[str, Meta(min_length=1, max_length=2000)]
PlainAmount = Annotated[str, Meta(pattern=r"^(-?\d{1,14}){1}(\.\d{1,4}){0,1}$")]
ProductCode = Literal["BusinessCurrentAccount", "CommercialCreditCard", "Other", "PersonalCurrentAccount", "SMELoan"]
OfferCode = Literal["BalanceTransfer", "LimitIncrease", "MoneyTransfer", "Other", "PromotionalRate"]


class ProductDetails(Struct, rename="pascal", kw_only=True):
    monthly_maximum_charge: PlainAmount | UnsetType = UNSET
    notes: list[Max2000Text] | UnsetType = UNSET


class CreditInterestTierBand(Struct, rename="pascal", kw_only=True):
    tier_value_minimum: PlainAmount
    tier_value_maximum: PlainAmount | UnsetType = UNSET
    application_frequency: str
    fixed_variable_interest_rate_type: str
    annual_equivalent_rate: Percentage = field(name="AER")
    bank_interest_rate_type: str | UnsetType = UNSET
    bank_interest_rate: Percentage | UnsetType = UNSET


class CreditInterestTierBandSet(Struct, rename="pascal", kw_only=True):
    tier_band_method: str
    destination: str
    tier_band: list[CreditInterestTierBand]


class CreditInterest(Struct, rename="pascal"):
    tier_band_set: list[CreditInterestTierBandSet]


class OverdraftTierBand(Struct, rename="pascal", kw_only=True):
    tier_value_min: PlainAmount
    tier_value_max: PlainAmount | UnsetType = UNSET
    equivalent_annual_rate: Percentage | UnsetType = field(name="EAR", default=UNSET)


class OverdraftTierBandSet(Struct, rename="pascal", kw_only=True):
    tier_band_method: str
    authorised_indicator: bool
    overdraft_tier_band: list[OverdraftTierBand]


class Overdraft(Struct, rename="pascal"):
    overdraft_tier_band_set: list[OverdraftTierBandSet]


class CurrentAccountData(Struct, rename="pascal", kw_only=True):
    product_details: ProductDetails | UnsetType = UNSET
    credit_interest: CreditInterest | UnsetType = UNSET
    overdraft: Overdraft | UnsetType = UNSET


class OtherProductType(Struct, rename="pascal", kw_only=True):
    name: Max350Text
    description: Max350Text
    product_details: ProductDetails | UnsetType = UNSET
    credit_interest: CreditInterest | UnsetType = UNSET
    overdraft: Overdraft | UnsetType = UNSET


class OBProduct2(Struct, rename="pascal", kw_only=True):
    product_name: Max350Text | UnsetType = UNSET
    product_id: Max40Text
    account_id: AccountId
    product_type: ProductCode
    marketing_state_id: Max35Text | UnsetType = UNSET
    other_product_type: OtherProductType | UnsetType = UNSET
    business: CurrentAccountData | UnsetType = field(name="BCA", default=UNSET)
    personal: CurrentAccountData | UnsetType = field(name="PCA", default=UNSET)


class OBReadProduct2Data(Struct, rename="pascal"):
    product: list[OBProduct2]


class OBReadProduct2(Struct, rename="pascal", kw_only=True):
    data: OBReadProduct2Data
    links: Links
    meta: MetaData


class OBOffer1(Struct, rename="pascal", kw_only=True):
    account_id: AccountId
    offer_id: Max40Text
    offer_type: OfferCode
    description: Max500Text | UnsetType = UNSET
    start_date_time: DateTime | UnsetType = UNSET
    end_date_time: DateTime | UnsetType = UNSET
    rate: Percentage | UnsetType = UNSET
    term: Max500Text | UnsetType = UNSET
    url: Max256Text | UnsetType = field(name="URL", default=UNSET)
    amount: OBActiveOrHistoricCurrencyAndAmount | UnsetType = UNSET
    fee: OBActiveOrHistoricCurrencyAndAmount | UnsetType = UNSET


class OBReadOffer1Data(Struct, rename="pascal"):
    offer: list[OBOffer1]


class OBReadOffer1(Struct, rename="pascal", kw_only=True):
    data: OBReadOffer1Data
    links: Links
    meta: MetaData
