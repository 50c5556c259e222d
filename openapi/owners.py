"""The owner of a consent: a rule of the dialect that it was lodged in, held wherever a caller comes by a consent.

One that no dialect lodged (authorization_details, a client's default, Grant Management) is its client's own. To every other caller a
consent looks as if it did not exist.
"""

from kernel.access import Caller
from kernel.banking.consents import Consent
from openapi.rulebook import rules_of


def is_owner(caller: Caller, consent: Consent) -> bool:
    if rules_of(consent.lodged_as).owner == "organisation":
        return caller.organisation_id == consent.organisation_id
    return caller.client_id is not None and caller.client_id == consent.client_id
