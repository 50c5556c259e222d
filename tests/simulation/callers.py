"""Clients of each kind, as the simulation of the authorization server needs them: correct in everything but the one thing that a step names.

What they hold, and how they ask, differs; what may become of it does not.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from consent.authorization.authorize.pushed import REQUEST_URI_PREFIX
from consent.authorization.offer.profiles import SecurityProfile
from kernel.certificates.certificate import Certificate
from kernel.ids import hash_secret
from tests.harness.proofs import Prover
from tests.world.answer import Answer
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.certificates import certificate
from tests.world.keys import SigningKey, unb64
from tests.world.tpp import Tpp

Asks = Literal["plain", "object", "value"]

NO_PKCE = {"code_challenge": None, "code_challenge_method": None}


@dataclass(frozen=True)
class Holder:
    """The key of a caller that a token may be bound to: a certificate, or a DPoP key."""

    name: str
    certificate: Certificate | None = None
    prover: Prover | None = None

    @property
    def scheme(self) -> str:
        return "Bearer" if self.prover is None else "DPoP"

    def shown(self, method: str, path: str, token: str | None = None, **changes: Any) -> dict[str, Any]:
        """The proof in a call that its sender holds it."""
        if self.prover is None:
            return {"presented": self.certificate}
        return {"headers": {"DPoP": self.prover.proof(method, BRAND.issuer + path, token, **changes)}}


@dataclass
class Caller:
    """One client of the world. `keys` are all that it ever signed with, the present one last."""

    world: AuthorizationWorld
    name: str
    asks: Asks
    facts: dict[str, Any]
    keys: list[SigningKey]
    holders: list[Holder] = field(default_factory=list)
    active: bool = True

    @property
    def tpp(self) -> Tpp:
        return self.world.tpps[self.name]

    @property
    def has_dpop(self) -> bool:
        return self.facts.get("sender_constraint") == "dpop"

    @property
    def has_pkce(self) -> bool:
        return self.asks != "value"

    async def register(self) -> None:
        await self.world.register(self.name, self.keys[-1], **self.facts)
        self.hold()

    def hold(self) -> None:
        """Get another key or certificate; the ones before are not forgotten."""
        name = f"{self.name}-{len(self.holders)}"
        if self.has_dpop:
            self.holders.append(Holder(name, prover=Prover(lambda: self.world.now, SigningKey("ES256", name))))
        else:
            self.holders.append(Holder(name, certificate=certificate(name)))

    async def sign_with_another(self) -> None:
        """Register another key in place of the present one."""
        self.keys.append(SigningKey("ES256", f"{self.name}-{len(self.keys)}"))
        self.world.tpps[self.name] = tpp = replace(self.tpp, key=self.keys[-1])
        await self.world.register_again(tpp, **self.facts)

    def credentials(self, signer: SigningKey | None = None) -> dict[str, str]:
        claims = self.tpp.assertion_claims()
        return self.tpp.credentials((signer or self.tpp.key).jwt(claims, header={"kid": self.tpp.key.kid}))

    async def ask(self, consent_id: str, signer: SigningKey | None = None, **changes: Any) -> tuple[Answer, str | None]:
        """Push a request, or bring it by value, and its request_uri if there is one. `signer` signs the assertion, or the object."""
        world, tpp = self.world, self.tpp
        if self.asks == "plain":
            form = {**tpp.request_of(consent_id, **changes), **self.credentials(signer)}
            return _request_uri(await world.call("POST", "/par", form=form))
        facts = {**({"response_mode": "jwt"} if self.has_pkce else NO_PKCE), **changes}
        token = (signer or tpp.key).jwt(tpp.object_claims(consent_id, **facts), header={"kid": tpp.key.kid})
        if self.asks == "object":
            return _request_uri(await world.push_object(tpp, token))
        answer = await world.bring(tpp, token)
        # as a browser finds it again, by itself
        secret = hash_secret(f"{tpp.client.id}\n{token.rpartition('.')[0]}")
        return answer, REQUEST_URI_PREFIX + secret if answer.response.headers.get("Location") == "/login" else None

    async def token(self, form: dict[str, str | None], *, holder: Holder | None, signer: SigningKey | None = None) -> Answer:
        sent = {name: value for name, value in {**form, **self.credentials(signer)}.items() if value is not None}
        return await self.world.call("POST", "/token", form=sent, **(holder.shown("POST", "/token") if holder else {}))

    def redemption(self, code: str, *, redirect_uri: str, verifier: str | None) -> dict[str, str | None]:
        return {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}

    async def post(self, path: str, token: str, signer: SigningKey | None = None) -> Answer:
        """Ask about a token, or revoke it."""
        return await self.world.call("POST", path, form={"token": token, **self.credentials(signer)})


def _request_uri(answer: Answer) -> tuple[Answer, str | None]:
    return answer, answer.json["request_uri"] if answer.status == 201 else None


def code_of(answer: Answer) -> str:
    """The code in an authorization response, whichever way it travels."""
    parameters = answer.fragment if "#" in answer.response.headers["Location"] else answer.location
    if "response" in parameters:
        parameters = json.loads(unb64(parameters["response"].split(".")[1]))
    return parameters["code"]


async def make_callers(world: AuthorizationWorld) -> dict[str, Caller]:
    """One of each kind, and each of another organisation."""
    es256 = {"id_token_signed_response_alg": "ES256"}
    signing = {**es256, "request_object_signing_alg": "ES256"}
    jarm = {"authorization_signed_response_alg": "ES256", "security_profile": SecurityProfile.FAPI2_MESSAGE_SIGNING}
    kinds: dict[str, tuple[Asks, dict[str, Any]]] = {
        "mtls": ("plain", es256),
        "dpop": ("plain", {**es256, "sender_constraint": "dpop"}),
        "signing": ("object", {**signing, **jarm}),
        "advanced": (
            "value",
            {**signing, "security_profile": SecurityProfile.FAPI1_ADVANCED, "response_types": frozenset({"code id_token"})},
        ),
    }
    callers = {
        name: Caller(world, name, asks, facts, [SigningKey("ES256", f"{name}-0")]) for name, (asks, facts) in kinds.items()
    }
    for caller in callers.values():
        await caller.register()
        caller.hold()
    return callers
