"""The operations of this standard that we serve, as one table. NextGenPSD2 XS2A 1.3, "Account Information Service"."""

from kernel.access import Grant
from kernel.banking.consents import READ_ACCOUNTS, ConsentKind
from kernel.operations import Operation
from openapi.berlin_group.v1_3 import accounts
from openapi.berlin_group.v1_3.wire import ReadAccount
from openapi.dialect import Row

ROWS: tuple[Row, ...] = (
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
