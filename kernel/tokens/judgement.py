"""The one judgement of an access token: it verifies under the current keys, and neither it nor its family nor its client has ended.

Cached snapshots are judged. `ground` notes the version of each, so that one question to the hot state says afterwards whether they are
the current ones; what has moved since is loaded again by the next look. RFC 9068 section 4, RFC 7009. Whom the token is meant for is a
policy's question (policies/audience.py), and who holds it stands in kernel/tokens/presented.py.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeVar

from kernel.access import AccessToken, FamilyState, TokenFamily
from kernel.brand import Brand
from kernel.errors import ClientInactive, TokenRevoked
from kernel.hot_state.checks import Check, VersionIs
from kernel.hot_state.subjects import TOKEN_CURRENT, client_subject, family_subject, keys_subject, token_subject


class Ground(Protocol):
    """The ground of a judgement. `checks`: the versions that it was made by. `moved`: the subjects of which the last question found
    another version current, and which."""

    @property
    def checks(self) -> list[Check]: ...
    @property
    def moved(self) -> Mapping[str, int]: ...


class Keys(Protocol):
    def key_set_version(self, brand: Brand) -> int: ...

    async def load_keys(self, brand: Brand) -> None: ...


class Registered(Protocol):
    """A client, as far as it is judged."""

    @property
    def version(self) -> int: ...
    @property
    def active(self) -> bool: ...


C = TypeVar("C", bound=Registered)


async def judge_token(ground: Ground, brand: Brand, keys: Keys, verify: Callable[[], AccessToken]) -> AccessToken:
    """The token that `verify` finds genuine, by the current keys, and not revoked by itself. Raises TokenRevoked and what `verify` raises."""
    subject = keys_subject(brand.name)
    if ground.moved.get(subject, 0) > keys.key_set_version(brand):
        await keys.load_keys(brand)
    ground.checks.append(VersionIs(subject, keys.key_set_version(brand)))
    token = verify()
    denial = token_subject(brand.name, token.jti)
    ground.checks.append(VersionIs(denial, ground.moved.get(denial, TOKEN_CURRENT)))
    if denial in ground.moved:
        raise TokenRevoked(f"token {token.jti}")
    return token


async def judge_family(
    ground: Ground,
    brand: Brand,
    token: AccessToken,
    load: Callable[[bool], Awaitable[TokenFamily | None]],
    *,
    exchanged: bool = False,
) -> TokenFamily | None:
    """The active family behind the token; None where the token is its client's own. `load(True)` asks the database.
    `exchanged`: the token may have been got by exchange, from a family of another client's. Raises TokenRevoked."""
    if token.family_id is None:
        return None  # there is nothing that could end before the client does
    subject = family_subject(brand.name, token.family_id)
    family = await load(subject in ground.moved)
    if family is None:
        raise TokenRevoked(f"family {token.family_id} is unknown")
    ground.checks.append(VersionIs(subject, family.version))
    if family.state is not FamilyState.ACTIVE or (family.client_id != token.client_id and not exchanged):
        raise TokenRevoked(f"family {family.id} is {family.state}, of client {family.client_id}")
    return family


async def judge_client(ground: Ground, brand: Brand, client_id: str, load: Callable[[bool], Awaitable[C | None]]) -> C:
    """The active client that the token names. `load(True)` asks the database. Raises ClientInactive."""
    subject = client_subject(brand.name, client_id)
    client = await load(subject in ground.moved)
    if client is None:
        raise ClientInactive(f"client {client_id} is unknown")
    ground.checks.append(VersionIs(subject, client.version))
    if not client.active:
        raise ClientInactive(f"client {client_id}, version {client.version}")
    return client
