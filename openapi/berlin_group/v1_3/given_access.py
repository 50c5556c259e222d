"""The access of a consent as GET shows it: what was asked for, and once it is valid the accounts on which each of it will be delivered.
NextGenPSD2 XS2A 1.3, "Get Consent Request", "Account Access".

Accounts that the PSU chose are data that the consent opens: they are shown while it is valid, and neither before its last signature nor
after its end. An account that has gone is not shown.
"""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from kernel.banking.accounts import Scheme
from kernel.banking.consents import AccountAccess, AccountIdentity, Consent, ConsentState, NamedAccount, Permission
from openapi.berlin_group.v1_3.consent_access import MODELS, key_of, lists_of
from openapi.berlin_group.v1_3.consent_wire import AccountReference, Consents, GivenAccess, GivenInformation, GivenReference

# The permission that puts an account on a list.
_MARKS = {
    "accounts": Permission.ACCOUNTS_DETAIL,
    "balances": Permission.BALANCES,
    "transactions": Permission.TRANSACTIONS_DETAIL,
    "owner_name": Permission.PARTY,
}
PAN_FIRST_DIGITS_SHOWN = 6  # of a card number: they name its issuer
PAN_LAST_DIGITS_SHOWN = 4  # of a card number, at its end

References = Mapping[str, list[GivenReference]]


def render_access(consent: Consent, state: ConsentState) -> GivenAccess:
    """`state` is the effective one. A consent of an earlier release, which does not know its accounts' numbers, shows what was asked for."""
    opened = _opened(consent.access) if state is ConsentState.AUTHORISED else {}
    if not consent.data.is_fixed:
        return _access({name: opened.get(name, []) for name, mark in _MARKS.items() if mark in consent.permissions})
    asked = msgspec.json.decode(consent.document, type=Consents).access
    lists = lists_of(asked).items()
    if consent.data.is_global:
        models = {name: getattr(asked, name) for name in MODELS if getattr(asked, name) is not UNSET}
        return _access(opened or {name: [_echo(each) for each in references] for name, references in lists}, models)
    return _access({name: [_echo(each) for each in references if _is_given(consent, each)] for name, references in lists})


def _access(lists: References, models: Mapping[str, str] | None = None) -> GivenAccess:
    return GivenAccess(
        accounts=lists.get("accounts", UNSET),
        balances=lists.get("balances", UNSET),
        transactions=lists.get("transactions", UNSET),
        additional_information=GivenInformation(lists["owner_name"]) if "owner_name" in lists else UNSET,
        **(models or {}),  # type: ignore[arg-type]  # each has the value that was asked for
    )


def _opened(access: tuple[AccountAccess, ...]) -> References:
    """The accounts by their own numbers, on the list of each kind of data that they open; no list where none is known."""
    shown = [(each.permissions, _reference(each.identity)) for each in access if each.identity is not None]
    known = [(permissions, reference) for permissions, reference in shown if reference is not None]
    if not known:
        return {}
    marks = {name: mark for name, mark in _MARKS.items() if any(mark in permissions for permissions, _ in known)}
    return {name: [reference for permissions, reference in known if mark in permissions] for name, mark in marks.items()}


def _reference(identity: AccountIdentity) -> GivenReference | None:
    """By its IBAN; without one by its national number, or its card number, masked. None for an account without a number."""
    numbers = dict(identity.numbers)
    if Scheme.IBAN in numbers:
        return GivenReference(iban=numbers[Scheme.IBAN], currency=identity.currency)
    if Scheme.SORT_CODE in numbers:
        return GivenReference(bban=numbers[Scheme.SORT_CODE], currency=identity.currency)
    if Scheme.PAN in numbers:
        return GivenReference(masked_pan=mask_pan(numbers[Scheme.PAN]), currency=identity.currency)
    return None


def mask_pan(pan: str) -> str:
    """A card number, the digits that tell cards of one issuer apart replaced; one too short to be a card's is replaced whole."""
    hidden = len(pan) - PAN_FIRST_DIGITS_SHOWN - PAN_LAST_DIGITS_SHOWN
    return "x" * len(pan) if hidden < 1 else f"{pan[:PAN_FIRST_DIGITS_SHOWN]}{'x' * hidden}{pan[-PAN_LAST_DIGITS_SHOWN:]}"


def _is_given(consent: Consent, reference: AccountReference) -> bool:
    """True until a PSU has answered, and then for an account that the PSU gave and the consent still covers."""
    key = key_of(reference)
    if key not in {(each.scheme, each.identification, each.currency) for each in consent.data.named}:
        return False
    if not consent.access:
        return consent.authorised_at is None
    scheme, number, currency = key
    named = NamedAccount(scheme, number, frozenset(), currency)
    return any(each.identity is None or named.names(each.identity) for each in consent.access)


def _echo(reference: AccountReference) -> GivenReference:
    return GivenReference(iban=reference.iban, pan=reference.pan, currency=reference.currency)
