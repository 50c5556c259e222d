"""The sender of a call: the certificate of its connection, the key of its proof, and each proof once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from kernel.access import Confirmation
from kernel.hot_state.checks import Exceeded, FirstUse, Share, Unavailable
from kernel.hot_state.first_uses import FIRST_USES_PER_CLIENT
from kernel.tokens.dpop_nonces import WINDOW_SECONDS
from tests.harness.proofs import Prover
from tests.world.brands import START
from tests.world.gateway.dialect import BRAND
from tests.world.gateway.snapshots import CERTIFICATE, CLIENT, TOKEN
from tests.world.gateway.world import GatewayWorld, body_of

URL = f"{BRAND.mtls_url}/book/v1/accounts"


class Sender(GatewayWorld):
    """A client whose token is bound to a DPoP key; it shows no certificate."""

    def __init__(self, **brand: Any) -> None:
        super().__init__()
        self.prover = Prover(lambda: self.clock.wall().timestamp())
        self.tokens.known["psu-token"] = msgspec.structs.replace(TOKEN, confirmation=Confirmation("jkt", self.prover.jkt))
        self.brand = replace(self.brand, **brand)
        self.decide_with(self.decisions)

    async def send(self, proof: str | None, scheme: str = "DPoP", **facts: Any):
        headers = {} if proof is None else {"DPoP": proof}
        return await self.ask(scheme=scheme, headers=headers, **{"certificate": None, **facts})

    def proof(self, **claims: Any) -> str:
        return self.prover.proof("GET", URL, "psu-token", **claims)


def said(response: Any) -> tuple[int, str, list[str]]:
    return response.status, body_of(response)["code"], response.headers.getall("WWW-Authenticate", [])


@pytest.mark.spec("RFC9449-7.1")
async def test_a_proof_opens_what_its_token_opens_and_asks_for_its_first_use_in_the_one_call():
    sender = Sender()
    assert (await sender.send(sender.proof())).status == 200
    ((checks, spend),) = sender.decisions.calls
    assert spend
    (use,) = [check for check in checks if isinstance(check, FirstUse)]
    assert use.key.startswith("main/proof/")
    assert use.issued_at == int(START.timestamp())


@pytest.mark.conformance("fapi2-security-profile-final-dpop-negative-tests: replayed jti")
async def test_a_proof_used_before_is_refused():
    sender = Sender()
    sender.decisions.used = True
    algs = 'algs="PS256 ES256 EdDSA"'
    assert said(await sender.send(sender.proof())) == (401, "proof_invalid", [f'DPoP error="invalid_dpop_proof", {algs}'])
    assert sender.upstream.asked == []


async def test_when_a_replay_of_a_proof_cannot_be_ruled_out_the_call_is_refused():
    sender = Sender()
    sender.decisions.answer = lambda check: Unavailable() if isinstance(check, FirstUse) else None
    assert (await sender.send(sender.proof())).status == 503
    assert sender.upstream.asked == []


async def test_a_client_that_fills_its_share_of_used_proofs_learns_when_to_come_back():
    sender = Sender()
    sender.decisions.answer = lambda check: Exceeded(check.share.limit, 7) if isinstance(check, FirstUse) else None
    refused = await sender.send(sender.proof())
    assert (refused.status, refused.headers["Retry-After"]) == (429, "7")
    ((checks, _),) = sender.decisions.calls
    (use,) = [check for check in checks if isinstance(check, FirstUse)]
    assert use.share == Share(f"main/client/{CLIENT.id}", FIRST_USES_PER_CLIENT)
    assert sender.upstream.asked == []


async def test_a_refused_call_does_not_use_up_its_proof():
    sender = Sender()
    sender.change(CLIENT, active=False)
    assert (await sender.send(sender.proof())).status == 401
    assert not any(isinstance(check, FirstUse) for checks, _ in sender.decisions.calls for check in checks)


@pytest.mark.spec("RFC9449-9")
async def test_a_brand_that_demands_nonces_sends_the_next_one_once():
    sender = Sender(dpop_nonce="required")
    refused = await sender.send(sender.proof())
    assert said(refused) == (401, "proof_nonce_required", ['DPoP error="use_dpop_nonce", algs="PS256 ES256 EdDSA"'])
    (nonce,) = refused.headers.getall("DPoP-Nonce")
    answered = await sender.send(sender.proof(nonce=nonce))
    assert (answered.status, answered.headers.getall("DPoP-Nonce")) == (200, [nonce])
    sender.clock.advance(timedelta(seconds=WINDOW_SECONDS))
    (later,) = (await sender.send(sender.proof(nonce=nonce))).headers.getall("DPoP-Nonce")
    assert later != nonce


async def test_a_brand_that_demands_none_gives_none():
    sender = Sender()
    assert "DPoP-Nonce" not in (await sender.send(sender.proof())).headers


@pytest.mark.parametrize(
    ("scheme", "with_proof", "code", "challenges"),
    [
        ("DPoP", False, "proof_missing", ['DPoP error="invalid_dpop_proof", algs="PS256 ES256 EdDSA"']),
        (
            "Bearer",
            True,
            "token_not_bound",
            ['Bearer error="invalid_token"', 'DPoP error="invalid_token", algs="PS256 ES256 EdDSA"'],
        ),
        ("Basic", True, "token_missing", ["Bearer", 'DPoP algs="PS256 ES256 EdDSA"']),
    ],
)
@pytest.mark.spec("RFC9449-7.1")
async def test_a_refusal_says_what_is_asked_for(scheme: str, with_proof: bool, code: str, challenges: list[str]):
    sender = Sender()
    assert said(await sender.send(sender.proof() if with_proof else None, scheme)) == (401, code, challenges)


class TestCertificate:
    """The listener asks for a certificate and does not demand it: what needs one, says so."""

    async def test_a_brand_may_demand_one_of_everyone(self):
        sender = Sender(certificate="always")
        assert said(await sender.send(sender.proof()))[1] == "certificate_missing"
        assert (await sender.send(sender.proof(), certificate=CERTIFICATE)).status == 200

    async def test_one_that_is_presented_must_be_valid_whether_it_is_needed_or_not(self):
        sender = Sender()
        expired = replace(CERTIFICATE, not_after=START - timedelta(seconds=1))
        assert said(await sender.send(sender.proof(), certificate=expired))[1] == "certificate_expired"

    async def test_one_of_another_organisation_is_refused_with_any_token(self):
        """RTS art. 34: a certificate stands for the organisation that it names."""
        sender = Sender()
        foreign = replace(CERTIFICATE, organisation_id="org-2")
        assert said(await sender.send(sender.proof(), certificate=foreign))[1] == "certificate_foreign"
        of_none = replace(CERTIFICATE, organisation_id=None)
        assert (await sender.send(sender.proof(), certificate=of_none)).status == 200
