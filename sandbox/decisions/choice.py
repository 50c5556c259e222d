"""A persona's choice without a page: accounts among those that a page would offer, and evidence from the persona's device."""

from consent.authentication.bank_answer import answer_time
from consent.authentication.challenge import AuthenticationUnavailable
from consent.authorization.agreement.terms import Option, load_options, offered, withheld_options
from consent.errors import SignaturesMissing
from consent.ports import LinkedTerms, Psu, ScaEvidence
from consent.services import Services
from consent.store.kinds.registry import kind_of
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.errors import AccountUnknown


async def choose_options(
    services: Services,
    brand: Brand,
    psu: Psu,
    decision_id: str,
    *,
    consent: Consent | None,
    upstream_ids: tuple[str, ...] | None,
) -> tuple[Option, ...]:
    """The accounts that are decided on; `upstream_ids` None: every one that may be shared, or the
    first, of a kind of one account. Raises AccountUnknown or SignaturesMissing."""
    options = await load_options(services, brand, psu, decision_id)
    if consent is not None:
        options = _check_signatures(consent, options, upstream_ids)
    chosen = tuple(option for option in options if upstream_ids is None or option.upstream_id in upstream_ids)
    if not options:
        raise AccountUnknown("no account at all", public="The customer has no account for this.")
    if not chosen or (upstream_ids is not None and len(chosen) != len(set(upstream_ids))):
        raise AccountUnknown("not an account that the PSU may share")
    if consent is not None and kind_of(consent).is_of_one_account:
        if upstream_ids is not None and len(chosen) != 1:
            raise AccountUnknown("several accounts where one is chosen")
        return chosen[:1]
    return chosen


def _check_signatures(consent: Consent, options: tuple[Option, ...], upstream_ids: tuple[str, ...] | None) -> tuple[Option, ...]:
    """The accounts that are offered. Raises SignaturesMissing where others must agree to what is decided on."""
    able, withheld = offered(consent, options), withheld_options(consent, options)
    named = [option for option in withheld if upstream_ids is not None and option.upstream_id in upstream_ids]
    if named or (withheld and upstream_ids is None and not able):
        raise SignaturesMissing(f"{len(withheld)} accounts need others")
    return able


async def ask_device(
    services: Services, brand: Brand, psu: Psu, decision_id: str, linked: LinkedTerms | None = None
) -> ScaEvidence:
    """The evidence that the identity's own device returns. Raises AuthenticationUnavailable."""
    async with answer_time():
        challenge = await services.identity.start_sca(brand, psu, "device", decision_id, linked)
        evidence = await services.identity.finish_sca(brand, psu, challenge, "", linked)
    if evidence is None:
        raise AuthenticationUnavailable("the device did not confirm")
    return evidence
