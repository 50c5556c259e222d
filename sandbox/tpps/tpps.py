"""The TPPs of the sandbox: enrolled in the test directory, registered as clients, each with a folder that is all it needs.

Two stand ready from the start. Every step may be killed and done again: the folder keeps its ids and keys, the client its id.
"""

import asyncio
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives import serialization

from consent.authorization.clients.metadata import CIBA, GRANT_TYPES, ClientMetadata
from consent.authorization.clients.registry import is_registered_as, register_client, replace_client
from consent.authorization.clients.rows import load_client
from consent.authorization.offer.authorization_details import KIND_OF
from consent.authorization.offer.profiles import PROFILES, Profile, SecurityProfile
from consent.authorization.offer.scopes import GRANT_QUERY, GRANT_REVOKE
from consent.authorization.response_modes.choice import SIGNED
from consent.services import Services
from kernel.access import ROLES
from kernel.access import Role as ClientRole
from kernel.banking.consents import Permission
from kernel.brand import Brand
from kernel.certificates.certificate import thumbprint_of
from kernel.errors import FieldInvalid
from kernel.jose.jwt import Algorithm
from sandbox.atomic_file import PUBLIC, write_atomically
from sandbox.authority.directory import NAME, SEAL_FILES, TRANSPORT_FILES, Directory, Enrolment, check_name
from sandbox.authority.pki import KeyKind, TestPki
from sandbox.tpps.new_tpp import NewTpp

