"""The rows of backchannel requests: customer, consent, answer and expiry.

The client holds the auth_req_id, the row its hash. A request is answered once and redeemed once, each by one statement; until its row is
removed, a late poll gets the error that fits its state. The row holds the sealed notification for the client until it is sent
(consent/authorization/backchannel/notifier.py).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.rows.formats import check_format
from consent.store.tables.oauth import backchannel_requests, clients
from kernel import json

INTERVAL_SECONDS = 5  # between two polls; CIBA section 7.3
SLOWER_BY_SECONDS = 5  # each time that a client polls too soon; CIBA section 11
INTERVAL_SECONDS_MAX = 60  # between two polls, however often a client polled too soon
EARLY = timedelta(seconds=1)  # that a poll may come too soon: clocks and networks are not exact
FORMAT = 1


class RequestState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    REDEEMED = "redeemed"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The request's parameters, without the consent."""

    scope: tuple[str, ...]
    acr_values: tuple[str, ...] = ()
    userinfo_claims: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    is_detailed: bool = False
    binding_message: str | None = None


class BackchannelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is the hash of its auth_req_id. `family_id`, `auth_time` and `acr` are those of its approval; instants are protocol time."""

    brand: str
    id: str
    client_id: str
    consent_id: str
    psu_id: str
    authorisation_id: str | None = None  # None: answered before it had one
    state: RequestState
    wanted: Wanted
    interval_seconds: int
    polled_at: datetime | None = None
    family_id: str | None = None
    auth_time: datetime | None = None
    acr: str | None = None
    is_pinged: bool = False  # its client is notified of the answer
    created_at: datetime
    expires_at: datetime


async def insert_request(connection: AsyncConnection, request: BackchannelRequest, notification: bytes | None) -> None:
    await connection.execute(
        backchannel_requests.insert().values(
            brand=request.brand,
            id=request.id,
            client_id=request.client_id,
            consent_id=request.consent_id,
            psu_id=request.psu_id,
            authorisation_id=request.authorisation_id,
            state=request.state.value,
            format=FORMAT,
            document=json.encode(request.wanted),
            interval_seconds=request.interval_seconds,
            notification=notification,
            notify_attempts=0,
            created_at=request.created_at,
            expires_at=request.expires_at,
        )
    )


async def load_request(connection: AsyncConnection, brand: str, request_id: str) -> BackchannelRequest | None:
    row = (await connection.execute(_select(brand).where(backchannel_requests.c.id == request_id))).one_or_none()
    return None if row is None else _read(row)


async def load_waiting(
    connection: AsyncConnection, brand: str, now: datetime, *where: sa.ColumnElement[bool], at_most: int
) -> tuple[BackchannelRequest, ...]:
    """The requests that may still be answered at `now`, the newest first."""
    found = _select(brand).where(*_waiting(now), *where).order_by(backchannel_requests.c.created_at.desc()).limit(at_most)
    return tuple(_read(row) for row in await connection.execute(found))


async def load_waiting_by_turns(
    connection: AsyncConnection, brand: str, psu_id: str, now: datetime, *, skip: int, at_most: int
) -> tuple[BackchannelRequest, ...]:
    """The requests that wait for this PSU, of active clients: the newest of each organisation first, then the second of each, and so on.
    However many one asks, another's newest stands among the first."""
    asks = backchannel_requests.c
    newest_first = (asks.created_at.desc(), asks.id)
    turn = sa.func.row_number().over(partition_by=clients.c.organisation_id, order_by=newest_first)
    found = (
        _select(brand)
        .join(clients, sa.and_(clients.c.brand == asks.brand, clients.c.id == asks.client_id))
        .where(asks.psu_id == psu_id, clients.c.active.is_(True), *_waiting(now))
        .order_by(turn, *newest_first)
        .offset(skip)
        .limit(at_most)
    )
    return tuple(_read(row) for row in await connection.execute(found))


async def count_waiting(connection: AsyncConnection, brand: str, psu_id: str, client_id: str, now: datetime) -> int:
    """The number of requests of the client that wait for this PSU."""
    mine = (
        backchannel_requests.c.brand == brand,
        backchannel_requests.c.psu_id == psu_id,
        backchannel_requests.c.client_id == client_id,
    )
    waiting = sa.select(sa.func.count()).select_from(backchannel_requests).where(*mine, *_waiting(now))
    return int((await connection.execute(waiting)).scalar_one())


async def answer_request(
    connection: AsyncConnection, request: BackchannelRequest, state: RequestState, now: datetime, **facts: Any
) -> bool:
    """Answer the request: True for the first caller in time, False for every other. Its client is due a notification at once."""
    answered = await connection.execute(
        _update(request).where(*_waiting(now)).values(state=state.value, notify_at=now if request.is_pinged else None, **facts)
    )
    return answered.rowcount == 1


async def pace_request(connection: AsyncConnection, request: BackchannelRequest, now: datetime) -> bool:
    """Take a poll at `now`: True if it came in time. One that comes too soon makes the client wait longer from then on."""
    polled = backchannel_requests.c.polled_at
    due = now - timedelta(seconds=request.interval_seconds) + EARLY
    in_time = await connection.execute(_update(request).where(sa.or_(polled.is_(None), polled <= due)).values(polled_at=now))
    if in_time.rowcount == 1:
        return True
    slower = min(request.interval_seconds + SLOWER_BY_SECONDS, INTERVAL_SECONDS_MAX)
    await connection.execute(_update(request).values(polled_at=now, interval_seconds=slower))
    return False


async def take_request(connection: AsyncConnection, request: BackchannelRequest) -> bool:
    """Redeem an approved request: True for exactly one caller, however many ask at the same moment."""
    taken = await connection.execute(
        _update(request)
        .where(backchannel_requests.c.state == RequestState.APPROVED.value)
        .values(state=RequestState.REDEEMED.value)
    )
    return taken.rowcount == 1


def _select(brand: str) -> sa.Select[Any]:
    return sa.select(backchannel_requests).where(backchannel_requests.c.brand == brand)


def _update(request: BackchannelRequest) -> sa.Update:
    return backchannel_requests.update().where(
        backchannel_requests.c.brand == request.brand, backchannel_requests.c.id == request.id
    )


def _waiting(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (backchannel_requests.c.state == RequestState.PENDING.value, backchannel_requests.c.expires_at > now)


def _read(row: sa.Row[Any]) -> BackchannelRequest:
    check_format(f"backchannel request {row.id}", row.format, present=FORMAT)
    return BackchannelRequest(
        brand=row.brand,
        id=row.id,
        client_id=row.client_id,
        consent_id=row.consent_id,
        psu_id=row.psu_id,
        authorisation_id=row.authorisation_id,
        state=RequestState(row.state),
        wanted=msgspec.json.decode(row.document, type=Wanted),
        interval_seconds=row.interval_seconds,
        polled_at=row.polled_at,
        family_id=row.family_id,
        auth_time=row.auth_time,
        acr=row.acr,
        is_pinged=row.notification is not None,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
