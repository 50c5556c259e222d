"""Amounts, account numbers and names of accounts as a PSU reads them, on every page and in every row."""

from datetime import date

from kernel.banking.accounts import AccountIdentifier, AccountType, Scheme
from kernel.banking.money import Money

Facts = tuple[tuple[str, str], ...]  # label and value, as they stand on the page

SYMBOLS = {"GBP": "£", "EUR": "€"}
LABELS = {Scheme.IBAN: "IBAN", Scheme.SORT_CODE: "Sort code and account number", Scheme.PAN: "Card number"}
ACCOUNT_TYPES = {
    AccountType.CURRENT: "Current account",
    AccountType.SAVINGS: "Savings account",
    AccountType.CARD: "Card account",
    AccountType.LOAN: "Loan account",
}
IBAN_GROUP = 4
SORT_CODE_DIGITS = 6  # of a UK account number, its first ones


def render_money(money: Money) -> str:
    whole, _, decimals = money.decimal().partition(".")
    digits = f"{int(whole):,}" + (f".{decimals}" if decimals else "")
    symbol = SYMBOLS.get(money.currency)
    return f"{symbol}{digits}" if symbol else f"{digits} {money.currency}"


def render_number(account: AccountIdentifier) -> str:
    """In the groups in which people compare numbers."""
    number = account.identification
    if account.scheme is Scheme.SORT_CODE:
        return f"{number[:2]}-{number[2:4]}-{number[4:SORT_CODE_DIGITS]} {number[SORT_CODE_DIGITS:]}"
    return " ".join(number[start : start + IBAN_GROUP] for start in range(0, len(number), IBAN_GROUP))


def render_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def said(*facts: tuple[str, str | None]) -> Facts:
    """The facts that have a value."""
    return tuple((label, value) for label, value in facts if value)