READY_MADE = ("acme", "borough")
SCOPES = {"AISP": "accounts", "PISP": "payments", "CBPII": "fundsconfirmations"}
DEFAULT_REDIRECT_URI = "https://{name}.tpp.test/callback"
DEFAULT_NOTIFICATION_URI = "https://{name}.tpp.test/ciba-notification"
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
    pki: TestPki
    directory_path: Path
    ca: Path

    async def ensure_ready_made(self, brand: Brand) -> None:
        """`acme` and `borough`, and fresh certificates for every TPP that was made before."""
        absent = [name for name in READY_MADE if not self._stands(name)]
        await asyncio.gather(*(self.ensure(brand, NewTpp(name=name)) for name in absent))
        for folder in sorted(self.directory_path.iterdir()):
            if folder.name not in absent and self._stands(folder.name):
                await self._ensure_again(brand, folder)

    async def ensure(self, brand: Brand, asked: NewTpp) -> dict[str, Any]:
        """Enrol and register the TPP, or bring it up to date; the content of its client.json. Raises FieldInvalid or FieldMissing."""
        check_fits_profile(asked)
        folder = self.directory_path / asked.name
        redirect_uris = asked.redirect_uris or (DEFAULT_REDIRECT_URI.format(name=asked.name),)
        kind: KeyKind = "RSA" if asked.transport_key == "rsa" else "EC"
        enrolment = await asyncio.to_thread(
            self.directory.enrol, asked.name, asked.roles, redirect_uris, asked.alg, folder, transport_kind=kind
        )
        metadata = _metadata(enrolment, asked)
        client_id = await self._register(brand, metadata)
        document = self._document(brand, enrolment, metadata, client_id)
        content = json.dumps(document, indent=2).encode()
        await asyncio.to_thread(write_atomically, folder / "client.json", content, mode=PUBLIC)
        return document

    async def list(self) -> list[dict[str, Any]]:
        """The content of each client.json, by name."""
        names = await asyncio.to_thread(lambda: sorted(folder.name for folder in self.directory_path.iterdir()))
        return [await self.read(name) for name in names if self._stands(name)]

    async def read(self, name: str) -> dict[str, Any]:
        """The content of its client.json, and where its `folder` is. Raises FieldInvalid."""
        folder = self._folder_of(name)
        document: dict[str, Any] = json.loads(await asyncio.to_thread((folder / "client.json").read_text))
        return {**document, "folder": str(folder)}

    async def change(self, brand: Brand, name: str, changes: dict[str, Any]) -> dict[str, Any]:
        """The TPP with NewTpp's members; ids and keys stay. Raises FieldInvalid or FieldMissing."""
        known = await self.read(name)
        changed = await self.ensure(brand, msgspec.structs.replace(_asked_before(known), **changes))
        return {**changed, "folder": known["folder"]}

    async def remove(self, name: str) -> None:
        """Forget the TPP: its folder with certificates and keys. Raises FieldInvalid."""
        await asyncio.to_thread(shutil.rmtree, self._folder_of(name))

    async def revoke(self, name: str) -> dict[str, str]:
        """Put the TPP's transport certificate on the authority's revocation list; serial number and thumbprint. Raises FieldInvalid."""
        folder = self._folder_of(name)
        revoked = await asyncio.to_thread(self.pki.revoke, folder / TRANSPORT_FILES[0])
        thumbprint = thumbprint_of(revoked.public_bytes(serialization.Encoding.DER))
        return {"serial": f"{revoked.serial_number:x}", "thumbprint": thumbprint}

    async def renew(self, brand: Brand, name: str) -> dict[str, Any]:
        """New certificates with new keys for the same organisation and client; the content of its client.json. Raises FieldInvalid."""
        folder = self._folder_of(name)
        for file in (*TRANSPORT_FILES, *SEAL_FILES):
            await asyncio.to_thread((folder / file).unlink, missing_ok=True)
        return await self._ensure_again(brand, folder)

    async def _ensure_again(self, brand: Brand, folder: Path) -> dict[str, Any]:
        known = json.loads(await asyncio.to_thread((folder / "client.json").read_text))
        return await self.ensure(brand, _asked_before(known))

    def free_folder(self, name: str) -> Path:
        """Where a new TPP will stand. Raises FieldInvalid for what names none, before it becomes part of a path, or if one stands there."""
        check_name(name)
        folder = self.directory_path / name
        if (folder / "client.json").exists():
            raise FieldInvalid(
                public="There is a TPP of this name already: choose another name, or change or delete that one.", path="name"
            )
        return folder

    def _folder_of(self, name: str) -> Path:
        if not self._stands(name):
            raise FieldInvalid(
                public="There is no TPP of this name; `tpp list`, or GET /sandbox/tpps, shows all there are.", path="name"
            )
        return self.directory_path / name

    def _stands(self, name: str) -> bool:
        return NAME.fullmatch(name) is not None and (self.directory_path / name / "client.json").exists()

    async def _register(self, brand: Brand, metadata: ClientMetadata) -> str:
        """The software's id is its client's id: so a second enrolment finds the first one's client."""
        async with self.services.database.read() as connection:
            known = await load_client(connection, brand.name, metadata.software_id)
        if known is None:
            client = await register_client(self.services, brand, metadata, client_id=metadata.software_id)
        elif is_registered_as(self.services, brand, known, metadata):
            client = known
        else:
            client = await replace_client(self.services, brand, known.id, metadata)
        return client.id

    def _document(self, brand: Brand, enrolment: Enrolment, metadata: ClientMetadata, client_id: str) -> dict[str, Any]:
        """File names are relative to the folder, so that it may be moved together with the authority's certificate."""
        return {
            "client_id": client_id,
            "name": enrolment.name,
            "security_profile": metadata.security_profile.value,
            "roles": list(enrolment.roles),
            "redirect_uris": list(enrolment.redirect_uris),
            "token_endpoint_auth_method": metadata.token_endpoint_auth_method,
            "sender_constraint": metadata.sender_constraint,
            "scope": metadata.scope,
            "transport_certificate": enrolment.transport_certificate.name,
            "transport_key": enrolment.transport_key.name,
            "transport_key_kind": enrolment.transport_kind.lower(),
            "seal_certificate": enrolment.seal_certificate.name,
            "seal_key": enrolment.seal_key.name,
            "signing_jwks": enrolment.signing_jwks.name,
            "software_statement": enrolment.statement_path.name,
            "issuer": brand.issuer,
            "mtls": brand.mtls_url,
            "ca": os.path.relpath(self.ca, enrolment.folder),
            "organisation_id": enrolment.organisation_id,
            "software_id": enrolment.software_id,
            "signing_kid": enrolment.signing_kid,
            "signing_alg": enrolment.alg,
            "id_token_signed_response_alg": metadata.id_token_signed_response_alg,
            "introspection_signed_response_alg": metadata.introspection_signed_response_alg,
            "response_types": sorted(metadata.response_types),
            "response_mode": "jwt" if metadata.authorization_signed_response_alg else None,
            "request_object_signing_alg": metadata.request_object_signing_alg,
            "authorization_signed_response_alg": metadata.authorization_signed_response_alg,
            "ciba": metadata.backchannel_token_delivery_mode,
            "notification_uri": metadata.backchannel_client_notification_endpoint,
        }


