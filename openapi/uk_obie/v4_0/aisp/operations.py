"""The account-information operations of this standard, as one table. OBIE R/W 4.0, specification of the resource group `aisp`.

Consents are the caller's own business (client credentials); the data behind them needs a token that a PSU authorised.
"""

from functools import partial

from kernel.access import Grant
from kernel.banking.consents import READ_ACCOUNTS, READ_TRANSACTIONS, ConsentKind, Permission
from kernel.banking.records.statements import PDF
from kernel.operations import Operation
from openapi.dialect import Row
from openapi.uk_obie.v4_0.aisp import accounts, balances, consents, offers, parties, products, records, statements, transactions
from openapi.uk_obie.v4_0.aisp.arrangements import beneficiaries, direct_debits, scheduled_payments, standing_orders
from openapi.uk_obie.v4_0.aisp.filters import PAGE_PARAMETER
from openapi.uk_obie.v4_0.aisp.wire.accounts import OBReadAccount6, OBReadBalance1
from openapi.uk_obie.v4_0.aisp.wire.arrangements import (
    OBReadBeneficiary5,
    OBReadDirectDebit2,
    OBReadScheduledPayment3,
    OBReadStandingOrder6,
)
from openapi.uk_obie.v4_0.aisp.wire.consents import OBReadConsent1, OBReadConsentResponse1
from openapi.uk_obie.v4_0.aisp.wire.parties import OBReadParty2, OBReadParty3
from openapi.uk_obie.v4_0.aisp.wire.products import OBReadOffer1, OBReadProduct2
from openapi.uk_obie.v4_0.aisp.wire.statements import OBReadStatement2
from openapi.uk_obie.v4_0.aisp.wire.transactions import OBReadTransaction6

SCOPE = "accounts"
READ_BALANCES = frozenset({Permission.BALANCES})
READ_BENEFICIARIES = frozenset({Permission.BENEFICIARIES_BASIC, Permission.BENEFICIARIES_DETAIL})
READ_DIRECT_DEBITS = frozenset({Permission.DIRECT_DEBITS})
READ_STANDING_ORDERS = frozenset({Permission.STANDING_ORDERS_BASIC, Permission.STANDING_ORDERS_DETAIL})
READ_SCHEDULED_PAYMENTS = frozenset({Permission.SCHEDULED_PAYMENTS_BASIC, Permission.SCHEDULED_PAYMENTS_DETAIL})
READ_PRODUCTS = frozenset({Permission.PRODUCTS})
READ_OFFERS = frozenset({Permission.OFFERS})
READ_PARTY = frozenset({Permission.PARTY})
READ_PARTY_PSU = frozenset({Permission.PARTY_PSU})
READ_STATEMENTS = frozenset({Permission.STATEMENTS_BASIC, Permission.STATEMENTS_DETAIL})
READ_STATEMENT_FILES = frozenset({Permission.STATEMENTS_DETAIL})

_manage = partial(Row, scope=SCOPE, grant=Grant.CLIENT_CREDENTIALS, consent_kind=ConsentKind.ACCOUNTS)
_read = partial(Row, "GET", scope=SCOPE, grant=Grant.AUTHORIZATION_CODE, consent_kind=ConsentKind.ACCOUNTS)
_accounts = partial(_read, permissions=READ_ACCOUNTS, response=OBReadAccount6)
_balances = partial(_read, permissions=READ_BALANCES, response=OBReadBalance1)
_transactions = partial(_read, permissions=READ_TRANSACTIONS, response=OBReadTransaction6, query=transactions.QUERY)

# What a bank offers if its own channels show the data; the lists over all accounts are optional everywhere.
_offered = partial(_read, conditional=True)
_beneficiaries = partial(_offered, permissions=READ_BENEFICIARIES, response=OBReadBeneficiary5, query=records.QUERY)
_direct_debits = partial(_offered, permissions=READ_DIRECT_DEBITS, response=OBReadDirectDebit2, query=records.QUERY)
_standing_orders = partial(_offered, permissions=READ_STANDING_ORDERS, response=OBReadStandingOrder6, query=records.QUERY)
_scheduled = partial(_offered, permissions=READ_SCHEDULED_PAYMENTS, response=OBReadScheduledPayment3, query=records.QUERY)
_products = partial(_offered, permissions=READ_PRODUCTS, response=OBReadProduct2)
_offers = partial(_offered, permissions=READ_OFFERS, response=OBReadOffer1)
_statements = partial(_offered, permissions=READ_STATEMENTS, response=OBReadStatement2)

