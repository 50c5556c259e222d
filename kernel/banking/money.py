"""Money: integer minor units with an ISO 4217 currency, decimal strings on the wire, never a float."""

import re
from dataclasses import dataclass

# ISO 4217, the codes that have minor units, funds included and metals left out. Ended are BGN (2026), ANG (now XCG), ZWL (now ZWG).
CURRENCIES = frozenset(
    [
        "AED",
        "AFN",
        "ALL",
        "AMD",
        "AOA",
        "ARS",
        "AUD",
        "AWG",
        "AZN",
        "BAM",
        "BBD",
        "BDT",
        "BHD",
        "BIF",
        "BMD",
        "BND",
        "BOB",
        "BOV",
        "BRL",
        "BSD",
        "BTN",
        "BWP",
        "BYN",
        "BZD",
        "CAD",
        "CDF",
        "CHE",
        "CHF",
        "CHW",
        "CLF",
        "CLP",
        "CNY",
        "COP",
        "COU",
        "CRC",
        "CUP",
        "CVE",
        "CZK",
        "DJF",
        "DKK",
        "DOP",
        "DZD",
        "EGP",
        "ERN",
        "ETB",
        "EUR",
        "FJD",
        "FKP",
        "GBP",
        "GEL",
        "GHS",
        "GIP",
        "GMD",
        "GNF",
        "GTQ",
        "GYD",
        "HKD",
        "HNL",
        "HTG",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "IQD",
        "IRR",
        "ISK",
        "JMD",
        "JOD",
        "JPY",
        "KES",
        "KGS",
        "KHR",
        "KMF",
        "KPW",
        "KRW",
        "KWD",
        "KYD",
        "KZT",
        "LAK",
        "LBP",
        "LKR",
        "LRD",
        "LSL",
        "LYD",
        "MAD",
        "MDL",
        "MGA",
        "MKD",
        "MMK",
        "MNT",
        "MOP",
        "MRU",
        "MUR",
        "MVR",
        "MWK",
        "MXN",
        "MXV",
        "MYR",
        "MZN",
        "NAD",
        "NGN",
        "NIO",
        "NOK",
        "NPR",
        "NZD",
        "OMR",
        "PAB",
        "PEN",
        "PGK",
        "PHP",
        "PKR",
        "PLN",
        "PYG",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "RWF",
        "SAR",
        "SBD",
        "SCR",
        "SDG",
        "SEK",
        "SGD",
        "SHP",
        "SLE",
        "SOS",
        "SRD",
        "SSP",
        "STN",
        "SVC",
        "SYP",
        "SZL",
        "THB",
        "TJS",
        "TMT",
        "TND",
        "TOP",
        "TRY",
        "TTD",
        "TWD",
        "TZS",
        "UAH",
        "UGX",
        "USD",
        "USN",
        "UYI",
        "UYU",
        "UYW",
        "UZS",
        "VED",
        "VES",
        "VND",
        "VUV",
        "WST",
        "XAF",
        "XCD",
        "XCG",
        "XOF",
        "XPF",
        "YER",
        "ZAR",
        "ZMW",
        "ZWG",
    ]
)
# The exponents of minor units that differ from two. MGA and MRU have fifths, and two decimals all the same.
EXPONENTS = {
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "CLF": 4, "UYW": 4,
}  # fmt: skip
WHOLE_DIGITS_MAX = 13  # of an amount before the point, as in every standard that is served; a stored number has 64 bits
_AMOUNT = re.compile(rf"(\d{{1,{WHOLE_DIGITS_MAX}}})(?:\.(\d{{1,5}}))?", re.ASCII)


class CurrencyUnknown(ValueError):
    """The code is none of ISO 4217's, or no longer one."""


def exponent(currency: str) -> int:
    """The number of decimals that the currency has (ISO 4217); two of one that has ended, in which accounts still have a history."""
    return EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:  # without an order: amounts of two currencies have none
    """`minor` units of `currency`; may be negative inside, never on the wire (a credit/debit indicator says the sign)."""

    currency: str
    minor: int

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """From a decimal string such as `10.50`, as a caller gives it. CurrencyUnknown for a code outside ISO 4217; ValueError if it has more
        decimals than the currency: refused, not rounded."""
        if currency not in CURRENCIES:
            raise CurrencyUnknown("not a currency of ISO 4217")
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
