"""The change of a grant that its client asks for: the same consent, with other terms, once its PSU agrees.

Grant Management for OAuth 2.0 section 5.2 (`merge`, `replace`); docs/decisions/0008-a-grant-is-changed-in-place.md. The amendment
travels sealed with the pushed request, because it may name accounts; nothing of it counts before the PSU agrees.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import msgspec

from consent.authorization.authorize.pushed import PushedRequest
from consent.authorization.offer.authorization_details import LODGED_AS_RAR, TYPE, AccountInformation, details_of
from kernel import json
from kernel.banking.consents import Consent
from kernel.errors import ConsentExpired, ConsentNotAuthorised
from kernel.storage.sealed import Sealer

NOTHING: Mapping[str, Any] = MappingProxyType({})
B = TypeVar("B")  # a bound of what is asked for: a moment, or a number of days


class Amendment(msgspec.Struct, frozen=True):
    """A client's request to change a grant. `merge` adds to the granted terms and accounts; `replace` puts other terms, and accounts chosen
    again, in their place. Both apply to one version: a PSU agrees to the version that they saw, and to no later one."""

    action: Literal["merge", "replace"]
    details: AccountInformation
    version: int  # of the consent, when it was asked for


def seal_amendment(sealer: Sealer, brand: str, pushed_id: str, amendment: Amendment) -> bytes:
    return sealer.seal(json.encode(amendment), *_place(brand, pushed_id))


def open_amendment(sealer: Sealer, pushed: PushedRequest) -> Amendment | None:
    if not pushed.amendment:
        return None
    return msgspec.json.decode(sealer.open(pushed.amendment, *_place(pushed.brand, pushed.id)), type=Amendment)


def amended(consent: Consent, amendment: Amendment | None) -> Consent:
    """The consent as it would be, before its PSU has chosen accounts: a merge keeps those that it covers. Raises as `terms_of`."""
    if amendment is None:
        return consent
    access = consent.access if amendment.action == "merge" else ()
    return msgspec.structs.replace(consent, access=access, **terms_of(consent, amendment))


def terms_of(consent: Consent, amendment: Amendment | None, now: datetime | None = None) -> Mapping[str, Any]:
    """The members of the consent that the amendment changes, accounts aside. Raises ConsentNotAuthorised if the consent has changed
    since; ConsentExpired, given the business time, if the new terms have run out before anyone agreed to them."""
    if amendment is None:
        return NOTHING
    if consent.version != amendment.version:
        raise ConsentNotAuthorised(
            f"version {consent.version}, the amendment is of {amendment.version}", public="The grant has changed meanwhile."
        )
    details = amendment.details if amendment.action == "replace" else _merge(details_of(consent), amendment.details)
    if now is not None and details.valid_until is not None and details.valid_until <= now:
        raise ConsentExpired(f"the new terms were valid until {details.valid_until}")
    return {
        "lodged_as": LODGED_AS_RAR,
        "document": json.encode(details),
        "terms": details.terms,
        "valid_until": details.valid_until,
        "frequency_per_day": details.frequency_per_day,
        "is_recurring": details.recurring,
        "purpose": details.purpose or "",
    }


def _merge(present: AccountInformation, added: AccountInformation) -> AccountInformation:
    """The union of the two. The accounts to choose from are the new request's; a frequency and a purpose are the
    ones last asked for."""
    return AccountInformation(
        type=TYPE,
        permissions=tuple(sorted(present.granted | added.granted)),
        locations=added.locations,
        accounts=added.accounts,
        valid_until=_widest(present.valid_until, added.valid_until, max),
        transactions_from=_widest(present.transactions_from, added.transactions_from, min),
        transactions_to=_widest(present.transactions_to, added.transactions_to, max),
        look_back_days=_widest(present.look_back_days, added.look_back_days, max),
        recurring=present.recurring or added.recurring,
        purpose=added.purpose or present.purpose,
        frequency_per_day=added.frequency_per_day or present.frequency_per_day,
    )


def _widest(one: B | None, other: B | None, choose: Callable[[B, B], B]) -> B | None:
    """None is without bounds."""
    return None if one is None or other is None else choose(one, other)


def _place(brand: str, pushed_id: str) -> tuple[str, ...]:
    return ("pushed_requests", "amendment", brand, pushed_id)
