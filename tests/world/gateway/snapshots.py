"""One client, its tokens, and a consent over two of a bank's three accounts."""

from datetime import timedelta
from typing import Any

import msgspec

from kernel.access import AccessToken, Caller, Client, Confirmation, FamilyState, Grant, Role, TokenFamily
from kernel.banking.consents import (
    AccountAccess,
    AccountReference,
    AccountsTerms,
    Consent,
    ConsentKind,
    ConsentLodgement,
    ConsentState,
    Permission,
)
from kernel.certificates.certificate import Certificate
from tests.world.brands import START
from tests.world.gateway.dialect import BRAND

CERTIFICATE = Certificate(
    der=b"one",
    thumbprint="thumbprint-one",
    subject_dn="CN=one",
    organisation_id="org-1",
    not_before=START - timedelta(days=1),
    not_after=START + timedelta(days=365),
    serial=1,
    issuer_dn="CN=ca",
)
CLIENT = Client(id="client-1", version=3, active=True, name="Acme", organisation_id="org-1", roles=frozenset({Role.AISP}))
CALLER = Caller(organisation_id="org-1", name="Acme", roles=frozenset({Role.AISP}), client_id="client-1", family_id="family-1")
FAMILY = TokenFamily(
    id="family-1", brand="main", version=5, client_id="client-1", consent_id="consent-1", psu_id="psu-1",
    state=FamilyState.ACTIVE, scope=("accounts",),
)  # fmt: skip
CONSENT = Consent(
    id="consent-1",
    brand="main",
    version=7,
    kind=ConsentKind.ACCOUNTS,
    state=ConsentState.AUTHORISED,
    client_id="client-1",
    organisation_id="org-1",
    lodged_as="book",
    terms=AccountsTerms(permissions=frozenset(Permission)),
    created_at=START,
    state_changed_at=START,
    psu_id="psu-1",
    access=tuple(AccountAccess(AccountReference(*ids), frozenset(Permission)) for ids in (("a1", "up1"), ("a2", "up2"))),
)


def within(**bounds: Any) -> dict[str, Any]:
    """The members of a consent that asks for everything within these bounds, members of AccountsTerms."""
    return {"terms": AccountsTerms(permissions=frozenset(Permission), **bounds)}


def opening(permissions: frozenset[Permission]) -> dict[str, Any]:
    """The members of a consent that asks for these permissions and opens them on each of its accounts."""
    access = tuple(AccountAccess(each, permissions) for each in CONSENT.accounts)
    return {"terms": AccountsTerms(permissions=permissions), "access": access}


def agreed_to(lodgement: ConsentLodgement, **changes: Any) -> Consent:
    """The consent as its PSU agreed to a lodgement, about the account `a1`."""
    facts: dict[str, Any] = {
        "kind": lodgement.kind,
        "lodged_as": lodgement.lodged_as,
        "terms": lodgement.terms,
        "document": lodgement.document,
        "access": (AccountAccess(AccountReference("a1", "up1"), frozenset()),),
    }
    return msgspec.structs.replace(CONSENT, **facts | changes)


TOKEN = AccessToken(
    jti="jti-1",
    client_id="client-1",
    subject="psu",
    scope=frozenset({"accounts"}),
    grant=Grant.AUTHORIZATION_CODE,
    expires_at=START + timedelta(minutes=5),
    confirmation=Confirmation("x5t#S256", "thumbprint-one"),
    family_id="family-1",
    consent_id="consent-1",
    audience=(BRAND.resource_audience,),
)
CC_TOKEN = msgspec.structs.replace(TOKEN, jti="jti-2", grant=Grant.CLIENT_CREDENTIALS, family_id=None, consent_id=None)
