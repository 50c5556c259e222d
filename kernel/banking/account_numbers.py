"""The forms of account numbers and bank codes that have no check of their own: a UK sort code with its account number, a BIC (ISO 9362). For
an IBAN see kernel/banking/iban.py.
"""

import re

BIC_PATTERN = r"^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?\Z"
_SORT_CODE_NUMBER = re.compile(r"\d{14}", re.ASCII)  # six digits of sort code, eight of account number
_BIC = re.compile(BIC_PATTERN, re.ASCII)


def is_sort_code_number(text: str) -> bool:
    """True if `text` is a sort code and an account number, as digits without separators."""
    return _SORT_CODE_NUMBER.fullmatch(text) is not None


def is_bic(text: str) -> bool:
    """True if `text` has the form of a BIC, in capitals."""
    return _BIC.match(text) is not None
