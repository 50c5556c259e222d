"""GET and POST /authorize: a browser brings a request_uri; the customer's journey begins, or the client is told why not.

RFC 9126 section 4, RFC 6749 section 4.1.2.1: what is wrong with client, redirect_uri or request_uri is told to the person in front
of the browser, everything else to the client at its redirect_uri.
"""

from consent.authorize import run_steps
from consent.authorize.asking import Asking
from consent.authorize.respond import redirect
from consent.errors import PushRequired, RequestUriInvalid, oauth_error, render_description
from consent.journey.start import begin, refuse_pushed
from consent.parameters import Parameters, parse_form, parse_query
from consent.services import Services
from kernel.access import Client
from kernel.brand import Brand
from kernel.errors import ClientInactive, FieldMissing, Problem
from kernel.http.message import Request, Response
from kernel.subjects import client_subject


async def authorize(services: Services, brand: Brand, request: Request) -> Response:
    parameters = parse_form(request) if request.method == "POST" else parse_query(request)
    client = await _load_client(services, brand, parameters)
    asking = Asking(services, brand, client, parameters)
    try:
        await run_steps(asking, "authorize")
    except PushRequired as problem:
        return _refuse_unpushed(brand, client, parameters, problem)
    except Problem as problem:
        if asking.pushed is None:
            raise
        return await refuse_pushed(services, brand, asking.pushed, problem)
    if asking.pushed is None:
        raise RequestUriInvalid("no pushed request")
    return await begin(services, brand, asking.pushed)


async def _load_client(services: Services, brand: Brand, parameters: Parameters) -> Client:
    """The client that the browser names, as the database knows it now."""
    client_id = parameters.get("client_id")
    if client_id is None:
        raise FieldMissing(path="client_id", public="The client_id is missing.")
    client = await services.snapshots.client(brand, client_id, fresh=True)
    if client is None or not client.active:
        raise ClientInactive(f"{client_subject(brand.name, client_id)} is unknown or inactive", public="There is no such client.")
    return client


def _refuse_unpushed(brand: Brand, client: Client, parameters: Parameters, problem: Problem) -> Response:
    """A redirect, but only to where this client is known to live."""
    redirect_uri = parameters.get("redirect_uri")
    if redirect_uri not in client.redirect_uris:
        raise problem
    _, error = oauth_error(problem)
    answer = {"error": error, "error_description": render_description(problem.public)}
    return redirect(brand, redirect_uri, answer, parameters.get("state"))
