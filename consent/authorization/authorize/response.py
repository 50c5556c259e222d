"""The authorization response: 303 to the client's redirect_uri, in the mode that was asked for, with a code or an error and nothing else.

RFC 6749 section 4.1.2, OIDC Core section 3.3.2.5; 303 because the PSU's form post must not be repeated there (RFC 9700 section 4.12).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from multidict import CIMultiDict

from consent.authorization.authorize.pushed import PushedRequest, take_pushed
from consent.authorization.clients.client import Client
from consent.authorization.messages.parameters import Parameters
from consent.authorization.response_modes import MODES
from consent.authorization.response_modes.choice import canonical_type, modes_of, usual_mode
from consent.authorization.response_modes.response import AuthorizationResponse, Destination
from consent.errors import RequestUriInvalid, oauth_error, render_description
from consent.services import Services
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import Problem
from kernel.http.message import Response
from kernel.observability.answer_log import log_problem

STATE_CHARS_MAX = 2000  # a longer one is not given back
_BY_NAME = {mode.name: mode for mode in MODES}


def destination_of(client: Client, pushed: PushedRequest) -> Destination:
    """Where the answer to a checked request goes."""
    return Destination(
        client=client,
        redirect_uri=pushed.redirect_uri,
        response_type=pushed.response_type,
        response_mode=pushed.response_mode,
        state=pushed.state,
    )


def find_destination(client: Client, parameters: Parameters) -> Destination | None:
    """The destination of a refusal of a request that was not checked: in the mode that it names if the client may use it, at an address where
    this client is known to live; None, if it names no such address."""
    redirect_uri = parameters.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris:
        return None
    response_type = canonical_type(parameters.get("response_type", ""))
    usual, state = usual_mode(response_type), parameters.get("state", "")
    mode = parameters.get("response_mode", usual)
    return Destination(
        client=client,
        redirect_uri=redirect_uri,
        response_type=response_type,
        response_mode=mode if mode in modes_of(client, response_type) else usual,
        state=state if 0 < len(state) <= STATE_CHARS_MAX else None,
    )


def only_destination(client: Client) -> Destination | None:
    """The destination for a client whose request cannot be found: its only address, if it has one (RFC 6749 section 3.1.2.3)."""
    if len(client.redirect_uris) != 1 or not client.response_types:
        return None
    response_type = min(client.response_types, key=len)
    return find_destination(client, {"redirect_uri": client.redirect_uris[0], "response_type": response_type})


def respond_code(services: Services, brand: Brand, destination: Destination, code: str, id_token: str | None = None) -> Response:
    """`id_token` for a response type that asks for one."""
    return _respond(services, brand, destination, {"code": code} | ({} if id_token is None else {"id_token": id_token}))


def respond_error(services: Services, brand: Brand, destination: Destination, error: str, description: str) -> Response:
    """`error` is an OAuth error code, `description` constant text."""
    return _respond(services, brand, destination, {"error": error, "error_description": render_description(description)})


def respond_problem(services: Services, brand: Brand, destination: Destination, problem: Problem) -> Response:
    """An error: for the client in OAuth's words, for our log in ours."""
    log_problem(problem, client_id=destination.client.id)
    return respond_error(services, brand, destination, oauth_error(problem)[1], problem.public)


@dataclass(frozen=True, slots=True)
class RefuseRequest:
    """Complete a request without an authorization: False if it was completed before."""

    name = "refuse_request"
    locks = ()  # its only statement locks the request
    brand: str
    pushed_id: str

    async def handle(self, unit: UnitOfWork) -> bool:
        return await take_pushed(unit.connection, self.brand, self.pushed_id)


async def refuse_pushed(services: Services, brand: Brand, client: Client, pushed: PushedRequest, problem: Problem) -> Response:
    """Refusing completes the request: it is not answered twice. Raises RequestUriInvalid when it was answered meanwhile."""
    if not await services.commands.run(RefuseRequest(brand.name, pushed.id)):
        raise RequestUriInvalid("answered already")
    return respond_problem(services, brand, destination_of(client, pushed), problem)


def _respond(services: Services, brand: Brand, destination: Destination, answer: Mapping[str, str]) -> Response:
    parameters = {**answer} if destination.state is None else {**answer, "state": destination.state}
    location = _BY_NAME[destination.response_mode].render(AuthorizationResponse(services, brand, destination, parameters))
    return Response(303, None, CIMultiDict({"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}))
