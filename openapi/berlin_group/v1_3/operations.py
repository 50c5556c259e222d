"""The operations of this standard that we serve, as one table. NextGenPSD2 XS2A 1.3, "Account Information Service"."""

from functools import partial

from kernel.access import Grant
from kernel.banking.consents import READ_ACCOUNTS, READ_TRANSACTIONS, ConsentKind, Permission
from kernel.operations import Operation
from openapi.berlin_group.v1_3 import accounts, authorisations, consents, transactions
from openapi.berlin_group.v1_3.consent_wire import ConsentInformationResponse, Consents, ConsentsResponse, ConsentStatusResponse
from openapi.berlin_group.v1_3.headers import PSU_IP_ADDRESS
from openapi.berlin_group.v1_3.transaction_wire import TransactionList
from openapi.berlin_group.v1_3.wire import AccountList, ReadAccount, ReadBalances
from openapi.dialect import Row
from openapi.parameters import HeaderParameter

# A TPP is known by its qualified certificate; a consent, by its id.
_manage = partial(Row, credential="certificate", consent_kind=ConsentKind.ACCOUNTS)
_read = partial(_manage, "GET", grant=Grant.AUTHORIZATION_CODE)

ROWS: tuple[Row, ...] = (
    _manage(
        "POST",
        "/consents",
        Operation.LODGE_ACCOUNT_CONSENT,
        consents.decode_lodge,
        consents.encode_lodged,
        success=201,
        request=Consents,
        example=consents.EXAMPLE,
        response=ConsentsResponse,
        summary="Lodge a consent to account information",
        headers=(HeaderParameter(PSU_IP_ADDRESS, "The PSU's address.", required=True),),
        answer_headers=consents.LODGED_HEADERS,
    ),
    _manage(
        "GET",
        "/consents/{consentId}",
        Operation.READ_ACCOUNT_CONSENT,
        consents.decode_read,
        consents.encode_consent,
        response=ConsentInformationResponse,
        summary="Read a consent",
    ),
    _manage(
        "GET",
        "/consents/{consentId}/status",
        Operation.READ_ACCOUNT_CONSENT_STATUS,
        consents.decode_read,
        consents.encode_status,
        response=ConsentStatusResponse,
        summary="Read the status of a consent",
    ),
    _manage(
        "GET",
        "/consents/{consentId}/authorisations",
        Operation.READ_CONSENT_AUTHORISATIONS,
        authorisations.decode_list,
        authorisations.encode_list,
        response=authorisations.Authorisations,
        summary="Read which authorisations a consent has",
    ),
    _manage(
        "GET",
        "/consents/{consentId}/authorisations/{authorisationId}",
        Operation.READ_CONSENT_AUTHORISATION,
        authorisations.decode_read,
        authorisations.encode_status,
        response=authorisations.ScaStatusResponse,
        summary="Read the status of one authorisation of a consent",
    ),
    _manage(
        "DELETE",
        "/consents/{consentId}",
        Operation.WITHDRAW_ACCOUNT_CONSENT,
        consents.decode_withdraw,
        None,
        success=204,
        summary="Withdraw a consent",
    ),
    _read(
        "/accounts",
        Operation.LIST_ACCOUNTS,
        accounts.decode_list,
        accounts.encode_list,
        permissions=READ_ACCOUNTS,
        response=AccountList,
        summary="Read all accounts of the consent, with their balances if asked",
        query=accounts.QUERY,
    ),
    _read(
        "/accounts/{account-id}",
        Operation.READ_ACCOUNT,
        accounts.decode_read,
        accounts.encode_read,
        permissions=READ_ACCOUNTS,
        response=ReadAccount,
        summary="Read one account, with its balances if asked",
        query=accounts.QUERY,
    ),
    _read(
        "/accounts/{account-id}/balances",
        Operation.READ_BALANCES,
        accounts.decode_balances,
        accounts.encode_balances,
        permissions=frozenset({Permission.BALANCES}),
        response=ReadBalances,
        summary="Read the balances of one account",
    ),
    _read(
        "/accounts/{account-id}/transactions",
        Operation.READ_TRANSACTIONS,
        transactions.decode,
        transactions.encode,
        permissions=READ_TRANSACTIONS,
        response=TransactionList,
        summary="Read the transactions of one account",
        query=transactions.QUERY,
    ),
)
