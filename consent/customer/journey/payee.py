"""The check of the payee that a page shows, carried by its form: sealed for this journey, so that what is kept is what this page showed."""

import base64

import msgspec

from consent.customer.session.forms import Form
from consent.customer.session.problems import FormStale
from consent.store.rows.journeys import Journey
from kernel import json
from kernel.banking.payee_checks import PayeeCheck
from kernel.storage.sealed import SealBroken, Sealer

PAYEE_FIELD = "payee_shown"


def seal_shown(sealer: Sealer, journey: Journey, check: PayeeCheck) -> str:
    return base64.urlsafe_b64encode(sealer.seal(json.encode(check), *_place(journey))).decode()


def open_shown(sealer: Sealer, journey: Journey, form: Form) -> PayeeCheck:
    """Raises FormStale for a form that no page of this journey made."""
    try:
        sealed = base64.b64decode(form.get(PAYEE_FIELD), altchars=b"-_", validate=True)
        return msgspec.json.decode(sealer.open(sealed, *_place(journey)), type=PayeeCheck)
    except (ValueError, SealBroken):
        raise FormStale("no check of a payee that was shown") from None


def _place(journey: Journey) -> tuple[str, ...]:
    return ("forms", PAYEE_FIELD, journey.brand, journey.id)
