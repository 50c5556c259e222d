"""Read what is to become of a grant: a new one, or another one's terms added to or put in the place of those that stand.

Grant Management for OAuth 2.0 sections 5.2 and 5.4. A grant that is unknown, another client's or over looks the same to everyone.
"""

from typing import Literal

from consent.authorization.authorize.amendment import Amendment
from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.offer.authorization_details import AccountInformation
from consent.errors import AuthorizationDetailsInvalid, GrantIdInvalid
from consent.store.kinds.registry import kind_of
from consent.store.lifecycle import ConsentEvent, allows
from consent.store.rows.snapshots import load_consent
from kernel.banking.consents import Consent
from kernel.errors import FieldInvalid, FieldMissing, FieldUnexpected
from kernel.identifiers import is_identifier

AMENDING: dict[str, Literal["merge", "replace"]] = {"merge": "merge", "replace": "replace"}


async def check_grant_management(asked: AuthorizationRequest) -> None:
    action, grant_id = asked.parameters.get("grant_management_action"), asked.parameters.get("grant_id")
    if action is not None and action != "create" and action not in AMENDING:
        raise FieldInvalid("unknown", path="grant_management_action", public="The grant_management_action is not supported.")
    if action is None or action == "create":
        if grant_id is not None:
            raise FieldUnexpected(path="grant_id", public="A grant_id goes with merge or replace.")
        return
    if grant_id is None:
        raise FieldMissing(path="grant_id", public="The grant_id is missing.")
    if asked.details is None:
        raise FieldMissing(path="authorization_details", public="A grant is changed by the terms in authorization_details.")
    if not isinstance(asked.details, AccountInformation):
        raise AuthorizationDetailsInvalid("a payment as a change", public="A payment is a grant of its own.")
    consent = await _load_grant(asked, grant_id)
    asked.consent_id = consent.id
    asked.amendment = Amendment(AMENDING[action], asked.details, consent.version)


async def check_grant_management_absent(asked: AuthorizationRequest) -> None:
    """Refuse Grant Management in a request at the backchannel, which always asks for a new grant."""
    for name in ("grant_id", "grant_management_action"):
        if name in asked.parameters and asked.parameters[name] != "create":
            raise FieldUnexpected(path=name, public="A grant is changed where its customer is: push the request.")


async def _load_grant(asked: AuthorizationRequest, grant_id: str) -> Consent:
    """The grant, if this client may ask its PSU to change it. Raises GrantIdInvalid."""
    services = asked.services
    if not is_identifier(grant_id):
        raise GrantIdInvalid("not an id")
    async with services.database.read() as connection:
        consent = await load_consent(connection, services.sealer, asked.brand.name, grant_id)
    if consent is None or consent.client_id != asked.client.id:
        raise GrantIdInvalid("unknown, or another client's")
    if not kind_of(consent).may_be_amended or not allows(consent, ConsentEvent.AMEND, services.clock.now()):
        raise GrantIdInvalid(f"{consent.kind} consent that is {consent.state}")
    return consent
