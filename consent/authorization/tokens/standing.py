"""The standing of a token at this moment: its client, its family and its consent, each in its current version and in force.

Cached snapshots are judged, and one question to the hot state says whether they are still the current ones, as at every resource call
(gateway/pipeline/pipeline.py). So an answer given here is never older than a revocation.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from consent.authorization.clients.client import Client
from consent.authorization.tokens.verify import TokenVerifier
from consent.services import Services
from kernel.access import AccessToken, TokenFamily
from kernel.banking.consents import Consent, ConsentState
from kernel.brand import Brand
from kernel.errors import ClientInactive, Overloaded, Problem, ProofInvalid, TokenInvalid, TokenRevoked
from kernel.hot_state.checks import Check, FirstUse, Moved, VersionIs
from kernel.hot_state.first_uses import check_first_use
from kernel.hot_state.subjects import consent_subject
from kernel.tokens.judgement import judge_client, judge_family, judge_token
from kernel.tokens.presented import TOKEN_BYTES_MAX
from openapi.owners import is_owner

LOADS_MAX = 3  # loads of a client, family or consent that changes while a token is judged

# Who presents the token proves that it is theirs: raises, or answers what must not be proven twice.
Prove = Callable[[AccessToken, Client], FirstUse | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A token with its client, family and consent, all in force. Without a family the token is the client's own."""

    token: AccessToken
    client: Client
    family: TokenFamily | None
    consent: Consent | None


async def load_standing(services: Services, brand: Brand, presented: str, prove: Prove, *, anywhere: bool = False) -> Standing:
    """Load and prove the standing of a presented token. `anywhere`: the token may be for another API than the brand's own; a token from
    an exchange stands on the grant of another client. Raises TokenInvalid, TokenExpired or TokenRevoked; what `prove` raises,
    ProofInvalid for a replay; Overloaded if the versions cannot be confirmed. A refusal is confirmed too: the snapshots behind it may be
    stale."""
    moved: dict[str, int] = {}
    for _ in range(LOADS_MAX):
        look = _Look(services, brand, moved, anywhere)
        refusal: Problem | None = None
        standing, use = None, None
        try:
            standing = await look.standing(presented)
            use = prove(standing.token, standing.client)
        except Problem as problem:
            refusal = problem
        moved = await _decide(services, look.checks, use)
        if moved:
            continue
        if refusal is not None:
            raise refusal
        assert standing is not None
        return standing
    raise Overloaded(f"versions kept moving: {', '.join(sorted(moved))}")


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at cached snapshots, and the ground of its judgement: what has `moved` is loaded again."""

    services: Services
    brand: Brand
    moved: dict[str, int]
    anywhere: bool
    checks: list[Check] = field(default_factory=list)

    async def standing(self, presented: str) -> Standing:
        """Raises TokenInvalid, TokenExpired or TokenRevoked."""
        verifier = TokenVerifier(self.services.keys, self.services.clock)
        token = await judge_token(self, self.brand, verifier, lambda: self._verify(verifier, presented))
        client = await self._client(token)
        family = await judge_family(
            self, self.brand, token, lambda fresh: self._family(token, fresh=fresh), exchanged=self.anywhere
        )
        consent = None if family is None else await self._consent(family)
        return Standing(token=token, client=client, family=family, consent=consent)

    def _verify(self, verifier: TokenVerifier, presented: str) -> AccessToken:
        if len(presented) > TOKEN_BYTES_MAX:
            raise TokenInvalid("too long")
        return verifier.verify_issued(self.brand, presented) if self.anywhere else verifier.verify(self.brand, presented)

    async def _client(self, token: AccessToken) -> Client:
        """Here a token of a client that is no longer active looks revoked."""
        clients, client_id = self.services.clients, token.client_id
        try:
            return await judge_client(
                self, self.brand, client_id, lambda fresh: clients.current(self.brand, client_id, fresh=fresh)
            )
        except ClientInactive as problem:
            raise TokenRevoked(problem.detail) from None

    async def _family(self, token: AccessToken, *, fresh: bool) -> TokenFamily | None:
        return await self.services.snapshots.family(self.brand, token.family_id or "", fresh=fresh)

    async def _consent(self, family: TokenFamily) -> Consent:
        subject = consent_subject(self.brand.name, family.consent_id)
        consent = await self.services.snapshots.consent(self.brand, family.consent_id, fresh=subject in self.moved)
        if consent is None:
            raise TokenRevoked(f"consent {family.consent_id} is unknown")
        self.checks.append(VersionIs(subject, consent.version))
        state = consent.effective_state(self.services.clock.now())
        client = await self.services.clients.current(self.brand, family.client_id)
        if state is not ConsentState.AUTHORISED or client is None or not is_owner(client.caller, consent):
            raise TokenRevoked(f"consent {consent.id} is {state}, of client {consent.client_id}")
        return consent


async def _decide(services: Services, judged: list[Check], use: FirstUse | None) -> dict[str, int]:
    """The subjects of which another version is current, and which; while there are none, `use` is spent."""
    checks: list[Check] = [*judged, *([] if use is None else [use])]
    verdicts = await services.versions.decide(checks, spend=True)
    moved = {
        check.subject: verdict.version
        for check, verdict in zip(checks, verdicts, strict=True)
        if isinstance(check, VersionIs) and isinstance(verdict, Moved)
    }
    if use is not None and not moved:
        check_first_use(verdicts[-1], ProofInvalid)
    return moved
