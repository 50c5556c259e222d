"""The use cases that dialects may offer, by name.

A dialect's table names a member; the composition root maps each member to its use case. So a dialect can be read without
the gateway, and the gateway without any dialect.
"""

from enum import StrEnum


class Operation(StrEnum):
    LODGE_ACCOUNT_CONSENT = "lodge_account_consent"
    READ_ACCOUNT_CONSENT = "read_account_consent"
    WITHDRAW_ACCOUNT_CONSENT = "withdraw_account_consent"
    LIST_ACCOUNTS = "list_accounts"
    READ_ACCOUNT = "read_account"
    LIST_BALANCES = "list_balances"
    READ_BALANCES = "read_balances"
    LIST_TRANSACTIONS = "list_transactions"
    READ_TRANSACTIONS = "read_transactions"
    DESCRIBE_TOKEN = "describe_token"
