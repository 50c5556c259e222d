"""A notice as a Security Event Token: its claims, and the resource that it is about. OBIE R/W 4.0, Event Notification; RFC 8417.

A resource is found in the rows of the services: what reads a consent or an order of a product says where it is, and what it is called.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from kernel.access import Grant
from kernel.banking.notices import Notice, NoticeKind, SubjectKind
from openapi.dialect import Row, Service
from openapi.uk_obie.v4_0.events.types import CALLBACK_END, EVENT_TYPES, REASONS
from openapi.uk_obie.v4_0.events.wire import OBEvent1, OBEventLink1, OBEventNotification1, OBEventSubject1
from openapi.uk_obie.v4_0.headers import INTERACTION_ID

SUBJECT_TYPE = "http://openbanking.org.uk/rid_http://openbanking.org.uk/rty"
LINK_VERSION = "v4.0"


class Notices:
    """The face of the notices."""

    algorithm = "PS256"
    token_type = "secevent+jwt"  # RFC 8417 section 2.3: no other token of ours passes for one
    media_type = "application/jwt"
    interaction_header = INTERACTION_ID
    taken = 202
    callback_path = CALLBACK_END
    claims: type = OBEventNotification1
    event: type = OBEvent1

    def __init__(self, services: Sequence[Service]) -> None:
        self._collections = dict(_collections(services))

    def has(self, kind: NoticeKind, subject: SubjectKind, product: str) -> bool:
        return kind in EVENT_TYPES and (subject, product) in self._collections

    def name_of(self, kind: NoticeKind) -> str:
        return EVENT_TYPES[kind]

    def claims_of(self, notice: Notice, issuer: str, resources: str) -> Mapping[str, Any]:
        collection = self._collections[notice.subject, notice.product]
        link = f"{resources}{collection}/{notice.subject_id}"
        subject = OBEventSubject1(
            subject_type=SUBJECT_TYPE,
            rid=notice.subject_id,
            rty=collection.rsplit("/", 1)[-1].removesuffix("s"),
            rlk=[OBEventLink1(LINK_VERSION, link)],
        )
        reason = UNSET if notice.reason is None else REASONS.get(notice.reason, UNSET)
        notification = OBEventNotification1(
            iss=issuer,
            iat=int(notice.made_at.timestamp()),
            jti=notice.id,
            aud=notice.client_id,
            sub=link,
            txn=notice.id,
            toe=int(notice.occurred_at.timestamp()),
            events={EVENT_TYPES[notice.kind]: OBEvent1(reason=reason, subject=subject)},
        )
        claims: dict[str, Any] = msgspec.to_builtins(notification)
        return claims


def _collections(services: Sequence[Service]) -> list[tuple[tuple[SubjectKind, str], str]]:
    """The path of each collection of consents or orders, by what it holds and by product."""
    found = []
    for service in services:
        for row in service.rows:
            collection, _, last = row.path.rpartition("/")
            if row.consent_kind is not None and _reads_one(row, collection, last):
                subject = SubjectKind.CONSENT if collection.endswith("-consents") else SubjectKind.ORDER
                found.append(((subject, row.consent_kind.value), service.base_path + collection))
    return found


def _reads_one(row: Row, collection: str, last: str) -> bool:
    return row.method == "GET" and row.grant is Grant.CLIENT_CREDENTIALS and last.startswith("{") and collection.count("/") == 1
