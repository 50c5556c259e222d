"""The use cases that dialects may offer, by name.

A dialect's table names a member; the composition root maps each member to its use case. So a dialect can be read without
the gateway, and the gateway without any dialect.
"""

from enum import StrEnum


class Operation(StrEnum):
    """LIST_* is of all accounts that a consent covers, READ_* of one."""

    LODGE_ACCOUNT_CONSENT = "lodge_account_consent"
    READ_ACCOUNT_CONSENT = "read_account_consent"
    READ_ACCOUNT_CONSENT_STATUS = "read_account_consent_status"
    READ_CONSENT_AUTHORISATIONS = "read_consent_authorisations"
    READ_CONSENT_AUTHORISATION = "read_consent_authorisation"
    WITHDRAW_ACCOUNT_CONSENT = "withdraw_account_consent"
    LODGE_PAYMENT_CONSENT = "lodge_payment_consent"
    READ_PAYMENT_CONSENT = "read_payment_consent"
    CONFIRM_PAYMENT_FUNDS = "confirm_payment_funds"
    PLACE_PAYMENT = "place_payment"
    READ_PAYMENT = "read_payment"
    READ_PAYMENT_DETAILS = "read_payment_details"
    LIST_ACCOUNTS = "list_accounts"
    READ_ACCOUNT = "read_account"
    LIST_BALANCES = "list_balances"
    READ_BALANCES = "read_balances"
    LIST_TRANSACTIONS = "list_transactions"
    READ_TRANSACTIONS = "read_transactions"
    LIST_BENEFICIARIES = "list_beneficiaries"
    READ_BENEFICIARIES = "read_beneficiaries"
    LIST_DIRECT_DEBITS = "list_direct_debits"
    READ_DIRECT_DEBITS = "read_direct_debits"
    LIST_STANDING_ORDERS = "list_standing_orders"
    READ_STANDING_ORDERS = "read_standing_orders"
    LIST_SCHEDULED_PAYMENTS = "list_scheduled_payments"
    READ_SCHEDULED_PAYMENTS = "read_scheduled_payments"
    LIST_PRODUCTS = "list_products"
    READ_PRODUCT = "read_product"
    LIST_OFFERS = "list_offers"
    READ_OFFERS = "read_offers"
    READ_PARTIES = "read_parties"
    READ_PARTY = "read_party"
    READ_PSU_PARTY = "read_psu_party"
    LIST_STATEMENTS = "list_statements"
    READ_STATEMENTS = "read_statements"
    READ_STATEMENT = "read_statement"
    READ_STATEMENT_FILE = "read_statement_file"
    READ_STATEMENT_TRANSACTIONS = "read_statement_transactions"
    DESCRIBE_TOKEN = "describe_token"