def check_fits_profile(asked: NewTpp) -> None:
    """Raises FieldInvalid, in the words of who asked, before anything is made."""
    profile = PROFILES[asked.profile]
    if asked.alg not in profile.algorithms:
        raise FieldInvalid(public="This profile does not sign with this algorithm.", path="alg")
    if asked.sender_constraint not in profile.sender_constraints:
        raise FieldInvalid(public="This profile does not bind tokens in this way.", path="sender_constraint")


def _asked_before(known: dict[str, Any]) -> NewTpp:
    """The request by which an existing TPP was made, read from its client.json."""
    return NewTpp(
        name=known["name"],
        roles=tuple(known["roles"]),
        redirect_uris=tuple(known["redirect_uris"]),
        profile=SecurityProfile(known["security_profile"]),
        auth=known["token_endpoint_auth_method"],
        sender_constraint=known["sender_constraint"],
        alg=known["signing_alg"],
        transport_key=known.get("transport_key_kind", "ec"),
        response_mode=known.get("response_mode"),
        ciba=known.get("ciba"),
        notification_uri=known.get("notification_uri"),
    )


def _metadata(enrolment: Enrolment, asked: NewTpp) -> ClientMetadata:
    server_alg: Algorithm = "ES256" if enrolment.alg == "ES256" else "PS256"  # we sign with no other
    profile = PROFILES[asked.profile]
    return ClientMetadata(
        client_name=enrolment.organisation_name,
        organisation_id=enrolment.organisation_id,
        organisation_name=enrolment.organisation_name,
        software_id=enrolment.software_id,
        roles=frozenset(ClientRole(role) for role in enrolment.roles),
        redirect_uris=enrolment.redirect_uris,
        scope=_scope(enrolment),
        jwks=enrolment.public_jwks,
        security_profile=asked.profile,
        token_endpoint_auth_method=asked.auth,
        token_endpoint_auth_signing_alg=enrolment.alg,
        tls_client_auth_subject_dn=enrolment.subject_dn if asked.auth == "tls_client_auth" else None,
        id_token_signed_response_alg=server_alg,
        introspection_signed_response_alg=server_alg,
        response_types=_response_types(profile, asked),
        request_object_signing_alg=enrolment.alg if profile.request_object == "required" else None,
        authorization_signed_response_alg=server_alg if asked.response_mode == "jwt" else None,
        sender_constraint=asked.sender_constraint,
        default_permissions=DEFAULT_PERMISSIONS if "AISP" in enrolment.roles else frozenset(),
        authorization_details_types=frozenset(name for name, kind in KIND_OF.items() if ROLES[kind].value in enrolment.roles),
        grant_types=GRANT_TYPES | {CIBA} if asked.ciba else GRANT_TYPES,
        backchannel_token_delivery_mode=asked.ciba,
        backchannel_client_notification_endpoint=_notification_uri(asked),
        backchannel_authentication_request_signing_alg=enrolment.alg if asked.ciba else None,
    )


def _notification_uri(asked: NewTpp) -> str | None:
    if asked.ciba == "ping":
        return asked.notification_uri or DEFAULT_NOTIFICATION_URI.format(name=asked.name)
    return asked.notification_uri  # which is refused: no client would be pinged


def _response_types(profile: Profile, asked: NewTpp) -> frozenset[str]:
    """Those of the profile that the client has a mode for."""
    return frozenset(
        response_type
        for response_type, modes in profile.response_types.items()
        if asked.response_mode == "jwt" or not SIGNED.issuperset(modes)
    )


def _scope(enrolment: Enrolment) -> str:
    return " ".join(["openid", *(SCOPES[role] for role in enrolment.roles), GRANT_QUERY, GRANT_REVOKE])
