"""A payment that was ordered, or an instruction of several, in words: as its payer agreed to it."""

from consent.store.kinds.international import describe_cross_border
from consent.store.kinds.kind import Description
from consent.store.kinds.payment_kinds import describe_payment
from consent.store.kinds.registry import kind_of
from kernel.banking.planned.instructions import Instruction, Placed


def describe_ordered(order: Placed) -> Description:
    if isinstance(order, Instruction):
        return kind_of(order).describe(order.terms)
    if order.cross_border is not None:
        return describe_cross_border(order.terms, order.cross_border)
    return describe_payment(order.terms)
