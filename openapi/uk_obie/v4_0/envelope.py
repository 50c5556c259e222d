"""The envelope of every answer's data, and its common forms: links, money, texts within their length. OBIE R/W 4.0 Profile, "Payload Structure"."""

from decimal import ROUND_HALF_EVEN, Decimal
from urllib.parse import quote, urlencode

from msgspec import UNSET, UnsetType

from kernel.banking.money import Money
from openapi.codec import Rendering
from openapi.uk_obie.v4_0.wire import CreditDebit, Links, OBActiveOrHistoricCurrencyAndAmount

_FINEST_RATE = Decimal("0.0001")


def links_of(rendering: Rendering, next_cursor: str | None = None) -> Links:
    """`Self` is the URL that was asked for, query and all."""
    query = urlencode(rendering.query, quote_via=quote)
    return Links(
        self=f"{rendering.url}?{query}" if query else rendering.url,
        next=UNSET if next_cursor is None else rendering.page(next_cursor),
    )


def money(amount: Money) -> OBActiveOrHistoricCurrencyAndAmount:
    """The absolute value of an amount; `credit_debit` gives its sign."""
    return OBActiveOrHistoricCurrencyAndAmount(amount.decimal(), amount.currency)


def known_money(amount: Money | None) -> OBActiveOrHistoricCurrencyAndAmount | UnsetType:
    return UNSET if amount is None else money(amount)


def credit_debit(amount: Money) -> CreditDebit:
    return "Debit" if amount.minor < 0 else "Credit"


def fitted(text: str | None, length_max: int) -> str | UnsetType:
    """A text cut to what the wire type takes; nothing at all if it is empty."""
    return text[:length_max] if text else UNSET


def whole(text: str | None, length_max: int) -> str | UnsetType:
    """A text that means nothing once it is cut, such as an address of the web: all of it or nothing."""
    return text if text and len(text) <= length_max else UNSET


def percentage(rate: Decimal) -> str:
    """Per cent, with two to four decimals."""
    rounded = rate.quantize(_FINEST_RATE, ROUND_HALF_EVEN)
    digits = f"{rounded if rounded else abs(rounded):f}"  # no rate is minus zero
    point = digits.index(".")
    return digits[: point + 3] + digits[point + 3 :].rstrip("0")


def known_percentage(rate: Decimal | None) -> str | UnsetType:
    return UNSET if rate is None else percentage(rate)


def known_number(rate: Decimal | None) -> float | UnsetType:
    """A rate where the standard wants a JSON number: as exact as such a number is."""
    return UNSET if rate is None else float(rate)
