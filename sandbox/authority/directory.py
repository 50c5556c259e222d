"""The test directory: vouches for TPPs by software statements, and gives each its certificates and signing key.

UK Open Banking Dynamic Client Registration 3.3 (software statement assertion), RFC 7591 section 2.3. The statement carries the
software's public keys itself, because this directory has no address of its own to fetch them from.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.x509.oid import NameOID

from consent.ports import DirectoryKeys
from kernel.clock import Clock
from kernel.errors import FieldInvalid
from kernel.ids import Ids
from kernel.jose.jwt import Algorithm, JwtInvalid, JwtKey, generate_key, import_key, private_jwk, public_jwk, sign_jwt, verify_jwt
from sandbox.atomic_file import PUBLIC, SECRET, write_atomically
from sandbox.authority.pki import KeyKind, TestPki, TransportSubject
from sandbox.authority.qualified import Role

ISSUER = "Portcullis Test Directory"
AUTHORITY = "FCAGBR"  # the competent authority that the test registrations name
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
SOFTWARE_ID_CHARACTERS = 22
REDIRECT_URIS_MAX = 20
REDIRECT_URI_CHARACTERS_MAX = 256
REGISTRATION_DIGITS = 6
STATEMENT_SECONDS = 14 * 86_400  # after which a directory issues a new one
TRANSPORT_FILES = ("transport.pem", "transport.key")  # certificate and key in a TPP's folder
SEAL_FILES = ("seal.pem", "seal.key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A TPP as the directory knows it, and the files in its folder (paths as given by `folder`)."""

    name: str
    organisation_id: str
    organisation_name: str
    software_id: str
    roles: tuple[Role, ...]
    redirect_uris: tuple[str, ...]
    alg: Algorithm
    signing_kid: str
    public_jwks: dict[str, list[dict[str, Any]]]
    software_statement: str
    folder: Path
    transport_kind: KeyKind = "EC"

    @property
    def subject(self) -> TransportSubject:
        """The subject of its certificates."""
        return TransportSubject(
            software_id=self.software_id,
            organisation_name=self.organisation_name,
            organisation_id=self.organisation_id,
            dns=(f"{self.name}.tpp.test",),
            roles=self.roles,
        )

    @property
    def subject_dn(self) -> str:
        """The same as text. RFC 4514."""
        return self.subject.name().rfc4514_string({NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier"})

    @property
    def transport_certificate(self) -> Path:
        return self.folder / TRANSPORT_FILES[0]

    @property
    def transport_key(self) -> Path:
        return self.folder / TRANSPORT_FILES[1]

    @property
    def seal_certificate(self) -> Path:
        return self.folder / SEAL_FILES[0]

    @property
    def seal_key(self) -> Path:
        return self.folder / SEAL_FILES[1]

    @property
    def signing_jwks(self) -> Path:
        return self.folder / "signing.jwks.json"

    @property
    def statement_path(self) -> Path:
        return self.folder / "software_statement.jwt"


class Directory:
    """The sandbox's directory of TPPs. Its signing key lies in the certification authority's folder."""

    issuer = ISSUER

    def __init__(self, pki: TestPki, clock: Clock, ids: Ids, key: JwtKey) -> None:
        self._pki = pki
        self._clock = clock
        self._ids = ids
        self._key = key

    @classmethod
    def open(cls, directory: Path, pki: TestPki, clock: Clock, ids: Ids) -> "Directory":
        """Load the directory's own key from `directory`, or make it."""
        return cls(pki, clock, ids, _ensure_signing_key(directory / "directory.jwks.json", "ES256"))

    async def keys(self, _kid: str | None) -> DirectoryKeys:
        """The keys that verify its statements, as a server asks a directory for them."""
        return DirectoryKeys({self._key.kid: self._key})

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The keys that verify software statements."""
        return {"keys": [public_jwk(self._key)]}

    def enrol(
        self,
        name: str,
        roles: Sequence[Role],
        redirect_uris: Sequence[str],
        alg: Algorithm,
        out_dir: Path,
        *,
        organisation_name: str | None = None,
        transport_kind: KeyKind = "EC",
    ) -> Enrolment:
        """Make `out_dir` the folder of this TPP, or bring it up to date.

        A second call keeps ids and keys, renews the certificate when it is due, and issues a new
        statement if roles, addresses or keys changed. It may be killed anywhere and called again. Raises FieldInvalid. An RSA key
        takes a good part of a second.
        """
        _check_asked(name, roles, redirect_uris)
        out_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = self._known(out_dir / "software_statement.jwt")
        key = _ensure_signing_key(out_dir / "signing.jwks.json", alg)
        public_jwks = {"keys": [public_jwk(key)]}
        software_id: str = known.get("software_id") or self._software_id()
        claims: dict[str, Any] = {
            "software_id": software_id,
            "software_client_id": software_id,
            "software_client_name": name,
            "software_redirect_uris": list(redirect_uris),
            "software_roles": list(roles),
            "software_mode": "Test",
            "software_environment": "sandbox",
            "software_jwks": public_jwks,
            "org_id": known.get("org_id") or f"PSDGB-FCA-{self._ids.number(REGISTRATION_DIGITS)}",
            "org_name": organisation_name or f"{name.replace('-', ' ').title()} Ltd",
            "org_status": "Active",
        }
        statement = self._vouch(claims, known, out_dir / "software_statement.jwt")
        enrolment = Enrolment(
            name=name,
            organisation_id=claims["org_id"],
            organisation_name=claims["org_name"],
            software_id=software_id,
            roles=tuple(roles),
            redirect_uris=tuple(redirect_uris),
            alg=alg,
            signing_kid=key.kid,
            public_jwks=public_jwks,
            software_statement=statement,
            folder=out_dir,
            transport_kind=transport_kind,
        )
        self.renew(enrolment)
        return enrolment

    def renew(self, enrolment: Enrolment) -> bool:
        """Issue the transport and the seal certificate if they are missing, revoked or due. True if the transport certificate was: it
        is then another one than tokens are bound to."""
        self._pki.ensure_seal(enrolment.seal_certificate, enrolment.seal_key, enrolment.subject)
        return self._pki.ensure_transport(
            enrolment.transport_certificate, enrolment.transport_key, enrolment.subject, kind=enrolment.transport_kind
        )

    def issue_software_statement(self, claims: dict[str, Any]) -> str:
        """A signed statement of these claims, which are not checked. `iss`, `iat`, `jti` and the competent authority's are added
        unless given."""
        roles = claims.get("software_roles", [])
        authority = {
            "authority_id": AUTHORITY,
            "registration_id": str(claims.get("org_id", "")).rpartition("-")[2],
            "status": "Active",
            "authorisations": [{"member_state": "GB", "roles": roles}],
        }
        stamped = {
            "iss": ISSUER,
            "iat": int(self._clock.wall().timestamp()),
            "jti": self._ids.uuid(),
            "organisation_competent_authority_claims": authority,
        }
        return sign_jwt({**stamped, **claims}, self._key, typ="JWT")

    def _vouch(self, claims: dict[str, Any], known: dict[str, Any], path: Path) -> str:
        """The statement on disk if it says all this already and is not old; a new one written there otherwise."""
        is_fresh = self._clock.wall().timestamp() - known.get("iat", 0) < STATEMENT_SECONDS
        if is_fresh and all(known.get(name) == value for name, value in claims.items()):
            return path.read_text()
        statement = self.issue_software_statement(claims)
        write_atomically(path, statement.encode(), mode=PUBLIC)
        return statement

    def _known(self, path: Path) -> dict[str, Any]:
        """The claims of this directory's earlier statement; empty if there is none, or if its signature is not ours."""
        try:
            return verify_jwt(path.read_text(), {self._key.kid: self._key}, algorithms={"ES256"}, types={"jwt"}).claims
        except (FileNotFoundError, JwtInvalid):
            return {}

    def _software_id(self) -> str:
        """Base62, 22 characters at most."""
        return re.sub(r"[^A-Za-z0-9]", "", self._ids.secret() + self._ids.secret())[:SOFTWARE_ID_CHARACTERS]


def check_name(name: str) -> None:
    """Raises FieldInvalid for what names no TPP, and so no folder either."""
    if not NAME.fullmatch(name):
        raise FieldInvalid("a TPP's name", path="name", public="A name has 1 to 40 lower-case letters, digits and inner hyphens.")


def _check_asked(name: str, roles: Sequence[Role], redirect_uris: Sequence[str]) -> None:
    check_name(name)
    if not roles or len(set(roles)) != len(roles):
        raise FieldInvalid("roles", path="roles", public="At least one role is needed, and none twice.")
    if not 0 < len(redirect_uris) <= REDIRECT_URIS_MAX or any(map(_is_unfit, redirect_uris)):
        raise FieldInvalid(
            "redirect URIs", path="redirect_uris", public="Absolute https (or loopback http) addresses are needed."
        )


def _is_unfit(uri: str) -> bool:
    loopback = re.match(r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)", uri)
    return (
        len(uri) > REDIRECT_URI_CHARACTERS_MAX
        or not (uri.startswith("https://") or loopback)
        or not re.fullmatch(r"[!-~]+", uri)
        or "#" in uri
    )


def _ensure_signing_key(path: Path, alg: Algorithm) -> JwtKey:
    """The one private key of a JWK Set file; made and written if there is none for `alg`."""
    try:
        jwk = json.loads(path.read_bytes())["keys"][0]
        if jwk["alg"] == alg:
            return import_key(jwk, kid=jwk["kid"], alg=alg)
    except (FileNotFoundError, ValueError, KeyError, IndexError, TypeError, JwtInvalid):
        pass  # absent, or not written by us: a new one is made
    key = generate_key(alg)
    jwk = {**private_jwk(key), "kid": key.kid, "alg": alg, "use": "sig"}
    write_atomically(path, json.dumps({"keys": [jwk]}, indent=2).encode(), mode=SECRET)
    return key
