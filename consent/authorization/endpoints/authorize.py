"""GET and POST /authorize: a browser brings a request_uri, or a request object by value; the customer's journey begins, or the client gets
an error.

RFC 9126 section 4, RFC 9101 section 5, RFC 6749 section 4.1.2.1: an error goes to the client at an address of its own that can be
trusted: the one in its request, or else the only one it has registered. Where there is none, or no client, the error page goes to the person in
front of the browser.
"""

from collections.abc import Awaitable, Callable

from consent.authorization.authorize.pushed import PushedRequest, load_answerable
from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.authorize.request_object import parse_unverified
from consent.authorization.authorize.response import (
    destination_of,
    find_destination,
    only_destination,
    refuse_pushed,
    respond_problem,
)
from consent.authorization.authorize.steps import run_steps
from consent.authorization.clients.client import Client
from consent.authorization.endpoints.by_value import take_by_value
from consent.authorization.messages.parameters import Parameters, parse_query, receive_form
from consent.authorization.offer.profiles import PROFILES
from consent.authorization.response_modes.response import Destination
from consent.errors import PushRequired, RequestUriForeign, RequestUriInvalid, RequestUriUnsupported
from consent.services import Services
from kernel.brand import Brand
from kernel.errors import ClientInactive, FieldMissing, Problem, RateExceeded
from kernel.hot_state.subjects import client_subject
from kernel.http.message import Request, Response

Begin = Callable[[Services, Brand, Client, PushedRequest], Awaitable[Response]]
Handler = Callable[[Services, Brand, Request], Awaitable[Response]]


def authorizes(begin: Begin) -> Handler:
    """The handler of both methods; `begin` starts the customer's journey once the request has passed its steps."""

    async def authorize(services: Services, brand: Brand, request: Request) -> Response:
        return await _authorize(services, brand, request, begin)

    return authorize


async def _authorize(services: Services, brand: Brand, request: Request, begin: Begin) -> Response:
    parameters = await receive_form(request) if request.method == "POST" else parse_query(request)
    client = await _load_client(services, brand, parameters)
    if "request_uri" not in parameters:
        try:
            parameters = await _take_unpushed(AuthorizationRequest(services, brand, client, parameters))
        except Problem as problem:
            return _refuse_unpushed(services, brand, client, parameters, problem)
    asked = AuthorizationRequest(services, brand, client, parameters)
    try:
        await run_steps(asked, "authorize")
        if asked.pushed is None:
            raise RequestUriInvalid("no pushed request")
        return await begin(services, brand, client, asked.pushed)
    except (RequestUriInvalid, RequestUriForeign, RequestUriUnsupported) as problem:
        return await _refuse_request_uri(services, brand, client, parameters["request_uri"], problem)
    except Problem as problem:
        if asked.pushed is None or isinstance(problem, RateExceeded):
            raise  # one visit too many answers nothing
        return await refuse_pushed(services, brand, client, asked.pushed, problem)


async def _load_client(services: Services, brand: Brand, parameters: Parameters) -> Client:
    """The client that the browser names, as the database knows it now."""
    client_id = parameters.get("client_id")
    if client_id is None:
        raise FieldMissing(path="client_id", public="The client_id is missing.")
    client = await services.clients.current(brand, client_id, fresh=True)
    if client is None or not client.active:
        raise ClientInactive(f"{client_subject(brand.name, client_id)} is unknown or inactive", public="There is no such client.")
    return client


async def _take_unpushed(asked: AuthorizationRequest) -> Parameters:
    """The parameters of a request by value, once it is stored as if pushed. Raises PushRequired of a client that must push, or what a step refuses."""
    if PROFILES[asked.client.security_profile].must_push:
        raise PushRequired("no request_uri")
    return {"client_id": asked.client.id, "request_uri": await take_by_value(asked)}


def _refuse_unpushed(services: Services, brand: Brand, client: Client, parameters: Parameters, problem: Problem) -> Response:
    """Redirect the error, but only to an address that this client has registered. The object's parameters come before those of the query,
    and a `state` counts only from the object if there is one. Neither is verified, so the redirect carries nothing but the error."""
    inner = parse_unverified(parameters["request"]) if "request" in parameters else {}
    outer = {name: value for name, value in parameters.items() if name != "state" or not inner}
    destination = find_destination(client, {**outer, **inner})
    if destination is None:
        raise problem
    return respond_problem(services, brand, destination, problem)


async def _refuse_request_uri(services: Services, brand: Brand, client: Client, request_uri: str, problem: Problem) -> Response:
    """Redirect the error of a request_uri whose request is over, or is another client's. The request itself is not answered again."""
    async with services.database.read() as connection:
        known = await load_answerable(connection, brand.name, client.id, request_uri)
    destination: Destination | None
    if known is not None and known.redirect_uri in client.redirect_uris:
        destination = destination_of(client, known)
    elif (destination := only_destination(client)) is None:
        raise problem
    return respond_problem(services, brand, destination, problem)
