"""One table per canonical enum: what each member is called here. OBIE R/W 4.0, OB_Internal_CodeSet and ISO_External_CodeSet."""

from typing import Literal

from kernel.banking.accounts import AccountCategory, AccountStatus, AccountType, BalanceType, Scheme, TransactionStatus
from openapi.uk_obie.v4_0.aisp.wire.accounts import BalanceCode

ACCOUNT_STATUSES: dict[AccountStatus, Literal["Deleted", "Disabled", "Enabled", "Pending"]] = {
    AccountStatus.ENABLED: "Enabled",
    AccountStatus.DISABLED: "Disabled",
    AccountStatus.DELETED: "Deleted",
    AccountStatus.PENDING: "Pending",
}

ACCOUNT_CATEGORIES: dict[AccountCategory, Literal["Business", "Personal"]] = {
    AccountCategory.PERSONAL: "Personal",
    AccountCategory.BUSINESS: "Business",
}

ACCOUNT_TYPES: dict[AccountType, str] = {
    AccountType.CURRENT: "CACC",
    AccountType.SAVINGS: "SVGS",
    AccountType.CARD: "CARD",
    AccountType.LOAN: "LOAN",
}

SWITCH_STATUSES = {False: "UK.CASS.NotSwitched", True: "UK.CASS.SwitchCompleted"}

SCHEMES: dict[Scheme, str] = {
    Scheme.SORT_CODE: "UK.OBIE.SortCodeAccountNumber",
    Scheme.IBAN: "UK.OBIE.IBAN",
    Scheme.PAN: "UK.OBIE.PAN",
}
BIC_SCHEME = "UK.OBIE.BICFI"

BALANCE_TYPES: dict[BalanceType, BalanceCode] = {
    BalanceType.INTERIM_AVAILABLE: "ITAV",
    BalanceType.INTERIM_BOOKED: "ITBD",
    BalanceType.CLOSING_BOOKED: "CLBD",
    BalanceType.OPENING_BOOKED: "OPBD",
    BalanceType.EXPECTED: "XPCD",
}

TRANSACTION_STATUSES: dict[TransactionStatus, Literal["BOOK", "PDNG"]] = {
    TransactionStatus.BOOKED: "BOOK",
    TransactionStatus.PENDING: "PDNG",
}

TRANSACTION_MUTABILITIES: dict[TransactionStatus, Literal["Mutable", "Immutable"]] = {
    TransactionStatus.BOOKED: "Immutable",
    TransactionStatus.PENDING: "Mutable",
}
