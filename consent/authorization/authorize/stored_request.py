"""A request that passed its steps becomes a stored one, with the consent that it is about. RFC 9126 section 2.

A request that names no consent gets one from its authorization_details, or else from the client's default permissions.
"""

from dataclasses import dataclass

from consent.authorization.authorize.amendment import seal_amendment
from consent.authorization.authorize.pushed import REQUEST_URI_PREFIX, PushedRequest, issue_pushed
from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.offer.authorization_details import lodgement_of
from kernel.banking.consents import AccountsTerms, ConsentKind, ConsentLodgement, Permission
from kernel.commands.unit_of_work import UnitOfWork
from kernel.ids import hash_secret

LODGED_AS_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """A request that passed its steps, under `secret`, with a consent if it names none: both or neither."""

    name = "store_request"
    locks = ()
    asked: AuthorizationRequest
    secret: str

    async def handle(self, unit: UnitOfWork) -> None:
        consent_id = self.asked.consent_id or await lodge_consent(unit, self.asked)
        await issue_pushed(unit.connection, _pushed_of(self.asked, self.secret, consent_id))


async def lodge_consent(unit: UnitOfWork, asked: AuthorizationRequest) -> str:
    """The consent of a request that names none, by its own terms or the client's default."""
    lodgement = lodgement_of(asked.details, asked.services.clock.now()) if asked.details else _default_of(asked)
    consent = await asked.services.store.lodge_within(unit, asked.brand, asked.client.caller, lodgement)
    return consent.id


def _default_of(asked: AuthorizationRequest) -> ConsentLodgement:
    return ConsentLodgement(
        kind=ConsentKind.ACCOUNTS,
        lodged_as=LODGED_AS_DEFAULT,
        terms=AccountsTerms(permissions=frozenset(Permission(name) for name in asked.client.default_permissions)),
    )


def _pushed_of(asked: AuthorizationRequest, secret: str, consent_id: str) -> PushedRequest:
    parameters, pushed_id = asked.parameters, hash_secret(secret)
    if asked.valid_until is None:
        raise RuntimeError("a request without an end")
    sealer, amendment = asked.services.sealer, asked.amendment
    return PushedRequest(
        brand=asked.brand.name,
        id=pushed_id,
        request_uri=REQUEST_URI_PREFIX + secret,
        client_id=asked.client.id,
        redirect_uri=parameters["redirect_uri"],
        response_type=asked.response_type,
        response_mode=asked.response_mode,
        scope=asked.scope,
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
        code_challenge=parameters.get("code_challenge"),
        claims=asked.claims,
        acr_values=asked.acr_values,
        consent_id=consent_id,
        prompt=asked.prompt,
        created_at=asked.services.clock.wall(),
        expires_at=asked.valid_until,
        dpop_jkt=asked.dpop_jkt,
        resources=asked.resources,
        is_detailed=asked.is_detailed,
        amendment=seal_amendment(sealer, asked.brand.name, pushed_id, amendment) if amendment else b"",
    )
