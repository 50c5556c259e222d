"""Random histories of right and wrong calls: the authorization server against a small model of what may be.

FAPI 2.0 attacker model: in any order of what a client, its neighbours and its customers do, a token opens while its consent is
authorised and its family lives, with its own key and no other, and a code gives tokens once. `make simulate` runs the long version.
"""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import pytest
import structlog
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from consent.authorization.clients.registry import deactivate_client
from consent.authorization.keys.rotation import rotate_keys
from consent.customer.answers.outcome import deny
from consent.customer.session.session import Asked
from consent.settings import Settings
from kernel.banking.consents import AccountsTerms, ConsentKind, ConsentLodgement, Permission
from kernel.errors import Problem
from openapi.rulebook import OURS
from openapi.uk_obie.v4_0.dialect import DIALECT
from tests.harness.databases import SQLITE, Databases
from tests.simulation.callers import Caller, Holder, code_of, make_callers
from tests.world.answer import Answer
from tests.world.authorization import authorization_world, begin
from tests.world.brands import BRAND
from tests.world.keys import SigningKey
from tests.world.tpp import VERIFIER

AWAITING_MAX = OURS.unanswered_wait


def setting(name: str, usual: int) -> int:
    """The setting of `make simulate`; `usual` is that of `make test`."""
    return int(os.environ.get(f"PORTCULLIS_SIMULATE_{name}", str(usual)))


EXAMPLES_USUAL = 15
EXAMPLES = setting("EXAMPLES", EXAMPLES_USUAL)
STEPS = setting("STEPS", 30)
SEED = setting("SEED", 4)
PROGRESS_EVERY = 25  # examples; printed only where somebody watches (pytest -s)
TIMEOUT_SECONDS = setting("TIMEOUT", 120)

CODE_SECONDS, REQUEST_SECONDS, OBJECT_SECONDS, TOKEN_SECONDS = 60, 90, 300, 300
LATE = 8  # tokens: from then on a client may come to its end
ROTATIONS_MAX = 2  # an RSA key takes long to make

NAME = st.sampled_from(["mtls", "dpop", "signing", "advanced"])
ANYONE = st.one_of(st.just("own"), st.just("own"), NAME)  # "own": the client that a thing belongs to
PSU = st.sampled_from(["alice", "alice", "bob"])
PICK = st.sampled_from([0, 0, 1, 2, 3, 5])  # of what there is; 0 is the latest
NUMBER = st.integers(0, 1)  # of what a client holds; 0 is the latest
TIMES = st.sampled_from([1, 1, 2])  # at once


AT_REDEMPTION = ("signer", "key", "verifier", "no verifier", "redirect")


def how(*wrong: str) -> st.SearchStrategy[str]:
    return st.one_of(st.just("right"), st.sampled_from(wrong))


STEP = st.one_of(
    st.tuples(st.just("lodge"), NAME, st.sampled_from([None, 1, 40])),
    st.tuples(st.just("ask"), PICK, ANYONE, how("signer", "redirect", "challenge"), st.booleans(), NUMBER),
    st.tuples(st.just("visit"), PICK, ANYONE),
    *[st.tuples(st.just("approve"), PICK, PSU, TIMES)] * 2,
    st.tuples(st.just("refuse"), PICK, PSU),
    *[st.tuples(st.just("redeem"), PICK, ANYONE, how(*AT_REDEMPTION), NUMBER, TIMES)] * 3,
    *[st.tuples(st.just("attack"), NAME, ANYONE, how(*AT_REDEMPTION), NUMBER)] * 3,
    *[st.tuples(st.just("refresh"), PICK, ANYONE, how("signer", "key", "scope"), NUMBER)] * 2,
    st.tuples(st.just("own"), NAME, how("signer", "key")),
    st.tuples(st.just("revoke_access"), PICK, ANYONE, st.booleans()),
    st.tuples(st.just("revoke_refresh"), PICK, ANYONE),
    st.tuples(st.just("introspect_access"), PICK, ANYONE),
    st.tuples(st.just("introspect_refresh"), PICK, ANYONE),
    st.tuples(st.just("withdraw"), PICK, ANYONE),
    st.tuples(st.just("revoke_by_psu"), PICK, PSU),
    st.tuples(st.just("suspend_or_resume"), PICK, st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([1, 5, 29, 59, 60, 61, 120, 300, 90_000])),
    st.tuples(st.just("move_business_time"), st.sampled_from([1, 45])),
    st.tuples(st.just("rotate")),
    st.tuples(st.just("sign_with_another"), NAME),
    st.tuples(st.just("hold_another"), NAME),
    st.tuples(st.just("deactivate"), NAME),
)
Thing = TypeVar("Thing")


