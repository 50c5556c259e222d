"""Account numbers that are well formed and not assigned: UK sort code and account number, IBAN (ISO 13616), card number."""

import random

BANK_CODE = "PTCL"
BIC = "PTCLGB2L"
SORT_CODE = "009971"  # no sort code begins with 00
CARD_PREFIX = "982600"  # ISO/IEC 7812: 9 is for national use


def sort_code_account(rng: random.Random) -> str:
    """Six digits of sort code and eight of account number."""
    return f"{SORT_CODE}{rng.randrange(10_000_000, 100_000_000)}"


def iban(sort_code_and_account: str) -> str:
    """The IBAN of a UK account number of this bank."""
    bban = BANK_CODE + sort_code_and_account
    return f"GB{98 - _mod97(bban + 'GB00'):02d}{bban}"


def is_iban(text: str) -> bool:
    """True if the check digits fit (ISO 7064 mod 97-10)."""
    return _mod97(text[4:] + text[:4]) == 1


def card_number(rng: random.Random) -> str:
    """Sixteen digits with their check digit (ISO/IEC 7812-1 annex B)."""
    digits = CARD_PREFIX + "".join(rng.choice("0123456789") for _ in range(9))
    doubled = [int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(digits)]
    return digits + str(-sum(number // 10 + number % 10 for number in doubled) % 10)


def _mod97(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text)) % 97
