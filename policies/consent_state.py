"""Refuse a call whose consent is not authorised now: still awaited, refused, suspended, expired or revoked; or is of another kind
or caller. Where a repeat must find what its first use made, the state is judged inside the command. A token carries its consent; a call by certificate names one in a header, and what is another's looks as if it did not exist."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Snapshots
from kernel.access import Grant
from kernel.banking import consents
from kernel.clock import Clock
from kernel.errors import (
    ConsentExpired,
    ConsentForeign,
    ConsentMismatch,
    ConsentNotAuthorised,
    ConsentRevoked,
    ConsentSuspended,
    ConsentUnknown,
)
from kernel.hot_state.checks import VersionIs
from kernel.hot_state.subjects import consent_subject
from kernel.identifiers import is_identifier
from openapi.dialect import Row
from openapi.owners import is_owner

_REVOKED = frozenset({consents.ConsentState.REVOKED_BY_PSU, consents.ConsentState.WITHDRAWN_BY_TPP})
_OVER = frozenset({consents.ConsentState.EXPIRED, consents.ConsentState.CONSUMED, consents.ConsentState.SUPERSEDED})


@dataclass(frozen=True)
class ConsentState:
    snapshots: Snapshots
    clock: Clock
    name = "consent_state"

    def applies(self, row: Row) -> bool:
        return row.consent_kind is not None and row.grant is Grant.AUTHORIZATION_CODE

    async def on_request(self, exchange: Exchange) -> None:
        brand, consent_id = exchange.brand, _consent_id(exchange)
        if consent_id is None:
            raise ConsentUnknown("neither token nor header names a consent")
        subject = consent_subject(brand.name, consent_id)
        consent = await self.snapshots.consent(brand, consent_id, fresh=exchange.is_stale(subject))
        if consent is None:
            raise ConsentUnknown(f"consent {consent_id}")
        exchange.checks.append(VersionIs(subject, consent.version))
        if not is_owner(present(exchange.caller), consent):
            foreign = ConsentUnknown if exchange.row.credential == "certificate" else ConsentForeign
            raise foreign(f"consent {consent.id} is of client {consent.client_id}, organisation {consent.organisation_id}")
        if consent.kind != exchange.row.consent_kind:
            raise ConsentMismatch(f"consent {consent.id} is of kind {consent.kind}")
        if not exchange.row.idempotent:
            self._check_authorised(consent)
        exchange.consent = consent

    def _check_authorised(self, consent: consents.Consent) -> None:
        state = consent.effective_state(self.clock.now())
        if state in _OVER:
            raise ConsentExpired(f"consent {consent.id} is {state}, valid until {consent.valid_until}")
        if state in _REVOKED:
            raise ConsentRevoked(f"consent {consent.id} is {state}")
        if state is consents.ConsentState.SUSPENDED:
            raise ConsentSuspended(f"consent {consent.id} since {consent.state_changed_at}")
        if state is not consents.ConsentState.AUTHORISED:
            raise ConsentNotAuthorised(f"consent {consent.id} is {state}")


def _consent_id(exchange: Exchange) -> str | None:
    if exchange.row.credential == "certificate":
        named = exchange.dialect.headers.parse_consent_id(exchange.request)
        return named if named is not None and is_identifier(named) else None
    return present(exchange.token).consent_id
