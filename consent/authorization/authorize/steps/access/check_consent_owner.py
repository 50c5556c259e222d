"""Refuse, before any page, a consent that is not this client's, cannot be authorised now, or is outside the scope that was asked.

To its client a foreign consent looks like one that does not exist.
"""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.offer.payment_initiation import PaymentInitiation
from consent.authorization.offer.scopes import scopes_for
from consent.errors import AuthorizationDetailsInvalid, ScopeInvalid
from consent.store.kinds.registry import kind_of
from consent.store.lifecycle import ConsentEvent, allows
from consent.store.rows.snapshots import load_consent
from kernel.errors import ConsentForeign, ConsentNotAuthorised, ConsentUnknown
from openapi.owners import is_owner


async def check_consent_owner(asked: AuthorizationRequest) -> None:
    if asked.pushed is None or asked.pushed.consent_id is None:
        raise ConsentUnknown("the request carries no consent")
    await _check_askable(asked, asked.pushed.consent_id, asked.pushed.scope)


async def check_consent_owner_at_once(asked: AuthorizationRequest) -> None:
    """Check at the backchannel, where no page follows that could refuse. A request that names no consent gets one of its own."""
    if isinstance(asked.details, PaymentInitiation):
        raise AuthorizationDetailsInvalid("a payment", public="A payment is asked for on a page, where its customer sees it.")
    if asked.consent_id is not None:
        await _check_askable(asked, asked.consent_id, asked.scope, by_backchannel=True)


async def _check_askable(
    asked: AuthorizationRequest, consent_id: str, scope: tuple[str, ...], *, by_backchannel: bool = False
) -> None:
    services = asked.services
    async with services.database.read() as connection:
        consent = await load_consent(connection, services.sealer, asked.brand.name, consent_id)
    if consent is None:
        raise ConsentUnknown("unknown")
    if not is_owner(asked.client.caller, consent):
        raise ConsentForeign(f"of client {consent.client_id}", public=ConsentUnknown.public)
    if not allows(consent, ConsentEvent.AUTHORISE, services.clock.now()):
        raise ConsentNotAuthorised(f"state {consent.state}", public="The consent cannot be authorised any more.")
    if by_backchannel and not kind_of(consent).may_be_asked_by_backchannel:
        raise ConsentNotAuthorised(f"of kind {consent.kind}", public="A consent of this kind cannot be asked for here.")
    if scopes_for(services.dialects_of(asked.brand), consent.kind).isdisjoint(scope):
        raise ScopeInvalid(f"the scope does not open a consent for {consent.kind}")