@dataclass(eq=False)
class Grant:
    """A consent, as far as the model knows it."""

    id: str
    of: Caller
    created_at: datetime
    valid_until: datetime | None
    state: str = "awaiting"
    psu: str | None = None

    def is_over(self, now: datetime) -> bool:
        lapsed = self.state == "awaiting" and now >= self.created_at + AWAITING_MAX
        return self.state == "ended" or lapsed or (self.valid_until is not None and now >= self.valid_until)

    def in_force(self, now: datetime) -> bool:
        return self.state == "authorised" and not self.is_over(now)


@dataclass(eq=False)
class Family:
    grant: Grant
    alive: bool = True


@dataclass(eq=False)
class Asking:
    """A stored authorization request."""

    uri: str
    of: Caller
    grant: Grant
    expires_at: datetime
    bound_to: Holder | None
    taken: bool = False


@dataclass(eq=False)
class Code:
    text: str
    family: Family
    asking: Asking
    expires_at: datetime
    given: int = 0  # how often it gave tokens


@dataclass(eq=False)
class Token:
    """An access token; without a family it is the client's own."""

    text: str
    of: Caller
    holder: Holder
    family: Family | None
    expires_at: datetime
    signed_under: int
    denied: bool = False


@dataclass(eq=False)
class Refresh:
    text: str
    family: Family


def pick(things: Sequence[Thing], which: int) -> Thing:
    return things[-1 - which % len(things)]


