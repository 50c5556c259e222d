"""The TPPs of the sandbox: enrolled in the test directory, registered as clients, each with a folder that is all it needs.

Two stand ready from the start. Every step may be killed and done again: the folder keeps its ids and keys, the client its id.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consent.clients.document import load_client
from consent.clients.metadata import ClientMetadata
from consent.clients.registry import register_client, replace_client
from consent.services import Services
from kernel.access import Role as ClientRole
from kernel.banking.consents import Permission
from kernel.brand import Brand
from kernel.errors import FieldInvalid
from kernel.jose import Algorithm
from sandbox.atomic_file import PUBLIC, write_atomically
from sandbox.directory import Directory, Enrolment, Role

READY_MADE = ("acme", "borough")
ALL_ROLES: tuple[Role, ...] = ("AISP", "PISP", "CBPII")
SCOPES = {"AISP": "accounts", "PISP": "payments", "CBPII": "fundsconfirmations"}
DEFAULT_REDIRECT_URI = "https://{name}.tpp.test/callback"
DEFAULT_PERMISSIONS = frozenset(
    {
        Permission.ACCOUNTS_DETAIL,
        Permission.BALANCES,
        Permission.TRANSACTIONS_DETAIL,
        Permission.TRANSACTIONS_CREDITS,
        Permission.TRANSACTIONS_DEBITS,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tpps:
    """`directory_path` holds one folder a TPP; `ca` is the authority's certificate."""

    services: Services
    directory: Directory
    directory_path: Path
    ca: Path

    async def ensure_ready_made(self, brand: Brand) -> None:
        """`acme` and `borough`, and fresh certificates for every TPP that was made before."""
        await asyncio.gather(*(self.ensure(brand, name) for name in READY_MADE))
        for folder in sorted(self.directory_path.iterdir()):
            if folder.name not in READY_MADE and (folder / "client.json").exists():
                known = json.loads(await asyncio.to_thread((folder / "client.json").read_text))
                await self.ensure(
                    brand, known["name"], roles=known["roles"], redirect_uris=known["redirect_uris"], alg=known["signing_alg"]
                )

    async def ensure(
        self,
        brand: Brand,
        name: str,
        *,
        roles: Sequence[Role] = ALL_ROLES,
        redirect_uris: Sequence[str] = (),
        alg: Algorithm = "PS256",
    ) -> dict[str, Any]:
        """Enrol and register the TPP, or bring it up to date; the content of its client.json. Raises FieldInvalid."""
        folder = self.directory_path / name
        redirect_uris = tuple(redirect_uris) or (DEFAULT_REDIRECT_URI.format(name=name),)
        enrolment = await asyncio.to_thread(self.directory.enrol, name, roles, redirect_uris, alg, folder)
        client_id = await self._register(brand, enrolment)
        document = self._document(brand, enrolment, client_id)
        content = json.dumps(document, indent=2).encode()
        await asyncio.to_thread(write_atomically, folder / "client.json", content, mode=PUBLIC)
        return document

    async def _register(self, brand: Brand, enrolment: Enrolment) -> str:
        """The software's id is its client's id: so a second enrolment finds the first one's client."""
        metadata = _metadata(enrolment)
        async with self.services.database.read() as connection:
            known = await load_client(connection, brand.name, enrolment.software_id)
        if known is None:
            client = await register_client(self.services, brand, metadata, client_id=enrolment.software_id)
        elif known.redirect_uris != metadata.redirect_uris or known.jwks != metadata.jwks or known.roles != metadata.roles:
            client = await replace_client(self.services, brand, known.id, metadata)
        else:
            client = known
        return client.id

    def _document(self, brand: Brand, enrolment: Enrolment, client_id: str) -> dict[str, Any]:
        """File names are relative to the folder, so that it may be moved together with the authority's certificate."""
        return {
            "client_id": client_id,
            "name": enrolment.name,
            "security_profile": "fapi2-security",
            "roles": list(enrolment.roles),
            "redirect_uris": list(enrolment.redirect_uris),
            "token_endpoint_auth_method": "private_key_jwt",
            "sender_constraint": "mtls",
            "scope": _scope(enrolment),
            "transport_certificate": enrolment.transport_certificate.name,
            "transport_key": enrolment.transport_key.name,
            "signing_jwks": enrolment.signing_jwks.name,
            "software_statement": enrolment.statement_path.name,
            "issuer": brand.issuer,
            "mtls": brand.mtls_url,
            "ca": os.path.relpath(self.ca, enrolment.folder),
            "organisation_id": enrolment.organisation_id,
            "software_id": enrolment.software_id,
            "signing_kid": enrolment.signing_kid,
            "signing_alg": enrolment.alg,
            "ciba": None,
        }


def check_free(folder: Path) -> None:
    """Raises FieldInvalid if a TPP stands there already."""
    if (folder / "client.json").exists():
        raise FieldInvalid(public="There is a TPP of this name already.", path="name")


def _metadata(enrolment: Enrolment) -> ClientMetadata:
    return ClientMetadata(
        client_name=enrolment.organisation_name,
        organisation_id=enrolment.organisation_id,
        organisation_name=enrolment.organisation_name,
        software_id=enrolment.software_id,
        roles=frozenset(ClientRole(role) for role in enrolment.roles),
        redirect_uris=enrolment.redirect_uris,
        scope=_scope(enrolment),
        jwks=enrolment.public_jwks,
        token_endpoint_auth_signing_alg=enrolment.alg,
        default_permissions=DEFAULT_PERMISSIONS if "AISP" in enrolment.roles else frozenset(),
    )


def _scope(enrolment: Enrolment) -> str:
    return " ".join(["openid", *(SCOPES[role] for role in enrolment.roles)])
