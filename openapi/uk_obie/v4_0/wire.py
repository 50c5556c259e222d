"""The wire types that every service of this version shares, under the standard's own names. OBIE R/W 4.0 Profile.

Requests refuse members they do not know. Responses leave out what is not set. Lengths and enumerations stand here so that the
published document carries them; only what a caller sends is checked at run time.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

DateTime = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Uri = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
Amount = Annotated[str, Meta(pattern=r"^\d{1,13}$|^\d{1,13}\.\d{1,5}$")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3,3}$")]
Max16Text = Annotated[str, Meta(min_length=1, max_length=16)]
Max34Text = Annotated[str, Meta(min_length=1, max_length=34)]
Max35Text = Annotated[str, Meta(min_length=1, max_length=35)]
Max40Text = Annotated[str, Meta(min_length=1, max_length=40)]
Max70Text = Annotated[str, Meta(min_length=1, max_length=70)]
Max140Text = Annotated[str, Meta(min_length=1, max_length=140)]
Max210Text = Annotated[str, Meta(min_length=1, max_length=210)]
Max256Text = Annotated[str, Meta(min_length=1, max_length=256)]
Max350Text = Annotated[str, Meta(min_length=1, max_length=350)]
Max500Text = Annotated[str, Meta(min_length=1, max_length=500)]
Percentage = Annotated[str, Meta(pattern=r"^(-?\d{1,3}){1}(\.\d{1,4}){0,1}$")]
CreditDebit = Literal["Credit", "Debit"]


class Links(Struct, rename="pascal"):
    self: Uri
    next: Uri | UnsetType = UNSET


class MetaData(Struct, rename="pascal", kw_only=True):
    first_available_date_time: DateTime | UnsetType = UNSET
    last_available_date_time: DateTime | UnsetType = UNSET


class OBActiveOrHistoricCurrencyAndAmount(Struct, rename="pascal"):
    amount: Amount
    currency: Currency


class OBError1(Struct, rename="pascal", kw_only=True):
    error_code: Annotated[str, Meta(min_length=4, max_length=4)]
    message: Max500Text
    path: Max500Text | UnsetType = UNSET


class OBErrorResponse1(Struct, rename="pascal", kw_only=True):
    id: Annotated[str, Meta(min_length=1, max_length=40)] | UnsetType = UNSET
    errors: Annotated[list[OBError1], Meta(min_length=1)]
