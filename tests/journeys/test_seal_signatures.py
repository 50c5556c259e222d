"""A body signed with the key of a certificate for qualified seals: its issuer is the certificate's subject. Over mutual TLS, on both installations.

OBIE R/W 4.0 Profile, "Message Signing": a signature by a certificate names its subject.
"""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import RSAKey

from kernel.clock import SystemClock
from kernel.ids import RandomIds
from sandbox.authority.directory import Directory
from sandbox.authority.pki import TestPki
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.payments import CRITICAL, Payments
from sandbox.tpp_kit.registration import register
from tests.harness.forged import parts_of
from tests.harness.judged import JudgedTpp
from tests.journeys.paying import CONSENTS, INITIATION
from tests.journeys.test_registration import METADATA

ISS = CRITICAL[1]
NAMES = {x509.NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier"}


def certificate_of(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "seal.pem").read_bytes())


def seal_of(folder: Path) -> dict[str, Any]:
    """The private JWK of a TPP's seal, with its certificate."""
    jwk = RSAKey.import_key((folder / "seal.key").read_bytes()).as_dict(private=True)
    der = certificate_of(folder).public_bytes(Encoding.DER)
    return {**jwk, "kid": "seal-1", "alg": "PS256", "use": "sig", "x5c": [base64.b64encode(der).decode()]}


def published(jwk: dict[str, Any]) -> dict[str, Any]:
    return {name: jwk[name] for name in ("kty", "n", "e", "kid", "alg", "use", "x5c")}


def as_printed(subject: x509.Name) -> str:
    """As openssl prints it, and the standard's example has it."""
    return ", ".join(f"{NAMES.get(each.oid, each.rfc4514_attribute_name)} = {each.value}" for each in subject)


@pytest.fixture
async def sealing(acme: JudgedTpp) -> AsyncIterator[JudgedTpp]:
    """Another client of Acme's, whose directory published the key of its seal too."""
    state = acme.server.state_dir
    clock, ids = SystemClock(), RandomIds()
    directory = Directory.open(state / "pki", TestPki.open(state / "pki", clock), clock, ids)
    _, claims, _ = parts_of(acme.folder.software_statement)
    keys = [*claims["software_jwks"]["keys"], published(seal_of(state / "tpps" / "acme"))]
    stated = {name: value for name, value in claims.items() if name not in ("iat", "jti")} | {"software_jwks": {"keys": keys}}
    statement = directory.issue_software_statement(stated)
    wish = {
        **METADATA,
        "scope": "openid payments",
        "redirect_uris": list(acme.folder.redirect_uris),
        "software_statement": statement,
    }
    made = await register(acme, wish)
    assert made.status == 201, made.body
    assert made.json()["jwks"]["keys"][1]["x5c"] == keys[1]["x5c"]
    async with JudgedTpp(replace(acme.folder, client_id=made.json()["client_id"]), acme.server) as tpp:
        yield tpp


@pytest.mark.spec("OBIE-RW-4.0-message-signing")
async def test_a_seal_signs_by_its_subject(sealing: JudgedTpp) -> None:
    """As RFC 4514 writes it, as tools print it, and by the registered name, which stays; no other name, and no seal's by another key."""
    tpps = sealing.server.state_dir / "tpps"
    jwk, subject = seal_of(tpps / "acme"), certificate_of(tpps / "acme").subject
    foreign = certificate_of(tpps / "borough").subject
    payments, own = Payments(sealing), await sealing.client_credentials_token("payments")
    registered = f"{sealing.folder.organisation_id}/{sealing.folder.software_id}"
    ours = (subject.rfc4514_string(NAMES), as_printed(subject), registered)
    for issuer in ours:
        lodged = await payments.lodge(INITIATION, token=own, knobs=Knobs(object_jwk=jwk, object_header={ISS: issuer}))
        assert lodged.document["Data"]["Status"] == "AWAU"
    others = (
        foreign.rfc4514_string(NAMES),
        as_printed(foreign),
        ours[1].replace("C = GB, ", ""),
        ours[0].lower(),
        "CN",
        "=",
        "\\",
        "",
    )
    faults = [*((jwk, issuer) for issuer in others), (sealing.folder.signing_jwk, ours[0])]
    body = {"Data": {"Initiation": INITIATION}, "Risk": {}}
    for key, issuer in faults:
        refused = await payments.post(CONSENTS, own, body, knobs=Knobs(object_jwk=key, object_header={ISS: issuer}))
        error = json.loads(refused.body)["Errors"][0]
        assert (refused.status, error["ErrorCode"], error["Path"]) == (400, "U016", ISS), issuer
