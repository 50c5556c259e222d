"""A pushed authorization request: stored once, found by the hash of its request_uri, completed once. RFC 9126 section 2.2.

It is taken when the journey completes, never when its page is first opened: a customer may reload (FAPI2-SP-FINAL 5.3.2.2 note).
"""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.errors import RequestUriForeign, RequestUriInvalid, RequestUriUnsupported
from consent.services import Services
from consent.store.rows.formats import check_format
from consent.store.tables.oauth import pushed_requests
from kernel import json
from kernel.brand import Brand
from kernel.ids import hash_secret
from kernel.storage.sealed import Sealer
from kernel.tokens.marks import mark, marked_at

REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"
MARKED = "request_uri"
FORMAT = 2  # since 2 a request says its response type and mode, and may have no challenge


class PushedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization request whose every parameter was checked when it was pushed, or when a browser first brought it by value.
    `id` is the hash of the request_uri's secret part; `request_uri` is known only at creation."""

    brand: str
    id: str
    client_id: str
    redirect_uri: str
    scope: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    code_challenge: str | None = None
    response_type: str = "code"
    response_mode: str = "query"
    state: str | None = None
    nonce: str | None = None
    claims: dict[str, Any] = {}
    acr_values: tuple[str, ...] = ()
    consent_id: str | None = None
    prompt: tuple[str, ...] = ()
    dpop_jkt: str | None = None
    resources: tuple[str, ...] = ()  # that its tokens will be restricted to
    is_detailed: bool = False  # it says what it asks for by authorization_details
    amendment: bytes = b""  # sealed (consent/authorization/authorize/amendment.py): the change that it asks of the consent
    request_uri: str = ""


def new_request_secret(services: Services, brand: Brand) -> str:
    """The secret part of a request_uri; it bears our mark."""
    return mark(services.sealer, services.ids.secret(), services.clock.wall(), brand.name, MARKED)


def is_ours(sealer: Sealer, brand: Brand, secret: str) -> bool:
    """Did `new_request_secret` make it? Whether a request stands behind it is another question."""
    return marked_at(sealer, secret, brand.name, MARKED) is not None


async def issue_pushed(connection: AsyncConnection, pushed: PushedRequest) -> None:
    await connection.execute(
        pushed_requests.insert().values(
            brand=pushed.brand,
            id=pushed.id,
            client_id=pushed.client_id,
            format=FORMAT,
            document=json.encode(msgspec.structs.replace(pushed, request_uri="")),
            taken=False,
            created_at=pushed.created_at,
            expires_at=pushed.expires_at,
        )
    )


async def load_pushed(connection: AsyncConnection, brand: str, client_id: str, request_uri: str, now: datetime) -> PushedRequest:
    """The request that `client_id` pushed under `request_uri`; `now` is protocol time. Raises RequestUriInvalid,
    RequestUriForeign, or RequestUriUnsupported for one of another form, which is never fetched."""
    if not request_uri.startswith(REQUEST_URI_PREFIX):
        raise RequestUriUnsupported("not one of our request URIs")
    pushed_id = hash_secret(request_uri.removeprefix(REQUEST_URI_PREFIX))
    row = (await connection.execute(_select(brand, pushed_id))).one_or_none()
    if row is None:
        raise RequestUriInvalid("unknown")
    if row.client_id != client_id:
        raise RequestUriForeign(f"pushed by {row.client_id}, presented by another client")
    if row.taken:
        raise RequestUriInvalid("already used")
    if row.expires_at <= now:
        raise RequestUriInvalid(f"expired at {row.expires_at}")
    return _decode(row)


async def holds_pushed(connection: AsyncConnection, brand: str, secret: str) -> bool:
    """True if a request was stored under this secret, answered or not."""
    found = sa.select(pushed_requests.c.id).where(pushed_requests.c.brand == brand, pushed_requests.c.id == hash_secret(secret))
    return (await connection.execute(found)).one_or_none() is not None


async def load_begun(connection: AsyncConnection, brand: str, pushed_id: str) -> PushedRequest | None:
    """The request behind a journey that has begun: its request_uri may have expired since; None once it is taken."""
    row = (await connection.execute(_select(brand, pushed_id))).one_or_none()
    return None if row is None or row.taken else _decode(row)


async def load_answerable(connection: AsyncConnection, brand: str, client_id: str, request_uri: str) -> PushedRequest | None:
    """The request behind a used or expired request_uri of this client, as long as its row is kept: its redirect URI and state serve to
    answer with the error."""
    pushed_id = hash_secret(request_uri.removeprefix(REQUEST_URI_PREFIX))
    row = (await connection.execute(_select(brand, pushed_id))).one_or_none()
    return _decode(row) if row is not None and row.client_id == client_id and row.document else None


async def take_pushed(connection: AsyncConnection, brand: str, pushed_id: str) -> bool:
    """Complete the request: True for the first caller, False for every later one. What is kept of it is where it was answered."""
    pushed = await load_begun(connection, brand, pushed_id)
    if pushed is None:
        return False
    taken = await connection.execute(
        pushed_requests.update()
        .where(pushed_requests.c.brand == brand, pushed_requests.c.id == pushed_id, pushed_requests.c.taken.is_(False))
        .values(taken=True, document=json.encode(_without_contents(pushed)))
    )
    return taken.rowcount == 1


def _without_contents(pushed: PushedRequest) -> PushedRequest:
    """Its address, its state and the form of the answer stay; everything else that the client asked for is gone."""
    return PushedRequest(
        brand=pushed.brand,
        id=pushed.id,
        client_id=pushed.client_id,
        redirect_uri=pushed.redirect_uri,
        scope=(),
        created_at=pushed.created_at,
        expires_at=pushed.expires_at,
        response_type=pushed.response_type,
        response_mode=pushed.response_mode,
        state=pushed.state,
    )


def _select(brand: str, pushed_id: str) -> sa.Select[Any]:
    return sa.select(pushed_requests).where(pushed_requests.c.brand == brand, pushed_requests.c.id == pushed_id)


def _decode(row: sa.Row[Any]) -> PushedRequest:
    check_format("a pushed request", row.format, present=FORMAT)
    return msgspec.json.decode(row.document, type=PushedRequest)
