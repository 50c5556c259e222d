"""The callers and customers for whom a consent is there: to everyone else it is unknown."""

from consent.store.signers import is_signed_by
from kernel.access import Caller
from kernel.banking.consents import Consent, ConsentState
from kernel.errors import ConsentUnknown
from openapi.owners import is_owner
from openapi.rulebook import rules_of


def check_readable(consent: Consent | None, caller: Caller) -> Consent:
    """Raises ConsentUnknown."""
    if consent is None or not is_owner(caller, consent):
        raise ConsentUnknown("unknown, or another's")
    if consent.state is ConsentState.WITHDRAWN_BY_TPP and rules_of(consent.lodged_as).withdrawn == "unknown":
        raise ConsentUnknown("withdrawn")
    return consent


def check_owned(consent: Consent | None, caller: Caller | None, psu_id: str | None) -> Consent:
    """On behalf of `caller` or `psu_id`, if given. Raises ConsentUnknown."""
    if caller is not None:
        return check_readable(consent, caller)
    if consent is None or (psu_id is not None and consent.psu_id != psu_id and not is_signed_by(consent, psu_id)):
        raise ConsentUnknown("unknown, or of another PSU")
    return consent
