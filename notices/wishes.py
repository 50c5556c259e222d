"""The facts that a subscriber asked to be notified of."""

from kernel.banking.notices import Subscription
from notices.facts import Fact
from openapi import DIALECTS

NAMES = frozenset(dialect.name for dialect in DIALECTS)
FACES = {dialect.name: dialect.notices for dialect in DIALECTS if dialect.notices is not None}


def is_wanted(subscription: Subscription, fact: Fact) -> bool:
    """Of its kinds, after it subscribed, and of a resource that its dialect has: lodged in it, or in no dialect."""
    terms = subscription.terms
    face = FACES.get(terms.lodged_as)
    return (
        terms.wants(fact.kind)
        and fact.occurred_at >= subscription.created_at
        and (fact.lodged_as == terms.lodged_as or fact.lodged_as not in NAMES)
        and face is not None
        and face.has(fact.kind, fact.subject, fact.product)
    )
