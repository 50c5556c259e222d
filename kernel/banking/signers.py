"""The customers who must sign, and those who have signed: one customer alone, or so many of several jointly. Customers are the bank's own references."""

from collections.abc import Iterable
from datetime import datetime

import msgspec


class SigningRule(msgspec.Struct, frozen=True):
    """`required` of `customers` must sign."""

    customers: tuple[str, ...]
    required: int


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One customer's agreement. Its evidence is that of the authorisation."""

    customer_id: str
    psu_id: str
    authorisation_id: str
    at: datetime  # business time


def missing_of(rules: Iterable[SigningRule], signatures: Iterable[Signature]) -> int:
    """The number of signatures that are missing at least."""
    return missing_beyond(rules, {signature.customer_id for signature in signatures})


def missing_beyond(rules: Iterable[SigningRule], customers: set[str]) -> int:
    """The number of signatures that are missing at least, if each of these customers signs."""
    return max((rule.required - len(customers.intersection(rule.customers)) for rule in rules), default=0)


def awaited_of(rules: Iterable[SigningRule], signatures: Iterable[Signature]) -> tuple[str, ...]:
    """The customers whose signature would bring one of the rules nearer to its number, in their order."""
    signed = {signature.customer_id for signature in signatures}
    unmet = (rule for rule in rules if len(signed.intersection(rule.customers)) < rule.required)
    return tuple(dict.fromkeys(customer for rule in unmet for customer in rule.customers if customer not in signed))
