"""Start and answer a challenge of strong customer authentication with any method, at the bank's own identity provider.

RTS (EU) 2018/389 articles 4 and 5. What is under way and what proves it are kept in the authorisation (consent/authentication/progress.py).
"""

from consent.authentication.bank_answer import answer_time
from consent.authentication.room import Room
from consent.ports import LinkedTerms, Method, Psu, ScaChallenge, ScaEvidence
from kernel.brand import Brand
from kernel.errors import Problem


class AuthenticationUnavailable(Problem):
    code = "authentication_unavailable"
    public = "We could not confirm that it is you, because no way to do so is set up for you. Please contact us to set one up, then go back to the app or website you came from and start again."


def choices_of(room: Room, psu: Psu) -> tuple[Method, ...]:
    """The methods that this PSU may choose from, theirs first. One that is not carried out here falls to the next that they have."""
    by_name = {method.name: method for method in room.identity.methods}
    return tuple(by_name[name] for name in psu.sca_methods if name in by_name)


def method_of(room: Room, psu: Psu) -> Method | None:
    """The method by which the PSU authenticates on the pages."""
    return next(iter(choices_of(room, psu)), None)


def require_method(room: Room, psu: Psu) -> Method:
    """`method_of`. Raises AuthenticationUnavailable for a PSU without one."""
    method = method_of(room, psu)
    if method is None:
        raise AuthenticationUnavailable(f"methods {psu.sca_methods}")
    return method


def is_typed(room: Room, challenge: ScaChallenge) -> bool:
    """True if the PSU types the answer, which can be guessed."""
    return any(method.is_typed for method in room.identity.methods if method.name == challenge.method)


async def start_challenge(
    room: Room, brand: Brand, psu: Psu, authorisation_id: str, linked: LinkedTerms | None = None
) -> tuple[ScaChallenge, ScaEvidence | None]:
    """A challenge by the PSU's first method, with the evidence if it confirmed by itself. The sending is counted first. Raises
    AuthenticationUnavailable or UpstreamTimedOut."""
    method = require_method(room, psu)
    async with answer_time():
        challenge = await room.identity.start_sca(brand, psu, method.name, authorisation_id, linked)
        evidence = await room.identity.finish_sca(brand, psu, challenge, "", linked) if challenge.confirmed else None
    return challenge, evidence


async def finish_challenge(
    room: Room, brand: Brand, psu: Psu, challenge: ScaChallenge, response: str, *, linked: LinkedTerms | None = None
) -> ScaEvidence | None:
    """Evidence, or None for a wrong or still missing answer. Raises UpstreamTimedOut."""
    async with answer_time():
        return await room.identity.finish_sca(brand, psu, challenge, response, linked)
