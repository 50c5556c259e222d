"""A PSU's journey through our pages, as a row: what for, which stage, whose, until when. Its authorisation has a row of its own
(consent/store/rows/authorisations.py), which the journey leads to.

RTS (EU) 2018/389 article 4(3)(d): five minutes without activity end it. The browser holds a secret, the row its hash; a new
secret is given at login, so that a session planted before it is worth nothing after it (session fixation).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.tables.consents import journeys

IDLE_MAX = timedelta(minutes=5)  # between two requests of a browser
JOURNEY_MAX = timedelta(minutes=15)  # from the first page to the answer
VISIT_MAX = timedelta(hours=1)  # to the dashboard, however busy


class Purpose(StrEnum):
    """The purpose of a PSU's journey."""

    CONSENT = "consent"  # to answer what a TPP asks
    DASHBOARD = "dashboard"  # to see who has access


class Stage(StrEnum):
    PASSWORD = "password"
    SCA = "sca"
    CONSENT = "consent"
    DASHBOARD = "dashboard"
    DONE = "done"


AUTHENTICATED = {Purpose.CONSENT: Stage.CONSENT, Purpose.DASHBOARD: Stage.DASHBOARD}
LONGEST = {Purpose.CONSENT: JOURNEY_MAX, Purpose.DASHBOARD: VISIT_MAX}


class Notice(StrEnum):
    """The notice at the top of the next page."""

    NONE = ""
    CREDENTIALS_WRONG = "credentials_wrong"
    CREDENTIALS_BLOCKED = "credentials_blocked"
    CODE_WRONG = "code_wrong"
    CODE_BLOCKED = "code_blocked"
    CODE_EXPIRED = "code_expired"
    CODE_SENT = "code_sent"
    REQUEST_EXPIRED = "request_expired"
    REQUEST_SENT = "request_sent"
    SENDING_BLOCKED = "sending_blocked"
    DEVICE_WAITING = "device_waiting"
    NO_ACCOUNT = "no_account"
    ACCOUNT_CLOSED = "account_closed"
    SIGNERS_UNABLE = "signers_unable"
    DEBTOR_SIGNERS_UNABLE = "debtor_signers_unable"
    CHOSEN_ACCOUNT_CLOSED = "chosen_account_closed"
    NO_DEBTOR_ACCOUNT = "no_debtor_account"
    DEBTOR_ACCOUNT_CLOSED = "debtor_account_closed"
    PAYEE_NOT_OWN = "payee_not_own"
    TIMED_OUT = "timed_out"
    SHARING_STOPPED = "sharing_stopped"
    NOT_SHARING = "not_sharing"
    REQUEST_APPROVED = "request_approved"
    REQUEST_DENIED = "request_denied"
    SIGNED = "signed"
    NOT_SIGNED = "not_signed"
    NOTHING_TO_SIGN = "nothing_to_sign"
    PAYMENT_CANCELLED = "payment_cancelled"
    STANDING_ORDER_CANCELLED = "standing_order_cancelled"
    FILE_CANCELLED = "file_cancelled"
    PAYMENT_NOT_CANCELLED = "payment_not_cancelled"


GOOD_NEWS = frozenset(
    {
        Notice.NONE,
        Notice.CODE_SENT,
        Notice.REQUEST_SENT,
        Notice.SHARING_STOPPED,
        Notice.REQUEST_APPROVED,
        Notice.REQUEST_DENIED,
        Notice.SIGNED,
        Notice.NOT_SIGNED,
        Notice.PAYMENT_CANCELLED,
        Notice.STANDING_ORDER_CANCELLED,
        Notice.FILE_CANCELLED,
    }
)  # any other says why something did not happen


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    brand: str
    id: str
    secret_hash: str
    login_hash: str | None
    purpose: Purpose
    pushed_id: str | None  # this and the next two: None when no TPP asks
    client_id: str | None
    consent_id: str | None
    stage: Stage
    notice: Notice
    psu_id: str | None
    authorisation_id: str | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


async def insert_journey(
    connection: AsyncConnection,
    *,
    brand: str,
    journey_id: str,
    secret_hash: str,
    now: datetime,
    authorisation_id: str,
    purpose: Purpose = Purpose.CONSENT,
    pushed_id: str | None = None,
    client_id: str | None = None,
    consent_id: str | None = None,
    notice: Notice = Notice.NONE,
) -> None:
    await connection.execute(
        journeys.insert().values(
            brand=brand,
            id=journey_id,
            secret_hash=secret_hash,
            purpose=purpose,
            pushed_id=pushed_id,
            client_id=client_id,
            consent_id=consent_id,
            stage=Stage.PASSWORD,
            notice=notice,
            authorisation_id=authorisation_id,
            created_at=now,
            seen_at=now,
            expires_at=now + IDLE_MAX,
        )
    )


async def load_journey(connection: AsyncConnection, brand: str, secret_hash: str, *, lock: bool = False) -> Journey | None:
    """The journey of a browser's secret: its present one, or the one its login page was served under. Expired ones too."""
    of_brand = journeys.c.brand == brand  # in each arm, so that each goes by its own index
    mine = sa.or_(
        sa.and_(of_brand, journeys.c.secret_hash == secret_hash), sa.and_(of_brand, journeys.c.login_hash == secret_hash)
    )
    query = sa.select(journeys).where(mine)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else _read(row)


async def update_journey(connection: AsyncConnection, journey: Journey, **changes: Any) -> None:
    await connection.execute(
        journeys.update().where(journeys.c.brand == journey.brand, journeys.c.id == journey.id).values(**changes)
    )


async def update_unmoved(connection: AsyncConnection, journey: Journey, **changes: Any) -> bool:
    """The same, if it is still at the stage and of the login at which `journey` was read; False if it has moved on."""
    updated = await connection.execute(
        journeys.update()
        .where(
            journeys.c.brand == journey.brand,
            journeys.c.id == journey.id,
            journeys.c.stage == journey.stage,
            journeys.c.secret_hash == journey.secret_hash,
        )
        .values(**changes)
    )
    return updated.rowcount == 1


async def take_journey(connection: AsyncConnection, journey: Journey, now: datetime) -> bool:
    """Finish a journey: True for the first caller that finds it as `journey` was read, False for every other."""
    return await update_unmoved(connection, journey, stage=Stage.DONE, seen_at=now)


def seen(journey: Journey, now: datetime) -> dict[str, Any]:
    """The changes that activity at `now` makes: the idle limit restarts, the total limit stays."""
    return {"seen_at": now, "expires_at": min(now + IDLE_MAX, journey.created_at + LONGEST[journey.purpose])}


def _read(row: sa.Row[Any]) -> Journey:
    columns = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's documented view of a row by name
    return Journey(**columns | {"purpose": Purpose(row.purpose), "stage": Stage(row.stage), "notice": Notice(row.notice)})
