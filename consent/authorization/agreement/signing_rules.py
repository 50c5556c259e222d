"""The bank's signing rules for a choice of accounts, with the promise that everyone whose signature it takes can give it.

A signer agrees to a consent as a whole, so each must be able to share all of its accounts: a choice that too few of them can share is
refused at the first signature, before it waits for others in vain: a consent that the last authorises, and a payment whose order the
others sign.
"""

from consent.authentication.bank_answer import answer_time
from consent.authorization.agreement.terms import Option, load_shareable
from consent.errors import SignersUnable
from consent.services import Services
from consent.store.signers import required_of, standing_of
from kernel.banking.consents import Consent
from kernel.banking.signers import SigningRule, missing_beyond
from kernel.brand import Brand


async def load_signing_rules(
    services: Services, brand: Brand, consent: Consent, customer_id: str, options: tuple[Option, ...]
) -> tuple[SigningRule, ...]:
    """The rules for what this customer chose under the consent. Raises SignersUnable and UpstreamTimedOut."""
    rules = _rules_of(customer_id, options)
    chosen = {option.upstream_id for option in options}
    signed = {customer_id, *(signature.customer_id for signature in standing_of(consent))}
    await _check_able(services, brand, required_of(consent, rules), chosen, signed)
    return rules


async def _check_able(
    services: Services, brand: Brand, rules: tuple[SigningRule, ...], chosen: set[str], signed: set[str]
) -> None:
    """Ask the bank about no more signers than it takes."""
    able = set(signed)
    others = iter(dict.fromkeys(customer for rule in rules for customer in rule.customers if customer not in signed))
    async with answer_time():
        while missing_beyond(rules, able):
            other = next(others, None)
            if other is None:
                raise SignersUnable(f"{len(chosen)} accounts that too few of the signers may share")
            if chosen <= {account.id for account in await load_shareable(services, brand, other)}:
                able.add(other)


def _rules_of(customer_id: str, options: tuple[Option, ...]) -> tuple[SigningRule, ...]:
    """The signing rules of the accounts, each once. For a customer who is no signer of an account, `option.signatures` counts the customer
    in; the rule does not."""
    rules = (
        SigningRule(option.signers, option.signatures - (customer_id not in option.signers))
        for option in options
        if option.signatures > 1
    )
    return tuple(dict.fromkeys(rules))
