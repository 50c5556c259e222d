"""The result page of a payment whose journey is over: for the browser that answered it, pressed twice or gone back to.

The first answer is the redirect to the TPP, at once and with no page before it (docs/decisions/0011-results-without-a-stop.md). A browser
that lost it, because its customer pressed again, learns here what was answered; the code in it is never given twice.
"""

from consent.authorization.agreement.terms import described
from consent.authorization.clients.rows import load_clients
from consent.customer.pages.render import render_page
from consent.customer.pages.results import approved, refused
from consent.customer.session.cookies import read_cookie
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.rows.authorisations import load_authorisation
from consent.store.rows.journeys import Journey, Purpose, Stage, load_journey
from consent.store.rows.snapshots import load_consent
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.signers import missing_of
from kernel.brand import Brand
from kernel.http.message import Request, Response
from kernel.ids import hash_secret


async def show_answered(services: Services, brand: Brand, request: Request, status: int) -> Response | None:
    """None where the browser's last journey has not ended in an answer about a payment, or ended long ago."""
    secret = read_cookie(services.sealer, brand, request)
    if secret is None:
        return None
    async with services.database.read() as connection:
        journey = await load_journey(connection, brand.name, hash_secret(secret))
        if journey is None or not _is_of(journey, services, secret):
            return None
        assert journey.consent_id is not None
        assert journey.authorisation_id is not None
        consent = await load_consent(connection, services.sealer, brand.name, journey.consent_id)
        authorisation = await load_authorisation(connection, services.sealer, brand.name, journey.authorisation_id)
        client = (await load_clients(connection, brand.name, [journey.client_id or ""])).get(journey.client_id or "")
    if consent is None or authorisation is None or client is None or not kind_of(consent).is_linked:
        return None
    description, shown = described(consent), authorisation.shown
    if authorisation.status is AuthorisationStatus.SUCCEEDED:
        waits = missing_of(consent.signing_rules, consent.signatures) > 0
        result = approved(description.summary, client.name, waits=waits)
    elif authorisation.status is AuthorisationStatus.FAILED:
        result = refused(description.summary, client.name)
    else:
        return None  # it was answered in another way than by its pages
    facts = description.facts if shown is None else (*shown.payment, *(("From", account) for account in shown.accounts))
    return render_page(brand, "result", status=status, result=result, facts=facts, client_name=client.name)


def _is_of(journey: Journey, services: Services, secret: str) -> bool:
    """True for an answered journey of this very browser, whose customer had logged in, while it would still be open."""
    is_own = journey.secret_hash == hash_secret(secret) and journey.purpose is Purpose.CONSENT
    is_over = journey.stage is Stage.DONE and journey.psu_id is not None
    return is_own and is_over and services.clock.wall() < journey.expires_at
