"""The end of a PSU's journey, without its pages: for tests of what is granted."""

import json
from typing import Any

from consent.authentication.approval import Approval
from consent.authentication.linked_terms import linked_of
from consent.authorization.authorize.amendment import amended, open_amendment
from consent.customer.answers.outcome import approve
from consent.customer.session.session import Asked
from consent.ports import ScaEvidence
from consent.store.kinds.registry import kind_of
from consent.store.rows.authorisations import Shown
from consent.store.rows.snapshots import load_consent
from kernel.banking.consents import Consent
from kernel.banking.signers import SigningRule
from tests.unit.consent.oauth_world import BRAND, Answer, Tpp, World, begun

TYPE = "account_information"
TERMS = {"type": TYPE, "permissions": ["accounts_detail", "balances"]}
SHOWN = Shown(client_name="", organisation_name="", clusters=(), until="", window="", accounts=())
EVERYTHING = "openid accounts grant_management_query grant_management_revoke"


def details(**changes: Any) -> str:
    """authorization_details of one object; a change to None leaves a member out."""
    return json.dumps([{name: value for name, value in {**TERMS, **changes}.items() if value is not None}])


async def may_detail(world: World, name: str = "detail", **changes: Any) -> Tpp:
    """A client that may ask in detail and manage its grants."""
    key = world.acme.key
    return await world.register(name, key, **{"authorization_details_types": {TYPE}, "scope": EVERYTHING, **changes})


async def consent_of(world: World, consent_id: str) -> Consent:
    async with world.database.read() as connection:
        found = await load_consent(connection, world.services.sealer, BRAND.name, consent_id)
    assert found is not None
    return found


async def asked_by(world: World, tpp: Tpp, request_uri: str) -> Asked:
    pushed = await world.load_pushed(tpp, request_uri)
    assert pushed.consent_id is not None
    amendment = open_amendment(world.services.sealer, pushed)
    consent = await consent_of(world, pushed.consent_id)
    return Asked(pushed, tpp.client, amended(consent, amendment), amendment)


async def agree(
    world: World, asked: Asked, *upstream_ids: str, psu_id: str = "alice", signing_rules: tuple[SigningRule, ...] = ()
) -> Answer:
    chosen, linked = upstream_ids or ("account-1",), ""
    if kind_of(asked.consent).is_linked:
        linked = linked_of(asked.consent, chosen[0]).digest
    evidence = ScaEvidence("device", world.clock.wall(), "ref", simulated=True, linked=linked)
    approval = Approval(psu_id, f"c-{psu_id}", chosen, signing_rules, world.services.ids.uuid(), evidence, SHOWN)
    return Answer(await approve(world.services, BRAND, asked, approval, begun(world.services, asked.consent, approval)))


async def granted(
    world: World, tpp: Tpp, *upstream_ids: str, redeem: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """The token response for a request in detail that the PSU agreed to."""
    changes = {"authorization_details": details(), **changes}
    asked = await asked_by(world, tpp, await world.pushed_uri(tpp, None, **changes))
    code = (await agree(world, asked, *upstream_ids)).location["code"]
    answer = await world.redeem(tpp, code, **(redeem or {}))
    assert answer.status == 200, answer.text
    return answer.json
