"""Find the consent that the request names, by the brand's dialects or in detail; a request that names none and gives no terms of one
takes the client's default permissions, which it must have.

The owner is checked later (check_consent_owner.py): a refusal of the push would show its client that another's consent exists.
"""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.offer.authorization_details import KIND_OF, Details
from consent.authorization.offer.scopes import scopes_for
from consent.errors import ScopeInvalid
from kernel.banking.consents import ConsentKind
from kernel.errors import FieldInvalid, FieldMissing
from kernel.identifiers import is_identifier


async def check_consent_named(asked: AuthorizationRequest) -> None:
    dialects = asked.services.dialects_of(asked.brand)
    named = {dialect.authorization.consent_id_of(asked.parameters, asked.claims) for dialect in dialects} - {None}
    if asked.details is not None:
        if named:
            raise FieldInvalid(
                "terms in a request that names a consent",
                path="claims",
                public="The request names a consent and asks for another.",
            )
        _open_with_scope(asked, asked.details)
        return
    named |= {asked.consent_id} - {None}
    if len(named) > 1:
        raise FieldInvalid("two consents", path="claims", public="The request names more than one consent.")
    asked.consent_id = next(iter(named), None)
    if asked.consent_id is not None:
        if not is_identifier(asked.consent_id):
            raise FieldInvalid("not an id", path="claims", public="The consent id is malformed.")
        return
    if not asked.client.default_permissions:
        raise FieldMissing("no consent, no default", public="The request names no consent and the client has no default.")
    if scopes_for(dialects, ConsentKind.ACCOUNTS).isdisjoint(asked.scope):
        raise ScopeInvalid("the default consent is for accounts, the scope is not")


def _open_with_scope(asked: AuthorizationRequest, details: Details) -> None:
    """Add the scope that the terms imply, if the request names none that opens them. Raises ScopeInvalid."""
    kind = KIND_OF[details.type]
    opening = [dialect.authorization.scope_of(kind) for dialect in asked.services.dialects_of(asked.brand)]
    if set(opening).isdisjoint(asked.scope):
        if opening[0] not in asked.client.scopes:
            raise ScopeInvalid(f"the client is not registered for the scope of {kind}")
        asked.scope = (*asked.scope, opening[0])
