"""The operations of the toy dialect, as one table."""

from functools import partial

from kernel.access import Grant
from kernel.banking.consents import READ_ACCOUNTS, READ_TRANSACTIONS, ConsentKind
from kernel.operations import Operation
from openapi.dialect import Row
from openapi.parameters import HeaderParameter
from tests.dialects.toy import accounts, agreements
from tests.dialects.toy.wire import Accounts, Agreement, Entries, NamedAccounts, Wish

_manage = partial(Row, scope="accounts", grant=Grant.CLIENT_CREDENTIALS, consent_kind=ConsentKind.ACCOUNTS)
_read = partial(Row, "GET", scope="accounts", grant=Grant.AUTHORIZATION_CODE, consent_kind=ConsentKind.ACCOUNTS)

ROWS: tuple[Row, ...] = (
    _manage(
        "POST",
        "/agreements",
        Operation.LODGE_ACCOUNT_CONSENT,
        agreements.decode_lodge,
        agreements.encode_lodged,
        success=202,
        request=Wish,
        example=agreements.EXAMPLE,
        response=Agreement,
        answer_headers=agreements.LODGED_HEADERS,
        summary="Lodge an agreement",
    ),
    _manage(
        "POST",
        "/agreements/by-letter",
        Operation.LODGE_ACCOUNT_CONSENT,
        agreements.decode_letter,
        agreements.encode_lodged,
        success=202,
        request=bytes,
        request_media_types=("text/plain",),
        body_bytes_max=agreements.LETTER_BYTES_MAX,
        headers=(HeaderParameter(agreements.DIGEST, "The letter's SHA-256, in hex.", required=True),),
        response=Agreement,
        answer_headers=agreements.LODGED_HEADERS,
        summary="Lodge an agreement by a letter",
    ),
    _manage(
        "GET",
        "/agreements/{agreementId}",
        Operation.READ_ACCOUNT_CONSENT,
        agreements.decode_read,
        agreements.encode_agreement,
        response=Agreement,
        summary="Read an agreement",
    ),
    _manage(
        "DELETE",
        "/agreements/{agreementId}",
        Operation.WITHDRAW_ACCOUNT_CONSENT,
        agreements.decode_withdraw,
        None,
        success=204,
        summary="Withdraw an agreement",
    ),
    _read(
        "/accounts",
        Operation.LIST_ACCOUNTS,
        accounts.decode_list,
        accounts.encode_list,
        permissions=READ_ACCOUNTS,
        response=Accounts,
        summary="List the accounts",
        version=1,
    ),
    _read(
        "/accounts",
        Operation.LIST_ACCOUNTS,
        accounts.decode_list,
        accounts.encode_named,
        permissions=READ_ACCOUNTS,
        response=NamedAccounts,
        summary="List the accounts, with what their owners call them",
        version=2,
    ),
    _read(
        "/accounts/{accountId}/entries",
        Operation.READ_TRANSACTIONS,
        accounts.decode_entries,
        accounts.encode_entries,
        permissions=READ_TRANSACTIONS,
        response=Entries,
        summary="List what was booked on an account",
        query=accounts.PAGES.query,
    ),
)
