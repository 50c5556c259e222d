"""The operations of this standard that we serve, as one table. NextGenPSD2 XS2A 1.3, "Account Information Service"."""

from functools import partial

from kernel.access import Grant
from kernel.banking.consents import READ_ACCOUNTS, ConsentKind
from kernel.operations import Operation
from openapi.berlin_group.v1_3 import accounts, consents
from openapi.berlin_group.v1_3.consent_wire import ConsentInformationResponse, Consents, ConsentsResponse, ConsentStatusResponse
from openapi.berlin_group.v1_3.headers import PSU_IP_ADDRESS
from openapi.berlin_group.v1_3.wire import ReadAccount
from openapi.dialect import Row
from openapi.parameters import HeaderParameter

_manage = partial(Row, scope="accounts", grant=Grant.CLIENT_CREDENTIALS, consent_kind=ConsentKind.ACCOUNTS)

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
        "DELETE",
        "/consents/{consentId}",
        Operation.WITHDRAW_ACCOUNT_CONSENT,
        consents.decode_withdraw,
        None,
        success=204,
        summary="Withdraw a consent",
    ),
    Row(
        "GET",
        "/accounts/{account-id}",
        Operation.READ_ACCOUNT,
        accounts.decode_read,
        accounts.encode_read,
        scope="accounts",
        grant=Grant.AUTHORIZATION_CODE,
        consent_kind=ConsentKind.ACCOUNTS,
        permissions=READ_ACCOUNTS,
        response=ReadAccount,
        summary="Read one account, with its balances if asked",
        query=accounts.QUERY,
    ),
)
