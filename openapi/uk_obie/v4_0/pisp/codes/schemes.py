"""The names of account schemes, agents and instruments, one table per canonical word. OBIE R/W 4.0, OB_Internal_CodeSet."""

from kernel.banking.accounts import Scheme
from kernel.banking.payments import Instrument

SCHEMES: dict[str, Scheme] = {
    "UK.OBIE.SortCodeAccountNumber": Scheme.SORT_CODE,
    "UK.OBIE.IBAN": Scheme.IBAN,
}
SCHEME_NAMES: dict[Scheme, str] = {scheme: name for name, scheme in SCHEMES.items()} | {Scheme.PAN: "UK.OBIE.PAN"}
BIC_SCHEME = "UK.OBIE.BICFI"
INSTRUMENTS = frozenset({"UK.OBIE.FPS"})  # of a domestic payment on a later day, or of one of many; none is taken too
INSTRUMENTS_AT_ONCE: dict[str, Instrument] = {  # likewise, of one that is made at once
    "UK.OBIE.FPS": Instrument.FASTER_PAYMENTS,
    "UK.OBIE.BACS": Instrument.BACS,
}
CURRENCIES = frozenset({"GBP"})  # of a domestic payment
