"""The control API's part for existing TPPs: list them, show one, change it, end it.

Part of the control API, under the same rule about who may call it. Making a TPP is sandbox/control/surface.py's.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from consent.authorization.clients.client import AuthMethod
from consent.authorization.offer.profiles import SecurityProfile
from consent.services import Services
from kernel import json
from kernel.brand import Brand
from kernel.errors import Problem
from kernel.http.message import Request, Response
from sandbox.authority.qualified import Role
from sandbox.control.surface import PREFIX, answer_call, render_refusal
from sandbox.tpps.removal import Consents, count_live_consents, end_organisation, load_client_ids
from sandbox.tpps.tpps import Tpps

_PATH = re.compile(rf"{PREFIX}tpps/([^/]+)")


class ChangedTpp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The options of `portcullis tpp set`: what is absent stays as it is, null takes an option away."""

    roles: tuple[Role, ...] | UnsetType = UNSET
    redirect_uris: tuple[str, ...] | UnsetType = UNSET
    profile: SecurityProfile | UnsetType = UNSET
    auth: AuthMethod | UnsetType = UNSET
    sender_constraint: Literal["mtls", "dpop"] | UnsetType = UNSET
    response_mode: Literal["jwt"] | UnsetType | None = UNSET
    ciba: Literal["poll", "ping"] | UnsetType | None = UNSET
    notification_uri: str | UnsetType | None = UNSET

    def changes(self) -> dict[str, Any]:
        """By the names of NewTpp."""
        present = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in present.items() if value is not UNSET}


@dataclass(frozen=True, slots=True, kw_only=True)
class TppDesk:
    token: str
    services: Services
    store: Consents
    tpps: Tpps

    def owns(self, path: str) -> bool:
        return _PATH.fullmatch(path) is not None

    async def handle(self, brand: Brand, request: Request) -> Response:
        return await answer_call(brand, request, self.token, self._answer, "GET", "PATCH", "DELETE")

    def refuse(self, _brand: Brand, _request: Request, problem: Problem) -> Response:
        """The answer to a request whose head could not be read."""
        return render_refusal(problem)

    async def _answer(self, brand: Brand, request: Request) -> dict[str, Any]:
        name = request.path.removeprefix(PREFIX).split("/")[1]
        match request.method:
            case "PATCH":
                changed = json.decode(request.body, ChangedTpp)
                return await self.tpps.change(brand, name, changed.changes())
            case "DELETE":
                return await self.delete(brand, name)
            case _:
                return await self.show(brand, name)

    async def show(self, brand: Brand, name: str) -> dict[str, Any]:
        """client.json, with all clients of the organisation and how many consents they hold. Raises FieldInvalid."""
        document = await self.tpps.read(name)
        organisation_id = document["organisation_id"]
        return {
            **document,
            "clients": await load_client_ids(self.services, brand, organisation_id),
            "consents": await count_live_consents(self.services, brand, organisation_id),
        }

    async def delete(self, brand: Brand, name: str) -> dict[str, Any]:
        """Numbers of what ended. Raises FieldInvalid. The folder goes last: what is interrupted can be done again."""
        document = await self.tpps.read(name)
        ended = await end_organisation(self.services, self.store, brand, document["organisation_id"])
        await self.tpps.remove(name)
        return {"name": name, "clients_ended": ended.clients, "consents_ended": ended.consents}
