"""A request that passed its steps becomes a stored one, with the consent that it is about. RFC 9126 section 2.

A request that names no consent gets one from its authorization_details, or else from the client's default permissions.
"""

from dataclasses import dataclass

from consent.authorization.authorize.amendment import seal_amendment
from consent.authorization.authorize.pushed import REQUEST_URI_PREFIX, PushedRequest, issue_pushed
from consent.authorization.authorize.request import Asking
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
    asking: Asking
    secret: str

    async def handle(self, unit: UnitOfWork) -> None:
        consent_id = self.asking.consent_id or await lodge_consent(unit, self.asking)
        await issue_pushed(unit.connection, _pushed_of(self.asking, self.secret, consent_id))


async def lodge_consent(unit: UnitOfWork, asking: Asking) -> str:
    """The consent of a request that names none, by its own terms or the client's default."""
    lodgement = lodgement_of(asking.details, asking.services.clock.now()) if asking.details else _default_of(asking)
    consent = await asking.services.store.lodge_within(unit, asking.brand, asking.client.caller, lodgement)
    return consent.id


def _default_of(asking: Asking) -> ConsentLodgement:
    return ConsentLodgement(
        kind=ConsentKind.ACCOUNTS,
        lodged_as=LODGED_AS_DEFAULT,
        terms=AccountsTerms(permissions=frozenset(Permission(name) for name in asking.client.default_permissions)),
    )


def _pushed_of(asking: Asking, secret: str, consent_id: str) -> PushedRequest:
    parameters, pushed_id = asking.parameters, hash_secret(secret)
    if asking.valid_until is None:
        raise RuntimeError("a request without an end")
    sealer, amendment = asking.services.sealer, asking.amendment
    return PushedRequest(
        brand=asking.brand.name,
        id=pushed_id,
        request_uri=REQUEST_URI_PREFIX + secret,
        client_id=asking.client.id,
        redirect_uri=parameters["redirect_uri"],
        response_type=asking.response_type,
        response_mode=asking.response_mode,
        scope=asking.scope,
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
        code_challenge=parameters.get("code_challenge"),
        claims=asking.claims,
        acr_values=asking.acr_values,
        consent_id=consent_id,
        prompt=asking.prompt,
        created_at=asking.services.clock.wall(),
        expires_at=asking.valid_until,
        dpop_jkt=asking.dpop_jkt,
        resources=asking.resources,
        is_detailed=asking.is_detailed,
        amendment=seal_amendment(sealer, asking.brand.name, pushed_id, amendment) if amendment else b"",
    )