class Machine(RuleBasedStateMachine):
    """Each step makes one call, or two at once, and holds its answer against what the model says."""

    def __init__(self, url: Any, seen: Counter[str]) -> None:
        super().__init__()
        self.url, self.seen = url, seen
        self.runner = asyncio.Runner()
        self.stop: asyncio.Event | None = None
        self.grants: list[Grant] = []
        self.askings: list[Asking] = []
        self.codes: list[Code] = []
        self.families: list[Family] = []
        self.refreshes: list[Refresh] = []
        self.tokens: list[Token] = []
        self.rotations = 0
        self.turn = 0

    # The world lives in a task of its own, because it must be left where it was entered.

    @initialize(names=st.sampled_from([("mtls", "advanced"), ("dpop", "signing"), ("signing", "mtls"), ("advanced", "dpop")]))
    def start(self, names: tuple[str, str]) -> None:
        """Two clients have a grant already: a history need not begin with what is always the same."""
        self.run(self._begin())
        for name in names:
            self.lodge(name, 40)
            self.ask(0, "own", "right", name == "dpop", 0)
            self.approve(0, "alice", 1)
            self.redeem(0, "own", "right", 0, 1)
            self.refresh(0, "own", "right", 0)
            self.ask(0, "own", "right", False, 0)
        self.seen["histories"] += 1
        if self.seen["histories"] % PROGRESS_EVERY == 0:
            print(f"{self.seen['histories']} histories, {sum(self.seen.values())} calls", flush=True)

    async def _begin(self) -> None:
        began, self.stop = asyncio.Event(), asyncio.Event()

        async def live() -> None:
            assert self.stop is not None
            with self.url() as url:
                async with authorization_world(url) as self.world:
                    object.__setattr__(self.world.services, "settings", Settings(client_requests_per_minute=1_000_000))
                    self.callers = await make_callers(self.world)
                    began.set()
                    await self.stop.wait()

        self.living = asyncio.create_task(live())
        waiting = asyncio.create_task(began.wait())
        await asyncio.wait([self.living, waiting], return_when=asyncio.FIRST_COMPLETED)
        if self.living.done():
            await self.living

    def teardown(self) -> None:
        async def end() -> None:
            assert self.stop is not None
            self.stop.set()
            await self.living

        if self.stop is not None:
            self.run(end())
        self.runner.close()

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def count(self, what: str, happened: bool) -> None:
        self.seen[what if happened else f"no {what}"] += 1

    @property
    def wall(self) -> datetime:
        return self.world.clock.wall()

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def caller(self, name: str, own: Caller) -> Caller:
        return own if name == "own" else self.callers[name]

    def wrong_signer(self, caller: Caller) -> SigningKey:
        """The key that the client had before, or else a neighbour's."""
        others = [other for other in self.callers.values() if other is not caller]
        return caller.keys[-2] if len(caller.keys) > 1 else others[0].keys[-1]

    # Consents

    def lodge(self, name: str, days: int | None) -> None:
        caller, until = self.callers[name], None if days is None else self.now + timedelta(days=days)
        lodgement = ConsentLodgement(
            kind=ConsentKind.ACCOUNTS,
            lodged_as=DIALECT.name,
            terms=AccountsTerms(permissions=frozenset({Permission.ACCOUNTS_BASIC})),
            valid_until=until,
        )
        consent = self.run(self.world.services.store.lodge(BRAND, caller.tpp.client.caller, lodgement))
        self.grants.append(Grant(consent.id, caller, self.now, until))

    def change(self, grant: Grant, work: Any, *, allowed: bool, state: str, what: str) -> None:
        """Suspension leaves the families as they are; what ends a consent ends them."""
        try:
            self.run(work)
            happened = True
        except Problem:
            happened = False
        assert happened == allowed, what
        self.count(what, happened)
        if happened:
            grant.state = state
            if state in {"ended", "stopped"}:
                self.end_families(grant)

    def end_families(self, grant: Grant) -> None:
        for family in self.families:
            if family.grant is grant:
                family.alive = False

    def withdraw(self, which: int, by: str) -> None:
        grant = pick(self.grants, which)
        caller = self.caller(by, grant.of)
        work = self.world.services.store.withdraw(BRAND, caller.tpp.client.caller, grant.id)
        allowed = caller is grant.of and grant.state != "stopped" and not grant.is_over(self.now)
        self.change(grant, work, allowed=allowed, state="ended", what="withdrawn")

    def revoke_by_psu(self, which: int, psu: str) -> None:
        """A consent that its PSU stopped opens nothing, and the PSU may authorise it again (openapi/dialect.py: Rules.stopped_may_return)."""
        grant = pick(self.grants, which)
        work = self.world.services.store.revoke_by_psu(BRAND, psu, grant.id)
        allowed = grant.psu == psu and grant.state in {"authorised", "suspended"} and not grant.is_over(self.now)
        self.change(grant, work, allowed=allowed, state="stopped", what="revoked")

    def suspend_or_resume(self, which: int, back: bool) -> None:
        grant = pick(self.grants, which)
        store: Any = self.world.services.store
        work = store.resume(BRAND, grant.id) if back else store.suspend(BRAND, grant.id)
        before, after = ("suspended", "authorised") if back else ("authorised", "suspended")
        allowed = grant.state == before and not grant.is_over(self.now)
        self.change(grant, work, allowed=allowed, state=after, what="resumed" if back else "suspended")

    # PAR and the authorization endpoint

    def ask(self, which: int, by: str, how: str, bound: bool, number: int) -> None:
        """PAR does not judge the owner of the consent: another one is refused at the authorization endpoint, before any page."""
        grant = pick(self.grants, which)
        caller = self.caller(by, grant.of)
        changes: dict[str, Any] = {"state": f"state-{len(self.askings)}"}  # the same object by value is the same request
        if how == "redirect":
            changes["redirect_uri"] = "https://evil.example/callback"
        if how == "challenge":
            changes["code_challenge_method"] = "plain"
        holder = caller.holders[-1 - number] if caller.has_dpop and bound else None
        if holder is not None and holder.prover is not None:
            changes["dpop_jkt"] = holder.prover.jkt
        signer = self.wrong_signer(caller) if how == "signer" else None
        _, uri = self.run(caller.ask(grant.id, signer, **changes))
        is_brought = caller.asks == "value"
        wrong_grant = is_brought and (caller is not grant.of or not self.is_authorisable(grant))
        right = how == "right" and caller.active and not wrong_grant
        assert (uri is not None) == right, (how, caller.name)
        self.count("asked", right)
        if uri is None:
            return
        lives = OBJECT_SECONDS if is_brought else REQUEST_SECONDS
        self.askings.append(Asking(uri, caller, grant, self.wall + timedelta(seconds=lives), holder))

    def is_authorisable(self, grant: Grant, psu: str | None = None) -> bool:
        return not grant.is_over(self.now) and (psu is None or grant.psu in (None, psu))

    def visit(self, which: int, by: str) -> None:
        """A journey begins, or the client learns why not; that is an answer, and a request has one."""
        asking = pick(self.askings, which)
        caller = self.caller(by, asking.of)
        answer: Answer = self.run(self.world.visit(caller.tpp, asking.uri))
        mine = caller is asking.of and caller.active and not asking.taken and self.wall < asking.expires_at
        good = mine and asking.grant.of is caller and self.is_authorisable(asking.grant)
        assert (answer.response.headers.get("Location") == "/login") == good
        self.count("journey", good)
        asking.taken = asking.taken or (mine and not good)

    def approve(self, which: int, psu: str, times: int) -> None:
        asking = pick(self.askings, which)

        async def both() -> list[Any]:
            work = [self.world.approve(asking.of.tpp, asking.uri, psu_id=psu) for _ in range(times)]
            return await asyncio.gather(*work, return_exceptions=True)

        answers = self.run(both())
        assert all(isinstance(answer, Answer | Problem) for answer in answers), answers
        texts = [code_of(answer) for answer in answers if isinstance(answer, Answer)]
        grant = asking.grant
        good = not asking.taken and self.wall < asking.expires_at and grant.of is asking.of and self.is_authorisable(grant, psu)
        assert len(texts) == int(good)
        self.count("approved", good)
        if not good:
            return
        self.end_families(grant)
        asking.taken, grant.state, grant.psu = True, "authorised", psu
        family = Family(grant)
        self.families.append(family)
        self.codes.append(Code(texts[0], family, asking, self.wall + timedelta(seconds=CODE_SECONDS)))

    def refuse(self, which: int, psu: str) -> None:
        """The customer presses Deny."""
        asking = pick(self.askings, which)
        grant = asking.grant
        if asking.taken or self.wall >= asking.expires_at or grant.of is not asking.of or not self.is_authorisable(grant, psu):
            return

        async def work() -> Answer:
            pushed = await self.world.load_pushed(asking.of.tpp, asking.uri)
            consent: Any = await self.world.services.snapshots.consent(BRAND, grant.id, fresh=True)
            asked = Asked(pushed, asking.of.tpp.client, consent)
            return Answer(await deny(self.world.services, BRAND, asked, _claim, psu_id=psu, authorisation_id=None))

        assert self.run(work()).status == 303
        asking.taken = True
        grant.state = "ended" if grant.state == "awaiting" else grant.state
        self.count("denied", True)

    # Tokens

    def keep(self, answer: Answer, caller: Caller, holder: Holder, family: Family | None) -> None:
        expires_at = self.wall + timedelta(seconds=TOKEN_SECONDS)
        token = Token(answer.json["access_token"], caller, holder, family, expires_at, self.rotations)
        assert answer.json["token_type"] == holder.scheme
        self.tokens.append(token)

    def redeem(self, which: int, by: str, how: str, number: int, times: int) -> None:
        code = pick(self.codes, which)
        caller = self.caller(by, code.asking.of)
        holder = None if how == "key" else caller.holders[-1 - number]
        uri = code.asking.of.tpp.client.redirect_uris[1 if how == "redirect" else 0]
        right, wrong = (VERIFIER, None) if code.asking.of.has_pkce else (None, VERIFIER)
        verifier = {"verifier": "w" * len(VERIFIER), "no verifier": wrong}.get(how, right)
        form = caller.redemption(code.text, redirect_uri=uri, verifier=verifier)
        signer = self.wrong_signer(caller) if how == "signer" else None

        async def work() -> list[Answer]:
            return await asyncio.gather(*(caller.token(form, holder=holder, signer=signer) for _ in range(times)))

        answers = [answer for answer in self.run(work()) if answer.status == 200]
        heard = caller is code.asking.of and caller.active and how not in {"signer", "key"}
        fits = how == "right" and code.asking.bound_to in (None, holder)
        stands = code.family.alive and code.family.grant.in_force(self.now)
        good = heard and fits and not code.given and self.wall < code.expires_at and stands
        assert len(answers) == int(good), (how, by, number, times)
        self.count("redeemed", good)
        if heard and (code.given or (good and times == 2)):
            self.count("replayed", True)
            code.family.alive = False  # a replay ends it, with any other fault as well
        if not good or holder is None:
            return
        code.given += 1
        self.keep(answers[0], caller, holder, code.family)
        self.refreshes.append(Refresh(answers[0].json["refresh_token"], code.family))

    def attack(self, name: str, by: str, how: str, number: int) -> None:
        """A fresh code in the hands of somebody else, or with something wrong; then in its owner's."""
        if not self.callers[name].active:
            return
        self.lodge(name, 40)
        self.ask(0, "own", "right", True, 0)
        self.approve(0, "alice", 1)
        self.redeem(0, by, how, number, 1)
        self.redeem(0, "own", "right", 0, 1)

    def refresh(self, which: int, by: str, how: str, number: int) -> None:
        refresh = pick(self.refreshes, which)
        caller, family = self.caller(by, refresh.family.grant.of), refresh.family
        holder = None if how == "key" else caller.holders[-1 - number]
        scope = "openid accounts payments" if how == "scope" else None
        form = {"grant_type": "refresh_token", "refresh_token": refresh.text, "scope": scope}
        signer = self.wrong_signer(caller) if how == "signer" else None
        answer: Answer = self.run(caller.token(form, holder=holder, signer=signer))
        stands = family.alive and family.grant.in_force(self.now)
        good = how == "right" and caller is family.grant.of and caller.active and stands
        assert (answer.status == 200) == good, (how, by)
        self.count("refreshed", good)
        if good and holder is not None:
            self.keep(answer, caller, holder, family)

    def own(self, name: str, how: str) -> None:
        """A token of the client's own authority, behind which no consent stands."""
        caller = self.callers[name]
        holder = None if how == "key" else caller.holders[-1]
        signer = self.wrong_signer(caller) if how == "signer" else None
        answer: Answer = self.run(caller.token({"grant_type": "client_credentials"}, holder=holder, signer=signer))
        assert (answer.status == 200) == (how == "right" and caller.active)
        if answer.status == 200 and holder is not None:
            self.keep(answer, caller, holder, None)

    def revoke_access(self, which: int, by: str, right: bool) -> None:
        token = pick(self.tokens, which)
        caller = self.caller(by, token.of)
        answer: Answer = self.run(caller.post("/revoke", token.text, None if right else self.wrong_signer(caller)))
        heard = right and caller.active
        assert (answer.status == 200) == heard
        token.denied = token.denied or (heard and caller is token.of)
        self.count("token revoked", heard and caller is token.of)

    def revoke_refresh(self, which: int, by: str) -> None:
        refresh = pick(self.refreshes, which)
        caller = self.caller(by, refresh.family.grant.of)
        answer: Answer = self.run(caller.post("/revoke", refresh.text))
        assert (answer.status == 200) == caller.active
        if caller is refresh.family.grant.of and caller.active:
            refresh.family.alive = False
            self.count("family revoked", True)

    def introspect_access(self, which: int, by: str) -> None:
        token = pick(self.tokens, which)
        caller = self.caller(by, token.of)
        self.introspect(caller, token.text, active=caller is token.of and self.is_usable(token))

    def introspect_refresh(self, which: int, by: str) -> None:
        refresh = pick(self.refreshes, which)
        caller, family = self.caller(by, refresh.family.grant.of), refresh.family
        self.introspect(caller, refresh.text, caller is family.grant.of and family.alive and family.grant.in_force(self.now))

    def introspect(self, caller: Caller, text: str, active: bool) -> None:
        answer: Answer = self.run(caller.post("/introspect", text))
        assert (answer.status == 200) == caller.active
        assert not caller.active or answer.json["active"] is active
        self.count("active", active)

    # What else happens

    def wait(self, seconds: int) -> None:
        """Both clocks go on."""
        self.world.advance(seconds=seconds)

    def move_business_time(self, days: int) -> None:
        """A sandbox's developer moves the bank's calendar, and no clock."""
        self.world.clock.offset += timedelta(days=days)

    def rotate(self) -> None:
        """Keys are believed stolen: what they signed is worth nothing, what was stored stays."""
        if self.rotations == ROTATIONS_MAX:
            return
        self.run(rotate_keys(self.world.services, BRAND.name))
        self.rotations += 1

    def sign_with_another(self, name: str) -> None:
        caller = self.callers[name]
        if caller.active:
            self.run(caller.sign_with_another())

    def hold_another(self, name: str) -> None:
        self.callers[name].hold()

    def deactivate(self, name: str) -> None:
        """Once in a history, and late."""
        if len(self.tokens) < LATE or not all(caller.active for caller in self.callers.values()):
            return
        self.run(deactivate_client(self.world.services, BRAND, self.callers[name].tpp.client.id))
        self.callers[name].active = False

    # One rule for all: histories of a few kinds of step alone, which Hypothesis likes to draw, come to nothing here

    @rule(step=STEP)
    def do(self, step: tuple[Any, ...]) -> None:
        name, *arguments = step
        getattr(self, name)(*arguments)

    # What holds after each step

    def is_usable(self, token: Token) -> bool:
        family = token.family
        stands = family is None or (family.alive and family.grant.in_force(self.now))
        current = not token.denied and token.signed_under == self.rotations
        return stands and current and token.of.active and self.wall < token.expires_at

    @invariant()
    def a_token_opens_while_its_consent_stands_and_with_its_own_key_only(self) -> None:
        for token in self.tokens if self.stop is not None else []:
            usable = self.is_usable(token)
            assert self.opens(token, token.holder) == usable
            self.count("opened", usable)
            if usable:
                self.turn += 1
                holder, scheme = self.wrong(token)
                assert not self.opens(token, holder, scheme), (holder, scheme)

    def wrong(self, token: Token) -> tuple[Holder | None, str]:
        """Another way of presenting it each time: with any other key, with none, under the other scheme."""
        others = [holder for caller in self.callers.values() for holder in caller.holders if holder is not token.holder]
        other_scheme = "DPoP" if token.holder.scheme == "Bearer" else "Bearer"
        ways = [(holder, token.holder.scheme) for holder in (None, *others)]
        ways += [(token.holder, other_scheme), *((holder, holder.scheme) for holder in others)]
        return ways[self.turn % len(ways)]

    def opens(self, token: Token, holder: Holder | None, scheme: str | None = None) -> bool:
        """True if a resource would take it: userinfo does all that one does. A client's own token is good there, and not enough."""
        shown = {} if holder is None else holder.shown("GET", "/userinfo", token.text)
        headers = {**shown.pop("headers", {}), "Authorization": f"{scheme or token.holder.scheme} {token.text}"}
        answer: Answer = self.run(self.world.call("GET", "/userinfo", headers=headers, **shown))
        assert answer.status in {200, 401, 403}, answer.text
        assert answer.status != 403 or token.family is None
        return answer.status != 401


