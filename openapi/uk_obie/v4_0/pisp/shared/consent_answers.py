"""Parts of answers about consents that are alike for every product: state, reason, and what was lodged. OBIE R/W 4.0, Domestic Payment
Consents; OBIE R/W 4.0 Profile, "CutOffDateTime Behaviour".
"""

from typing import Any

from msgspec import UNSET

from kernel.banking.consents import Consent, ConsentState
from openapi.codec import Rendering
from openapi.uk_obie.shared.dates import render_date_time
from openapi.uk_obie.v4_0.pisp.codes.statuses import AFTER_CUT_OFF, CONSENT_REASONS, CONSENT_STATUSES
from openapi.uk_obie.v4_0.pisp.shared.documents import part_of, raw


def consent_members(consent: Consent, data: Any, rendering: Rendering) -> dict[str, Any]:
    """The members that every product's answer has in `Data`; `data` is that of the document as it was lodged."""
    state = consent.effective_state(rendering.now)
    reason = AFTER_CUT_OFF if state is ConsentState.EXPIRED and consent.ends_at_cut_off else CONSENT_REASONS[state]
    return {
        "consent_id": consent.id,
        "creation_date_time": render_date_time(consent.created_at),
        "status": CONSENT_STATUSES[state],
        "status_reason": UNSET if reason is None else [reason],
        "status_update_date_time": render_date_time(consent.effective_since(rendering.now)),
        "read_refund_account": data.get("ReadRefundAccount", UNSET),
        "initiation": raw(data["Initiation"]),
        "authorisation": part_of(data, "Authorisation"),
        "sca_support_data": part_of(data, "SCASupportData"),
    }
