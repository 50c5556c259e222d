"""Find the consent that the request names, by the brand's dialects or in detail; a request that names none and gives no terms of one
takes the client's default permissions, which it must have.

Whose consent it is, is not asked here: a push that named another's would tell its client that it exists (check_consent_owner.py).
"""

from consent.authorization.authorize.request import Asking
from consent.authorization.offer.authorization_details import KIND_OF, Details
from consent.authorization.offer.scopes import scopes_opening
from consent.errors import ScopeInvalid
from kernel.banking.consents import ConsentKind
from kernel.errors import FieldInvalid, FieldMissing
from kernel.identifiers import is_identifier


async def check_consent_named(asking: Asking) -> None:
    dialects = asking.services.dialects_of(asking.brand)
    named = {dialect.authorization.consent_id_of(asking.parameters, asking.claims) for dialect in dialects} - {None}
    if asking.details is not None:
        if named:
            raise FieldInvalid(
                "terms beside a consent", path="claims", public="The request names a consent and asks for another."
            )
        _open_with_scope(asking, asking.details)
        return
    named |= {asking.consent_id} - {None}
    if len(named) > 1:
        raise FieldInvalid("two consents", path="claims", public="The request names more than one consent.")
    asking.consent_id = next(iter(named), None)
    if asking.consent_id is not None:
        if not is_identifier(asking.consent_id):
            raise FieldInvalid("not an id", path="claims", public="The consent id is malformed.")
        return
    if not asking.client.default_permissions:
        raise FieldMissing("no consent, no default", public="The request names no consent and the client has no default.")
    if scopes_opening(dialects, ConsentKind.ACCOUNTS).isdisjoint(asking.scope):
        raise ScopeInvalid("the default consent is for accounts, the scope is not")


def _open_with_scope(asking: Asking, details: Details) -> None:
    """Add the scope that the terms imply, if the request names none that opens them. Raises ScopeInvalid."""
    kind = KIND_OF[details.type]
    opening = [dialect.authorization.scope_of(kind) for dialect in asking.services.dialects_of(asking.brand)]
    if set(opening).isdisjoint(asking.scope):
        if opening[0] not in asking.client.scopes:
            raise ScopeInvalid(f"the client is not registered for the scope of {kind}")
        asking.scope = (*asking.scope, opening[0])
