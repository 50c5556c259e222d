"""The owner of a consent, or of a payment order: a rule of the dialect that it was lodged in, held wherever a caller comes by it.

One that no dialect lodged (authorization_details, a client's default, Grant Management) is its client's own. To every other caller it
looks as if it did not exist.
"""

from typing import Protocol

from kernel.access import Caller
from openapi.rulebook import rules_of


class Owned(Protocol):
    """A consent or a payment order, as far as its owner depends on it."""

    @property
    def client_id(self) -> str: ...
    @property
    def organisation_id(self) -> str: ...
    @property
    def lodged_as(self) -> str: ...


def is_owner(caller: Caller, owned: Owned) -> bool:
    if rules_of(owned.lodged_as).owner == "organisation":
        return caller.organisation_id == owned.organisation_id
    return caller.client_id is not None and caller.client_id == owned.client_id
