"""What stands behind a token at this moment: its client, its family and its consent, each in its current version and in force.

Cached snapshots are judged, and one question to the hot state says whether they are still the current ones, as at every resource call
(gateway/pipeline/pipeline.py). So an answer given here is never older than a revocation.
"""

from collections.abc import Callable
from dataclasses import dataclass

from consent.authorization.clients.client import Client
from consent.authorization.tokens.verify import TokenVerifier
from consent.services import Services
from kernel.access import AccessToken, FamilyState, TokenFamily
from kernel.banking.consents import Consent, ConsentState
from kernel.brand import Brand
from kernel.errors import Overloaded, Problem, ProofInvalid, TokenInvalid, TokenRevoked
from kernel.hot_state.checks import Check, FirstUse, Moved, VersionIs
from kernel.hot_state.first_uses import check_first_use
from kernel.hot_state.subjects import TOKEN_CURRENT, client_subject, consent_subject, family_subject, keys_subject, token_subject
from kernel.tokens.presented import TOKEN_BYTES_MAX
from openapi.owners import is_owner

LOADS_MAX = 3  # of what changes while it is judged

# Who presents the token proves that it is theirs: raises, or answers what must not be proven twice.
Prove = Callable[[AccessToken, Client], FirstUse | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All of it in force. Without a family the token is the client's own."""

    token: AccessToken
    client: Client
    family: TokenFamily | None
    consent: Consent | None


async def load_standing(services: Services, brand: Brand, presented: str, prove: Prove, *, anywhere: bool = False) -> Standing:
    """`anywhere`: the token need not be for the brand's own API; one that was got by exchange stands on the grant of another client.
    Raises TokenInvalid, TokenExpired or TokenRevoked; what `prove` raises, ProofInvalid for a replay; Overloaded if nobody can tell.
    A refusal is confirmed too: what it was judged by may have moved."""
    verifier, stale = TokenVerifier(services.keys, services.clock), frozenset[str]()
    for _ in range(LOADS_MAX):
        if keys_subject(brand.name) in stale:
            await verifier.load_keys(brand)
        versions = [VersionIs(keys_subject(brand.name), verifier.key_set_version(brand))]
        look = _Look(services, brand, stale, versions, anywhere)
        refusal: Problem | None = None
        standing, use = None, None
        try:
            token = _verify(verifier, brand, presented, anywhere=anywhere)
            standing = await look.standing(token)
            use = prove(token, standing.client)
        except Problem as problem:
            refusal = problem
        stale = await _decide(services, look.versions, use)
        if stale:
            continue
        if refusal is not None:
            raise refusal
        assert standing is not None
        return standing
    raise Overloaded(f"versions kept moving: {', '.join(sorted(stale))}")


def _verify(verifier: TokenVerifier, brand: Brand, presented: str, *, anywhere: bool) -> AccessToken:
    if len(presented) > TOKEN_BYTES_MAX:
        raise TokenInvalid("too long")
    return verifier.verify_issued(brand, presented) if anywhere else verifier.verify(brand, presented)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at cached snapshots, afresh at those that are `stale`. `versions` are what it judged by. Each part raises TokenRevoked."""

    services: Services
    brand: Brand
    stale: frozenset[str]
    versions: list[VersionIs]
    anywhere: bool

    async def standing(self, token: AccessToken) -> Standing:
        denial = token_subject(self.brand.name, token.jti)
        if denial in self.stale:
            raise TokenRevoked(f"token {token.jti}")
        self.versions.append(VersionIs(denial, TOKEN_CURRENT))
        client = await self._client(token)
        family = None if token.family_id is None else await self._family(token, token.family_id)
        consent = None if family is None else await self._consent(family)
        return Standing(token=token, client=client, family=family, consent=consent)

    async def _client(self, token: AccessToken) -> Client:
        subject = client_subject(self.brand.name, token.client_id)
        client = await self.services.clients.current(self.brand, token.client_id, fresh=subject in self.stale)
        if client is None:
            raise TokenRevoked(f"client {token.client_id} is unknown")
        self.versions.append(VersionIs(subject, client.version))
        if not client.active:
            raise TokenRevoked(f"client {client.id}, version {client.version}")
        return client

    async def _family(self, token: AccessToken, family_id: str) -> TokenFamily:
        subject = family_subject(self.brand.name, family_id)
        family = await self.services.snapshots.family(self.brand, family_id, fresh=subject in self.stale)
        if family is None:
            raise TokenRevoked(f"family {family_id} is unknown")
        self.versions.append(VersionIs(subject, family.version))
        if family.state is not FamilyState.ACTIVE or (family.client_id != token.client_id and not self.anywhere):
            raise TokenRevoked(f"family {family.id} is {family.state}, of client {family.client_id}")
        return family

    async def _consent(self, family: TokenFamily) -> Consent:
        subject = consent_subject(self.brand.name, family.consent_id)
        consent = await self.services.snapshots.consent(self.brand, family.consent_id, fresh=subject in self.stale)
        if consent is None:
            raise TokenRevoked(f"consent {family.consent_id} is unknown")
        self.versions.append(VersionIs(subject, consent.version))
        state = consent.effective_state(self.services.clock.now())
        client = await self.services.clients.current(self.brand, family.client_id)
        if state is not ConsentState.AUTHORISED or client is None or not is_owner(client.caller, consent):
            raise TokenRevoked(f"consent {consent.id} is {state}, of client {consent.client_id}")
        return consent


async def _decide(services: Services, versions: list[VersionIs], use: FirstUse | None) -> frozenset[str]:
    """The subjects of which another version is current; while there are none, `use` is spent."""
    checks: list[Check] = [*versions, *([] if use is None else [use])]
    verdicts = await services.versions.decide(checks, spend=True)
    judged = list(zip(versions, verdicts, strict=False))
    stale = frozenset(check.subject for check, verdict in judged if isinstance(verdict, Moved))
    if use is not None and not stale:
        check_first_use(verdicts[-1], ProofInvalid("used before, or older than the memory of used ones"))
    return stale