# fmt: off
ROWS: tuple[Row, ...] = (
    _manage("POST", "/account-access-consents", Operation.LODGE_ACCOUNT_CONSENT,
            consents.decode_lodge, consents.encode_consent, success=201,
            request=OBReadConsent1, example=consents.EXAMPLE, response=OBReadConsentResponse1, summary="Lodge an account-access consent"),
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
    _balances("/balances", Operation.LIST_BALANCES, balances.decode_list, balances.encode, conditional=True,
              summary="Read the balances of all accounts of the consent"),
    _transactions("/accounts/{AccountId}/transactions", Operation.READ_TRANSACTIONS,
                  transactions.decode_read, transactions.encode, summary="Read the transactions of one account"),
    _transactions("/transactions", Operation.LIST_TRANSACTIONS, transactions.decode_list, transactions.encode, conditional=True,
                  summary="Read the transactions of all accounts of the consent"),
    _beneficiaries("/accounts/{AccountId}/beneficiaries", Operation.READ_BENEFICIARIES,
                   records.decode_read, beneficiaries.encode, summary="Read the payees of one account"),
    _beneficiaries("/beneficiaries", Operation.LIST_BENEFICIARIES,
                   records.decode_list, beneficiaries.encode, summary="Read the payees of all accounts of the consent"),
    _direct_debits("/accounts/{AccountId}/direct-debits", Operation.READ_DIRECT_DEBITS,
                   records.decode_read, direct_debits.encode, summary="Read the direct debits of one account"),
    _direct_debits("/direct-debits", Operation.LIST_DIRECT_DEBITS,
                   records.decode_list, direct_debits.encode, summary="Read the direct debits of all accounts of the consent"),
    _standing_orders("/accounts/{AccountId}/standing-orders", Operation.READ_STANDING_ORDERS,
                     records.decode_read, standing_orders.encode, summary="Read the standing orders of one account"),
    _standing_orders("/standing-orders", Operation.LIST_STANDING_ORDERS,
                     records.decode_list, standing_orders.encode, summary="Read the standing orders of all accounts of the consent"),
    _scheduled("/accounts/{AccountId}/scheduled-payments", Operation.READ_SCHEDULED_PAYMENTS,
               records.decode_read, scheduled_payments.encode, summary="Read the scheduled payments of one account"),
    _scheduled("/scheduled-payments", Operation.LIST_SCHEDULED_PAYMENTS,
               records.decode_list, scheduled_payments.encode, summary="Read the scheduled payments of all accounts of the consent"),
    _products("/accounts/{AccountId}/product", Operation.READ_PRODUCT,
              products.decode_read, products.encode, summary="Read the product of one account"),
    _products("/products", Operation.LIST_PRODUCTS,
              products.decode_list, products.encode, summary="Read the products of all accounts of the consent"),
    _offers("/accounts/{AccountId}/offers", Operation.READ_OFFERS,
            offers.decode_read, offers.encode, summary="Read the offers on one account"),
    _offers("/offers", Operation.LIST_OFFERS,
            offers.decode_list, offers.encode, summary="Read the offers on all accounts of the consent"),
    _offered("/accounts/{AccountId}/parties", Operation.READ_PARTIES, parties.decode_of_account, parties.encode_all,
             permissions=READ_PARTY, response=OBReadParty3, summary="Read who holds one account"),
    _offered("/accounts/{AccountId}/party", Operation.READ_PARTY, parties.decode_of_account, parties.encode_first,
             permissions=READ_PARTY, response=OBReadParty2, summary="Read the principal holder of one account"),
    _offered("/party", Operation.READ_PSU_PARTY, parties.decode_psu, parties.encode_psu,
             permissions=READ_PARTY_PSU, response=OBReadParty2, summary="Read who the PSU is"),
    _statements("/accounts/{AccountId}/statements", Operation.READ_STATEMENTS, statements.decode_read, statements.encode,
                query=statements.QUERY, summary="Read the statements of one account"),
    _statements("/statements", Operation.LIST_STATEMENTS, statements.decode_list, statements.encode,
                query=statements.QUERY, summary="Read the statements of all accounts of the consent"),
    _statements("/accounts/{AccountId}/statements/{StatementId}", Operation.READ_STATEMENT,
                statements.decode_one, statements.encode_one, summary="Read one statement"),
    _offered("/accounts/{AccountId}/statements/{StatementId}/file", Operation.READ_STATEMENT_FILE,
             statements.decode_file, statements.encode_file,
             permissions=READ_STATEMENT_FILES, media_types=(PDF,), summary="Read the file of one statement"),
    _offered("/accounts/{AccountId}/statements/{StatementId}/transactions", Operation.READ_STATEMENT_TRANSACTIONS,
             statements.decode_transactions, transactions.encode, query=(PAGE_PARAMETER,),
             permissions=READ_TRANSACTIONS, response=OBReadTransaction6, summary="Read the transactions of one statement"),
)
# fmt: on
