"""The account-information operations of this standard, as one table. OBIE R/W 4.0, specification of the resource group `aisp`.

Consents are the caller's own business (client credentials); the data behind them needs a token that a PSU authorised.
"""

from functools import partial

from kernel.access import Grant
from kernel.banking.consents import ConsentKind, Permission
from kernel.operations import Operation
from openapi.dialect import Row
from openapi.uk_obie.v4_0 import accounts, balances, consents, transactions
from openapi.uk_obie.v4_0.wire import OBReadAccount6, OBReadBalance1, OBReadConsent1, OBReadConsentResponse1, OBReadTransaction6

SCOPE = "accounts"
READ_ACCOUNTS = frozenset({Permission.ACCOUNTS_BASIC, Permission.ACCOUNTS_DETAIL})
READ_BALANCES = frozenset({Permission.BALANCES})
READ_TRANSACTIONS = frozenset({Permission.TRANSACTIONS_BASIC, Permission.TRANSACTIONS_DETAIL})

_manage = partial(Row, scope=SCOPE, grant=Grant.CLIENT_CREDENTIALS, consent_kind=ConsentKind.ACCOUNTS)
_read = partial(Row, "GET", scope=SCOPE, grant=Grant.AUTHORIZATION_CODE, consent_kind=ConsentKind.ACCOUNTS)
_accounts = partial(_read, permissions=READ_ACCOUNTS, response=OBReadAccount6)
_balances = partial(_read, permissions=READ_BALANCES, response=OBReadBalance1)
_transactions = partial(_read, permissions=READ_TRANSACTIONS, response=OBReadTransaction6, query=transactions.QUERY)

# fmt: off
ROWS: tuple[Row, ...] = (
    _manage("POST", "/account-access-consents", Operation.LODGE_ACCOUNT_CONSENT,
            consents.decode_lodge, consents.encode_consent, success=201,
            request=OBReadConsent1, response=OBReadConsentResponse1, summary="Lodge an account-access consent"),
    _manage("GET", "/account-access-consents/{ConsentId}", Operation.READ_ACCOUNT_CONSENT,
            consents.decode_read, consents.encode_consent,
            response=OBReadConsentResponse1, summary="Read an account-access consent"),
    _manage("DELETE", "/account-access-consents/{ConsentId}", Operation.WITHDRAW_ACCOUNT_CONSENT,
            consents.decode_withdraw, None, success=204, summary="Withdraw an account-access consent"),
    _accounts("/accounts", Operation.LIST_ACCOUNTS,
              accounts.decode_list, accounts.encode_list, summary="Read all accounts of the consent"),
    _accounts("/accounts/{AccountId}", Operation.READ_ACCOUNT,
              accounts.decode_read, accounts.encode_read, summary="Read one account"),
    _balances("/accounts/{AccountId}/balances", Operation.READ_BALANCES,
              balances.decode_read, balances.encode, summary="Read the balances of one account"),
    _balances("/balances", Operation.LIST_BALANCES,
              balances.decode_list, balances.encode, summary="Read the balances of all accounts of the consent"),
    _transactions("/accounts/{AccountId}/transactions", Operation.READ_TRANSACTIONS,
                  transactions.decode_read, transactions.encode, summary="Read the transactions of one account"),
    _transactions("/transactions", Operation.LIST_TRANSACTIONS,
                  transactions.decode_list, transactions.encode, summary="Read the transactions of all accounts of the consent"),
)
# fmt: on
