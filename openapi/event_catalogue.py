"""The catalogue of the notices of each dialect that has them: an AsyncAPI 3.0 document, generated from its face, so that no contract changes unseen.

`python -m openapi.event_catalogue` writes each one into the folder of the service of events; a test fails when one is out of date.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from kernel.banking.consents import ConsentKind
from kernel.banking.notices import Notice, NoticeKind, SubjectKind
from openapi import DIALECTS
from openapi.addresses import USUAL
from openapi.dialect import Dialect
from openapi.faces import NoticeFace

JsonObject = dict[str, Any]

CHANNEL = "notifications"
FOLDER = "events"
_REF_TEMPLATE = "#/components/schemas/{name}"
_NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
_SUBJECTS: dict[NoticeKind, tuple[SubjectKind, ConsentKind]] = {
    NoticeKind.RESOURCE_UPDATED: (SubjectKind.ORDER, ConsentKind.PAYMENT),
    NoticeKind.CONSENT_STOPPED: (SubjectKind.CONSENT, ConsentKind.ACCOUNTS),
    NoticeKind.ACCOUNT_REMOVED: (SubjectKind.CONSENT, ConsentKind.ACCOUNTS),
    NoticeKind.PAYING_ACCOUNT_REMOVED: (SubjectKind.CONSENT, ConsentKind.VRP),
}
_SUMMARIES: dict[NoticeKind, str] = {
    NoticeKind.RESOURCE_UPDATED: "The status of a payment has changed: read it.",
    NoticeKind.CONSENT_STOPPED: "Its customer, or the bank, has ended the authorisation of a consent.",
    NoticeKind.ACCOUNT_REMOVED: "An account of a consent to account information has been closed, or has moved to another bank.",
    NoticeKind.PAYING_ACCOUNT_REMOVED: "The account of a consent to recurring payments has been closed, or has moved to another bank.",
}


def catalogue_of(dialect: Dialect, face: NoticeFace) -> JsonObject:
    """The document as JSON values, in a fixed order."""
    _, schemas = msgspec.json.schema_components((face.claims, face.event), ref_template=_REF_TEMPLATE)
    messages = {kind.value: _message(face, kind) for kind in NoticeKind if face.has(kind, *_SUBJECTS[kind])}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"{dialect.name}: events",
            "version": dialect.version or "0",
            "description": "Each message is a compact JWS, whose payload has this schema. It is sent at least once to the address of a "
            f"client, which takes it by {face.taken}, or given by polls until it is acknowledged.",
        },
        "defaultContentType": face.media_type,
        "channels": {
            CHANNEL: {
                "address": face.callback_path,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {"send": {"action": "send", "channel": {"$ref": f"#/channels/{CHANNEL}"}}},
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def render_catalogue(dialect: Dialect, face: NoticeFace) -> bytes:
    """The bytes that are committed."""
    return (json.dumps(catalogue_of(dialect, face), indent=2, ensure_ascii=False) + "\n").encode()


def catalogue_path(dialect: Dialect) -> Path:
    return Path(__file__).parent / dialect.name.replace(".", "_") / FOLDER / "asyncapi.json"


def write_catalogues(dialects: Iterable[Dialect] = DIALECTS) -> None:
    for dialect in dialects:
        if dialect.notices is not None:
            catalogue_path(dialect).write_bytes(render_catalogue(dialect, dialect.notices))


def _message(face: NoticeFace, kind: NoticeKind) -> JsonObject:
    name, event = face.name_of(kind), {"$ref": _REF_TEMPLATE.format(name=face.event.__name__)}
    events = {"type": "object", "properties": {name: event}, "required": [name], "additionalProperties": False}
    return {
        "name": name,
        "summary": _SUMMARIES[kind],
        "contentType": face.media_type,
        "headers": {
            "type": "object",
            "properties": {face.interaction_header: {"type": "string", "format": "uuid"}},
            "required": [face.interaction_header],
        },
        "payload": {
            "allOf": [
                {"$ref": _REF_TEMPLATE.format(name=face.claims.__name__)},
                {"type": "object", "properties": {"events": events}},
            ]
        },
        "examples": [{"name": kind.value, "payload": _example(face, kind)}],
    }


def _example(face: NoticeFace, kind: NoticeKind) -> JsonObject:
    subject, product = _SUBJECTS[kind]
    is_removal = kind in {NoticeKind.ACCOUNT_REMOVED, NoticeKind.PAYING_ACCOUNT_REMOVED}
    notice = Notice(
        id="5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55",
        client_id="0d2b92bf-eaf9-4187-9094-7ac8c9e7cf63",
        kind=kind,
        subject=subject,
        subject_id="2c9a7c0e-5b1f-4f6d-8e0a-6d3b9f1e7a42",
        subject_version=3,
        product=product,
        occurred_at=_NOW,
        made_at=_NOW,
        reason="closed" if is_removal else None,
        lodged_as="",
    )
    return dict(face.claims_of(notice, USUAL.public, USUAL.mtls))


if __name__ == "__main__":
    write_catalogues()
