"""grant_type=authorization_code: the code is redeemed once, by its client, with its verifier, while its consent stands.

RFC 6749 section 4.1.3, RFC 7636 section 4.6, RFC 9449 section 10. Whoever presents a code that was used before ends everything that grew from it.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.errors import CodeInvalid
from consent.grants.granting import TokenRequest, parse_audience, render_grant, render_tokens
from consent.store.snapshots import load_consent
from consent.tokens.access import consent_claims, issue_access_token, issue_id_token
from consent.tokens.codes import load_code, take_code
from consent.tokens.families import load_family_row
from consent.tokens.refresh import issue_refresh_token
from consent.tokens.revoke import revoke_family
from kernel.access import Confirmation, FamilyState
from kernel.banking.consents import Consent, ConsentState
from kernel.errors import FieldMissing
from kernel.interaction import interaction_id
from kernel.journal import Entry

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A code taken, in the transaction that also made sure of its family and consent."""

    code: sa.Row[Any]
    family: sa.Row[Any]
    consent: Consent
    refresh_token: str | None
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """The code was used before."""

    family_id: str


class AuthorizationCode:
    name = "authorization_code"

    async def issue(self, asked: TokenRequest) -> dict[str, Any]:
        """Raises CodeInvalid, TargetInvalid or FieldMissing."""
        presented = asked.parameters.get("code")
        if presented is None:
            raise FieldMissing(path="code", public="The code is missing.")

        async def work(connection: AsyncConnection) -> Redeemed | Replayed:
            return await _redeem(connection, asked, presented)

        outcome = await asked.services.database.write(work)
        if isinstance(outcome, Replayed):
            actor = f"client:{asked.client.id}"
            await revoke_family(asked.services, asked.brand, outcome.family_id, actor=actor, reason="code presented twice")
            raise CodeInvalid("presented twice: its family has ended")
        return _render(asked, outcome)


async def _redeem(connection: AsyncConnection, asked: TokenRequest, presented: str) -> Redeemed | Replayed:
    """One transaction: raising leaves the code unused."""
    services, brand = asked.services, asked.brand.name
    code = await load_code(connection, brand, presented)
    if code is None or code.client_id != asked.client.id:
        raise CodeInvalid("unknown, or another client's")
    if not await take_code(connection, brand, presented):
        return Replayed(code.family_id)
    if code.expires_at <= services.clock.wall():
        raise CodeInvalid(f"expired at {code.expires_at}")
    _check_request(asked, code)
    family, consent = await _lock_grant(connection, asked, code)
    audience = parse_audience(asked, family.resources)
    refresh_token = None
    if "refresh_token" in asked.client.grant_types:
        refresh_token = await issue_refresh_token(
            connection, services.ids, brand=brand, family_id=family.id, client_id=asked.client.id, now=services.clock.wall()
        )
    await _record(connection, asked, family)
    return Redeemed(code, family, consent, refresh_token, audience)


async def _lock_grant(connection: AsyncConnection, asked: TokenRequest, code: sa.Row[Any]) -> tuple[sa.Row[Any], Consent]:
    """The code's family and consent, both still in force and locked; the consent first, as everyone locks them. Raises CodeInvalid."""
    services, brand = asked.services, asked.brand.name
    family = await load_family_row(connection, brand, code.family_id)
    consent = None if family is None else await load_consent(connection, services.sealer, brand, family.consent_id, lock=True)
    family = await load_family_row(connection, brand, code.family_id, lock=True)
    if family is None or family.state != FamilyState.ACTIVE.value:
        raise CodeInvalid("its family has ended")
    if consent is None or consent.client_id != asked.client.id or consent.psu_id != family.psu_id:
        raise CodeInvalid("the consent is not the one that was authorised")
    if consent.effective_state(services.clock.now()) is not ConsentState.AUTHORISED:
        raise CodeInvalid("the consent is not authorised any more")
    return family, consent


async def _record(connection: AsyncConnection, asked: TokenRequest, family: sa.Row[Any]) -> None:
    await asked.services.journal.record(
        connection,
        Entry(
            brand=asked.brand.name,
            kind="code.redeemed",
            aggregate_id=family.id,
            at=asked.services.clock.wall(),
            actor=f"client:{asked.client.id}",
            interaction_id=interaction_id.get(),
            facts={"consent_id": family.consent_id},
        ),
    )


def _check_request(asked: TokenRequest, code: sa.Row[Any]) -> None:
    if code.dpop_jkt is not None and asked.confirmation != Confirmation("jkt", code.dpop_jkt):
        raise CodeInvalid("another key than its request named")
    redirect_uri = asked.parameters.get("redirect_uri", code.redirect_uri)
    if redirect_uri != code.redirect_uri:
        raise CodeInvalid("redirect_uri is not the pushed one")
    if code.code_challenge is None:
        _check_no_verifier(asked)
        return
    verifier = asked.parameters.get("code_verifier", "")
    if not _VERIFIER.fullmatch(verifier):
        raise CodeInvalid("code_verifier is missing or malformed")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not hmac.compare_digest(challenge, code.code_challenge):
        raise CodeInvalid("code_verifier does not fit the challenge")


def _check_no_verifier(asked: TokenRequest) -> None:
    """RFC 9700 section 4.8.2: a verifier without a challenge means that someone took the challenge out of the request."""
    if "code_verifier" in asked.parameters:
        raise CodeInvalid("a code_verifier for a code without challenge")


def _render(asked: TokenRequest, redeemed: Redeemed) -> dict[str, Any]:
    services, brand, client = asked.services, asked.brand, asked.client
    family, scope = redeemed.family, tuple(redeemed.family.scope.split())
    issued = issue_access_token(
        services,
        brand,
        client,
        subject=family.subject,
        scope=scope,
        confirmation=asked.confirmation,
        family_id=family.id,
        consent_id=family.consent_id,
        audience=redeemed.audience,
    )
    answer = render_tokens(issued, scope, redeemed.refresh_token) | render_grant(redeemed.consent, family)
    if "openid" in scope:
        answer["id_token"] = issue_id_token(
            services,
            brand,
            client,
            subject=family.subject,
            nonce=redeemed.code.nonce,
            auth_time=redeemed.code.auth_time,
            acr=redeemed.code.acr,
            claims=consent_claims(services, redeemed.consent),
        )
    return answer
