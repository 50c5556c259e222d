"""portcullis/compose/keys/message_keys.py: the names by which a client may sign, and when the subject of its seal is none."""

import base64
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import RSAKey

from kernel import errors
from kernel.certificates.certificate import parse_certificate
from kernel.clock import ManualClock
from portcullis.compose.keys.message_keys import RegisteredMessageKeys
from sandbox.authority.pki import TestPki, TransportSubject
from tests.harness.databases import SQLITE, Databases
from tests.harness.statuses import Statuses
from tests.world.authorization import AuthorizationWorld, authorization_world, begin
from tests.world.brands import BRAND
from tests.world.keys import SigningKey

ORGANISATION = "PSDGB-FCA-123456"
PLAIN = SigningKey("PS256", "plain")


@pytest.fixture
async def world(databases: Databases, tmp_path: Path) -> AsyncIterator[AuthorizationWorld]:
    with databases.database(SQLITE, tmp_path, begin) as url:
        async with authorization_world(url) as made:
            yield made


@dataclass
class Sealed:
    """A client with two keys, one of them certified as a seal."""

    keys: RegisteredMessageKeys
    client_id: str
    der: bytes
    statuses: Statuses
    clock: ManualClock

    @property
    def subject(self) -> str:
        return parse_certificate(self.der).subject_dn

    async def is_named(self, issuer: str, kid: str = "seal") -> bool:
        return (await self.keys.signer(BRAND, self.client_id, kid, issuer)).is_named


async def sealed(
    world: AuthorizationWorld, folder: Path, *, certified: bytes | None = None, organisation: str = ORGANISATION
) -> Sealed:
    pki = TestPki.open(folder / "pki", world.clock)
    subject = TransportSubject(software_id="s-1", organisation_name="Acme", organisation_id=ORGANISATION, roles=("PISP",))
    pki.ensure_seal(folder / "seal.pem", folder / "seal.key", subject)
    der = x509.load_pem_x509_certificate((folder / "seal.pem").read_bytes()).public_bytes(Encoding.DER)
    jwk: Mapping[str, Any] = RSAKey.import_key((folder / "seal.key").read_bytes()).as_dict(private=False)
    x5c = [base64.b64encode(der if certified is None else certified).decode()]
    jwks = {"keys": [PLAIN.jwk, {**jwk, "kid": "seal", "alg": "PS256", "use": "sig", "x5c": x5c}]}
    tpp = await world.register("sealer", PLAIN, jwks=jwks, organisation_id=organisation)
    services, statuses = world.services, Statuses()
    keys = RegisteredMessageKeys(services.clients, services.client_keys, services.keys, statuses, world.clock)
    return Sealed(keys, tpp.client.id, der, statuses, world.clock)


async def test_a_client_has_its_registered_name_and_the_subject_of_its_seal(world: AuthorizationWorld, tmp_path: Path) -> None:
    client = await sealed(world, tmp_path)
    assert await client.is_named(f"{ORGANISATION}/software-sealer")
    assert await client.is_named(f"{ORGANISATION}/software-sealer", kid="plain")
    assert await client.is_named(client.subject)
    assert not await client.is_named(client.subject, kid="plain")
    assert not await client.is_named(client.subject, kid="unknown")
    assert not await client.is_named("CN=s-1")


@pytest.mark.parametrize(
    "refusal", [errors.CertificateInvalid, errors.CertificateRevoked, errors.CertificateBlocked, errors.CertificateExpired]
)
async def test_a_seal_that_does_not_stand_names_no_one(
    world: AuthorizationWorld, tmp_path: Path, refusal: type[errors.Problem]
) -> None:
    client = await sealed(world, tmp_path)
    client.statuses.refused[parse_certificate(client.der).thumbprint] = refusal
    assert not await client.is_named(client.subject)
    assert await client.is_named(f"{ORGANISATION}/software-sealer")


async def test_a_seal_whose_standing_is_not_known_is_not_judged(world: AuthorizationWorld, tmp_path: Path) -> None:
    client = await sealed(world, tmp_path)
    client.statuses.refused[parse_certificate(client.der).thumbprint] = errors.CertificateUnchecked
    with pytest.raises(errors.CertificateUnchecked):
        await client.is_named(client.subject)


async def test_an_expired_seal_names_no_one(world: AuthorizationWorld, tmp_path: Path) -> None:
    client = await sealed(world, tmp_path)
    client.clock.advance(timedelta(days=4_000))
    assert not await client.is_named(client.subject)


async def test_the_seal_of_another_organisation_names_no_one(world: AuthorizationWorld, tmp_path: Path) -> None:
    client = await sealed(world, tmp_path, organisation="PSDGB-FCA-654321")
    assert not await client.is_named(client.subject)


@pytest.mark.parametrize("certified", [b"", b"0", b"x" * 70_000])
async def test_a_certificate_that_is_none_is_left_out(world: AuthorizationWorld, tmp_path: Path, certified: bytes) -> None:
    client = await sealed(world, tmp_path, certified=certified)
    assert not await client.is_named(client.subject)
    assert await client.is_named(f"{ORGANISATION}/software-sealer")


async def test_a_certificate_of_another_key_is_left_out(world: AuthorizationWorld, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = await sealed(world, tmp_path / "other")
    client = await sealed(world, tmp_path, certified=other.der)
    assert not await client.is_named(other.subject)
