"""Money: integer minor units with an ISO 4217 currency, decimal strings on the wire, never a float."""

import re
from dataclasses import dataclass

# ISO 4217 minor-unit exponents that differ from two.
EXPONENTS = {
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "CLF": 4, "UYW": 4,
}  # fmt: skip
WHOLE_DIGITS_MAX = 13  # of an amount before the point, as in every standard that is served; a stored number has 64 bits
_AMOUNT = re.compile(rf"(\d{{1,{WHOLE_DIGITS_MAX}}})(?:\.(\d{{1,5}}))?", re.ASCII)


def exponent(currency: str) -> int:
    """The number of decimals that the currency has (ISO 4217)."""
    return EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`minor` units of `currency`; may be negative inside, never on the wire (a credit/debit indicator says the sign)."""

    currency: str
    minor: int

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """From a decimal string such as `10.50`. ValueError if it has more decimals than the currency: refused, not rounded."""
        match = _AMOUNT.fullmatch(amount)
        if match is None:
            raise ValueError("not a decimal amount")
        whole, decimals = match[1], (match[2] or "").rstrip("0")
        places = exponent(currency)
        if len(decimals) > places:
            raise ValueError(f"more than {places} decimals")
        return cls(currency, int(whole) * 10**places + int(decimals.ljust(places, "0") or 0))

    def is_sayable(self) -> bool:
        """True if the amount, a sum perhaps, can be stored and written: wires have thirteen digits before the point."""
        limit: int = 10 ** (WHOLE_DIGITS_MAX + exponent(self.currency))
        return abs(self.minor) < limit

    def decimal(self) -> str:
        """The absolute amount as a decimal string with exactly the currency's decimals."""
        places = exponent(self.currency)
        digits = str(abs(self.minor)).rjust(places + 1, "0")
        return f"{digits[:-places]}.{digits[-places:]}" if places else digits
