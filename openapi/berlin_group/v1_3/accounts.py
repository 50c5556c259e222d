"""Read accounts and their balances. NextGenPSD2 XS2A 1.3, "Read Account List", "Read Account Details", "Read Balance".

An account is named by its IBAN, or without one by its national number; a card account is sent without a number. The number requires the
right to details, the owner's name a right of its own.
"""

from datetime import UTC
from typing import Literal

from msgspec import UNSET, UnsetType

from kernel.banking import commands
from kernel.banking.accounts import Account, AccountIdentifier, Balance, Scheme
from kernel.banking.consents import READ_TRANSACTIONS, Permission
from kernel.banking.money import Money
from kernel.banking.results import AccountView, BalanceView
from kernel.errors import FieldDuplicated, FieldInvalid
from kernel.http.message import Query
from openapi.berlin_group.v1_3.codes import ACCOUNT_STATUSES, BALANCE_TYPES, CASH_ACCOUNT_TYPES, USAGES
from openapi.berlin_group.v1_3.wire import AccountBalance, AccountDetails, AccountList, Amount, Href, ReadAccount, ReadBalances
from openapi.codec import Rendering, WireRequest
from openapi.parameters import QueryParameter

ACCOUNT_ID = "account-id"
WITH_BALANCE = "withBalance"
QUERY = (QueryParameter(WITH_BALANCE, "Whether the account's balances are returned too.", {"type": "boolean"}),)

LINKS = {"balances": frozenset({Permission.BALANCES}), "transactions": READ_TRANSACTIONS}  # to what an account opens
_BOOLEANS: dict[str, Literal[True, False]] = {"true": True, "false": False}


def decode_list(request: WireRequest) -> commands.ListAccounts:
    return commands.ListAccounts(with_balances=_with_balance(request.query))


def decode_read(request: WireRequest) -> commands.ReadAccount:
    return commands.ReadAccount(request.path[ACCOUNT_ID], with_balances=_with_balance(request.query))


def decode_balances(request: WireRequest) -> commands.ReadBalances:
    return commands.ReadBalances(request.path[ACCOUNT_ID])


def encode_list(views: tuple[AccountView, ...], rendering: Rendering) -> AccountList:
    return AccountList([_encode_details(view, rendering) for view in views])


def encode_read(view: AccountView, rendering: Rendering) -> ReadAccount:
    return ReadAccount(_encode_details(view, rendering))


def encode_balances(views: tuple[BalanceView, ...], _rendering: Rendering) -> ReadBalances:
    return ReadBalances([_encode_balance(each.balance) for each in views])


def encode_amount(money: Money) -> Amount:
    return Amount(money.currency, ("-" if money.minor < 0 else "") + money.decimal())


def fitted(text: str | None, length_max: int) -> str | UnsetType:
    return text[:length_max] if text else UNSET


def _encode_details(view: AccountView, rendering: Rendering) -> AccountDetails:
    granted = rendering.consent.permitted(view.reference.id) if rendering.consent else frozenset()
    details = _encode(view.reference.id, view.account)
    if Permission.ACCOUNTS_DETAIL in granted:
        _add_number(details, view.account)
    if Permission.PARTY in granted and (identifier := _iban(view.account)) is not None:
        details.owner_name = fitted(identifier.name, 140)
    if Permission.BALANCES in granted and view.balances is not None:
        details.balances = [_encode_balance(each.balance) for each in view.balances]
    here = f"{rendering.base_url}/accounts/{view.reference.id}"
    details.links = {name: Href(f"{here}/{name}") for name, opening in LINKS.items() if granted & opening} or UNSET
    return details


def _with_balance(query: Query) -> bool:
    values = [value for name, value in query if name == WITH_BALANCE]
    if len(values) > 1:
        raise FieldDuplicated(f"{len(values)} times", public="A query parameter appears more than once.", path=WITH_BALANCE)
    if values and values[0] not in _BOOLEANS:
        raise FieldInvalid("not a boolean", path=WITH_BALANCE)
    return bool(values) and _BOOLEANS[values[0]]


def _encode(account_id: str, account: Account) -> AccountDetails:
    return AccountDetails(
        resource_id=account_id,
        currency=account.currency,
        name=fitted(account.name, 70),
        display_name=fitted(account.nickname, 70),
        cash_account_type=CASH_ACCOUNT_TYPES[account.type],
        status=ACCOUNT_STATUSES[account.status],
        usage=USAGES[account.category],
    )


def _add_number(details: AccountDetails, account: Account) -> None:
    details.bic = account.servicer_bic or UNSET
    if (identifier := _iban(account)) is not None:
        details.iban = identifier.identification
    elif (national := _identifier(account, Scheme.SORT_CODE)) is not None:
        details.bban = national.identification


def _iban(account: Account) -> AccountIdentifier | None:
    return _identifier(account, Scheme.IBAN)


def _identifier(account: Account, scheme: Scheme) -> AccountIdentifier | None:
    return next((each for each in account.identifiers if each.scheme is scheme), None)


def _encode_balance(balance: Balance) -> AccountBalance:
    return AccountBalance(
        balance_amount=encode_amount(balance.amount),
        balance_type=BALANCE_TYPES[balance.type],
        credit_limit_included=any(line.included for line in balance.credit_lines),
        last_change_date_time=balance.at.astimezone(UTC).isoformat(),
    )
