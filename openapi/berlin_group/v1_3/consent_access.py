"""The access that a consent is asked for, in its four models: accounts by name, those that the PSU chooses, all of them, a list of them.
NextGenPSD2 XS2A 1.3, "Account Access", "Multi-level Consent Models".

Accounts are named by IBAN or PAN. Every access to an account includes its details.
"""

from collections.abc import Iterator, Mapping

from msgspec import UNSET

from kernel.banking.accounts import Scheme
from kernel.banking.consents import DIRECTIONS, READ_ACCOUNTS, READ_TRANSACTIONS, AccountsTerms, NamedAccount, Permission
from kernel.banking.iban import is_iban
from kernel.errors import FieldInvalid, FieldMissing
from openapi.berlin_group.v1_3.consent_wire import AccountAccess, AccountReference, AllAccounts

OWNER_NAME = frozenset({Permission.PARTY})

# The lists of accounts, and what each opens.
LISTS: Mapping[str, frozenset[Permission]] = {
    "accounts": READ_ACCOUNTS,
    "balances": READ_ACCOUNTS | {Permission.BALANCES},
    "transactions": READ_ACCOUNTS | READ_TRANSACTIONS | DIRECTIONS,
}
# The models without a list, and what each opens of every account.
MODELS: Mapping[str, frozenset[Permission]] = {
    "available_accounts": READ_ACCOUNTS,
    "available_accounts_with_balance": READ_ACCOUNTS | {Permission.BALANCES},
    "all_psd2": READ_ACCOUNTS | {Permission.BALANCES} | READ_TRANSACTIONS | DIRECTIONS,
}


def parse_access(access: AccountAccess) -> AccountsTerms:
    """Raises FieldMissing or FieldInvalid, path = the member."""
    models = {name: getattr(access, name) for name in MODELS if getattr(access, name) is not UNSET}
    lists = lists_of(access)
    if access.all_psd2 is not UNSET:  # the lists do not count then
        return AccountsTerms(permissions=MODELS["all_psd2"] | _owner_name(access.all_psd2), is_global=True)
    if len(models) > 1 or (models and lists):
        raise FieldInvalid("several models", public="A consent is asked for in one way.", path="access")
    if models:
        ((name, value),) = models.items()
        return AccountsTerms(permissions=MODELS[name] | _owner_name(value), is_global=True)
    if not set(lists) & set(LISTS):
        raise FieldMissing("no list", public="At least one of accounts, balances and transactions is required.", path="access")
    if any(lists.values()) and not all(lists.values()):
        raise FieldInvalid("some lists are empty", public="Either every list names accounts or none does.", path="access")
    rights = {name: LISTS.get(name, OWNER_NAME) for name in lists}
    named = _parse_named(lists, rights)
    return AccountsTerms(permissions=frozenset[Permission]().union(*rights.values()), named=named)


def lists_of(access: AccountAccess) -> dict[str, list[AccountReference]]:
    """By member; the names of owners, which stand one level lower, among them."""
    lists = {name: getattr(access, name) for name in LISTS}
    if access.additional_information is not UNSET:
        lists["owner_name"] = access.additional_information.owner_name
    return {name: each for name, each in lists.items() if each is not UNSET}


def _parse_named(
    lists: Mapping[str, list[AccountReference]], rights: Mapping[str, frozenset[Permission]]
) -> tuple[NamedAccount, ...]:
    """Each account once, in the order in which it is first named."""
    opened: dict[tuple[Scheme, str, str | None], frozenset[Permission]] = {}
    for name, references in lists.items():
        for key in _parse_keys(name, references):
            if name == "owner_name" and key not in opened:
                raise FieldInvalid("named for its owner alone", path="access.additionalInformation.ownerName")
            opened[key] = opened.get(key, frozenset()) | rights[name]
    return tuple(
        NamedAccount(scheme, number, permissions, currency) for (scheme, number, currency), permissions in opened.items()
    )


def _parse_keys(name: str, references: list[AccountReference]) -> Iterator[tuple[Scheme, str, str | None]]:
    path = "access.additionalInformation.ownerName" if name == "owner_name" else f"access.{name}"
    for index, reference in enumerate(references):
        if (reference.iban is UNSET) == (reference.pan is UNSET):
            raise FieldInvalid("not one number", public="An account is named by iban or by pan.", path=f"{path}[{index}]")
        if reference.iban is not UNSET and not is_iban(reference.iban):
            raise FieldInvalid("not an IBAN", path=f"{path}[{index}].iban")
        yield key_of(reference)


def key_of(reference: AccountReference) -> tuple[Scheme, str, str | None]:
    currency = None if reference.currency is UNSET else reference.currency
    if reference.iban is not UNSET:
        return Scheme.IBAN, reference.iban, currency
    return Scheme.PAN, reference.pan or "", currency


def _owner_name(value: AllAccounts) -> frozenset[Permission]:
    return OWNER_NAME if value == "allAccountsWithOwnerName" else frozenset()
