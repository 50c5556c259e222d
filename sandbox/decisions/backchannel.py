"""An answer given at once on behalf of the customer who is asked at the backchannel: the same checks, the same transaction as a page's.

Its evidence is what the identity's own device vouches for (sandbox/decisions/choice.py).
"""

from consent.authorization.agreement.terms import render_shown, render_terms
from consent.authorization.backchannel.outcome import approve_request, deny_request, load_waiting_request
from consent.authorization.backchannel.rows import load_waiting
from consent.ports import Psu
from consent.services import Services
from consent.store.tables.oauth import backchannel_requests
from kernel.brand import Brand
from kernel.errors import ConsentForeign
from sandbox.decisions.choice import ask_device, choose_options


async def decide_request(
    services: Services,
    brand: Brand,
    request_id: str,
    psu: Psu,
    *,
    approve: bool,
    upstream_ids: tuple[str, ...] | None = None,
) -> None:
    """`upstream_ids` None shares every account that the PSU may share. Raises ConsentForeign for another PSU than is asked,
    AuthenticationAnswered, AccountUnknown, AuthenticationUnavailable and what else forbids the answer."""
    waiting = await load_waiting_request(services, brand, request_id)
    if waiting.request.psu_id != psu.id:
        raise ConsentForeign("another PSU is asked")
    if not approve:
        await deny_request(services, brand, waiting, evidence=None)
        return
    options = await choose_options(services, brand, psu, request_id, consent=waiting.consent, upstream_ids=upstream_ids)
    terms = render_terms(services, brand, waiting.client, waiting.consent, options=options)
    await approve_request(
        services,
        brand,
        waiting,
        psu=psu,
        evidence=await ask_device(services, brand, psu, request_id),
        chosen=options,
        shown=render_shown(terms, options, page="none"),
    )


async def find_waiting(services: Services, brand: Brand, consent_id: str) -> str | None:
    """The id of the newest request that waits for an answer about this consent."""
    of_consent = backchannel_requests.c.consent_id == consent_id
    async with services.database.read() as connection:
        waiting = await load_waiting(connection, brand.name, services.clock.wall(), of_consent, at_most=1)
    return waiting[0].id if waiting else None
