"""What stands around the data of every answer: links, money, texts that fit. OBIE R/W 4.0 Profile, "Payload Structure"."""

from urllib.parse import quote, urlencode

from msgspec import UNSET, UnsetType

from kernel.banking.money import Money
from openapi.dialect import Rendering
from openapi.uk_obie.v4_0.wire import CreditDebit, Links, OBActiveOrHistoricCurrencyAndAmount


def links_of(rendering: Rendering, next_cursor: str | None = None) -> Links:
    """`Self` is the URL that was asked for, query and all."""
    query = urlencode(rendering.query, quote_via=quote)
    return Links(
        self=f"{rendering.url}?{query}" if query else rendering.url,
        next=UNSET if next_cursor is None else rendering.page(next_cursor),
    )


def money(amount: Money) -> OBActiveOrHistoricCurrencyAndAmount:
    """The size of an amount; its sign is told by `credit_debit`."""
    return OBActiveOrHistoricCurrencyAndAmount(amount.decimal(), amount.currency)


def credit_debit(amount: Money) -> CreditDebit:
    return "Debit" if amount.minor < 0 else "Credit"


def fitted(text: str | None, length_max: int) -> str | UnsetType:
    """A text cut to what the wire type takes; nothing at all if it is empty."""
    return text[:length_max] if text else UNSET
