"""A PSU's journey from an authorization request to its answer, as a row: which stage, whose, how many failures, until when.

RTS (EU) 2018/389 article 4(3)(d): five minutes without activity end it. The browser holds a secret, the row its hash; a new secret is given at
login, so that a session planted before it is worth nothing after it (session fixation).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.tables_consents import journeys

IDLE_MAX = timedelta(minutes=5)
JOURNEY_MAX = timedelta(minutes=15)


class Stage(StrEnum):
    PASSWORD = "password"
    SCA = "sca"
    CONSENT = "consent"
    DONE = "done"


# Where each stage's page stands; a finished journey has none.
PATHS = {Stage.PASSWORD: "/login", Stage.SCA: "/sca", Stage.CONSENT: "/consent"}


class Notice(StrEnum):
    """What the next page says first."""

    NONE = ""
    CREDENTIALS_WRONG = "credentials_wrong"
    CREDENTIALS_BLOCKED = "credentials_blocked"
    CODE_WRONG = "code_wrong"
    CODE_BLOCKED = "code_blocked"
    CODE_EXPIRED = "code_expired"
    CODE_SENT = "code_sent"
    DEVICE_WAITING = "device_waiting"
    NO_ACCOUNT = "no_account"


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    brand: str
    id: str
    secret_hash: str
    login_hash: str | None
    pushed_id: str
    client_id: str
    consent_id: str
    stage: Stage
    notice: Notice
    psu_id: str | None
    authorisation_id: str | None
    password_failures: int
    code_failures: int
    codes_sent: int
    challenge: bytes | None
    evidence: bytes | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


async def insert_journey(
    connection: AsyncConnection,
    *,
    brand: str,
    journey_id: str,
    secret_hash: str,
    pushed_id: str,
    client_id: str,
    consent_id: str,
    now: datetime,
) -> None:
    await connection.execute(
        journeys.insert().values(
            brand=brand,
            id=journey_id,
            secret_hash=secret_hash,
            pushed_id=pushed_id,
            client_id=client_id,
            consent_id=consent_id,
            stage=Stage.PASSWORD,
            notice=Notice.NONE,
            password_failures=0,
            code_failures=0,
            codes_sent=0,
            created_at=now,
            seen_at=now,
            expires_at=now + IDLE_MAX,
        )
    )


async def load_journey(connection: AsyncConnection, brand: str, secret_hash: str, *, lock: bool = False) -> Journey | None:
    """The journey of a browser's secret: its present one, or the one its login page was served under. Expired ones too."""
    mine = sa.or_(journeys.c.secret_hash == secret_hash, journeys.c.login_hash == secret_hash)
    query = sa.select(journeys).where(journeys.c.brand == brand, mine)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else _read(row)


async def update_journey(connection: AsyncConnection, journey: Journey, **changes: Any) -> None:
    await connection.execute(
        journeys.update().where(journeys.c.brand == journey.brand, journeys.c.id == journey.id).values(**changes)
    )


async def take_journey(connection: AsyncConnection, journey: Journey, now: datetime) -> bool:
    """Finish a journey: True for the first caller that finds it as `journey` was read, False for every other."""
    finished = await connection.execute(
        journeys.update()
        .where(
            journeys.c.brand == journey.brand,
            journeys.c.id == journey.id,
            journeys.c.stage == journey.stage,
            journeys.c.secret_hash == journey.secret_hash,
        )
        .values(stage=Stage.DONE, seen_at=now, challenge=None, evidence=None)
    )
    return finished.rowcount == 1


def seen(journey: Journey, now: datetime) -> dict[str, Any]:
    """The changes that activity at `now` makes: the idle limit starts anew, the total limit stays."""
    return {"seen_at": now, "expires_at": min(now + IDLE_MAX, journey.created_at + JOURNEY_MAX)}


def _read(row: sa.Row[Any]) -> Journey:
    columns = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's documented view of a row by name
    return Journey(**columns | {"stage": Stage(row.stage), "notice": Notice(row.notice)})
