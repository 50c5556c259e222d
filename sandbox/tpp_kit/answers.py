"""Readers of the server's answers for a TPP: tokens, a consent, or a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.tpp_kit.signatures import ResponseInvalid
from sandbox.tpp_kit.wire import Answer


class Refused(Exception):
    """The server answered a call with another status than its success."""

    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(f"{what}: {answer.status} {answer.body[:300].decode(errors='replace')}")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class LodgedConsent:
    id: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A token response. `claims` are those of the verified ID token, empty if there was none."""

    access_token: str
    expires_in: int
    scope: str
    refresh_token: str | None
    claims: dict[str, Any]
    grant_id: str | None = None
    authorization_details: tuple[dict[str, Any], ...] = ()


def expect(status: int, what: str, answer: Answer) -> dict[str, Any]:
    if answer.status != status:
        raise Refused(what, answer)
    document = answer.json()
    if not isinstance(document, dict):
        raise ResponseInvalid(f"{what}: not a JSON object")
    return document


def read_tokens(document: Mapping[str, Any], claims: dict[str, Any], token_type: str) -> Tokens:
    if document.get("token_type", "").lower() != token_type:
        raise ResponseInvalid("token_type")
    return Tokens(
        access_token=document["access_token"],
        expires_in=document["expires_in"],
        scope=document.get("scope", ""),
        refresh_token=document.get("refresh_token"),
        claims=claims,
        grant_id=document.get("grant_id"),
        authorization_details=tuple(document.get("authorization_details", ())),
    )
