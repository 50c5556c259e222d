"""Access to account information."""

from datetime import timedelta

from consent.store.kinds.kind import Chosen, Description, JourneyStage, Kind, Wording
from kernel.banking.consents import AccountAccess, AccountsTerms, Consent, ConsentKind
from kernel.errors import AccountUnknown, FieldInvalid, FieldMissing

LOOK_BACK_DAYS_MAX = 36_525  # days that a consent may open before the agreement: a hundred years
SINGLE_USE = timedelta(minutes=20)  # a consent for one use stays open after the agreement: one session of the PSU with the TPP

WORDING = Wording(
    invitation="choose which accounts to share",
    steps=("Log in", "Confirm it is you", "Choose accounts"),
    steps_fixed=("Log in", "Confirm it is you", "Keep sharing"),
    refusal="Do not share",
    nothing_done="Nothing was shared.",
)


def settle(consent: Consent, chosen: tuple[Chosen, ...]) -> tuple[AccountAccess, ...]:
    """Every account that was chosen opens what was asked for of it. Raises AccountUnknown for one that was not asked for."""
    access = tuple(AccountAccess(each.account, consent.data.asked_of(each.identity), each.identity) for each in chosen)
    if not all(each.permissions for each in access):
        raise AccountUnknown("not an account that was asked for")
    return access


def check(terms: AccountsTerms) -> None:
    """It opens something, and looks back over some time if it says how far."""
    if not terms.permissions:
        raise FieldMissing("no permissions")
    if terms.look_back_days is not None and not 1 <= terms.look_back_days <= LOOK_BACK_DAYS_MAX:
        raise FieldInvalid(f"{terms.look_back_days} days back")
    if terms.named and terms.permissions != frozenset().union(*(each.permissions for each in terms.named)):
        raise FieldInvalid("permissions that no account is named for, or more of an account than in all")
    if any(not each.permissions for each in terms.named) or (terms.named and terms.is_global):
        raise FieldInvalid("an account named without data, or in a consent to all accounts")


def describe(_terms: AccountsTerms) -> Description:
    """The dialect says the words of permissions (consent/authorization/agreement/terms.py)."""
    return Description(summary="Access to accounts")


ACCOUNTS = Kind(
    name=ConsentKind.ACCOUNTS,
    terms=AccountsTerms,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    page="consent",
    page_without_account="nothing_to_share",
    wording=WORDING,
    row=None,
    describe=describe,
    is_given_once=False,
    may_be_asked_by_backchannel=True,
    is_of_one_account=False,
    may_be_amended=True,
    check=check,
    settle=settle,
    single_use=SINGLE_USE,
)