async def _claim(_unit: Any) -> None:
    """No journey waits for the answer."""


@pytest.fixture
def quiet() -> Iterator[None]:
    """A line for each of the thousands of refusals takes longer than the refusal."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.configure(wrapper_class=before)


@pytest.fixture
def url(databases: Databases, tmp_path: Path) -> Callable[[], AbstractContextManager[str]]:
    """A database of its own for each history."""

    @contextmanager
    def make() -> Iterator[str]:
        with databases.database(SQLITE, tmp_path, begin) as made:
            yield made
        Path(made.removeprefix("sqlite:///")).unlink(missing_ok=True)

    return make


@pytest.mark.usefixtures("quiet")
def test_each_wrong_way_alone_gives_nothing_and_ends_nothing(url: Any):
    """The same model, and every kind of client in the hands of every other: what chance seldom comes to."""
    machine = Machine(url, Counter())
    machine.start(("mtls", "dpop"))
    try:
        for name in machine.callers:
            for by, wrong in [*product(["own"], AT_REDEMPTION), *product(machine.callers, ["right"])]:
                machine.attack(name, by, wrong, 0)
                machine.redeem(0, "dpop" if name == "mtls" else "mtls", "right", 0, 1)  # of a used code, by somebody else
                machine.a_token_opens_while_its_consent_stands_and_with_its_own_key_only()
            for wrong in ("signer", "key", "scope"):
                machine.refresh(0, "own", wrong, 0)
            for other in machine.callers:
                machine.refresh(0, other, "right", 0)
                machine.introspect_access(0, other)
                machine.introspect_refresh(0, other)
            machine.attack(name, "own", "right", 1)  # with another key than the request named
            machine.redeem(0, "own", "right", 0, 1)  # a replay
            machine.a_token_opens_while_its_consent_stands_and_with_its_own_key_only()
            machine.refresh(0, "own", "right", 0)
    finally:
        machine.teardown()


@pytest.mark.usefixtures("quiet")
def test_what_happens_to_a_consent_happens_to_its_codes_and_tokens(url: Any):
    """The same model, and each turn that a consent may take while a code waits and a token lives."""
    machine = Machine(url, Counter())
    machine.start(("mtls", "dpop"))
    check = machine.a_token_opens_while_its_consent_stands_and_with_its_own_key_only
    try:
        for name, other in zip(machine.callers, reversed(machine.callers), strict=True):
            machine.lodge(name, 40)
            machine.ask(0, "own", "right", True, 0)
            machine.approve(0, "alice", 2)
            machine.suspend_or_resume(0, False)
            machine.redeem(0, "own", "right", 0, 1)
            machine.suspend_or_resume(0, True)
            machine.redeem(0, "own", "right", 0, 1)
            for back in (False, True):
                machine.suspend_or_resume(0, back)
                machine.refresh(0, "own", "right", 0)
                check()
            machine.revoke_access(0, other, True)
            machine.revoke_refresh(0, other)
            check()
            machine.revoke_access(0, "own", True)
            check()
            machine.ask(0, other, "right", False, 0)  # a neighbour's consent
            machine.visit(0, "own")
            machine.ask(0, "own", "right", False, 0)
            machine.approve(0, "bob", 1)
            machine.approve(0, "alice", 1)  # again: what grew from the first time is over
            check()
            machine.redeem(0, "own", "right", 0, 2)
            check()
            machine.attack(name, "own", "right", 0)
            machine.withdraw(0, other)
            machine.revoke_by_psu(0, "bob")
            check()
            machine.revoke_by_psu(0, "alice")
            check()
            machine.refresh(0, "own", "right", 0)
    finally:
        machine.teardown()


@pytest.mark.timeout(TIMEOUT_SECONDS)
@pytest.mark.usefixtures("quiet")
def test_no_history_of_calls_yields_a_token_that_should_not_be(url: Any):
    """For no consent that is not authorised, not twice for one code, not with another key."""
    seen: Counter[str] = Counter()
    chosen = settings(
        max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(seed(SEED)(lambda: Machine(url, seen)), settings=chosen)
    print(f"seed {SEED}: {dict(sorted(seen.items()))}")
    wanted = {"redeemed", "replayed", "refreshed", "opened", "withdrawn" if seen["withdrawn"] else "revoked"}
    assert EXAMPLES < EXAMPLES_USUAL or wanted <= seen.keys(), f"never {wanted - seen.keys()}: this run proves little"
