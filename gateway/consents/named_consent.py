"""The consent that a path names: its caller's own, and of the kind that the operation is about."""

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Consents
from kernel.banking.consents import Consent
from kernel.errors import ConsentUnknown
from kernel.identifiers import is_identifier


async def load_named(consents: Consents, exchange: Exchange, consent_id: str) -> Consent:
    """Raises ConsentUnknown."""
    if not is_identifier(consent_id):
        raise ConsentUnknown("not an identifier")
    consent = await consents.read(exchange.brand, present(exchange.caller), consent_id)
    if consent.kind != exchange.row.consent_kind:
        raise ConsentUnknown(f"it is a consent of kind {consent.kind}")
    return consent
